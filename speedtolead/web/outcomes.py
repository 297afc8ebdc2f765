"""The API of outcomes: what a lead's buyer reports of it.

Owns: reading each report and shaping the answer. Who reports is the buyer, so a source's key may not.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import structlog
from aiohttp import web
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from speedtolead.domain.outcome import OutcomeKind
from speedtolead.domain.returned import ReturnReason
from speedtolead.service.outcomes import Refused, Report, Reported
from speedtolead.web import auth, lead_post, reading
from speedtolead.web.answers import answer
from speedtolead.web.endpoint import Routes
from speedtolead.web.lead_views import LeadView, lead_view
from speedtolead.web.problems import Problem, field_problem
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ProblemView

log = structlog.get_logger(__name__)
routes = Routes()

CLOCKS_APART = timedelta(minutes=5)
"""How far a reporter's clock may be ahead of ours."""


Note = Annotated[str, Field(max_length=1000), AfterValidator(str.strip)]
Moment = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2100, 1, 1, tzinfo=UTC))]


class OutcomeBody(reading.Given):
    """``reason`` is a return's and only a return's; the ``note`` of a return goes to the vendor with the claim.

    ``value`` is an amount in the account's currency, as text; ``occurred_at`` left out is now.
    """

    kind: OutcomeKind
    value: Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=4)] | None = None
    occurred_at: Moment | None = None
    reason: ReturnReason | None = None
    note: Note | None = None


class OutcomeAnswer(BaseModel):
    """``lead`` is as it is now."""

    outcome_id: UUID
    lead: LeadView


@routes(
    "POST",
    "/v1/leads/{lead_id}/outcomes",
    "Report what became of a lead: an appointment, a quote, a sale, or that it is to be returned.",
    body=OutcomeBody,
    responses={201: OutcomeAnswer, 400: ProblemView, 401: ProblemView, 403: ProblemView, 404: ProblemView,
               409: ProblemView, 415: ProblemView, 422: ProblemView},
)  # fmt: skip
async def report_outcome(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    found = await taken(
        request,
        caller.account_id,
        reading.id_of(request, "lead_id"),
        await reading.json_of(OutcomeBody, request),
        await auth.acting(request),
        lead_post.idempotency_key(request),
    )
    return answer(OutcomeAnswer(outcome_id=found.outcome_id, lead=lead_view(found.story)), 201)


async def taken(
    request: web.Request, account_id: UUID, lead_id: UUID, body: OutcomeBody, by: str, key: str | None = None
) -> Reported:
    """What came of a report, from the API or a page. Raises a Problem: 404, 409 or 422."""
    services = request.app[SERVICES]
    if (body.kind is OutcomeKind.RETURN) != (body.reason is not None):
        raise field_problem("reason", "a return has one, and only a return")
    if body.kind is OutcomeKind.RETURN and body.value is not None:
        raise field_problem("value", "a return is worth what the lead cost")
    if body.occurred_at is not None and body.occurred_at > services.clock.now() + CLOCKS_APART:
        raise field_problem("occurred_at", "this is in the future")
    occurred_at = None if body.occurred_at is None else body.occurred_at.astimezone(UTC)
    report = Report(body.kind, by, body.value, body.reason, body.note or None, occurred_at, key)
    try:
        found = await services.outcomes.report(account_id, lead_id, report)
    except Refused as error:
        raise Problem(409, error.code, str(error)) from None
    log.info("outcome.reported", lead_id=str(lead_id), kind=body.kind, outcome_id=str(found.outcome_id))
    return found
