"""The plan where agents differ: who may take which lead, and that nobody holds up those whom others may take."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from test_dial_order import ACCOUNT, NOW, SECOND, _attempt_scans, lead_id, open_desk, plan

from speedtolead.domain.call import DialMode
from speedtolead.domain.campaign import Dial
from speedtolead.domain.routing import Order, Routing, Strategy
from speedtolead.store import dial
from speedtolead.store.database import Database
from speedtolead.store.dial import (
    FORGET_AUDIENCES,
    PROMOTE_DUE,
    SET_AUDIENCES,
    DueRow,
)

LICENSED = Routing(licensed=True)


async def desk(tx: Any, routing: Routing, **agents: dict[str, Any]) -> dict[str, UUID]:
    """A desk of one campaign with agents of these columns, by name."""
    await open_desk(tx, agents=0)
    await tx.execute(
        "UPDATE campaign SET picks = $1, by_owner = $2, fallback_group = $3, fallback_after = $4",
        not routing.plain,
        routing.by_owner,
        routing.fallback,
        routing.fallback_after,
    )
    ids = {}
    for n, (name, columns) in enumerate(agents.items()):
        usual = {"groups": ["sales"], "state_since": NOW + n * SECOND, "presence": "always", "state": "available"}
        columns = usual | columns
        names, values = ", ".join(columns), ", ".join(f"${i}" for i in range(4, 4 + len(columns)))
        ids[name] = await tx.fetchval(
            f"INSERT INTO agent (id, account_id, name, address, {names})"
            f" VALUES (gen_random_uuid(), $1, $2, $3, {values}) RETURNING id",
            ACCOUNT,
            name,
            f"+1{n}",
            *columns.values(),
        )
    await tx.execute("UPDATE agent SET takes = agent_takes(id, skills, licensed, languages)")
    return ids


async def in_state(tx: Any, state: str, numbers: range | list[int]) -> None:
    await tx.execute("UPDATE lead SET region = $1 WHERE id = ANY ($2)", state, [lead_id(n) for n in numbers])


async def look(tx: Any, routing: Routing, now: Any = NOW) -> list[DueRow]:
    """One look, after which who may take what is noted, as the dialer does."""
    rows = await dial.dial_candidates(tx, now)
    found = [(row, row.needs(routing).audience) for row in rows]
    await SET_AUDIENCES.run(
        tx,
        attempt_ids=[row.attempt_id for row, _ in found],
        audiences=[audience for _, audience in found],
        versions=[row.campaign_version for row, _ in found],
    )
    return rows


def chosen(rows: list[DueRow], routing: Routing, now: Any = NOW) -> dict[int, list[UUID]]:
    terms = Dial(DialMode.AGENT_FIRST, "sales", routing=routing)
    return {row.lead_id.int: list(row.due(terms, now).agents) for row in rows}


async def test_leads_that_nobody_free_may_take_hold_up_none_of_the_others(database: Database) -> None:
    """40 leads of California are worth more than the one of New York, and only New York has an agent."""
    async with database.connection() as tx:
        ids = await desk(tx, LICENSED, ann={"licensed": ["NY"]})
        await plan(tx, range(1, 42), NOW)
        await in_state(tx, "CA", range(1, 41))
        await in_state(tx, "NY", [41])
        for _ in range(41):
            rows = await look(tx, LICENSED)
            if rows and chosen(rows, LICENSED)[rows[0].lead_id.int]:
                break
        assert chosen(rows, LICENSED) == {41: [ids["ann"]]}
        await tx.execute("UPDATE agent SET licensed = '{CA,NY}'")
        await tx.execute("UPDATE agent SET takes = agent_takes(id, skills, licensed, languages)")
        assert [row.lead_id.int for row in await look(tx, LICENSED)] == [1]


async def test_a_look_stays_flat_however_many_wait_for_somebody_else(database: Database) -> None:
    async with database.connection() as tx:
        await desk(tx, LICENSED, ann={"licensed": ["NY"]})
        await plan(tx, range(1, 3001), NOW)
        await plan(tx, range(3001, 4001), NOW, age=9000)
        for state, numbers in (("CA", range(1, 1501)), ("TX", range(1501, 3001)), ("NY", range(3001, 4001))):
            await in_state(tx, state, numbers)
        for _ in range(20):
            await PROMOTE_DUE.run(tx, now=NOW)
        await tx.execute("UPDATE attempt SET audience = 'state:' || l.region FROM lead l WHERE l.id = lead_id")
        for count in ("SELECT", "ANALYZE"):
            await tx.execute(count)
            scans = [scan for scan in await _attempt_scans(tx) if scan["Actual Loops"]]
            assert {scan["Index Name"] for scan in scans} == {"attempt_ready"}
            # one lead waits; three audiences, of which one is looked into
            assert round(sum(scan["Actual Rows"] * scan["Actual Loops"] for scan in scans)) <= 1 + 3 + 32
        assert [row.lead_id.int for row in await look(tx, LICENSED)] == [3001]


async def test_who_may_take_them_is_looked_at_anew_when_the_campaign_changes(database: Database) -> None:
    async with database.connection() as tx:
        await desk(tx, LICENSED, ann={})
        await plan(tx, [1], NOW)
        await in_state(tx, "CA", [1])
        rows = await look(tx, LICENSED)
        assert chosen(rows, LICENSED) == {1: []}
        assert await look(tx, LICENSED) == []
        await FORGET_AUDIENCES.run(tx, account_id=ACCOUNT)
        await tx.execute("UPDATE campaign SET picks = false, version = version + 1")
        (row,) = await look(tx, Routing())
        assert (row.audience, row.traits) == ("", None)


async def test_a_look_of_before_the_change_notes_nothing(database: Database) -> None:
    async with database.connection() as tx:
        await desk(tx, LICENSED, ann={})
        await plan(tx, [1], NOW)
        rows = await dial.dial_candidates(tx, NOW)
        await tx.execute("UPDATE campaign SET version = version + 1")
        await SET_AUDIENCES.run(
            tx, attempt_ids=[lead_id(1)], audiences=["state:CA"], versions=[rows[0].campaign_version]
        )
        assert await tx.fetchval("SELECT audience FROM attempt") == ""


FALLBACK = Routing(licensed=True, fallback="closers", fallback_after=20 * SECOND)


@pytest.mark.parametrize(
    ("waited", "own_free", "expected"),
    [(19, True, ["own"]), (20, True, ["own", "closer"]), (19, False, None), (20, False, ["closer"])],
)
async def test_the_fallback_group_is_asked_after_its_time(
    database: Database, waited: int, own_free: bool, expected: list[str] | None
) -> None:
    async with database.connection() as tx:
        ids = await desk(
            tx,
            FALLBACK,
            closer={"groups": ["closers"], "licensed": ["NY"], "standing": {"closers": {"tier": 2, "weight": 1.0}}},
            other={"groups": ["closers"], "licensed": ["CA"]},
            own={"licensed": ["NY"]},
        )
        if not own_free:
            await tx.execute("UPDATE agent SET state = 'talking' WHERE name = 'own'")
        await plan(tx, [1], NOW)
        await in_state(tx, "NY", [1])
        now = NOW + waited * SECOND
        rows = await look(tx, FALLBACK, now)
        names = None if expected is None else [ids[name] for name in expected]
        assert chosen(rows, FALLBACK, now).get(1) == names


async def talked(tx: Any, number: int, agent_id: UUID, at: Any) -> None:
    await tx.execute(
        "UPDATE attempt SET state = 'connected', agent_id = $1, bridged_at = $2, ended_at = $2 WHERE id = $3",
        agent_id,
        at,
        lead_id(number),
    )


OWNER_ONLY = Routing(Strategy.OWNER_ONLY, Order.LONGEST_IDLE, fallback="closers", fallback_after=20 * SECOND)


async def test_the_owner_is_whoever_talked_with_the_person_last_unless_one_is_named(database: Database) -> None:
    async with database.connection() as tx:
        ids = await desk(tx, OWNER_ONLY, ann={}, bob={}, cleo={"groups": ["closers"]})
        await plan(tx, [1, 2, 3], NOW)
        await tx.execute("UPDATE lead SET phone = '+12125550142'")
        assert chosen(await look(tx, OWNER_ONLY), OWNER_ONLY)[3] == [ids["ann"], ids["bob"]]
        await talked(tx, 1, ids["ann"], NOW - 900 * SECOND)
        await talked(tx, 2, ids["bob"], NOW - 600 * SECOND)
        assert chosen(await look(tx, OWNER_ONLY), OWNER_ONLY)[3] == [ids["bob"]]
        await tx.execute("UPDATE lead SET owner_id = $1", ids["ann"])
        await FORGET_AUDIENCES.run(tx, account_id=ACCOUNT)
        assert chosen(await look(tx, OWNER_ONLY), OWNER_ONLY)[3] == [ids["ann"]]
        await tx.execute("UPDATE agent SET state = 'talking' WHERE name = 'ann'")
        late = NOW + timedelta(minutes=1)
        assert chosen(await look(tx, OWNER_ONLY, late), OWNER_ONLY, late)[3] == [ids["cleo"]]
        await tx.execute("UPDATE agent SET removed = true WHERE name = 'ann'")
        await FORGET_AUDIENCES.run(tx, account_id=ACCOUNT)
        assert chosen(await look(tx, OWNER_ONLY), OWNER_ONLY)[3] == [ids["bob"]]


async def test_agents_are_seen_as_they_stand_in_the_campaigns_group(database: Database) -> None:
    tiers = Routing(Strategy.TIERS)
    async with database.connection() as tx:
        ids = await desk(
            tx,
            tiers,
            late={"standing": {"sales": {"tier": 2, "weight": 1.0}}},
            other={"standing": {"support": {"tier": 2, "weight": 1.0}}},
        )
        await plan(tx, [1], NOW)
        assert chosen(await look(tx, tiers), tiers) == {1: [ids["other"], ids["late"]]}
