"""What may be asked of the carrier about calls that are live: send one elsewhere, change who hears whom.

Owns: the protocol, and the values that pass through it. Must not know: attempts' states, or who may ask.
Each request is made once. All of them say how it is to be, not what to do, so a repeat of one that may have been
carried out already (``Indeterminate``) does no harm, save that a call sent elsewhere begins there anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from speedtolead.ports.instructions import Instruction

CALL_OVER = "call_over"
"""The code of a Permanent: the call is not live, so nothing can be done with it."""
NOT_IN_CONFERENCE = "not_in_conference"
"""The code of a Transient: the call has not come into the conference yet, or has left it."""


@dataclass(frozen=True, slots=True)
class Party:
    """A live call in a conference; ``attempt_id`` and ``leg_id`` are what its callbacks are told apart by."""

    conference: str
    call_id: str
    attempt_id: UUID
    leg_id: UUID


@dataclass(frozen=True, slots=True)
class PartyChange:
    """How a party is to be from now on; None: as before.

    ``held``: hears music instead of the others, and is not heard. ``coaches``: the call that alone hears this one
    speak; empty for none (all hear it, unless it is muted). ``ends_it``: the conference ends when this one leaves;
    the carrier does not change that of a party on hold.
    """

    muted: bool | None = None
    held: bool | None = None
    coaches: str | None = None
    ends_it: bool | None = None


@dataclass(frozen=True, slots=True)
class Aside:
    """What one party alone hears, over the voices: words, or keypad tones (0-9, ``*``, ``#``; ``w`` waits)."""

    words: str = ""
    digits: str = ""


class CallControl(Protocol):
    """Changes calls that are live. Each raises Permanent, Transient or Indeterminate."""

    async def redirect(self, call_id: str, instruction: Instruction) -> None:
        """Break off what a live call does, and let it go on with an instruction.

        A call that was rung from another one leaves it, and the other goes on with what it is told then. A call
        that has rung another one ends that. Permanent with ``CALL_OVER`` where it is not live.
        """
        ...

    async def change_party(self, party: Party, change: PartyChange) -> None:
        """Transient with ``NOT_IN_CONFERENCE`` where the call is not there."""
        ...

    async def tell_party(self, party: Party, aside: Aside) -> None:
        """Let one party alone hear something, once. Raises as ``change_party``."""
        ...

    async def pause_recording(self, call_id: str, recording_id: str) -> None:
        """Nothing is recorded from now on, and no silence in its place. Permanent where there is none running."""
        ...

    async def resume_recording(self, call_id: str, recording_id: str) -> None:
        """Go on with a paused recording. Permanent where there is none that could."""
        ...
