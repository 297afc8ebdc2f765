"""An agent's states.

Owns: which event takes an agent from which state to which, and until when a state lasts by itself.
Must not know: how an agent is rung or signs in.

``reserved`` and ``ringing`` are leases; ``wrap_up`` and the rest after a missed offer end by themselves: an agent
is never stuck in any of them. ``talking`` ends with the call, and the call's own lease finds a call whose end
was never told. A pause that was asked for, and the one after several missed offers in a row, is ended by nobody
but the agent or a manager: by no offer, no call, and no schedule.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from speedtolead.domain.errors import IllegalTransition

MISSED_OFFER = "missed_offer"
"""The reason of a short rest, which ends by itself."""
MISSED_IN_A_ROW = "missed_offers"
"""The reason of a pause that only the agent or a manager ends."""
PAUSE_AFTER = 3
"""So many offers missed in a row are taken for an agent who is not there, where the account says nothing else."""


class AgentState(StrEnum):
    OFFLINE = "offline"
    AVAILABLE = "available"
    RESERVED = "reserved"
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"


class Presence(StrEnum):
    """How it is known that an agent is there."""

    ALWAYS = "always"
    """Rings without a login."""
    SCHEDULE = "schedule"
    """By the hours of the week, in the agent's zone."""
    CONSOLE = "console"
    """Only while signed in."""


ENGAGED = frozenset({AgentState.RESERVED, AgentState.RINGING, AgentState.TALKING})
_AWAY = frozenset({AgentState.PAUSED, AgentState.OFFLINE})
"""Who went away during an offer stays away; the call itself goes on."""


@dataclass(frozen=True, slots=True)
class Reserved:
    until: datetime


@dataclass(frozen=True, slots=True)
class Ringing:
    until: datetime


@dataclass(frozen=True, slots=True)
class Accepted:
    """The agent pressed 1, or took the call in the browser: no offer is missed in a row any more."""


@dataclass(frozen=True, slots=True)
class Missed:
    """The offer was not taken: no answer, a decline, or no key. The agent is left in peace for ``rest``.

    After ``before`` others in a row; one that makes it ``limit`` pauses until somebody ends it (0: none ever does).
    """

    rest: timedelta = timedelta(seconds=30)
    before: int = 0
    limit: int = PAUSE_AFTER


@dataclass(frozen=True, slots=True)
class Released:
    """The offer or the call is over; wrap-up follows a talk when ``wrap_up`` is not zero."""

    wrap_up: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Leaving:
    """The lead is gone; the agent's own phone is being hung up, and is free at ``until`` at the latest."""

    until: datetime


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The state's own time is over."""


@dataclass(frozen=True, slots=True)
class CameIn:
    """Signed in, or resumed; ``on_call`` where a call that began before is still under way."""

    on_call: bool = False


@dataclass(frozen=True, slots=True)
class Paused:
    reason: str


@dataclass(frozen=True, slots=True)
class WentOff:
    """Signed out, or presence was lost."""


@dataclass(frozen=True, slots=True)
class ShiftBegan:
    """The agent's own hours begin; ``on_call`` as in ``CameIn``."""

    on_call: bool = False


@dataclass(frozen=True, slots=True)
class ShiftEnded:
    """The agent's own hours are over; a call that is under way goes on."""

    rests: bool = False
    """Whether the present pause is one that ends by itself."""


AgentEvent = (
    Reserved
    | Ringing
    | Accepted
    | Missed
    | Released
    | Leaving
    | TimedOut
    | CameIn
    | Paused
    | WentOff
    | ShiftBegan
    | ShiftEnded
)


@dataclass(frozen=True, slots=True)
class AgentTransition:
    """The new state, until when it lasts by itself (None: until an event), and the reason of a pause.

    ``misses``: the offers missed in a row; None: as before.
    """

    state: AgentState
    until: datetime | None = None
    reason: str | None = None
    misses: int | None = None


def advance(state: AgentState, event: AgentEvent, now: datetime) -> AgentTransition:
    """The agent's next state. Raises IllegalTransition, except that an end of work that is already over is none.

    An agent who paused or went off during an offer keeps that: an unanswered offer never makes anyone available.
    """
    match event:
        case Reserved(until):
            _require(state, event, {AgentState.AVAILABLE})
            return AgentTransition(AgentState.RESERVED, until)
        case Ringing(until):
            if state in _AWAY:
                return AgentTransition(state)
            _require(state, event, {AgentState.RESERVED, AgentState.RINGING})
            return AgentTransition(AgentState.RINGING, until)
        case Accepted():
            # Who paused while the phone rang, and took the call all the same, is on pause after it.
            _require(state, event, ENGAGED | _AWAY)
            return AgentTransition(AgentState.TALKING if state in ENGAGED else state, misses=0)
        case Missed():
            return _missed(state, event, now)
        case Released(wrap_up):
            if state not in ENGAGED:
                return AgentTransition(state)
            if state is AgentState.TALKING and wrap_up > timedelta(0):
                return AgentTransition(AgentState.WRAP_UP, now + wrap_up)
            return AgentTransition(AgentState.AVAILABLE)
        case Leaving(until):
            return AgentTransition(state, until if state in ENGAGED else None)
        case TimedOut():
            return AgentTransition(state if state is AgentState.OFFLINE else AgentState.AVAILABLE)
        case CameIn(on_call):
            if state in ENGAGED:
                return AgentTransition(state)
            return AgentTransition(AgentState.TALKING if on_call else AgentState.AVAILABLE, misses=0)
        case Paused(reason):
            return AgentTransition(AgentState.PAUSED, None, reason)
        case WentOff():
            return AgentTransition(AgentState.OFFLINE)
        case ShiftBegan(on_call):
            there = AgentState.TALKING if on_call else AgentState.AVAILABLE
            return AgentTransition(there if state is AgentState.OFFLINE else state)
        case ShiftEnded(rests):
            stays = state is AgentState.PAUSED and not rests
            return AgentTransition(state if stays else AgentState.OFFLINE)
        case _:
            assert_never(event)


def _missed(state: AgentState, missed: Missed, now: datetime) -> AgentTransition:
    if state not in ENGAGED:
        return AgentTransition(state)
    misses = missed.before + 1
    if 0 < missed.limit <= misses:
        return AgentTransition(AgentState.PAUSED, None, MISSED_IN_A_ROW, misses)
    return AgentTransition(AgentState.PAUSED, now + missed.rest, MISSED_OFFER, misses)


def _require(state: AgentState, event: AgentEvent, allowed: set[AgentState] | frozenset[AgentState]) -> None:
    if state not in allowed:
        raise IllegalTransition(f"an agent who is {state} does not take {type(event).__name__}")
