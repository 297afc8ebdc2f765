"""The page of the best time: what each hour was answered, what is believed of it, and whether choosing by it helps.

Owns: how rows and bars are laid out. Must not know: how an hour is drawn: it shows what ``/v1/stats/best-time``
says.
"""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from speedtolead.store.people import SessionOwner
from speedtolead.web.best_time import SlotView, best_time_view
from speedtolead.web.pages import render
from speedtolead.web.services import SERVICES

BEST = 3
"""Hours that are named for each source."""


def by_hour(slots: Sequence[SlotView]) -> list[tuple[int, SlotView, SlotView]]:
    """Each hour with its slot on working days and on weekends."""
    found = {(one.weekend, one.hour): one for one in slots}
    hours = sorted({one.hour for one in slots})
    return [(hour, found[False, hour], found[True, hour]) for hour in hours]


def best_of(slots: Sequence[SlotView]) -> list[SlotView]:
    """The hours of which most is expected, of those in which somebody was called."""
    called = [one for one in slots if one.answer_rate.denominator]
    return sorted(called, key=lambda one: one.expected, reverse=True)[:BEST]


@render.signed_in
async def show(request: web.Request, session: SessionOwner) -> web.Response:
    report = best_time_view(await request.app[SERVICES].learning.answering.report(session.account_id))
    return render.page(
        request,
        "best_time.html",
        session,
        report=report,
        hours=by_hour(report.slots),
        scale=max([one.expected for one in report.slots] + [0.01]) * 1.15,
        sources={name: best_of(slots) for name, slots in report.sources.items()},
    )
