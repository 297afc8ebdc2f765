"""One lead's story in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain_samples import NOON, NY

from speedtolead.service.lawful.explain import explain
from speedtolead.store.leads import AttemptRow, LeadRow, LeadStory, LegLine, PermitRow

ONE, TWO = UUID(int=1), UUID(int=2)
PHONE, EMAIL = "+12122360142", "ann@example.com"


def t(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


LEAD = LeadRow(
    lead_id=UUID(int=9), account_id=UUID(int=8), source_id=UUID(int=7), source="web-form", campaign_id=UUID(int=6),
    campaign="auto", state="contacted", refusal=None, received_at=t(0), committed_at=t(0), phone=PHONE, email=EMAIL,
    first_name="Ann", last_name="Lee", address=None, city="Tampa", region="FL", postal_code="33601", country="US",
    candidates=[], attributes={}, cost=None, test=False, external_id=None, submitted_at=None, raw_sha256="",
    timezone=NY, score=None, score_parts=[], findings=[], via="api", touches=0,
)  # fmt: skip
ATTEMPT = AttemptRow(
    attempt_id=ONE, number=1, direction="outbound", gives_back=False,
    step=0, channel="call", state="connected", due_at=t(0), mode="agent_first",
    caller_id="+12125550100", tries=1, agent="agent-1", claimed_at=t(0.1), permitted_at=t(0.2), requested_at=t(0.3),
    ringing_at=t(5), answered_at=t(9), bridged_at=t(9), ended_at=t(69), contact=True, talk_seconds=60.0, note=None,
)  # fmt: skip
PERMIT = PermitRow(ONE, t(0.2), "allowed", None, "2026-11.1", [])
AGENT_LEG = LegLine(
    ONE,
    "agent",
    "ended",
    "first",
    "CA1",
    t(0.3),
    t(1),
    t(3),
    t(4),
    t(69.5),
    "completed",
    None,
    None,
    "agent-1",
    None,
)
LEAD_LEG = LegLine(
    ONE, "lead", "ended", "first", "CA2", t(4), t(5), t(9), None, t(69), "completed", "human", "200", None, None
)
CLAIMS_LEG = LegLine(
    ONE,
    "third",
    "ended",
    "first",
    "CA3",
    t(30),
    t(31),
    t(33),
    t(33),
    t(69),
    "completed",
    None,
    None,
    "claims",
    "added",
)
STORY = LeadStory(LEAD, None, [ATTEMPT], [PERMIT], [AGENT_LEG, LEAD_LEG])


def words(story: LeadStory) -> list[str]:
    return [sentence for _, sentence in explain(story)]


def lead(**changes: Any) -> LeadStory:
    return LeadStory(replace(LEAD, **changes), None, [], [], [])


def attempt(**changes: Any) -> LeadStory:
    return LeadStory(LEAD, None, [replace(ATTEMPT, **changes)], [], [])


def test_a_talk_is_told_from_the_arrival_to_the_end_in_order() -> None:
    assert words(STORY) == [
        "Received from web-form for campaign auto (…42).",
        "Attempt 1 was claimed and an agent reserved.",
        "Attempt 1 was permitted (rule set 2026-11.1).",
        "agent-1's phone rang.",
        "agent-1's phone was answered.",
        "agent-1 took the lead.",
        "The lead's phone rang.",
        "Attempt 1: bridged with agent-1.",
        "The lead's phone was answered by human.",
        "Attempt 1 ended: contact, 60 s of talk.",
        "The lead's phone ended (code 200).",
        "agent-1's phone ended.",
    ]
    moments = [moment for moment, _ in explain(STORY)]
    assert moments == sorted(moments)


def test_who_was_rung_into_a_talk_came_into_it() -> None:
    told = words(LeadStory(LEAD, None, [ATTEMPT], [PERMIT], [CLAIMS_LEG]))
    assert "claims's phone rang." in told
    assert "claims came into the talk." in told


def test_neither_phone_nor_address_is_told() -> None:
    told = " ".join(words(STORY))
    assert PHONE[2:] not in told
    assert EMAIL not in told


def test_a_refusal_is_told_with_its_reason() -> None:
    assert words(lead(refusal="invalid_phone", phone=None)) == [
        "Received from web-form for campaign auto (no usable phone).",
        "Refused: invalid_phone.",
    ]


def test_a_test_is_told_to_be_one() -> None:
    assert "A test: it is called by nobody." in words(lead(test=True))


def test_what_is_not_permitted_is_told_with_every_reason_and_the_next_lawful_time() -> None:
    rules: list[dict[str, Any]] = [
        {"verdict": "allowed", "reason": "not this"},
        {"verdict": "not_applicable", "reason": "nor this"},
        {"verdict": "not_before", "reason": "It is night."},
        {"verdict": "refused", "reason": "They said stop."},
    ]
    permit = PermitRow(ONE, t(1), "not_before", datetime.fromisoformat("2026-06-11T12:00:00+00:00"), "r1", rules)
    (_, sentence) = explain(LeadStory(LEAD, None, [replace(ATTEMPT, claimed_at=None)], [permit], []))[1]
    assert sentence == (
        "Attempt 1: not called at 12:00 New York time: they said stop; it is night (rule set r1). "
        "Next lawful time: Thursday 08:00 New York."
    )


def test_a_waiting_attempt_is_told_with_its_note() -> None:
    waiting = {"state": "scheduled", "claimed_at": None, "bridged_at": None, "ended_at": None}
    assert words(attempt(**waiting))[1:] == ["Attempt 1 is due."]
    assert words(attempt(**waiting, note="no agent"))[1:] == ["Attempt 1 is due (no agent)."]


def test_a_talk_that_is_no_contact_says_so() -> None:
    told = words(attempt(contact=False, talk_seconds=4.0))
    assert "Attempt 1 ended: a talk of 4 s, which does not count as contact." in told


def test_an_attempt_without_talk_says_how_it_ended() -> None:
    assert "Attempt 1 ended: no answer." in words(attempt(state="no_answer", contact=False, bridged_at=None))
    told = words(attempt(state="failed", contact=False, bridged_at=None, note="21211"))
    assert "Attempt 1 ended: failed (21211)." in told


def test_every_end_of_a_leg_has_its_words() -> None:
    ends = {
        "completed": "ended",
        "busy": "was busy",
        "no_answer": "was not answered",
        "failed": "failed",
        "cancelled": "was cancelled",
        None: "ended",
    }
    for end, expected in ends.items():
        leg = replace(LEAD_LEG, ended_as=end, carrier_code=None)
        assert words(LeadStory(LEAD, None, [], [], [leg]))[-1] == f"The lead's phone {expected}."


def test_two_attempts_are_told_apart() -> None:
    second = replace(ATTEMPT, attempt_id=TWO, number=2, claimed_at=t(100), bridged_at=None, ended_at=None)
    permits = [PERMIT, replace(PERMIT, attempt_id=TWO, decided_at=t(101))]
    told = words(LeadStory(LEAD, None, [ATTEMPT, second], permits, []))
    assert told[-2:] == [
        "Attempt 2 was claimed and an agent reserved.",
        "Attempt 2 was permitted (rule set 2026-11.1).",
    ]
