"""A node of the service running inside a test: real Postgres, real HTTP, the simulated carrier.

Nothing of the service is replaced. Tests wait on conditions, never for a time.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import aiohttp

from speedtolead import wiring
from speedtolead.clock import SystemClock
from speedtolead.node import ROLES, Node, run_node
from speedtolead.ports import Clock
from speedtolead.service.configuration.apply import apply
from speedtolead.service.configuration.document import read
from speedtolead.settings import Settings
from speedtolead.simulator import Person, RunningSimulator, SimulatorConfig, running_simulator
from speedtolead.simulator.people import Does, default_people
from speedtolead.store.database import Database, connect

Found = TypeVar("Found")

ACCOUNT_KEY = "stl_acct_test_key_0001"
SOURCE_KEY = "stl_test_key_0001"
AGENT_PHONES = ("+12125550111", "+12125550112", "+12125550113")
LEAD_PHONE = "+12125550142"
SPEED = 20.0
"""The simulated carrier's seconds pass this many times faster; talks of 20 s take one."""

CONFIGURATION = """
account: {account}
account_key: {account_key}
timezone: America/New_York
numbers: [{{phone: "+12125550100"}}, {{phone: "+13055550100"}}]
users: [{{email: manager@{account}.example, role: manager, password: change-me-now}}]
agents:
{agents}
sources:
  - {{name: form, api_key: {source_key}, campaign: auto, cost_per_lead: 25.00{source}}}
campaigns:
  - name: auto
    seller: Test Insurance
    hours: {{mon-sun: "00:00-24:00"}}
    dial: {{mode: {mode}, agents: sales, ring_timeout: 20s, minimum_talk: {minimum_talk}{dial}}}
    whisper: "{{{{ lead.first_name }}}} from {{{{ lead.city }}}}. Press 1."
    cadence: {cadence}
"""


def configuration(
    *,
    account: str = "test",
    account_key: str = ACCOUNT_KEY,
    source_key: str = SOURCE_KEY,
    mode: str = "agent_first",
    agents: int = 1,
    minimum_talk: str = "0s",
    source: str = "",
    dial: str = "",
    cadence: str = "[{after: 0s, channel: call}]",
) -> str:
    """A configuration file: so many agents with a phone each, one source, one campaign."""
    lines = "\n".join(
        f'  - {{name: agent-{n}, phone: "+1212{5550110 + n if n < 90 else 7000000 + n}", groups: [sales]}}'
        for n in range(1, agents + 1)
    )
    return CONFIGURATION.format(
        account=account,
        account_key=account_key,
        source_key=source_key,
        mode=mode,
        agents=lines,
        minimum_talk=minimum_talk,
        source=source,
        dial=dial,
        cadence=cadence,
    )


def person(pattern: str, does: Does, **more: Any) -> Person:
    return Person(pattern=pattern, does=does, **more)


AGENTS_ANSWER = Person(pattern="+121255501[1-2]?", does=Does.ANSWER, ring=1.0, presses="1")
"""Agents pick up after a second and press 1; they stay until the lead hangs up."""
LEAD_ANSWERS = Person(pattern=LEAD_PHONE, does=Does.ANSWER, ring=2.0, talk=20.0)
SOON = 20.0


_PAUSE = 0.02
"""Between two looks: spinning would take the processor from what is waited for."""


