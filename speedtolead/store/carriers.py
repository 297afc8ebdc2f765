"""Rows of the carrier accounts: their slots and their breakers, shared by all nodes.

Owns: the statements of ``sql/queries/carrier.sql``. Must not know: when a breaker opens or how a pace recovers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from speedtolead.domain.breaker import Breaker, BreakerState, Second
from speedtolead.domain.pace import Pace
from speedtolead.store.query import Connection, Nothing, Query


@dataclass(frozen=True, slots=True)
class SlotRow:
    """``next_at``: from when a call may be placed; ``passes``: how many its breaker lets through, None for any."""

    carrier: str
    next_at: datetime
    passes: int | None
    pace: float
    pace_at: datetime | None

    @property
    def as_pace(self) -> Pace:
        return Pace(self.pace, self.pace_at)


@dataclass(frozen=True, slots=True)
class BreakerRow:
    carrier: str
    state: str
    since: datetime
    opened_at: datetime | None
    try_at: datetime | None
    pauses: int
    in_a_row: int
    recent: list[Any]
    words: str | None

    def breaker(self) -> Breaker:
        seconds = tuple(Second(datetime.fromisoformat(at), well, failed) for at, well, failed in self.recent)
        state = BreakerState(self.state)
        return Breaker(state, self.since, self.opened_at, self.try_at, self.pauses, self.in_a_row, seconds)


@dataclass(frozen=True, slots=True)
class NumbersElsewhere:
    account: str
    carrier: str
    numbers: int


NUMBERS_ELSEWHERE = Query("numbers_elsewhere", NumbersElsewhere)
ENSURE_CARRIERS = Query("ensure_carriers", Nothing)
CARRIER_SLOTS = Query("carrier_slots", SlotRow)
HOLD_CARRIER_SLOT = Query("hold_carrier_slot", SlotRow)
SLOW_DOWN = Query("slow_down", Nothing)
LET_PASS = Query("let_pass", Nothing)
BREAKERS = Query("breakers", BreakerRow)
HOLD_BREAKER = Query("hold_breaker", BreakerRow)
SAVE_BREAKER = Query("save_breaker", Nothing)
TELL_ACCOUNTS = Query("tell_accounts", Nothing)


async def save_breaker(tx: Connection, carrier: str, breaker: Breaker, words: str | None) -> None:
    await SAVE_BREAKER.run(
        tx,
        carrier=carrier,
        state=breaker.state,
        since=breaker.since,
        opened_at=breaker.opened_at,
        try_at=breaker.try_at,
        pauses=breaker.pauses,
        in_a_row=breaker.in_a_row,
        recent=[[second.at.isoformat(), second.well, second.failed] for second in breaker.recent],
        words=words,
    )
