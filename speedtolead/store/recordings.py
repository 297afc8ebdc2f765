"""Rows of recordings, and of what a lead was told on a call.

Owns: the statements of ``sql/queries/recording.sql``. Must not know: when a call is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.store.query import Id, Nothing, Query
from speedtolead.store.settings_json import Json


@dataclass(frozen=True, slots=True)
class RecordingLine:
    recording_id: UUID
    attempt_id: UUID
    state: str
    started_at: datetime | None
    seconds: int | None
    announcement: Json
    announced_at: datetime | None


@dataclass(frozen=True, slots=True)
class ToldRow:
    recording_id: UUID
    account_id: UUID
    lead_id: UUID
    before: str
    """The state that the news found."""
    state: str
    seconds: int | None


@dataclass(frozen=True, slots=True)
class ToPlay:
    carrier_recording_id: str
    carrier: str


@dataclass(frozen=True, slots=True)
class ToRemove:
    recording_id: UUID
    account_id: UUID
    attempt_id: UUID
    lead_id: UUID
    carrier_recording_id: str
    carrier: str


MARK_ANNOUNCED = Query("mark_announced", Id)
MARK_NOTICE = Query("mark_notice", Id)
ASK_RECORDING = Query("ask_recording", Id)
RECORDING_RUNS = Query("recording_runs", Nothing)
RECORDING_REFUSED = Query("recording_refused", Nothing)
RECORDING_TOLD = Query("recording_told", ToldRow)
RECORDINGS_OF_LEAD = Query("recordings_of_lead", RecordingLine)
RECORDING_TO_PLAY = Query("recording_to_play", ToPlay)
RECORDINGS_TO_REMOVE = Query("recordings_to_remove", ToRemove)
RECORDING_REMOVED = Query("recording_removed", Id)
