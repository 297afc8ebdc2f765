"""An attempt's states: every state with every event, and walks that look for a second call."""

from __future__ import annotations

import pytest
from domain_samples import NOON, examples
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from speedtolead.domain.attempt import (
    LIVE,
    Adopted,
    AttemptEvent,
    AttemptState,
    Bridged,
    Claimed,
    Concluded,
    Deferred,
    Done,
    Handed,
    LostTrack,
    Overdue,
    Permitted,
    RefusedForGood,
    Result,
    Sent,
    Withdrawn,
    advance,
    sources,
)
from speedtolead.domain.errors import IllegalTransition

S = AttemptState
NO_TALK: list[AttemptEvent] = [Concluded(result) for result in Result]
EVENTS: list[AttemptEvent] = [
    Claimed(),
    Permitted(),
    Deferred(NOON),
    RefusedForGood(),
    LostTrack(),
    Adopted(),
    Bridged(),
    *NO_TALK,
    Handed(),
    Sent(),
    Done(),
    Withdrawn(),
    Overdue(),
]
ENDED = {S.NO_ANSWER, S.BUSY, S.MACHINE, S.FAILED, S.ABANDONED, S.REFUSED, S.CANCELLED, S.EXPIRED, S.SENT, S.DONE}
DIALED: dict[AttemptEvent, AttemptState] = {event: S(event.result.value) for event in NO_TALK}  # type: ignore[union-attr]

TABLE: dict[AttemptState, dict[AttemptEvent, AttemptState]] = {
    S.SCHEDULED: {
        Claimed(): S.CLAIMED,
        Deferred(NOON): S.SCHEDULED,
        RefusedForGood(): S.REFUSED,
        Adopted(): S.DIALING,
        Handed(): S.SENDING,
        Done(): S.DONE,
        Withdrawn(): S.CANCELLED,
        Overdue(): S.EXPIRED,
    },
    S.CLAIMED: {
        Permitted(): S.DIALING,
        Handed(): S.SENDING,
        Deferred(NOON): S.SCHEDULED,
        RefusedForGood(): S.REFUSED,
        Withdrawn(): S.CANCELLED,
    },
    S.DIALING: {
        Deferred(NOON): S.SCHEDULED,
        RefusedForGood(): S.REFUSED,
        LostTrack(): S.UNKNOWN,
        Adopted(): S.DIALING,
        Bridged(): S.CONNECTED,
        Withdrawn(): S.CANCELLED,
        **DIALED,
    },
    S.SENDING: {
        Deferred(NOON): S.SCHEDULED,
        RefusedForGood(): S.REFUSED,
        LostTrack(): S.UNKNOWN,
        Sent(): S.SENT,
        **DIALED,
    },
    S.UNKNOWN: {
        Sent(): S.SENT,
        Deferred(NOON): S.SCHEDULED,
        LostTrack(): S.UNKNOWN,
        Adopted(): S.DIALING,
        Bridged(): S.CONNECTED,
        **DIALED,
    },
    S.CONNECTED: {Bridged(): S.CONNECTED, **DIALED},
}
TABLE |= {state: {} for state in ENDED}


@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize("event", EVENTS, ids=repr)
def test_every_state_takes_exactly_its_events(state: AttemptState, event: AttemptEvent) -> None:
    expected = TABLE[state].get(event)
    assert (state in sources(type(event))) is (expected is not None)
    if expected is None:
        with pytest.raises(IllegalTransition, match=f"{state}.*{type(event).__name__}"):
            advance(state, event)
    else:
        assert advance(state, event) is expected


def test_what_has_ended_takes_nothing() -> None:
    for state in ENDED:
        assert not any(state in sources(type(event)) for event in EVENTS)


def test_the_carrier_is_asked_only_after_a_claim_and_a_permit() -> None:
    into_dialing = {type(e) for state in S for e, to in TABLE[state].items() if to is S.DIALING and state != to}
    assert into_dialing == {Permitted, Adopted}
    assert sources(Permitted) == {S.CLAIMED}


def test_only_a_deferral_leads_from_dialing_back_to_the_plan() -> None:
    back = {type(e) for e, to in TABLE[S.DIALING].items() if to is S.SCHEDULED}
    assert back == {Deferred}


def test_the_unknown_is_never_claimed_permitted_or_handed_over() -> None:
    assert S.UNKNOWN not in sources(Claimed) | sources(Permitted) | sources(Handed)


def test_live_states_may_be_touching_a_person() -> None:
    assert {S.CLAIMED, S.DIALING, S.SENDING, S.UNKNOWN} == LIVE


def test_an_illegal_transition_has_a_stable_code() -> None:
    with pytest.raises(IllegalTransition) as refused:
        advance(S.BUSY, Claimed())
    assert refused.value.code == "illegal_transition"


class Walk(RuleBasedStateMachine):
    """Any events in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.state = S.SCHEDULED
        self.path = [S.SCHEDULED]
        self.requests = 0
        """How often the carrier was asked since the plan was last returned to."""

    @rule(event=st.sampled_from(EVENTS))
    def happens(self, event: AttemptEvent) -> None:
        before = self.state
        try:
            self.state = advance(before, event)
        except IllegalTransition:
            return
        self.path.append(self.state)
        assert before not in ENDED
        if before is S.DIALING and self.state is S.SCHEDULED:
            assert isinstance(event, Deferred)
        if isinstance(event, Deferred):
            self.requests = 0
        if isinstance(event, Permitted | Handed):
            self.requests += 1

    @invariant()
    def the_carrier_is_asked_once_a_try(self) -> None:
        assert self.requests <= 1

    @invariant()
    def a_final_state_is_the_last(self) -> None:
        assert not ENDED & set(self.path[:-1])


TestWalk = Walk.TestCase
TestWalk.settings = hypothesis_settings(examples(150), stateful_step_count=30)
