"""The floor: the least that a lead-to-call service can do. Its own process.

One POST is one INSERT, committed in the same Postgres as the service's, then one request to the same carrier. The
answer follows the commit and does not wait for the carrier's.

    POST /leads    one commit, one carrier request
    POST /stored   one commit
"""

from __future__ import annotations

import argparse
import asyncio
import json
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import uvloop
from aiohttp import web

TABLE = (
    "CREATE TABLE floor_lead (id uuid PRIMARY KEY, received_at timestamptz NOT NULL DEFAULT now(), "
    "phone text NOT NULL, raw_body bytea NOT NULL)"
)
INSERT = "INSERT INTO floor_lead (id, phone, raw_body) VALUES ($1, $2, $3)"


class Floor:
    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], carrier: aiohttp.ClientSession, url: str) -> None:
        self._pool = pool
        self._carrier = carrier
        self._url = url
        self._under_way: set[asyncio.Task[None]] = set()

    async def stored(self, request: web.Request) -> web.Response:
        lead_id, _ = await self._store(await request.read())
        return web.json_response({"lead_id": str(lead_id)}, status=202)

    async def lead(self, request: web.Request) -> web.Response:
        lead_id, phone = await self._store(await request.read())
        asking = asyncio.create_task(self._ask(phone))
        self._under_way.add(asking)
        asking.add_done_callback(self._under_way.discard)
        await asyncio.sleep(0)  # the carrier first, then the answer
        return web.json_response({"lead_id": str(lead_id)}, status=202)

    async def _store(self, raw: bytes) -> tuple[UUID, str]:
        phone, lead_id = json.loads(raw)["phone"], uuid4()
        async with self._pool.acquire() as connection:
            await connection.execute(INSERT, lead_id, phone, raw)
        return lead_id, phone

    async def _ask(self, phone: str) -> None:
        form = {"To": phone, "From": "+12125550100", "Url": "http://127.0.0.1/"}
        async with self._carrier.post(self._url, data=form) as response:
            await response.read()


async def main(port: int, database: str, carrier_url: str) -> None:
    connector = aiohttp.TCPConnector(limit=200, keepalive_timeout=60)
    async with (
        asyncpg.create_pool(database, min_size=2, max_size=12) as pool,
        aiohttp.ClientSession(connector=connector) as session,
    ):
        await pool.execute(TABLE)
        app = web.Application()
        floor = Floor(pool, session, carrier_url)
        app.router.add_post("/leads", floor.lead)
        app.router.add_post("/stored", floor.stored)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--carrier", required=True)
    given = parser.parse_args()
    uvloop.run(main(given.port, given.database, given.carrier))
