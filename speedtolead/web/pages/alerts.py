"""What is out of order, on the board and on a source's page: alerts of the source guard, with the buttons that say
that one was seen and that resume a source it paused; carrier accounts that are left alone; campaigns that are held
back from ringing leads first.

Owns: these buttons, and the board's part. Must not know: when there is an alert. Whoever may look sees the alerts;
only a manager acknowledges and resumes.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from speedtolead.store.people import SessionOwner
from speedtolead.web.guard import acknowledged, resumed
from speedtolead.web.pages import render, sources
from speedtolead.web.services import SERVICES


@render.signed_in
async def resume(request: web.Request, session: SessionOwner) -> web.Response:
    fields = await sources.changing_form(request, session)
    await resumed(request, session.account_id, session.email)
    return render.see_other(render.own_path(fields.get("back")))


@render.signed_in
async def acknowledge(request: web.Request, session: SessionOwner) -> web.Response:
    fields = await sources.changing_form(request, session)
    await acknowledged(request, session.account_id, session.email)
    return render.see_other(render.own_path(fields.get("back")))


async def given(request: web.Request, session: SessionOwner) -> dict[str, Any]:
    """What the template ``alerts_part.html`` shows."""
    return {
        "alerts": await request.app[SERVICES].guarding.alerts(session.account_id),
        "may_change": sources.may_change(session),
        "left_carriers": await request.app[SERVICES].carriers.standing(),
        "held_campaigns": await request.app[SERVICES].abandonment.held(session.account_id),
    }
