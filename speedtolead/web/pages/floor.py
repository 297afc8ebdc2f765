"""The agents on the board, with what a supervisor may do about each: listen, speak, end, hand over, change, free.

Owns: these forms. Must not know: the rules of a talk. Each act is a command or a change like the API's, with the
name of who asked in its row, and stands in what people changed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from aiohttp import web

from speedtolead.domain.agent import AgentState
from speedtolead.domain.errors import NotFound
from speedtolead.domain.talk import Action
from speedtolead.service.agents.changing import UnknownReason
from speedtolead.service.controls.taking import Asking, Command, UnknownTarget
from speedtolead.store.people import SessionOwner
from speedtolead.web import auth, calls, carrier
from speedtolead.web.pages import render
from speedtolead.web.problems import Problem, field_problem
from speedtolead.web.services import SERVICES

_LISTENING = {"listen": Action.LISTEN, "whisper": Action.WHISPER, "barge": Action.BARGE}
_STATES = ("available", "paused", "offline")
_REPORTED_FOR = timedelta(hours=24)


async def on_the_board(request: web.Request, session: SessionOwner) -> dict[str, Any]:
    """What the template ``agents_part.html`` shows beside the agents."""
    services, now = request.app[SERVICES], request.app[SERVICES].clock.now()
    talks: dict[str, Any] = {}
    for one in await services.talks.under_way(session.account_id):
        view = calls.talk_view(one)
        for party in view.parties:
            if party.kind == "agent" and party.name is not None:
                talks[party.name] = view
    return {"talks": talks, "stuck": await services.seats.reports(session.account_id, now - _REPORTED_FOR)}


@render.signed_in
async def do(request: web.Request, session: SessionOwner) -> web.Response:
    """One act on an agent: of its state, or of its talk. Raises a Problem: 400, 404, 409 or 422."""
    fields = await render.form_fields(request)
    auth.check_form(request, fields.get(auth.CSRF_FIELD))
    action, name = fields.get("action", ""), request.match_info["name"]
    services = request.app[SERVICES]
    if action in _STATES:
        reason = fields.get("reason") or (session.email if action == AgentState.PAUSED else None)
        try:
            await services.agents.change(session.account_id, name, action, reason)
        except UnknownReason as error:
            raise field_problem("reason", str(error), error.code) from None
    elif action == "free":
        carrier.carry_out(
            request,
            await services.seats.free(session.account_id, await _agent(request, session, name), session.email),
        )
    else:
        await _of_talk(request, session, _command(action, fields, session))
    return render.see_other("/")


async def _agent(request: web.Request, session: SessionOwner, name: str) -> UUID:
    found = await request.app[SERVICES].agents.all(session.account_id)
    agent = next((one for one in found if one.name == name), None)
    if agent is None:
        raise NotFound(f"There is no agent {name!r}.")
    return agent.agent_id


def _command(action: str, fields: dict[str, str], session: SessionOwner) -> Command:
    if action in _LISTENING:
        return Command(_LISTENING[action], listener=session.email)
    if action == "end":
        return Command(Action.END)
    if action == "transfer" and fields.get("agent"):
        return Command(Action.TRANSFER, agent=fields["agent"])
    raise Problem(400, "unreadable_body", "The form is not whole; reload the page.")


async def _of_talk(request: web.Request, session: SessionOwner, command: Command) -> None:
    try:
        attempt_id = UUID((await render.form_fields(request)).get("attempt_id", ""))
    except ValueError:
        raise NotFound("There is no such call.") from None
    asking = Asking(session.account_id, session.email)
    try:
        taken = await request.app[SERVICES].controls.take(asking, attempt_id, command)
    except UnknownTarget as error:
        raise field_problem(error.field, str(error), error.code) from None
    carrier.carry_out(request, taken.afterwards)
