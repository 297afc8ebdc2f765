"""The API of the agent's console: what whoever is signed in as an agent does at it.

Owns: reading each request, whose agent it is, and shaping each answer. Must not know: what follows from a
disposition, or the carrier. Every route is about the agent of the session, and the leads that this agent was rung
for or owns.
"""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, Field

from speedtolead.domain.disposition import MAY, NEEDS, Kind
from speedtolead.domain.permit import Decision
from speedtolead.domain.returned import ReturnReason
from speedtolead.ports import Permanent
from speedtolead.service.agents.changing import UnknownReason
from speedtolead.service.console.dispositions import Said
from speedtolead.service.console.seats import RENEWED_EVERY
from speedtolead.store.console import SeatRow
from speedtolead.store.people import SessionOwner
from speedtolead.web import auth, carrier, reading
from speedtolead.web.answers import answer
from speedtolead.web.endpoint import Routes
from speedtolead.web.outcomes import Moment, Note
from speedtolead.web.problems import Problem, field_problem
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ERRORS, Instant, ProblemView

routes = Routes()
_WRONG = {404: ProblemView, 409: ProblemView, 422: ProblemView}
CLIENT = "client:"


class SeatStateBody(reading.Given):
    """``reason``: of a pause; where the account lists some, one of these."""

    state: Literal["available", "paused", "offline"]
    reason: Annotated[str | None, Field(max_length=100)] = None


class LineBody(reading.Given):
    on: Literal["browser", "phone"]


class SeatStateView(BaseModel):
    name: str
    state: str


class PresenceView(BaseModel):
    """``again``: seconds after which the page says so again."""

    state: str
    again: float


class TokenView(BaseModel):
    """``kind``: ``carrier`` or ``simulated``; a new token is asked for before ``expires_at``."""

    kind: str
    identity: str
    token: str
    expires_at: Instant


class DispositionBody(reading.Given):
    """``value``: of a sale or a quote. ``at``: of an appointment or a callback. ``reason``: of a bad lead.

    ``mine``: the callback is this agent's.
    """

    kind: Kind
    note: Note | None = None
    value: Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=4)] | None = None
    at: Moment | None = None
    reason: ReturnReason | None = None
    mine: bool = False


class DispositionView(BaseModel):
    """``undo_until``: until when it can be taken back."""

    kind: str
    state: str
    made_at: Instant
    undo_until: Instant
    why: str | None


class CardBody(reading.Given):
    """What was typed; what is left out stays as it is."""

    answers: Annotated[dict[str, Annotated[str, Field(max_length=1000)]], Field(max_length=50)] = Field(
        default_factory=dict
    )
    note: Annotated[str | None, Field(max_length=10_000)] = None


class TimesView(BaseModel):
    """Half hours at which a call would be lawful by what is known now, in the person's zone."""

    zone: str
    at: list[Instant]


class TypedTextBody(reading.Given):
    text: Annotated[str, Field(min_length=1, max_length=1600)]


class DoneView(BaseModel):
    done: bool = True


async def seat_of(request: web.Request, *, changes: bool = True) -> tuple[SessionOwner, SeatRow]:
    """Who is signed in, and the agent that they are. Raises 401, 403, or 404 for who is no agent."""
    session = await auth.session_of(request)
    if session is None:
        raise auth.unauthorised("Sign in first.")
    if changes:
        auth.check_form(request, request.headers.get("X-CSRF-Token"))
    seat = await request.app[SERVICES].seats.of(session.account_id, session.user_id)
    if seat is None:
        raise Problem(404, "no_agent", "Nobody rings this user: no agent of the configuration has this email.")
    return session, seat


