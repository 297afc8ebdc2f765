"""Calls that come in: what the carrier tells of one, what it is told to do with the caller, and our own numbers.

Owns: the values, in the domain's words. Must not know: any provider, or who takes a call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from speedtolead.ports.instructions import Instruction


@dataclass(frozen=True, slots=True)
class Incoming:
    """A call to one of our numbers. ``call_id`` is the carrier's, the same on every repeat of the fetch.

    ``from_phone`` is as the carrier writes it; None where the caller withheld it.
    """

    call_id: str
    from_phone: str | None
    to_phone: str
    received_at: datetime
    fields: Mapping[str, str]


class IncomingReader(Protocol):
    """The carrier's side of a call that comes in."""

    def incoming(self, fields: Mapping[str, str], at: datetime) -> Incoming | None:
        """None for what is no call: its id or the number called are missing."""
        ...


@dataclass(frozen=True, slots=True)
class AskKeys:
    """Say ``words`` and take so many ``digits``; what is pressed, or that nothing was, is told with ``mark``."""

    attempt_id: UUID
    leg_id: UUID
    words: str
    digits: int
    mark: str


@dataclass(frozen=True, slots=True)
class HoldOn:
    """Music, and ask again after it: never silence. ``words`` come first, if any."""

    attempt_id: UUID
    leg_id: UUID
    words: str | None = None


@dataclass(frozen=True, slots=True)
class TakeMessage:
    """Say ``words``, then record what the caller says, for at most ``longest``; the recording is told of."""

    attempt_id: UUID
    leg_id: UUID
    words: str
    longest: timedelta = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class SayFirst:
    """Say ``words``, then go on with the other instruction."""

    words: str
    then: Instruction


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """One of our numbers at the carrier, with where its calls and texts are told; empty: nowhere."""

    phone: str
    voice_url: str
    voice_fallback_url: str
    status_url: str
    text_url: str


class Numbers(Protocol):
    """What the carrier knows of our numbers."""

    async def numbers(self) -> Sequence[OwnNumber]:
        """All of the account's numbers. Raises Permanent, Transient or Indeterminate."""
        ...
