"""The API of agreed calls, and their calendar entries.

Owns: reading each request and shaping each answer. Must not know: when a person may be called. A time that is not
lawful is a 422 that names the next one that is.
"""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from aiohttp import web
from pydantic import AfterValidator, BaseModel, Field

from speedtolead.domain.hours import zone_info
from speedtolead.domain.permit import iso
from speedtolead.service.cadences.asked_calls import AskedCalls, CallbackRefused, Wish
from speedtolead.store.callbacks import CallbackLine
from speedtolead.web import auth, reading
from speedtolead.web.answers import answer
from speedtolead.web.endpoint import Routes
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ERRORS, Instant, ProblemView

CALENDAR_PATH = "/callbacks/{token}.ics"
_CONFLICTS = {"lead_ended", "callback_over"}
routes = Routes()


def _this_century(at: datetime) -> datetime:
    if not 2000 <= at.year <= 2099:
        raise ValueError("expected a time between 2000 and 2099")
    return at


LocalTime = Annotated[datetime, AfterValidator(_this_century)]


class CallbackBody(reading.Given):
    """``at`` without an offset is on the person's clock. ``agent``: who calls, if free then; left out: anyone.
    ``remind_minutes``: so long before it the person is reminded by text. ``mail``: the person gets a mail with the
    calendar entry. The ``note`` is for whoever calls."""

    at: LocalTime
    agent: Annotated[str, Field(max_length=200)] | None = None
    note: Annotated[str, Field(max_length=1000)] | None = None
    remind_minutes: Annotated[int, Field(ge=5, le=2880)] | None = None
    mail: bool = False

    def wish(self, by: str) -> Wish:
        remind = None if self.remind_minutes is None else timedelta(minutes=self.remind_minutes)
        return Wish(self.at, by, self.agent, (self.note or "").strip() or None, remind, self.mail)


class MoveBody(reading.Given):
    """What is left out is so from now on: no agent, no note, no reminder."""

    at: LocalTime
    agent: Annotated[str, Field(max_length=200)] | None = None
    note: Annotated[str, Field(max_length=1000)] | None = None
    remind_minutes: Annotated[int, Field(ge=5, le=2880)] | None = None


class CallbackView(BaseModel):
    """``local`` is the person's clock. ``state``: of its call; ``scheduled`` while it is to come, or ``cancelled``.
    ``calendar``: where its entry is, without a key."""

    callback_id: UUID
    lead_id: UUID
    at: Instant
    local: str
    timezone: str
    agent: str | None
    note: str | None
    remind_minutes: int | None
    mail: bool
    asked_by: str
    made_at: Instant
    moved_at: Instant | None
    cancelled_at: Instant | None
    cancelled_by: str | None
    state: str
    first_name: str | None
    last_name: str | None
    phone: str | None
    campaign: str
    calendar: str


class CallbackPage(BaseModel):
    callbacks: list[CallbackView]
    next: str | None


class CallbackQuery(reading.Given):
    """``agent``: the agent's own, and those that are anyone's."""

    agent: Annotated[str, Field(max_length=200)] | None = None
    after: str | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 50


_WRONG = {400: ProblemView, 404: ProblemView, 409: ProblemView, 415: ProblemView, 422: ProblemView, **ERRORS}


@routes(
    "POST",
    "/v1/leads/{lead_id}/callbacks",
    "Agree on a call at a lawful time, in place of what is planned, before all others at that time.",
    body=CallbackBody,
    responses={201: CallbackView, **_WRONG},
)
async def plan_callback(request: web.Request) -> web.Response:
    caller, lead_id = await auth.caller(request, whole_account=True), reading.id_of(request, "lead_id")
    body, asked = await reading.json_of(CallbackBody, request), request.app[SERVICES].asked_calls
    found = await told(asked.plan(caller.account_id, lead_id, body.wish(await auth.acting(request))))
    return answer(callback_view(found, asked), 201)


