"""The commands.

Owns: arguments, what is printed, exit codes (0 done, 1 failed, 2 a wrong setting, argument or file).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
import uvloop

from speedtolead import demo, doctor, evidence_commands, leads_import, lists_commands, logs, sample, wiring
from speedtolead.adapters.connectors import CONNECTORS
from speedtolead.clock import SystemClock
from speedtolead.domain.errors import NotFound, SpeedToLeadError
from speedtolead.node import ROLES, run_node, stop_on_signals
from speedtolead.outside import simulated_carrier
from speedtolead.service.configuration import apply as configuration
from speedtolead.service.configuration.document import ConfigurationError, Document, read
from speedtolead.service.explain import explain
from speedtolead.service.leads import Leads
from speedtolead.service.rules import table
from speedtolead.service.rules.current import RuleSets, VersionTaken
from speedtolead.settings import Settings, SettingsError, load
from speedtolead.store.database import connect
from speedtolead.store.migrations import migrate

Command = Callable[[Settings, argparse.Namespace], Coroutine[Any, Any, int]]


async def serve(settings: Settings, given: argparse.Namespace) -> int:
    """Run a node until it is told to stop."""
    roles = _roles(given.roles)
    async with wiring.database_url(settings) as url:
        if not given.no_migrate:
            await migrate(url)
        async with simulated_carrier(settings), wiring.build(settings, url) as node:
            if given.sample:
                await _apply(url, read(sample.text()))
                print(demo.where_to_look(settings), flush=True)
            await run_node(settings, node, roles, stop_on_signals(), asyncio.Event())
    return 0


async def run_demo(settings: Settings, given: argparse.Namespace) -> int:
    """The sample account with a live stream of synthetic leads."""
    async with wiring.database_url(settings) as url:
        await migrate(url)
        await _apply(url, read(sample.text()))
        async with simulated_carrier(settings), wiring.build(settings, url) as node:
            await demo.add_past(url)
            print(demo.where_to_look(settings), flush=True)
            started = asyncio.Event()
            stream = asyncio.create_task(demo.stream(settings, started, given.leads_per_minute, given.seed))
            try:
                await run_node(settings, node, ROLES, stop_on_signals(), started, demo.GUARD_SECONDS)
            finally:
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
        changes = await _apply(url, document)
    print("\n".join(changes.lines) or "nothing changed")
    for what, key in changes.keys.items():
        print(f"key of {what}, shown this once: {key}")
    return 0


async def _apply(url: str, document: Document) -> configuration.Changes:
    async with connect(url, 2) as database:
        return await configuration.apply(database, SystemClock(), document, CONNECTORS)


async def run_explain(settings: Settings, given: argparse.Namespace) -> int:
    """A lead's timeline and every decision, in words."""
    async with wiring.database_url(settings) as url, connect(url, 2) as database:
        try:
            story = await Leads(database, SystemClock()).story_for_operator(given.lead_id)
        except NotFound as error:
            print(str(error), file=sys.stderr)
            return 1
    for at, words in explain(story):
        print(f"{at:%Y-%m-%d %H:%M:%S.%f}"[:-3] + f"Z  {words}")
    return 0


async def show_rules(settings: Settings, given: argparse.Namespace) -> int:
    """The versions that there are, and the whole table of one."""
    clock = SystemClock()
    async with wiring.database_url(settings) as url:
        await migrate(url)
        async with connect(url, 2) as database:
            rules = RuleSets(database, clock)
            await rules.refresh()
    in_force = rules.at(clock.now())
    shown = (
        next((one for one in rules.known() if one.version == given.version), None) if given.version else in_force
    )
    if shown is None:
        print(f"There is no version {given.version} in force or to come.", file=sys.stderr)
        return 1
    for one in rules.known():
        marks = [word for word, true in (("in force", one is in_force), ("shown", one is shown)) if true]
        print(f"{one.version}  from {one.effective_from}, checked {one.checked}" + "".join(f", {m}" for m in marks))
    print()
    for line in table.lines(shown):
        hours = f"mon-fri {line.weekday}; sat {line.saturday}; sun {line.sunday}; holidays {line.holiday}"
        print(f"{line.state}  {hours}  ({line.means})")
        for words in (*line.beyond, *([line.note] if line.note else [])):
            print(f"    {words}")
        print(f"    {line.citation}; confidence {line.confidence}")
    for name, words, citation in table.terms(shown):
        print(f"{name}: {words}\n    {citation}")
    return 0


async def load_rules(settings: Settings, given: argparse.Namespace) -> int:
    """Keep a version of the rules for every node."""
    try:
        text = await asyncio.to_thread(given.file.read_text, "utf-8")
    except (OSError, UnicodeDecodeError) as error:
        print(f"{given.file}: {error}", file=sys.stderr)
        return 2
    async with wiring.database_url(settings) as url:
        await migrate(url)
        async with connect(url, 2) as database:
            try:
                loaded = await RuleSets(database, SystemClock()).load(text)
            except VersionTaken as error:
                print(str(error), file=sys.stderr)
                return 1
    print(f"loaded {loaded.version}, used from {loaded.effective_from} on; every node knows it within seconds")
    return 0


