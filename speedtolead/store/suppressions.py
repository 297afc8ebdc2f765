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


SUPPRESS = Query("suppress", Nothing)
BAR_PERSON = Query("bar_person", Nothing)
REVOKE_CONSENT = Query("revoke_consent", Nothing)
SUPPRESSIONS_OF_ACCOUNT = Query("suppressions_of_account", SuppressionRow)
SUPPRESSIONS_TO_REVIEW = Query("suppressions_to_review", SuppressionRow)
REVIEWED = Query("suppression_reviewed", Id)
LIFT_SUPPRESSION = Query("lift_suppression", Id)
