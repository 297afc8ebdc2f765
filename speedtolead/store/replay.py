"""Rows of past leads, as a replay reads them: what they were, and what was recorded of them.

Owns: the statements of ``sql/queries/replay.sql``. Must not know: what a replay makes of them. Nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from speedtolead.store.query import Query
from speedtolead.store.settings_json import Json


@dataclass(frozen=True, slots=True)
class PastLead:
    """``answers``: channel, result, whether it was a contact, and seconds, of each attempt that was made, in order.
    ``happened``: what, and when."""

    lead_id: UUID
    received_at: datetime
    phone: str
    candidates: list[Json]
    region: str | None
    postal_code: str | None
    attributes: Json
    score: int | None
    arms: Json | None
    source_name: str
    exclusive: bool
    channels: list[str]
    written: bool
    seller: str | None
    given_at: datetime
    certificate: str | None
    answers: list[Any]
    happened: list[Any]


@dataclass(frozen=True, slots=True)
class LeadsOfSpan:
    leads: int
    refused: int
    left_out: int


LEADS_TO_REPLAY = Query("leads_to_replay", PastLead)
LEADS_OF_SPAN = Query("leads_of_span", LeadsOfSpan)
