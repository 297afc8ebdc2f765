"""What a bench runs on: one embedded Postgres, the carrier stub, the floor and the service, each its own process.

Owns: their ports and settings, a temporary folder, and ending every process that it started. The floor and each
service have a database of their own. Must not know: what is measured.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import asyncpg
from stub import AUTH_TOKEN

from speedtolead.adapters.numbering import OfflineNumbering
from speedtolead.domain.hours import is_open
from speedtolead.domain.permit import lawful_hours
from speedtolead.domain.rule_set import Means
from speedtolead.service.rules.file import shipped
from speedtolead.store.embedded import embedded_server

HERE = Path(__file__).resolve().parent
ACCOUNT_KEY = "stl_acct_bench_key_0001"
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
        return f"{self.prefix}{self.first + number:0{self.digits}d}"

    @property
    def first(self) -> int:
        return 2_340_000 if self.country == "US" else 0

    @property
    def digits(self) -> int:
        return 7 if self.country == "US" else 6


PLACES = (
    Place("+1212", "US", "NY", "10001"),
    Place("+1808", "US", "HI", "96813"),
    Place("+1671", "US", "GU", "96910"),
    Place("+447400", "GB", None, None),
)


def open_place(now: datetime, minutes: int) -> Place:
    """A place whose every zone may be called for the whole run: the law's hours hold for the bench too."""
    numbering = OfflineNumbering()
    for place in PLACES:
        parsed = numbering.parse(place.phone(0), place.country)
        if parsed is None:
            continue
        candidates = numbering.candidates(parsed.e164, place.state, place.postal_code)
        hours = lawful_hours(candidates, Means.CALL, shipped())
        if hours and all(is_open(now + timedelta(minutes=m), one) for m in (0, minutes) for one in hours):
            return place
    raise SystemExit("no place on the list may be called at this hour: run it again in an hour")


@dataclass(frozen=True, slots=True)
class Running:
    """A target of the load: its address, the process that is measured, and its own database."""

    url: str
    pid: int
    database: asyncpg.Pool[asyncpg.Record]
    database_url: str


@dataclass(frozen=True, slots=True)
class Stage:
    place: Place
    stub_url: str
    http: aiohttp.ClientSession
    postgres: str
    postgres_pid: int
    server: str
    """The database server's URL, of the database that nobody uses."""
    folder: Path

    async def arrivals(self) -> list[tuple[int, str]]:
        """The carrier requests since they were last asked for: the moment (ns) and the form."""
        async with self.http.get(f"{self.stub_url}/arrivals") as response:
            return [(int(at), str(body)) for at, body in await response.json()]

    async def all_arrivals(self, enough: int, stall: float, longest: float) -> list[tuple[int, str]]:
        """The carrier requests: until ``enough`` came, or none for ``stall`` s; and what follows at once."""
        found: list[tuple[int, str]] = []
        started = last = time.monotonic()
        while len(found) < enough and time.monotonic() < min(last + stall, started + longest):
            await asyncio.sleep(0.2)
            more = await self.arrivals()
            found += more
            last = time.monotonic() if more else last
        await asyncio.sleep(0.5)
        return found + await self.arrivals()

    async def untaken(self) -> int:
        """Reports of calls' ends that were not taken."""
        async with self.http.get(f"{self.stub_url}/untaken") as response:
            return int(await response.text())

    async def tell_carrier(self, what: str, value: int) -> None:
        """``delay`` or ``unanswered``, in milliseconds: see the stub."""
        async with self.http.put(f"{self.stub_url}/{what}", data=str(value)) as response:
            response.raise_for_status()


