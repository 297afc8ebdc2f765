"""What an agent says came of a call.

Owns: the kinds, what has to be said with each, and how long it can be taken back. Must not know: what follows from
one, or which key means it.

Taking back: nothing follows before the time for it is over, so there is nothing to undo. Two cannot wait: a person
who wants no more calls is out of reach at once, and a machine is left to its message at once.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

UNDO = timedelta(seconds=10)


class Kind(StrEnum):
    APPOINTMENT = "appointment"
    QUOTE = "quote"
    SALE = "sale"
    CALLBACK = "callback"
    TALKED = "talked"
    """Reached, and nothing came of it yet."""
    NOT_INTERESTED = "not_interested"
    NOBODY = "nobody"
    """Not reached: nobody there, or not the person."""
    MACHINE = "machine"
    WRONG_NUMBER = "wrong_number"
    BAD_LEAD = "bad_lead"
    DO_NOT_CALL = "do_not_call"


class DispositionState(StrEnum):
    WAITING = "waiting"
    """May be taken back, or takes effect in this moment."""
    DONE = "done"
    UNDONE = "undone"
    FAILED = "failed"
    """It could not take effect; ``why`` says so."""


AT_ONCE = frozenset({Kind.DO_NOT_CALL, Kind.MACHINE})
NEEDS: dict[Kind, tuple[str, ...]] = {
    Kind.APPOINTMENT: ("at",),
    Kind.CALLBACK: ("at",),
    Kind.SALE: ("value",),
    Kind.BAD_LEAD: ("reason",),
}
"""What has to be said with a kind."""
MAY: dict[Kind, tuple[str, ...]] = NEEDS | {Kind.QUOTE: ("value",), Kind.CALLBACK: ("at", "mine")}
"""What may be said with it; of every kind a note."""


def undo_for(kind: Kind) -> timedelta:
    """How long it can be taken back."""
    return timedelta(0) if kind in AT_ONCE else UNDO
