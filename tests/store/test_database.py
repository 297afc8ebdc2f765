"""Connections that came back are lent again, and none that is not as good as new."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from running import until

from speedtolead.store import database as module
from speedtolead.store.database import Database, DatabaseAway, connect
from speedtolead.store.query import Connection


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """With one connection."""
    async with connect(database_url, 1) as found:
        yield found


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def served_by(database: Database) -> int:
    async with database.connection() as tx:
        return await server_of(tx)


async def server_of(tx: Connection) -> int:
    pid: int = await tx.fetchval("SELECT pg_backend_pid()")
    return pid


async def gone(connection: Connection) -> bool:
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        return True


async def test_the_connection_that_came_back_is_lent_again(database: Database) -> None:
    assert await served_by(database) == await served_by(database)


async def test_one_that_was_ended_while_nobody_had_it_is_replaced(
    database: Database, other: asyncpg.Connection[asyncpg.Record]
) -> None:
    async with database.connection() as tx:
        kept, before = tx, await server_of(tx)
    await other.execute("SELECT pg_terminate_backend($1)", before)
    await until(lambda: gone(kept))
    assert await served_by(database) != before


async def test_one_that_dies_in_use_means_that_the_database_is_away_and_is_replaced(database: Database) -> None:
    before = await served_by(database)
    with pytest.raises(DatabaseAway):
        await _in_a_block(database, "SELECT pg_terminate_backend(pg_backend_pid())")
    assert await served_by(database) != before


async def test_an_error_of_a_statement_costs_no_connection(database: Database) -> None:
    before = await served_by(database)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await _in_a_block(database, "SELECT 1 / 0")
    assert await served_by(database) == before


async def _in_a_block(database: Database, statement: str) -> None:
    async with database.connection() as tx:
        await tx.execute(statement)


async def test_a_statement_that_was_given_up_leaves_nothing_to_the_next(database: Database) -> None:
    async with database.connection() as tx:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(tx.fetchval("SELECT pg_sleep(60)"), 0.05)
    async with database.connection() as tx:
        assert await asyncio.wait_for(tx.fetchval("SELECT 7"), 5) == 7


async def test_a_transaction_that_was_left_open_is_not_the_next_ones(database: Database) -> None:
    async with database.connection() as tx:
        await tx.execute("CREATE TABLE one (n integer)")
    with pytest.raises(ZeroDivisionError):
        await _broken_off(database)
    async with database.connection() as tx:
        assert not tx.is_in_transaction()
        assert await tx.fetchval("SELECT count(*) FROM one") == 0


async def _broken_off(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute("INSERT INTO one VALUES (1)")
        raise ZeroDivisionError


async def test_who_waits_gets_the_connection_that_comes_back(database: Database) -> None:
    async with database.connection() as tx:
        before = await server_of(tx)
        waiting = [asyncio.create_task(served_by(database)) for _ in range(3)]
        await asyncio.sleep(0)
    assert await asyncio.gather(*waiting) == [before] * 3


async def test_nobody_waits_for_ever(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ACQUIRE_SECONDS", 0.05)
    async with database.connection():
        with pytest.raises(DatabaseAway):
            await served_by(database)
    await served_by(database)


async def test_one_that_was_lent_often_goes_through_the_pool(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_USES", 3)
    lent = []
    for _ in range(6):
        async with database.connection() as tx:
            lent.append(tx)
    assert [lent[0] is one for one in lent] == [True, True, True, False, False, False]


async def test_closing_waits_for_what_is_in_use_and_ends_all(
    database_url: str, other: asyncpg.Connection[asyncpg.Record]
) -> None:
    coming_back = asyncio.Event()

    async def using(found: Database) -> int:
        async with found.connection() as tx:
            await coming_back.wait()
            return await server_of(tx)

    async with connect(database_url, 2) as closing:
        user = asyncio.create_task(using(closing))
        await asyncio.sleep(0)
        served = await served_by(closing)
        asyncio.get_running_loop().call_later(0.05, coming_back.set)
    pids = [served, await user]
    running = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY ($1)"

    async def ended() -> bool:
        return bool(await other.fetchval(running, pids) == 0)

    await until(ended)
