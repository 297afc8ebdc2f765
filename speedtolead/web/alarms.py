"""The API of an account's alarms: what is wrong, saying that it was seen, and being left in peace for a while.

Owns: reading each request and shaping the answer. Must not know: when something is wrong.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, Field

from speedtolead.domain.alarm import AlarmKind
from speedtolead.store.alarms import AlarmRow
from speedtolead.web import auth, reading
from speedtolead.web.answers import answer
from speedtolead.web.endpoint import Routes
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ERRORS, Instant, ProblemView

routes = Routes()


class AlarmQuery(reading.Given):
    """``open``: those that go on. ``all``: those that ended too, the last 200 of them all."""

    state: Literal["open", "all"] = "open"


class AlarmView(BaseModel):
    """``subject``: the campaign, list or carrier that it is about; empty: the account."""

    alarm_id: UUID
    kind: str
    subject: str
    opened_at: Instant
    ended_at: Instant | None
    words: str
    facts: dict[str, Any]
    acknowledged_at: Instant | None
    acknowledged_by: str | None


class AlarmList(BaseModel):
    alarms: list[AlarmView]


class QuietBody(reading.Given):
    """``hours`` 0: write again."""

    kind: AlarmKind
    hours: Annotated[float, Field(ge=0, le=24 * 31)]


class QuietView(BaseModel):
    kind: str
    until: Instant


@routes(
    "GET",
    "/v1/alarms",
    "What is wrong with the whole account: speed, contact, queue, agents, abandonment, carriers, lists.",
    query=AlarmQuery,
    responses={200: AlarmList, 422: ProblemView, **ERRORS},
)
async def alarms(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    query = reading.query_of(AlarmQuery, request)
    found = await request.app[SERVICES].alarms.alarms(caller.account_id, ended=query.state == "all")
    return answer(AlarmList(alarms=[alarm_view(row) for row in found]))


@routes(
    "POST",
    "/v1/alarms/{alarm_id}/acknowledge",
    "Say that an alarm was seen. It goes on until it is over.",
    responses={204: "", 404: ProblemView, **ERRORS},
)
async def acknowledge(request: web.Request) -> web.Response:
    caller = await auth.managing(request)
    alarm_id = reading.id_of(request, "alarm_id")
    await request.app[SERVICES].alarms.acknowledge(caller.account_id, alarm_id, await auth.acting(request))
    return web.Response(status=204)


@routes(
    "POST",
    "/v1/alarms/quiet",
    "Write to nobody about a kind of alarm for so many hours; the board shows it all the same.",
    body=QuietBody,
    responses={200: QuietView, 422: ProblemView, **ERRORS},
)
async def be_quiet(request: web.Request) -> web.Response:
    caller = await auth.managing(request)
    body = await reading.json_of(QuietBody, request)
    service, by = request.app[SERVICES].alarms, await auth.acting(request)
    until = await service.be_quiet(caller.account_id, body.kind, body.hours, by)
    return answer(QuietView(kind=body.kind, until=until))


def alarm_view(row: AlarmRow) -> AlarmView:
    return AlarmView(**{name: getattr(row, name) for name in AlarmView.model_fields})
