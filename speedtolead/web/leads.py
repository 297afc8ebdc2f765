"""The API of leads: posting one, reading them, ending one.

Owns: reading each request and shaping each answer. What becomes of a lead is in ``service``.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import structlog
from aiohttp import web
from pydantic import BaseModel, Field

from speedtolead.domain.errors import NotFound
from speedtolead.domain.source import Reply
from speedtolead.service.intake.fields import LeadBody
from speedtolead.service.intake.replies import reply
from speedtolead.service.leads import LeadFilter
from speedtolead.store.intake import SourceRow
from speedtolead.web import auth, lead_post, metrics, reading
from speedtolead.web.answers import answer
from speedtolead.web.endpoint import Routes
from speedtolead.web.lead_views import LeadLineView, LeadView, lead_line, lead_view
from speedtolead.web.problems import Problem, field_problem
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ERRORS, Instant, ProblemView

log = structlog.get_logger(__name__)
routes = Routes()


class Links(BaseModel):
    self: str


class AcceptedView(BaseModel):
    lead_id: UUID
    status: str
    next_attempt_at: Instant | None
    links: Links


class LeadQuery(reading.Given):
    """``after`` is the ``next`` of the page before."""

    state: str | None = None
    phone: str | None = None
    external_id: str | None = None
    after: str | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class LeadPage(BaseModel):
    leads: list[LeadLineView]
    next: str | None


class OwnerBody(reading.Given):
    """``agent``: a name; null: whoever talks with the person last."""

    agent: Annotated[str | None, Field(max_length=63)]


class StopView(BaseModel):
    lead_id: UUID
    status: str


@routes(
    "POST",
    "/v1/leads",
    "Post a lead. It is answered after it is stored, and called within seconds.",
    body=LeadBody,
    responses={202: AcceptedView, 400: ProblemView, 401: ProblemView, 413: ProblemView, 415: ProblemView,
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
    taken = await services.intake.take(source, post, received_at)
    metrics.lead(taken.refusal or "accepted").inc()
    log.info(
        "lead.answered",
        lead_id=str(taken.lead_id),
        status=taken.status,
        reason=taken.refusal,
        repeated=taken.repeated,
    )
    if source.source.reply is not None:
        return _in_their_words(source.source.reply, taken.status, taken.body, taken.price)
    kind = "application/json" if taken.status < 400 else "application/problem+json"
    return web.json_response(taken.body, status=taken.status, content_type=kind)


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
        body=await _what_came(request, problem),
    )


async def _what_came(request: web.Request, problem: Problem) -> bytes:
    """The body, or nothing where it is too large, too slow or broken: the answer is given already."""
    if problem.status in {408, 413}:
        return b""
    try:
        return await reading.as_it_came(request)
    except (Problem, web.RequestPayloadError, ConnectionError):
        return b""


@routes(
    "GET",
    "/v1/leads/{lead_id}",
    "A lead with its attempts, hops in ms, and every decision.",
    responses={200: LeadView, 404: ProblemView, **ERRORS},
)
async def get_lead(request: web.Request) -> web.Response:
    caller = await auth.caller(request)
    lead_id = reading.id_of(request, "lead_id")
    story = await request.app[SERVICES].leads.story(caller.account_id, lead_id, caller.source_id)
    return answer(lead_view(story))


@routes(
    "GET",
    "/v1/leads",
    "Leads, newest first, in pages.",
    query=LeadQuery,
    responses={200: LeadPage, 422: ProblemView, **ERRORS},
)
async def list_leads(request: web.Request) -> web.Response:
    caller = await auth.caller(request)
    query = reading.query_of(LeadQuery, request)
    before = reading.cursor_of(query.after)
    wanted = LeadFilter(
        caller.source_id, query.state, query.phone, query.external_id, before and before[0], before and before[1]
    )
    found = await request.app[SERVICES].leads.page(caller.account_id, wanted, query.limit)
    last = found[-1] if len(found) == query.limit else None
    return answer(
        LeadPage(
            leads=[lead_line(row) for row in found],
            next=None if last is None else reading.to_cursor(last.received_at, last.lead_id),
        )
    )


@routes(
    "POST",
    "/v1/leads/{lead_id}/stop",
    "End a lead's cadence. A call that is under way goes on.",
    responses={200: StopView, 404: ProblemView, **ERRORS},
)
async def stop_lead(request: web.Request) -> web.Response:
    caller = await auth.caller(request)
    lead_id = reading.id_of(request, "lead_id")
    status = await request.app[SERVICES].leads.stop(caller.account_id, lead_id, caller.source_id)
    return answer(StopView(lead_id=lead_id, status=status))


@routes(
    "PUT",
    "/v1/leads/{lead_id}/owner",
    "Give a lead to an agent. Campaigns that route by owner offer it to them first, or only.",
    body=OwnerBody,
    responses={200: LeadView, 404: ProblemView, 422: ProblemView, **ERRORS},
)
async def give_lead(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    lead_id = reading.id_of(request, "lead_id")
    body = await reading.json_of(OwnerBody, request)
    services = request.app[SERVICES]
    try:
        await services.leads.give(caller.account_id, lead_id, body.agent)
    except NotFound as error:
        if error.code == NotFound.code:
            raise
        raise field_problem("agent", str(error), error.code) from None
    return answer(lead_view(await services.leads.story(caller.account_id, lead_id)))
