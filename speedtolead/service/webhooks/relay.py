"""From the event stream to deliveries.

Owns: reading events behind one durable cursor, and writing each delivery together with its job and the cursor's
advance; finding deliveries that lost their job; forgetting old rows. Must not know: how a delivery is made.
Each of these is safe on any number of nodes at once. Killed at any point, the next run goes on from the cursor.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import structlog

from speedtolead.ports import Clock
from speedtolead.store import events, jobs
from speedtolead.store import webhooks as rows
from speedtolead.store.database import Database
from speedtolead.store.query import Connection

log = structlog.get_logger(__name__)

AT_ONCE = 500
PRUNED_AT_ONCE = 5000
KEEP_DELIVERIES = timedelta(days=30)
KEEP_JOB_LOG = timedelta(hours=1)
"""Nothing reads the queue's log; an hour of it is for whoever looks into a trouble."""


class Relay:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def relay(self) -> None:
        """Turn all new events into deliveries. Does nothing where another node is at it."""
        while await self._relay_some() == AT_ONCE:
            continue

    async def _relay_some(self) -> int:
        async with self._database.transaction() as tx:
            cursor = await rows.LOCK_CURSOR.first(tx)
            if cursor is None:
                return 0
            if int(cursor.tx) > int(cursor.newest):
                log.error("webhook.cursor_restarted", cursor=cursor.tx, newest=cursor.newest)
                await rows.RESTART_CURSOR.run(tx, to_tx=cursor.newest)
                return 0
            found = await events.EVENTS_SINCE.all(tx, after_tx=cursor.tx, after_id=cursor.event_id, most=AT_ONCE)
            if not found:
                return 0
            made = await rows.ADD_DELIVERIES.all(
                tx, event_ids=[event.id for event in found], replay_of=None, now=self._clock.now()
            )
            await enqueue_due(tx, made)
            await rows.MOVE_CURSOR.run(tx, to_tx=found[-1].tx, event_id=found[-1].id)
            return len(found)

    async def requeue(self) -> None:
        """Give due deliveries without a job a new one: held ones of a webhook that goes on, and lost ones."""
        while True:
            async with self._database.transaction() as tx:
                found = await rows.ORPHANED_DELIVERIES.all(tx, now=self._clock.now(), most=AT_ONCE)
                await enqueue_due(tx, found)
            if len(found) < AT_ONCE:
                return

    async def prune(self) -> None:
        """Forget deliveries after 30 days, and the queue's own log after an hour."""
        now = self._clock.now()

        async def deliveries(tx: Connection) -> int:
            old = now - KEEP_DELIVERIES
            return (await rows.PRUNE_DELIVERIES.one(tx, before=old, most=PRUNED_AT_ONCE)).count

        async def job_log(tx: Connection) -> int:
            return await jobs.prune_log(tx, now - KEEP_JOB_LOG, PRUNED_AT_ONCE)

        await self._all(deliveries)
        await self._all(job_log)

    async def _all(self, some: Callable[[Connection], Awaitable[int]]) -> None:
        """In short transactions, until nothing is left."""
        while True:
            async with self._database.connection() as tx:
                if await some(tx) < PRUNED_AT_ONCE:
                    return


async def enqueue_due(tx: Connection, due: Sequence[rows.Due]) -> None:
    """Jobs for deliveries that are not held."""
    await jobs.enqueue(tx, jobs.WEBHOOK, [one.delivery_id for one in due if not one.held])
