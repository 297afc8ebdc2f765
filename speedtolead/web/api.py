"""The API's routes under ``/v1``: leads, suppressions, agents, statistics.

Owns: reading each request and shaping each answer. What it does is in ``service``.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

import structlog
from aiohttp import web
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from speedtolead.domain.phone import masked
from speedtolead.domain.source import Reply
from speedtolead.service.intake.fields import LeadBody
from speedtolead.service.intake.replies import reply
from speedtolead.service.leads import LeadFilter
from speedtolead.service.reports import Period
from speedtolead.store.intake import SourceRow
from speedtolead.web import auth, lead_post, metrics, views
from speedtolead.web.endpoint import Routes
from speedtolead.web.problems import Problem, field_problem, of_validation
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ProblemView

log = structlog.get_logger(__name__)
routes = Routes()
Model = TypeVar("Model", bound=BaseModel)

_ERRORS: dict[int, type[BaseModel] | str] = {401: ProblemView, 403: ProblemView}


class LeadQuery(BaseModel):
    """``after`` is the ``next`` of the page before."""

    model_config = ConfigDict(extra="forbid")

    state: str | None = None
    phone: str | None = None
    external_id: str | None = None
    after: str | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class StopView(BaseModel):
    lead_id: UUID
    status: str


class SuppressionBody(BaseModel):
    """One of ``phone`` and ``email``. ``campaign`` narrows it; without, it holds for the whole account."""

    model_config = ConfigDict(extra="forbid")

    phone: str | None = None
    email: Annotated[str | None, Field(max_length=254)] = None
    campaign: str | None = None
    reason: Annotated[str, Field(min_length=1, max_length=500)] = "asked not to be contacted"


class SuppressionQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    phone: str | None = None
    email: str | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class AgentStateBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    state: Literal["available", "paused", "offline"]
    reason: Annotated[str | None, Field(max_length=100)] = None


class AgentStateView(BaseModel):
    name: str
    state: str


class StatsQuery(BaseModel):
    """``from`` (default: 24 hours ago) to ``to`` (default: now), of the leads received then."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    since: Annotated[AwareDatetime | None, Field(alias="from")] = None
    until: Annotated[AwareDatetime | None, Field(alias="to")] = None
    group_by: Literal["source", "campaign", "day"] | None = None
    campaign: str | None = None
    source: str | None = None


