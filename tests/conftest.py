"""One real Postgres for the whole run, a database of its own for each test."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import asyncpg
import pytest
from argon2 import PasswordHasher
from processes import restart_postgres
from running import RunningService, running_service

from speedtolead import logs
from speedtolead.service.access import passwords
from speedtolead.store.database import Database, connect
from speedtolead.store.embedded import embedded_server
from speedtolead.store.migrations import migrate

_numbers = itertools.count(1)
ROOM = 2**30
"""Bytes that must be free in memory for each worker's server."""


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    logs.configure("console")


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> None:
    """The same hash at its lowest cost: the suite makes hundreds of them."""
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A real server with the migrated template; ``fsync`` is off, on this server only.

    Its folder is not one of pytest's, which are closed to the user that Postgres runs as when we are root. It is in
    memory where there is room: a database is made four times as fast there.
    """
    with (
        tempfile.TemporaryDirectory(prefix="speedtolead-", dir=_in_memory()) as folder,
        asyncio.Runner() as runner,
    ):
        server = embedded_server(Path(folder))
        url = runner.run(server.__aenter__())
        try:
            runner.run(_make_template(url))
            yield url
        finally:
            runner.run(server.__aexit__(None, None, None))


def _in_memory() -> str | None:
    shm = Path("/dev/shm")
    return str(shm) if os.access(shm, os.W_OK) and shutil.disk_usage(shm).free >= ROOM else None


@pytest.fixture
def restart_database(server_url: str) -> Callable[[], None]:
    """Stops this worker's server at once (sessions are cut), and starts it again on its socket."""
    socket = parse_qs(urlsplit(server_url).query)["host"][0]
    return partial(restart_postgres, Path(socket))


async def _make_template(url: str) -> None:
    admin = await asyncpg.connect(url)
    try:
        await admin.execute("ALTER SYSTEM SET fsync = off")
        await admin.execute("ALTER SYSTEM SET synchronous_commit = off")
        await admin.execute("ALTER SYSTEM SET max_wal_size = '128MB'")
        await admin.execute("SELECT pg_reload_conf()")
        await admin.execute("CREATE DATABASE migrated")
    finally:
        await admin.close()
    await migrate(database_of(url, "migrated"))


def database_of(url: str, name: str) -> str:
    head, _, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}?{query}"


@pytest.fixture
async def database_url(server_url: str) -> AsyncIterator[str]:
    """A fresh, migrated, empty database."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    admin = await asyncpg.connect(server_url)
    try:
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE migrated")
    finally:
        await admin.close()
    yield database_of(server_url, name)
    admin = await asyncpg.connect(server_url)  # another one: a test may restart the server
    try:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with connect(database_url, 4) as found:
        yield found


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def service(database_url: str, tmp_path: Path) -> AsyncIterator[RunningService]:
    """A node with one agent and the agent-first campaign, on the simulated carrier."""
    async with running_service(database_url, tmp_path) as running:
        yield running
