"""The API of calls that came in: who called, what became of it, which are billable and why, messages that wait.

Owns: reading each request and shaping each answer. Must not know: how a call goes, or what makes one billable.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, Field

from speedtolead.store.inbound_lists import ListedCall
from speedtolead.web import auth, reading
from speedtolead.web.answers import answer, as_csv, wants_csv
from speedtolead.web.endpoint import Routes
from speedtolead.web.services import SERVICES
from speedtolead.web.views import ERRORS, Instant, Money, ProblemView

routes = Routes()


class ConditionView(BaseModel):
    """One condition of the qualified rule: what it asks for, what there was, whether it holds."""

    name: str
    required: Any
    found: Any
    met: bool


class InboundCallView(BaseModel):
    """``outcome``: talk, missed, voicemail or turned_away; null while the call lasts. ``billable``, ``conditions``
    and ``price``: of a call to a tracking number that is over. ``from_phone`` null: withheld."""

    id: UUID
    carrier_call_id: str
    lead_id: UUID
    attempt_id: UUID
    source: str
    campaign: str
    from_phone: str | None
    to_phone: str
    state: str | None
    """Where the caller is: by the postal code that was entered, else by an area code that lies in one state."""
    postal_code: str | None
    answers: dict[str, str]
    received_at: Instant
    new_lead: bool
    """The call made the lead: nobody knew this caller."""
    stage: str
    talking: bool
    agent: str | None
    agents: str
    """The group that the call was for."""
    waited_since: Instant | None
    bridged_at: Instant | None
    ended_at: Instant | None
    talk_seconds: float | None
    contact: bool
    outcome: str | None
    billable: bool | None
    conditions: list[ConditionView] | None
    price: Money | None
    message_left_at: Instant | None
    message_seconds: int | None
    recording_id: UUID | None
    seen_at: Instant | None
    seen_by: str | None


class InboundCallList(BaseModel):
    calls: list[InboundCallView]


class InboundCallQuery(reading.Given):
    """``waiting``: only those with a message that nobody took care of. ``live``: only those on the line now."""

    source: str | None = None
    waiting: bool = False
    live: bool = False
    before: reading.AnyMoment | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


@routes(
    "GET",
    "/v1/inbound-calls",
    "Calls that came in, newest first.",
    query=InboundCallQuery,
    responses={200: InboundCallList, **ERRORS},
)
async def list_calls(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    query = reading.query_of(InboundCallQuery, request)
    found = await request.app[SERVICES].messages.calls(
        caller.account_id,
        source=query.source,
        waiting=query.waiting,
        live=query.live,
        before=query.before,
        most=query.limit,
    )
    shown = inbound_calls(found)
    return as_csv(shown.calls) if wants_csv(request) else answer(shown)


@routes(
    "POST",
    "/v1/inbound-calls/{call_id}/seen",
    "Say that somebody took care of a caller's message.",
    responses={204: "", 404: ProblemView, **ERRORS},
)
async def message_seen(request: web.Request) -> web.Response:
    caller = await auth.caller(request, whole_account=True)
    call_id = reading.id_of(request, "call_id")
    await request.app[SERVICES].messages.seen(caller.account_id, call_id, await auth.acting(request))
    return web.Response(status=204)


def inbound_calls(found: Iterable[ListedCall]) -> InboundCallList:
    return InboundCallList(calls=[inbound_call(row) for row in found])


def inbound_call(row: ListedCall) -> InboundCallView:
    same = {name: getattr(row, name) for name in InboundCallView.model_fields if hasattr(row, name)}
    return InboundCallView(
        **same
        | {
            "id": row.call_id,
            "state": row.region,
            "answers": row.answers or {},
            "new_lead": row.made_lead,
            "agents": row.agent_group,
            "waited_since": row.queued_at,
            "message_seconds": row.recording_seconds if row.message_left_at is not None else None,
            "recording_id": row.recording_id if row.recording_state == "kept" else None,
        }
    )
