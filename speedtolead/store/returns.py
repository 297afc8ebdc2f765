"""Rows of claims: bad leads that their vendors are to take back.

Owns: the statements of ``sql/queries/returns.sql``. Must not know: when a claim may be made or sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from speedtolead.domain.source import Source
from speedtolead.store.query import Id, Nothing, Query
from speedtolead.store.settings_json import Json
from speedtolead.store.source_json import source_of


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """``unpaid``: a test, or a lead that was refused."""

    account_id: UUID
    source_id: UUID
    received_at: datetime
    cost: Decimal | None
    unpaid: bool
    source_settings: Json
    source_version: int

    @property
    def source(self) -> Source:
        return source_of(self.source_id, self.source_version, self.source_settings)


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """``suspected``: by what the carrier said only. ``deadline``: the first moment too late to send."""

    claim_id: UUID
    lead_id: UUID
    external_id: str | None
    source: str
    received_at: datetime
    phone: str | None
    state: str
    reason: str
    suspected: bool
    evidence: list[Json]
    amount: Decimal | None
    note: str | None
    prepared_at: datetime
    deadline: datetime
    sent_at: datetime | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClaimSum:
    source: str
    state: str
    claims: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class SourceOfClaim:
    source_id: UUID


@dataclass(frozen=True, slots=True)
class TermsRow:
    source_id: UUID
    source_settings: Json
    source_version: int
    timezone: str

    @property
    def source(self) -> Source:
        return source_of(self.source_id, self.source_version, self.source_settings)


@dataclass(frozen=True, slots=True)
class LockedClaim:
    claim_id: UUID
    state: str
    reason: str
    deadline: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Share:
    accepted: int
    returned: int


CLAIM_FACTS = Query("claim_facts", ClaimFacts)
PREPARE_CLAIM = Query("prepare_claim", Id)
WITHDRAW_SUSPICION = Query("withdraw_suspicion", Nothing)
CLAIM_OF_LEAD = Query("claim_of_lead", ClaimRow)
CLAIMS_PAGE = Query("claims_page", ClaimRow)
CLAIMS_OVERVIEW = Query("claims_overview", ClaimSum)
SOURCE_OF_CLAIM = Query("source_of_claim", SourceOfClaim)
LOCK_TERMS = Query("lock_terms", TermsRow)
LOCK_CLAIM = Query("lock_claim", LockedClaim)
CLAIMS_TO_SEND = Query("claims_to_send", LockedClaim)
SHARE_OF_PERIOD = Query("share_of_period", Share)
MOVE_CLAIMS = Query("move_claims", Id)
EXPIRE_CLAIMS = Query("expire_claims", Id)
