"""A year of leads through the running service's dialer, with every call judged by somebody who knows only the law.

Run with ``make test-year`` (``YEAR_LEADS`` chooses how many, 10,000 by default). After ``YEAR_MINUTES``, if set, no
more of them come: what is under way is finished, all of it is judged, and how far it came is said. The clock is
virtual: it jumps to the next moment at which something is due, or a little later, as a node does that was away; in
between it runs. All else is real: the database, the node and its loops, the simulated carrier behind its HTTP
interface.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
import zipcodes
from permit_oracle import CAPS, is_open
from running import configuration, configure, person, running_node, settings_for, until

from speedtolead.domain.lead import Consent
from speedtolead.node import Node
from speedtolead.service.intake.post import LeadPost
from speedtolead.simulator import SimulatorConfig, running_simulator
from speedtolead.simulator.people import Does, default_people

LEADS = int(os.environ.get("YEAR_LEADS", "10000"))
SEED = int(os.environ.get("YEAR_SEED", "20260101"))
MINUTES = float(os.environ.get("YEAR_MINUTES", "inf"))
AT_ONCE = 25
"""Leads that arrive in the same moment."""
BEGINS, DAYS = datetime(2026, 1, 1, 5, tzinfo=UTC), 365
CADENCE = "[{after: 0s, channel: call}, {after: 5m, channel: call}, {after: 2h, channel: call}, " \
          "{after: 1d, at: '09:30', channel: call}, {after: 5d, at: '18:45', channel: call}]"  # fmt: skip
LATEST_WAKE = timedelta(minutes=90)
"""The dialer may be away for so long after something is due: it may have closed meanwhile."""


class JumpingClock:
    """Runs like the wall's, from a moment of its own, and can be moved ahead."""

    def __init__(self, begins: datetime) -> None:
        self._begins, self._started = begins, time.monotonic()

    def now(self) -> datetime:
        return self._begins + timedelta(seconds=time.monotonic() - self._started)

    def move_to(self, moment: datetime) -> None:
        self._begins += max(timedelta(0), moment - self.now())


@dataclass(frozen=True)
class Arrival:
    at: datetime
    phone: str
    state: str
    postal_code: str | None


def arrivals(dice: random.Random) -> list[Arrival]:
    """Leads of every state and territory: some with a number of another state, some without a postal code."""
    places = [row for row in zipcodes.list_all() if row["area_codes"] and row["timezone"]]
    by_state: dict[str, list[dict[str, object]]] = {}
    for row in places:
        by_state.setdefault(row["state"], []).append(row)
    states = sorted(by_state)
    made: list[Arrival] = []
    for n in range(LEADS):
        state = states[n % len(states)]
        home = dice.choice(by_state[state])
        elsewhere = dice.random() < 0.25
        codes = (dice.choice(places) if elsewhere else home)["area_codes"]
        assert isinstance(codes, list)
        group = n // AT_ONCE / (LEADS / AT_ONCE)
        at = BEGINS + timedelta(days=DAYS * group, minutes=dice.random())
        phone = f"+1{dice.choice(codes)}{2_340_000 + n:07d}"
        made.append(Arrival(at, phone, state, None if dice.random() < 0.3 else str(home["zip_code"])))
    return sorted(made, key=lambda arrival: arrival.at)


@pytest.mark.timeout(4 * 3600)
async def test_a_year_of_leads_has_no_unlawful_call(database_url: str, tmp_path: Path) -> None:
    sys.stderr.write(f"{LEADS} leads, seed {SEED}\n")
    dice = random.Random(SEED)
    await configure(database_url, configuration(mode="lead_first", agents=60, cadence=CADENCE))
    busy = person("*", Does.BUSY, ring=0.0)
    config = SimulatorConfig(speed=100.0, calls_per_second=1000.0, people=(busy, *default_people()))
    clock = JumpingClock(BEGINS)
    async with running_simulator(config) as simulator:
        settings = settings_for(database_url, tmp_path, simulator.port, call_lease=600.0)
        async with running_node(settings, clock=clock) as node:
            watch = await asyncpg.connect(database_url)
            try:
                await _live_through(node, clock, watch, arrivals(dice), dice)
                await _judge(watch)
            finally:
                await watch.close()


