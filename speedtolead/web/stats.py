"""The API of statistics: how fast leads were called, and whom we reached.

Owns: reading the period and shaping the reports, as JSON or CSV. Must not know: how anything is counted.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from speedtolead.service.reports.period import Period, Speed, rate, shares
from speedtolead.store.stats import ContactRow
from speedtolead.web import auth, reading
from speedtolead.web.answers import answer, as_csv, wants_csv
from speedtolead.web.endpoint import Routes
from speedtolead.web.problems import field_problem
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ERRORS, Instant, ProblemView, Rate

routes = Routes()


class StatsQuery(reading.Given):
    """``from`` (default: 24 hours ago) to ``to`` (default: now), of the leads received then."""

    model_config = ConfigDict(populate_by_name=True)

    since: Annotated[reading.AnyMoment | None, Field(alias="from")] = None
    until: Annotated[reading.AnyMoment | None, Field(alias="to")] = None
    group_by: Literal["source", "campaign", "day"] | None = None
    campaign: str | None = None
    source: str | None = None


class SpeedView(BaseModel):
    """Seconds. ``counted`` of ``accepted`` leads got that far; percentiles and shares are over ``counted``."""

    group: str
    speed: str
    accepted: int
    counted: int
    p50: float | None
    p90: float | None
    p99: float | None
    within: dict[str, float | None]


class HopView(BaseModel):
    """Milliseconds between a hop and the one before it."""

    hop: str
    counted: int
    p50: float | None
    p90: float | None
    p99: float | None


class ModeView(BaseModel):
    """Calls made in one dial mode: how many, how many people ``answered``, and how many of them ``talked`` with an
    agent; for these, the seconds from the answer to the talk."""

    mode: str
    calls: int
    answered: int
    talked: int
    p50: float | None
    p90: float | None


class SpeedReport(BaseModel):
    since: Instant
    until: Instant
    speeds: list[SpeedView]
    hops: list[HopView]
    slowest_hop: str | None
    modes: list[ModeView]


class ContactView(BaseModel):
    group: str
    received: int
    accepted: int
    dialled: int
    contacted: int
    contact_rate: Rate
    contact_rate_of_dialled: Rate
    acceptance_rate: Rate
    abandonment_rate: Rate
    attempts_to_contact: float | None
    short_talk_only: int
    machine_unknown_only: int
    machine_only: int


class ContactReport(BaseModel):
    since: Instant
    until: Instant
    groups: list[ContactView]


@routes(
    "GET",
    "/v1/stats/speed",
    "How fast: p50, p90, p99 and shares, in calendar and in permitted time, and each hop.",
    query=StatsQuery,
    responses={200: SpeedReport, 422: ProblemView, **ERRORS},
)
async def speed(request: web.Request) -> web.Response:
    account_id, period = await period_of(request)
    found = await request.app[SERVICES].reports.speed(account_id, period)
    report = speed_report(period.since, period.until, found)
    return as_csv(report.speeds) if wants_csv(request) else answer(report)


@routes(
    "GET",
    "/v1/stats/contact",
    "Whom we reach: rates with their denominators and intervals.",
    query=StatsQuery,
    responses={200: ContactReport, 422: ProblemView, **ERRORS},
)
async def contact(request: web.Request) -> web.Response:
    account_id, period = await period_of(request)
    found = await request.app[SERVICES].reports.contact(account_id, period)
    report = contact_report(period.since, period.until, found)
    return as_csv(report.groups) if wants_csv(request) else answer(report)


async def period_of(request: web.Request) -> tuple[UUID, Period]:
    caller = await auth.caller(request)
    query = reading.query_of(StatsQuery, request)
    until = query.until or request.app[SERVICES].clock.now()
    since = query.since or until - timedelta(hours=24)
    if since >= until:
        raise field_problem("from", "expected a moment before `to`")
    return caller.account_id, Period(since, until, query.group_by, query.campaign, query.source, caller.source_id)


def speed_report(since: datetime, until: datetime, speed: Speed) -> SpeedReport:
    return SpeedReport(
        since=since,
        until=until,
        speeds=[
            SpeedView(
                group=row.grouped,
                speed=row.speed,
                accepted=row.accepted,
                counted=row.counted,
                p50=row.p50,
                p90=row.p90,
                p99=row.p99,
                within=shares(row),
            )
            for row in speed.rows
        ],
        hops=[HopView(**{name: getattr(hop, name) for name in HopView.model_fields}) for hop in speed.hops],
        slowest_hop=speed.slowest_hop,
        modes=[ModeView(**{name: getattr(row, name) for name in ModeView.model_fields}) for row in speed.modes],
    )


def contact_report(since: datetime, until: datetime, rows: list[ContactRow]) -> ContactReport:
    return ContactReport(since=since, until=until, groups=[_contact(row) for row in rows])


def _contact(row: ContactRow) -> ContactView:
    counts = {name: getattr(row, name) for name in ContactView.model_fields if hasattr(row, name)}
    return ContactView(
        **counts,
        group=row.grouped,
        contact_rate=Rate(**rate(row.contacted, row.accepted)),
        contact_rate_of_dialled=Rate(**rate(row.dialled_contacted, row.dialled)),
        acceptance_rate=Rate(**rate(row.accepted, row.received)),
        abandonment_rate=Rate(**rate(row.abandoned, row.live_answers)),
    )
