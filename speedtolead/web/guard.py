"""The API of the source guard: its alerts, saying that one was seen, and resuming a source that it paused.

Owns: reading each request and shaping the answer. Must not know: when there is an alert.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel

from speedtolead.store.guard import AlertRow
from speedtolead.web import auth, reading
from speedtolead.web.answers import answer
from speedtolead.web.endpoint import Routes
from speedtolead.web.numbers import NumberAlertView, alert_view
from speedtolead.web.services import SERVICES
from speedtolead.web.views import Instant, ProblemView

routes = Routes()


class AlertQuery(reading.Given):
    """``open``: those that go on. ``all``: those that ended too, the last 200 of them all."""

    state: Literal["open", "all"] = "open"


class CountsView(BaseModel):
    """``hits`` of ``leads``: contacted, invalid or duplicate, as the rate says."""

    leads: int
    hits: int


class AlertView(BaseModel):
    """The counts are those that raised it. ``interval_95`` is of the recent rate.

    ``paused``: the source was paused for it. ``source_paused``: the guard's pause of its source is on now.
    ``acknowledged_by``: the email of who said that it was seen, or ``api``; null: nobody did.
    """

    alert_id: UUID
    source: str
    rate: str
    opened_at: Instant
    ended_at: Instant | None
    words: str
    recent: CountsView
    baseline: CountsView
    p_value: float
    interval_95: list[float]
    paused: bool
    source_paused: bool
    acknowledged_at: Instant | None
    acknowledged_by: str | None


class CarrierAlertView(BaseModel):
    """A carrier account of the installation that is left alone: calls are held back, leads are taken.

    ``state`` is ``open`` (no call goes out) or ``half_open`` (one does, and tells). ``try_at``: when it is next
    asked whether it is back.
    """

    carrier: str
    state: str
    opened_at: Instant | None
    try_at: Instant | None
    words: str | None


class AlertList(BaseModel):
    """``alerts``: of sources. ``numbers``: of the numbers that calls are made from."""

    alerts: list[AlertView]
    carriers: list[CarrierAlertView]
    numbers: list[NumberAlertView]


class ResumedView(BaseModel):
    """``resumed`` false: the guard had not paused it. It may still be paused by its configuration."""

    source: str
    resumed: bool


@routes(
    "GET",
    "/v1/alerts",
    "Alerts, newest first: sources whose contact, invalid or duplicate rate left its band; numbers to call from. "
    "And the carrier accounts that are left alone now.",
    query=AlertQuery,
    responses={200: AlertList, 401: ProblemView, 403: ProblemView, 422: ProblemView},
)
async def list_alerts(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    query = reading.query_of(AlertQuery, request)
    services, ended = request.app[SERVICES], query.state == "all"
    found = await services.guarding.alerts(caller.account_id, ended=ended)
    carriers = [
        CarrierAlertView(
            carrier=row.carrier, state=row.state, opened_at=row.opened_at, try_at=row.try_at, words=row.words
        )
        for row in await services.carriers.standing()
    ]
    numbers = [alert_view(row) for row in await services.numbers.alerts(caller.account_id, ended=ended)]
    return answer(AlertList(alerts=[_view(row) for row in found], carriers=carriers, numbers=numbers))


@routes(
    "POST",
    "/v1/sources/{name}/resume",
    "Lift the pause that the source guard made. Its alerts go on until the rates are back.",
    responses={200: ResumedView, 401: ProblemView, 403: ProblemView, 404: ProblemView},
)
async def resume_source(request: web.Request) -> web.Response:
    caller = await auth.managing(request)
    done = await resumed(request, caller.account_id, await auth.acting(request))
    return answer(ResumedView(source=request.match_info["name"], resumed=done))


@routes(
    "POST",
    "/v1/alerts/{alert_id}/acknowledge",
    "Say that an alert was seen. It goes on, and a pause stays as it is.",
    responses={200: AlertView, 401: ProblemView, 403: ProblemView, 404: ProblemView},
)
async def acknowledge_alert(request: web.Request) -> web.Response:
    caller = await auth.managing(request)
    return answer(_view(await acknowledged(request, caller.account_id, await auth.acting(request))))


async def acknowledged(request: web.Request, account_id: UUID, by: str) -> AlertRow:
    """From the API or a page. Raises NotFound, or a Problem: 404."""
    return await request.app[SERVICES].guarding.acknowledge(account_id, reading.id_of(request, "alert_id"), by)


async def resumed(request: web.Request, account_id: UUID, by: str) -> bool:
    """From the API or the board. Raises NotFound."""
    return await request.app[SERVICES].guarding.resume(account_id, request.match_info["name"], by)


def _view(row: AlertRow) -> AlertView:
    shown = {name: getattr(row, name) for name in AlertView.model_fields if hasattr(row, name)}
    return AlertView(**shown, **row.facts)
