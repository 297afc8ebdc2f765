"""Server-sent events of an account.

Each event is a pointer (kind, ids, time); what it points to is fetched. A client that reconnects simply asks for
the present state again: the stream is news, not a log. A dead client shows only at a failed write, so a comment is
sent every few seconds.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from aiohttp import web

from speedtolead.service.times import iso
from speedtolead.store.events import Event
from speedtolead.web import auth
from speedtolead.web.endpoint import Routes
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ProblemView

KEEP_ALIVE_SECONDS = 10
HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
routes = Routes()


@routes(
    "GET",
    "/v1/events",
    "Server-sent events of the account, from now on.",
    responses={200: "", 401: ProblemView, 403: ProblemView},
    content="text/event-stream",
)
async def events(request: web.Request) -> web.StreamResponse:
    caller = await auth.caller(request, whole_account=True)
    response = web.StreamResponse(headers=HEADERS)
    async with request.app[SERVICES].live.listen(caller.account_id) as queue:
        with suppress(ConnectionResetError):  # the listener has gone, which is how most streams end
            await response.prepare(request)
            await follow(response, queue, partial(auth.still_in, request))
    return response


async def follow(
    response: web.StreamResponse,
    queue: asyncio.Queue[Event | None],
    still_in: Callable[[], Awaitable[bool]],
    wanted: Callable[[Event], bool] | None = None,
) -> None:
    """Write events until the hub lets the listener go, the session is over, or a write fails. ``wanted``: which."""
    looked = time.monotonic()
    await response.write(b"retry: 1000\n: ready\n\n")
    while True:
        if time.monotonic() - looked >= KEEP_ALIVE_SECONDS:
            looked = time.monotonic()
            if not await still_in():
                return
            await response.write(b": still here\n\n")  # whoever wants few events would hear nothing for long
        try:
            async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                event = await queue.get()
        except TimeoutError:
            await response.write(b": still here\n\n")
            continue
        if event is None:
            return
        if wanted is None or wanted(event):
            await response.write(_line(event))


def _line(event: Event) -> bytes:
    shown = {
        "kind": event.kind,
        "at": iso(event.at),
        "lead_id": event.lead_id and str(event.lead_id),
        "attempt_id": event.attempt_id and str(event.attempt_id),
        "agent_id": event.agent_id and str(event.agent_id),
        "data": event.data,
    }
    return f"id: {event.id}\nevent: {event.kind}\ndata: {json.dumps(shown)}\n\n".encode()