@routes(
    "POST",
    "/v1/leads",
    "Post a lead. It is answered after it is stored, and called within seconds.",
    body=LeadBody,
    responses={202: views.AcceptedView, 400: ProblemView, 401: ProblemView, 413: ProblemView, 415: ProblemView,
               422: ProblemView, 503: ProblemView},
)  # fmt: skip
async def post_lead(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    received_at = services.clock.now()
    key = auth.bearer(request)
    source = await services.intake.source(key) if key else None
    if source is None:
        log.info("lead.refused", reason="unauthorized")
        raise auth.unauthorised() if key is None else auth.unauthorised("This is no source's key in force.")
    try:
        post = await lead_post.read(request, source.source.mapping)
    except Problem as problem:
        log.info("lead.refused", reason=problem.code, fields=[e["field"] for e in problem.errors])
        await _keep_unread(request, source, received_at, problem)
        if source.source.reply is not None:
            return _in_their_words(source.source.reply, problem.status, problem.body())
        raise
    answer = await services.intake.take(source, post, received_at)
    metrics.LEADS.labels(answer.refusal or "accepted").inc()
    log.info(
        "lead.answered",
        lead_id=str(answer.lead_id),
        status=answer.status,
        reason=answer.refusal,
        repeated=answer.repeated,
    )
    if source.source.reply is not None:
        return _in_their_words(source.source.reply, answer.status, answer.body, answer.price)
    kind = "application/json" if answer.status < 400 else "application/problem+json"
    return web.json_response(answer.body, status=answer.status, content_type=kind)


def _in_their_words(terms: Reply, status: int, body: dict[str, Any], price: Decimal | None = None) -> web.Response:
    said = reply(terms, status, body, price)
    return web.Response(status=said.status, text=said.body, content_type=said.content_type)


async def _keep_unread(request: web.Request, source: SourceRow, received_at: datetime, problem: Problem) -> None:
    """So that whoever connects this vendor sees what came; a body that is too large is not kept."""
    await request.app[SERVICES].unread.keep(
        source,
        received_at,
        via="api",
        status=problem.status,
        code=problem.code,
        detail=problem.detail,
        fields=[error["field"] for error in problem.errors],
        content_type=request.headers.get("Content-Type", "").encode(errors="replace").decode(),
        body=await _what_came(request),
    )


async def _what_came(request: web.Request) -> bytes:
    """The body, or nothing where it is too large or broken: the answer is given already."""
    try:
        return await request.read()
    except (web.HTTPRequestEntityTooLarge, web.RequestPayloadError, ConnectionError):
        return b""


@routes(
    "GET",
    "/v1/leads/{lead_id}",
    "A lead with its attempts, hops in ms, and every decision.",
    responses={200: views.LeadView, 404: ProblemView, **_ERRORS},
)
async def get_lead(request: web.Request) -> web.Response:
    caller = await auth.caller(request)
    story = await request.app[SERVICES].leads.story(caller.account_id, _id(request, "lead_id"), caller.source_id)
    return _json(views.lead_view(story))


@routes(
    "GET",
    "/v1/leads",
    "Leads, newest first, in pages.",
    query=LeadQuery,
    responses={200: views.LeadPage, 422: ProblemView, **_ERRORS},
)
async def list_leads(request: web.Request) -> web.Response:
    caller = await auth.caller(request)
    query = _query(LeadQuery, request)
    before = _cursor(query.after)
    wanted = LeadFilter(
        caller.source_id, query.state, query.phone, query.external_id, before and before[0], before and before[1]
    )
    found = await request.app[SERVICES].leads.page(caller.account_id, wanted, query.limit)
    last = found[-1] if len(found) == query.limit else None
    return _json(
        views.LeadPage(
            leads=[views.lead_line(row) for row in found],
            next=None if last is None else _to_cursor(last.received_at, last.lead_id),
        )
    )


@routes(
    "POST",
    "/v1/leads/{lead_id}/stop",
    "End a lead's cadence. A call that is under way goes on.",
    responses={200: StopView, 404: ProblemView, **_ERRORS},
)
async def stop_lead(request: web.Request) -> web.Response:
    caller = await auth.caller(request)
    lead_id = _id(request, "lead_id")
    status = await request.app[SERVICES].leads.stop(caller.account_id, lead_id, caller.source_id)
    return _json(StopView(lead_id=lead_id, status=status))


@routes(
    "POST",
    "/v1/suppressions",
    "Never contact this phone or email again; leads under way are ended at once.",
    body=SuppressionBody,
    responses={201: views.SuppressionView, 404: ProblemView, 422: ProblemView, **_ERRORS},
)
async def suppress(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    body = await _body(SuppressionBody, request)
    if (body.phone is None) == (body.email is None):
        raise field_problem("phone", "say one of phone and email")
    services = request.app[SERVICES]
    value = services.intake.read_phone(body.phone) if body.phone else (body.email or "").strip().lower()
    if value is None:
        raise field_problem("phone", "this is no phone number", "invalid_phone")
    kind = "phone" if body.phone else "email"
    made = await services.leads.suppress(caller.account_id, kind, value, body.reason, "api", body.campaign)
    log.info("suppressed", kind=kind, value=masked(value), scope=body.campaign or "account")
    view = views.SuppressionView(
        id=made,
        kind=kind,
        value=value,
        scope=body.campaign or "account",
        reason=body.reason,
        origin="api",
        created_at=services.clock.now(),
    )
    return _json(view, status=201)


@routes(
    "GET",
    "/v1/suppressions",
    "Suppressions in force, newest first.",
    query=SuppressionQuery,
    responses={200: views.SuppressionPage, **_ERRORS},
)
async def list_suppressions(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    query = _query(SuppressionQuery, request)
    services = request.app[SERVICES]
    value = (services.intake.read_phone(query.phone) or query.phone) if query.phone else query.email
    found = await services.leads.suppressions(caller.account_id, value, query.limit)
    return _json(views.SuppressionPage(suppressions=[views.suppression_view(row) for row in found]))


@routes(
    "DELETE",
    "/v1/suppressions/{suppression_id}",
    "End a suppression. Its row stays.",
    responses={204: "", 404: ProblemView, **_ERRORS},
)
async def lift_suppression(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    await request.app[SERVICES].leads.lift(caller.account_id, _id(request, "suppression_id"))
    return web.Response(status=204)


@routes("GET", "/v1/agents", "The agents, and what each is doing.", responses={200: views.AgentList, **_ERRORS})
async def list_agents(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    found = await request.app[SERVICES].agents.all(caller.account_id)
    return _json(views.AgentList(agents=[views.agent_view(row) for row in found]))


@routes(
    "PUT",
    "/v1/agents/{name}/state",
    "Let an agent come in, pause or go. A call that is under way goes on.",
    body=AgentStateBody,
    responses={200: AgentStateView, 404: ProblemView, 422: ProblemView, **_ERRORS},
)
async def set_agent_state(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    body = await _body(AgentStateBody, request)
    name = request.match_info["name"]
    state = await request.app[SERVICES].agents.change(caller.account_id, name, body.state, body.reason)
    return _json(AgentStateView(name=name, state=state))


@routes(
    "GET",
    "/v1/stats/speed",
    "How fast: p50, p90, p99 and shares, in calendar and in permitted time, and each hop.",
    query=StatsQuery,
    responses={200: views.SpeedReport, 422: ProblemView, **_ERRORS},
)
async def speed(request: web.Request) -> web.Response:
    account_id, period = await _period(request)
    found = await request.app[SERVICES].reports.speed(account_id, period)
    report = views.speed_report(period.since, period.until, found)
    return _csv(report.speeds) if _wants_csv(request) else _json(report)


@routes(
    "GET",
    "/v1/stats/contact",
    "Whom we reach: rates with their denominators and intervals.",
    query=StatsQuery,
    responses={200: views.ContactReport, 422: ProblemView, **_ERRORS},
)
async def contact(request: web.Request) -> web.Response:
    account_id, period = await _period(request)
    found = await request.app[SERVICES].reports.contact(account_id, period)
    report = views.contact_report(period.since, period.until, found)
    return _csv(report.groups) if _wants_csv(request) else _json(report)


async def _period(request: web.Request) -> tuple[UUID, Period]:
    caller = await auth.caller(request)
    query = _query(StatsQuery, request)
    until = query.until or request.app[SERVICES].clock.now()
    since = query.since or until - timedelta(hours=24)
    if since >= until:
        raise field_problem("from", "expected a moment before `to`")
    return caller.account_id, Period(since, until, query.group_by, query.campaign, query.source, caller.source_id)


def _json(view: BaseModel, status: int = 200) -> web.Response:
    return web.Response(text=view.model_dump_json(), status=status, content_type="application/json")


def _wants_csv(request: web.Request) -> bool:
    return "text/csv" in request.headers.get("Accept", "")


def _csv(views_: list[Any]) -> web.Response:
    """A row a group; nested values become columns named ``rate.numerator``."""
    flat = [_flat(view.model_dump(mode="json")) for view in views_]
    out = io.StringIO()
    columns = list(dict.fromkeys(column for row in flat for column in row))
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


def _id(request: web.Request, name: str) -> UUID:
    try:
        return UUID(request.match_info[name])
    except ValueError:
        raise Problem(404, "not_found", "There is no such thing.") from None


def _query(model: type[Model], request: web.Request) -> Model:
    try:
        return model.model_validate(dict(request.query))
    except ValidationError as error:
        raise of_validation(error) from None


async def _body(model: type[Model], request: web.Request) -> Model:
    if request.content_type != "application/json":
        raise Problem(415, "unsupported_type", "Post application/json.")
    try:
        value = from_json(await request.read(), allow_inf_nan=False)
    except ValueError:
        raise Problem(400, "unreadable_body", "The body is not valid JSON.") from None
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise of_validation(error) from None


def _to_cursor(at: datetime, lead_id: UUID) -> str:
    return base64.urlsafe_b64encode(f"{at.isoformat()} {lead_id}".encode()).decode().rstrip("=")


def _cursor(text: str | None) -> tuple[datetime, UUID] | None:
    if text is None:
        return None
    try:
        plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        at, _, lead_id = plain.partition(" ")
        return datetime.fromisoformat(at), UUID(lead_id)
    except (ValueError, binascii.Error):
        raise field_problem("after", "expected the `next` of another page") from None
