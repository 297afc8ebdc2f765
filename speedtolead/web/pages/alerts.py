"""The source guard on the board: open alerts, and the button that resumes a source it paused.

Owns: this part of the board. Must not know: when there is an alert. Whoever may look sees the alerts; only a
manager resumes.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from speedtolead.store.people import SessionOwner
from speedtolead.web.guard import resumed
from speedtolead.web.pages import render, sources
from speedtolead.web.services import SERVICES


@render.signed_in
async def resume(request: web.Request, session: SessionOwner) -> web.Response:
    await sources.changing_form(request, session)
    await resumed(request, session.account_id, session.email)
    return render.see_other("/")


async def given(request: web.Request, session: SessionOwner) -> dict[str, Any]:
    """What the template ``alerts_part.html`` shows."""
    return {
        "alerts": await request.app[SERVICES].guarding.alerts(session.account_id),
        "may_resume": sources.may_change(session),
    }
