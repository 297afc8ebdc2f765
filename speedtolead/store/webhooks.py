"""Rows of outgoing webhooks: the webhooks, their deliveries, and how far the relay has read.

A delivery is the truth about what was told; a job in the queue only says that it is to be looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.store.query import Id, Nothing, Query
from speedtolead.store.settings_json import Json


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """A postback has a ``source``, of whose leads it is told; its ``url`` is a template, as is in ``request``."""

    webhook_id: UUID
    name: str
    source_id: UUID | None
    source: str | None
    url: str
    request: Json | None
    events: list[str] | None
    secret: str | None
    paused: bool
    paused_why: str | None
    created_at: datetime
    pending: int
    failed: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """``newest``: every event before this transaction can be read."""

    tx: str
    event_id: int
    newest: str


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery to be made; ``held`` while its webhook is paused."""

    delivery_id: UUID
    held: bool


@dataclass(frozen=True, slots=True)
class EventId:
    event_id: int


@dataclass(frozen=True, slots=True)
class ToMake:
    """``request`` and ``lead``: of a postback only."""

    delivery_id: UUID
    account_id: UUID
    webhook_id: UUID
    kind: str
    at: datetime
    data: Json
    tries: int
    next_at: datetime | None
    url: str
    request: Json | None
    secret: str | None
    paused: bool
    removed: bool
    rest_until: datetime | None
    lead: Json | None


@dataclass(frozen=True, slots=True)
class Tries:
    tries: int


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    delivery_id: UUID
    event_id: int
    kind: str
    at: datetime
    state: str
    tries: int
    last_status: int | None
    last_error: str | None
    next_at: datetime | None
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Count:
    count: int


WEBHOOKS_OF_ACCOUNT = Query("webhooks_of_account", WebhookRow)
WEBHOOK_BY_NAME = Query("webhook_by_name", Id)
PUT_WEBHOOK = Query("put_webhook", Id)
REMOVE_WEBHOOK = Query("remove_webhook", Nothing)
LOCK_CURSOR = Query("lock_cursor", Cursor)
MOVE_CURSOR = Query("move_cursor", Nothing)
RESTART_CURSOR = Query("restart_cursor", Nothing)
ADD_DELIVERIES = Query("add_deliveries", Due)
REVIVE_FAILED = Query("revive_failed", Due)
END_REST = Query("end_rest", Nothing)
EVENTS_TO_REPLAY = Query("events_to_replay", EventId)
ORPHANED_DELIVERIES = Query("orphaned_deliveries", Due)
DELIVERY_TO_MAKE = Query("delivery_to_make", ToMake)
BEGIN_TRY = Query("begin_try", Tries)
RECORD_DELIVERED = Query("record_delivered", Nothing)
RECORD_FAILED_TRY = Query("record_failed_try", Nothing)
PAUSE_WEBHOOK = Query("pause_webhook", Nothing)
DELIVERIES_OF_WEBHOOK = Query("deliveries_of_webhook", DeliveryRow)
PRUNE_DELIVERIES = Query("prune_deliveries", Count)
