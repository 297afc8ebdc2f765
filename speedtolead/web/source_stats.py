"""The API of what a source sends, costs and brings.

Owns: reading the request, JSON and CSV. Must not know: which sums make which number. What a source costs and brings
is its buyer's: a source's key may not ask.
"""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from speedtolead.service.source_stats import Wanted
from speedtolead.web import auth
from speedtolead.web.endpoint import Routes
from speedtolead.web.outcomes import answer
from speedtolead.web.problems import field_problem, of_validation
from speedtolead.web.services import SERVICES
from speedtolead.web.source_stats_views import SourceStatsReport, source_stats_report
from speedtolead.web.views import ProblemView

routes = Routes()


class SourceStatsQuery(BaseModel):
    """``from`` (default: 24 hours ago) to ``to`` (default: now), of the leads received then.

    ``group_by=day``: a row for each day, of the account's timezone, on which something came.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    since: Annotated[AwareDatetime | None, Field(alias="from")] = None
    until: Annotated[AwareDatetime | None, Field(alias="to")] = None
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
    try:
        query = SourceStatsQuery.model_validate(dict(request.query))
    except ValidationError as error:
        raise of_validation(error) from None
    until = query.until or request.app[SERVICES].clock.now()
    since = query.since or until - timedelta(hours=24)
    if since >= until:
        raise field_problem("from", "expected a moment before `to`")
    wanted = Wanted(since, until, query.campaign, query.source, query.group_by == "day")
    found = await request.app[SERVICES].source_reports.stats(caller.account_id, wanted)
    report = source_stats_report(since, until, found)
    return _file(report) if "text/csv" in request.headers.get("Accept", "") else answer(report)


def _file(report: SourceStatsReport) -> web.Response:
    """A row a source, or a source and day; nested values become columns named ``contact_rate.numerator``."""
    flat = [_flat(one.model_dump(mode="json")) for one in report.sources]
    columns = list(dict.fromkeys(column for row in flat for column in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(flat)
    return web.Response(text=out.getvalue(), content_type="text/csv")


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, inner in value.items():
        if isinstance(inner, dict):
            row |= _flat(inner, f"{prefix}{name}.")
        elif isinstance(inner, list):
            row |= {f"{prefix}{name}.{i}": item for i, item in enumerate(inner)}
        else:
            row[prefix + name] = inner
    return row
