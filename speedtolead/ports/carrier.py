"""The port of the carrier: places calls, records them, and tells what became of them (live ones: ``control``).

Must not know: any one carrier. It raises what ``errors`` says; no order is ever given twice by the port itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from speedtolead.domain.call import LegReport
from speedtolead.domain.machine import CONSUMERS, Detection
from speedtolead.ports.control import CallControl
from speedtolead.ports.incoming import Numbers
from speedtolead.ports.instructions import Instruction
from speedtolead.ports.line import LineOrder


@dataclass(frozen=True, slots=True)
class CallOrder:
    """A call to be placed. ``address`` is E.164, ``client:NAME`` or ``sip:…``.

    ``reason``: why it is made, shown to the called person where their carrier does that; at most 50 characters.
    """

    attempt_id: UUID
    leg_id: UUID
    address: str
    caller_id: str
    ring_timeout: timedelta
    instruction: Instruction
    detect_machine: bool
    detection: Detection = CONSUMERS
    """How, where it is asked for."""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class KnownCall:
    """A call that the carrier knows."""

    call_id: str
    address: str
    caller_id: str
    created_at: datetime
    report: LegReport


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording as the carrier gives it, in pieces. ``content_type`` is one of audio."""

    content_type: str
    pieces: AsyncIterator[bytes]


class Carrier(CallControl, Numbers, Protocol):
    """Places calls, changes live ones, and tells what became of them."""

    name: str

    async def place_call(self, order: CallOrder) -> str:
        """Ask for a call; its id. Raises Permanent, Transient or Indeterminate; never asks twice by itself."""
        ...

    async def dial_into(self, order: CallOrder, conference: str) -> str:
        """Ask for a call that comes into a conference as soon as it is answered; its id. One request, no fetch.

        Those who are there hear it ring; with its end, if it was answered, the conference ends. The order's
        instruction is not used. Raises as ``place_call``.
        """
        ...

    async def open_line(self, order: LineOrder) -> str:
        """Ask for an agent's line; its call's id. Raises as ``place_call``."""
        ...

    async def fetch_call(self, call_id: str) -> KnownCall | None:
        """What the carrier knows of a call; None when it knows of none."""
        ...

    async def calls_to(self, address: str, since: datetime) -> Sequence[KnownCall]:
        """Calls to an address created at or after ``since``. May lag behind by the consistency window."""
        ...

    async def end_call(self, call_id: str) -> None:
        """End a call, ringing or live; one that is over already is no error."""
        ...

    async def start_recording(self, call_id: str, attempt_id: UUID, leg_id: UUID) -> str:
        """Record a live call from now to its end, each party on a track of its own; the recording's id.

        Its progress is called back for this attempt and leg. Raises Permanent, Transient or Indeterminate; never
        asks twice by itself.
        """
        ...

    def sound(self, recording_id: str) -> AbstractAsyncContextManager[Sound]:
        """A finished recording. Raises Permanent (``code`` "unknown_recording") or Transient, on entry."""
        ...

    async def remove_recording(self, recording_id: str) -> None:
        """Remove a recording for good; one that is gone already is no error. Raises Permanent, Transient or
        Indeterminate; it may be asked again.
        """
        ...

    async def check(self) -> str:
        """One line on the account that is used; raises a PortError that says what is wrong."""
        ...
