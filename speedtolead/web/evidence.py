"""The API of evidence: one lead's as a file, legal holds, and erasure.

Owns: reading each request and shaping each answer. What belongs to the evidence, and what may be erased, is in
``service.evidence``. It is the buyer's: a source's key may do none of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

import structlog
from aiohttp import web
from pydantic import BaseModel, Field

from speedtolead.service.evidence.keeping import Refused
from speedtolead.web import auth, reading
from speedtolead.web.answers import answer
from speedtolead.web.endpoint import Routes
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ERRORS, ProblemView

log = structlog.get_logger(__name__)
routes = Routes()
ZIP = "application/zip"


class KeepingBody(reading.Given):
    """``reason``: why, without personal data: it stays in the ledger for good."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]


class KeptView(BaseModel):
    lead_id: UUID
    status: str


@routes(
    "GET",
    "/v1/leads/{lead_id}/evidence",
    "Everything about a lead as one zip that a stranger can verify; it holds personal data in full.",
    responses={200: "the zip", 404: ProblemView, **ERRORS},
    content=ZIP,
)
async def export(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    return await as_zip(request, caller.account_id, reading.id_of(request, "lead_id"))


async def as_zip(request: web.Request, account_id: UUID, lead_id: UUID) -> web.Response:
    """For the API and the page. Kept by no cache."""
    body = await request.app[SERVICES].exports.zip_of(account_id, lead_id)
    log.info("evidence.exported", lead_id=str(lead_id), by=await auth.acting(request), size=len(body))
    headers = {
        "Content-Disposition": f'attachment; filename="evidence-{lead_id}.zip"',
        "Cache-Control": "no-store",
    }
    return web.Response(body=body, content_type=ZIP, headers=headers)


@routes(
    "POST",
    "/v1/leads/{lead_id}/hold",
    "Place a legal hold: nothing of the lead is removed while it stands.",
    body=KeepingBody,
    responses={200: KeptView, 404: ProblemView, 409: ProblemView, 422: ProblemView, **ERRORS},
)
async def hold(request: web.Request) -> web.Response:
    return await _with_reason(request, request.app[SERVICES].keeping.hold, "hold.placed", "held")


@routes(
    "DELETE",
    "/v1/leads/{lead_id}/hold",
    "Lift a legal hold. That it stood stays in the ledger.",
    responses={204: "", 404: ProblemView, **ERRORS},
)
async def lift(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    lead_id = reading.id_of(request, "lead_id")
    await request.app[SERVICES].keeping.lift(caller.account_id, lead_id, await auth.acting(request))
    log.info("hold.lifted", lead_id=str(lead_id))
    return web.Response(status=204)


@routes(
    "POST",
    "/v1/leads/{lead_id}/erase",
    "Erase the personal data of a lead for good; suppressions of its number or address hold on.",
    body=KeepingBody,
    responses={200: KeptView, 404: ProblemView, 409: ProblemView, 422: ProblemView, **ERRORS},
)
async def erase(request: web.Request) -> web.Response:
    return await _with_reason(request, request.app[SERVICES].keeping.erase, "lead.erased", "erased")


async def _with_reason(
    request: web.Request,
    order: Callable[[UUID, UUID, str, str], Awaitable[None]],
    logged: str,
    status: str,
) -> web.Response:
    """``order``: what is done with the account, the lead, the reason and who gave it."""
    caller = await auth.caller(request, whole_account=True)
    lead_id = reading.id_of(request, "lead_id")
    body = await reading.json_of(KeepingBody, request)
    try:
        await order(caller.account_id, lead_id, body.reason, await auth.acting(request))
    except Refused as error:
        raise Problem(409, error.code, str(error)) from None
    log.info(logged, lead_id=str(lead_id))
    return answer(KeptView(lead_id=lead_id, status=status))
