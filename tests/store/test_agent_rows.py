"""Agents' rows: offers counted and capped, missed offers in a row, and coming in and going off by schedule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from test_dial_order import ACCOUNT, lead_id, open_desk, plan, seen

from speedtolead.domain.agent import AgentEvent, AgentState, CameIn, Missed, Paused, Released
from speedtolead.domain.hours import parse_weekly
from speedtolead.domain.shift import DaysWorked
from speedtolead.service.agents.shifts import Shifts
from speedtolead.store import agents
from speedtolead.store.database import Database
from speedtolead.store.settings_json import schedule_to_json

NOON = datetime(2026, 6, 1, 16, tzinfo=UTC)
"""A Monday's noon in New York."""
MINUTE = timedelta(minutes=1)
REST = timedelta(seconds=30)


class At:
    """A clock that is told what time it is."""

    def __init__(self, now: datetime) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time


async def one_agent(tx: Any, **columns: Any) -> UUID:
    """A desk with one agent of these columns, and a lead that waits."""
    await open_desk(tx, agents=1)
    await plan(tx, [1], NOON)
    columns = {"timezone": "America/New_York"} | columns
    sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, 1))
    found: UUID = await tx.fetchval(f"UPDATE agent SET {sets} RETURNING id", *columns.values())
    return found


async def offer(tx: Any, agent_id: UUID, at: datetime) -> None:
    await agents.RESERVE_AGENT.run(tx, agent_id=agent_id, attempt_id=lead_id(1), now=at, until=at + MINUTE)


async def follow(tx: Any, agent_id: UUID, event: AgentEvent, at: datetime) -> AgentState | None:
    return await agents.move_engaged(tx, agent_id, lead_id(1), event, at)


async def row(tx: Any, at: datetime) -> agents.AgentRow:
    return await agents.AGENTS_OF_ACCOUNT.one(tx, account_id=ACCOUNT, now=at)


async def test_a_cap_of_offers_an_hour_is_over_with_the_hour_of_the_agents_clock(database: Database) -> None:
    async with database.connection() as tx:
        agent_id = await one_agent(tx, hourly_cap=2, timezone="Asia/Kolkata")  # half an hour off the others' hours
        for minute in (1, 2):
            await offer(tx, agent_id, NOON + minute * MINUTE)
            await follow(tx, agent_id, Released(), NOON + minute * MINUTE)
        found = await row(tx, NOON + 3 * MINUTE)
        assert (found.state, found.offers_hour, found.capped_until) == ("available", 2, NOON + 30 * MINUTE)
        assert await seen(tx, NOON + 29 * MINUTE) == []
        assert await seen(tx, NOON + 30 * MINUTE) == [1]
        assert (await row(tx, NOON + 30 * MINUTE)).capped_until is None
        await offer(tx, agent_id, NOON + 30 * MINUTE)
        assert (await row(tx, NOON + 31 * MINUTE)).offers_hour == 1


async def test_a_cap_of_offers_a_day_is_over_at_the_agents_midnight(database: Database) -> None:
    async with database.connection() as tx:
        agent_id = await one_agent(tx, hourly_cap=1, daily_cap=2)
        for hour in (0, 1):
            await offer(tx, agent_id, NOON + hour * 60 * MINUTE)
            await follow(tx, agent_id, Released(), NOON + hour * 60 * MINUTE)
        midnight = datetime(2026, 6, 2, 4, tzinfo=UTC)
        found = await row(tx, NOON + 90 * MINUTE)
        assert (found.offers_hour, found.offers_day, found.capped_until) == (1, 2, midnight)
        assert await seen(tx, midnight - MINUTE) == []
        assert await seen(tx, midnight) == [1]
        assert (await row(tx, midnight)).offers_day == 0


async def test_three_offers_missed_in_a_row_pause_an_agent_until_somebody_ends_it(database: Database) -> None:
    async with database.connection() as tx:
        agent_id = await one_agent(tx)
        for n in range(3):
            await offer(tx, agent_id, NOON)
            assert await follow(tx, agent_id, Missed(REST), NOON) is AgentState.PAUSED
            found = await row(tx, NOON)
            last = n == 2
            assert (found.misses, found.state_reason) == (n + 1, "missed_offers" if last else "missed_offer")
            assert found.state_until == (None if last else NOON + REST)
            assert await agents.TIMED_AGENTS.all(tx, now=NOON + REST, most=9) != [] or last
            if not last:
                await tx.execute("UPDATE agent SET state = 'available', state_until = NULL")
        assert await agents.TIMED_AGENTS.all(tx, now=NOON + timedelta(days=9), most=9) == []
        (told,) = await tx.fetch("SELECT agent_id, data FROM event WHERE kind = 'agent.paused'")
        assert (told["agent_id"], told["data"]) == (agent_id, {"reason": "missed_offers", "missed": 3})
        await agents.move(tx, agent_id, AgentState.PAUSED, CameIn(), NOON)
        assert ((await row(tx, NOON)).state, (await row(tx, NOON)).misses) == ("available", 0)


