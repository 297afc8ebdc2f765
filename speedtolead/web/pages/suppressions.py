"""Who is not to be contacted: doubtful suppressions and unread replies first, then all of them, to search and lift.

Owns: the page, its buttons, and the board's part about lists and what waits to be looked at. Must not know: what a
suppression ends, or how old a list may be. A supervisor looks and reviews; only a manager lifts, and says why.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from aiohttp import web
from pydantic import Field

from speedtolead.service.lawful.suppressions import Search
from speedtolead.store.people import SessionOwner
from speedtolead.web import auth, reading
from speedtolead.web.pages import render, sources
from speedtolead.web.problems import Problem, field_problem
from speedtolead.web.services import SERVICES

ON_A_PAGE = 50
TO_LOOK_AT = 50
PLACE = "/suppressions"


class Query(reading.Given):
    """``q``: a phone or mail address, or words of a reason or of what the person said."""

    q: Annotated[str, Field(max_length=254)] = ""
    origin: Annotated[str, Field(max_length=50)] = ""
    after: str | None = None


class Action(reading.Given):
    """``why`` is needed to lift one."""

    action: Literal["stands", "lift"]
    why: Annotated[str, Field(max_length=500)] = ""


@render.signed_in
async def show(request: web.Request, session: SessionOwner) -> web.Response:
    services, query = request.app[SERVICES], reading.query_of(Query, request, leave_empty_out=True)
    account, asked = session.account_id, query.q.strip()
    phone = services.intake.read_phone(asked) if asked else None
    after = reading.cursor_of(query.after)
    wanted = Search(
        value=phone,
        part=None if phone or not asked else asked,
        origin=query.origin or None,
        before_at=after[0] if after else None,
        before_id=after[1] if after else None,
    )
    found = await services.suppressions.search(account, wanted, ON_A_PAGE)
    kept = {name: value for name, value in (("q", query.q), ("origin", query.origin)) if value}
    following = None
    if len(found) == ON_A_PAGE:
        following = kept | {"after": reading.to_cursor(found[-1].created_at, found[-1].suppression_id)}
    return render.page(
        request,
        "suppressions.html",
        session,
        zone=session.timezone,
        now=services.clock.now(),
        query=query,
        origins=("text", "keypad", "api"),
        found=found,
        everywhere=await services.suppressions.everywhere(phone or asked.lower()) if asked else [],
        doubtful=await services.suppressions.to_review(account, TO_LOOK_AT),
        replies=await services.opt_outs.unseen(account, TO_LOOK_AT),
        lists=await services.do_not_call.standing(account),
        may_lift=sources.may_change(session),
        back=f"{PLACE}?{urlencode(kept)}" if kept else PLACE,
        next=None if following is None else f"{PLACE}?{urlencode(following)}",
    )


@render.signed_in
async def act(request: web.Request, session: SessionOwner) -> web.Response:
    fields = await _form(request)
    suppression_id = reading.id_of(request, "suppression_id")
    given = {name: value for name, value in fields.items() if name in Action.model_fields}
    asked = reading.checked(Action, given)
    suppressions = request.app[SERVICES].suppressions
    if asked.action == "stands":
        await suppressions.reviewed(session.account_id, suppression_id, session.email)
        return _back(fields)
    if not sources.may_change(session):
        raise Problem(403, "forbidden", "Only a manager lifts a suppression; a supervisor may look.")
    if not asked.why.strip():
        raise field_problem("why", "say why it is lifted; the reason is kept with it")
    await suppressions.lift(session.account_id, suppression_id, session.email, asked.why.strip())
    return _back(fields)


@render.signed_in
async def seen(request: web.Request, session: SessionOwner) -> web.Response:
    fields = await _form(request)
    text_id = reading.id_of(request, "text_id")
    await request.app[SERVICES].opt_outs.seen(session.account_id, text_id, session.email)
    return _back(fields)


async def on_the_board(request: web.Request, session: SessionOwner) -> dict[str, Any]:
    """What the template ``lists_part.html`` shows: lists that are old, and how much waits to be looked at."""
    services = request.app[SERVICES]
    lists = await services.do_not_call.standing(session.account_id)
    return {
        "old_lists": [one for one in lists if one.matters],
        "to_look_at": await services.suppressions.to_look_at(session.account_id),
    }


async def _form(request: web.Request) -> dict[str, str]:
    fields = await render.form_fields(request)
    auth.check_form(request, fields.get(auth.CSRF_FIELD))
    return fields


def _back(fields: dict[str, str]) -> web.Response:
    return render.see_other(render.own_path(fields.get("back") or PLACE))
