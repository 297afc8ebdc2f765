"""Rows of staffing: calls by hour, and how long they held agents. Must not know: what is simulated with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from speedtolead.store.query import Query


@dataclass(frozen=True, slots=True)
class HourRow:
    day: date
    hour: int
    kind: str
    calls: int
    reached: int


@dataclass(frozen=True, slots=True)
class HeldRow:
    """Seconds. ``reached_after``: from the claim to the talk."""

    kind: str
    mode: str
    held: float
    reached_after: float | None
    contact: bool


@dataclass(frozen=True, slots=True)
class WrapRow:
    seconds: float


CALLS_BY_HOUR = Query("calls_by_hour", HourRow)
CALLS_HELD = Query("calls_held", HeldRow)
WRAPPED_UP = Query("wrapped_up", WrapRow)
