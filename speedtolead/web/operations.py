"""Liveness and readiness, and the log line of every request (route, status, time: never what was sent)."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from speedtolead.web import metrics
from speedtolead.web.services import SERVICES

log = structlog.get_logger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def healthz(_: web.Request) -> web.Response:
    """This process answers."""
    return web.json_response({"status": "ok"})


async def readyz(request: web.Request) -> web.Response:
    """This node can take leads: 503 with the reason where it cannot."""
    why_not = await request.app[SERVICES].ready()
    if why_not is None:
        return web.json_response({"status": "ok"})
    return web.json_response({"status": "not ready", "reason": why_not}, status=503, headers={"Retry-After": "2"})


@web.middleware
async def measured(request: web.Request, handler: Handler) -> web.StreamResponse:
    started = time.perf_counter()
    response = await handler(request)
    route = request.match_info.route.resource
    name = route.canonical if route else "unknown"
    metrics.request(request.method, name, response.status).observe(time.perf_counter() - started)
    return response
