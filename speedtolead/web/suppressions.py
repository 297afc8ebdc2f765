"""The API of suppressions: who is never to be contacted again.

Owns: reading each request and shaping each answer. What a suppression ends is in ``service``.
"""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import structlog
from aiohttp import web
from pydantic import BaseModel, Field

from speedtolead.domain.phone import masked
from speedtolead.service.lawful.suppressions import Stop
from speedtolead.store.suppressions import SuppressionRow
from speedtolead.web import auth, reading
from speedtolead.web.answers import answer
from speedtolead.web.endpoint import Routes
from speedtolead.web.problems import field_problem
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ERRORS, Instant, ProblemView

log = structlog.get_logger(__name__)
routes = Routes()


class SuppressionBody(reading.Given):
    """One of ``phone`` and ``email``. ``campaign`` and ``channels`` narrow it; without, it holds for the whole
    account and every channel. ``words`` are the person's own.
    """

    phone: str | None = None
    email: Annotated[str | None, Field(max_length=254)] = None
    campaign: str | None = None
    channels: list[Literal["call", "sms", "email"]] = Field(default_factory=list)
    reason: Annotated[str, Field(min_length=1, max_length=500)] = "asked not to be contacted"
    words: Annotated[str | None, Field(min_length=1, max_length=5000)] = None


class SuppressionQuery(reading.Given):
    """``to_review``: only those whose words may mean something else, oldest first."""

    phone: str | None = None
    email: str | None = None
    to_review: bool = False
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class SuppressionView(BaseModel):
    id: UUID
    kind: str
    value: str
    scope: str
    reason: str
    origin: str
    created_at: Instant
    channels: list[str]
    """None named: all of them."""
    words: str | None
    lead_id: UUID | None
    doubtful: bool
    reviewed_at: Instant | None


class SuppressionPage(BaseModel):
    suppressions: list[SuppressionView]


@routes(
    "POST",
    "/v1/suppressions",
    "Never contact this phone or email again; leads under way are ended at once.",
    body=SuppressionBody,
    responses={201: SuppressionView, 404: ProblemView, 422: ProblemView, **ERRORS},
)
async def suppress(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    body = await reading.json_of(SuppressionBody, request)
    if (body.phone is None) == (body.email is None):
        raise field_problem("phone", "say one of phone and email")
    services = request.app[SERVICES]
    value = services.intake.read_phone(body.phone) if body.phone else (body.email or "").strip().lower()
    if value is None:
        raise field_problem("phone", "this is no phone number", "invalid_phone")
    kind = "phone" if body.phone else "email"
    stop = Stop(
        kind, value, body.reason, "api", body.words, tuple(sorted(set(body.channels))), campaign=body.campaign
    )
    made = await services.suppressions.add(caller.account_id, stop)
    log.info("suppressed", kind=kind, value=masked(value), scope=body.campaign or "account")
    view = SuppressionView(
        id=made,
        kind=kind,
        value=value,
        scope=body.campaign or "account",
        reason=body.reason,
        origin="api",
        created_at=services.clock.now(),
        channels=list(stop.channels),
        words=stop.words,
        lead_id=None,
        doubtful=False,
        reviewed_at=None,
    )
    return answer(view, status=201)


@routes(
    "GET",
    "/v1/suppressions",
    "Suppressions in force, newest first.",
    query=SuppressionQuery,
    responses={200: SuppressionPage, **ERRORS},
)
async def list_suppressions(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    query = reading.query_of(SuppressionQuery, request)
    services = request.app[SERVICES]
    value = (services.intake.read_phone(query.phone) or query.phone) if query.phone else query.email
    if query.to_review:
        found = await services.suppressions.to_review(caller.account_id, query.limit)
    else:
        found = await services.suppressions.in_force(caller.account_id, value, query.limit)
    return answer(SuppressionPage(suppressions=[suppression_view(row) for row in found]))


@routes(
    "DELETE",
    "/v1/suppressions/{suppression_id}",
    "End a suppression. Its row stays.",
    responses={204: "", 404: ProblemView, **ERRORS},
)
async def lift_suppression(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    suppression_id = reading.id_of(request, "suppression_id")
    await request.app[SERVICES].suppressions.lift(caller.account_id, suppression_id, await auth.acting(request))
    return web.Response(status=204)


@routes(
    "POST",
    "/v1/suppressions/{suppression_id}/review",
    "Say that a doubtful suppression was looked at, and stands.",
    responses={204: "", 404: ProblemView, **ERRORS},
)
async def review_suppression(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    suppression_id = reading.id_of(request, "suppression_id")
    by = await auth.acting(request)
    await request.app[SERVICES].suppressions.reviewed(caller.account_id, suppression_id, by)
    return web.Response(status=204)


def suppression_view(row: SuppressionRow) -> SuppressionView:
    return SuppressionView(
        id=row.suppression_id,
        kind=row.kind,
        value=row.value,
        scope=row.campaign or "account",
        reason=row.reason,
        origin=row.origin,
        created_at=row.created_at,
        channels=row.channels,
        words=row.words,
        lead_id=row.lead_id,
        doubtful=row.doubtful,
        reviewed_at=row.reviewed_at,
    )
