"""On which terms a call comes into a conference.

Owns the terms. Must not know conferences, nor what becomes of the terms there. Nothing here fails.
"""

from __future__ import annotations

from dataclasses import dataclass

from .call import RecordingWish


@dataclass(frozen=True, slots=True)
class Attendance:
    """On which terms a call comes into a conference."""

    label: str | None = None
    muted: bool = False
    starts: bool = True
    ends: bool = False
    early_media: bool = False
    coach: str | None = None
    wait_url: str | None = None
    """What is heard before the conference starts; None: the carrier's music, empty: nothing."""
    wait_method: str = "POST"
    status_callback: str = ""
    status_callback_method: str = "POST"
    events: frozenset[str] = frozenset()
    recording: RecordingWish | None = None
