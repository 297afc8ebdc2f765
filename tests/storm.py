"""A bad day for a node, the same for the same seed: what happens, when, and what must be true when it is over.

The carrier answers slowly, wrongly or not at all; callbacks are doubled, reordered, late or lost; the node is
killed; the database restarts; an agent's phone dies. What each seed orders is drawn before it begins. The simulated
carrier is outside of all this and knows which phones rang.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
from processes import node_process
from running import ACCOUNT_KEY, AGENT_PHONES, SOURCE_KEY, SPEED, configuration, configure, settings_for

from speedtolead.settings import Settings
from speedtolead.simulator import Fault, Person, RunningSimulator, SimulatorConfig, running_simulator
from speedtolead.simulator.call import Call
from speedtolead.simulator.faults import ON_CALLBACKS, ON_REQUESTS
from speedtolead.simulator.people import Does, default_people

MODES = ("agent_first", "lead_first", "both", "hot")
LEADS, AGENTS = 8, 3
SECONDS = 3.0
"""The storm lasts so long; after it the carrier is well and the node stays up."""
PATIENCE = 60.0
"""Within so many seconds after the storm everything is settled."""
LEASES: dict[str, Any] = {"claim_lease": 1.0, "call_lease": 2.0, "carrier_consistency_window": 2.0,
                          "carrier_timeout": 1.0, "missed_offer_rest": 0.5}  # fmt: skip
CADENCE = "[{after: 0s, channel: call}, {after: 2s, channel: call}]"
STANDS_UP = Person(pattern="+121255501[1-2]?", does=Does.ANSWER, ring=1.0, presses="1")
_OF = re.compile(r"/attempts/([0-9a-f-]{36})/legs/([0-9a-f-]{36})/")

UNSETTLED = """
    SELECT 'attempt ' || id || ' is ' || state FROM attempt
     WHERE state IN ('claimed', 'dialing', 'sending', 'unknown') OR state = 'connected' AND ended_at IS NULL
        OR state = 'scheduled' AND due_at < now() + interval '1 hour'
    UNION ALL SELECT 'leg ' || id || ' is ' || state FROM leg WHERE state <> 'ended'
    UNION ALL SELECT name || ' is ' || state FROM agent WHERE state <> 'available'
    UNION ALL SELECT 'lead ' || id || ' is ' || state || ' with nothing planned' FROM lead l
     WHERE state IN ('new', 'working') AND NOT EXISTS (
           SELECT FROM attempt a WHERE a.lead_id = l.id AND a.state = 'scheduled')
    UNION ALL SELECT 'control ' || id || ' is ' || state FROM control WHERE state IN ('asked', 'waiting')
"""
STORY = """
    SELECT concat_ws(' ', a.id, a.state, 'tries', a.tries, 'permitted', a.permitted_at, 'ended', a.ended_at, a.note,
                     '|', l.kind, l.id, l.state, l.placed_at, l.live_at, l.ended_at, l.ended_as, l.carrier_code,
                     l.carrier_call_id)
      FROM attempt a JOIN leg l ON l.attempt_id = a.id
     WHERE EXISTS (SELECT FROM leg o WHERE o.attempt_id = a.id AND o.state <> 'ended') ORDER BY a.id, l.placed_at
