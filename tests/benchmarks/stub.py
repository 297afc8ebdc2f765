"""A carrier that takes every call: its own process, the same for the service and the floor.

Owns: the moment at which each request arrived, kept until it is fetched. Nothing is done before it is taken.
It calls nobody back, unless it is told to: then each call ends unanswered after a while, and that is reported once,
signed as the carrier signs. A report that is not taken is counted.

    POST /2010-04-01/Accounts/{sid}/Calls.json   201, shaped like Twilio's answer
    GET  /arrivals                               [[nanoseconds, form body], …] since it was last asked
    PUT  /delay                                  milliseconds to wait before each answer
    PUT  /unanswered                             milliseconds after which a call ends unanswered; 0: never
    GET  /untaken                                how many reports were not taken
"""

from __future__ import annotations

import argparse
import asyncio
import time
from itertools import count
from urllib.parse import parse_qs

import aiohttp
import uvloop
from aiohttp import web
from twilio.request_validator import RequestValidator

AUTH_TOKEN = "0" * 32
SIGNER = RequestValidator(AUTH_TOKEN)


class Stub:
    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http
        self._arrivals: list[tuple[int, bytes]] = []
        self._numbers = count(1)
        self._delay = 0.0
        self._unanswered = 0.0
        self._untaken = 0
        self._ending: set[asyncio.Task[None]] = set()

    async def call(self, request: web.Request) -> web.Response:
        arrived = time.time_ns()
        body = await request.read()
        self._arrivals.append((arrived, body))
        if self._delay:
            await asyncio.sleep(self._delay)
        account = request.match_info["account"]
        sid = f"CA{next(self._numbers):032x}"
        if self._unanswered:
            ending = asyncio.create_task(self._end(sid, parse_qs(body.decode())))
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)
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

    async def _end(self, sid: str, order: dict[str, list[str]]) -> None:
        await asyncio.sleep(self._unanswered)
        url = order["StatusCallback"][0].partition("#")[0]
        form = {"CallSid": sid, "CallStatus": "no-answer", "To": order["To"][0], "From": order["From"][0]}
        signature = SIGNER.compute_signature(url, form)
        try:
            async with self._http.post(url, data=form, headers={"X-Twilio-Signature": signature}) as response:
                self._untaken += response.status >= 300
        except (aiohttp.ClientError, TimeoutError):
            self._untaken += 1

    async def arrivals(self, _: web.Request) -> web.Response:
        taken, self._arrivals = self._arrivals, []
        return web.json_response([(at, body.decode()) for at, body in taken])

    async def delay(self, request: web.Request) -> web.Response:
        self._delay = float(await request.text()) / 1000
        return web.Response()

    async def unanswered(self, request: web.Request) -> web.Response:
        self._unanswered = float(await request.text()) / 1000
        return web.Response()

    async def untaken(self, _: web.Request) -> web.Response:
        return web.json_response(self._untaken)


async def main(port: int) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=50, keepalive_timeout=60)) as http:
        await serve(Stub(http), port)


async def serve(stub: Stub, port: int) -> None:
    app = web.Application()
    app.router.add_post("/2010-04-01/Accounts/{account}/Calls.json", stub.call)
    app.router.add_get("/arrivals", stub.arrivals)
    app.router.add_put("/delay", stub.delay)
    app.router.add_put("/unanswered", stub.unanswered)
    app.router.add_get("/untaken", stub.untaken)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    uvloop.run(main(parser.parse_args().port))
