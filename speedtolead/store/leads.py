"""Rows of leads as they are read back, and suppressions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from speedtolead.store.machine import VOICEMAILS_TO_SHOW, VoicemailLine
from speedtolead.store.outcomes import OUTCOMES_OF_LEAD, OutcomeRow
from speedtolead.store.query import Connection, Nothing, Query
from speedtolead.store.recordings import RECORDINGS_OF_LEAD, RecordingLine
from speedtolead.store.returns import CLAIM_OF_LEAD, ClaimRow
from speedtolead.store.sends import THREAD_OF_LEAD, ThreadLine
from speedtolead.store.settings_json import Json


@dataclass(frozen=True, slots=True)
class LeadRow:
    lead_id: UUID
    account_id: UUID
    source_id: UUID
    source: str
    campaign_id: UUID
    campaign: str
    state: str
    refusal: str | None
    received_at: datetime
    committed_at: datetime | None
    phone: str | None
    email: str | None
    first_name: str | None
    last_name: str | None
    address: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    country: str
    candidates: list[Json]
    attributes: Json
    cost: Decimal | None
    test: bool
    external_id: str | None
    submitted_at: datetime | None
    raw_sha256: str
    timezone: str
    score: int | None
    score_parts: list[Json]
    findings: list[Json]
    via: str
    touches: int
    owner: str | None = None
    arms: Json | None = None


@dataclass(frozen=True, slots=True)
class LeadLine:
    lead_id: UUID
    source: str
    campaign: str
    state: str
    refusal: str | None
    received_at: datetime
    phone: str | None
    first_name: str | None
    last_name: str | None
    region: str | None
    external_id: str | None
    speed_to_dial: float | None
    bridged_at: datetime | None
    attempt_state: str | None
    next_attempt_at: datetime | None


@dataclass(frozen=True, slots=True)
class ConsentRow:
    channels: list[str]
    wording: str | None
    seller: str | None
    captured_at: datetime | None
    url: str | None
    ip: str | None
    user_agent: str | None
    trustedform_cert_url: str | None
    leadid_token: str | None


@dataclass(frozen=True, slots=True)
class AttemptRow:
    attempt_id: UUID
    number: int
    direction: str
    gives_back: bool
    """It gives a missed call back."""
    step: int
    channel: str
    state: str
    due_at: datetime
    mode: str | None
    caller_id: str | None
    tries: int
    agent: str | None
    claimed_at: datetime | None
    permitted_at: datetime | None
    requested_at: datetime | None
    ringing_at: datetime | None
    answered_at: datetime | None
    bridged_at: datetime | None
    ended_at: datetime | None
    contact: bool
    talk_seconds: float | None
    note: str | None
    announced_at: datetime | None = None
    notice_at: datetime | None = None
    label_asked: str | None = None
    labelled_as: str | None = None
    voicemail_left_at: datetime | None = None
    timed_by: str | None = None


@dataclass(frozen=True, slots=True)
class PermitRow:
    attempt_id: UUID
    decided_at: datetime
    decision: str
    not_before: datetime | None
    rule_set: str
    rules: list[Json]


@dataclass(frozen=True, slots=True)
class LegLine:
    attempt_id: UUID
    kind: str
    state: str
    carrier: str
    carrier_call_id: str | None
    placed_at: datetime
    ringing_at: datetime | None
    live_at: datetime | None
    accepted_at: datetime | None
    ended_at: datetime | None
    ended_as: str | None
    answered_by: str | None
    carrier_code: str | None
    agent: str | None
    """Who was rung, by name: an agent, a supervisor, somebody outside; None for the lead."""
    part: str | None


@dataclass(frozen=True, slots=True)
class LeadOfPerson:
    lead_id: UUID


@dataclass(frozen=True, slots=True)
class CampaignId:
    campaign_id: UUID


@dataclass(frozen=True, slots=True)
class Owner:
    account_id: UUID


LEAD_BY_ID = Query("lead_by_id", LeadRow)
GIVE_LEAD = Query("give_lead", Nothing)
LEADS_PAGE = Query("leads_page", LeadLine)
CONSENT_OF_LEAD = Query("consent_of_lead", ConsentRow)
ATTEMPTS_OF_LEAD = Query("attempts_of_lead", AttemptRow)
PERMITS_OF_LEAD = Query("permits_of_lead", PermitRow)
LEGS_OF_LEAD = Query("legs_of_lead", LegLine)
ACCOUNT_OF_LEAD = Query("account_of_lead", Owner)
LEADS_OF_PERSON = Query("leads_of_person", LeadOfPerson)
CAMPAIGN_BY_NAME = Query("campaign_by_name", CampaignId)


@dataclass(frozen=True, slots=True)
class LeadStory:
    """One lead with all that belongs to it. What became of it is its buyer's own: a source is not told."""

    lead: LeadRow
    consent: ConsentRow | None
    attempts: list[AttemptRow]
    permits: list[PermitRow]
    legs: list[LegLine]
    outcomes: list[OutcomeRow] = field(default_factory=list)
    claim: ClaimRow | None = None
    recordings: list[RecordingLine] = field(default_factory=list)
    thread: list[ThreadLine] = field(default_factory=list)
    voicemails: list[VoicemailLine] = field(default_factory=list)


async def story(tx: Connection, account_id: UUID, lead_id: UUID, source_id: UUID | None) -> LeadStory | None:
    """None where this account (or source) has no such lead."""
    lead = await LEAD_BY_ID.first(tx, account_id=account_id, lead_id=lead_id, source_id=source_id)
    if lead is None:
        return None
    of = {"account_id": account_id, "lead_id": lead_id}
    return LeadStory(
        lead,
        await CONSENT_OF_LEAD.first(tx, **of),
        await ATTEMPTS_OF_LEAD.all(tx, **of),
        await PERMITS_OF_LEAD.all(tx, **of),
        await LEGS_OF_LEAD.all(tx, **of),
        await OUTCOMES_OF_LEAD.all(tx, **of) if source_id is None else [],
        await CLAIM_OF_LEAD.first(tx, **of) if source_id is None else None,
        await RECORDINGS_OF_LEAD.all(tx, **of) if source_id is None else [],
        await THREAD_OF_LEAD.all(tx, **of) if source_id is None else [],
        await VOICEMAILS_TO_SHOW.all(tx, **of) if source_id is None else [],
    )
