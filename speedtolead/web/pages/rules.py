"""The rules page: the whole table that decides, with its sources, its holidays and its versions.

Owns: the page. Must not know: what follows from a rule for a lead. It shows every version that this node knows; one
that it does not know is said to be unknown, and the version in force is shown.
"""

from __future__ import annotations

from aiohttp import web

from speedtolead.service.rules import file, table
from speedtolead.store.people import SessionOwner
from speedtolead.web.pages import render
from speedtolead.web.services import SERVICES


@render.signed_in
async def show(request: web.Request, session: SessionOwner) -> web.Response:
    services = request.app[SERVICES]
    now, known = services.clock.now(), services.rules.known()
    in_force, wanted = services.rules.at(now), request.query.get("version")
    shown = next((one for one in known if one.version == wanted), in_force)
    return render.page(
        request,
        "rules.html",
        session,
        versions=list(reversed(known)),
        in_force=in_force,
        shown=shown,
        shipped=file.shipped().version,
        unknown=bool(wanted) and shown.version != wanted,
        lines=table.lines(shown),
        terms=table.terms(shown),
        today=now.date(),
    )
