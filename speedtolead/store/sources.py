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
    """What became of a source's accepted leads."""

    source_id: UUID
    accepted: int
    contacted: int
    sold: int


@dataclass(frozen=True, slots=True)
class SourceOverview:
    """A source, with what came in since a moment."""

    source_id: UUID
    name: str
    campaign: str
    paused: bool
    guard_pause: str | None
    campaign_paused: bool
    connector: str | None
    accepted: int
    refused: int
    unreadable: int
    last_lead_at: datetime | None


@dataclass(frozen=True, slots=True)
class SourceInFull:
    """``said`` is the source as its owner wrote it; None in one that was configured before that was kept.

    ``guard_pause``: why the guard paused it, in words; None where it did not.
    """

    source_id: UUID
    name: str
    paused: bool
    guard_pause: str | None
    version: int
    settings: Json
    said: Json | None
    campaign_id: UUID
    campaign: str
    campaign_paused: bool
    key_hints: list[str]


@dataclass(frozen=True, slots=True)
class PostLine:
    """A post, and what became of it: accepted, touched, refused, or unreadable. ``via`` is not kept of a touch."""

    post_id: str
    verdict: str
    received_at: datetime
    via: str | None
    status: int
    code: str | None
    detail: str | None
    took_ms: float | None
    score: int | None
    test: bool


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post as it came, and all that was found out. ``lead_id`` is None for one that could not be read."""

    post_id: str
    verdict: str
    lead_id: UUID | None
    received_at: datetime
    via: str | None
    status: int
    code: str | None
    detail: str | None
    took_ms: float | None
    score: int | None
    score_parts: list[Json]
    findings: list[Json]
    test: bool
    content_type: str
    body: bytes
    fields: list[str]


SIGHTINGS = Query("sightings", Seen)
FORGET_SIGHTINGS = Query("forget_sightings", Nothing)
SOURCE_HISTORIES = Query("source_histories", HistoryRow)
KEEP_SOURCE_POST = Query("keep_source_post", Nothing)
FORGET_SOURCE_POSTS = Query("forget_source_posts", Nothing)
SOURCE_FOR_CONNECTOR = Query("source_for_connector", SourceRow)
SOURCE_BY_NAME = Query("source_by_name", SourceRow)
SOURCES_OVERVIEW = Query("sources_overview", SourceOverview)
SOURCE_IN_FULL = Query("source_in_full", SourceInFull)
POSTS_OF_SOURCE = Query("posts_of_source", PostLine)
POST_OF_SOURCE = Query("post_of_source", PostRow)
