"""What may be done with a talk: each action against each kind of talk."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from speedtolead.domain.call import LegKind, LegState
from speedtolead.domain.talk import (
    MOST_PARTIES,
    Action,
    Listening,
    NotNow,
    Part,
    Recorded,
    Talk,
    TalkParty,
    judge,
    may,
)

A = Action
LIVE, RINGING, ENDED = LegState.LIVE, LegState.RINGING, LegState.ENDED


def party(n: int, kind: LegKind, state: LegState = LIVE, accepted: bool = True, **more: object) -> TalkParty:
    return TalkParty(UUID(int=n), kind, state, accepted, **more)  # type: ignore[arg-type]


AGENT = party(1, LegKind.AGENT)
LEAD = party(2, LegKind.LEAD, accepted=False)
OTHER = party(3, LegKind.AGENT, part=Part.WARM)
RUNG = party(3, LegKind.AGENT, RINGING, accepted=False, part=Part.WARM)
THIRD = party(4, LegKind.THIRD, part=Part.ADDED)
BOSS = party(5, LegKind.SUPERVISOR, listens=Listening.LISTEN, name="boss")
TWO = Talk((AGENT, LEAD), True)
ASKED = Talk((AGENT, replace(LEAD, held=True), RUNG), True)
SPOKEN = Talk((AGENT, replace(LEAD, held=True), OTHER), True)
HANDED = Talk((replace(AGENT, state=ENDED), LEAD, replace(OTHER, took_over=True)), True)

RULES = [
    (TWO, A.HOLD, LEAD, True),
    (Talk((AGENT, replace(LEAD, held=True)), True), A.HOLD, replace(LEAD, held=True), False),
    (TWO, A.HOLD, AGENT, None),
    (Talk((AGENT, LEAD, BOSS), True), A.HOLD, BOSS, None),
    (ASKED, A.HOLD, RUNG, None),
    (TWO, A.RESUME, LEAD, False),
    (ASKED, A.RESUME, ASKED.lead, None),
    (SPOKEN, A.RESUME, SPOKEN.lead, True),
    (TWO, A.MUTE, AGENT, True),
    (TWO, A.UNMUTE, AGENT, False),
    (Talk((AGENT, LEAD, BOSS), True), A.MUTE, BOSS, None),
    (TWO, A.DIGITS, LEAD, True),
    (ASKED, A.DIGITS, ASKED.lead, None),
    (TWO, A.TRANSFER, None, True),
    (ASKED, A.TRANSFER, None, None),
    (HANDED, A.TRANSFER, None, True),
    (Talk((replace(AGENT, state=ENDED), LEAD), True), A.TRANSFER, None, None),
    (TWO, A.COMPLETE, None, None),
    (ASKED, A.COMPLETE, None, None),
    (SPOKEN, A.COMPLETE, None, True),
    (HANDED, A.COMPLETE, None, False),
    (TWO, A.CANCEL, None, None),
    (ASKED, A.CANCEL, None, True),
    (Talk((AGENT, LEAD, replace(RUNG, withdrawn=True)), True), A.CANCEL, None, False),
    (Talk((replace(AGENT, withdrawn=True), LEAD, RUNG), True), A.CANCEL, None, None),
    (TWO, A.ADD, None, True),
    (Talk((AGENT, LEAD, *[THIRD] * (MOST_PARTIES - 2)), True), A.ADD, None, None),
    (TWO, A.LISTEN, None, True),
    (Talk((AGENT, LEAD, BOSS), True), A.LISTEN, BOSS, False),
    (Talk((AGENT, LEAD, BOSS), True), A.BARGE, BOSS, True),
    (Talk((AGENT, LEAD, THIRD), True), A.LEAVE, THIRD, True),
    (TWO, A.LEAVE, AGENT, None),
    (TWO, A.LEAVE, LEAD, None),
    (HANDED, A.LEAVE, HANDED.leading, None),
    (TWO, A.RECORD, None, True),
    (replace(TWO, recorded=Recorded.RUNNING), A.RECORD, None, False),
    (replace(TWO, recorded=Recorded.PAUSED), A.RECORD, None, True),
    (TWO, A.STOP_RECORDING, None, False),
    (replace(TWO, recorded=Recorded.RUNNING), A.STOP_RECORDING, None, True),
    (TWO, A.END, None, True),
]


@pytest.mark.parametrize(("talk", "action", "of", "expected"), RULES)
def test_each_action_is_to_be_done_is_so_already_or_cannot_be(
    talk: Talk, action: Action, of: TalkParty | None, expected: bool | None
) -> None:
    if expected is None:
        with pytest.raises(NotNow):
            judge(talk, action, of)
    else:
        assert judge(talk, action, of) is expected
    assert may(talk, action, of) is (expected is True)


@pytest.mark.parametrize("action", Action)
def test_nothing_can_be_done_where_nobody_talks(action: Action) -> None:
    with pytest.raises(NotNow):
        judge(replace(TWO, talking=False), action, LEAD)


@pytest.mark.parametrize(
    ("talk", "leading", "alone"),
    [
        (TWO, AGENT, False),
        (ASKED, AGENT, False),
        (HANDED, HANDED.parties[-1], False),
        (Talk((replace(AGENT, state=ENDED), LEAD), True), replace(AGENT, state=ENDED), True),
        (Talk((replace(AGENT, state=ENDED), LEAD, BOSS, THIRD), True), replace(AGENT, state=ENDED), True),
        (Talk((replace(AGENT, state=ENDED), LEAD, RUNG), True), replace(AGENT, state=ENDED), False),
        (Talk((LEAD,), True), None, True),
    ],
)
def test_who_leads_a_talk_and_when_nobody_does(talk: Talk, leading: TalkParty | None, alone: bool) -> None:
    assert talk.leading == leading
    assert talk.alone is alone


def test_the_last_to_whom_it_was_handed_leads() -> None:
    first, last = replace(OTHER, took_over=True), party(6, LegKind.THIRD, part=Part.BLIND, took_over=True)
    assert Talk((AGENT, LEAD, first, last), True).leading == last
