"""A recording, played to who is signed in.

Owns: passing on what the carrier gives, as it comes; its address and the account's credentials stay with us. Kept
by no cache. Must not know: which carrier it is. Before the first piece a failure is a problem document; after it
the connection is cut, so that half a recording is not taken for a whole one.
"""

from __future__ import annotations

import structlog
from aiohttp import web

from speedtolead.domain.errors import NotFound
from speedtolead.ports import Permanent, PortError
from speedtolead.store.people import SessionOwner
from speedtolead.web import reading
from speedtolead.web.pages import render
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES

log = structlog.get_logger(__name__)


@render.signed_in
async def play(request: web.Request, session: SessionOwner) -> web.StreamResponse:
    lead_id, recording_id = render.lead_id(request), reading.id_of(request, "recording_id")
    asked = await request.app[SERVICES].recordings.sound(session.account_id, lead_id, recording_id)
    response = web.StreamResponse(headers={"Cache-Control": "no-store", "Accept-Ranges": "none"})
    try:
        async with asked as sound:
            response.content_type = sound.content_type
            await response.prepare(request)
            async for piece in sound.pieces:
                await response.write(piece)
            await response.write_eof()
    except PortError as error:
        log.warning("recording.not_played", code=error.code, provider_code=error.provider_code)
        if response.prepared:
            _cut(request)
            return response
        if isinstance(error, Permanent):
            raise NotFound("The carrier has no such recording any more.") from error
        raise Problem(502, str(error.code), "The carrier does not give the recording now.") from error
    except ConnectionResetError:
        log.info("recording.not_heard_out")
    return response


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
