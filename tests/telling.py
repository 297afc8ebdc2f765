"""What tests of outgoing webhooks share: a receiver, events, and a node's relay and worker.

A real Postgres, a real receiver, the code that runs in a node; tests wait on conditions, never for a time.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from running import ACCOUNT_KEY, configuration, until

from speedtolead.adapters.webhooks import webhook_sender
from speedtolead.clock import SystemClock
from speedtolead.domain import webhook as policy
from speedtolead.runtime.jobs import JobWorker, Pace
from speedtolead.runtime.ticks import Ticks
from speedtolead.service.configuration.apply import Changes, apply
from speedtolead.service.configuration.document import read
from speedtolead.service.webhooks.delivery import Deliveries
from speedtolead.service.webhooks.relay import Relay
from speedtolead.service.webhooks.replay import Webhooks
from speedtolead.store import events
from speedtolead.store.database import Database
from speedtolead.store.webhooks import DeliveryRow

CLOCK = SystemClock()
KEY = b"0123456789abcdef0123456789abcdef"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
QUICK = Pace(poll=0.2, heartbeat=1.0, restart=0.1)
SOON = 60.0
SHORT = timedelta(milliseconds=50)
DELIVERED, FAILED, PENDING = (
    policy.DeliveryState.DELIVERED,
    policy.DeliveryState.FAILED,
    policy.DeliveryState.PENDING,
)


@dataclass
class Receiver:
    """An account's own system. ``answer`` is a status for the n-th request, or something to wait for first."""

    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answer: Callable[[int], Awaitable[int]] | None = None

    async def take(self, request: web.Request) -> web.Response:
        self.got.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        status = await self.answer(len(self.got)) if self.answer else 204
        return web.Response(status=status, headers={"Location": f"{self.url}/elsewhere"})

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, body in self.got]

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]

    def types(self) -> list[str]:
        return [body["type"] for body in self.bodies]

    def check_signatures(self) -> None:
        for headers, body in self.got:
            signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
            expected = base64.b64encode(hmac.digest(KEY, signed, hashlib.sha256)).decode()
            assert headers["webhook-signature"] == f"v1,{expected}"
            assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60


async def no(_: int) -> int:
    return 500


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a port of its own."""
    found = Receiver()
    app = web.Application()
    app.router.add_post("/hook", found.take)
    server = TestServer(app)
    await server.start_server(shutdown_timeout=0.1)
    found.url = str(server.make_url("/hook"))
    try:
        yield found
    finally:
        await server.close()


def shorten_waits(monkeypatch: pytest.MonkeyPatch, wait: timedelta = SHORT, tries: int = 3) -> None:
    monkeypatch.setattr(policy, "_BACKOFF", (wait,) * tries)


def with_webhook(receiver: Receiver, more: str = "", account: str = "test", name: str = "crm") -> str:
    line = f"webhooks:\n  - {{name: {name}, url: '{receiver.url}', secret: {SECRET}{more}}}\n"
    key = ACCOUNT_KEY if account == "test" else f"stl_acct_{account}_0001"
    source = "stl_test_key_0001" if account == "test" else f"stl_{account}_key_0001"
    return configuration(account=account, account_key=key, source_key=source) + line


async def applied(database: Database, text: str) -> Changes:
    return await apply(database, CLOCK, read(text))


async def account_of(database: Database, name: str = "test") -> UUID:
    async with database.connection() as tx:
        found: UUID = await tx.fetchval("SELECT id FROM account WHERE name = $1", name)
        return found


async def happened(
    database: Database, kind: str = "agent.available", times: int = 1, account: str = "test"
) -> list[int]:
    """Events, each in a transaction of its own; their ids."""
    account_id = await account_of(database, account)
    for n in range(times):
        async with database.transaction() as tx:
            await events.add(tx, account_id, kind, CLOCK.now(), data={"n": n})
    async with database.connection() as tx:
        rows = await tx.fetch(
            "SELECT id FROM event WHERE account_id = $1 ORDER BY id DESC LIMIT $2", account_id, times
        )
    return sorted(row["id"] for row in rows)


@asynccontextmanager
async def telling(
    url: str, database: Database, pace: Pace = QUICK, seconds: float = 10.0
) -> AsyncIterator[JobWorker]:
    """What the scheduler's role does for webhooks: a relay and a worker."""
    async with webhook_sender(seconds) as sender:
        relay, ticks = Relay(database, CLOCK), Ticks()
        worker = JobWorker(url, Deliveries(database, sender, CLOCK).deliver, pace)
        ticks.every(0.1, "relay", relay.relay)
        ticks.every(0.1, "requeue", relay.requeue)
        ticks.start()
        running = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            ticks.stop()
            worker.stop()
            await running


async def deliveries(
    database: Database, state: policy.DeliveryState | None = None, name: str = "crm"
) -> list[DeliveryRow]:
    account_id = await account_of(database)
    return await Webhooks(database, CLOCK).deliveries(account_id, name, state, None, 500)


async def all_are(database: Database, state: policy.DeliveryState, count: int) -> list[DeliveryRow]:
    async def look() -> list[DeliveryRow]:
        found = await deliveries(database)
        return found if len(found) == count and {row.state for row in found} == {state} else []

    return await until(look, SOON, f"{count} deliveries {state}")


async def relayed(database: Database) -> DeliveryRow:
    """The one delivery, once the relay has passed its event; nobody works on it."""
    relay = Relay(database, CLOCK)

    async def look() -> list[DeliveryRow]:
        await relay.relay()
        return await deliveries(database)

    (row,) = await until(look, SOON)
    return row


def seen(receiver: Receiver, count: int) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return len(receiver.got) >= count

    return look
