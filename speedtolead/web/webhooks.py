"""The API of outgoing webhooks: what there is, what became of each message, and telling it again.

Owns: reading each request and shaping each answer. A webhook is made in the configuration file; its secret is never
shown here.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit, urlunsplit

import structlog
from aiohttp import web
from pydantic import BaseModel, Field, model_validator

from speedtolead.domain.webhook import DeliveryState, message_id
from speedtolead.service.webhooks.replay import Again, TooMany
from speedtolead.store.webhooks import DeliveryRow, WebhookRow
from speedtolead.web import auth, reading
from speedtolead.web.answers import answer
from speedtolead.web.endpoint import Routes
from speedtolead.web.problems import field_problem
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ERRORS, Instant, ProblemView

log = structlog.get_logger(__name__)
routes = Routes()


class WebhookView(BaseModel):
    """``events`` null: all. What may be secret in ``url`` is left out.

    A postback is called ``SOURCE:NAME``, is told of its ``source``'s leads only, and its ``url`` is a template.
    ``pending`` messages are to be tried, or held while the webhook is paused.
    """

    name: str
    source: str | None
    url: str
    events: list[str] | None
    paused: bool
    paused_why: str | None
    created_at: Instant
    pending: int
    failed: int


class WebhookList(BaseModel):
    webhooks: list[WebhookView]


class DeliveryQuery(reading.Given):
    """``after`` is the ``next`` of the page before."""

    state: DeliveryState | None = None
    after: Annotated[int | None, Field(ge=0, lt=2**63)] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class DeliveryView(BaseModel):
    """``webhook_id`` is the header of that name, the same on every try."""

    webhook_id: str
    event_id: int
    type: str
    timestamp: Instant
    state: DeliveryState
    tries: int
    last_status: int | None
    last_error: str | None
    next_at: Instant | None
    delivered_at: Instant | None


class DeliveryPage(BaseModel):
    deliveries: list[DeliveryView]
    next: int | None


class ReplayBody(reading.Given):
    """One of: ``event_id``; ``since`` and ``until`` (events of since ≤ t < until); ``failed``: true."""

    event_id: Annotated[int | None, Field(ge=0, lt=2**63)] = None
    since: reading.AnyMoment | None = None
    until: reading.AnyMoment | None = None
    failed: bool = False

    @model_validator(mode="after")
    def _one(self) -> ReplayBody:
        if (self.since is None) != (self.until is None):
            raise ValueError("since and until go together")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise ValueError("since must be before until")
        if (self.event_id is not None) + (self.since is not None) + self.failed != 1:
            raise ValueError("say one of event_id, since with until, and failed: true")
        return self


class ReplayView(BaseModel):
    count: int


@routes(
    "GET",
    "/v1/webhooks",
    "The outgoing webhooks and postbacks.",
    responses={200: WebhookList, **ERRORS},
)
async def list_webhooks(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    found = await request.app[SERVICES].webhooks.all(caller.account_id)
    return answer(WebhookList(webhooks=[_webhook(row) for row in found]))


@routes(
    "GET",
    "/v1/webhooks/{name}/deliveries",
    "What became of each message, latest event first, in pages.",
    query=DeliveryQuery,
    responses={200: DeliveryPage, 404: ProblemView, 422: ProblemView, **ERRORS},
)
async def list_deliveries(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    query = reading.query_of(DeliveryQuery, request)
    found = await request.app[SERVICES].webhooks.deliveries(
        caller.account_id, request.match_info["name"], query.state, query.after, query.limit
    )
    following = found[-1].event_id if len(found) == query.limit else None
    return answer(DeliveryPage(deliveries=[_delivery(row) for row in found], next=following))


@routes(
    "POST",
    "/v1/webhooks/{name}/replay",
    "Tell events again, as they were told, with the same webhook-id.",
    body=ReplayBody,
    responses={202: ReplayView, 400: ProblemView, 404: ProblemView, 415: ProblemView, 422: ProblemView, **ERRORS},
)
async def replay_webhook(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    body = await reading.json_of(ReplayBody, request)
    name = request.match_info["name"]
    again = Again(body.event_id, body.since, body.until, body.failed)
    try:
        count = await request.app[SERVICES].webhooks.replay(caller.account_id, name, again)
    except TooMany as error:
        raise field_problem("since", str(error), error.code) from None
    log.info("webhook.replay", webhook=name, count=count)
    return answer(ReplayView(count=count), status=202)


def _webhook(row: WebhookRow) -> WebhookView:
    return WebhookView(
        name=row.name,
        source=row.source,
        url=_shown(row.url),
        events=row.events,
        paused=row.paused,
        paused_why=row.paused_why,
        created_at=row.created_at,
        pending=row.pending,
        failed=row.failed,
    )


def _shown(url: str) -> str:
    """Without a password or a token."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")
    netloc = f"…@{place[2]}" if place[1] else parts.netloc
    return urlunsplit((parts.scheme, netloc, parts.path, "…" if parts.query else "", ""))


def _delivery(row: DeliveryRow) -> DeliveryView:
    return DeliveryView(
        webhook_id=message_id(row.delivery_id),
        event_id=row.event_id,
        type=row.kind,
        timestamp=row.at,
        state=DeliveryState(row.state),
        tries=row.tries,
        last_status=row.last_status,
        last_error=row.last_error,
        next_at=row.next_at,
        delivered_at=row.delivered_at,
    )
