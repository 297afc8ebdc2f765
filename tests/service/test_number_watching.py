"""The watch over caller IDs on real rows: who rests, who comes back, what is said; and what nobody may do by it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from speedtolead.domain.cadence.plan import Step
from speedtolead.domain.call import DialMode
from speedtolead.domain.caller_id import CallerIds
from speedtolead.domain.campaign import Campaign, Dial
from speedtolead.service.phone_numbers.number_watching import NumberWatching
from speedtolead.service.phone_numbers.numbers import Numbers
from speedtolead.store.database import Database
from speedtolead.store.settings_json import campaign_to_json

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ACCOUNT, CAMPAIGN, SOURCE = (UUID(int=n) for n in range(1, 4))
ONE, TWO, THREE = "+12125550100", "+13055550100", "+12145550100"

CALLS = """
WITH l AS (
    INSERT INTO lead (id, account_id, source_id, campaign_id, state, received_at, phone, country, candidates,
                      attributes, raw_type, raw_body, raw_sha256, answer_status, answer, rank_at)
    SELECT gen_random_uuid(), $1, $2, $3, 'working', $5, '+12125550142', 'US', '[]', '{}', '', '', sha256(''), 202,
           '{}', $5 FROM generate_series(1, $6)
    RETURNING id
), a AS (
    INSERT INTO attempt (id, account_id, lead_id, campaign_id, number, step, channel, state, due_at, rank_at,
                         lead_received_at, ended_at, requested_at, caller_id)
    SELECT id, $1, id, $3, CASE WHEN $8 THEN 1 ELSE 2 END, 0, 'call', 'no_answer', $5, $5, $5, $5, $5, $4 FROM l
    RETURNING id
)
INSERT INTO leg (id, account_id, attempt_id, kind, address, caller_id, state, carrier_call_id, placed_at, live_at,
                 ended_at, ended_as, answered_by)
SELECT gen_random_uuid(), $1, id, 'lead', '+12125550142', $4, 'ended', gen_random_uuid(), $5,
       CASE WHEN n <= people + machines THEN $5 END, $5,
       CASE WHEN n <= people + machines THEN 'completed' ELSE 'no_answer' END,
       CASE WHEN n > people AND n <= people + machines THEN 'machine' END
  FROM (SELECT id, row_number() OVER () AS n FROM a) numbered, (SELECT $7::int AS people, $9::int AS machines) taken
