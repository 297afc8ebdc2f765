"""When each lead's transaction had committed: kept for a moment, written in bulk.

The moment is known only after the commit, and writing it one by one would cost a transaction a lead. A crash loses
at most the last moments, never a lead: the hop is then shown as unknown.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from speedtolead.store import intake
from speedtolead.store.database import Database


class Commits:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending: list[tuple[UUID, datetime]] = []

    def committed(self, lead_id: UUID, at: datetime) -> None:
        self._pending.append((lead_id, at))

    async def flush(self) -> None:
        """Write what is pending; kept for the next time where that fails, for whatever reason."""
        pending, self._pending = self._pending, []
        if not pending:
            return
        try:
            async with self._database.connection() as tx:
                await intake.record_commits(tx, pending)
        except BaseException:
            self._pending = pending + self._pending
            raise
