"""Rows of the dial path: due attempts, claims, the commit to dialing, what the carrier answered.

Owns: the statements of ``sql/queries/dial.sql``. Must not know: who gets which lead, and what is lawful.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from speedtolead.domain.campaign import Campaign
from speedtolead.domain.permit import Facts
from speedtolead.domain.routing import DueAttempt, Pairing
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection, Id, Nothing, Query
from speedtolead.store.settings_json import Json, campaign_of, candidates_from_json

CANDIDATES_PER_CAMPAIGN = 32


@dataclass(frozen=True, slots=True)
class CandidateRow:
    attempt_id: UUID
    lead_received_at: datetime
    number: int
    agents: list[UUID]
    passed_by: list[UUID]
    slot_at: datetime | None

    def due(self) -> DueAttempt:
        return DueAttempt(
            self.attempt_id, self.lead_received_at, self.number, tuple(self.agents), frozenset(self.passed_by)
        )


@dataclass(frozen=True, slots=True)
class DueAt:
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClaimedRow:
    """A claimed attempt with what the permit and the whisper need, as of the claim's transaction."""

    attempt_id: UUID
    account_id: UUID
    lead_id: UUID
    campaign_id: UUID
    number: int
    step: int
    lease: UUID
    lease_until: datetime
    tries: int
    due_at: datetime
    agent_id: UUID
    agent_name: str
    agent_address: str
    campaign_version: int
    phone: str
    received_at: datetime
    candidates: list[Json]
    test: bool
    consent_channels: list[str] | None
    suppressed: str | None
    recent_calls: list[datetime]
    numbers: list[str]
    first_name: str | None
    last_name: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    attributes: Json
    source_name: str

    def facts(self, fictional_exempt: bool) -> Facts:
        return Facts(
            self.phone,
            tuple(self.consent_channels or ()),
            self.suppressed,
            candidates_from_json(self.candidates),
            tuple(self.recent_calls),
            fictional_exempt,
        )


@dataclass(frozen=True, slots=True)
class CampaignSettings:
    settings: Json
    version: int


@dataclass(frozen=True, slots=True)
class SlotPolicy:
    """Calls per second as a spacing and a burst: never more than ``per_second`` in any one second, over all nodes.

    From ten a second on, a tenth of the rate may go out at once and the spacing makes up for it; below that, the
    calls are simply spaced (a generic cell rate, ITU-T I.371).
    """

    carrier: str
    per_second: float

    @property
    def _burst_calls(self) -> float:
        return self.per_second / 10 if self.per_second >= 10 else 0.0

    @property
    def spacing(self) -> timedelta:
        return timedelta(seconds=1 / (self.per_second - self._burst_calls))

    @property
    def burst(self) -> timedelta:
        return self.spacing * self._burst_calls


DIAL_CANDIDATES = Query("dial_candidates", CandidateRow)
NEXT_DUE = Query("next_due", DueAt)
CLAIM_ATTEMPTS = Query("claim_attempts", ClaimedRow)
CAMPAIGN_SETTINGS = Query("campaign_settings", CampaignSettings)
BEGIN_DIALING = Query("begin_dialing", Id)
RECORD_PLACED = Query("record_placed", Id)
HOLD_SLOTS = Query("hold_slots", Nothing)
ENSURE_SLOT = Query("ensure_slot", Nothing)

_campaigns: dict[tuple[UUID, int], Campaign] = {}


async def campaign(tx: Connection, account_id: UUID, campaign_id: UUID, version: int) -> Campaign:
    """The campaign, read once per version and process."""
    known = _campaigns.get((campaign_id, version))
    if known is None:
        row = await CAMPAIGN_SETTINGS.one(tx, account_id=account_id, campaign_id=campaign_id)
        known = campaign_of(campaign_id, row.version, row.settings)
        _campaigns[campaign_id, row.version] = known
    return known


async def dial_candidates(tx: Connection, policy: SlotPolicy, now: datetime) -> list[CandidateRow]:
    return await DIAL_CANDIDATES.all(tx, carrier=policy.carrier, now=now, most=CANDIDATES_PER_CAMPAIGN)


async def claim(
    tx: Connection, pairs: list[Pairing], policy: SlotPolicy, now: datetime, lease_until: datetime
) -> list[ClaimedRow]:
    """Claim what is still free of these pairs, as far as the carrier has slots now."""
    return await CLAIM_ATTEMPTS.all(
        tx,
        attempt_ids=[p.attempt_id for p in pairs],
        agent_ids=[p.agent_id for p in pairs],
        leases=[new_id() for _ in pairs],
        carrier=policy.carrier,
        burst=policy.burst,
        spacing=policy.spacing,
        now=now,
        lease_until=lease_until,
    )