"""


@dataclass
class Desk:
    """An account with a campaign, three numbers, and a clock that the test moves."""

    database: Database
    at: datetime = NOON
    watch: NumberWatching = field(init=False)
    numbers: Numbers = field(init=False)

    def __post_init__(self) -> None:
        self.watch, self.numbers = NumberWatching(self.database, self), Numbers(self.database, self)

    def now(self) -> datetime:
        return self.at

    async def calls(
        self, phone: str, calls: int, answered: int, ago: timedelta, *, first: bool = True, machines: int = 0
    ) -> None:
        async with self.database.connection() as tx:
            placed = self.at - ago
            await tx.execute(CALLS, ACCOUNT, SOURCE, CAMPAIGN, phone, placed, calls, answered, first, machines)

    async def usual(self) -> None:
        """A month in which every number is answered by 40 %, and the last days of two of them the same."""
        for phone in (ONE, TWO, THREE):
            await self.calls(phone, 400, 160, 20 * DAY)
        for phone in (TWO, THREE):
            await self.calls(phone, 150, 60, DAY)

    async def states(self) -> dict[str, str]:
        return {one.row.phone: one.state for one in await self.numbers.standing(ACCOUNT)}

    async def told(self) -> list[str]:
        async with self.database.connection() as tx:
            rows = await tx.fetch("SELECT kind FROM event ORDER BY id")
        return [row["kind"] for row in rows]


@pytest.fixture
async def desk(database: Database) -> Desk:
    await configure(database, CallerIds())
    return Desk(database)


async def configure(database: Database, pool: CallerIds) -> None:
    dial = Dial(DialMode.AGENT_FIRST, "sales")
    campaign = Campaign("auto", "Acme", "America/New_York", dial, (Step(timedelta()),))
    settings: Any = campaign_to_json(replace(campaign, caller_ids=pool))
    async with database.connection() as tx:
        await tx.execute(
            "INSERT INTO account VALUES ($1, 'a', 'America/New_York', $2) ON CONFLICT DO NOTHING", ACCOUNT, NOON
        )
        await tx.execute(
            "INSERT INTO campaign (id, account_id, name, agent_group, settings)"
            " VALUES ($1, $2, 'auto', 'sales', $3)"
            " ON CONFLICT (id) DO UPDATE SET settings = excluded.settings, version = campaign.version + 1",
            CAMPAIGN,
            ACCOUNT,
            settings,
        )
        await tx.execute(
            "INSERT INTO source (id, account_id, campaign_id, name, settings) VALUES ($1, $2, $3, 's', '{}')"
            " ON CONFLICT DO NOTHING",
            SOURCE,
            ACCOUNT,
            CAMPAIGN,
        )
        await tx.executemany(
            "INSERT INTO phone_number (account_id, phone) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            [(ACCOUNT, phone) for phone in (ONE, TWO, THREE)],
        )


async def test_a_number_whose_answers_drop_rests_and_says_so_once(desk: Desk) -> None:
    await desk.usual()
    await desk.calls(ONE, 150, 30, DAY)
    await desk.watch.look()
    await desk.watch.look()
    assert await desk.states() == {ONE: "resting", TWO: "in_use", THREE: "in_use"}
    assert await desk.told() == ["number.alert", "number.benched"]
    (alert,) = await desk.numbers.alerts(ACCOUNT)
    assert (alert.kind, alert.campaign, alert.phone) == ("answer_rate", "auto", ONE)
    assert alert.words == (
        f"{ONE} was answered 20 % (30 of 150), the campaign's other numbers 40 % (120 of 300),"
        " itself before 40 % (160 of 400)."
    )
    (row,) = [one.row for one in await desk.numbers.standing(ACCOUNT) if one.row.phone == ONE]
    assert (row.benched_by, row.benched_until) == ("watch", NOON + 3 * DAY)


async def test_a_machine_is_no_answer(desk: Desk) -> None:
    """A number that is shown as spam goes to voicemail: taken as often as before, and by nobody."""
    await desk.usual()
    await desk.calls(ONE, 150, 30, DAY, machines=60)
    await desk.watch.look()
    assert (await desk.states())[ONE] == "resting"


@pytest.mark.parametrize(
    ("why", "calls"),
    [
        ("as usual", [(150, 60, True)]),
        ("too few to tell", [(30, 1, True)]),
        ("its calls are later ones now, and nobody's later calls are known", [(150, 10, False)]),
    ],
)
async def test_a_number_goes_on(desk: Desk, why: str, calls: list[tuple[int, int, bool]]) -> None:
    await desk.usual()
    for count, answered, first in calls:
        await desk.calls(ONE, count, answered, DAY, first=first)
    await desk.watch.look()
    assert set((await desk.states()).values()) == {"in_use"}, why
    assert await desk.told() == []


async def test_a_drop_of_all_numbers_is_nobodys(desk: Desk) -> None:
    for phone in (ONE, TWO, THREE):
        await desk.calls(phone, 400, 160, 20 * DAY)
        await desk.calls(phone, 150, 30, DAY)
    await desk.watch.look()
    assert set((await desk.states()).values()) == {"in_use"}


@pytest.mark.parametrize(("answered", "state", "told"), [(16, "in_use", 3), (8, "resting", 4)])
async def test_after_its_rest_a_number_is_tried_and_judged(
    desk: Desk, answered: int, state: str, told: int
) -> None:
    """By the calls since its rest, beside the others' and its own of before it was benched."""
    await desk.usual()
    await desk.calls(ONE, 150, 30, DAY)
    await desk.watch.look()
    desk.at = NOON + 4 * DAY
    assert (await desk.states())[ONE] == "on_trial"
    for phone in (TWO, THREE):
        await desk.calls(phone, 150, 60, timedelta(hours=5))
    await desk.calls(ONE, 39, 3, timedelta(hours=5))
    await desk.watch.look()
    assert (await desk.states())[ONE] == "on_trial", "39 calls are too few"
    async with desk.database.connection() as tx:
        await tx.execute("DELETE FROM leg WHERE caller_id = $1 AND placed_at > $2", ONE, NOON)
    await desk.calls(ONE, 40, answered, timedelta(hours=5))
    await desk.watch.look()
    await desk.watch.look()
    assert (await desk.states())[ONE] == state
    assert len(await desk.told()) == told
    assert len(await desk.numbers.alerts(ACCOUNT)) == (state == "resting")


