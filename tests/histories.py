"""A past that tests make up: leads with their calls and outcomes, written as they would have been.

Used by tests of what is counted; it tests nothing itself. Phones are fictional.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from speedtolead.store.ids import new_id

LEADS = """
INSERT INTO lead (id, account_id, source_id, campaign_id, state, received_at, phone, country, candidates,
                  attributes, raw_type, raw_body, raw_sha256, answer_status, answer, arms, region, cost)
SELECT $1, s.account_id, s.id, s.campaign_id, $2, $3, '+12125550142', 'US', $4, '{}', 'application/json', '',
       sha256(''), 202, '{}', $5, $6, 25 FROM source s WHERE s.account_id = $7 AND s.name = $8"""
CALLS = """
INSERT INTO attempt (id, account_id, lead_id, campaign_id, number, step, channel, state, due_at, lead_received_at,
                     rank_at, claimed_at, permitted_at, requested_at, ringing_at, answered_at, bridged_at, ended_at,
                     contact, talk_seconds, mode)
SELECT $1, l.account_id, l.id, l.campaign_id, $2, 0, 'call', $3, $4, l.received_at, l.received_at, $4, $4, $4, $4,
       $5, $5, $6, $7, $8, 'agent_first' FROM lead l WHERE l.id = $9"""
SALES = """
INSERT INTO outcome (id, account_id, lead_id, kind, value, occurred_at, reported_at, reported_by)
SELECT $1, account_id, id, $2, $3, received_at, received_at, 'api' FROM lead WHERE id = $4"""


@dataclass(frozen=True, slots=True)
class Called:
    """A call that ended, ``after`` so long; one that was answered was a contact."""

    after: timedelta
    answered: bool = False
    talk: float = 120.0


@dataclass(frozen=True, slots=True)
class Past:
    received_at: datetime
    calls: Sequence[Called] = ()
    arms: dict[str, str] | None = None
    outcome: str | None = None
    value: int | None = None
    zone: str = "America/New_York"
    region: str = "NY"
    source: str = "form"


async def lived(tx: Any, account_id: UUID, past: Sequence[Past]) -> None:
    """Write it, some thousand leads in a second or two."""
    leads, calls, sales = [], [], []
    for one in past:
        lead_id = new_id()
        reached = any(call.answered for call in one.calls)
        where = [{"zone": one.zone, "state": one.region, "origin": "area_code"}]
        state = "contacted" if reached else "exhausted"
        leads.append((lead_id, state, one.received_at, where, one.arms, one.region, account_id, one.source))
        for number, call in enumerate(one.calls, 1):
            at = one.received_at + call.after
            bridged = at + timedelta(seconds=8) if call.answered else None
            ended = at + timedelta(seconds=8 + call.talk) if call.answered else at + timedelta(seconds=25)
            told = call.talk if call.answered else None
            result = "connected" if call.answered else "no_answer"
            calls.append((new_id(), number, result, at, bridged, ended, call.answered, told, lead_id))
        if one.outcome is not None:
            sales.append((new_id(), one.outcome, one.value, lead_id))
    await tx.executemany(LEADS, leads)
    await tx.executemany(CALLS, calls)
    await tx.executemany(SALES, sales)