"""
LIVE_LINES = "SELECT carrier_call_id FROM agent_line WHERE ended_at IS NULL AND carrier_call_id IS NOT NULL"


@dataclass(frozen=True)
class Act:
    at: float
    what: str
    detail: Any = None


@dataclass
class Storm:
    """What one seed orders."""

    seed: int
    mode: str
    people: list[Person]
    acts: list[Act] = field(default_factory=list)

    def told(self) -> str:
        return f"seed {self.seed}, {self.mode}: " + "; ".join(f"{a.at:.2f} {a.what} {a.detail}" for a in self.acts)


def storm_of(seed: int) -> Storm:
    dice = random.Random(seed)
    storm = Storm(seed, MODES[seed % len(MODES)], [])
    add = storm.acts.append
    area = 300 + 2 + seed % 8
    for last in dice.sample(range(100), LEADS):
        add(Act(dice.uniform(0, SECONDS - 0.5), "lead", f"+1{area}55501{last:02d}"))
    for _ in range(dice.randint(1, 4)):
        add(Act(dice.uniform(0, SECONDS), "fault", _request_fault(dice)))
    for _ in range(dice.randint(1, 4)):
        add(Act(dice.uniform(0, SECONDS), "fault", _callback_fault(dice)))
    for _ in range(dice.choice((0, 1, 1, 2))):
        add(Act(dice.uniform(0.2, SECONDS), "kill"))
    if dice.random() < 0.2:
        add(Act(dice.uniform(0.5, SECONDS), "restart the database"))
    if dice.random() < 0.3:
        add(Act(dice.uniform(0.5, SECONDS), "stop a lead", dice.randrange(LEADS)))
    dying = dice.choice(AGENT_PHONES)
    if dice.random() < 0.5:
        gone = dice.choice(({"hangs_up_after_answer": (0.5, 25.0), "presses": "1"}, {"does": Does.NO_ANSWER}))
        add(Act(dice.uniform(0, SECONDS), "an agent's phone dies", Person(pattern=dying, ring=1.0, **gone)))
    storm.acts.sort(key=lambda act: act.at)
    return storm


def _request_fault(dice: random.Random) -> Fault:
    does = dice.choice(sorted(ON_REQUESTS))
    status, code = dice.choice(((500, 20500), (503, 20503), (429, 20429)))
    if does == "status_after":  # after the call was made only what is unclear is honest
        status, code = 500, 20500
    path = dice.choice(("*/Calls.json", "*", "*/Calls/*", "*Participants*"))
    return Fault(
        does=does, method=dice.choice(("POST", "*")), path=path, times=dice.randint(1, 4),
        status=status, code=code, seconds=dice.uniform(0.1, 1.5),
    )  # fmt: skip


def _callback_fault(dice: random.Random) -> Fault:
    does = dice.choice(sorted(ON_CALLBACKS))
    return Fault(does=does, on="callback", times=dice.randint(1, 6), seconds=dice.uniform(0.05, 1.0))


class Day:
    """One storm under way."""

    def __init__(self, storm: Storm, url: str, folder: Path, simulator: RunningSimulator, restart: Any) -> None:
        self.storm = storm
        self.accepted: dict[str, str] = {}
        self._url = url
        self._simulator = simulator
        self._restart = restart
        self.settings: Settings = settings_for(url, folder, simulator.port, **LEASES)
        self._posting: list[asyncio.Task[None]] = []
        self._node = AsyncExitStack()

    async def live_through(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http:
            try:
                await self._start()
                if self.storm.mode == "hot":
                    await self._open_lines(http)
                began = time.monotonic()
                for act in self.storm.acts:
                    await asyncio.sleep(max(0.0, began + act.at - time.monotonic()))
                    await self._do(act, http)
                self._simulator.carrier.faults.reset()
                self._simulator.carrier.people.put_first([STANDS_UP])
                await asyncio.gather(*self._posting)
                await self._settle()
                await self._judge()
            finally:
                for task in self._posting:
                    task.cancel()
                await self._node.aclose()

    async def _start(self) -> None:
        await self._node.enter_async_context(node_process(self.settings))

    async def _do(self, act: Act, http: aiohttp.ClientSession) -> None:
        match act.what:
            case "lead":
                self._posting.append(asyncio.create_task(self._post(http, act.detail)))
            case "fault":
                self._simulator.carrier.faults.order([act.detail])
            case "kill":
                await self._node.aclose()
                self._node = AsyncExitStack()
                await self._start()
            case "restart the database":
                await asyncio.to_thread(self._restart)
            case "stop a lead":
                leads = sorted(self.accepted)
                if leads:
                    await self._ask(http, "POST", f"/v1/leads/{leads[act.detail % len(leads)]}/stop")
            case "an agent's phone dies":
                self._simulator.carrier.people.put_first([act.detail])

    async def _post(self, http: aiohttp.ClientSession, phone: str) -> None:
        """Until it is answered; the same lead each time, as a vendor's retry is."""
        lead = {"phone": phone, "state": "NY", "consent": {"channels": ["call"]}, "external_id": phone}
        while True:
            try:
                async with http.post(
                    f"{self.settings.own_url}/v1/leads", json=lead,
                    headers={"Authorization": f"Bearer {SOURCE_KEY}"},
                ) as response:  # fmt: skip
                    body = await response.json(content_type=None)
                if response.status == 202:
                    self.accepted[body["lead_id"]] = phone
                if response.status < 500:
                    return
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(0.1)

    async def _open_lines(self, http: aiohttp.ClientSession) -> None:
        for n in range(1, AGENTS + 1):
            await self._ask(http, "POST", f"/v1/agents/agent-{n}/line")

    async def _ask(self, http: aiohttp.ClientSession, method: str, path: str) -> None:
        with suppress(aiohttp.ClientError, TimeoutError):
            headers = {"Authorization": f"Bearer {ACCOUNT_KEY}"}
            async with http.request(method, f"{self.settings.own_url}{path}", headers=headers) as response:
                await response.read()

    async def _settle(self) -> None:
        deadline = time.monotonic() + PATIENCE
        left: list[str] = []
        while time.monotonic() < deadline:
            left = await self._unsettled()
            if not left:
                return
            await asyncio.sleep(0.1)
        story = "\n".join(await self._story())
        raise AssertionError(f"{self.storm.told()}\nstill, {PATIENCE:.0f} s after it: {left}\n{story}")

    async def _story(self) -> list[str]:
        """The attempts with a leg that is not over, each with all of its legs."""
        connection = await asyncpg.connect(self._url)
        try:
            return [str(row[0]) for row in await connection.fetch(STORY)]
        finally:
            await connection.close()

    async def _unsettled(self) -> list[str]:
        """What is not at rest: at the service, at the carrier, or only at one of them."""
        with suppress(OSError, asyncpg.PostgresError):
            connection = await asyncpg.connect(self._url)
            try:
                left = [str(row[0]) for row in await connection.fetch(UNSETTLED)]
                lines = {row[0] for row in await connection.fetch(LIVE_LINES)}
            finally:
                await connection.close()
            live = {call.sid for call in self._calls() if call.is_live}
            left += [f"call {sid} lives at the carrier only" for sid in live - lines]
            left += [f"line {sid} lives here only" for sid in lines - live]
            return left
        return ["the database is away"]

    def _calls(self) -> list[Call]:
        return list(self._simulator.carrier.calls.values())

    async def _judge(self) -> None:
        connection = await asyncpg.connect(self._url)
        stored = {str(row["id"]) for row in await connection.fetch("SELECT id FROM lead")}
        await connection.close()
        assert set(self.accepted) <= stored, f"{self.storm.told()}\na lead that was answered 202 is lost"
        rung: Counter[tuple[str, str]] = Counter()
        for call in self._calls():
            where = call.subscription.url if call.subscription else ""
            if call.phone in self.accepted.values() and call.started is not None:
                of = _OF.search(where) or (call.parent and _OF.search(_told(call.parent)))
                assert of, f"{self.storm.told()}\na call to a lead that names no attempt: {where}"
                rung[of[1], call.phone] += 1
        twice = {key: times for key, times in rung.items() if times > 1}
        assert not twice, f"{self.storm.told()}\nrung twice by one attempt: {twice}"


def _told(call: Call) -> str:
    return call.subscription.url if call.subscription else ""


@asynccontextmanager
async def _carrier(storm: Storm) -> AsyncIterator[RunningSimulator]:
    people = (*storm.people, STANDS_UP, *default_people())
    config = SimulatorConfig(speed=SPEED, calls_per_second=1000.0, people=people, seed=storm.seed)
    async with running_simulator(config) as simulator:
        yield simulator


async def live_through(seed: int, database_url: str, folder: Path, restart: Any) -> None:
    """One seed from its beginning to the judgement. Raises AssertionError that says what happened."""
    storm = storm_of(seed)
    text = configuration(mode=storm.mode, agents=AGENTS, cadence=CADENCE) + "pauses: {after_missed: 0}\n"
    await configure(database_url, text)
    async with _carrier(storm) as simulator:
        await Day(storm, database_url, folder, simulator, restart).live_through()
