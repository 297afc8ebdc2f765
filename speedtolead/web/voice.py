"""Calls that come in: the address that a number's calls are told to, and the one that tells how they went.

Owns: these routes. An unsigned or wrongly signed post is answered 403 and changes nothing. Must not know: what a
caller is told. Both may be asked again: the same call gets the same answer.
"""

from __future__ import annotations

import structlog
from aiohttp import web

from speedtolead.web import carrier, metrics
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES

PATH = "/carrier/twilio/voice"
STATUS_PATH = "/carrier/twilio/voice/status"
VOICE = "voice"


async def answer(request: web.Request) -> web.Response:
    """A call to one of our numbers: what the caller is told first, or, fetched again, told now."""
    services = request.app[SERVICES]
    received_at = services.clock.now()
    fields, signers = await carrier.genuine(request, VOICE)
    found = services.incoming_reader.incoming(fields, received_at)
    if found is None:
        raise Problem(400, "unreadable_body", "This is no call: its id or the number called is missing.")
    with structlog.contextvars.bound_contextvars(callback=VOICE):
        told = await services.incoming.answer(found, signers)
    metrics.CALLBACKS.labels(VOICE, "taken").inc()
    carrier.carry_out(request, told.afterwards)
    return carrier.say(services, told)


async def status(request: web.Request) -> web.Response:
    """How a call goes on that came in."""
    services = request.app[SERVICES]
    fields, _ = await carrier.genuine(request, VOICE)
    report = services.callback_reader.leg_report(fields, services.clock.now())
    call_id = services.callback_reader.call_id(fields)
    if call_id is not None:
        carrier.carry_out(request, await services.incoming.status(call_id, report))
    metrics.CALLBACKS.labels(VOICE, "taken").inc()
    return web.Response(status=204)
