"""The web application of a node: every route, every middleware."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

from aiohttp import web

from speedtolead.web import (
    access,
    agents,
    alarms,
    asked_calls,
    best_time,
    cadences,
    calls,
    carrier,
    console,
    events,
    evidence,
    experiments,
    guard,
    inbound,
    inbound_calls,
    leads,
    lines,
    mail_events,
    metrics,
    numbers,
    openapi,
    operations,
    outcomes,
    pages,
    permits,
    pings,
    reading,
    report_stats,
    response,
    returns,
    sounds,
    source_stats,
    sources,
    staffing,
    stats,
    suppressions,
    tasks,
    voice,
    voicemail,
    webhooks,
)
from speedtolead.web.lead_post import MAX_BODY
from speedtolead.web.problems import problems
from speedtolead.web.services import SERVICES, Services

V1 = (
    leads.routes,
    suppressions.routes,
    agents.routes,
    lines.routes,
    calls.routes,
    stats.routes,
    report_stats.routes,
    alarms.routes,
    pings.routes,
    permits.routes,
    cadences.routes,
    tasks.routes,
    asked_calls.routes,
    mail_events.routes,
    sources.routes,
    source_stats.routes,
    guard.routes,
    numbers.routes,
    events.routes,
    outcomes.routes,
    inbound_calls.routes,
    returns.routes,
    webhooks.routes,
    evidence.routes,
    voicemail.routes,
    console.routes,
    experiments.routes,
    best_time.routes,
    response.routes,
    staffing.routes,
)


LINGER_SECONDS = 3.0
"""How long we go on taking in a body that is answered already, so that its sender reads the answer and no reset."""


@cache
def _documentation() -> dict[str, Any]:
    """Made once a process: it depends on the declarations only."""
    return openapi.document(endpoint for routes in V1 for endpoint in routes.endpoints)


def create_app(services: Services, body_seconds: float = reading.BODY_SECONDS) -> web.Application:
    app = web.Application(
        client_max_size=MAX_BODY,
        middlewares=[operations.measured, access.kept, problems, reading.limits(body_seconds), access.guarded],
    )
    app[SERVICES] = services
    app[carrier.AFTERWARDS] = set()
    app[openapi.DOCUMENT] = _documentation()
    for routes in V1:
        routes.add_to(app)
    app.router.add_post(carrier.TEXT_PATH, carrier.text)
    app.router.add_post(carrier.RECEIPT_PATH, carrier.receipt)
    app.router.add_post(carrier.PATH, carrier.callback)
    app.router.add_post(lines.PATH, lines.callback)
    app.router.add_post(voice.PATH, voice.answer)
    app.router.add_post(voice.STATUS_PATH, voice.status)
    app.router.add_get(sounds.RINGING_PATH, sounds.show_ringing)
    app.router.add_get(sounds.MUSIC_PATH, sounds.show_music)
    app.router.add_get(voicemail.SOUND_PATH, voicemail.play)
    app.router.add_get(inbound.PATH, inbound.receive, allow_head=False)
    app.router.add_post(inbound.PATH, inbound.receive)
    app.router.add_get(asked_calls.CALENDAR_PATH, asked_calls.calendar)
    app.router.add_get("/openapi.json", openapi.show)
    app.router.add_get("/healthz", operations.healthz)
    app.router.add_get("/readyz", operations.readyz)
    app.router.add_get("/metrics", metrics.show)
    pages.add_to(app)
    app.on_shutdown.append(_finish)
    return app


def create_runner(app: web.Application, linger_seconds: float = LINGER_SECONDS) -> web.AppRunner:
    """What serves the application: no access log, a call goes on when its asker hangs up, nothing is inflated."""
    return web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=5,
        handler_cancellation=False,
        auto_decompress=False,
        lingering_time=linger_seconds,
    )


async def _finish(app: web.Application) -> None:
    """Let what was promised after an answer be done."""
    running = app[carrier.AFTERWARDS]
    if running:
        await asyncio.wait(running, timeout=5)
