"""A carrier that takes every call and never calls back: its own process, the same for the service and the floor.

Owns: the moment at which each request arrived, kept until it is fetched. Nothing is done before it is taken.

    POST /2010-04-01/Accounts/{sid}/Calls.json   201, shaped like Twilio's answer
    GET  /arrivals                               [[nanoseconds, form body], …] since it was last asked
    PUT  /delay                                  milliseconds to wait before each answer
"""

from __future__ import annotations

import argparse
import asyncio
import time
from itertools import count

import uvloop
from aiohttp import web


class Stub:
    def __init__(self) -> None:
        self._arrivals: list[tuple[int, bytes]] = []
        self._numbers = count(1)
        self._delay = 0.0

    async def call(self, request: web.Request) -> web.Response:
        arrived = time.time_ns()
        self._arrivals.append((arrived, await request.read()))
        if self._delay:
            await asyncio.sleep(self._delay)
        account = request.match_info["account"]
        sid = f"CA{next(self._numbers):032x}"
        answer = {
            "sid": sid,
            "account_sid": account,
            "status": "queued",
            "direction": "outbound-api",
            "api_version": "2010-04-01",
            "date_created": None,
            "price_unit": "USD",
            "uri": f"/2010-04-01/Accounts/{account}/Calls/{sid}.json",
        }
        return web.json_response(answer, status=201)

    async def arrivals(self, _: web.Request) -> web.Response:
        taken, self._arrivals = self._arrivals, []
        return web.json_response([(at, body.decode()) for at, body in taken])

    async def delay(self, request: web.Request) -> web.Response:
        self._delay = float(await request.text()) / 1000
        return web.Response()


async def main(port: int) -> None:
    stub = Stub()
    app = web.Application()
    app.router.add_post("/2010-04-01/Accounts/{account}/Calls.json", stub.call)
    app.router.add_get("/arrivals", stub.arrivals)
    app.router.add_put("/delay", stub.delay)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    uvloop.run(main(parser.parse_args().port))
