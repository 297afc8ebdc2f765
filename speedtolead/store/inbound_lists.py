"""Rows of calls that came in, as they are listed.

Owns: the statements of ``sql/queries/inbound_lists.sql``. Must not know: how a call goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from speedtolead.store.query import Id, Query
from speedtolead.store.settings_json import Json


@dataclass(frozen=True, slots=True)
class ListedCall:
    """``conditions`` are those of the qualified rule; None in a call that is not over, or of no tracking number."""

    call_id: UUID
    carrier_call_id: str
    lead_id: UUID
    attempt_id: UUID
    source: str
    campaign: str
    from_phone: str | None
    to_phone: str
    first_name: str | None
    last_name: str | None
    region: str | None
    postal_code: str | None
    answers: Json | None
    received_at: datetime
    made_lead: bool
    stage: str
    talking: bool
    agent: str | None
    agent_group: str
    queued_at: datetime | None
    bridged_at: datetime | None
    ended_at: datetime | None
    talk_seconds: float | None
    contact: bool
    outcome: str | None
    billable: bool | None
    conditions: list[Json] | None
    price: Decimal | None
    message_left_at: datetime | None
    recording_id: UUID | None
    recording_state: str | None
    recording_seconds: int | None
    seen_at: datetime | None
    seen_by: str | None


INCOMING_CALLS = Query("incoming_calls", ListedCall)
MESSAGE_SEEN = Query("message_seen", Id)
