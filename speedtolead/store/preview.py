"""Rows that a preview of permits reads: campaigns, and what is known against people. Must not know: the rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from speedtolead.domain.campaign import Campaign
from speedtolead.store.query import Query
from speedtolead.store.settings_json import Json, campaign_of


@dataclass(frozen=True, slots=True)
class PreviewCampaign:
    campaign_id: UUID
    name: str
    version: int
    settings: Json

    @property
    def campaign(self) -> Campaign:
        return campaign_of(self.campaign_id, self.version, self.settings)


@dataclass(frozen=True, slots=True)
class Barred:
    """One thing that is known against the person who was asked about at ``place``, the first being 1.

    ``kind``: ``account``, ``campaign`` or ``everyone`` for a suppression, whose reason is the ``name``; ``list``
    for a do-not-call list that the campaign relies on, whether or not the number is listed.
    """

    place: int
    kind: str
    name: str
    channels: list[str]
    version_date: date | None
    listed: bool


CAMPAIGNS_TO_PREVIEW = Query("campaigns_to_preview", PreviewCampaign)
BARRED_PEOPLE = Query("barred_people", Barred)