async def withdraw_rules(settings: Settings, given: argparse.Namespace) -> int:
    """Take a loaded version out of force; permits keep its name."""
    async with wiring.database_url(settings) as url:
        await migrate(url)
        async with connect(url, 2) as database:
            gone = await RuleSets(database, SystemClock()).withdraw(given.version)
    if not gone:
        print(f"No version {given.version} was loaded.", file=sys.stderr)
        return 1
    print(f"withdrew {given.version}")
    return 0


async def run_doctor(settings: Settings, _: argparse.Namespace) -> int:
    """Each line ok, or what to do."""
    findings = [finding async for finding in doctor.examine(settings)]
    for finding in findings:
        print(("ok    " if finding.ok else "FAIL  ") + finding.words)
    return 0 if all(finding.ok for finding in findings) else 1


async def import_leads(settings: Settings, given: argparse.Namespace) -> int:
    """A file of leads, taken as the API would take them."""
    return await leads_import.run(settings, given, stop_on_signals())


async def run_carrier(_: Settings, given: argparse.Namespace) -> int:
    """The simulated carrier alone."""
    await demo.carrier_alone(given.host, given.port, given.speed, given.seed, given.calls_per_second)
    return 0


def _roles(text: str) -> frozenset[str]:
    roles = frozenset(part.strip() for part in text.split(","))
    if not roles or not roles <= ROLES:
        raise SettingsError(f"--roles: expected some of {','.join(sorted(ROLES))}")
    return roles


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="speedtolead", description="Speed to Lead: lead-to-call in seconds.")
    commands = root.add_subparsers(dest="command", required=True)

    def command(name: str, run: Command, words: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=words, description=words)
        made.set_defaults(run=run)
        return made

    one = command("serve", serve, "run a node (migrates first)")
    one.add_argument("--roles", default="web,dialer,scheduler", help="which parts this node runs")
    one.add_argument("--no-migrate", action="store_true", help="leave the schema as it is")
    one.add_argument("--sample", action="store_true", help="apply the sample account, and say where to look")
    command("migrate", run_migrate, "bring the database's schema up to date")
    one = command("apply", apply, "make an account what a configuration file says")
    one.add_argument("file", type=Path)
    one = command("demo", run_demo, "run the sample account with a stream of synthetic leads")
    one.add_argument("--leads-per-minute", type=float, default=10)
    one.add_argument("--seed", type=int, default=1)
    one = command("carrier", run_carrier, "run the simulated carrier alone")
    one.add_argument("--host", default="127.0.0.1")
    one.add_argument("--port", type=int, default=8081)
    one.add_argument("--speed", type=float, default=1.0, help="how many times faster than the wall time runs")
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--calls-per-second", type=float, default=50.0)
    one = command("explain", run_explain, "a lead's timeline and every decision, in words")
    one.add_argument("lead_id", type=UUID)
    words = "one lead's evidence as a file that a stranger can verify, or the check of an account's ledger"
    evidence_commands.add_arguments(command("evidence", evidence_commands.run_evidence, words))
    words = "legal hold: nothing of a lead is removed while it stands"
    evidence_commands.add_hold_arguments(command("hold", evidence_commands.run_hold, words))
    words = "erase the personal data of a lead for good"
    evidence_commands.add_erase_arguments(command("erase", evidence_commands.run_erase, words))
    leads = commands.add_parser("leads", help="take leads from files").add_subparsers(dest="what", required=True)
    words = "take the leads of a CSV file, each as the API would take it, and call them one after another"
    one = leads.add_parser("import", help=words, description=words)
    one.set_defaults(run=import_leads)
    leads_import.add_arguments(one)
    lists_commands.add_arguments(commands)
    rules = commands.add_parser("rules", help="the rules of who may be contacted when")
    kinds = rules.add_subparsers(dest="what", required=True)
    for name, run, words, argument in (
        ("show", show_rules, "the versions, and the table of one with its sources", "version"),
        ("load", load_rules, "keep a version for every node; it is used from its own day on", "file"),
        ("withdraw", withdraw_rules, "take a loaded version out of force", "version"),
    ):
        one = kinds.add_parser(name, help=words, description=words)
        one.set_defaults(run=run)
        one.add_argument(argument, type=Path if argument == "file" else str, nargs="?" if name == "show" else None)
    command("doctor", run_doctor, "check database, carrier, callback address, clock and lists")
    return root


def main(arguments: list[str] | None = None) -> int:
    given = parser().parse_args(arguments)
    try:
        settings = load()
        logs.configure(settings.log_format)
        code: int = uvloop.run(given.run(settings, given))
        return code
    except (SettingsError, ConfigurationError) as error:
        print(str(error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except (SpeedToLeadError, OSError) as error:
        structlog.get_logger(__name__).error("failed", error=f"{type(error).__name__}: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
