"""The plan's order: of the attempts that are due, a look sees the best, and it reads no more than those."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from conftest import database_of

from speedtolead.store import dial
from speedtolead.store.database import Database
from speedtolead.store.dial import AGENTS_PER_CAMPAIGN, DIAL_CANDIDATES, NEXT_DUE, PROMOTE_DUE
from speedtolead.store.migrations import migrate, shipped

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ACCOUNT, CAMPAIGN, SOURCE = (UUID(int=n) for n in range(1, 4))
SECOND = timedelta(seconds=1)

LEADS = """
INSERT INTO lead (id, account_id, source_id, campaign_id, state, received_at, phone, country, candidates,
                  attributes, raw_type, raw_body, raw_sha256, answer_status, answer, rank_at)
SELECT CAST(lpad(to_hex(n), 32, '0') AS uuid), $1, $2, $3, 'working',
       CAST($4 AS timestamptz) - age * interval '1 second',
       '+1212' || lpad(CAST(n AS text), 7, '0'), 'US', '[]', '{}', '', '', sha256(''), 202, '{}',
       CAST($4 AS timestamptz) - (age + back) * interval '1 second'
  FROM unnest($5::int[], $6::float8[], $7::float8[]) AS l (n, age, back)
"""
ATTEMPTS = """
INSERT INTO attempt (id, account_id, lead_id, campaign_id, number, step, channel, state, due_at,
                     lead_received_at{more})
SELECT l.id, l.account_id, l.id, l.campaign_id, $1, 0, 'call', $2, $3, l.received_at{ranked}
  FROM lead l WHERE l.id = ANY ($4::uuid[])
