"""Rows of the source guard: what it counts, its alerts, and its pauses.

Owns: the statements of ``sql/queries/guard.sql``. Must not know: which rate is out of its band.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.domain.source import Source
from speedtolead.store.query import Id, Nothing, Query
from speedtolead.store.settings_json import Json
from speedtolead.store.source_json import source_of


@dataclass(frozen=True, slots=True)
class GuardedSource:
    source_id: UUID


@dataclass(frozen=True, slots=True)
class HeldSource:
    """A source that is looked at by nobody else until the transaction ends."""

    account_id: UUID
    source_id: UUID
    name: str
    settings: Json
    version: int

    @property
    def source(self) -> Source:
        return source_of(self.source_id, self.version, self.settings)


@dataclass(frozen=True, slots=True)
class OpenAlert:
    alert_id: UUID
    rate: str
    opened_at: datetime
    facts: Json


@dataclass(frozen=True, slots=True)
class CountsRow:
    """``began_at``: when the first of the recent leads came; None where there are none."""

    rate: str
    recent_leads: int
    recent_hits: int
    baseline_leads: int
    baseline_hits: int
    began_at: datetime | None


@dataclass(frozen=True, slots=True)
class AlertRow:
    """``paused``: the source was paused for it. ``source_paused``: the guard's pause is on at this moment."""

    alert_id: UUID
    source: str
    rate: str
    opened_at: datetime
    ended_at: datetime | None
    words: str
    facts: Json
    paused: bool
    source_paused: bool
    acknowledged_at: datetime | None
    acknowledged_by: str | None


@dataclass(frozen=True, slots=True)
class Acknowledged:
    source: str
    rate: str
    words: str


GUARDED_SOURCES = Query("guarded_sources", GuardedSource)
HOLD_GUARDED_SOURCE = Query("hold_guarded_source", HeldSource)
OPEN_ALERTS_OF_SOURCE = Query("open_alerts_of_source", OpenAlert)
CONTACT_COUNTS = Query("contact_counts", CountsRow)
POST_COUNTS = Query("post_counts", CountsRow)
ADD_ALERT = Query("add_alert", Id)
END_ALERT = Query("end_alert", Id)
PAUSE_BY_GUARD = Query("pause_by_guard", Nothing)
LIFT_GUARD_PAUSE = Query("lift_guard_pause", Id)
ACKNOWLEDGE_ALERT = Query("acknowledge_alert", Acknowledged)
SOURCE_ALERTS = Query("source_alerts", AlertRow)
