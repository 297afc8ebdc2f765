"""Posts leads, on a fixed schedule or as fast as they are answered. Its own process.

With a rate, posts are sent on schedule (an open loop); without one, each connection posts as soon as it was
answered (a closed loop). ``connections`` are how many may wait for an answer at once; 0: no limit.

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
    """Posts a second; 0: each as soon as its connection is free."""
    connections: int
    seconds: float
    """No post is begun after this; 0: until all are posted."""
    seed: int


Sent = tuple[int, int, int, int, int, str]


async def posted(order: Order) -> list[Sent]:
    """What became of an order that was carried out by a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        out, _ = await process.communicate(json.dumps(order).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return [(int(a), int(b), int(c), int(d), int(e), str(f)) for a, b, c, d, e, f in json.loads(out)]


async def post_all(order: Order) -> list[Sent]:
    headers = order["headers"] | {"Content-Type": "application/json"}
    connector = aiohttp.TCPConnector(limit=order["connections"], keepalive_timeout=60)
    timeout = aiohttp.ClientTimeout(total=15 if order["rate"] and not order["connections"] else 60)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, headers=headers) as session:
        run = _Run(session, order)
        if order["connections"]:
            return await run.by_connections()
        return await run.on_schedule()


class _Run:
    def __init__(self, session: aiohttp.ClientSession, order: Order) -> None:
        self._session = session
        self._url = order["url"]
        self._connections = order["connections"]
        self._start = time.time() + LEAD_IN
        self._end = self._start + (order["seconds"] or 1e9)
        rng = random.Random(order["seed"])
        spacing = 1 / order["rate"] if order["rate"] else 0.0
        self._plan = iter(
            [
                (index, self._start + (index + rng.uniform(-JITTER, JITTER)) * spacing, body.encode())
                for index, body in enumerate(order["bodies"])
            ]
        )

    async def on_schedule(self) -> list[Sent]:
        posts = []
        for index, at, body in self._plan:
            await asyncio.sleep(max(0.0, at - time.time()))
            posts.append(asyncio.create_task(self._post(index, at, body)))
        return list(await asyncio.gather(*posts))

    async def by_connections(self) -> list[Sent]:
        """Each connection takes the next post of the plan: none waits for a connection once it was begun."""
        taken = await asyncio.gather(*(self._connection() for _ in range(self._connections)))
        return [sent for connection in taken for sent in connection]

    async def _connection(self) -> list[Sent]:
        sent: list[Sent] = []
        for index, at, body in self._plan:
            await asyncio.sleep(max(0.0, at - time.time()))
            if time.time() >= self._end:
                break
            sent.append(await self._post(index, at, body))
        return sent

    async def _post(self, index: int, at: float, body: bytes) -> Sent:
        sent = time.time_ns()
        status, answer = 0, b""
        try:
            async with self._session.post(self._url, data=body) as response:
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
