"""What the bench runs on: one embedded Postgres, the carrier stub, the floor and the service, each its own process.

Owns: their ports, settings and configuration, a temporary folder, and ending every process that it started.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import asyncpg

from speedtolead.adapters.numbering import OfflineNumbering
from speedtolead.domain.hours import is_open
from speedtolead.domain.permit import lawful_hours
from speedtolead.domain.rule_set import Means
from speedtolead.service.rules.file import shipped
from speedtolead.store.embedded import embedded_server

HERE = Path(__file__).resolve().parent
ACCOUNT_KEY = "stl_acct_bench_key_0001"
SOURCE_KEYS = {"lead_first": "stl_bench_lead_first_1", "agent_first": "stl_bench_agent_first_1"}
SID = "AC" + "0" * 32
START_SECONDS = 30
CLONE_AGENTS = """
    INSERT INTO agent (id, account_id, name, address, presence, groups, state, state_since)
    SELECT gen_random_uuid(), account_id, 'clone-' || n, '+1646' || (2200000 + n), presence, groups, state,
           state_since
      FROM agent, generate_series(1, $1::integer) AS n WHERE name = 'agent-1'
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the bench's leads live: an area code with a postal code that suits it."""

    prefix: str
    country: str
    state: str | None
    postal_code: str | None

    def phone(self, number: int) -> str:
        return f"{self.prefix}{2_340_000 + number:07d}" if self.country == "US" else f"{self.prefix}{number:06d}"


PLACES = (
    Place("+1212", "US", "NY", "10001"),
    Place("+1808", "US", "HI", "96813"),
    Place("+1671", "US", "GU", "96910"),
    Place("+447400", "GB", None, None),
)


def open_place(now: datetime) -> Place:
    """A place whose every zone may be called for the whole run: the law's hours hold for the bench too."""
    numbering = OfflineNumbering()
    for place in PLACES:
        parsed = numbering.parse(place.phone(0), place.country)
        if parsed is None:
            continue
        candidates = numbering.candidates(parsed.e164, place.state, place.postal_code)
        hours = lawful_hours(candidates, Means.CALL, shipped())
        if hours and all(is_open(now + timedelta(minutes=m), one) for m in (0, 10) for one in hours):
            return place
    raise SystemExit("no place on the list may be called at this hour: run it again in an hour")


@dataclass(frozen=True, slots=True)
class Running:
    """A target of the load: where its leads are posted, and the process that is measured."""

    url: str
    pid: int


@dataclass(frozen=True, slots=True)
class Stage:
    place: Place
    stub_url: str
    floor: Running
    service: Running
    database: asyncpg.Pool[asyncpg.Record]
    http: aiohttp.ClientSession
    postgres: str
    postgres_pid: int


@asynccontextmanager
async def stage(agents: int) -> AsyncIterator[Stage]:
    """Everything running; all of it ended and removed afterwards."""
    place = await asyncio.to_thread(open_place, datetime.now(UTC))
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(_folder()))
        url = await stack.enter_async_context(embedded_server(folder / "database"))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        stub_port, floor_port, service_port = _free_ports(3)
        stub_url = f"http://127.0.0.1:{stub_port}"
        await stack.enter_async_context(_process(folder, "stub", [HERE / "spine_stub.py", "--port", stub_port]))
        await _answers(http, f"{stub_url}/arrivals", folder / "stub.log")
        floor = await stack.enter_async_context(_floor(folder, url, floor_port, stub_url))
        await _answers(http, f"http://127.0.0.1:{floor_port}/", folder / "floor.log")
        service = await stack.enter_async_context(_service(folder, url, service_port, stub_url, agents))
        await _answers(http, f"http://127.0.0.1:{service_port}/readyz", folder / "service.log")
        database = await stack.enter_async_context(asyncpg.create_pool(url, min_size=1, max_size=2))
        version = str(await database.fetchval("SHOW server_version"))
        yield Stage(place, stub_url, floor, service, database, http, version, _postmaster(folder / "database"))


def _postmaster(folder: Path) -> int:
    return int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])


