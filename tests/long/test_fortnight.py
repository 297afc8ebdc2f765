"""Two weeks of a cadence by call, text and mail, lived through by a running node, across a change of clocks.

Run with ``make test-fortnight`` (``FORTNIGHT_LEADS`` chooses how many, 1,000 by default). The clock is virtual, as
in ``test_year``; the node, its database, the carrier and the mail server behind their interfaces are real. On the
way the node is restarted three times, is away for six hours, and loses every connection to its database at once;
the carrier's callbacks come doubled and shuffled; some leads are stopped. In the end each lead's history is held
against the planner, step by step, and each contact against the law's table, the caps and the stops.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from permit_oracle import CAPS, is_open
from running import configuration, configure, person, running_node, settings_for, until
from test_year import Arrival, JumpingClock, _read, arrivals

from speedtolead.domain.cadence.planner import Course, Made, Person, Planned
from speedtolead.domain.lead import Consent
from speedtolead.node import Node
from speedtolead.service.cadences.follow_up import cadence_of
from speedtolead.service.cadences.walk import UNMADE, so_far
from speedtolead.service.intake.post import LeadPost
from speedtolead.settings import Settings
from speedtolead.simulator import SimulatorConfig, running_simulator
from speedtolead.simulator.faults import Fault
from speedtolead.simulator.people import Does, default_people
from speedtolead.store import cadence as rows
from speedtolead.store.database import DatabaseAway, connect

LEADS = int(os.environ.get("FORTNIGHT_LEADS", "1000"))
SEED = int(os.environ.get("FORTNIGHT_SEED", "20260305"))
BEGINS = datetime(2026, 3, 5, 12, tzinfo=UTC)
"""Three days before the clocks change."""
ARRIVE = timedelta(days=3)
DAY = timedelta(days=1)
CADENCE = """[
    {after: 0s, channel: call},
    {delay: 20s, channel: sms, text: "Hi {{ lead.first_name or 'there' }}, call us. STOP ends.", if: "last = busy"},
    {after: 2h, channel: call, jitter: 20m},
    {after: 1d, at: "09:30", channel: call, jitter: 20m},
    {after: 2d, days: business, channel: email, subject: "Your request", text: "Hello"},
    {after: 3d, days: business, at: "17:30", channel: call, window: {mon-fri: "16:00-20:00"}},
    {after: 5d, channel: task, title: "Look {{ lead.first_name or 'them' }} up"},
    {after: 7d, at: "12:15", channel: call},
    {after: 13d, at: "10:30", channel: call}]"""
RESTARTS = (DAY * 1, DAY * 4, DAY * 9)
AWAY_AT, AWAY = DAY * 6 + timedelta(hours=15), timedelta(hours=6)
CUT_AT = DAY * 2
STOPS = 0.05


class Office:
    """The node, which comes and goes, and the clock."""

    def __init__(self, settings: Settings, clock: JumpingClock) -> None:
        self.settings, self.clock = settings, clock
        self._stack = AsyncExitStack()
        self.node: Node | None = None

    async def open(self) -> Node:
        self.node = await self._stack.enter_async_context(running_node(self.settings, clock=self.clock))
        return self.node

    async def close(self) -> None:
        await self._stack.aclose()
        self._stack, self.node = AsyncExitStack(), None


@asynccontextmanager
async def office(settings: Settings, clock: JumpingClock) -> AsyncIterator[Office]:
    made = Office(settings, clock)
    try:
        await made.open()
        yield made
    finally:
        await made.close()


@pytest.mark.timeout(4 * 3600)
async def test_a_fortnight_equals_the_plan(database_url: str, tmp_path: Path) -> None:
    dice = random.Random(SEED)
    text = configuration(mode="lead_first", agents=60, cadence=CADENCE).replace(
        '"+12125550100"}', '"+12125550100", sms: true}'
    )
    text += 'mail: {sender: "Acme <hello@acme.example>", postal_address: "1 Main St, Albany NY 12207"}\n'
    await configure(database_url, text)
    busy = person("*", Does.BUSY, ring=0.0)
    config = SimulatorConfig(speed=100.0, calls_per_second=1000.0, people=(busy, *default_people()))
    clock = JumpingClock(BEGINS)
    async with running_simulator(config) as simulator:
        simulator.carrier.faults.order(
            [
                Fault("shuffle", on="callback", times=LEADS // 2),
                Fault("duplicate", on="callback", times=LEADS),
            ]
        )
        settings = settings_for(
            database_url, tmp_path, simulator.port, call_lease=600.0, simulator_smtp_port=simulator.smtp_port
        )
        watch = await asyncpg.connect(database_url)
        try:
            async with office(settings, clock) as place:
                stopped = await live_through(place, watch, coming(dice), dice)
            await judge(watch, database_url, stopped)
        finally:
            await watch.close()


def coming(dice: random.Random) -> list[Arrival]:
    """The year's people, within three days."""
    made = [one for one in arrivals(dice) if one.phone][:LEADS]
    dice.shuffle(made)
    return sorted(
        (Arrival(BEGINS + ARRIVE * dice.random(), one.phone, one.state, one.postal_code) for one in made[:LEADS]),
        key=lambda one: one.at,
    )


