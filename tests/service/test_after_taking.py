"""What is written and counted after leads were taken: moments of commit, mail domains, sources' histories."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from running import until

from speedtolead.clock import SystemClock
from speedtolead.domain.score import History
from speedtolead.domain.source import Source
from speedtolead.ports import MailFacts
from speedtolead.runtime.commits import Commits
from speedtolead.service.intake.histories import SourceHistories
from speedtolead.service.intake.mail_domains import AT_ONCE, MailDomainChecks
from speedtolead.store.database import Database
from speedtolead.store.ids import new_id
from speedtolead.store.source_json import source_to_json

ACCOUNT, CAMPAIGN, FORM, OTHER, EMPTY = (UUID(int=n) for n in range(1, 6))
NOW = datetime.now(UTC)
LEAD = """
    INSERT INTO lead (id, account_id, source_id, campaign_id, state, received_at, country, candidates, attributes,
                      raw_type, raw_body, raw_sha256, answer_status, answer, email)
    VALUES ($1, $2, $3, $4, $5, $6, 'US', '[]', '{}', '', '', '', 202, '{}', 'ada@posts.dev')
"""
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def account(database: Database) -> None:
    async with database.connection() as tx:
        await tx.execute("INSERT INTO account VALUES ($1, 'acme', 'UTC', $2)", ACCOUNT, NOW)
        await tx.execute(
            "INSERT INTO campaign (id, account_id, name, agent_group, settings) VALUES ($1, $2, 'a', 'all', '{}')",
            CAMPAIGN,
            ACCOUNT,
        )
        for source_id, name in ((FORM, "form"), (OTHER, "other"), (EMPTY, "empty")):
            await tx.execute(
                "INSERT INTO source (id, account_id, campaign_id, name, settings) VALUES ($1, $2, $3, $4, $5)",
                source_id,
                ACCOUNT,
                CAMPAIGN,
                name,
                source_to_json(Source(name)),
            )


async def leads(database: Database, count: int, source_id: UUID = FORM, state: str = "new") -> list[UUID]:
    ids = [new_id() for _ in range(count)]
    async with database.connection() as tx:
        await tx.executemany(LEAD, [(one, ACCOUNT, source_id, CAMPAIGN, state, NOW) for one in ids])
    return ids


class Addresses:
    def facts(self, address: str) -> MailFacts:
        return MailFacts(True, address.partition("@")[2], False)


class Domains:
    async def takes_mail(self, domain: str) -> bool:
        return True


async def write_commits(database: Database, ids: list[UUID]) -> None:
    commits = Commits(database)
    for lead_id in ids:
        commits.committed(lead_id, NOW)
    await commits.flush()


async def write_mail(database: Database, ids: list[UUID]) -> None:
    await MailDomainChecks(database, SystemClock(), Addresses(), Domains()).ask()


@pytest.mark.parametrize("write", [write_commits, write_mail])
async def test_many_leads_are_written_in_the_order_of_their_ids(database: Database, write: Any) -> None:
    """Whoever waits for the first of them holds none of the others, so no two can wait for each other."""
    await account(database)
    first, second = sorted(await leads(database, 2))
    async with database.transaction() as other:
        await other.execute("SELECT FROM lead WHERE id = $1 FOR UPDATE", first)
        writing = asyncio.create_task(write(database, [second, first]))

        async def waits() -> bool | None:
            return await other.fetchval(WAITING) == 1 or None

        await until(waits)
        assert await other.fetchval("SELECT id FROM lead WHERE id = $1 FOR UPDATE SKIP LOCKED", second) == second
    await writing
    column = "committed_at" if write is write_commits else "email_takes_mail"
    async with database.connection() as tx:
        assert await tx.fetchval(f"SELECT count(*) FROM lead WHERE {column} IS NOT NULL") == 2


async def test_moments_of_commit_that_could_not_be_written_are_written_the_next_time(database: Database) -> None:
    await account(database)
    (lead_id,) = await leads(database, 1)
    commits = Commits(database)
    commits.committed(lead_id, NOW)
    async with database.connection() as tx:
        await tx.execute("ALTER TABLE lead RENAME COLUMN committed_at TO away")
        with pytest.raises(asyncpg.UndefinedColumnError):
            await commits.flush()
        await tx.execute("ALTER TABLE lead RENAME COLUMN away TO committed_at")
        await commits.flush()
        assert await tx.fetchval("SELECT committed_at FROM lead WHERE id = $1", lead_id) == NOW


async def test_one_tick_asks_about_every_lead_of_late(database: Database) -> None:
    await account(database)
    await leads(database, AT_ONCE + 1)
    await write_mail(database, [])
    async with database.connection() as tx:
        assert await tx.fetchval("SELECT count(*) FROM lead WHERE email_takes_mail IS NULL") == 0
        assert await tx.fetchval("SELECT mail_finding ->> 'verdict' FROM lead LIMIT 1") == "accept"


async def test_one_count_tells_the_history_of_every_source_of_an_account(database: Database) -> None:
    await account(database)
    for source_id, state in ((FORM, "new"), (FORM, "contacted"), (FORM, "converted"), (OTHER, "contacted")):
        await leads(database, 1, source_id, state)
    histories = SourceHistories(database, SystemClock())
    assert histories.of(ACCOUNT, FORM) is None
    await histories.close()
    await leads(database, 1)  # not counted again so soon
    whole = History(4, 3, 1)
    assert histories.of(ACCOUNT, FORM) == (History(3, 2, 1), whole)
    assert histories.of(ACCOUNT, OTHER) == (History(1, 1, 0), whole)
    assert histories.of(ACCOUNT, EMPTY) == (History(0, 0, 0), whole)
