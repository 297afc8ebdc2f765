"""Rows of abandoned calls per campaign. Must not know: how many are too many."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.store.query import Id, Query
from speedtolead.store.settings_json import Json


@dataclass(frozen=True, slots=True)
class LiveAnswersRow:
    campaign_id: UUID
    account_id: UUID
    name: str
    lead_first_held_at: datetime | None
    settings: Json
    live: int
    abandoned: int


@dataclass(frozen=True, slots=True)
class HeldCampaign:
    campaign_id: UUID
    name: str
    held_at: datetime


LIVE_ANSWERS = Query("live_answers", LiveAnswersRow)
HOLD_LEAD_FIRST = Query("hold_lead_first", Id)
ALLOW_LEAD_FIRST = Query("allow_lead_first", Id)
HELD_CAMPAIGNS = Query("held_campaigns", HeldCampaign)
