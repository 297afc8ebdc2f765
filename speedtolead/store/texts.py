"""Rows of the texts that people write to us. Must not know: how they are read, or who asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.store.query import Id, Nothing, Query


@dataclass(frozen=True, slots=True)
class Addressee:
    """An account that a text was sent to, and what it knows of the sender: its newest lead, with whose seller."""

    account_id: UUID
    account: str
    lead_id: UUID | None
    seller: str | None
    revocation: str | None


@dataclass(frozen=True, slots=True)
class Lifted:
    """A suppression that was ended for texts."""

    suppression_id: UUID
    reason: str
    words: str | None
    channels: list[str]
    lead_id: UUID | None
    created_at: datetime
    doubtful: bool


@dataclass(frozen=True, slots=True)
class PersonOfAttempt:
    account_id: UUID
    lead_id: UUID
    phone: str | None


@dataclass(frozen=True, slots=True)
class UnseenText:
    text_id: UUID
    from_phone: str
    to_phone: str
    body: str
    media: list[str]
    received_at: datetime
    lead_id: UUID | None


@dataclass(frozen=True, slots=True)
class Held:
    held: bool


@dataclass(frozen=True, slots=True)
class LeadsZone:
    phone: str | None
    zone: str | None


ZONE_OF_LEAD = Query("zone_of_lead", LeadsZone)
WISH_FOLLOWED = Query("wish_followed", Nothing)
HOLD_SENDER = Query("hold_sender", Held)
PEOPLE_OF_TEXT = Query("people_of_text", Addressee)
RECEIVE_TEXT = Query("receive_text", Id)
TEXT_FOLLOWED = Query("text_followed", Nothing)
COVERING_SUPPRESSION = Query("covering_suppression", Id)
LIFT_FROM_TEXTS = Query("lift_from_texts", Lifted)
GIVE_BACK_TEXTS = Query("give_back_texts", Nothing)
PERSON_OF_ATTEMPT = Query("person_of_attempt", PersonOfAttempt)
UNSEEN_TEXTS = Query("unseen_texts", UnseenText)
TEXT_SEEN = Query("text_seen", Id)
