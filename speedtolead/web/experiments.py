"""The API of experiments: what their arms have found so far, and whether that is enough.

Owns: the shape of the report. Must not know: how arms are compared.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from speedtolead.domain.experiment import Measure
from speedtolead.domain.statistics.rates import Count, Estimate
from speedtolead.service.learning.experiments import ArmFound, Found
from speedtolead.service.reports.period import rate
from speedtolead.web import auth, reading
from speedtolead.web.answers import answer
from speedtolead.web.endpoint import Routes
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ERRORS, Instant, Money, ProblemView, Rate

routes = Routes()


class ExperimentsQuery(reading.Given):
    """``campaign`` left out: of all campaigns."""

    campaign: str | None = None


class DifferenceView(BaseModel):
    """Second less first, as a share of 1. ``interval`` holds at 95 % (None: nothing can be said yet)."""

    value: float | None
    interval: list[float] | None


class AgainstFirstView(BaseModel):
    """By the experiment's measure; valid however often it is looked at.

    ``said``: ``better``, ``worse``, ``same`` (closer than ``effect``) or ``not_yet``. ``still_needed``: about so
    many leads of both arms together.
    """

    said: str
    difference: DifferenceView
    p_value: float
    still_needed: int | None


class ArmView(BaseModel):
    """Of ``leads``, ``counted`` are old enough to count. ``differences`` to the first arm are right for one
    look."""

    name: str
    share: float
    differs: list[str]
    leads: int
    counted: int
    dialled: int
    contact_rate: Rate
    appointment_rate: Rate
    sale_rate: Rate
    revenue: Money
    against_first: AgainstFirstView | None
    differences: dict[str, DifferenceView]


class ExperimentView(BaseModel):
    name: str
    campaign: str
    measure: str
    effect: float
    settles_seconds: float
    began_at: Instant
    ended_at: Instant | None
    arms: list[ArmView]
    uneven: bool
    enough: bool
    still_needed: int | None
    days_more: int | None
    conclusion: str


class ExperimentsReport(BaseModel):
    experiments: list[ExperimentView]


@routes(
    "GET",
    "/v1/stats/experiments",
    "Experiments: rates by arm, differences with intervals, and whether there is enough data.",
    query=ExperimentsQuery,
    responses={200: ExperimentsReport, 422: ProblemView, **ERRORS},
)
async def show(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    query = reading.query_of(ExperimentsQuery, request)
    found = await request.app[SERVICES].learning.experiments.report(caller.account_id, query.campaign)
    return answer(ExperimentsReport(experiments=[experiment_view(one) for one in found]))


def experiment_view(found: Found) -> ExperimentView:
    experiment = found.experiment
    return ExperimentView(
        name=experiment.name,
        campaign=found.campaign,
        measure=experiment.measure.value,
        effect=experiment.effect,
        settles_seconds=experiment.settles.total_seconds(),
        began_at=found.began_at,
        ended_at=found.ended_at,
        arms=[_arm(arm) for arm in found.arms],
        uneven=found.uneven,
        enough=found.enough,
        still_needed=found.still_needed,
        days_more=found.days_more,
        conclusion=found.conclusion,
    )


def _arm(arm: ArmFound) -> ArmView:
    against = arm.against_first
    return ArmView(
        name=arm.name,
        share=arm.share,
        differs=list(arm.differs),
        leads=arm.leads,
        counted=arm.counted,
        dialled=arm.dialled,
        contact_rate=_rate(arm.counts[Measure.CONTACT]),
        appointment_rate=_rate(arm.counts[Measure.APPOINTMENT]),
        sale_rate=_rate(arm.counts[Measure.SALE]),
        revenue=Decimal(str(arm.revenue)),
        against_first=None
        if against is None
        else AgainstFirstView(
            said=against.said.value,
            difference=difference_view(against.difference),
            p_value=round(against.p_value, 6),
            still_needed=against.still_needed,
        ),
        differences={} if against is None else {name.value: difference_view(one) for name, one in arm.once.items()},
    )


def _rate(count: Count) -> Rate:
    given: dict[str, Any] = rate(count.hits, count.of)
    return Rate(**given)


def difference_view(found: Estimate | None) -> DifferenceView:
    if found is None or found.value is None or found.high is None:
        return DifferenceView(value=None, interval=None)
    return DifferenceView(value=round(found.value, 6), interval=[round(found.low, 6), round(found.high, 6)])