async def _live_through(
    node: Node, clock: JumpingClock, watch: asyncpg.Connection, coming: list[Arrival], dice: random.Random
) -> None:
    source = await node.services.intake.source("stl_test_key_0001")
    assert source is not None
    started, told, all_of_them = time.monotonic(), BEGINS.month, len(coming)
    while True:
        if clock.now().month != told:
            told, minutes = clock.now().month, (time.monotonic() - started) / 60
            sys.stderr.write(f"{clock.now():%d %B}: {all_of_them - len(coming)} leads, {minutes:.0f} minutes\n")
        if time.monotonic() - started > MINUTES * 60 and coming:
            sys.stderr.write(f"out of time on {clock.now():%d %B}: {len(coming)} leads never came\n")
            coming.clear()
        while coming and coming[0].at <= clock.now():
            now = [
                coming.pop(0) for _ in range(min(AT_ONCE, len(coming))) if coming and coming[0].at <= clock.now()
            ]
            answers = await asyncio.gather(
                *(node.services.intake.take(source, _post(one), clock.now()) for one in now)
            )
            assert {answer.status for answer in answers} <= {202, 422}
        await watch.execute("NOTIFY speedtolead")
        await until(lambda: _idle(watch, clock), 60, "every due attempt made or put off")
        due = await watch.fetchval(
            "SELECT min(due_at) FROM attempt WHERE state = 'scheduled' AND NOT ready AND channel = 'call'"
        )
        following = [moment for moment in (due, coming[0].at if coming else None) if moment is not None]
        if not following:
            return
        late = LATEST_WAKE * dice.random() if dice.random() < 0.3 else timedelta(0)
        clock.move_to(min(following) + late)


def _post(one: Arrival) -> LeadPost:
    consent = Consent(("call",), text="Call me.", captured_at=None)
    return LeadPost(one.phone, consent, "application/json", b"{}", state=one.state, postal_code=one.postal_code)


async def _idle(watch: asyncpg.Connection, clock: JumpingClock) -> bool:
    """Asked as the service's own indexes answer it: a year has fifty thousand attempts."""
    busy = await watch.fetchval(
        """SELECT EXISTS (SELECT FROM attempt WHERE state IN ('claimed', 'dialing', 'sending', 'unknown')
                             OR (state = 'connected' AND ended_at IS NULL))
               OR EXISTS (SELECT FROM attempt WHERE state = 'scheduled' AND ready)
               OR EXISTS (SELECT FROM attempt WHERE state = 'scheduled' AND NOT ready AND channel = 'call'
                             AND due_at <= $1)""",
        clock.now(),
    )
    return not busy


async def _judge(watch: asyncpg.Connection) -> None:
    """Each call by the law's table and by the caps, with the places that the lead may be in."""
    calls = await watch.fetch(
        """SELECT g.address, g.placed_at, l.candidates FROM leg g
             JOIN attempt a ON a.id = g.attempt_id JOIN lead l ON l.id = a.lead_id
            WHERE g.kind = 'lead' ORDER BY g.placed_at"""
    )
    leads = await watch.fetchval("SELECT count(*) FROM lead WHERE answer_status = 202")
    decisions = Counter({row["decision"]: row["n"] for row in await watch.fetch(
        "SELECT decision, count(*) AS n FROM permit GROUP BY decision")})  # fmt: skip
    unlawful, states, made = [], Counter[str](), dict[str, list[datetime]]()
    for call in calls:
        places = [(c["zone"], c["state"]) for c in _read(call["candidates"]) if c["origin"] != "ip"]
        if not places or not is_open(places, "call", call["placed_at"], None, False):
            unlawful.append((call["address"], call["placed_at"], places, "hours"))
        before = made.setdefault(call["address"], [])
        day = [at for at in before if call["placed_at"] - at < timedelta(hours=24)]
        if len(day) >= min([3, *(CAPS[state] for _, state in places if state in CAPS)]):
            unlawful.append((call["address"], call["placed_at"], places, "cap"))
        before.append(call["placed_at"])
        states.update({state for _, state in places})
    told = f"{leads} leads accepted, {len(calls)} calls in {len(states)} states, decisions {dict(decisions)}"
    sys.stderr.write(f"{told}\n")
    assert unlawful == []
    assert len(calls) > 2 * leads
    assert len(states) > 50


def _read(candidates: str) -> list[dict[str, str]]:
    read: list[dict[str, str]] = json.loads(candidates)
    return read
