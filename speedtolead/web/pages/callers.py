"""Callers on the board: who is on the line, and messages that wait for somebody, with the button that says: done.

Owns: these. Must not know: how a call goes. Whoever may look at the board may take care of a message.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from speedtolead.store.people import SessionOwner
from speedtolead.web import auth, reading
from speedtolead.web.pages import render
from speedtolead.web.services import SERVICES

SHOWN = 20


@render.signed_in
async def seen(request: web.Request, session: SessionOwner) -> web.Response:
    fields = await render.form_fields(request)
    auth.check_form(request, fields.get(auth.CSRF_FIELD))
    call_id = reading.id_of(request, "call_id")
    await request.app[SERVICES].messages.seen(session.account_id, call_id, session.email)
    return render.see_other("/")


async def given(request: web.Request, session: SessionOwner) -> dict[str, Any]:
    """What the template ``callers_part.html`` shows."""
    messages = request.app[SERVICES].messages
    return {
        "callers": await messages.calls(session.account_id, live=True, most=SHOWN),
        "messages": await messages.calls(session.account_id, waiting=True, most=SHOWN),
    }
