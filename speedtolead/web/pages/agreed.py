"""The buttons of agreed calls on a lead's page.

Owns: those forms. Must not know: when a call may be agreed on; a time that is not lawful is told with the next one.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from aiohttp import web

from speedtolead.service.cadences.asked_calls import OPEN
from speedtolead.store.people import SessionOwner
from speedtolead.web import auth, reading
from speedtolead.web.asked_calls import CallbackBody, callback_view, told
from speedtolead.web.lead_views import LeadView
from speedtolead.web.pages import render
from speedtolead.web.problems import Problem, field_problem
from speedtolead.web.services import SERVICES


@render.signed_in
async def act(request: web.Request, session: SessionOwner) -> web.Response:
    """Raises a Problem: 400, 403, 404, 409 or 422."""
    fields = await render.form_fields(request)
    auth.check_form(request, fields.get(auth.CSRF_FIELD))
    asked, lead_id = request.app[SERVICES].asked_calls, render.lead_id(request)
    if fields.get("action") == "plan":
        given = {name: value for name, value in fields.items() if name in CallbackBody.model_fields and value}
        body = reading.checked(CallbackBody, given)
        await told(asked.plan(session.account_id, lead_id, body.wish(session.email)))
    elif fields.get("action") == "cancel":
        try:
            callback_id = UUID(fields.get("callback_id", ""))
        except ValueError:
            raise field_problem("callback_id", "expected the id of an agreed call") from None
        await told(asked.cancel(session.account_id, lead_id, callback_id, session.email))
    else:
        raise Problem(400, "unreadable_body", "The form is not whole; reload the page.")
    return render.see_other(f"/leads/{lead_id}")


async def given(request: web.Request, session: SessionOwner, lead: LeadView) -> dict[str, Any]:
    """What the template ``lead_callbacks.html`` shows."""
    services = request.app[SERVICES]
    found = await services.asked_calls.listed(session.account_id, lead_id=lead.lead_id)
    return {
        "callbacks": [callback_view(line, services.asked_calls) for line in reversed(found)],
        "may_agree": lead.status in OPEN and lead.phone is not None,
        "agent_names": [one.name for one in await services.agents.all(session.account_id)],
    }
