"""What is usual in the trade, to compare one's own numbers with.

Owns: the bands. Must not know: anybody's numbers. They are rough: they differ by product, price and season, and are
no goal. Source: the ranges that lead sellers and buyers publish, as of November 2026.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Band:
    low: float
    high: float

    def place(self, value: float) -> Place:
        """Where a value is."""
        return Place.BELOW if value < self.low else Place.ABOVE if value > self.high else Place.WITHIN


class Place(StrEnum):
    BELOW = "below"
    WITHIN = "within"
    ABOVE = "above"


LEAD_TO_CONTACT = Band(0.30, 0.70)
CONTACT_TO_APPOINTMENT = Band(0.20, 0.50)
CALL_TO_SALE = Band(0.15, 0.40)
"""Of a qualified call."""
LEAD_TO_SALE = Band(0.03, 0.15)


@dataclass(frozen=True, slots=True)
class Prices:
    """What is paid in a trade, in dollars."""

    trade: str
    lead: Band
    call: Band | None
    """A qualified call; None: no range is published."""


PRICES = (
    Prices("Home services", Band(20, 80), Band(40, 200)),
    Prices("Insurance and finance", Band(25, 150), Band(60, 300)),
    Prices("Legal", Band(100, 400), Band(150, 600)),
    Prices("Health", Band(30, 200), Band(60, 350)),
    Prices("B2B", Band(50, 250), None),
)
