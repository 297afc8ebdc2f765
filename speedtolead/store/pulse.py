"""Rows of the service's own pulse, and of the calls that became due while it had none.

Owns: the statements of ``sql/queries/pulse.sql``. Must not know: what an absence is, or what follows from one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from speedtolead.store.query import Nothing, Query


@dataclass(frozen=True, slots=True)
class Pulse:
    seen_at: datetime
    silent: timedelta


@dataclass(frozen=True, slots=True)
class MissedRow:
    attempt_id: UUID
    account_id: UUID
    campaign_id: UUID
    version: int
    rank_at: datetime
    due_at: datetime


FIRST_PULSE = Query("first_pulse", Nothing)
LOCK_PULSE = Query("lock_pulse", Pulse)
SET_PULSE = Query("set_pulse", Nothing)
MISSED_CALLS = Query("missed_calls", MissedRow)
SPREAD_MISSED = Query("spread_missed", Nothing)
