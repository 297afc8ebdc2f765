"""The API of the numbers that calls are made from: how each stands and is answered, and letting one rest.

Owns: reading each request and shaping each answer. Must not know: which number is shown, or when one must rest.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from speedtolead.service.phone_numbers.numbers import Standing
from speedtolead.service.reports.period import rate
from speedtolead.store.numbers import NumberAlertRow, NumberStatsRow
from speedtolead.web import auth, reading
from speedtolead.web.answers import answer, as_csv, wants_csv
from speedtolead.web.endpoint import Routes
from speedtolead.web.problems import field_problem
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ERRORS, Instant, ProblemView, Rate

routes = Routes()


class ShownView(BaseModel):
    """A campaign that shows the number. ``per_day``: the most calls of it on one day; null: any."""

    campaign: str
    per_day: int | None


class NumberView(BaseModel):
    """``state``: in_use, resting, or on_trial after a rest that its answers asked for.

    ``carrier``: the carrier account that owns it.
    ``resting`` without ``benched_until``: until somebody brings it back. ``benched_by``: an email, ``api`` or
    ``watch``.
    """

    phone: str
    sms: bool
    carrier: str
    state: str
    calls_today: int
    shown_by: list[ShownView]
    benched_at: Instant | None
    benched_until: Instant | None
    benched_by: str | None
    benched_why: str | None


class NumberList(BaseModel):
    numbers: list[NumberView]


class BenchPost(reading.Given):
    """``days`` left out: until it is brought back."""

    days: Annotated[int, Field(ge=1, le=365)] | None = None
    why: Annotated[str, Field(max_length=200)] | None = None


class AnswersView(BaseModel):
    calls: int
    answered: int


class NumberAlertView(BaseModel):
    """``kind``: answer_rate, of one number, or used_up, of all of a campaign's for a day.

    Of an answer rate: what raised it, beside the campaign's other numbers and the number's own past; the chances
    that it is mere luck; ``interval_95`` of the recent rate; ``benched``: it rests for it.
    """

    alert_id: UUID
    kind: str
    campaign: str
    phone: str | None
    opened_at: Instant
    ends_at: Instant | None
    ended_at: Instant | None
    words: str
    recent: AnswersView | None = None
    others: AnswersView | None = None
    before: AnswersView | None = None
    p_others: float | None = None
    p_past: float | None = None
    interval_95: list[float] | None = None
    benched: bool = False
    acknowledged_at: Instant | None
    acknowledged_by: str | None


class NumberStatsQuery(reading.Given):
    """``from`` (default: 30 days ago) to ``to`` (default: now), of the calls placed then."""

    model_config = ConfigDict(populate_by_name=True)

    since: Annotated[reading.AnyMoment | None, Field(alias="from")] = None
    until: Annotated[reading.AnyMoment | None, Field(alias="to")] = None
    campaign: str | None = None


class NumberStatsView(BaseModel):
    """``placed``: calls that the carrier took; ``calls``: those that rang to their end, over which the rates are.

    ``answered``: a person took it; ``machines``: a machine did; ``failed``: the carrier could not make it.
    """

    phone: str
    removed: bool
    placed: int
    calls: int
    answered: int
    machines: int
    contacted: int
    failed: int
    answer_rate: Rate
    contact_rate: Rate


class NumberStats(BaseModel):
    since: Instant
    until: Instant
    numbers: list[NumberStatsView]


@routes(
    "GET",
    "/v1/numbers",
    "The numbers that calls are made from: calls of today, whether one rests, and which campaigns show it.",
    responses={200: NumberList, **ERRORS},
)
async def list_numbers(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    found = await request.app[SERVICES].numbers.standing(caller.account_id)
    return answer(NumberList(numbers=[_view(one) for one in found]))


@routes(
    "POST",
    "/v1/numbers/{phone}/bench",
    "Let a number rest: no call shows it, for so many days or until it is brought back.",
    body=BenchPost,
    responses={200: NumberView, 404: ProblemView, 422: ProblemView, **ERRORS},
)
async def bench(request: web.Request) -> web.Response:
    caller = await auth.managing(request)
    given = await reading.json_of(BenchPost, request) if request.can_read_body else BenchPost()
    done = await request.app[SERVICES].numbers.bench(
        caller.account_id, phone_of(request), await auth.acting(request), rest=rest_of(given), why=given.why
    )
    return answer(_view(done))


@routes(
    "POST",
    "/v1/numbers/{phone}/unbench",
    "Bring a number back, from a rest or a trial; what waited for a number is dialled. Its alert ends.",
    responses={200: NumberView, 404: ProblemView, **ERRORS},
)
async def unbench(request: web.Request) -> web.Response:
    caller = await auth.managing(request)
    done = await request.app[SERVICES].numbers.bring_back(
        caller.account_id, phone_of(request), await auth.acting(request)
    )
    return answer(_view(done))


@routes(
    "POST",
    "/v1/numbers/alerts/{alert_id}/acknowledge",
    "Say that an alert of a number was seen. It goes on, and a rest stays as it is.",
    responses={200: NumberAlertView, 404: ProblemView, **ERRORS},
)
async def acknowledge(request: web.Request) -> web.Response:
    caller = await auth.managing(request)
    done = await request.app[SERVICES].numbers.acknowledge(
        caller.account_id, reading.id_of(request, "alert_id"), await auth.acting(request)
    )
    return answer(alert_view(done))


@routes(
    "GET",
    "/v1/stats/numbers",
    "How each number is answered: rates with their denominators and intervals.",
    query=NumberStatsQuery,
    responses={200: NumberStats, 422: ProblemView, **ERRORS},
)
async def number_stats(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    query = reading.query_of(NumberStatsQuery, request)
    until = query.until or request.app[SERVICES].clock.now()
    since = query.since or until - timedelta(days=30)
    if since >= until:
        raise field_problem("from", "expected a moment before `to`")
    found = await request.app[SERVICES].numbers.stats(caller.account_id, since, until, query.campaign)
    report = NumberStats(since=since, until=until, numbers=[stats_view(row) for row in found])
    return as_csv(report.numbers) if wants_csv(request) else answer(report)


def phone_of(request: web.Request) -> str:
    """The number in the path, with its plus sign or without."""
    return "+" + request.match_info["phone"].strip().removeprefix("+")


def rest_of(given: BenchPost) -> timedelta | None:
    return None if given.days is None else timedelta(days=given.days)


def stats_view(row: NumberStatsRow) -> NumberStatsView:
    counts = {name: getattr(row, name) for name in NumberStatsView.model_fields if hasattr(row, name)}
    return NumberStatsView(
        **counts,
        answer_rate=Rate(**rate(row.answered, row.calls)),
        contact_rate=Rate(**rate(row.contacted, row.calls)),
    )


def alert_view(row: NumberAlertRow) -> NumberAlertView:
    shown = {name: getattr(row, name) for name in NumberAlertView.model_fields if hasattr(row, name)}
    facts = {name: value for name, value in row.facts.items() if name in NumberAlertView.model_fields}
    return NumberAlertView(**shown, **facts)


def _view(one: Standing) -> NumberView:
    row = one.row
    kept = {name: getattr(row, name) for name in NumberView.model_fields if hasattr(row, name)}
    shown = [ShownView(campaign=by.campaign, per_day=by.per_day) for by in one.shown_by]
    return NumberView(**kept, state=one.state, shown_by=shown)