@routes(
    "GET",
    "/v1/leads/{lead_id}/callbacks",
    "The calls that were agreed on with a lead, cancelled ones too.",
    responses={200: CallbackPage, 404: ProblemView, **ERRORS},
)
async def callbacks_of_lead(request: web.Request) -> web.Response:
    caller, lead_id = await auth.caller(request, whole_account=True), reading.id_of(request, "lead_id")
    asked = request.app[SERVICES].asked_calls
    found = await asked.listed(caller.account_id, lead_id=lead_id)
    return answer(CallbackPage(callbacks=[callback_view(line, asked) for line in found], next=None))


@routes(
    "GET",
    "/v1/callbacks",
    "Agreed calls that are to come, the soonest first, in pages.",
    query=CallbackQuery,
    responses={200: CallbackPage, 422: ProblemView, **ERRORS},
)
async def list_callbacks(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    query, asked = reading.query_of(CallbackQuery, request), request.app[SERVICES].asked_calls
    after = reading.cursor_of(query.after)
    found = await asked.listed(caller.account_id, agent=query.agent, after=after, most=query.limit)
    following = reading.to_cursor(found[-1].at, found[-1].callback_id) if len(found) == query.limit else None
    return answer(CallbackPage(callbacks=[callback_view(line, asked) for line in found], next=following))


@routes(
    "PATCH",
    "/v1/leads/{lead_id}/callbacks/{callback_id}",
    "Move an agreed call that has not begun.",
    body=MoveBody,
    responses={200: CallbackView, **_WRONG},
)
async def move_callback(request: web.Request) -> web.Response:
    caller, lead_id = await auth.caller(request, whole_account=True), reading.id_of(request, "lead_id")
    callback_id, body = reading.id_of(request, "callback_id"), await reading.json_of(MoveBody, request)
    asked = request.app[SERVICES].asked_calls
    wish = CallbackBody(**body.model_dump()).wish(await auth.acting(request))
    found = await told(asked.move(caller.account_id, lead_id, callback_id, wish))
    return answer(callback_view(found, asked))


@routes(
    "DELETE",
    "/v1/leads/{lead_id}/callbacks/{callback_id}",
    "Take an agreed call back; the cadence goes on.",
    responses={200: CallbackView, 404: ProblemView, 409: ProblemView, **ERRORS},
)
async def cancel_callback(request: web.Request) -> web.Response:
    caller, lead_id = await auth.caller(request, whole_account=True), reading.id_of(request, "lead_id")
    callback_id, asked = reading.id_of(request, "callback_id"), request.app[SERVICES].asked_calls
    found = await told(asked.cancel(caller.account_id, lead_id, callback_id, await auth.acting(request)))
    return answer(callback_view(found, asked))


async def calendar(request: web.Request) -> web.Response:
    """The calendar entry, for whoever has its address."""
    text = await request.app[SERVICES].asked_calls.calendar(request.match_info["token"])
    headers = {"Content-Disposition": 'attachment; filename="call.ics"', "Cache-Control": "no-store"}
    return web.Response(text=text, content_type="text/calendar", charset="utf-8", headers=headers)


async def told(what: Awaitable[CallbackLine]) -> CallbackLine:
    """What came of it. Raises a Problem: 409, or 422 that names the next lawful time."""
    try:
        return await what
    except CallbackRefused as error:
        if error.code in _CONFLICTS:
            raise Problem(409, error.code, str(error)) from None
        found: dict[str, Any] = {"field": error.field, "code": error.code, "message": str(error)}
        if error.next_lawful is not None:
            found["next_lawful"] = iso(error.next_lawful)
        raise Problem(422, error.code, f"{error.field}: {error}", [found]) from None


def callback_view(line: CallbackLine, asked: AskedCalls) -> CallbackView:
    fields = {name: getattr(line, name) for name in CallbackView.model_fields if hasattr(line, name)}
    return CallbackView(
        **fields,
        local=line.at.astimezone(zone_info(line.zone)).isoformat(timespec="seconds"),
        timezone=line.zone,
        remind_minutes=None if line.remind is None else round(line.remind.total_seconds() / 60),
        calendar=asked.link(line.callback_id),
    )
