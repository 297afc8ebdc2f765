"""The API of returns: the claims for bad leads, what is done with each, and the file for a vendor.

Owns: reading each request, the pages, and the columns of the file. Must not know: when a claim may be made or sent.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

import structlog
from aiohttp import web
from pydantic import BaseModel, Field

from speedtolead.domain.returned import ClaimState
from speedtolead.service.configuration.values import Name
from speedtolead.service.returns import Action, ClaimFilter, NotNow, Sent
from speedtolead.service.times import iso
from speedtolead.store.returns import ClaimRow
from speedtolead.web import auth, reading
from speedtolead.web.answers import answer, wants_csv
from speedtolead.web.endpoint import Routes
from speedtolead.web.outcomes import Moment, Note
from speedtolead.web.problems import Problem
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ERRORS, ProblemView, ReturnView, return_view

log = structlog.get_logger(__name__)
routes = Routes()

WHOLE_FILE = 10_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ERRORS = {**ERRORS, 422: ProblemView}


class ReturnQuery(reading.Given):
    """``after`` is the ``next`` of the page before; ``sent_since``: claims that were sent from this moment on.

    Asked for ``text/csv``, the answer is a file for the vendor, of up to 10,000 claims unless ``limit`` says less.
    """

    source: Name | None = None
    state: ClaimState | None = None
    sent_since: Moment | None = None
    after: UUID | None = None
    limit: Annotated[int | None, Field(ge=1, le=1000)] = None

    def wanted(self) -> ClaimFilter:
        return ClaimFilter(self.source, self.state, self.sent_since, self.after)


class ReturnPage(BaseModel):
    returns: list[ReturnView]
    next: UUID | None


class ActionBody(reading.Given):
    """``send``: the vendor was told. ``credit``, ``reject``: what it answered. ``withdraw``: the flag was wrong."""

    action: Action
    note: Note | None = None


class SendBody(reading.Given):
    source: Name


@routes(
    "GET",
    "/v1/returns",
    "Claims for bad leads, newest first, in pages; as CSV, ready for a vendor.",
    query=ReturnQuery,
    responses={200: ReturnPage, **_ERRORS},
)
async def list_returns(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    query = query_of(request)
    as_file = wants_csv(request)
    most = query.limit or (WHOLE_FILE if as_file else 50)
    found = await request.app[SERVICES].returns.page(caller.account_id, query.wanted(), most)
    following = found[-1].claim_id if len(found) == most else None
    if not as_file:
        return answer(ReturnPage(returns=[return_view(row) for row in found], next=following))
    response = file_of(found, "returns.csv")
    if following is not None:
        response.headers["Link"] = f'<{request.rel_url.update_query(after=str(following))}>; rel="next"'
    return response


@routes(
    "POST",
    "/v1/returns/send",
    "Mark all prepared claims of a source sent, as far as its share goes; the answer is the file for the vendor.",
    body=SendBody,
    responses={200: "", 400: ProblemView, 404: ProblemView, 415: ProblemView, **_ERRORS},
    content="text/csv",
)
async def send_returns(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    source = (await reading.json_of(SendBody, request)).source
    found = await sent(request, caller.account_id, source, await auth.acting(request))
    response = file_of(found.claims, f"returns-{source}-{found.at:%Y%m%dT%H%M%SZ}.csv")
    response.headers["Returns-Held-Back"] = str(found.held)
    return response


@routes(
    "POST",
    "/v1/returns/{return_id}",
    "Say that a claim was sent, what its vendor answered, or that it was wrong.",
    body=ActionBody,
    responses={200: ReturnView, 400: ProblemView, 404: ProblemView, 409: ProblemView, 415: ProblemView, **_ERRORS},
)
async def act_on_return(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    return_id, body = reading.id_of(request, "return_id"), await reading.json_of(ActionBody, request)
    row = await done(request, caller.account_id, return_id, body.action, body.note, await auth.acting(request))
    return answer(return_view(row))


async def done(
    request: web.Request, account_id: UUID, return_id: UUID, action: Action, note: str | None, by: str
) -> ClaimRow:
    """The claim after an action, from the API or a page. Raises a Problem: 409."""
    try:
        row = await request.app[SERVICES].returns.act(account_id, return_id, action, note or None, by)
    except NotNow as error:
        raise Problem(409, error.code, str(error)) from None
    log.info("return.moved", return_id=str(return_id), action=action, state=row.state)
    return row


async def sent(request: web.Request, account_id: UUID, source: str, by: str) -> Sent:
    found = await request.app[SERVICES].returns.send_all(account_id, source, by)
    log.info("return.sent", source=source, count=len(found.claims), held=found.held)
    return found


def query_of(request: web.Request) -> ReturnQuery:
    """Raises a Problem: 422. What is left empty in a form is not asked."""
    return reading.query_of(ReturnQuery, request, leave_empty_out=True)


def file_of(claims: Iterable[ClaimRow], name: str) -> web.Response:
    """The claims as a vendor takes them back."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("external_id", "lead_id", "received_at", "phone", "reason", "evidence", "amount", "deadline"))
    for row in claims:
        amount = "" if row.amount is None else format(row.amount.normalize(), "f")
        writer.writerow(
            (
                _cell(row.external_id),
                row.lead_id,
                iso(row.received_at),
                row.phone,
                row.reason,
                _cell(" ".join(in_words(one) for one in row.evidence)),
                amount,
                iso(row.deadline),
            )
        )
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(text=out.getvalue(), content_type="text/csv", headers=headers)


def in_words(evidence: dict[str, Any]) -> str:
    """One thing that speaks for a claim, as a sentence."""
    if evidence["kind"] == "call":
        code = f"carrier code {evidence['carrier_code']}"
        return f"Call {evidence['attempt']} at {evidence['placed_at']} {evidence['ended_as']}: {code}."
    note = f" {evidence['note']}" if evidence.get("note") else ""
    return f"Reported at {evidence['at']}: {evidence['reason'].replace('_', ' ')}.{note}"


def _cell(text: str | None) -> str:
    """What others wrote is never a formula in the vendor's spreadsheet."""
    return f"'{text}" if text and text.startswith(_FORMULA) else text or ""
