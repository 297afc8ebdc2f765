"""The numbers of a period, with their denominators.

Owns: which sums make which number. Must not know: how it is asked for or shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from speedtolead.domain.metrics import SHARES
from speedtolead.domain.statistics.rates import wilson
from speedtolead.ports import Clock
from speedtolead.store import agents, stats
from speedtolead.store import machine as machine_rows
from speedtolead.store.agents import AgentRow
from speedtolead.store.database import Database
from speedtolead.store.machine import DetectionRow
from speedtolead.store.stats import ContactRow, HopRow, LiveRow, ModeRow, SpeedRow


@dataclass(frozen=True, slots=True)
class Period:
    """``[since, until)`` of leads received, and which of them."""

    since: datetime
    until: datetime
    group_by: str | None = None
    campaign: str | None = None
    source: str | None = None
    source_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Speed:
    rows: list[SpeedRow]
    hops: list[HopRow]
    modes: list[ModeRow]
    """From the answer to the talk, by dial mode."""

    @property
    def slowest_hop(self) -> str | None:
        """The hop with the highest median."""
        known = [hop for hop in self.hops if hop.p50 is not None]
        return max(known, key=lambda hop: hop.p50 or 0.0).hop if known else None


class Reports:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def speed(self, account_id: UUID, period: Period) -> Speed:
        async with self._database.snapshot() as tx:
            given = _given(account_id, period)
            rows = await stats.SPEED.all(tx, **given, group_by=period.group_by or "all")
            hops = await stats.HOPS.all(tx, **given)
            return Speed(rows, hops, await stats.TALK_BY_MODE.all(tx, **given))

    async def contact(self, account_id: UUID, period: Period) -> list[ContactRow]:
        async with self._database.connection() as tx:
            given = _given(account_id, period)
            return await stats.CONTACT.all(tx, **given, group_by=period.group_by or "all")

    async def detection(self, account_id: UUID, period: Period) -> list[DetectionRow]:
        async with self._database.connection() as tx:
            given = _given(account_id, period)
            return await machine_rows.DETECTION.all(tx, **given, group_by=period.group_by or "all")

    async def live(self, account_id: UUID) -> tuple[LiveRow, list[AgentRow]]:
        """What is going on now, and the agents."""
        async with self._database.snapshot() as tx:
            now = self._clock.now()
            counts = await stats.LIVE_COUNTS.one(tx, account_id=account_id, now=now)
            return counts, await agents.AGENTS_OF_ACCOUNT.all(tx, account_id=account_id, now=now)


def shares(row: SpeedRow) -> dict[str, float | None]:
    """Share of the leads that got that far at all, within each of the stated seconds."""
    counts = dict(zip(SHARES, (row.within_5s, row.within_30s, row.within_60s, row.within_300s), strict=True))
    return {f"{seconds}s": n / row.counted if row.counted else None for seconds, n in counts.items()}


def rate(part: int, whole: int) -> dict[str, Any]:
    """A rate with its numerator, denominator and 95 % interval; none for what is no part of the whole: appointments
    may be reported of leads that nobody reached."""
    interval = wilson(part, whole) if part <= whole else None
    return {
        "value": part / whole if whole else None,
        "numerator": part,
        "denominator": whole,
        "interval_95": None if interval is None else [round(x, 4) for x in interval],
    }


def _given(account_id: UUID, period: Period) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "since": period.since,
        "until": period.until,
        "campaign": period.campaign,
        "source": period.source,
        "source_id": period.source_id,
    }
