"""Rows of the response curve. Must not know: what is concluded from it."""

from __future__ import annotations

from dataclasses import dataclass

from speedtolead.store.query import Query


@dataclass(frozen=True, slots=True)
class BandRow:
    """Band 1 is the first; ``lot``: the arm of a randomised delay, or empty; ``median`` of the seconds to dial."""

    lot: str
    band: int
    leads: int
    contacted: int
    sold: int
    median: float | None


RESPONSE_BANDS = Query("response_bands", BandRow)
