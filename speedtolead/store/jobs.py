"""The job queue (PgQueuer), for what may safely happen twice.

Owns: the queue's names in this schema, adding jobs inside a transaction of ours, the connections of a worker, and
forgetting the queue's log. Must not know: what a job does.
The queue promises "at least once" and nothing more: a worker whose loop was blocked can share its job with another.
When the database is away, ``DatabaseAway`` is raised; jobs of a worker that died are picked up by another.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from pgqueuer import AsyncpgDriver, AsyncpgPoolDriver, Queries
from pgqueuer.adapters.persistence.qb import (
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.domain.settings import DBSettings
from pgqueuer.ports.driver import Driver
from pgqueuer.types import Channel

from speedtolead.store.database import ACQUIRE_SECONDS, AWAY, DatabaseAway
from speedtolead.store.query import Connection, Nothing, Query

WEBHOOK = "webhook"
"""The queue's word for a job that makes a delivery."""

CONNECTIONS = 4
COMMAND_SECONDS = 10.0

CHANNEL = Channel("ch_pgqueuer")
NAMES = DBSettings(
    prefix="",
    db_schema=None,
    channel=CHANNEL,
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
)
"""As in the migration, whatever the environment says: the library would read names like ``CHANNEL`` from there."""


@dataclass(frozen=True, slots=True)
class Pruned:
    count: int


HASTEN_JOBS = Query("hasten_jobs", Nothing)
PRUNE_JOB_LOG = Query("prune_job_log", Pruned)


class _OurConnection(AsyncpgDriver):
    """A connection of our pool, which takes JSON as values where the library gives text."""

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        prepared = await self._connection.prepare(query)
        given = [_value(kind.name, arg) for kind, arg in zip(prepared.get_parameters(), args, strict=True)]
        return [dict(record) for record in await prepared.fetch(*given)]


def _value(kind: str, argument: Any) -> object:
    if kind == "jsonb" and isinstance(argument, str):
        return json.loads(argument)
    if kind == "jsonb[]" and argument is not None:
        return [_value("jsonb", one) for one in argument]
    return argument


def _queries(driver: Driver) -> Queries:
    return Queries(
        driver,
        qbe=QueryBuilderEnvironment(NAMES),
        qbq=QueryQueueBuilder(NAMES),
        qbs=QuerySchedulerBuilder(NAMES),
    )


def _key(kind: str, row_id: UUID) -> str:
    return f"{kind}:{row_id}"


async def enqueue(tx: Connection, kind: str, row_ids: Sequence[UUID]) -> None:
    """A job for each row, when this transaction commits. A row whose job still waits gets no second one."""
    if not row_ids:
        return
    count = len(row_ids)
    await _queries(_OurConnection(tx)).enqueue(
        [kind] * count,
        [str(row_id).encode() for row_id in row_ids],
        [0] * count,
        dedupe_key=[_key(kind, row_id) for row_id in row_ids],
        on_conflict="skip",
    )


async def hasten(tx: Connection, kind: str, row_ids: Sequence[UUID]) -> None:
    """Let the jobs of these rows run now, where they wait for a later time."""
    await HASTEN_JOBS.run(tx, keys=[_key(kind, row_id) for row_id in row_ids])


async def prune_log(tx: Connection, before: datetime, most: int) -> int:
    """Forget up to ``most`` lines of the queue's log that are older; how many it were."""
    return (await PRUNE_JOB_LOG.one(tx, before=before, most=most)).count


@asynccontextmanager
async def worker_queries(url: str) -> AsyncIterator[Queries]:
    """The queue on connections of a worker's own, closed at the end. Raises DatabaseAway when they are lost."""
    try:
        pool = await asyncpg.create_pool(
            url, min_size=2, max_size=CONNECTIONS, timeout=ACQUIRE_SECONDS, command_timeout=COMMAND_SECONDS
        )
    except AWAY as error:
        raise DatabaseAway(f"{type(error).__name__}: {error}") from error
    try:
        yield _queries(AsyncpgPoolDriver(pool))
    except AWAY as error:
        raise DatabaseAway(f"{type(error).__name__}: {error}") from error
    finally:
        try:
            await asyncio.wait_for(pool.close(), 5)
        except (TimeoutError, *AWAY):
            pool.terminate()