async def test_a_campaigns_last_number_is_told_of_and_goes_on(desk: Desk) -> None:
    """The others rest by hand; their calls of the last days are still there to compare with."""
    await desk.usual()
    await desk.calls(ONE, 150, 30, DAY)
    for phone in (TWO, THREE):
        await desk.numbers.bench(ACCOUNT, phone, "ada@example.com")
    await desk.watch.look()
    await desk.watch.look()
    assert await desk.states() == {ONE: "in_use", TWO: "resting", THREE: "resting"}
    (alert,) = await desk.numbers.alerts(ACCOUNT)
    assert alert.words.endswith("It is still shown: auto has no other number.")
    assert alert.facts["benched"] is False
    await desk.numbers.bring_back(ACCOUNT, TWO, "ada@example.com")
    await desk.watch.look()
    assert await desk.states() == {ONE: "resting", TWO: "in_use", THREE: "resting"}


async def test_who_brings_a_number_back_is_obeyed_and_its_alert_ends(desk: Desk) -> None:
    await desk.usual()
    await desk.calls(ONE, 150, 30, DAY)
    await desk.watch.look()
    done = await desk.numbers.bring_back(ACCOUNT, ONE, "ada@example.com")
    assert (done.state, done.row.benched_by) == ("in_use", None)
    assert await desk.numbers.alerts(ACCOUNT) == []
    assert len(await desk.numbers.alerts(ACCOUNT, ended=True)) == 1
    assert (await desk.told())[-1] == "number.unbenched"


async def test_a_number_that_nobody_watches_is_left_alone_and_its_trial_ends(desk: Desk) -> None:
    await desk.usual()
    await desk.calls(ONE, 150, 30, DAY)
    await desk.watch.look()
    await configure(desk.database, CallerIds(watch=None))
    desk.at = NOON + 4 * DAY
    await desk.watch.look()
    assert set((await desk.states()).values()) == {"in_use"}
    await desk.calls(ONE, 150, 0, DAY)
    await desk.watch.look()
    assert set((await desk.states()).values()) == {"in_use"}


async def test_a_rest_by_hand_ends_at_its_time_without_a_trial(desk: Desk) -> None:
    done = await desk.numbers.bench(ACCOUNT, ONE, "api", rest=2 * DAY, why="reported as spam")
    assert (done.state, done.row.benched_until) == ("resting", NOON + 2 * DAY)
    assert done.row.benched_why == "reported as spam"
    desk.at = NOON + 2 * DAY
    assert (await desk.states())[ONE] == "in_use"


async def test_answers_are_told_by_number_with_their_counts(desk: Desk) -> None:
    await desk.calls(ONE, 10, 4, DAY, machines=3)
    await desk.calls(ONE, 10, 10, 5 * DAY)
    async with desk.database.connection() as tx:
        await tx.execute("UPDATE phone_number SET removed = true WHERE phone = $1", THREE)
    found = {row.phone: row for row in await desk.numbers.stats(ACCOUNT, NOON - 2 * DAY, NOON)}
    assert set(found) == {ONE, TWO}
    one = found[ONE]
    assert (one.placed, one.calls, one.answered, one.machines, one.failed) == (10, 10, 4, 3, 0)
    assert found[TWO].calls == 0
    assert (await desk.numbers.stats(ACCOUNT, NOON - 2 * DAY, NOON, "other"))[0].calls == 0


async def test_of_two_looks_at_once_one_benches(desk: Desk) -> None:
    await desk.usual()
    await desk.calls(ONE, 150, 30, DAY)
    await asyncio.gather(*(NumberWatching(desk.database, desk).look() for _ in range(2)))
    assert await desk.told() == ["number.alert", "number.benched"]
    async with desk.database.connection() as tx:
        with pytest.raises(asyncpg.UniqueViolationError):
            await tx.execute(
                "INSERT INTO number_alert (id, account_id, campaign_id, kind, phone, opened_at, words, facts)"
                " VALUES ($1, $2, $3, 'answer_rate', $4, $5, '', '{}')",
                UUID(int=9),
                ACCOUNT,
                CAMPAIGN,
                ONE,
                NOON,
            )
