"""Rows of the best time: answers by hour, and the calls whose hour was chosen by them.

Owns: the statements of ``sql/queries/best_time.sql``. Must not know: what is believed of an hour.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from speedtolead.domain.best_time import Learned, Slot
from speedtolead.domain.statistics.rates import Count
from speedtolead.store.query import Connection, Nothing, Query

BELIEVED = timedelta(minutes=10)
"""What was read is used for so long: the counts of half a year hardly change in that time."""


@dataclass(frozen=True, slots=True)
class TurnToCount:
    """Calls that ended after ``since``, until ``upto``."""

    account_id: UUID
    since: datetime
    upto: datetime


@dataclass(frozen=True, slots=True)
class SlotRow:
    source_id: UUID
    source: str
    region: str
    weekend: bool
    hour: int
    calls: int
    answers: int


@dataclass(frozen=True, slots=True)
class LiftRow:
    timed_by: str
    calls: int
    answers: int
    contacts: int


BEGIN_COUNTING_ANSWERS = Query("begin_counting_answers", Nothing)
TURN_TO_COUNT = Query("turn_to_count", TurnToCount)
COUNT_ANSWERS = Query("count_answers", Nothing)
LEARNED_ANSWERS = Query("learned_answers", SlotRow)
LIFT_OF_BEST_TIME = Query("lift_of_best_time", LiftRow)

_known: dict[UUID, tuple[datetime, Learned]] = {}


async def learned(tx: Connection, account_id: UUID, now: datetime) -> Learned:
    """What is known of an account's hours, as it was at most ``BELIEVED`` ago."""
    known = _known.get(account_id)
    if known is None or not timedelta(0) <= now - known[0] < BELIEVED:
        rows = await LEARNED_ANSWERS.all(tx, account_id=account_id, now=now)
        known = _known[account_id] = now, of_rows(rows)
    return known[1]


def of_rows(rows: Iterable[SlotRow]) -> Learned:
    """Summed for the account, for each source, and for each source in each state."""
    account: dict[Slot, Count] = {}
    sources: dict[UUID, dict[Slot, Count]] = {}
    states: dict[tuple[UUID, str], dict[Slot, Count]] = {}
    for row in rows:
        slot, count = Slot(row.weekend, row.hour), Count(row.answers, row.calls)
        _add(account, slot, count)
        _add(sources.setdefault(row.source_id, {}), slot, count)
        if row.region:
            _add(states.setdefault((row.source_id, row.region), {}), slot, count)
    return Learned(account, sources, states)


def _add(found: dict[Slot, Count], slot: Slot, count: Count) -> None:
    before = found.get(slot, Count(0, 0))
    found[slot] = Count(before.hits + count.hits, before.of + count.of)
