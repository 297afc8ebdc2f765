"""The claims for bad leads: by source and state, and what a manager does with each.

Owns: the page, its buttons and the file for a vendor. Must not know: when a claim may be made or sent.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from speedtolead.domain.returned import ClaimState
from speedtolead.service.returns import possible
from speedtolead.service.times import iso
from speedtolead.store.people import SessionOwner
from speedtolead.store.returns import ClaimSum
from speedtolead.web import auth, reading, returns
from speedtolead.web.pages import render
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES

ON_A_PAGE = 50


@render.signed_in
async def show(request: web.Request, session: SessionOwner) -> web.Response:
    service, query = request.app[SERVICES].returns, returns.query_of(request)
    found = await service.page(session.account_id, query.wanted(), ON_A_PAGE)
    asked = {name: value for name, value in request.query.items() if value and name != "after"}
    more = {"after": str(found[-1].claim_id)} if len(found) == ON_A_PAGE else None
    return render.page(
        request,
        "returns.html",
        session,
        zone=session.timezone,
        claims=found,
        by_source=_by_source(await service.overview(session.account_id)),
        states=list(ClaimState),
        query=query,
        asked=urlencode(asked),
        next=None if more is None else urlencode(asked | more),
        possible=possible,
        in_words=returns.in_words,
    )


@render.signed_in
async def download(request: web.Request, session: SessionOwner) -> web.Response:
    wanted = returns.query_of(request).wanted()
    found = await request.app[SERVICES].returns.page(session.account_id, wanted, returns.WHOLE_FILE)
    response = returns.file_of(found, "returns.csv")
    response.headers["Cache-Control"] = "no-store"
    return response


@render.signed_in
async def act(request: web.Request, session: SessionOwner) -> web.Response:
    form = await _form(request)
    return_id = reading.id_of(request, "return_id")
    given = {"action": form.get("action"), "note": form.get("note")}
    body = reading.checked(returns.ActionBody, given)
    await returns.done(request, session.account_id, return_id, body.action, body.note, session.email)
    asked = form.get("asked")
    return render.see_other(render.own_path(f"/returns?{asked}" if asked else "/returns"))


@render.signed_in
async def send(request: web.Request, session: SessionOwner) -> web.Response:
    """Mark what is prepared sent; the page then shows just those, and their file."""
    source = reading.checked(returns.SendBody, {"source": (await _form(request)).get("source")}).source
    found = await returns.sent(request, session.account_id, source, session.email)
    if not found.claims and found.why is not None:
        raise Problem(409, "outside_terms", found.why)
    if not found.claims:
        return render.see_other("/returns?" + urlencode({"source": source, "state": "prepared"}))
    shown = {"source": source, "state": "sent", "sent_since": iso(found.at)}
    return render.see_other("/returns?" + urlencode(shown))


async def _form(request: web.Request) -> dict[str, str]:
    form = await render.form_fields(request)
    auth.check_form(request, form.get(auth.CSRF_FIELD))
    return form


def _by_source(sums: list[ClaimSum]) -> dict[str, dict[str, Any]]:
    """A row for each source, with its claims by state."""
    rows: dict[str, dict[str, Any]] = defaultdict(dict)
    for one in sums:
        rows[one.source][one.state] = one
    return dict(rows)
