"""Rows of texts and mails: what is due, the commit to sending, what became of each.

Owns: the statements of ``sql/queries/send.sql``. Must not know: what is lawful, and what is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.domain.permit import Facts, Permit
from speedtolead.store.calls import rules_json
from speedtolead.store.facts import facts_of
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection, Id, Nothing, Query
from speedtolead.store.settings_json import Json, candidates_from_json


@dataclass(frozen=True, slots=True)
class DueSend:
    """A due text or mail, with what the permit and the words need. ``numbers`` may send texts."""

    attempt_id: UUID
    account_id: UUID
    lead_id: UUID
    campaign_id: UUID
    campaign_version: int
    cadence_version: int
    step: int
    channel: str
    origin: str
    callback_id: UUID | None
    words: str | None
    due_at: datetime
    not_after: datetime | None
    """When it is no longer true."""
    paused: bool
    held: bool
    """A reply of this person waits to be looked at."""
    lead_received_at: datetime
    phone: str
    email: str | None
    candidates: list[Json]
    known: Json
    first_name: str | None
    last_name: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    attributes: Json
    arms: Json | None
    source_name: str
    numbers: list[str]

    def facts(self, fictional_exempt: bool) -> Facts:
        candidates = candidates_from_json(self.candidates)
        return facts_of(self.known, self.phone, candidates, self.lead_received_at, fictional_exempt)


@dataclass(frozen=True, slots=True)
class DueAt:
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class MessageToSend:
    """What is written of a text or a mail before anybody who carries it hears of it."""

    message_id: UUID
    attempt_id: UUID
    account_id: UUID
    lead_id: UUID
    phone: str
    email: str | None
    version: int
    """How often the person was contacted or suppressed when the permit was decided."""
    channel: str
    sender: str
    receiver: str
    subject: str | None
    body: str
    encoding: str | None
    segments: int | None
    permit: Permit


@dataclass(frozen=True, slots=True)
class SendRow:
    """A text or a mail under way, locked. The message is None before one was made."""

    attempt_id: UUID
    account_id: UUID
    lead_id: UUID
    campaign_id: UUID
    channel: str
    state: str
    lease: UUID | None
    unknown_since: datetime | None
    permitted_at: datetime | None
    message_id: UUID | None
    message_state: str | None
    sender: str | None
    receiver: str | None
    body: str | None
    made_at: datetime | None
    provider_message_id: str | None


@dataclass(frozen=True, slots=True)
class OverdueSend:
    attempt_id: UUID
    state: str


@dataclass(frozen=True, slots=True)
class MessageRow:
    message_id: UUID
    account_id: UUID
    lead_id: UUID
    attempt_id: UUID
    channel: str
    state: str
    receiver: str


@dataclass(frozen=True, slots=True)
class ProviderId:
    provider_message_id: str


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """One text or mail with a lead, ours or theirs. ``state`` of theirs is what it was read as."""

    message_id: UUID
    direction: str
    channel: str
    at: datetime
    sender: str
    receiver: str
    subject: str | None
    body: str
    encoding: str | None
    segments: int | None
    state: str
    provider_code: str | None
    media: list[str]


@dataclass(frozen=True, slots=True)
class MessageOwner:
    """``ended``: this receiver wants no more mails of the account."""

    account_id: UUID
    lead_id: UUID
    receiver: str
    account: str
    seller: str | None
    ended: bool


SEND_CANDIDATES = Query("send_candidates", DueSend)
NEXT_TO_SEND = Query("next_to_send", DueAt)
SEND_ATTEMPTS = Query("send_attempts", Id)
LOCK_SEND = Query("lock_send", SendRow)
MESSAGE_SENT = Query("message_sent", Nothing)
MESSAGE_ENDED = Query("message_ended", Nothing)
CONCLUDE_SEND = Query("conclude_send", Id)
UNSEND = Query("unsend", Id)
OVERDUE_SENDS = Query("overdue_sends", OverdueSend)
MESSAGE_BY_ID = Query("message_by_id", MessageRow)
RECEIPT_TAKEN = Query("receipt_taken", Nothing)
KNOWN_MESSAGE_IDS = Query("known_message_ids", ProviderId)
MESSAGE_OWNER = Query("message_owner", MessageOwner)
THREAD_OF_LEAD = Query("thread_of_lead", ThreadLine)


async def send_attempts(
    tx: Connection, messages: Sequence[MessageToSend], now: datetime, lease_until: datetime
) -> set[UUID]:
    """Commit to sending what is still free of these; the attempts' ids."""
    taken = await SEND_ATTEMPTS.all(
        tx,
        attempt_ids=[m.attempt_id for m in messages],
        leases=[new_id() for _ in messages],
        permit_ids=[new_id() for _ in messages],
        message_ids=[m.message_id for m in messages],
        account_ids=[m.account_id for m in messages],
        phones=[m.phone for m in messages],
        emails=[m.email for m in messages],
        versions=[m.version for m in messages],
        channels=[m.channel for m in messages],
        senders=[m.sender for m in messages],
        receivers=[m.receiver for m in messages],
        subjects=[m.subject for m in messages],
        bodies=[m.body for m in messages],
        encodings=[m.encoding for m in messages],
        segments=[m.segments for m in messages],
        rule_set=messages[0].permit.rule_set,
        rules=[rules_json(m.permit) for m in messages],
        now=now,
        lease_until=lease_until,
    )
    return {row.id for row in taken}
