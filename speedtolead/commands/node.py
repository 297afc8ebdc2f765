"""``speedtolead serve``, ``demo`` and ``carrier``, and what comes before them: ``migrate`` and ``apply``.

Owns: their arguments and what is printed. How a node is built and run is in ``wiring`` and ``node``. Exit codes: 0
done, 2 a file that cannot be read; a wrong setting or document is raised.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from speedtolead import demo, sample, wiring
from speedtolead.adapters.connectors import CONNECTORS
from speedtolead.clock import SystemClock
from speedtolead.commands import Commands, command
from speedtolead.node import ROLES, run_node, stop_on_signals
from speedtolead.outside import simulated_carrier
from speedtolead.service.configuration import apply as configuration
from speedtolead.service.configuration.document import Document, read
from speedtolead.settings import Settings, SettingsError
from speedtolead.simulator import SimulatorConfig, as_signalwire
from speedtolead.store.database import connect
from speedtolead.store.migrations import migrate


def add_arguments(commands: Commands) -> None:
    one = command(commands, "serve", serve, "run a node (migrates first)")
    one.add_argument("--roles", default="web,dialer,scheduler", help="which parts this node runs")
    one.add_argument("--no-migrate", action="store_true", help="leave the schema as it is")
    one.add_argument("--sample", action="store_true", help="apply the sample account, and say where to look")
    command(commands, "migrate", run_migrate, "bring the database's schema up to date")
    one = command(commands, "apply", apply, "make an account what a configuration file says")
    one.add_argument("file", type=Path)
    one.add_argument(
        "--leads-under-way",
        choices=["keep", "change"],
        default="keep",
        help="where a cadence changes: leads under way keep the one that they began with, or change to the new one",
    )
    one = command(commands, "demo", run_demo, "run the sample account with a stream of synthetic leads")
    one.add_argument("--leads-per-minute", type=float, default=10)
    one.add_argument("--seed", type=int, default=1)
    one = command(commands, "carrier", run_carrier, "run the simulated carrier alone")
    one.add_argument("--host", default="127.0.0.1")
    one.add_argument("--port", type=int, default=8081)
    one.add_argument("--speed", type=float, default=1.0, help="how many times faster than the wall time runs")
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--calls-per-second", type=float, default=50.0)
    one.add_argument("--signalwire", action="store_true", help="in the guise of SignalWire's compatible API")


async def serve(settings: Settings, given: argparse.Namespace) -> int:
    """Run a node until it is told to stop."""
    roles = _roles(given.roles)
    async with wiring.database_url(settings) as url:
        if not given.no_migrate:
            await migrate(url)
        async with simulated_carrier(settings), wiring.build(settings, url) as node:
            if given.sample:
                await _apply(url, read(sample.text()))
                await demo.tell_calls(settings)
                print(demo.where_to_look(settings), flush=True)
            await run_node(settings, node, roles, stop_on_signals(), asyncio.Event())
    return 0


def _roles(text: str) -> frozenset[str]:
    roles = frozenset(part.strip() for part in text.split(","))
    if not roles or not roles <= ROLES:
        raise SettingsError(f"--roles: expected some of {','.join(sorted(ROLES))}")
    return roles


async def run_demo(settings: Settings, given: argparse.Namespace) -> int:
    """The sample account with a live stream of synthetic leads."""
    async with wiring.database_url(settings) as url:
        await migrate(url)
        await _apply(url, read(sample.text()))
        async with simulated_carrier(settings), wiring.build(settings, url) as node:
            await demo.add_past(url)
            await demo.tell_calls(settings)
            print(demo.where_to_look(settings), flush=True)
            started = asyncio.Event()
            streams = [
                asyncio.create_task(demo.stream(settings, started, given.leads_per_minute, given.seed)),
                asyncio.create_task(demo.keep_line(settings, started)),
                asyncio.create_task(demo.call_us(settings, started, given.leads_per_minute / 4, given.seed)),
                asyncio.create_task(
                    demo.report_outcomes(settings, started, given.leads_per_minute / 6, given.seed)
                ),
            ]
            try:
                await run_node(settings, node, ROLES, stop_on_signals(), started, demo.GUARD_SECONDS)
            finally:
                for stream in streams:
                    stream.cancel()
    return 0


async def run_migrate(settings: Settings, _: argparse.Namespace) -> int:
    async with wiring.database_url(settings) as url:
        done = await migrate(url)
    print("\n".join(f"applied {name}" for name in done) or "the database is up to date")
    return 0


async def apply(settings: Settings, given: argparse.Namespace) -> int:
    """Make the account what the file says."""
    try:
        document = read(await asyncio.to_thread(given.file.read_text, "utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        print(f"{given.file}: {error}", file=sys.stderr)
        return 2
    async with wiring.database_url(settings) as url:
        await migrate(url)
        changes = await _apply(url, document, given.leads_under_way == "change")
    print("\n".join(changes.lines) or "nothing changed")
    for what, key in changes.keys.items():
        print(f"key of {what}, shown this once: {key}")
    return 0


async def _apply(url: str, document: Document, change_under_way: bool = False) -> configuration.Changes:
    async with connect(url, 2) as database:
        return await configuration.apply(
            database, SystemClock(), document, CONNECTORS, change_under_way=change_under_way
        )


async def run_carrier(_: Settings, given: argparse.Namespace) -> int:
    """The simulated carrier alone."""
    config = SimulatorConfig(speed=given.speed, seed=given.seed, calls_per_second=given.calls_per_second)
    await demo.carrier_alone(given.host, given.port, as_signalwire(config) if given.signalwire else config)
    return 0
