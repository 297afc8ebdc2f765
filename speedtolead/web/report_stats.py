"""The API of the reports that are made of sums by day: the funnel, agents, compliance.

Owns: reading the period and shaping each answer, as JSON or CSV. Must not know: which sums make which number.

The sums are kept by day of the account's zone, so a period is widened to whole days: ``since`` and ``until`` say to
which. They are about a second behind.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from speedtolead.domain.benchmark import Band
from speedtolead.service.agents.desk import DESK, AgentFigures, agent_figures
from speedtolead.service.reports.figures import Days
from speedtolead.service.reports.funnel import FUNNEL, funnel
from speedtolead.service.reports.period import rate
from speedtolead.service.reports.source_stats import Part
from speedtolead.web import auth, reading
from speedtolead.web.answers import answer, as_csv, wants_csv
from speedtolead.web.endpoint import Routes
from speedtolead.web.services import SERVICES
from speedtolead.web.stats import StatsQuery, period_of
from speedtolead.web.views import ERRORS, Instant, Money, ProblemView, Rate

routes = Routes()
COMPLIANCE = ("permits_refused", "live_answers", "abandoned")


class PeopleQuery(reading.Given):
    """As of every report, without groups."""

    model_config = ConfigDict(populate_by_name=True)

    since: Annotated[reading.AnyMoment | None, Field(alias="from")] = None
    until: Annotated[reading.AnyMoment | None, Field(alias="to")] = None
    campaign: str | None = None
    source: str | None = None


class BandView(BaseModel):
    """What is usual in the trade."""

    low: float
    high: float


class StepView(BaseModel):
    """``rate``: of the step that ``of`` names; of those not credited back, from appointment on."""

    group: str
    step: str
    count: int
    of: str | None
    rate: Rate | None
    usual: BandView | None


class FunnelReport(BaseModel):
    since: Instant
    until: Instant
    steps: list[StepView]


class AgentView(BaseModel):
    """``offers``: times the agent's phone was rung for a lead; ``missed``: those the agent did not take.

    ``occupancy``: ringing, talking and wrapping up ÷ at work and not paused. ``people``: whose last contact was
    with this agent; appointments (or quotes), sales and revenue are of those.
    """

    agent: str
    offers: int
    taken: int
    missed: int
    acceptance_rate: Rate
    talks: int
    contacts: int
    talk_seconds: float
    wrap_seconds: float
    work_seconds: float
    paused_seconds: float
    occupancy: float | None
    people: int
    appointments: int
    sales: int
    appointment_rate: Rate
    sale_rate: Rate
    revenue: Money


class AgentsReport(BaseModel):
    since: Instant
    until: Instant
    agents: list[AgentView]


class AbandonedView(BaseModel):
    """Live answers not given an agent within 2 s, of the leads received in the period."""

    group: str
    live_answers: int
    abandoned: int
    abandonment_rate: Rate


class SuppressedView(BaseModel):
    reason: str
    origin: str
    people: int


class ListView(BaseModel):
    """A do-not-call list as it stands now; ``days``: its age."""

    name: str
    version: date | None
    days: int | None
    state: str
    relied_on: bool


class ComplianceReport(BaseModel):
    """``refusals_by_rule``: permits that refused or put off, each by every rule that said so."""

    since: Instant
    until: Instant
    refusals_by_rule: dict[str, int]
    abandonment: list[AbandonedView]
    suppressed: list[SuppressedView]
    lists: list[ListView]


@routes(
    "GET",
    "/v1/stats/funnel",
    "From received to sold: each step, its rate, and what is usual. In whole days of the account's zone.",
    query=StatsQuery,
    responses={200: FunnelReport, 422: ProblemView, **ERRORS},
)
async def funnel_of(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    query, days, zone = await _days(request)
    figures = request.app[SERVICES].figures
    groups = await figures.sums(caller.account_id, days, FUNNEL, query.group_by or "")
    steps = [
        StepView(
            group=group or "all",
            step=step.name,
            count=step.count,
            of=step.of,
            rate=None if step.rate is None else share(step.rate),
            usual=_band(step.band),
        )
        for group, sums in groups.items()
        for step in funnel(sums)
    ]
    since, until = days.moments(zone)
    return as_csv(steps) if wants_csv(request) else answer(FunnelReport(since=since, until=until, steps=steps))


@routes(
    "GET",
    "/v1/stats/agents",
    "What agents did: offers, talks, time, and what came of it. In whole days of the account's zone.",
    query=PeopleQuery,
    responses={200: AgentsReport, 422: ProblemView, **ERRORS},
)
async def agents_of(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    reading.query_of(PeopleQuery, request)
    _, days, zone = await _days(request)
    figures, (since, until) = request.app[SERVICES].figures, days.moments(zone)
    sums = await figures.all(caller.account_id, days, DESK)
    found = agent_figures(sums, await figures.agent_times(caller.account_id, since, until))
    agents = [agent_view(one) for one in found]
    return as_csv(agents) if wants_csv(request) else answer(AgentsReport(since=since, until=until, agents=agents))


@routes(
    "GET",
    "/v1/stats/compliance",
    "Refusals by rule, abandoned calls, people who asked not to be contacted, and how old lists are.",
    query=StatsQuery,
    responses={200: ComplianceReport, 422: ProblemView, **ERRORS},
)
async def compliance_of(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    query, days, zone = await _days(request)
    services, account = request.app[SERVICES], caller.account_id
    since, until = days.moments(zone)
    sums = await services.figures.all(account, days, COMPLIANCE)
    groups = await services.figures.sums(account, days, COMPLIANCE, query.group_by or "")
    report = ComplianceReport(
        since=since,
        until=until,
        refusals_by_rule=dict(sorted(sums.keys("permits_refused").items(), key=lambda one: (-one[1], one[0]))),
        abandonment=[
            AbandonedView(
                group=group or "all",
                live_answers=one.n("live_answers"),
                abandoned=one.n("abandoned"),
                abandonment_rate=share(Part(one.n("abandoned"), one.n("live_answers"))),
            )
            for group, one in groups.items()
        ],
        suppressed=[
            SuppressedView(reason=row.reason, origin=row.origin, people=row.people)
            for row in await services.figures.suppressed(account, since, until)
        ],
        lists=[
            ListView(
                name=one.row.name,
                version=one.row.version_date,
                days=one.age.days,
                state=one.age.state.value,
                relied_on=one.row.relied_on,
            )
            for one in await services.do_not_call.standing(account)
        ],
    )
    if wants_csv(request):
        return as_csv([RefusalLine(rule=rule, refusals=n) for rule, n in report.refusals_by_rule.items()])
    return answer(report)


class RefusalLine(BaseModel):
    """A line of the CSV."""

    rule: str
    refusals: int


def share(part: Part) -> Rate:
    return Rate(**rate(part.part, part.whole))


def agent_view(one: AgentFigures) -> AgentView:
    shown = {name: getattr(one, name) for name in AgentView.model_fields if hasattr(one, name)}
    return AgentView(
        **shown,
        agent=one.name,
        acceptance_rate=share(one.acceptance),
        appointment_rate=share(one.to_appointment),
        sale_rate=share(one.to_sale),
    )


def _band(band: Band | None) -> BandView | None:
    return None if band is None else BandView(low=band.low, high=band.high)


async def _days(request: web.Request) -> tuple[StatsQuery, Days, str]:
    """The query, its days, and the account's zone. Raises a Problem: 401, 403 or 422."""
    account_id, period = await period_of(request)
    days, zone = await request.app[SERVICES].figures.days(account_id, period.since, period.until)
    query = reading.query_of(StatsQuery, request)
    return query, Days(days.first, days.last, period.campaign, period.source), zone