@routes(
    "PUT",
    "/v1/agent/state",
    "Come in, pause or go, as the agent who is signed in.",
    body=SeatStateBody,
    responses={200: SeatStateView, **_WRONG, **ERRORS},
)
async def set_state(request: web.Request) -> web.Response:
    _, seat = await seat_of(request)
    body, services = await reading.json_of(SeatStateBody, request), request.app[SERVICES]
    try:
        state = await services.agents.change(seat.account_id, seat.name, body.state, body.reason)
    except UnknownReason as error:
        raise field_problem("reason", str(error), error.code) from None
    await services.seats.said(seat)
    return answer(SeatStateView(name=seat.name, state=state))


@routes(
    "PUT",
    "/v1/agent/line",
    "Choose where to be rung: in the browser, or on the phone or SIP set of the configuration.",
    body=LineBody,
    responses={200: DoneView, **_WRONG, **ERRORS},
)
async def choose_line(request: web.Request) -> web.Response:
    _, seat = await seat_of(request)
    body = await reading.json_of(LineBody, request)
    await request.app[SERVICES].seats.choose(seat, in_browser=body.on == "browser")
    return answer(DoneView())


@routes(
    "POST",
    "/v1/agent/presence",
    "The agent's page is open; it says so again and again.",
    responses={200: PresenceView, **_WRONG, **ERRORS},
)
async def presence(request: web.Request) -> web.Response:
    _, seat = await seat_of(request)
    services = request.app[SERVICES]
    await services.seats.there(seat)
    if seat.state not in {"offline", "paused"}:
        token = request.cookies.get(auth.COOKIE, "")
        await services.sign_in.owner(token)  # whoever is ready for leads is not idle
    return answer(PresenceView(state=seat.state, again=RENEWED_EVERY.total_seconds()))


@routes(
    "GET",
    "/v1/agent/token",
    "A token by which the agent's browser can be rung.",
    responses={200: TokenView, **_WRONG, **ERRORS},
)
async def token(request: web.Request) -> web.Response:
    _, seat = await seat_of(request, changes=False)
    services = request.app[SERVICES]
    if not seat.address.startswith(CLIENT):
        raise Problem(409, "no_client", "This agent is rung on a phone, not in the browser.")
    try:
        made = services.softphones.token(seat.address.removeprefix(CLIENT), services.clock.now())
    except Permanent as error:
        raise Problem(409, error.code, str(error)) from None
    view = TokenView(kind=made.kind, identity=made.identity, token=made.token, expires_at=made.expires_at)
    response = answer(view)
    response.headers["Cache-Control"] = "no-store"
    return response


@routes(
    "POST",
    "/v1/agent/calls/{attempt_id}/decline",
    "Do not take the offer: the next agent is rung.",
    responses={202: DoneView, **_WRONG, **ERRORS},
)
async def decline(request: web.Request) -> web.Response:
    _, seat = await seat_of(request)
    attempt_id = reading.id_of(request, "attempt_id")
    carrier.carry_out(request, await request.app[SERVICES].seats.decline(seat, attempt_id))
    return answer(DoneView(), 202)


@routes(
    "POST",
    "/v1/agent/calls/{attempt_id}/disposition",
    "Say what came of a call. It takes effect after ten seconds, do_not_call and machine at once.",
    body=DispositionBody,
    responses={201: DispositionView, **_WRONG, **ERRORS},
)
async def dispose(request: web.Request) -> web.Response:
    session, seat = await seat_of(request)
    attempt_id, body = reading.id_of(request, "attempt_id"), await reading.json_of(DispositionBody, request)
    _check(body)
    services = request.app[SERVICES]
    at = None if body.at is None else body.at.astimezone(UTC)
    if body.kind in {Kind.CALLBACK, Kind.APPOINTMENT} and at is not None and at <= services.clock.now():
        raise field_problem("at", "this is in the past")
    if body.kind is Kind.CALLBACK and at is not None:
        await _check_lawful(request, seat, attempt_id, body)
    said = Said(body.kind, body.note or None, body.value, at, body.reason, body.mine)
    row, afterwards = await services.dispositions.say(seat, attempt_id, said, session.email)
    carrier.carry_out(request, afterwards)
    view = DispositionView(
        kind=row.kind, state=row.state, made_at=row.made_at, undo_until=row.settles_at, why=row.why
    )
    return answer(view, 201)


