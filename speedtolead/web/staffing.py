"""The API of staffing: how many agents tomorrow takes, hour by hour.

Owns: reading the goal and shaping the answer. Must not know: how it is simulated.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field

from speedtolead.domain.staffing.simulation import Went
from speedtolead.service.learning.staffing import USUAL_GOAL, Hour, Staffing
from speedtolead.web import auth, reading
from speedtolead.web.answers import answer, as_csv, wants_csv
from speedtolead.web.endpoint import Routes
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ERRORS, ProblemView

routes = Routes()


class StaffingQuery(reading.Given):
    """``goal``: seconds from when a first call is due to the talk, which nine in ten of those who are reached by it
    are not to exceed. ``campaign`` left out: all of them, as if one group of agents did all."""

    goal: Annotated[float, Field(ge=5, le=3600)] = USUAL_GOAL
    campaign: str | None = None


class WentView(BaseModel):
    """Of first calls that reach somebody. ``busy``: the agents' share of time."""

    agents: int
    p90_seconds: float | None
    within_goal: float | None
    busy: float


class HourView(BaseModel):
    """``possible`` false: no number of agents keeps the goal, because ringing and answering alone take longer."""

    hour: int
    first_calls: float
    retries: float
    inbound_calls: float
    agents: int
    possible: bool
    with_these: WentView
    one_less: WentView | None
    one_more: WentView


class ForecastError(BaseModel):
    """Sum of the differences ÷ sum of the calls, over the last ``days`` days, each forecast by what came before."""

    days: int
    by_hour: float | None
    by_day: float | None


class StaffingReport(BaseModel):
    day: date
    timezone: str
    goal_seconds: float
    mode: str | None
    contacts_known: int
    missing: str | None
    agent_hours: int
    hours: list[HourView]
    forecast_error: ForecastError


class HourLine(BaseModel):
    """An hour as a line of a table."""

    hour: int
    calls: float
    agents: int
    p90_seconds: float | None
    p90_seconds_one_less: float | None
    p90_seconds_one_more: float | None


@routes(
    "GET",
    "/v1/stats/staffing",
    "Staffing: how many agents each hour of tomorrow takes for a speed to contact, and one more or less.",
    query=StaffingQuery,
    responses={200: StaffingReport, 422: ProblemView, **ERRORS},
)
async def show(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    query = reading.query_of(StaffingQuery, request)
    plans = request.app[SERVICES].learning.staffing
    report = staffing_view(await plans.tomorrow(caller.account_id, query.goal, query.campaign))
    if wants_csv(request):
        return as_csv([_line(hour) for hour in report.hours])
    return answer(report)


def staffing_view(found: Staffing) -> StaffingReport:
    error = found.error
    return StaffingReport(
        day=found.day,
        timezone=found.zone,
        goal_seconds=found.goal,
        mode=found.mode,
        contacts_known=found.contacts,
        missing=found.missing,
        agent_hours=found.agent_hours,
        hours=[_hour(hour, found.goal) for hour in found.hours],
        forecast_error=ForecastError(days=error.days, by_hour=error.by_hour, by_day=error.by_day),
    )


def _hour(one: Hour, goal: float) -> HourView:
    needed = one.needed
    return HourView(
        hour=one.hour,
        first_calls=round(one.calls["first"], 2),
        retries=round(one.calls["again"], 2),
        inbound_calls=round(one.calls["inbound"], 2),
        agents=needed.with_these.agents,
        possible=needed.possible,
        with_these=_went(needed.with_these, goal),
        one_less=None if needed.less is None else _went(needed.less, goal),
        one_more=_went(needed.more, goal),
    )


def _went(went: Went, goal: float) -> WentView:
    p90, within = went.percentile(0.9), went.within(goal)
    return WentView(
        agents=went.agents,
        p90_seconds=None if p90 is None else round(p90, 1),
        within_goal=None if within is None else round(within, 4),
        busy=round(went.busy, 3),
    )


def _line(hour: HourView) -> HourLine:
    return HourLine(
        hour=hour.hour,
        calls=hour.first_calls + hour.retries + hour.inbound_calls,
        agents=hour.agents,
        p90_seconds=hour.with_these.p90_seconds,
        p90_seconds_one_less=None if hour.one_less is None else hour.one_less.p90_seconds,
        p90_seconds_one_more=hour.one_more.p90_seconds,
    )
