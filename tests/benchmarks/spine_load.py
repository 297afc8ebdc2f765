"""Posts leads on a fixed schedule, whatever the answers take (an open loop). Its own process.

Reads one order as JSON from standard input, writes what became of each post as JSON to standard output:
``[index, planned ns, sent ns, answered ns, status, lead id]``, status 0 where there was no answer.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from typing import Any, TypedDict

import aiohttp
import uvloop

JITTER = 0.2
"""Of the spacing, to each side, so that posts do not fall in step with anyone's timer."""
LEAD_IN = 0.2


class Order(TypedDict):
    url: str
    headers: dict[str, str]
    bodies: list[str]
    rate: float
    seed: int


Sent = tuple[int, int, int, int, int, str]


async def post_all(order: Order) -> list[Sent]:
    headers = order["headers"] | {"Content-Type": "application/json"}
    rng = random.Random(order["seed"])
    spacing = 1 / order["rate"]
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
    timeout = aiohttp.ClientTimeout(total=15)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, headers=headers) as session:
        start = time.time() + LEAD_IN
        posts = []
        for index, body in enumerate(order["bodies"]):
            at = start + (index + rng.uniform(-JITTER, JITTER)) * spacing
            await asyncio.sleep(max(0.0, at - time.time()))
            posts.append(asyncio.create_task(_post(session, order["url"], index, at, body.encode())))
        return list(await asyncio.gather(*posts))


async def _post(session: aiohttp.ClientSession, url: str, index: int, at: float, body: bytes) -> Sent:
    sent = time.time_ns()
    status, answer = 0, b""
    try:
        async with session.post(url, data=body) as response:
            answer, status = await response.read(), response.status
    except (aiohttp.ClientError, TimeoutError, OSError):
        pass
    return index, int(at * 1e9), sent, time.time_ns(), status, _lead_id(answer)


def _lead_id(answer: bytes) -> str:
    try:
        value: Any = json.loads(answer)
        return str(value["lead_id"])
    except (ValueError, KeyError, TypeError):
        return ""


if __name__ == "__main__":
    json.dump(uvloop.run(post_all(json.load(sys.stdin))), sys.stdout)
