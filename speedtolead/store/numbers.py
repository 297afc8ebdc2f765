"""Rows of the numbers that calls are made from: how they stand today, and what was said of them.

Owns: the statements of ``sql/queries/number.sql``. Must not know: which number is shown, or when one must rest.
"""

from __future__ import annotations

from dataclasses import dataclass

from speedtolead.domain.caller_id import Number
from speedtolead.store.dial import numbers_of
from speedtolead.store.query import Id, Nothing, Query


@dataclass(frozen=True, slots=True)
class PoolRow:
    """``owned`` numbers, of which ``resting`` rest; the others may be shown."""

    owned: int
    resting: int
    calls: int
    numbers: list[str]
    number_carriers: list[str]
    number_calls: list[int]
    number_trials: list[bool]

    @property
    def day(self) -> list[Number]:
        return numbers_of(self.numbers, self.number_carriers, self.number_calls, self.number_trials)


POOL = Query("pool", PoolRow)
OPEN_NUMBER_ALERT = Query("open_number_alert", Id)
END_USED_UP = Query("end_used_up", Nothing)
