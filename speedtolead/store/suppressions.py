"""Rows of suppressions, of revoked consent, and of what bars a person at once. Must not know: who asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.store.query import Id, Nothing, Query


@dataclass(frozen=True, slots=True)
class SuppressionRow:
    suppression_id: UUID
    kind: str
    value: str
    campaign: str | None
    reason: str
    origin: str
    created_at: datetime
    words: str | None
    channels: list[str]
    lead_id: UUID | None
    doubtful: bool
    reviewed_at: datetime | None


@dataclass(frozen=True, slots=True)
class LeadAnywhere:
    account_id: UUID
    lead_id: UUID


@dataclass(frozen=True, slots=True)
class GlobalRow:
    kind: str
    value: str
    reason: str
    origin: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ToLookAt:
    """What waits for a person: suppressions by doubtful words, replies that ask for nothing that is known."""

    doubtful: int
    replies: int


SUPPRESS = Query("suppress", Nothing)
BAR_PERSON = Query("bar_person", Nothing)
REVOKE_CONSENT = Query("revoke_consent", Nothing)
SUPPRESSIONS_OF_ACCOUNT = Query("suppressions_of_account", SuppressionRow)
SUPPRESSIONS_TO_REVIEW = Query("suppressions_to_review", SuppressionRow)
REVIEWED = Query("suppression_reviewed", Id)
SUPPRESSIONS_FOUND = Query("suppressions_found", SuppressionRow)
SUPPRESSION_COUNTS = Query("suppression_counts", ToLookAt)
SUPPRESS_EVERYWHERE = Query("suppress_everywhere", Id)
LIFT_EVERYWHERE = Query("lift_everywhere", Id)
BAR_PERSON_EVERYWHERE = Query("bar_person_everywhere", Nothing)
LEADS_OF_PERSON_EVERYWHERE = Query("leads_of_person_everywhere", LeadAnywhere)
SUPPRESSIONS_EVERYWHERE = Query("suppressions_everywhere", GlobalRow)
LIFT_SUPPRESSION = Query("lift_suppression", Id)
