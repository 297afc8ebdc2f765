"""The numbers that calls are made from, on the settings page and the board: how each is answered, resting and back.

Owns: the forms, and what the two templates show. Must not know: when a number rests. Whoever may look sees it; only
a manager lets a number rest or brings it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aiohttp import web

from speedtolead.service.phone_numbers.numbers import Standing
from speedtolead.store.people import SessionOwner
from speedtolead.web import reading
from speedtolead.web.numbers import BenchPost, NumberStatsView, phone_of, rest_of, stats_view
from speedtolead.web.pages import render, sources
from speedtolead.web.services import SERVICES

SETTINGS = "/settings#numbers-title"
LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Line:
    """A number with its answers of 30 days; None: it was never shown."""

    standing: Standing
    lately: NumberStatsView | None


@render.signed_in
async def bench(request: web.Request, session: SessionOwner) -> web.Response:
    fields = await sources.changing_form(request, session)
    given = {name: fields[name] for name in ("days", "why") if fields.get(name, "").strip()}
    asked = reading.checked(BenchPost, given)
    await request.app[SERVICES].numbers.bench(
        session.account_id, phone_of(request), session.email, rest=rest_of(asked), why=asked.why
    )
    return render.see_other(SETTINGS)


@render.signed_in
async def unbench(request: web.Request, session: SessionOwner) -> web.Response:
    await sources.changing_form(request, session)
    await request.app[SERVICES].numbers.bring_back(session.account_id, phone_of(request), session.email)
    return render.see_other(SETTINGS)


@render.signed_in
async def acknowledge(request: web.Request, session: SessionOwner) -> web.Response:
    await sources.changing_form(request, session)
    alert_id = reading.id_of(request, "alert_id")
    await request.app[SERVICES].numbers.acknowledge(session.account_id, alert_id, session.email)
    return render.see_other("/")


async def lines(request: web.Request, session: SessionOwner) -> list[Line]:
    """What the settings page shows."""
    services = request.app[SERVICES]
    now = services.clock.now()
    stats = {row.phone: row for row in await services.numbers.stats(session.account_id, now - LATELY, now)}
    return [
        Line(one, stats_view(stats[one.row.phone]) if one.row.phone in stats else None)
        for one in await services.numbers.standing(session.account_id)
    ]


async def on_the_board(request: web.Request, session: SessionOwner) -> dict[str, Any]:
    """What the template ``numbers_part.html`` shows."""
    return {"number_alerts": await request.app[SERVICES].numbers.alerts(session.account_id)}
