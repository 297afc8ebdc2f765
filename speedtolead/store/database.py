"""The pool of connections, and the three ways to use one.

Owns: connecting, the JSON codec, transactions, listening. Must not know: any table.
When the database is away, every call raises ``DatabaseAway`` after at most ``ACQUIRE_SECONDS``; the pool connects
again by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
import structlog
from pydantic_core import from_json, to_json

from speedtolead.domain.errors import SpeedToLeadError
from speedtolead.store.query import Connection

ACQUIRE_SECONDS = 3.0
CHANNEL = "speedtolead"

log = structlog.get_logger(__name__)

BY_KEY = {
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
}
"""On a young table the planner knows no better than to read it whole, and keeps that plan as the table grows. The
dial path only looks rows up by key, so such plans are ruled out, and a statement is planned once a connection."""

AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.InternalClientError,
)
"""What a lost server looks like; the last two are a database that takes no connections, and asyncpg's word for a
connection that died between two messages."""

UNSTORABLE = (asyncpg.DataError,)
"""What a value looks like that no column takes, to whoever answers for values that were not checked."""


class DatabaseAway(SpeedToLeadError):
    """The database cannot be reached just now; nothing was stored that was not confirmed."""

    code = "database_away"


def _to_json(value: object) -> str:
    return to_json(value).decode()


async def _prepare(connection: Any) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_to_json, decoder=from_json, format="text"
    )


async def _leave_clean(connection: Any) -> None:
    """No session state is ever set on a pooled connection, so there is nothing to reset: one round trip less."""


class Database:
    """A pool on one URL."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], url: str) -> None:
        self._pool = pool
        self._url = url

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection on which each statement is its own transaction."""
        try:
            async with self._pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
                try:
                    yield connection
                except AWAY:
                    connection.terminate()  # never to be used again, whatever state it is in
                    raise
        except AWAY as error:
            raise DatabaseAway(f"{type(error).__name__}: {error}") from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside one transaction, committed when the block ends well."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Connection]:
        """A connection whose statements all see the same moment."""
        async with (
            self.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield connection

    async def ping(self) -> datetime:
        """The database's clock; raises DatabaseAway."""
        async with self.connection() as connection:
            now: datetime = await connection.fetchval("SELECT clock_timestamp()")
            return now

    async def listen(self, heard: Callable[[], None], every: float = 5.0) -> None:
        """Call ``heard`` at each notification, at each (re)connection, and every ``every`` seconds; never returns.

        A half-open connection tells nobody that it died, so it is asked with ``SELECT 1`` as often.
        """
        while True:
            try:
                connection = await asyncpg.connect(self._url, timeout=ACQUIRE_SECONDS)
            except AWAY as error:
                log.warning("listener.away", error=type(error).__name__)
                heard()
                await asyncio.sleep(0.25)
                continue
            try:
                await connection.add_listener(CHANNEL, lambda *_: heard())
                while True:
                    heard()
                    await asyncio.sleep(every)
                    await connection.fetchval("SELECT 1", timeout=ACQUIRE_SECONDS)
            except AWAY as error:
                log.warning("listener.lost", error=type(error).__name__)
            finally:
                connection.terminate()


@asynccontextmanager
async def connect(url: str, size: int = 12, *, by_key: bool = False) -> AsyncIterator[Database]:
    """A pool, closed at the end; connections in use then get a moment to finish.

    With ``by_key``, statements are planned for what the dial path asks: a few rows, each by its key.
    """
    try:
        pool = await asyncpg.create_pool(
            url,
            min_size=min(2, size),
            max_size=size,
            init=_prepare,
            reset=_leave_clean,
            command_timeout=30,
            server_settings=BY_KEY if by_key else None,
        )
    except (*AWAY, asyncpg.PostgresError, ValueError) as error:
        raise DatabaseAway(f"{type(error).__name__}: {error}") from error
    try:
        yield Database(pool, url)
    finally:
        try:
            await asyncio.wait_for(pool.close(), 5)
        except TimeoutError:
            pool.terminate()
