"""The API of what a source sends, costs and brings.

Owns: reading the request, JSON and CSV. Must not know: which sums make which number. What a source costs and brings
is its buyer's: a source's key may not ask.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from aiohttp import web
from pydantic import ConfigDict, Field

from speedtolead.service.reports.source_stats import Wanted
from speedtolead.web import auth, reading
from speedtolead.web.answers import answer, as_csv, wants_csv
from speedtolead.web.endpoint import Routes
from speedtolead.web.problems import field_problem
from speedtolead.web.services import SERVICES
from speedtolead.web.source_stats_views import SourceStatsReport, source_stats_report
from speedtolead.web.views import ProblemView

routes = Routes()


class SourceStatsQuery(reading.Given):
    """``from`` (default: 24 hours ago) to ``to`` (default: now), of the leads received then.

    ``group_by=day``: a row for each day, of the account's timezone, on which something came.
    """

    model_config = ConfigDict(populate_by_name=True)

    since: Annotated[reading.AnyMoment | None, Field(alias="from")] = None
    until: Annotated[reading.AnyMoment | None, Field(alias="to")] = None
    group_by: Literal["source", "day"] = "source"
    campaign: str | None = None
    source: str | None = None


@routes(
    "GET",
    "/v1/stats/sources",
    "What each source sends, costs and brings, net of returns.",
    query=SourceStatsQuery,
    responses={200: SourceStatsReport, 401: ProblemView, 403: ProblemView, 422: ProblemView},
)
async def sources(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    query = reading.query_of(SourceStatsQuery, request)
    until = query.until or request.app[SERVICES].clock.now()
    since = query.since or until - timedelta(hours=24)
    if since >= until:
        raise field_problem("from", "expected a moment before `to`")
    wanted = Wanted(since, until, query.campaign, query.source, query.group_by == "day")
    found = await request.app[SERVICES].source_reports.stats(caller.account_id, wanted)
    report = source_stats_report(since, until, found)
    return as_csv(report.sources) if wants_csv(request) else answer(report)