async def live_through(
    place: Office, watch: asyncpg.Connection, people: list[Arrival], dice: random.Random
) -> dict[str, datetime]:
    """Until nothing is planned any more; when each stopped lead was stopped."""
    clock, stopped = place.clock, dict[str, datetime]()
    restarts, away, cut = list(RESTARTS), True, True
    while True:
        since = clock.now() - BEGINS
        if restarts and since >= restarts[0]:
            restarts.pop(0)
            await place.close()
            await place.open()
        if cut and since >= CUT_AT:
            cut = False
            await watch.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        if away and since >= AWAY_AT:
            away = False
            await place.close()
            clock.move_to(clock.now() + AWAY)
            await place.open()
            sys.stderr.write(f"{clock.now():%d %B %H:%M}: back after six hours\n")
        node = place.node
        assert node is not None
        await arrive(node, clock, people)
        if dice.random() < STOPS:
            await stop_one(node, watch, dice, clock, stopped)
        await watch.execute("NOTIFY speedtolead")
        await until(lambda: idle(watch, clock), 120, "every due attempt made or put off")
        due = await watch.fetchval("SELECT min(due_at) FROM attempt WHERE state = 'scheduled' AND NOT ready")
        following = [moment for moment in (due, people[0].at if people else None) if moment is not None]
        if not following:
            return stopped
        clock.move_to(min(following) + timedelta(minutes=10) * dice.random())


async def arrive(node: Node, clock: JumpingClock, people: list[Arrival]) -> None:
    now: list[Arrival] = []
    while people and people[0].at <= clock.now() and len(now) < 50:
        now.append(people.pop(0))
    taken = await asyncio.gather(*(posted(node, clock, one) for one in now))
    assert set(taken) <= {202, 422}


async def posted(node: Node, clock: JumpingClock, one: Arrival) -> int:
    """As a vendor does: posted again, with the same id, until it is answered."""
    while True:
        try:
            source = await node.services.intake.source("stl_test_key_0001")
            assert source is not None
            return (await node.services.intake.take(source, post(one), clock.now())).status
        except DatabaseAway:
            await asyncio.sleep(0.05)


def post(one: Arrival) -> LeadPost:
    consent = Consent(("call", "sms", "email"), text="Call, text and mail me.")
    email = f"lead{one.phone[1:]}@people.example"
    return LeadPost(
        one.phone,
        consent,
        "application/json",
        b"{}",
        email=email,
        state=one.state,
        postal_code=one.postal_code,
        external_id=one.phone,
    )


async def stop_one(
    node: Node, watch: asyncpg.Connection, dice: random.Random, clock: JumpingClock, stopped: dict[str, datetime]
) -> None:
    found = await watch.fetch("SELECT id, account_id FROM lead WHERE state IN ('new', 'working') ORDER BY id")
    if found:
        row = dice.choice(found)
        while True:
            try:
                await node.services.leads.stop(row["account_id"], row["id"])
                break
            except DatabaseAway:
                await asyncio.sleep(0.05)
        stopped[str(row["id"])] = clock.now()


async def idle(watch: asyncpg.Connection, clock: JumpingClock) -> bool:
    busy = await watch.fetchval(
        """SELECT EXISTS (SELECT FROM attempt WHERE state IN ('claimed', 'dialing', 'sending', 'unknown')
                             OR (state = 'connected' AND ended_at IS NULL))
               OR EXISTS (SELECT FROM attempt WHERE state = 'scheduled' AND (ready OR due_at <= $1))""",
        clock.now(),
    )
    return not busy


