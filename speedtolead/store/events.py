"""The event stream: what happened, in order.

A reader's place is (transaction, id). Events of a transaction that could still commit before others are held back
for that moment, so a reader that goes on from its place never passes one over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.store.query import Connection, Nothing, Query
from speedtolead.store.settings_json import Json


@dataclass(frozen=True, slots=True)
class Event:
    id: int
    tx: str
    account_id: UUID
    lead_id: UUID | None
    attempt_id: UUID | None
    agent_id: UUID | None
    kind: str
    at: datetime
    data: Json


@dataclass(frozen=True, slots=True)
class Position:
    tx: str


@dataclass(frozen=True, slots=True)
class Woken:
    notified: bool


ADD_EVENT = Query("add_event", Nothing)
WAKE = Query("wake", Woken)
STREAM_POSITION = Query("stream_position", Position)
EVENTS_SINCE = Query("events_since", Event)
EVENTS_OF_LEAD = Query("events_of_lead", Event)


async def add(
    tx: Connection,
    account_id: UUID,
    kind: str,
    at: datetime,
    *,
    lead_id: UUID | None = None,
    attempt_id: UUID | None = None,
    agent_id: UUID | None = None,
    data: Json | None = None,
) -> None:
    await ADD_EVENT.run(
        tx,
        account_id=account_id,
        lead_id=lead_id,
        attempt_id=attempt_id,
        agent_id=agent_id,
        kind=kind,
        at=at,
        data=data or {},
    )


async def wake(tx: Connection) -> None:
    """Wake the dialers when this transaction commits; one a transaction."""
    await WAKE.one(tx)
