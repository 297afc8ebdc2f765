"""The page of staffing: agents by hour for tomorrow, and what one more or less would change.

Owns: the choice of goals and the bars. Must not know: how an hour is simulated; ``/v1/stats/staffing``
says.
"""

from __future__ import annotations

from aiohttp import web

from speedtolead.store.people import SessionOwner
from speedtolead.web import reading
from speedtolead.web.pages import render
from speedtolead.web.services import SERVICES
from speedtolead.web.staffing import StaffingQuery, staffing_view

GOALS = {15: "15 s", 30: "30 s", 60: "1 min", 120: "2 min", 300: "5 min"}
"""Those that are offered; the address takes any."""


@render.signed_in
async def show(request: web.Request, session: SessionOwner) -> web.Response:
    query = reading.query_of(StaffingQuery, request)
    plans = request.app[SERVICES].learning.staffing
    report = staffing_view(await plans.tomorrow(session.account_id, query.goal, query.campaign))
    return render.page(
        request,
        "staffing.html",
        session,
        report=report,
        goals=GOALS,
        most=max([hour.agents for hour in report.hours] + [1]),
        campaign=query.campaign,
    )
