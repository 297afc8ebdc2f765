"""A number's limit of the day, in the statement that commits a call: exact, however many commit in one moment."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from running import until
from test_dial_order import ACCOUNT, NOW, lead_id, open_desk, plan

from speedtolead.domain.call import DialMode, LegKind
from speedtolead.domain.caller_id import Choice
from speedtolead.domain.permit import Decision, Permit
from speedtolead.store import dial
from speedtolead.store.database import Database
from speedtolead.store.dial import LegToPlace, PermittedCall, SlotPolicy
from speedtolead.store.ids import new_id

SHOWN, OTHER = "+12125550100", "+13055550100"
MIDNIGHT = NOW + timedelta(hours=16)
POLICY = [SlotPolicy("first", 1000)]


async def desk(tx: Any, leads: int, calls: int, day_ends: datetime = MIDNIGHT) -> list[UUID]:
    """So many due leads, as many free agents, and a number that was shown so often on the day; the agents."""
    await open_desk(tx, agents=leads)
    await plan(tx, range(1, leads + 1), NOW)
    await tx.execute("INSERT INTO carrier_slot (carrier, next_at) VALUES ('first', $1)", NOW - timedelta(hours=1))
    for phone in (SHOWN, OTHER):
        await tx.execute(
            "INSERT INTO phone_number (account_id, phone, day_calls, day_ends) VALUES ($1, $2, $3, $4)",
            ACCOUNT,
            phone,
            calls if phone == SHOWN else 0,
            day_ends,
        )
    return [row["id"] for row in await tx.fetch("SELECT id FROM agent ORDER BY id")]


def call(lead: int, agent: UUID, limit: int | None, phone: str = SHOWN) -> PermittedCall:
    address = f"+1212{lead:07}"
    return PermittedCall(
        attempt_id=lead_id(lead),
        agent_id=agent,
        account_id=ACCOUNT,
        phone=address,
        email=None,
        version=0,
        mode=DialMode.LEAD_FIRST,
        caller=Choice(phone, limit),
        day_ends=MIDNIGHT,
        permitted_wait=0.0,
        permit=Permit(Decision.ALLOWED, (), NOW, "test"),
        legs=(LegToPlace(new_id(), LegKind.LEAD, address, None),),
        requests=1,
    )


async def commit(tx: Any, calls: list[PermittedCall]) -> set[int]:
    taken = await dial.dial_attempts(tx, calls, POLICY, NOW, NOW, NOW + timedelta(seconds=6))
    return {one.int for one in taken}


async def count(tx: Any, phone: str = SHOWN) -> int:
    return int(await tx.fetchval("SELECT day_calls FROM phone_number WHERE phone = $1", phone))


async def test_of_two_calls_at_once_the_second_sees_the_first_ones_count(database: Database) -> None:
    """The second began before the first was committed: its look at the tables is older than that count."""
    async with database.connection() as one, database.connection() as other:
        agents = await desk(one, 2, calls=4)
        async with one.transaction():
            assert await commit(one, [call(1, agents[0], 5)]) == {1}
            second = asyncio.create_task(commit(other, [call(2, agents[1], 5)]))

            async def it_waits() -> bool:
                waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                return bool(await one.fetchval(waits))

            await until(it_waits)
        assert await second == set()
        assert await count(one) == 5
        assert await one.fetchval("SELECT count(*) FROM agent WHERE state = 'available'") == 1, (
            "nothing else is taken"
        )


@pytest.mark.parametrize(
    ("why", "calls", "limits", "taken", "after"),
    [
        ("room for two of three", 3, [5, 5, 5], {1, 2}, 5),
        ("used up", 5, [5, 5, 5], set(), 5),
        ("no limit", 500, [None, None, None], {1, 2, 3}, 503),
        ("each campaign by its own limit", 3, [4, 9, 4], {1, 2}, 5),
        ("over already, since the limit was lowered", 9, [5, 5, None], {3}, 10),
    ],
)
async def test_a_statement_takes_no_more_than_is_left(
    database: Database, why: str, calls: int, limits: list[int | None], taken: set[int], after: int
) -> None:
    async with database.connection() as tx:
        agents = await desk(tx, 3, calls)
        wanted = [call(n, agent, limit) for n, (agent, limit) in enumerate(zip(agents, limits, strict=True), 1)]
        assert await commit(tx, wanted) == taken, why
        assert await count(tx) == after


async def test_a_day_that_is_over_counts_no_more(database: Database) -> None:
    async with database.connection() as tx:
        agents = await desk(tx, 2, calls=5, day_ends=NOW)
        assert await commit(tx, [call(1, agents[0], 1), call(2, agents[1], 1)]) == {1}
        assert await count(tx) == 1
        assert await tx.fetchval("SELECT day_ends FROM phone_number WHERE phone = $1", SHOWN) == MIDNIGHT
        assert await tx.fetchval("SELECT counted_until FROM attempt WHERE id = $1", lead_id(1)) == MIDNIGHT


@pytest.mark.parametrize("state", ["removed = true", "benched_until = 'infinity'"])
async def test_a_number_that_was_taken_away_since_the_look_is_not_shown(database: Database, state: str) -> None:
    async with database.connection() as tx:
        agents = await desk(tx, 2, calls=0)
        await tx.execute(f"UPDATE phone_number SET {state} WHERE phone = $1", SHOWN)
        assert await commit(tx, [call(1, agents[0], None), call(2, agents[1], None, OTHER)]) == {2}
        assert await count(tx, OTHER) == 1


async def test_a_number_whose_count_is_being_given_back_is_not_waited_for(database: Database) -> None:
    """Whoever gives it back may wait for something that the dialer holds."""
    async with database.connection() as tx, database.connection() as other:
        agents = await desk(tx, 2, calls=0)
        async with other.transaction():
            await other.execute("UPDATE phone_number SET day_calls = 0 WHERE phone = $1", SHOWN)
            assert await commit(tx, [call(1, agents[0], None), call(2, agents[1], None, OTHER)]) == {2}
        assert await commit(tx, [call(1, agents[0], None)]) == {1}
