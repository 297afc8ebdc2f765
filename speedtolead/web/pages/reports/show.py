"""The pages of the reports, and each of their tables as a file.

Owns: the tabs, the filters, and CSV. Must not know: which numbers a report shows. A report is as it was when it was
asked for; its address says all that it was asked.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from aiohttp import web

from speedtolead.store.people import SessionOwner
from speedtolead.web.pages import render
from speedtolead.web.pages.reports import compare, contact, money, people, readiness, speed
from speedtolead.web.pages.reports.asked import PERIODS, Asked, asked_of
from speedtolead.web.pages.reports.model import Panel, Table
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES, Services

Build = Callable[[Services, UUID, Asked], Awaitable[list[Panel]]]


@dataclass(frozen=True, slots=True)
class Tab:
    words: str
    build: Build


TABS: dict[str, Tab] = {
    "speed": Tab("Speed", speed.build),
    "contact": Tab("Contact", contact.build),
    "funnel": Tab("Funnel", money.build_funnel),
    "sources": Tab("Sources", money.build_sources),
    "compare": Tab("Pay per call", compare.build_compare),
    "agents": Tab("Agents", people.build_agents),
    "compliance": Tab("Compliance", people.build_compliance),
    "numbers": Tab("Numbers", people.build_numbers),
    "messages": Tab("Texts and mail", people.build_messages),
    "readiness": Tab("Readiness", readiness.build),
}
LEARNED = [
    ("experiments", "Experiments", "/reports/experiments"),
    ("best-time", "Best time", "/reports/best-time"),
    ("response", "Response curve", "/reports/response"),
    ("staffing", "Staffing", "/reports/staffing"),
]
"""Pages of their own, linked from here."""


@render.signed_in
async def start(request: web.Request, session: SessionOwner) -> web.Response:
    return render.see_other("/reports/speed")


@render.signed_in
async def show(request: web.Request, session: SessionOwner) -> web.Response:
    name, tab = _tab(request)
    services = request.app[SERVICES]
    asked = asked_of(request, session.timezone, services.clock.now())
    panels = await tab.build(services, session.account_id, asked)
    tabs = [(key, one.words, f"/reports/{key}?{asked.query.but()}".rstrip("?")) for key, one in TABS.items()]
    tabs += LEARNED
    given = await filters(services, session, asked)
    return render.page(
        request,
        "reports.html",
        session,
        tab=name,
        title=tab.words,
        panels=panels,
        tabs=tabs,
        now=asked.now,
        **given,
    )


@render.signed_in
async def download(request: web.Request, session: SessionOwner) -> web.Response:
    """One table of a report, as CSV."""
    name, tab = _tab(request)
    services = request.app[SERVICES]
    asked = asked_of(request, session.timezone, services.clock.now())
    for panel in await tab.build(services, session.account_id, asked):
        for table in panel.tables:
            if table.key == request.match_info["table"]:
                return as_file(table, f"{name}-{table.key}-{asked.days.first}-{asked.days.last}.csv")
    raise Problem(404, "not_found", "There is no such table.")


async def filters(services: Services, session: SessionOwner, asked: Asked) -> dict[str, Any]:
    """What the form of filters shows."""
    choices = await services.figures.choices(session.account_id)
    return {
        "asked": asked,
        "zone": session.timezone,
        "periods": [
            (key, words, asked.query.but(period=key if key != "7d" else "", from_="", to=""))
            for key, (words, _) in PERIODS.items()
        ],
        "choices": {
            what: [one.name for one in choices if one.what == what] for what in ("campaign", "source", "agent")
        },
    }


def as_file(table: Table, name: str) -> web.Response:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*table.columns, *(f"{column}_of" for column in _parts(table))])
    parts = [table.columns.index(column) for column in _parts(table)]
    for row in table.rows:
        values = [cell.text if cell.value is None and cell.text != "–" else cell.value for cell in row]
        writer.writerow([_safe(value) for value in [*values, *(row[i].small for i in parts)]])
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return web.Response(text=out.getvalue(), content_type="text/csv", headers=headers)


def _parts(table: Table) -> Sequence[str]:
    """The columns whose cells say what they are a part of."""
    return [column for i, column in enumerate(table.columns) if any(row[i].small for row in table.rows)]


def _safe(value: object) -> object:
    """A text that a spreadsheet would take for a formula is kept from being one."""
    return (
        "'" + value if isinstance(value, str) and value[:1] in {"=", "+", "-", "@"} and value[1:2] != "1" else value
    )


def _tab(request: web.Request) -> tuple[str, Tab]:
    name = request.match_info["tab"]
    if name not in TABS:
        raise Problem(404, "not_found", "There is no such report.")
    return name, TABS[name]
