"""An agent's states: every state with every event, and walks through them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from domain_samples import NOON, examples
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.domain.agent import (
    ENGAGED,
    MISSED_IN_A_ROW,
    MISSED_OFFER,
    Accepted,
    AgentEvent,
    AgentState,
    AgentTransition,
    CameIn,
    Leaving,
    Missed,
    Paused,
    Released,
    Reserved,
    Ringing,
    ShiftBegan,
    ShiftEnded,
    TimedOut,
    WentOff,
    advance,
)
from speedtolead.domain.errors import IllegalTransition

S = AgentState
T = AgentTransition
SOON = NOON + timedelta(seconds=20)
WRAP, REST = timedelta(seconds=15), timedelta(seconds=40)
WRAPPED = Released(WRAP)
EVENTS: list[AgentEvent] = [
    Reserved(SOON),
    Ringing(SOON),
    Accepted(),
    Missed(REST),
    Released(),
    WRAPPED,
    Leaving(SOON),
    TimedOut(),
    CameIn(),
    Paused("lunch"),
    WentOff(),
    ShiftBegan(),
    ShiftBegan(on_call=True),
    ShiftEnded(),
    ShiftEnded(rests=True),
]
OFF, RESTED = T(S.OFFLINE), T(S.PAUSED, NOON + REST, MISSED_OFFER, misses=1)
AVAILABLE, LUNCH = T(S.AVAILABLE), T(S.PAUSED, None, "lunch")
IN_AGAIN = T(S.AVAILABLE, misses=0)
ANYWHERE: dict[AgentEvent, AgentTransition] = {
    Paused("lunch"): LUNCH,
    WentOff(): OFF,
    ShiftEnded(): OFF,
    ShiftEnded(rests=True): OFF,
}
AT_WORK: dict[AgentEvent, AgentTransition] = {
    Accepted(): T(S.TALKING, misses=0),
    Missed(REST): RESTED,
    Released(): AVAILABLE,
    WRAPPED: AVAILABLE,
    TimedOut(): AVAILABLE,
    **ANYWHERE,
}


def not_at_work(state: AgentState) -> dict[AgentEvent, AgentTransition]:
    """The end of work that is already over is none."""
    over: list[AgentEvent] = [Missed(REST), Released(), WRAPPED, Leaving(SOON)]
    return {event: T(state) for event in over} | {TimedOut(): AVAILABLE, CameIn(): IN_AGAIN, **ANYWHERE}


def on_shift(state: AgentState) -> dict[AgentEvent, AgentTransition]:
    """The hours take in only who is off."""
    return {ShiftBegan(): T(state), ShiftBegan(on_call=True): T(state)}


TABLE: dict[AgentState, dict[AgentEvent, AgentTransition]] = {
    S.OFFLINE: not_at_work(S.OFFLINE)
    | {TimedOut(): OFF, Accepted(): T(S.OFFLINE, misses=0), Ringing(SOON): OFF}
    | {ShiftBegan(): AVAILABLE, ShiftBegan(on_call=True): T(S.TALKING)},
    S.AVAILABLE: not_at_work(S.AVAILABLE) | on_shift(S.AVAILABLE) | {Reserved(SOON): T(S.RESERVED, SOON)},
    S.RESERVED: AT_WORK
    | on_shift(S.RESERVED)
    | {Ringing(SOON): T(S.RINGING, SOON), Leaving(SOON): T(S.RESERVED, SOON), CameIn(): T(S.RESERVED)},
    S.RINGING: AT_WORK
    | on_shift(S.RINGING)
    | {Ringing(SOON): T(S.RINGING, SOON), Leaving(SOON): T(S.RINGING, SOON), CameIn(): T(S.RINGING)},
    S.TALKING: AT_WORK
    | on_shift(S.TALKING)
    | {WRAPPED: T(S.WRAP_UP, NOON + WRAP), Leaving(SOON): T(S.TALKING, SOON), CameIn(): T(S.TALKING)},
    S.WRAP_UP: not_at_work(S.WRAP_UP) | on_shift(S.WRAP_UP),
    S.PAUSED: not_at_work(S.PAUSED)
    | on_shift(S.PAUSED)
    | {Accepted(): T(S.PAUSED, misses=0), Ringing(SOON): T(S.PAUSED), ShiftEnded(): T(S.PAUSED)},
}


@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_state_answers_every_event(state: AgentState, event: AgentEvent) -> None:
    expected = TABLE[state].get(event)
    if expected is None:
        with pytest.raises(IllegalTransition, match=f"{state} does not take {type(event).__name__}"):
            advance(state, event, NOON)
    else:
        assert advance(state, event, NOON) == expected


@pytest.mark.parametrize("state", [S.PAUSED, S.OFFLINE, S.WRAP_UP])
@pytest.mark.parametrize(
    "event", [Missed(REST), Released(), WRAPPED, Leaving(SOON)], ids=lambda e: type(e).__name__
)
def test_an_unanswered_offer_never_makes_a_paused_agent_available(state: AgentState, event: AgentEvent) -> None:
    assert advance(state, event, NOON).state is state


def test_only_a_free_agent_is_reserved() -> None:
    for state in set(S) - {S.AVAILABLE}:
        with pytest.raises(IllegalTransition):
            advance(state, Reserved(SOON), NOON)


def test_a_missed_offer_is_a_short_pause_that_ends_by_itself() -> None:
    missed = advance(S.RINGING, Missed(), NOON)
    assert (missed.state, missed.reason) == (S.PAUSED, "missed_offer")
    assert missed.until == NOON + timedelta(seconds=30)
    assert advance(missed.state, TimedOut(), missed.until) == AVAILABLE


@pytest.mark.parametrize(
    ("before", "limit", "until", "reason"),
    [
        (0, 3, NOON + REST, MISSED_OFFER),
        (1, 3, NOON + REST, MISSED_OFFER),
        (2, 3, None, MISSED_IN_A_ROW),
        (3, 3, None, MISSED_IN_A_ROW),
        (0, 1, None, MISSED_IN_A_ROW),
        (99, 0, NOON + REST, MISSED_OFFER),
    ],
)
def test_so_many_missed_offers_in_a_row_are_a_pause_that_does_not_end_by_itself(
    before: int, limit: int, until: datetime | None, reason: str
) -> None:
    found = advance(S.RINGING, Missed(REST, before, limit), NOON)
    assert found == T(S.PAUSED, until, reason, before + 1)


def test_only_the_agent_or_a_manager_ends_the_pause_after_missed_offers() -> None:
    """No offer, call or schedule does; ``TimedOut`` is for states with an end of their own, and this has none."""
    assert advance(S.RINGING, Missed(REST, 2, 3), NOON).until is None
    for event in set(EVENTS) - {CameIn(), TimedOut(), WentOff(), ShiftEnded(rests=True), Reserved(SOON)}:
        assert advance(S.PAUSED, event, NOON).state is S.PAUSED
    assert advance(S.PAUSED, CameIn(), NOON) == IN_AGAIN


def test_the_end_of_a_shift_ends_a_rest_but_no_break() -> None:
    assert advance(S.PAUSED, ShiftEnded(rests=True), NOON).state is S.OFFLINE
    assert advance(S.PAUSED, ShiftEnded(), NOON).state is S.PAUSED


def test_wrap_up_follows_a_talk_only() -> None:
    assert advance(S.TALKING, Released(WRAP), NOON) == T(S.WRAP_UP, NOON + WRAP)
    assert advance(S.RINGING, Released(WRAP), NOON) == AVAILABLE
    assert advance(S.TALKING, Released(timedelta(0)), NOON) == AVAILABLE


def test_an_agent_who_is_off_stays_off_until_coming_in() -> None:
    for event in EVENTS:
        if isinstance(event, Reserved | Ringing | Accepted | CameIn | Paused | ShiftBegan):
            continue
        assert advance(S.OFFLINE, event, NOON).state is S.OFFLINE


@examples(200)
@given(st.lists(st.sampled_from(EVENTS), max_size=30))
def test_an_agent_talks_only_after_an_offer_and_gets_out_of_every_state(events: list[AgentEvent]) -> None:
    state = S.OFFLINE
    for event in events:
        before = state
        try:
            found = advance(state, event, NOON)
        except IllegalTransition:
            continue
        state = found.state
        if state in ENGAGED and before not in ENGAGED:
            assert isinstance(event, Reserved) or event == ShiftBegan(on_call=True)
        if before is S.PAUSED and state is S.AVAILABLE:
            assert isinstance(event, CameIn | TimedOut)
        if state is S.WRAP_UP and before is not S.WRAP_UP:
            assert found.until is not None
    assert advance(advance(state, WentOff(), NOON).state, CameIn(), NOON).state is S.AVAILABLE
