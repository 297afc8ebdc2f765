"""What agents are to do about leads: the list, and the buttons of each.

Owns: the page and its forms. Must not know: where a to-do comes from. A to-do of another account is not found.
"""

from __future__ import annotations

from urllib.parse import urlencode

from aiohttp import web

from speedtolead.store.people import SessionOwner
from speedtolead.web import auth, reading
from speedtolead.web.pages import render
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES
from speedtolead.web.tasks import TaskQuery, following

PLACE = "/tasks"


@render.signed_in
async def show(request: web.Request, session: SessionOwner) -> web.Response:
    services, query = request.app[SERVICES], reading.query_of(TaskQuery, request, leave_empty_out=True)
    found = await services.tasks.listed(session.account_id, query.wanted(), query.limit)
    after = following(found, query)
    kept = {"state": query.state} | ({"agent": query.agent} if query.agent else {})
    return render.page(
        request,
        "tasks.html",
        session,
        zone=session.timezone,
        now=services.clock.now(),
        query=query,
        tasks=found,
        agents=[one.name for one in await services.agents.all(session.account_id)],
        back=f"{PLACE}?{urlencode(kept)}",
        next=None if after is None else f"{PLACE}?{urlencode(kept | {'after': after})}",
    )


@render.signed_in
async def act(request: web.Request, session: SessionOwner) -> web.Response:
    fields = await render.form_fields(request)
    auth.check_form(request, fields.get(auth.CSRF_FIELD))
    tasks, task_id = request.app[SERVICES].tasks, reading.id_of(request, "task_id")
    if fields.get("action") not in {"done", "reopen"}:
        raise Problem(400, "unreadable_body", "The form is not whole; reload the page.")
    change = tasks.done if fields["action"] == "done" else tasks.reopen
    await change(session.account_id, task_id, session.email)
    return render.see_other(render.own_path(fields.get("back") or PLACE))
