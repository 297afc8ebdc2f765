"""The pool of connections, and the three ways to use one.

Owns: connecting, the JSON codec, transactions, listening. Must not know: any table.
When the database is away, every call raises ``DatabaseAway`` after at most ``ACQUIRE_SECONDS``; the pool connects
again by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
import structlog
from pydantic_core import from_json, to_json

from speedtolead.domain.errors import SpeedToLeadError
from speedtolead.store.query import Connection

ACQUIRE_SECONDS = 3.0
CHANNEL = "speedtolead"
MOST_USES = 10_000
"""A server process grows with what it has seen: after so many uses the pool may put another in its place."""

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


class _Lent:
    """One connection, for a block of code."""

    __slots__ = ("_connection", "_hand")

    def __init__(self, hand: _Hand) -> None:
        self._hand = hand

    async def __aenter__(self) -> Connection:
        try:
            self._connection = await self._hand.take()
        except AWAY as error:
            raise DatabaseAway(f"{type(error).__name__}: {error}") from error
        return self._connection

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        away = isinstance(error, AWAY)
        try:
            if away:
                self._connection.terminate()  # never to be used again, whatever state it is in
            await self._hand.give_back(self._connection, clean=error is None)
        except AWAY as failed:
            error, away = error if away else failed, True
        if away:
            raise DatabaseAway(f"{type(error).__name__}: {error}") from error


class _Hand:
    """Connections of the pool that came back unharmed, lent again without going through it: the last one first.

    The pool's own way costs a task, a timer and several turns of the loop each time. It is still taken for whatever
    is unusual: none at hand, somebody waiting for one, an error, a transaction left open, a connection long in use.
    """

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        self._pool = pool
        self._idle: list[Connection] = []
        self._uses: dict[Connection, int] = {}
        self._waiting = 0

    async def take(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if _at_rest(connection):
                return connection
            await self._release(connection)
        self._waiting += 1
        try:
            return await self._pool.acquire(timeout=ACQUIRE_SECONDS)
        finally:
            self._waiting -= 1

    async def give_back(self, connection: Connection, *, clean: bool) -> None:
        uses = self._uses.get(connection, 0) + 1
        if clean and not self._waiting and uses < MOST_USES and _at_rest(connection):
            self._uses[connection] = uses
            self._idle.append(connection)
        else:
            await self._release(connection)

    async def empty(self) -> None:
        """Back to the pool with all that is at hand, and whatever comes back from now on."""
        self._waiting += 1
        while self._idle:
            await self._release(self._idle.pop())

    async def _release(self, connection: Connection) -> None:
        self._uses.pop(connection, None)
        await self._pool.release(connection)


def _at_rest(connection: Connection) -> bool:
    try:
        return not connection.is_closed() and not connection.is_in_transaction()
    except asyncpg.InterfaceError:  # it died, and the pool has taken it back already
        return False


class Database:
    """A pool on one URL."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], url: str) -> None:
        self._pool = pool
        self._url = url
        self._hand = _Hand(pool)

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """A connection on which each statement is its own transaction."""
        return _Lent(self._hand)

    async def close(self) -> None:
        """Connections in use get a moment to finish."""
        try:
            await self._hand.empty()
            await asyncio.wait_for(self._pool.close(), 5)
        except TimeoutError:
            self._pool.terminate()

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
    database = Database(pool, url)
    try:
        yield database
    finally:
        await database.close()
