"""A tracking number: a source whose people call instead of filling in a form.

Owns: the shape of its terms. Must not know: the configuration file that says them, or how a call goes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from speedtolead.domain.hours import LocalHours
from speedtolead.domain.ivr import Route, Step
from speedtolead.domain.qualified import QualifiedRule


@dataclass(frozen=True, slots=True)
class CallTerms:
    """``price``: of a billable call; None: not known. ``whisper``: None is the campaign's."""

    number: str
    price: Decimal | None = None
    greeting: str | None = None
    steps: tuple[Step, ...] = ()
    routes: tuple[Route, ...] = ()
    hours: LocalHours | None = None
    """Outside of these the voicemail answers, after the menu."""
    whisper: str | None = None
    qualified: QualifiedRule = field(default_factory=QualifiedRule)
