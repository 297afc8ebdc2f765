"""Limits of a source that begin to hold while it is at work.

Owns: counting what the source took before, so that a cap set at noon counts the morning. A period without a limit
is not counted as leads come; see ``accept_lead``.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from speedtolead.domain.price import periods
from speedtolead.domain.source import Source
from speedtolead.store.configuration import COUNT_PERIOD
from speedtolead.store.query import Connection


async def count_what_came_before(
    tx: Connection, account_id: UUID, source_id: UUID, source: Source, now: datetime, zone: str
) -> None:
    """Give each limited period of the source that holds ``now`` a counter of the leads that it took already."""
    for period in periods(source.caps, now, zone):
        await COUNT_PERIOD.run(
            tx, account_id=account_id, source_id=source_id, period=period.key, since=period.begins_at
        )