async def judge(watch: asyncpg.Connection, url: str, stopped: dict[str, datetime]) -> None:
    await judge_contacts(watch, stopped)
    async with connect(url, 2) as database, database.connection() as tx:
        leads = await watch.fetch("SELECT id, account_id, campaign_id, received_at, candidates, score FROM lead"
                                  " WHERE answer_status = 202")  # fmt: skip
        version = await watch.fetchval("SELECT version FROM campaign")
        for lead in leads:
            campaign = await rows.campaign_at(tx, lead["account_id"], lead["campaign_id"], version)
            history = await watch.fetch(
                "SELECT step, channel, state, due_at, requested_at, ended_at FROM attempt WHERE lead_id = $1"
                " AND origin = 'cadence' ORDER BY number",
                lead["id"],
            )
            follow(lead, history, cadence_of(campaign), str(lead["id"]) in stopped)
    sys.stderr.write(f"{len(leads)} leads, {len(stopped)} stopped\n")


def follow(lead: Any, history: list[Any], cadence: Any, stopped: bool) -> None:
    """What was written is what the planner says, asked again after each step."""
    zone = _read(lead["candidates"])[0]["zone"] if _read(lead["candidates"]) else "America/New_York"
    who = Person(lead["id"], lead["received_at"], zone)
    made: list[Made] = []
    results: list[tuple[str, str]] = []
    now = lead["received_at"]
    for n, row in enumerate(history):
        if row["state"] == "cancelled" and row["requested_at"] is None:
            assert stopped
            assert n == len(history) - 1
            return
        known = {"score": lead["score"], **so_far(results, now - lead["received_at"])}
        counted = sum(1 for _, result in results if result not in UNMADE)
        said = cadence.next(Course(list(made), counted, (), known), who, now)
        assert isinstance(said, Planned), (lead["id"], n, said)
        assert (said.index, said.channel) == (row["step"], row["channel"]), (lead["id"], n)
        assert row["ended_at"] is not None, (lead["id"], n)
        assert (row["requested_at"] or row["ended_at"]) >= said.due_at, (lead["id"], n)
        made.append(Made(row["step"], row["state"], row["ended_at"]))
        if row["channel"] in {"call", "sms", "email"}:
            results.append((row["channel"], row["state"]))
        now = row["ended_at"]
    if not stopped:
        over = cadence.next(Course(made, 0, (), {**so_far(results, now - lead["received_at"])}), who, now)
        assert not isinstance(over, Planned), (lead["id"], over)


async def judge_contacts(watch: asyncpg.Connection, stopped: dict[str, datetime]) -> None:
    contacts = await watch.fetch(
        """SELECT a.lead_id, a.channel, l.candidates, l.phone,
                  CASE WHEN a.channel = 'call' THEN g.placed_at ELSE a.permitted_at END AS at
             FROM attempt a JOIN lead l ON l.id = a.lead_id
             LEFT JOIN leg g ON g.attempt_id = a.id AND g.kind = 'lead'
            WHERE CASE a.channel WHEN 'call' THEN g.id IS NOT NULL WHEN 'sms' THEN a.requested_at IS NOT NULL END
            ORDER BY at"""
    )
    wrong, made = [], defaultdict[str, list[datetime]](list)
    for one in contacts:
        places = [(c["zone"], c["state"]) for c in _read(one["candidates"]) if c["origin"] != "ip"]
        if not places or not is_open(places, one["channel"], one["at"], None, False):
            wrong.append((one["phone"], one["channel"], one["at"], "hours"))
        before = made[one["phone"]]
        if sum(one["at"] - at < DAY for at in before) >= min([3, *(CAPS[s] for _, s in places if s in CAPS)]):
            wrong.append((one["phone"], one["channel"], one["at"], "cap"))
        before.append(one["at"])
        if str(one["lead_id"]) in stopped and one["at"] > stopped[str(one["lead_id"])]:
            wrong.append((one["phone"], one["channel"], one["at"], "stopped"))
    counts = Counter(one["channel"] for one in contacts)
    states = Counter(
        {
            row["state"]: row["n"]
            for row in await watch.fetch("SELECT state, count(*) AS n FROM attempt GROUP BY state")
        }
    )
    sys.stderr.write(f"contacts {dict(counts)}, attempts {dict(states)}\n")
    assert wrong == []
    assert counts["call"] > 3 * LEADS * 0.9
    assert counts["sms"] > LEADS / 2
    twice = await watch.fetchval(
        "SELECT count(*) FROM (SELECT attempt_id FROM message GROUP BY 1 HAVING count(*) > 1) m"
    )
    assert twice == 0
