"""Past leads through a changed cadence: the recorded answers decide, and nobody is contacted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from domain_samples import NY, at, campaign, step

from speedtolead.commands.cadence import replay_lines
from speedtolead.domain.cadence.conditions import parse
from speedtolead.domain.cadence.plan import Channel, Message, Step
from speedtolead.domain.campaign import Campaign
from speedtolead.service.cadences.files import NoRules
from speedtolead.service.cadences.preview import SAMPLE_RULES
from speedtolead.service.cadences.replay import Replayed, count
from speedtolead.service.lawful.permits import Permits
from speedtolead.store.replay import LeadsOfSpan, PastLead

PERMITS = Permits(NoRules(), False, SAMPLE_RULES)
CAME = at(NY, 2026, 10, 14, 12)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RINGS = 25.0
CALLS = (step(timedelta(0)), step(HOUR), step(2 * HOUR), step(DAY))
TEXT = Step(HOUR, Channel.SMS, content=Message("Hi"), only_if=parse("last = no_answer"))


def plan(*steps: Step) -> Campaign:
    return replace(campaign(cap=10), cadence=steps)


def lead(
    *answers: tuple[str, str],
    happened: tuple[tuple[str, datetime], ...] = (),
    channels: tuple[str, ...] = ("call", "sms"),
) -> PastLead:
    """A lead of New York; each answer is a channel and a result, ``talk`` for a contact."""
    return PastLead(
        lead_id=UUID(int=3),
        received_at=CAME,
        phone="+12122360142",
        candidates=[{"zone": NY, "state": "NY", "origin": "postal_code"}],
        region="NY",
        postal_code="10001",
        attributes={},
        score=50,
        arms=None,
        source_name="form",
        exclusive=False,
        channels=list(channels),
        written=True,
        seller=None,
        given_at=CAME,
        certificate=None,
        answers=[
            [channel, "connected" if said == "talk" else said, said == "talk", RINGS] for channel, said in answers
        ],
        happened=[[kind, moment.isoformat()] for kind, moment in happened],
    )


def replayed(of: Campaign, *leads: PastLead) -> Replayed:
    found = Replayed(LeadsOfSpan(len(leads) + 2, 1, 1))
    for one in leads:
        count(found, PERMITS, of, one)
    return found


NO, BUSY, TALK = ("call", "no_answer"), ("call", "busy"), ("call", "talk")


@pytest.mark.parametrize(
    ("past", "calls", "end"),
    [
        (lead(), 4, "no_step_left"),
        (lead(NO, NO), 4, "no_step_left"),
        (lead(NO, TALK), 2, "contacted"),
        (lead(happened=(("replied", CAME + 90 * timedelta(minutes=1)),)), 2, "replied"),
        (lead(happened=(("outcome:sale", CAME + 3 * HOUR),)), 3, "sold"),
        (lead(happened=(("lead.suppressed.stop", CAME + timedelta(minutes=1)),)), 1, "opted_out"),
        (lead(happened=(("lead.closed.stopped", CAME + timedelta(minutes=1)),)), 1, "stopped"),
        (lead(happened=(("lead.closed.something", CAME),)), 4, "no_step_left"),
    ],
)
def test_recorded_answers_come_in_turn_and_what_happened_when_it_did(past: PastLead, calls: int, end: str) -> None:
    found = replayed(plan(*CALLS), past)
    assert (found.out("call"), dict(found.ends)) == (calls, {end: 1})


def test_conditions_are_asked_of_the_recorded_answers() -> None:
    of = plan(step(timedelta(0)), TEXT)
    found = replayed(of, lead(NO), lead(BUSY), lead())
    assert (found.out("call"), found.out("sms"), found.made["call"]) == (3, 2, 2)


def test_refusals_are_counted_by_rule_and_do_not_count_as_sent() -> None:
    of = plan(step(timedelta(0)), TEXT)
    found = replayed(of, lead(NO, channels=("call",)), lead(NO))
    assert (found.out("sms"), found.refused("sms"), found.steps[1].came) == (1, 1, 2)
    assert dict(found.steps[1].refused) == {"consent_for_channel": 1}


def test_a_changed_cap_puts_off_what_is_too_much() -> None:
    found = replayed(replace(plan(*CALLS), dial=replace(plan().dial, attempts_per_24h=2)), lead())
    assert {index: sum(step.put_off.values()) for index, step in found.steps.items()} == {0: 0, 1: 0, 2: 1, 3: 1}
    assert found.steps[2].median_after is not None
    assert found.steps[2].median_after >= DAY


def test_the_table_has_its_denominators() -> None:
    of = plan(step(timedelta(0)), TEXT)
    lines = replay_lines(replayed(of, lead(NO, channels=("call",)), lead(NO)), of)
    assert lines[0] == "auto: 2 of 4 leads of the span; left out: 1 refused, 1 tests or erased"
    rows = {line.split("  ")[0]: line.split() for line in lines}
    assert rows["[0] call"][2:6] == ["2", "2", "0", "0"]
    assert rows["[1] sms"][2:6] == ["2", "1", "0", "1"]
    assert rows["[1] sms"][-2:] == ["consent_for_channel", "1"]
    assert rows["call"][1:] == ["2", "1.00", "2", "1.00", "0"]
    assert any(line.startswith("ended, of 2 leads: no step left 2") for line in lines)


def test_no_leads_make_an_empty_table() -> None:
    lines: Any = replay_lines(Replayed(LeadsOfSpan(0, 0, 0)), plan(*CALLS))
    assert lines[0].startswith("auto: 0 of 0 leads")
