"""The page of the response curve: the account's own, with the estimate by lot beside it.

Owns: the places of bars and points. Must not know: what explains a difference.
"""

from __future__ import annotations

from urllib.parse import urlencode

from aiohttp import web

from speedtolead.store.people import SessionOwner
from speedtolead.web.pages import render
from speedtolead.web.response import asked_of, response_view
from speedtolead.web.services import SERVICES
from speedtolead.web.views import Rate


def reach(rates: list[Rate]) -> float:
    """How high the axis goes: a little above the highest rate that is known at all well, 1 at most."""
    known = [one.value for one in rates if one.value is not None and one.denominator >= 20]
    return min(1.0, max([value for value in known if value is not None] + [0.01]) * 1.4)


@render.signed_in
async def show(request: web.Request, session: SessionOwner) -> web.Response:
    services, asked = request.app[SERVICES], asked_of(request)
    report = response_view(asked, await services.learning.responses.report(session.account_id, asked))
    kept = {name: value for name, value in request.query.items() if name in ("from", "to", "campaign", "source")}
    return render.page(
        request,
        "response.html",
        session,
        report=report,
        contact_reach=reach([band.contact_rate for band in report.bands]),
        sale_reach=reach([band.sale_rate for band in report.bands]),
        leads=sum(band.leads for band in report.bands),
        clocks=[(name, urlencode(kept | {"clock": name})) for name in ("calendar", "permitted")],
        zone=session.timezone,
    )
