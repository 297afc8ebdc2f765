"""An attempt: one planned contact by one channel, and the only row in which "never twice" lives.

Owns: the attempt's states and which event leads from which to which.
Must not know: leases, rows, carriers; a store that fails to write a transition leaves the state as it was.

::

    scheduled ─ claimed ─ dialing ─┬─ connected ─ (machine)
        ▲          │         │     ├─ no_answer | busy | machine | failed | abandoned | cancelled
        └──────────┴─────────┤     │
        ▲                    └─ unknown ─ (adopted: dialing again)
        └───────────────────────────┘ only when the carrier, asked over its consistency window, knows of no call

A text or a mail goes ``scheduled ─ sending ─ sent | failed | unknown``; a task or a webhook ``scheduled ─ done``.

``dialing`` (and ``sending``) is committed before the carrier hears of it. From there, the way back to ``scheduled``
exists only where the lead's phone certainly did not ring: the carrier said a definite no, an agent did not take the
offer, or the carrier knows of no call. Should it know of one later all the same, the attempt is adopted even then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from speedtolead.domain.errors import IllegalTransition


class AttemptState(StrEnum):
    """Where an attempt is."""

    SCHEDULED = "scheduled"
    """Waits for its time, an agent and a carrier slot."""
    CLAIMED = "claimed"
    """Held by one node under a lease, with an agent reserved; the carrier knows nothing."""
    DIALING = "dialing"
    """Permitted, and the carrier was, or is about to be, asked."""
    CONNECTED = "connected"
    """Agent and lead were bridged. Ended once ``ended_at`` is set."""
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    MACHINE = "machine"
    """A machine answered."""
    FAILED = "failed"
    """The carrier could not reach the number."""
    ABANDONED = "abandoned"
    """A person answered and was not given an agent."""
    UNKNOWN = "unknown"
    """The carrier may or may not have dialled: it is asked until that is known. Never repeated blindly."""
    REFUSED = "refused"
    """The permit said no, for good."""
    CANCELLED = "cancelled"
    """Ended before the lead's phone rang, or before an answer by our own side."""
    EXPIRED = "expired"
    """Its time passed before it could be made."""
    SENDING = "sending"
    """A text or a mail: permitted, and whoever carries it was, or is about to be, asked."""
    SENT = "sent"
    """A text or a mail was taken by who carries it; its receipts are the message's."""
    DONE = "done"
    """A task was done, or a webhook was told."""


LIVE = frozenset({AttemptState.CLAIMED, AttemptState.DIALING, AttemptState.SENDING, AttemptState.UNKNOWN})
"""States in which an attempt may be touching a person; ``connected`` is live too until it has ended."""


class Result(StrEnum):
    """How a dialled attempt ended without talk."""

    NO_ANSWER = "no_answer"
    BUSY = "busy"
    MACHINE = "machine"
    FAILED = "failed"
    ABANDONED = "abandoned"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A node took it, and reserved an agent."""


@dataclass(frozen=True, slots=True)
class Permitted:
    """The permit allowed it; the carrier is about to be asked."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now: back to the plan, at ``until`` (permit, definite carrier refusal, agent who did not take it)."""

    until: datetime


@dataclass(frozen=True, slots=True)
class RefusedForGood:
    """The permit refused it for good."""


@dataclass(frozen=True, slots=True)
class LostTrack:
    """The lease ran out in ``dialing``, or the carrier's answer never came."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """The carrier knows the call after all."""


@dataclass(frozen=True, slots=True)
class Bridged:
    """Agent and lead are talking."""


@dataclass(frozen=True, slots=True)
class Concluded:
    """It ended without a talk, or what seemed a talk was a machine."""

    result: Result


@dataclass(frozen=True, slots=True)
class Handed:
    """A text or a mail is permitted, and is about to be handed to who carries it."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Who carries it has it."""


@dataclass(frozen=True, slots=True)
class Done:
    """A task or a webhook: done."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The lead was stopped, suppressed or contacted before this attempt was made."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """Its time passed unused."""


AttemptEvent = (
    Claimed
    | Permitted
    | Deferred
    | RefusedForGood
    | LostTrack
    | Adopted
    | Bridged
    | Concluded
    | Handed
    | Sent
    | Done
    | Withdrawn
    | Overdue
)

_S = AttemptState
_FROM: dict[type[AttemptEvent], frozenset[AttemptState]] = {
    Claimed: frozenset({_S.SCHEDULED}),
    Permitted: frozenset({_S.CLAIMED}),
    Deferred: frozenset({_S.SCHEDULED, _S.CLAIMED, _S.DIALING, _S.SENDING, _S.UNKNOWN}),
    RefusedForGood: frozenset({_S.SCHEDULED, _S.CLAIMED, _S.DIALING, _S.SENDING}),
    LostTrack: frozenset({_S.DIALING, _S.SENDING, _S.UNKNOWN}),
    Adopted: frozenset({_S.SCHEDULED, _S.DIALING, _S.UNKNOWN}),
    Bridged: frozenset({_S.DIALING, _S.UNKNOWN, _S.CONNECTED}),
    Concluded: frozenset({_S.DIALING, _S.SENDING, _S.UNKNOWN, _S.CONNECTED}),
    Handed: frozenset({_S.SCHEDULED, _S.CLAIMED}),
    Sent: frozenset({_S.SENDING, _S.UNKNOWN}),
    Done: frozenset({_S.SCHEDULED}),
    Withdrawn: frozenset({_S.SCHEDULED, _S.CLAIMED, _S.DIALING}),
    Overdue: frozenset({_S.SCHEDULED}),
}


def sources(event: type[AttemptEvent]) -> frozenset[AttemptState]:
    """The states that take this event; the store's ``UPDATE … WHERE state = ANY(…)`` uses the same set."""
    return _FROM[event]


def advance(state: AttemptState, event: AttemptEvent) -> AttemptState:
    """The next state. Raises IllegalTransition where the picture in the module's docstring has no arrow."""
    if state not in _FROM[type(event)]:
        raise IllegalTransition(f"an attempt that is {state} does not take {type(event).__name__}")
    match event:
        case Claimed():
            return AttemptState.CLAIMED
        case Permitted() | Adopted():
            return AttemptState.DIALING
        case Deferred():
            return AttemptState.SCHEDULED
        case RefusedForGood():
            return AttemptState.REFUSED
        case LostTrack():
            return AttemptState.UNKNOWN
        case Bridged():
            return AttemptState.CONNECTED
        case Handed():
            return AttemptState.SENDING
        case Sent():
            return AttemptState.SENT
        case Done():
            return AttemptState.DONE
        case Concluded(result):
            return AttemptState(result.value)
        case Withdrawn():
            return AttemptState.CANCELLED
        case Overdue():
            return AttemptState.EXPIRED
        case _:
            assert_never(event)
