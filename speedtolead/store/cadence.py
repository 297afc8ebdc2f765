"""Rows of the follow-up: what has been of a lead, the versions of its campaign, and the attempt that comes next.

Owns: the statements of ``sql/queries/cadence.sql``. Must not know: which step comes next.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.domain.campaign import Campaign
from speedtolead.store.dial import CampaignSettings
from speedtolead.store.query import Connection, Id, Nothing, Query
from speedtolead.store.settings_json import Json, campaign_of


@dataclass(frozen=True, slots=True)
class CourseRow:
    """``made``: step, channel, result and end of each attempt that is behind the lead, oldest first."""

    lead_id: UUID
    account_id: UUID
    campaign_id: UUID
    source_id: UUID
    state: str
    received_at: datetime
    candidates: list[Json]
    region: str | None
    postal_code: str | None
    attributes: Json
    score: int | None
    via: str
    arms: Json | None
    source_name: str
    exclusive: bool
    version: int
    last_number: int
    planned: bool
    made: list[tuple[int, str, str, str]]
    contacted: bool
    replied: bool
    wrong_number: bool
    newer_lead: bool
    """The same person came again to the account, and that lead is in work."""
    outcomes: list[str]


@dataclass(frozen=True, slots=True)
class PlannedRow:
    attempt_id: UUID
    lead_id: UUID
    account_id: UUID


@dataclass(frozen=True, slots=True)
class LeadsUnderWay:
    leads: int


@dataclass(frozen=True, slots=True)
class HeldRow:
    attempt_id: UUID
    step: int


COURSE_OF_LEAD = Query("course_of_lead", CourseRow)
CAMPAIGN_AT_VERSION = Query("campaign_at_version", CampaignSettings)
PLAN_ATTEMPT = Query("plan_attempt", Id)
KEEP_TO_CADENCE = Query("keep_to_cadence", LeadsUnderWay)
FOLLOW_PRESENT_CADENCE = Query("follow_present_cadence", LeadsUnderWay)
TO_REPLAN = Query("to_replan", PlannedRow)
REPLANNED = Query("replanned", Nothing)
WITHDRAW_PLANNED = Query("withdraw_planned", Id)
HOLD_PLANNED = Query("hold_planned", HeldRow)

_versions: dict[tuple[UUID, int], Campaign] = {}


async def campaign_at(tx: Connection, account_id: UUID, campaign_id: UUID, version: int) -> Campaign:
    """The campaign as it was at a version, read once per version and process."""
    known = _versions.get((campaign_id, version))
    if known is None:
        row = await CAMPAIGN_AT_VERSION.one(tx, account_id=account_id, campaign_id=campaign_id, version=version)
        known = _versions[campaign_id, version] = campaign_of(campaign_id, row.version, row.settings)
    return known