@asynccontextmanager
async def stage(minutes: int = 10) -> AsyncIterator[Stage]:
    """The database server and the carrier; all of it ended and removed afterwards."""
    place = await asyncio.to_thread(open_place, datetime.now(UTC), minutes)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(_folder()))
        url = await stack.enter_async_context(embedded_server(folder / "database"))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        (stub_port,) = _free_ports(1)
        stub_url = f"http://127.0.0.1:{stub_port}"
        await stack.enter_async_context(_process(folder, "stub", [HERE / "stub.py", "--port", stub_port]))
        await _answers(http, f"{stub_url}/arrivals", folder / "stub.log")
        connection = await asyncpg.connect(url)
        version = str(await connection.fetchval("SHOW server_version"))
        await connection.close()
        yield Stage(place, stub_url, http, version, _postmaster(folder / "database"), url, folder)


def _postmaster(folder: Path) -> int:
    return int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])


@contextmanager
def _folder() -> Iterator[str]:
    folder = tempfile.mkdtemp(prefix="bench-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _new_database(on: Stage, name: str) -> str:
    connection = await asyncpg.connect(on.server)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return on.server.replace("/postgres?", f"/{name}?")


@asynccontextmanager
async def floor(on: Stage) -> AsyncIterator[Running]:
    url = await _new_database(on, "floor")
    (port,) = _free_ports(1)
    carrier = f"{on.stub_url}/2010-04-01/Accounts/{SID}/Calls.json"
    command = [HERE / "floor.py", "--port", port, "--database", url, "--carrier", carrier]
    address = f"http://127.0.0.1:{port}"
    async with (
        _process(on.folder, "floor", command) as pid,
        asyncpg.create_pool(url, min_size=1, max_size=2) as pool,
    ):
        await _answers(on.http, address, on.folder / "floor.log")
        yield Running(address, pid, pool, url)


@asynccontextmanager
async def service(
    on: Stage, configuration: dict[str, object], agents: int, name: str = "service"
) -> AsyncIterator[Running]:
    """A service of that configuration, whose first agent stands for ``agents`` more."""
    url = await _new_database(on, name)
    (port,) = _free_ports(1)
    address = f"http://127.0.0.1:{port}"
    settings = {
        "DATABASE_URL": url,
        "DATA_DIR": str(on.folder / name),
        "PORT": str(port),
        "CARRIER": "twilio",
        "TWILIO_ACCOUNT_SID": SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_API_URL": on.stub_url,
        "CALLS_PER_SECOND": "5000",
        "CALL_LEASE": "600",  # nobody calls back: the sweeper is to leave the calls alone while the bench lasts
        "LOG_FORMAT": "json",
    }
    environment = {f"SPEEDTOLEAD_{name}": value for name, value in settings.items()}
    written = on.folder / f"{name}.yaml"
    await asyncio.to_thread(written.write_text, json.dumps(configuration), "utf-8")
    await _apply(on.folder, written, environment)
    async with asyncpg.create_pool(url, min_size=1, max_size=2) as pool:
        await pool.execute(CLONE_AGENTS, agents)
        await pool.execute("VACUUM ANALYZE agent")
        async with _process(on.folder, name, [HERE / "serving.py"], environment) as pid:
            await _answers(on.http, f"{address}/readyz", on.folder / f"{name}.log")
            yield Running(address, pid, pool, url)


def configuration(sources: list[dict[str, object]], campaigns: list[dict[str, object]]) -> dict[str, object]:
    """An account with one agent, who is always there, in the group ``all``."""
    return {
        "account": "bench",
        "account_key": ACCOUNT_KEY,
        "timezone": "UTC",
        "numbers": [{"phone": "+13055550100"}, {"phone": "+12125550100"}],
        "agents": [{"name": "agent-1", "phone": "+16462200000", "groups": ["all"]}],
        "sources": sources,
        "campaigns": campaigns,
    }


def campaign(name: str, mode: str, after: str = "0s") -> dict[str, object]:
    """One call, so long after the lead came."""
    return {
        "name": name,
        "seller": "Bench Insurance",
        "hours": {"mon-sun": "00:00-24:00"},
        "dial": {"mode": mode, "agents": "all"},
        "cadence": [{"after": after, "channel": "call"}],
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
