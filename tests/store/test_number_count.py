"""A number's count of the day: given back where nobody saw the number, and never where somebody may have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from speedtolead.domain.attempt import AttemptState
from speedtolead.store.calls import FINISH_ATTEMPT, PUT_BACK
from speedtolead.store.database import Database

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MIDNIGHT = NOW + timedelta(hours=16)
ACCOUNT, CAMPAIGN, SOURCE, LEAD, ATTEMPT = (UUID(int=n) for n in range(1, 6))
SHOWN, LIVE = "+12125550100", ["dialing", "unknown"]


@dataclass(frozen=True)
class LeadLeg:
    state: str
    call_id: str | None
    placed_at: datetime = NOW


CASES = {
    "no phone but the agent's was rung": ("dialing", None, MIDNIGHT, 6),
    "the carrier would not ring it": ("dialing", LeadLeg("ended", None), MIDNIGHT, 6),
    "it rang, and was ended before the answer": ("dialing", LeadLeg("ended", "CA1"), MIDNIGHT, 7),
    "it rings": ("dialing", LeadLeg("ringing", "CA1"), MIDNIGHT, 7),
    "the carrier was asked and has not answered": ("dialing", LeadLeg("placing", None), MIDNIGHT, 7),
    "nobody knows": ("unknown", None, MIDNIGHT, 7),
    "it rang in an earlier try, which has its own count": (
        "dialing", LeadLeg("ended", "CA1", NOW - timedelta(hours=1)), MIDNIGHT, 6
    ),
    "it was counted on a day that is over": ("dialing", None, MIDNIGHT - timedelta(days=1), 7),
    "it was given back before": ("dialing", None, None, 7),
}  # fmt: skip


@pytest.mark.parametrize("finished", [False, True], ids=["put back", "ended"])
@pytest.mark.parametrize("case", CASES)
async def test_a_count_is_given_back_where_the_number_was_shown_to_nobody(
    database: Database, case: str, finished: bool
) -> None:
    state, leg, counted, left = CASES[case]
    async with database.connection() as tx:
        await under_way(tx, state, leg, counted)
        for _ in range(2):
            if finished:
                await FINISH_ATTEMPT.first(
                    tx, attempt_id=ATTEMPT, state=AttemptState.CANCELLED, now=NOW, note="", sources=LIVE
                )
            else:
                await PUT_BACK.first(
                    tx, attempt_id=ATTEMPT, due_at=NOW, note="", passed_by=None, refused_by=None, sources=LIVE
                )
        assert await tx.fetchval("SELECT day_calls FROM phone_number WHERE phone = $1", SHOWN) == left
        assert await tx.fetchval("SELECT counted_until FROM attempt") is None


async def under_way(tx: Any, state: str, leg: LeadLeg | None, counted: datetime | None) -> None:
    """An attempt that shows a number which was shown seven times today."""
    await tx.execute("INSERT INTO account VALUES ($1, 'a', 'America/New_York', $2)", ACCOUNT, NOW)
    await tx.execute(
        "INSERT INTO phone_number (account_id, phone, day_calls, day_ends) VALUES ($1, $2, 7, $3)",
        ACCOUNT,
        SHOWN,
        MIDNIGHT,
    )
    for table, row, more in (("campaign", CAMPAIGN, "agent_group"), ("source", SOURCE, "campaign_id")):
        await tx.execute(
            f"INSERT INTO {table} (id, account_id, name, {more}, settings) VALUES ($1, $2, 'x', $3, '{{}}')",
            row,
            ACCOUNT,
            "sales" if table == "campaign" else CAMPAIGN,
        )
    await tx.execute(
        "INSERT INTO lead (id, account_id, source_id, campaign_id, state, received_at, phone, country, candidates,"
        " attributes, raw_type, raw_body, raw_sha256, answer_status, answer)"
        " VALUES ($1, $2, $3, $4, 'working', $5, '+12125550142', 'US', '[]', '{}', '', '', '', 202, '{}')",
        LEAD,
        ACCOUNT,
        SOURCE,
        CAMPAIGN,
        NOW,
    )
    await tx.execute(
        "INSERT INTO attempt (id, account_id, lead_id, campaign_id, number, step, channel, state, due_at, rank_at,"
        " lead_received_at, permitted_at, caller_id, counted_until)"
        " VALUES ($1, $2, $3, $4, 1, 0, 'call', $5, $6, $6, $6, $6, $7, $8)",
        ATTEMPT,
        ACCOUNT,
        LEAD,
        CAMPAIGN,
        state,
        NOW,
        SHOWN,
        counted,
    )
    if leg is not None:
        await tx.execute(
            "INSERT INTO leg (id, account_id, attempt_id, kind, address, caller_id, state, carrier_call_id,"
            " placed_at) VALUES ($1, $2, $3, 'lead', '+12125550142', $4, $5, $6, $7)",
            UUID(int=6),
            ACCOUNT,
            ATTEMPT,
            SHOWN,
            leg.state,
            leg.call_id,
            leg.placed_at,
        )
