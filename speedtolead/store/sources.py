"""Rows of sources beyond their settings: what was seen how often, what became of leads, and the posts that came.

Must not know: what is too often, and what a rate means.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.store.intake import SourceRow
from speedtolead.store.query import Nothing, Query
from speedtolead.store.settings_json import Json


@dataclass(frozen=True, slots=True)
class Seen:
    kind: str
    seen: int


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """What became of accepted leads: the source's, and the whole account's."""

    accepted: int
    contacted: int
    sold: int
    account_accepted: int
    account_contacted: int
    account_sold: int


@dataclass(frozen=True, slots=True)
class SourceOverview:
    source_id: UUID
    name: str
    campaign: str
    paused: bool
    accepted: int
    refused: int
    unreadable: int
    last_lead_at: datetime | None


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post as it came, and what became of it. ``lead_id`` is None for one that could not be read."""

    post_id: str
    lead_id: UUID | None
    received_at: datetime
    via: str
    status: int
    code: str | None
    content_type: str
    body: bytes
    took_ms: float | None
    score: int | None
    findings: list[Json]
    test: bool
    fields: list[str]
    detail: str | None


@dataclass(frozen=True, slots=True)
class PostBody:
    content_type: str
    body: bytes
    via: str


SIGHTINGS = Query("sightings", Seen)
SEE = Query("see", Nothing)
FORGET_SIGHTINGS = Query("forget_sightings", Nothing)
SOURCE_HISTORY = Query("source_history", HistoryRow)
KEEP_SOURCE_POST = Query("keep_source_post", Nothing)
FORGET_SOURCE_POSTS = Query("forget_source_posts", Nothing)
SOURCE_FOR_CONNECTOR = Query("source_for_connector", SourceRow)
SOURCE_BY_NAME = Query("source_by_name", SourceRow)
SOURCES_OVERVIEW = Query("sources_overview", SourceOverview)
POSTS_OF_SOURCE = Query("posts_of_source", PostRow)
POST_TO_REPEAT = Query("post_to_repeat", PostBody)
