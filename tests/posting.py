"""A running service with many sources: what one source takes or refuses, without a service for each.

Each source is told by its terms, as the configuration file would say them, and has a key of its own.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import asyncpg
from conftest import database_of
from running import RunningService, configuration

Terms = Mapping[str, Any]
TOMORROW = "[{after: 1d, channel: call}]"
"""A cadence that dials nobody while a test runs."""

_databases = itertools.count(1)
_phones = itertools.count()
_AREAS = ("315", "347", "516", "518", "585", "607", "631", "646", "716", "718", "845", "914", "917", "929")
"""All of New York, as the usual lead is."""


def new_phone() -> str:
    """A fictional number of somebody who has no story, neither at a provider nor at the simulated carrier.

    It comes again after 700 others: no module's database sees so many.
    """
    n = next(_phones) % (50 * len(_AREAS))
    return f"+1{_AREAS[n // 50]}55501{n % 50:02d}"


def key_of(source: str) -> str:
    return f"stl_key_of_{source.replace(' ', '_').replace('-', '_').replace('.', '_')}"


def with_sources(sources: Mapping[str, Terms], **more: Any) -> str:
    """A configuration file with these sources beside the usual one."""
    parts = [{"name": name, "api_key": key_of(name), "campaign": "auto", **said} for name, said in sources.items()]
    lines = "".join(f"  - {json.dumps(part)}\n" for part in parts)
    return configuration(**more).replace("\ncampaigns:", f"\n{lines}campaigns:")


def at(service: RunningService, source: str) -> RunningService:
    """The same service, asked with a source's key."""
    return replace(service, source_key=key_of(source))


def on(service: RunningService, url: str) -> RunningService:
    """The same account, asked at another node."""
    return replace(service, url=url)


@asynccontextmanager
async def new_database(server_url: str) -> AsyncIterator[str]:
    """A fresh, migrated, empty database, for as long as a module's tests run."""
    name = f"module_{os.getpid()}_{next(_databases)}"
    admin = await asyncpg.connect(server_url)
    try:
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE migrated")
        yield database_of(server_url, name)
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()


async def value(service: RunningService, sql: str, *arguments: Any) -> Any:
    """One value out of the database."""
    async with service.database.connection() as tx:
        return await tx.fetchval(sql, *arguments)


async def script(service: RunningService, **answer: Any) -> None:
    """Let a simulated provider answer so."""
    url = f"{service.simulator.url}/simulator/providers"
    async with service.http.post(url, json={"answers": [answer]}) as response:
        assert response.status == 200, await response.text()


async def unscripted(service: RunningService) -> None:
    """Let the simulated providers answer as usual."""
    async with service.http.delete(f"{service.simulator.url}/simulator/providers") as response:
        assert response.status == 200


def finding(lead: Mapping[str, Any], check: str) -> dict[str, Any]:
    """What a check found."""
    (found,) = (one for one in lead["findings"] if one["check"] == check)
    return dict(found)
