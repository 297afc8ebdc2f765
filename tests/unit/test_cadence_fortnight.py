"""Two weeks of forty leads across a change of clocks, judged by somebody who knows only the law.

The planner and the permit decide here as in the service; people answer, write back and stop at random. The running
service lives through the same in ``tests/long/test_fortnight.py``.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
from domain_samples import campaign
from permit_oracle import CAPS, is_open

from speedtolead.adapters.numbering import OfflineNumbering
from speedtolead.domain.cadence.conditions import parse
from speedtolead.domain.cadence.plan import END, Channel, Since, Step
from speedtolead.domain.cadence.planner import Course, Made, Over, Person, Planned
from speedtolead.domain.cadence.stops import Stop, StopRules
from speedtolead.domain.hours import parse_weekly
from speedtolead.domain.permit import ConsentFacts, Facts
from speedtolead.domain.place import Candidate
from speedtolead.service.cadences.files import NoRules
from speedtolead.service.cadences.follow_up import cadence_of
from speedtolead.service.cadences.walk import UNMADE, Answer, Stood, Walker, so_far, walk
from speedtolead.service.lawful.permits import Permits

LEADS, CAP = 40, 3
BEGINS = datetime(2026, 3, 5, 12, tzinfo=UTC)
"""Three days before the clocks change."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
STATES = ("NY", "LA", "FL", "PA", "TX", "AZ", "HI", "GU", "WA", "MD", "ME", "RI", "AL", "KY", "CA")
PLAN = (
    Step(timedelta(0), on=(("failed", END),)),
    Step(20 * timedelta(seconds=1), Channel.SMS, since=Since.PREVIOUS, only_if=parse("last in (no_answer, busy)")),
    Step(30 * MINUTE),
    Step(2 * HOUR, Channel.WAIT, since=Since.PREVIOUS),
    Step(3 * HOUR, jitter=20 * MINUTE),
    Step(DAY, at=time(9, 30), jitter=10 * MINUTE),
    Step(2 * DAY, Channel.EMAIL, business_days=True, unless=parse("replied")),
    Step(3 * DAY, at=time(2, 30), window=parse_weekly({"mon-sun": "08:00-20:30"})),
    Step(5 * DAY, at=time(17, 45), business_days=True),
    Step(8 * DAY, Channel.SMS, late=DAY),
    Step(13 * DAY, at=time(10), window=parse_weekly({"mon-fri": "10:00-12:00"})),
)
CAMPAIGN = replace(campaign(cap=CAP), cadence=PLAN, stop=StopRules(attempts=9, days=14))
RESULTS = ("no_answer", "no_answer", "no_answer", "busy", "machine", "failed")


@dataclass
class Lived:
    lead: Walker
    way: list[Stood]
    answers: list[Answer]
    end: Over
    stopped_at: datetime | None


def live(n: int, numbering: OfflineNumbering) -> Lived:
    dice = random.Random(n)
    state = STATES[n % len(STATES)]
    candidates: tuple[Candidate, ...] = numbering.candidates(None, state, None)
    came = BEGINS + dice.random() * 4 * DAY
    channels = ("call", "sms", "email") if dice.random() < 0.8 else ("call",)
    facts = Facts(
        f"+12122360{n:03d}", ConsentFacts(channels, written=True, given_at=came), candidates, inquiry_at=came
    )
    lead = Walker(UUID(int=n + 1), came, candidates[0].zone, facts, {"score": 50})
    stopped_at = came + dice.random() * 10 * DAY if dice.random() < 0.3 else None
    given: list[Answer] = []

    def answer(stood: Stood) -> Answer:
        if stood.planned.channel == Channel.CALL:
            happened = frozenset({Stop.CONTACTED}) if dice.random() < 0.1 else frozenset()
            given.append(Answer(dice.choice(RESULTS), stood.at + dice.random() * 5 * MINUTE, happened))
        else:
            given.append(Answer("sent", stood.at))
        return given[-1]

    def news(moment: datetime) -> frozenset[Stop]:
        return frozenset({Stop.OPTED_OUT} if stopped_at is not None and moment >= stopped_at else ())

    permits = Permits(NoRules(), fictional_exempt=False)
    way, end = walk(permits, cadence_of(CAMPAIGN), CAMPAIGN, lead, answer, news=news)
    return Lived(lead, way, given, end, stopped_at)


@pytest.fixture(scope="module")
def lived() -> list[Lived]:
    numbering = OfflineNumbering()
    return [live(n, numbering) for n in range(LEADS)]


def contacts(one: Lived) -> list[Stood]:
    return [stood for stood in one.way if stood.decided is not None and not stood.refused]


def test_every_kind_of_thing_happens(lived: list[Lived]) -> None:
    assert {stood.planned.index for one in lived for stood in one.way} == set(range(len(PLAN))) - {3}
    reasons = {one.end.reason for one in lived}
    assert reasons >= {Stop.NO_STEP_LEFT, Stop.CONTACTED, Stop.OPTED_OUT}
    assert any(stood.refused for one in lived for stood in one.way)
    assert sum(stood.put_off is not None for one in lived for stood in one.way) > 10


def test_nobody_is_called_or_texted_out_of_hours(lived: list[Lived]) -> None:
    for one in lived:
        places = [(candidate.zone, candidate.state) for candidate in one.lead.facts.candidates]
        for stood in contacts(one):
            if stood.planned.channel != Channel.EMAIL:
                assert is_open(places, stood.planned.channel, stood.at, None, False), (places, stood.at)


def test_nobody_is_contacted_over_the_cap(lived: list[Lived]) -> None:
    for one in lived:
        states = {candidate.state for candidate in one.lead.facts.candidates}
        cap = min([CAP, *(most for state, most in CAPS.items() if state in states)])
        moments = [stood.at for stood in contacts(one) if stood.planned.channel != Channel.EMAIL]
        for moment in moments:
            assert sum(moment <= other < moment + DAY for other in moments) <= cap


def test_nobody_is_contacted_after_a_stop_or_a_talk_or_out_of_turn(lived: list[Lived]) -> None:
    for one in lived:
        talks = [answer.ended_at for answer in one.answers if Stop.CONTACTED in answer.happened]
        over = min([*talks, *([one.stopped_at] if one.stopped_at else [])], default=None)
        assert all(stood.at < over for stood in one.way if over is not None)
        assert [stood.at for stood in one.way] == sorted(stood.at for stood in one.way)
        indexes = [stood.planned.index for stood in one.way]
        assert indexes == sorted(set(indexes))
        assert len(contacts(one)) <= 9


def test_whoever_is_asked_again_after_any_step_says_the_same(lived: list[Lived]) -> None:
    """As after a restart: the answer depends on what is written, and on nothing else."""
    for one in lived:
        given, made, results = iter(one.answers), list[Made](), list[tuple[str, str]]()
        now = one.lead.received_at
        for stood in one.way:
            known = {**one.lead.known, **so_far(results, now - one.lead.received_at)}
            counted = sum(1 for _, result in results if result not in UNMADE)
            person = Person(one.lead.lead_id, one.lead.received_at, one.lead.zone)
            asked = cadence_of(CAMPAIGN).next(Course(list(made), counted, (), known), person, now)
            assert isinstance(asked, Planned)
            assert (asked.index, asked.due_at) == (stood.planned.index, stood.planned.due_at)
            answer = Answer("refused", stood.at) if stood.refused else next(given)
            made.append(Made(asked.index, answer.result, answer.ended_at))
            results.append((asked.channel, answer.result))
            now = max(answer.ended_at, stood.at)
