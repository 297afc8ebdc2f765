"""Rows of promised calls: what was agreed, and the attempts that keep it.

Owns: the statements of ``sql/queries/callback.sql``. Must not know: when a call is lawful, or what is said of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from speedtolead.store.cadence import HeldRow
from speedtolead.store.query import Id, Nothing, Query
from speedtolead.store.settings_json import Json


@dataclass(frozen=True, slots=True)
class LeadToCallBack:
    state: str
    phone: str | None
    email: str | None
    candidates: list[Json]
    campaign_id: UUID
    version: int
    arms: Json | None


@dataclass(frozen=True, slots=True)
class CallbackLine:
    """A promised call as it is listed. ``state``: of its call, ``scheduled`` while it is to come; or cancelled."""

    callback_id: UUID
    account_id: UUID
    lead_id: UUID
    at: datetime
    zone: str
    agent: str | None
    note: str | None
    remind: timedelta | None
    mail: bool
    asked_by: str
    made_at: datetime
    moves: int
    moved_at: datetime | None
    cancelled_at: datetime | None
    cancelled_by: str | None
    state: str
    first_name: str | None
    last_name: str | None
    phone: str | None
    campaign: str
    seller: str | None


@dataclass(frozen=True, slots=True)
class CallbackRow:
    """What is told of a promised call outside."""

    callback_id: UUID
    account_id: UUID
    lead_id: UUID
    at: datetime
    zone: str
    made_at: datetime
    moves: int
    moved_at: datetime | None
    cancelled_at: datetime | None
    seller: str | None


LEAD_TO_CALL_BACK = Query("lead_to_call_back", LeadToCallBack)
HOLD_REPLACEABLE = Query("hold_replaceable", HeldRow)
END_PROMISES = Query("end_promises", Id)
ADD_CALLBACK = Query("add_callback", Nothing)
MOVE_CALLBACK = Query("move_callback", Nothing)
CALLBACKS_PAGE = Query("callbacks_page", CallbackLine)
CALLBACK_BY_ID = Query("callback_by_id", CallbackRow)
PLAN_PROMISED = Query("plan_promised", Id)
CANCEL_UNPROMISED = Query("cancel_unpromised", Id)
