"""Nobody in line is overtaken for ever: with real rows, by the looks that a node takes at the plan."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from test_dial_order import CAMPAIGN, NOW, SECOND, lead_id, open_desk, plan, seen

from speedtolead.domain.worth import OVERDUE, TURN, rank, rank_of_retry
from speedtolead.service.cadences.follow_up import rank_of
from speedtolead.service.calling.turns import LastInLine
from speedtolead.store import dial
from speedtolead.store.cadence import CourseRow
from speedtolead.store.calls import PUT_BACK
from speedtolead.store.database import Database

LONG_AGO = NOW - OVERDUE - SECOND


async def look(tx: Any, turns: LastInLine, picks: int = 1) -> list[int]:
    """One look, of which so many of the best are dialled; their leads."""
    due = sorted(
        await dial.dial_candidates(tx, NOW), key=lambda row: (row.rank_at, row.lead_received_at), reverse=True
    )
    picked = [row.attempt_id for row in due[:picks]]
    await tx.execute("UPDATE attempt SET state = 'no_answer', ended_at = $2 WHERE id = ANY ($1)", picked, NOW)
    turns.saw(due, picked, NOW)
    await turns.give(tx, NOW)
    return [row.lead_id.int for row in due[:picks]]


async def a_turn(tx: Any, turns: LastInLine) -> None:
    """As many picks as bring a turn."""
    due = await dial.dial_candidates(tx, NOW)
    for _ in range(TURN):
        turns.saw(due, [due[0].attempt_id], NOW)
    await turns.give(tx, NOW)


async def test_fresh_leads_never_starve_a_retry(database: Database) -> None:
    """A fresh lead comes with every pick, and each is worth more than the two retries that wait."""
    async with database.connection() as tx:
        await open_desk(tx, agents=1)
        await plan(tx, [1, 2], LONG_AGO, age=7_000, number=2)
        turns, dialled = LastInLine(), list[int]()
        for n in range(2 * TURN + 2):
            await plan(tx, [100 + n], NOW)
            dialled += await look(tx, turns)
        retries = [n for n in dialled if n < 100]
        assert retries == [2, 1]  # the last in line first
        assert [dialled.index(n) for n in retries] == [TURN, 2 * TURN]  # and fresh leads have all other picks


async def test_nobody_has_a_turn_who_has_not_waited_long(database: Database) -> None:
    async with database.connection() as tx:
        await open_desk(tx, agents=1)
        await plan(tx, [1], NOW - OVERDUE + SECOND, age=7_000, number=2)
        await plan(tx, [2], NOW)
        await a_turn(tx, LastInLine())
        assert await seen(tx) == [2]


async def test_one_turn_at_a_time_whoever_counts(database: Database) -> None:
    async with database.connection() as tx:
        await open_desk(tx, agents=3)
        await plan(tx, [1, 2], LONG_AGO, age=7_000, number=2)
        await plan(tx, [3], NOW)
        for node in (LastInLine(), LastInLine()):
            await a_turn(tx, node)
        assert await seen(tx) == [2, 3, 1]


async def test_a_turn_is_for_whom_somebody_free_may_take(database: Database) -> None:
    async with database.connection() as tx:
        await open_desk(tx, agents=1)
        await plan(tx, [1, 2], LONG_AGO, age=7_000, number=2)
        await tx.execute("UPDATE attempt SET audience = 'skill:law' WHERE lead_id = $1", lead_id(2))
        await plan(tx, [3], NOW)
        await a_turn(tx, LastInLine())
        assert await seen(tx) == [1]


async def test_a_retry_put_back_for_a_night_is_not_the_last_of_the_next_day(database: Database) -> None:
    """Its rank moves with when it is due; a first call keeps its lead's."""
    async with database.connection() as tx:
        await open_desk(tx, agents=1)
        night = timedelta(hours=11)
        for n, number in ((1, 1), (2, 2)):
            await plan(tx, [n], NOW, age=60, number=number)
            await tx.execute(
                "UPDATE attempt SET state = 'claimed', lease = $1, lease_until = $2 WHERE lead_id = $1",
                lead_id(n),
                NOW,
            )
        rows = await tx.fetch("SELECT id, number, rank_at FROM attempt")
        for row in rows:
            await PUT_BACK.first(
                tx,
                attempt_id=row["id"],
                due_at=NOW + night,
                note="",
                passed_by=[],
                refused_by=None,
                sources=["claimed"],
            )
        moved = {row["number"]: row["rank_at"] for row in await tx.fetch("SELECT number, rank_at FROM attempt")}
        assert {row["number"]: moved[row["number"]] - row["rank_at"] for row in rows} == {
            1: timedelta(0),
            2: night,
        }


def course(*made: tuple[int, str, str, str], score: int | None = 60) -> CourseRow:
    return CourseRow(
        lead_id(1), lead_id(2), CAMPAIGN, lead_id(3), "working", NOW, [], None, None, {}, score, "api", None,
        "form", False, 1, len(made), False, list(made), False, False, False, False, [],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("row", "rank_at"),
    [
        (course(), rank(NOW, 60)),
        (course((0, "sms", "sent", "")), rank(NOW, 60)),
        (course((0, "call", "refused", "")), rank(NOW, 60)),
        (course((0, "call", "no_answer", ""), (1, "sms", "sent", "")), rank_of_retry(NOW + SECOND, 60, 2)),
        (course((0, "call", "busy", ""), (1, "call", "machine", "")), rank_of_retry(NOW + SECOND, 60, 3)),
        (course(score=None), NOW),
    ],
)  # fmt: skip
def test_a_first_call_has_its_lead_s_rank_and_a_retry_one_from_when_it_is_due(row: CourseRow, rank_at: Any) -> None:
    assert rank_of(row, NOW + SECOND) == rank_at
