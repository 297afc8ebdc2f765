"""Leads, to look for: those behind a number of a report, or any others.

Owns: the page, its filters and its cursor. Must not know: which number led here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from speedtolead.service.reports.figures import Page
from speedtolead.store.people import SessionOwner
from speedtolead.web import reading
from speedtolead.web.pages import render
from speedtolead.web.pages.reports.asked import ReportQuery, asked
from speedtolead.web.pages.reports.show import filters
from speedtolead.web.services import SERVICES

ON_A_PAGE = 50
STEPS = {
    "accepted": "accepted",
    "refused": "refused",
    "dialled": "dialled",
    "contacted": "contacted",
    "not_contacted": "accepted, not contacted",
    "appointments_or_quotes": "with an appointment or a quote",
    "sales": "with a sale",
}


class LeadsQuery(ReportQuery):
    """``step``: those that came so far."""

    step: Literal[
        "",
        "accepted",
        "refused",
        "dialled",
        "contacted",
        "not_contacted",
        "appointments_or_quotes",
        "sales",
    ] = ""
    refusal: Annotated[str, Field(max_length=100)] = ""
    after: str | None = None


@render.signed_in
async def show(request: web.Request, session: SessionOwner) -> web.Response:
    services, query = request.app[SERVICES], reading.query_of(LeadsQuery, request, leave_empty_out=True)
    wanted = asked(query, session.timezone, services.clock.now())
    after = reading.cursor_of(query.after)
    page = Page(
        ON_A_PAGE,
        step=query.step or None,
        refusal=query.refusal or None,
        before_at=after[0] if after else None,
        before_id=after[1] if after else None,
    )
    found = await services.figures.leads(session.account_id, wanted.days, session.timezone, page)
    following = None
    if len(found) == ON_A_PAGE:
        following = query.but(after=reading.to_cursor(found[-1].received_at, found[-1].lead_id))
    given = await filters(services, session, wanted)
    return render.page(
        request,
        "leads.html",
        session,
        leads=found,
        steps=STEPS,
        query=query,
        following=following,
        first_page=query.but(after="") if after else None,
        now=wanted.now,
        **given,
    )
