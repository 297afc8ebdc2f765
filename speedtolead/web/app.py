"""The web application of a node: every route, every middleware."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

from aiohttp import web

from speedtolead.web import (
    api,
    carrier,
    events,
    guard,
    inbound,
    metrics,
    openapi,
    operations,
    outcomes,
    pages,
    pings,
    returns,
    sources,
    webhooks,
)
from speedtolead.web.lead_post import MAX_BODY
from speedtolead.web.problems import problems
from speedtolead.web.services import SERVICES, Services

V1 = (
    api.routes,
    pings.routes,
    sources.routes,
    guard.routes,
    events.routes,
    outcomes.routes,
    returns.routes,
    webhooks.routes,
)


@cache
def _documentation() -> dict[str, Any]:
    """Made once a process: it depends on the declarations only."""
    return openapi.document(endpoint for routes in V1 for endpoint in routes.endpoints)


def create_app(services: Services) -> web.Application:
    app = web.Application(client_max_size=MAX_BODY, middlewares=[operations.measured, problems])
    app[SERVICES] = services
    app[carrier.AFTERWARDS] = set()
    app[openapi.DOCUMENT] = _documentation()
    for routes in V1:
        routes.add_to(app)
    app.router.add_post(carrier.PATH, carrier.callback)
    app.router.add_get(inbound.PATH, inbound.receive, allow_head=False)
    app.router.add_post(inbound.PATH, inbound.receive)
    app.router.add_get("/openapi.json", openapi.show)
    app.router.add_get("/healthz", operations.healthz)
    app.router.add_get("/readyz", operations.readyz)
    app.router.add_get("/metrics", metrics.show)
    pages.add_to(app)
    app.on_shutdown.append(_finish)
    return app


async def _finish(app: web.Application) -> None:
    """Let what was promised after an answer be done."""
    running = app[carrier.AFTERWARDS]
    if running:
        await asyncio.wait(running, timeout=5)