async def until(look: Callable[[], Awaitable[Found | None]], seconds: float = SOON, what: str = "") -> Found:
    """What ``look`` finds, as soon as it finds it; TimeoutError after ``seconds``."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                found = await look()
                if found:
                    return found
                await asyncio.sleep(_PAUSE)
    except TimeoutError:
        raise TimeoutError(f"waited {seconds} s in vain: {what or look.__name__}") from None


@dataclass(frozen=True)
class RunningService:
    """A running node and what a test asks it."""

    url: str
    account_key: str
    source_key: str
    settings: Settings
    database: Database
    database_url: str
    simulator: RunningSimulator
    node: Node
    http: aiohttp.ClientSession

    async def post(self, **fields: Any) -> tuple[int, dict[str, Any]]:
        """Post a lead with sensible fields; the answer's status and body."""
        headers = fields.pop("headers", {})
        lead = {
            "phone": LEAD_PHONE,
            "first_name": "Ada",
            "city": "New York",
            "state": "NY",
            "consent": {"channels": ["call"], "text": "Call me."},
        } | fields
        async with self.http.post(
            f"{self.url}/v1/leads",
            json={name: value for name, value in lead.items() if value is not None},
            headers={"Authorization": f"Bearer {self.source_key}"} | headers,
        ) as response:
            return response.status, await response.json(content_type=None)

    async def get(self, path: str, key: str | None = None, **query: str) -> Any:
        headers = {"Authorization": f"Bearer {key or self.account_key}"}
        async with self.http.get(f"{self.url}{path}", headers=headers, params=query) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def lead(self, lead_id: str) -> Any:
        return await self.get(f"/v1/leads/{lead_id}")

    async def lead_when(self, lead_id: str, true: Callable[[Any], Any], seconds: float = SOON) -> Any:
        """The lead as soon as something is true of it."""
        seen: list[Any] = []

        async def look() -> Any:
            lead = await self.lead(lead_id)
            seen[:] = [lead]
            return lead if true(lead) else None

        try:
            return await until(look, seconds)
        except TimeoutError:
            shown = seen[0] if seen else None
            raise AssertionError(f"it never came true; the lead is {shown}") from None

    async def ended(self, lead_id: str, seconds: float = SOON) -> Any:
        """The lead once its last attempt has ended and nothing more is planned."""

        def over(lead: Any) -> bool:
            return bool(lead["attempts"]) and all(a["ended_at"] for a in lead["attempts"])

        return await self.lead_when(lead_id, over, seconds)

    async def account_id(self) -> UUID:
        async with self.database.connection() as tx:
            found: UUID = await tx.fetchval("SELECT id FROM account ORDER BY created_at LIMIT 1")
            return found

    async def agents(self) -> dict[str, str]:
        found = await self.get("/v1/agents")
        return {agent["name"]: agent["state"] for agent in found["agents"]}

    async def agents_free(self, seconds: float = SOON) -> None:
        async def look() -> bool:
            return set((await self.agents()).values()) == {"available"}

        await until(look, seconds, "all agents available")

    def rung(self, phone: str = LEAD_PHONE) -> int:
        """How often the carrier rang a phone."""
        return len(self.simulator.carrier.calls_to(phone))


_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_ports = itertools.count(20_000 + 2_000 * (_WORKER % 20))


def free_port() -> int:
    """A port that nobody listens on, from this worker's own range: no other worker is given it meanwhile."""
    for port in _ports:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("ports never run out")


def settings_for(database_url: str, folder: Path, simulator_port: int, **more: Any) -> Settings:
    given: dict[str, Any] = {
        "database_url": database_url,
        "data_dir": folder,
        "port": free_port(),
        "simulator_port": simulator_port,
        "calls_per_second": 1000.0,
        "carrier_timeout": 2.0,
        "_env_file": None,
    }
    return Settings(**(given | more))


@asynccontextmanager
async def running_node(
    settings: Settings, roles: frozenset[str] = ROLES, clock: Clock | None = None
) -> AsyncIterator[Node]:
    """A node with its loops and its web server, stopped in order at the end."""
    stop, started = asyncio.Event(), asyncio.Event()
    async with wiring.build(settings, settings.database_url, clock) as node:
        running = asyncio.create_task(run_node(settings, node, roles, stop, started))
        first = asyncio.create_task(started.wait())
        try:
            await asyncio.wait({running, first}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                running.result()
            yield node
        finally:
            first.cancel()
            stop.set()
            await running


async def configure(database_url: str, text: str) -> None:
    async with connect(database_url, 2) as database:
        await apply(database, SystemClock(), read(text))


@asynccontextmanager
async def running_service(
    database_url: str,
    folder: Path,
    text: str | None = None,
    people: tuple[Person, ...] = (AGENTS_ANSWER, LEAD_ANSWERS),
    simulator: RunningSimulator | None = None,
    speed: float = SPEED,
    **settings: Any,
) -> AsyncIterator[RunningService]:
    """A configured account, the simulated carrier with these people, a node, and a client for both."""
    if simulator is None:
        config = SimulatorConfig(speed=speed, calls_per_second=1000.0, people=(*people, *default_people()))
        async with (
            running_simulator(config) as own,
            running_service(
                database_url, folder, text, people, own, speed, simulator_smtp_port=own.smtp_port, **settings
            ) as service,
        ):
            yield service
        return
    await configure(database_url, text or configuration())
    made = settings_for(database_url, folder, simulator.port, **settings)
    async with aiohttp.ClientSession() as http, running_node(made) as node:
        yield RunningService(
            made.own_url,
            ACCOUNT_KEY,
            SOURCE_KEY,
            made,
            node.database,
            database_url,
            simulator,
            node,
            http,
        )
