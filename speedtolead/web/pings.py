"""``POST /v1/leads/ping``: would a lead be taken, and how soon would it be called?

Owns: reading the question and shaping the answer. No personal data is needed, and none is kept.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from speedtolead.service.intake.fields import ConsentBody, LeadBody, Short
from speedtolead.service.intake.pinging import Asked, Offer
from speedtolead.service.intake.standing import upper
from speedtolead.web import auth, lead_post, reading
from speedtolead.web.answers import answer
from speedtolead.web.endpoint import Routes
from speedtolead.web.services import SERVICES
from speedtolead.web.views import Instant, Money, ProblemView

routes = Routes()


def _area_code(value: object) -> object:
    """The first three digits of a +1 number, however much of it is told."""
    digits = "".join(c for c in value if c.isdecimal() and c.isascii()) if isinstance(value, str) else ""
    digits = digits.removeprefix("1")
    return digits[:3] if len(digits) >= 3 else None


class PingBody(BaseModel):
    """What may be told of a lead before it is bought. ``phone`` may be an area code only."""

    model_config = ConfigDict(extra="ignore")

    state: Short = None
    postal_code: Short = None
    phone: Annotated[str | None, BeforeValidator(_area_code)] = None
    cost: Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=4)] | None = None
    attributes: dict[str, Any] = {}
    consent: ConsentBody = ConsentBody()


class PingView(BaseModel):
    """``starts_in_seconds`` is an estimate from the agents and the queue of now; null: nobody is at work."""

    status: Literal["accepted", "refused"]
    ping_id: UUID | None
    expires_at: Instant | None
    price: Money | None
    starts_at: Instant | None
    starts_in_seconds: float | None
    code: str | None
    detail: str | None
    field: str | None


@routes(
    "POST",
    "/v1/leads/ping",
    "Would a lead be taken, at what price, and how soon called? Post it with the ping_id within a minute.",
    body=PingBody,
    responses={200: PingView, 400: ProblemView, 401: ProblemView, 415: ProblemView, 422: ProblemView},
)
async def ping(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    key = auth.bearer(request)
    source = await services.intake.source(key) if key else None
    if source is None:
        raise auth.unauthorised() if key is None else auth.unauthorised("This is no source's key in force.")
    posted = lead_post.fields_of(request.content_type, await lead_post.body(request))
    if source.source.mapping is not None:
        posted = source.source.mapping.apply(posted).fields
    body = reading.checked(PingBody, posted)
    reading.checked(LeadBody, {"phone": "0", "attributes": body.attributes})  # the same limits as in a post
    offer = await services.pings.ping(source, _asked(body))
    return answer(_view(offer))


def _asked(body: PingBody) -> Asked:
    consent = body.consent
    return Asked(
        state=upper(body.state),
        postal_code=body.postal_code,
        area_code=body.phone,
        channels=tuple(consent.channels),
        certificate=bool(consent.trustedform_cert_url or consent.leadid_token),
        cost=body.cost,
        attributes=body.attributes,
    )


def _view(offer: Offer) -> PingView:
    return PingView(
        status="refused" if offer.ping_id is None else "accepted",
        ping_id=offer.ping_id,
        expires_at=offer.expires_at,
        price=offer.price,
        starts_at=offer.starts_at,
        starts_in_seconds=None if offer.starts_in is None else round(offer.starts_in, 1),
        code=offer.code,
        detail=offer.detail,
        field=offer.field,
    )
