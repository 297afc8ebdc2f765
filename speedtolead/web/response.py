"""The API of the response curve: contact and sale rate by seconds to the first dial.

Owns: reading the question and shaping the answer. Must not know: how leads are counted, or what explains a
difference.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from speedtolead.domain.statistics.rates import Count
from speedtolead.service.learning.responses import Asked, Response
from speedtolead.service.reports.period import rate
from speedtolead.web import auth, reading
from speedtolead.web.answers import answer, as_csv, wants_csv
from speedtolead.web.endpoint import Routes
from speedtolead.web.experiments import DifferenceView, difference_view
from speedtolead.web.problems import field_problem
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ERRORS, Instant, ProblemView, Rate

routes = Routes()
USUAL_DAYS = 90


class ResponseQuery(reading.Given):
    """``from`` (default: 90 days ago) to ``to`` (default: now), of the leads received then.

    ``clock``: ``calendar`` counts every second, ``permitted`` only those in which the lead might be called.
    """

    model_config = ConfigDict(populate_by_name=True)

    since: Annotated[reading.AnyMoment | None, Field(alias="from")] = None
    until: Annotated[reading.AnyMoment | None, Field(alias="to")] = None
    campaign: str | None = None
    source: str | None = None
    clock: Literal["calendar", "permitted"] = "calendar"


class BandView(BaseModel):
    seconds_to_dial: str
    leads: int
    contact_rate: Rate
    sale_rate: Rate


class LotView(BaseModel):
    """An arm of a delay that was drawn by lot. ``median_seconds``: to the first dial, as it was."""

    arm: str
    median_seconds: float | None
    contact_rate: Rate
    sale_rate: Rate


class ComparedView(BaseModel):
    """Contacts of ``later`` less those of ``sooner``: where the lot drew the delay, and where it merely
    happened."""

    sooner: str
    later: str
    by_lot: DifferenceView
    observed: DifferenceView
    words: str


class RandomisedView(BaseModel):
    experiment: str
    campaign: str
    arms: list[LotView]
    compared: list[ComparedView]


class ResponseReport(BaseModel):
    """``bands`` are observed only: of leads received until ``settled_until`` whose delay nobody drew."""

    since: Instant
    settled_until: Instant
    clock: str
    bands: list[BandView]
    randomised: list[RandomisedView]


@routes(
    "GET",
    "/v1/stats/response",
    "The response curve: contact and sale rate by seconds to the first dial, observed and by lot.",
    query=ResponseQuery,
    responses={200: ResponseReport, 422: ProblemView, **ERRORS},
)
async def show(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    asked = asked_of(request)
    report = response_view(asked, await request.app[SERVICES].learning.responses.report(caller.account_id, asked))
    return as_csv(report.bands) if wants_csv(request) else answer(report)


def asked_of(request: web.Request) -> Asked:
    """Raises a Problem: 422."""
    query = reading.query_of(ResponseQuery, request)
    until = query.until or request.app[SERVICES].clock.now()
    since = query.since or until - timedelta(days=USUAL_DAYS)
    if since >= until:
        raise field_problem("from", "expected a moment before `to`")
    return Asked(since, until, query.campaign, query.source, query.clock == "permitted")


def response_view(asked: Asked, found: Response) -> ResponseReport:
    return ResponseReport(
        since=asked.since,
        settled_until=found.until,
        clock="permitted" if asked.permitted else "calendar",
        bands=[
            BandView(
                seconds_to_dial=band.label,
                leads=band.leads,
                contact_rate=_rate(band.contacted),
                sale_rate=_rate(band.sold),
            )
            for band in found.curve
        ],
        randomised=[
            RandomisedView(
                experiment=one.name,
                campaign=one.campaign,
                arms=[
                    LotView(
                        arm=lot.name,
                        median_seconds=lot.median,
                        contact_rate=_rate(lot.contacted),
                        sale_rate=_rate(lot.sold),
                    )
                    for lot in one.lots
                ],
                compared=[
                    ComparedView(
                        sooner=each.sooner.name,
                        later=each.later.name,
                        by_lot=difference_view(each.by_lot),
                        observed=difference_view(each.observed),
                        words=each.words,
                    )
                    for each in one.compared
                ],
            )
            for one in found.randomised
        ],
    )


def _rate(count: Count) -> Rate:
    return Rate(**rate(count.hits, count.of))
