"""What became of a source's earlier leads, for the score: counted now and then, never while a lead waits.

Owns: how long a count is believed. Until the first count is there, a lead is scored without a history.
"""

from __future__ import annotations

import asyncio
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

Histories = tuple[History, History]
"""The source's, and the account's."""


class SourceHistories:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known: dict[UUID, tuple[Histories, datetime]] = {}
        self._counting: dict[UUID, asyncio.Task[None]] = {}

    def of(self, account_id: UUID, source_id: UUID) -> Histories | None:
        """What is known now; a newer count is begun where this one is old."""
        known = self._known.get(source_id)
        if (known is None or self._clock.now() - known[1] > BELIEVED) and source_id not in self._counting:
            task = asyncio.create_task(self._count(account_id, source_id))
            self._counting[source_id] = task
            task.add_done_callback(lambda _: self._counting.pop(source_id, None))
        return None if known is None else known[0]

    async def _count(self, account_id: UUID, source_id: UUID) -> None:
        now = self._clock.now()
        try:
            async with self._database.connection() as tx:
                row = await rows.SOURCE_HISTORY.one(
                    tx, account_id=account_id, source_id=source_id, since=now - COUNTED
                )
        except DatabaseAway as error:
            log.warning("history.not_counted", reason=error.code)
            return
        own = History(row.accepted, row.contacted, row.sold)
        whole = History(row.account_accepted, row.account_contacted, row.account_sold)
        self._known[source_id] = (own, whole), now

    async def close(self) -> None:
        """Let counts under way end."""
        if self._counting:
            await asyncio.wait(self._counting.values())
