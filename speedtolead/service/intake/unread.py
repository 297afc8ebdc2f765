"""Posts that left no lead: kept for a while, so that whoever connects a vendor sees what came and why it failed.

Owns: how much of a post is kept, and how long. What cannot be kept is logged: the sender gets its answer all the
same.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from speedtolead.ports import Clock
from speedtolead.service.intake.fields import media_type
from speedtolead.store import sources as rows
from speedtolead.store.database import Database, DatabaseAway
from speedtolead.store.intake import SourceRow

log = structlog.get_logger(__name__)

KEPT = timedelta(days=14)
MOST_BYTES = 64 * 1024


class UnreadPosts:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def keep(
        self,
        row: SourceRow,
        received_at: datetime,
        *,
        via: str,
        status: int,
        code: str,
        detail: str,
        fields: list[str],
        content_type: str,
        body: bytes,
    ) -> None:
        try:
            async with self._database.connection() as tx:
                await rows.KEEP_SOURCE_POST.run(
                    tx,
                    account_id=row.account_id,
                    source_id=row.source_id,
                    via=via,
                    received_at=received_at,
                    took_ms=(self._clock.now() - received_at).total_seconds() * 1000,
                    status=status,
                    code=code,
                    detail=detail[:500],
                    fields=[field[:200] for field in fields[:50]],
                    content_type=media_type(content_type),
                    body=body[:MOST_BYTES],
                )
        except DatabaseAway as error:
            log.warning("post.not_kept", reason=error.code)

    async def forget(self) -> None:
        """Delete what is older than ``KEPT``."""
        async with self._database.connection() as tx:
            await rows.FORGET_SOURCE_POSTS.run(tx, before=self._clock.now() - KEPT)
