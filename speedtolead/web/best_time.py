"""The API of the best time: what was learned of each hour, and whether it helps.

Owns: the shape of the report. Must not know: how an hour is believed or drawn.
"""

from __future__ import annotations

from aiohttp import web
from pydantic import BaseModel

from speedtolead.domain.statistics.rates import Count
from speedtolead.service.learning.best_times import BestTimes, SlotFound
from speedtolead.service.reports.period import rate
from speedtolead.web import auth
from speedtolead.web.answers import answer
from speedtolead.web.endpoint import Routes
from speedtolead.web.experiments import DifferenceView, difference_view
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ERRORS, Rate

routes = Routes()


class SlotView(BaseModel):
    """An hour of the person's clock. ``expected``: the rate that is believed, shrunk towards what else is known."""

    weekend: bool
    hour: int
    answer_rate: Rate
    expected: float


class LiftView(BaseModel):
    """``difference``: learned less holdout; its interval holds at every look. ``said`` as of experiments."""

    learned: Rate
    holdout: Rate
    difference: DifferenceView
    said: str
    still_needed: int | None


class BestTimeReport(BaseModel):
    """``missing``: follow-up calls that are still needed before any hour is chosen."""

    calls: int
    missing: int
    slots: list[SlotView]
    sources: dict[str, list[SlotView]]
    lift: LiftView
    conclusion: str


@routes(
    "GET",
    "/v1/stats/best-time",
    "The hours in which follow-up calls are answered, and the lift of choosing by them against the holdout.",
    responses={200: BestTimeReport, **ERRORS},
)
async def show(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    return answer(best_time_view(await request.app[SERVICES].learning.answering.report(caller.account_id)))


def best_time_view(found: BestTimes) -> BestTimeReport:
    return BestTimeReport(
        calls=found.calls,
        missing=found.missing,
        slots=[_slot(one) for one in found.slots],
        sources={name: [_slot(one) for one in slots] for name, slots in found.sources.items()},
        lift=LiftView(
            learned=_rate(found.learned),
            holdout=_rate(found.holdout),
            difference=difference_view(found.lift.difference),
            said=found.lift.said.value,
            still_needed=found.lift.still_needed,
        ),
        conclusion=found.conclusion,
    )


def _slot(one: SlotFound) -> SlotView:
    return SlotView(
        weekend=one.slot.weekend,
        hour=one.slot.hour,
        answer_rate=_rate(one.count),
        expected=round(one.expected, 4),
    )


def _rate(count: Count) -> Rate:
    return Rate(**rate(count.hits, count.of))