"""


def lead_id(n: int) -> UUID:
    return UUID(int=n)


async def open_desk(tx: Any, agents: int) -> None:
    """An account with one campaign and so many free agents."""
    await tx.execute("INSERT INTO account VALUES ($1, 'a', 'America/New_York', $2)", ACCOUNT, NOW)
    await tx.execute(
        "INSERT INTO campaign (id, account_id, name, agent_group, settings) VALUES ($1, $2, 'c', 'sales', '{}')",
        CAMPAIGN,
        ACCOUNT,
    )
    await tx.execute(
        "INSERT INTO source (id, account_id, campaign_id, name, settings) VALUES ($1, $2, $3, 'form', '{}')",
        SOURCE,
        ACCOUNT,
        CAMPAIGN,
    )
    await tx.execute(
        "INSERT INTO agent (id, account_id, name, address, groups, presence, state, state_since)"
        " SELECT gen_random_uuid(), $1, 'a' || n, '+1' || n, '{sales}', 'always', 'available', $2"
        " FROM generate_series(1, $3) n",
        ACCOUNT,
        NOW,
        agents,
    )


async def plan(
    tx: Any, numbers: range | list[int], due_at: datetime, *, age: float = 0, back: float = 0, number: int = 1
) -> None:
    """A lead and an attempt of each number, each a second older than the one before."""
    n = len(numbers)
    ages, backs = [age + place for place in range(n)], [back] * n
    await tx.execute(LEADS, ACCOUNT, SOURCE, CAMPAIGN, NOW, list(numbers), ages, backs)
    text = ATTEMPTS.format(more=", rank_at", ranked=", l.rank_at")
    await tx.execute(text, number, "scheduled", due_at, [lead_id(n) for n in numbers])


async def seen(tx: Any, now: datetime = NOW) -> list[int]:
    """The leads that one look sees, the best first."""
    rows = await dial.dial_candidates(tx, now)
    ordered = sorted(rows, key=lambda row: (row.rank_at, row.lead_received_at), reverse=True)
    return [row.lead_id.int for row in ordered]


async def test_a_look_sees_the_latest_ranks_and_not_what_became_due_last(database: Database) -> None:
    async with database.connection() as tx:
        await open_desk(tx, agents=2)
        await plan(tx, [1], NOW - 600 * SECOND, age=600)
        await plan(tx, [2], NOW - 10 * SECOND, age=10, back=300)
        await plan(tx, [3], NOW - 60 * SECOND, age=60)
        await plan(tx, [4], NOW - SECOND, age=9_000, number=2)
        assert await seen(tx) == [3, 2]


async def test_first_attempts_and_retries_wait_in_one_order(database: Database) -> None:
    async with database.connection() as tx:
        await open_desk(tx, agents=4)
        await plan(tx, [1, 2, 3], NOW - SECOND, age=100, number=2)
        await plan(tx, [4, 5, 6], NOW - SECOND, age=101.5)
        assert await seen(tx) == [1, 2, 4, 3]


async def test_of_one_rank_the_younger_lead_goes_first(database: Database) -> None:
    async with database.connection() as tx:
        await open_desk(tx, agents=1)
        await plan(tx, [1], NOW, age=5, back=50)
        await plan(tx, [2], NOW, age=55)
        assert await seen(tx) == [1]


async def test_an_attempt_is_seen_from_its_moment_on_whoever_was_told(database: Database) -> None:
    async with database.connection() as tx:
        await open_desk(tx, agents=2)
        await plan(tx, [1], NOW + SECOND, age=5)
        await plan(tx, [2], NOW, age=50)
        assert await seen(tx) == [2]
        assert (await NEXT_DUE.one(tx)).due_at == NOW + SECOND
        assert await seen(tx, NOW + SECOND) == [1, 2]
        assert (await NEXT_DUE.one(tx)).due_at is None


async def test_what_is_ready_is_not_seen_by_a_clock_that_is_behind(database: Database) -> None:
    async with database.connection() as tx:
        await open_desk(tx, agents=1)
        await plan(tx, [1], NOW + SECOND)
        await PROMOTE_DUE.run(tx, now=NOW + SECOND)
        assert await seen(tx) == []


async def test_of_many_that_become_due_at_once_the_best_are_ready_first(database: Database) -> None:
    async with database.connection() as tx:
        await open_desk(tx, agents=2)
        await plan(tx, range(1, 301), NOW, age=300)
        await plan(tx, [400], NOW, age=10)
        assert await seen(tx) == [400, 1]
        assert (await NEXT_DUE.one(tx)).due_at == NOW  # the rest is asked for at once
        assert await seen(tx) == [400, 1]
        assert (await NEXT_DUE.one(tx)).due_at is None


async def test_an_attempt_that_is_held_is_left_to_the_next_look(database: Database) -> None:
    async with database.connection() as tx, database.connection() as other:
        await open_desk(tx, agents=2)
        await plan(tx, [1, 2], NOW)
        async with other.transaction():
            await other.execute("SELECT FROM attempt WHERE id = $1 FOR NO KEY UPDATE", lead_id(1))
            assert await seen(tx) == [2]
        assert await seen(tx) == [1, 2]


async def test_a_look_reads_as_many_attempts_as_there_are_agents(database: Database) -> None:
    """However many are due, and however many are planned, before and after Postgres has counted them."""
    async with database.connection() as tx:
        await open_desk(tx, agents=AGENTS_PER_CAMPAIGN + 8)
        await plan(tx, range(1, 4001), NOW + 3600 * SECOND)
        await plan(tx, range(4001, 5001), NOW - SECOND, age=3600, number=2)
        for _ in range(5):
            await PROMOTE_DUE.run(tx, now=NOW)
        for count in ("SELECT", "ANALYZE"):
            await tx.execute(count)
            scans = [scan for scan in await _attempt_scans(tx) if scan["Actual Loops"]]
            assert {scan["Index Name"] for scan in scans} == {"attempt_ready"}
            assert sorted(scan["Actual Rows"] for scan in scans) == [1, AGENTS_PER_CAMPAIGN]


async def _attempt_scans(tx: Any) -> list[dict[str, Any]]:
    arguments = {"now": NOW}
    text = await tx.fetchval(
        "EXPLAIN (ANALYZE, FORMAT JSON) " + DIAL_CANDIDATES.sql, *(arguments[p] for p in DIAL_CANDIDATES.parameters)
    )
    found: list[dict[str, Any]] = []

    def walk(node: dict[str, Any]) -> None:
        if node.get("Relation Name") == "attempt" or str(node.get("Index Name", "")).startswith("attempt"):
            found.append(node)
        for child in node.get("Plans", ()):
            walk(child)

    walk((json.loads(text) if isinstance(text, str) else text)[0]["Plan"])
    return found


@pytest.fixture
async def old_url(server_url: str) -> AsyncIterator[str]:
    """A database as it was before migration 0012."""
    admin = await asyncpg.connect(server_url)
    await admin.execute("DROP DATABASE IF EXISTS old_attempts")
    await admin.execute("CREATE DATABASE old_attempts")
    url = database_of(server_url, "old_attempts")
    await migrate(url, [one for one in shipped() if one.version < 12])
    yield url
    await admin.execute("DROP DATABASE old_attempts WITH (FORCE)")
    await admin.close()


async def test_attempts_of_before_have_their_leads_rank(old_url: str) -> None:
    """A lead of before there were scores counts as one of score 100."""
    connection = await asyncpg.connect(old_url)
    await open_desk(connection, agents=1)
    await connection.execute(LEADS, ACCOUNT, SOURCE, CAMPAIGN, NOW, [1, 2], [10.0, 20.0], [60.0, 0.0])
    await connection.execute("UPDATE lead SET rank_at = NULL WHERE id = $1", lead_id(2))
    for n, state in ((1, "scheduled"), (2, "no_answer")):
        await connection.execute(ATTEMPTS.format(more="", ranked=""), 1, state, NOW, [lead_id(n)])
    await migrate(old_url)
    rows = await connection.fetch("SELECT lead_id, rank_at FROM attempt")
    assert dict(rows) == {lead_id(1): NOW - 70 * SECOND, lead_id(2): NOW - 20 * SECOND}
    assert (await NEXT_DUE.one(connection)).due_at == NOW
    await connection.close()