async def test_how_many_may_be_missed_is_the_accounts_to_say(database: Database) -> None:
    async with database.connection() as tx:
        agent_id = await one_agent(tx)
        await tx.execute("UPDATE account SET pause_after_missed = 1")
        await offer(tx, agent_id, NOON)
        await follow(tx, agent_id, Missed(REST), NOON)
        assert (await row(tx, NOON)).state_reason == "missed_offers"


async def test_complaint_7_an_unanswered_offer_never_flips_an_agent_from_break_to_available(
    database: Database,
) -> None:
    async with database.connection() as tx:
        agent_id = await one_agent(tx)
        await offer(tx, agent_id, NOON)
        await agents.move(tx, agent_id, AgentState.RESERVED, Paused("lunch"), NOON)
        await follow(tx, agent_id, Missed(REST), NOON)
        found = await row(tx, NOON)
        assert (found.state, found.state_reason, found.attempt_id) == ("paused", "lunch", None)
        assert await agents.TIMED_AGENTS.all(tx, now=NOON + timedelta(days=9), most=9) == []


OFFICE = schedule_to_json(DaysWorked(parse_weekly({"mon-fri": "09:00-17:00"})))
OPENS, CLOSES = datetime(2026, 6, 1, 13, tzinfo=UTC), datetime(2026, 6, 1, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "columns", "at", "after", "next_change"),
    [
        ("offline", {}, OPENS, ("available", None), CLOSES),
        ("offline", {}, OPENS - MINUTE, ("offline", None), OPENS),
        ("available", {}, CLOSES, ("offline", None), OPENS + timedelta(days=1)),
        ("paused", {"state_reason": "lunch"}, CLOSES, ("paused", "lunch"), OPENS + timedelta(days=1)),
        ("paused", {"state_reason": "missed_offers"}, OPENS, ("paused", "missed_offers"), CLOSES),
        ("paused", {"state_reason": "missed_offer", "state_until": CLOSES}, CLOSES, ("offline", None),
         OPENS + timedelta(days=1)),
        ("wrap_up", {"state_until": OPENS + MINUTE}, OPENS, ("wrap_up", None), CLOSES),
    ],
)  # fmt: skip
async def test_the_schedule_takes_agents_in_and_off(
    database: Database,
    before: str,
    columns: dict[str, Any],
    at: datetime,
    after: tuple[str, str | None],
    next_change: datetime,
) -> None:
    async with database.connection() as tx:
        await one_agent(tx, state=before, schedule=OFFICE, shift_changes_at=at, presence="schedule", **columns)
    shifts = Shifts(database, At(at))
    assert await shifts.change() == 1
    assert await shifts.change() == 0
    async with database.connection() as tx:
        found = await row(tx, at)
        assert (found.state, found.state_reason, found.shift_changes_at) == (*after, next_change)
        assert found.state_until == (None if after[0] != before else columns.get("state_until"))
        told = await tx.fetch("SELECT kind FROM event WHERE kind LIKE 'agent.%'")
        assert [one["kind"] for one in told] == ([f"agent.{after[0]}"] if after[0] != before else [])


async def test_who_talks_when_the_shift_ends_goes_after_the_call(
    database: Database,
) -> None:
    async with database.connection() as tx:
        agent_id = await one_agent(tx, schedule=OFFICE, shift_changes_at=CLOSES, presence="schedule")
        await offer(tx, agent_id, CLOSES - MINUTE)
        await tx.execute("UPDATE attempt SET state = 'dialing', agent_id = $1", agent_id)
        await tx.execute("UPDATE agent SET state = 'talking', state_until = NULL")
    clock = At(CLOSES)
    shifts = Shifts(database, clock)
    await shifts.change()
    async with database.connection() as tx:
        found = await row(tx, CLOSES)
        assert (found.state, found.attempt_id) == ("offline", lead_id(1))
        await tx.execute("UPDATE agent SET shift_changes_at = $1", OPENS + timedelta(days=1))
    clock.time = OPENS + timedelta(days=1)
    await shifts.change()  # a very long call
    async with database.connection() as tx:
        assert (await row(tx, clock.time)).state == "talking"
        await follow(tx, agent_id, Released(), clock.time)
        assert (await row(tx, clock.time)).state == "available"
