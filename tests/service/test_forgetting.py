"""What the intake remembers is forgotten when nothing asks for it any more, and not before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from speedtolead.service.intake.forgetting import LONGEST_WINDOW, Forgetting
from speedtolead.service.intake.providers import BELIEVED
from speedtolead.store.database import Database
from speedtolead.store.ids import new_id

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LONGEST_BELIEVED = max(BELIEVED.values())
SECOND = timedelta(seconds=1)


class Noon:
    def now(self) -> datetime:
        return NOW


async def test_what_a_question_could_still_reach_is_kept(database: Database) -> None:
    account_id = new_id()
    async with database.connection() as tx:
        await tx.execute(
            "INSERT INTO account (id, name, timezone, created_at) VALUES ($1, 'a', 'UTC', $2)", account_id, NOW
        )
        for at in (NOW - LONGEST_WINDOW, NOW - LONGEST_WINDOW - SECOND):
            await tx.execute("INSERT INTO sighting VALUES ($1, 'mark', $2)", account_id, at)
        for question, at in ((b"kept", NOW - LONGEST_BELIEVED), (b"old", NOW - LONGEST_BELIEVED - SECOND)):
            await tx.execute(
                "INSERT INTO provider_answer VALUES ($1, 'lookup', $2, '{}', $3)", account_id, question, at
            )
    await Forgetting(database, Noon()).forget()
    async with database.connection() as tx:
        assert await tx.fetchval("SELECT array_agg(at) FROM sighting") == [NOW - LONGEST_WINDOW]
        assert await tx.fetchval("SELECT array_agg(question) FROM provider_answer") == [b"kept"]
