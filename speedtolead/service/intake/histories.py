"""What became of a source's earlier leads, for the score: counted now and then, never while a lead waits.

Owns: how long a count is believed. Until the first count is there, a lead is scored without a history.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from speedtolead.domain.score import History
from speedtolead.ports import Clock
from speedtolead.store import sources as rows
from speedtolead.store.database import Database, DatabaseAway

log = structlog.get_logger(__name__)

BELIEVED = timedelta(minutes=5)
COUNTED = timedelta(days=90)
REST = 50
"""A count that takes long is believed so many times as long: counting has a fiftieth of one connection at most."""
NONE = History(0, 0, 0)

Histories = tuple[History, History]
"""The source's, and the account's."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """An account's sources, each with what became of its leads. Good until ``until``."""

    by_source: dict[UUID, History]
    whole: History
    until: datetime


class SourceHistories:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known: dict[UUID, _Counted] = {}
        self._counting: dict[UUID, asyncio.Task[None]] = {}

    def of(self, account_id: UUID, source_id: UUID) -> Histories | None:
        """What is known now; where that is old, a count of all the account's sources is begun."""
        known = self._known.get(account_id)
        if (known is None or self._clock.now() > known.until) and account_id not in self._counting:
            task = asyncio.create_task(self._count(account_id))
            self._counting[account_id] = task
            task.add_done_callback(lambda _: self._counting.pop(account_id, None))
        return None if known is None else (known.by_source.get(source_id, NONE), known.whole)

    async def _count(self, account_id: UUID) -> None:
        now = self._clock.now()
        try:
            async with self._database.connection() as tx:
                found = await rows.SOURCE_HISTORIES.all(tx, account_id=account_id, since=now - COUNTED)
        except DatabaseAway as error:
            log.warning("history.not_counted", reason=error.code)
            return
        took = self._clock.now() - now
        whole = History(
            sum(row.accepted for row in found), sum(row.contacted for row in found), sum(row.sold for row in found)
        )
        by_source = {row.source_id: History(row.accepted, row.contacted, row.sold) for row in found}
        self._known[account_id] = _Counted(by_source, whole, now + max(BELIEVED, took * REST))

    async def close(self) -> None:
        """Let counts under way end."""
        if self._counting:
            await asyncio.wait(self._counting.values())