@contextmanager
def _folder() -> Iterator[str]:
    folder = tempfile.mkdtemp(prefix="spine-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def _floor(folder: Path, url: str, port: int, stub_url: str) -> AsyncIterator[Running]:
    """The floor, in a database of its own on the same server."""
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE DATABASE floor")
    await connection.close()
    own = url.replace("/postgres?", "/floor?")
    carrier = f"{stub_url}/2010-04-01/Accounts/{SID}/Calls.json"
    command = [HERE / "spine_floor.py", "--port", port, "--database", own, "--carrier", carrier]
    async with _process(folder, "floor", command) as pid:
        yield Running(f"http://127.0.0.1:{port}/leads", pid)


@asynccontextmanager
async def _service(folder: Path, url: str, port: int, stub_url: str, agents: int) -> AsyncIterator[Running]:
    settings = {
        "DATABASE_URL": url,
        "DATA_DIR": str(folder / "data"),
        "PORT": str(port),
        "CARRIER": "twilio",
        "TWILIO_ACCOUNT_SID": SID,
        "TWILIO_AUTH_TOKEN": "0" * 32,
        "TWILIO_API_URL": stub_url,
        "CALLS_PER_SECOND": "5000",
        "CALL_LEASE": "600",  # nobody calls back: the sweeper is to leave the calls alone while the bench lasts
        "LOG_FORMAT": "json",
    }
    environment = {f"SPEEDTOLEAD_{name}": value for name, value in settings.items()}
    configuration = folder / "bench.yaml"
    await asyncio.to_thread(configuration.write_text, json.dumps(_configuration()), "utf-8")
    await _apply(folder, configuration, environment)
    connection = await asyncpg.connect(url)
    await connection.execute(CLONE_AGENTS, agents)
    await connection.execute("VACUUM ANALYZE agent")
    await connection.close()
    async with _process(folder, "service", ["-m", "speedtolead", "serve"], environment) as pid:
        yield Running(f"http://127.0.0.1:{port}/v1/leads", pid)


def _configuration() -> dict[str, object]:
    def campaign(mode: str) -> dict[str, object]:
        return {
            "name": mode,
            "seller": "Bench Insurance",
            "hours": {"mon-sun": "00:00-24:00"},
            "dial": {"mode": mode, "agents": "all"},
            "cadence": [{"after": "0s", "channel": "call"}],
        }

    return {
        "account": "bench",
        "account_key": ACCOUNT_KEY,
        "timezone": "UTC",
        "numbers": [{"phone": "+13055550100"}, {"phone": "+12125550100"}],
        "agents": [{"name": "agent-1", "phone": "+16462200000", "groups": ["all"]}],
        "sources": [
            {"name": mode, "api_key": key, "campaign": mode, "duplicate_window": "5m"}
            for mode, key in SOURCE_KEYS.items()
        ],
        "campaigns": [campaign(mode) for mode in SOURCE_KEYS],
    }


async def _apply(folder: Path, configuration: Path, environment: dict[str, str]) -> None:
    """The same command that a user runs; here it also makes the schema."""
    with (folder / "apply.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "speedtolead", "apply", str(configuration),
            env=_environment(environment), cwd=folder, stdout=log, stderr=log,
        )  # fmt: skip
        if await process.wait():
            raise SystemExit((folder / "apply.log").read_text())


def _environment(more: dict[str, str]) -> dict[str, str]:
    """Ours without any setting of a service, and the given ones."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SPEEDTOLEAD_")} | more


@asynccontextmanager
async def _process(
    folder: Path, name: str, command: list[object], environment: dict[str, str] | None = None
) -> AsyncIterator[int]:
    """A process with its output in ``name.log``, ended by its own id."""
    with (folder / f"{name}.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *map(str, command),
            env=_environment(environment or {}), cwd=folder, stdin=asyncio.subprocess.DEVNULL,
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            yield process.pid
        finally:
            if process.returncode is None:
                process.terminate()
                try:
                    await asyncio.wait_for(process.wait(), 15)
                except TimeoutError:
                    process.kill()
                    await process.wait()


async def _answers(http: aiohttp.ClientSession, url: str, log: Path) -> None:
    """Until it answers anything but a server error."""
    deadline = asyncio.get_running_loop().time() + START_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        try:
            async with http.get(url) as response:
                if response.status < 500:
                    return
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.05)
    said = await asyncio.to_thread(log.read_text)
    raise SystemExit(f"no answer from {url}\n{said[-2000:]}")


def _free_ports(number: int) -> list[int]:
    """Ports that are free now; held together for a moment, so that no two are the same."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
