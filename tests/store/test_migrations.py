"""Migrations are applied in order, once, under a lock; a changed or unknown one stops the start."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from conftest import database_of

from speedtolead.store.migrations import Migration, MigrationError, migrate, pending, shipped

FIRST = Migration(1, "0001_first.sql", "CREATE TABLE one (id int)")
SECOND = Migration(2, "0002_second.sql", "CREATE TABLE two (id int)")


@pytest.fixture
async def empty_url(server_url: str) -> AsyncIterator[str]:
    admin = await asyncpg.connect(server_url)
    await admin.execute("DROP DATABASE IF EXISTS empty")
    await admin.execute("CREATE DATABASE empty")
    yield database_of(server_url, "empty")
    await admin.execute("DROP DATABASE empty WITH (FORCE)")
    await admin.close()


async def test_each_is_applied_once_and_in_order(empty_url: str) -> None:
    assert await migrate(empty_url, [FIRST]) == ["0001_first.sql"]
    assert await migrate(empty_url, [FIRST, SECOND]) == ["0002_second.sql"]
    assert await migrate(empty_url, [FIRST, SECOND]) == []


async def test_nodes_that_start_together_apply_each_once(empty_url: str) -> None:
    done = await asyncio.gather(*(migrate(empty_url, [FIRST, SECOND]) for _ in range(4)))
    assert sorted(name for names in done for name in names) == ["0001_first.sql", "0002_second.sql"]


async def test_one_that_fails_leaves_nothing_behind(empty_url: str) -> None:
    broken = Migration(2, "0002_broken.sql", "CREATE TABLE two (id int); SELECT nonsense")
    with pytest.raises(asyncpg.UndefinedColumnError):
        await migrate(empty_url, [FIRST, broken])
    assert await migrate(empty_url, [FIRST, SECOND]) == ["0002_second.sql"]


async def test_a_file_that_changed_after_it_was_applied_stops_the_start(empty_url: str) -> None:
    await migrate(empty_url, [FIRST])
    with pytest.raises(MigrationError, match=r"0001_first\.sql was changed"):
        await migrate(empty_url, [Migration(1, "0001_first.sql", "CREATE TABLE other (id int)")])


async def test_a_database_that_is_ahead_stops_the_start(empty_url: str) -> None:
    await migrate(empty_url, [FIRST, SECOND])
    with pytest.raises(MigrationError, match="migration 2"):
        await migrate(empty_url, [FIRST])


async def test_what_is_pending_is_known_without_applying_it(empty_url: str) -> None:
    assert await pending(empty_url) == [migration.name for migration in shipped()]
    await migrate(empty_url)
    assert await pending(empty_url) == []