def _check(body: DispositionBody) -> None:
    """Raises a Problem that names the field."""
    given = {name for name in ("value", "at", "reason") if getattr(body, name) is not None}
    given |= {"mine"} if body.mine else set()
    for name in NEEDS.get(body.kind, ()):
        if name not in given:
            raise field_problem(name, f"{body.kind.replace('_', ' ')} needs it")
    for name in sorted(given - set(MAY.get(body.kind, ()))):
        raise field_problem(name, f"{body.kind.replace('_', ' ')} has none")


async def _check_lawful(request: web.Request, seat: SeatRow, attempt_id: object, body: DispositionBody) -> None:
    services = request.app[SERVICES]
    call = await services.seats.call(seat)
    if call is None or call.attempt_id != attempt_id or body.at is None:
        return  # `say` tells whether there is such a call
    permit = await services.cards.may_call(seat, call.lead_id, body.at.astimezone(UTC))
    if permit.decision is not Decision.ALLOWED:
        raise field_problem("at", f"no call is lawful then: {' '.join(permit.reasons)}", "not_lawful")


@routes(
    "DELETE",
    "/v1/agent/calls/{attempt_id}/disposition",
    "Take back what was said of a call, within ten seconds.",
    responses={200: DoneView, **_WRONG, **ERRORS},
)
async def undo(request: web.Request) -> web.Response:
    _, seat = await seat_of(request)
    await request.app[SERVICES].dispositions.undo(seat, reading.id_of(request, "attempt_id"))
    return answer(DoneView())


@routes(
    "PUT",
    "/v1/agent/leads/{lead_id}/card",
    "Save what was typed: answers to the campaign's questions, and the note.",
    body=CardBody,
    responses={200: DoneView, **_WRONG, **ERRORS},
)
async def save_card(request: web.Request) -> web.Response:
    session, seat = await seat_of(request)
    body = await reading.json_of(CardBody, request)
    lead_id = reading.id_of(request, "lead_id")
    await request.app[SERVICES].cards.save(seat, lead_id, body.answers, body.note, session.email)
    return answer(DoneView())


@routes(
    "GET",
    "/v1/agent/leads/{lead_id}/callback-times",
    "When this person may be called back: lawful times of the next days.",
    responses={200: TimesView, **_WRONG, **ERRORS},
)
async def callback_times(request: web.Request) -> web.Response:
    _, seat = await seat_of(request, changes=False)
    zone, at = await request.app[SERVICES].cards.callback_times(seat, reading.id_of(request, "lead_id"))
    return answer(TimesView(zone=zone, at=at))


@routes(
    "POST",
    "/v1/agent/leads/{lead_id}/texts",
    "Text the person. Permitted as any text is; it goes out when the call is over.",
    body=TypedTextBody,
    responses={202: DoneView, **_WRONG, **ERRORS},
)
async def send_text(request: web.Request) -> web.Response:
    session, seat = await seat_of(request)
    body = await reading.json_of(TypedTextBody, request)
    lead_id = reading.id_of(request, "lead_id")
    await request.app[SERVICES].cards.text(seat, lead_id, body.text.strip(), session.email)
    return answer(DoneView(), 202)


@routes(
    "POST",
    "/v1/agent/stuck",
    "I am stuck: whatever holds the agent lets go, and a report with the call's timeline is filed.",
    responses={200: DoneView, **_WRONG, **ERRORS},
)
async def stuck(request: web.Request) -> web.Response:
    session, seat = await seat_of(request)
    freed = await request.app[SERVICES].seats.free(seat.account_id, seat.agent_id, session.email)
    carrier.carry_out(request, freed)
    return answer(DoneView())
