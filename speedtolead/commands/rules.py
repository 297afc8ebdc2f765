"""``speedtolead rules``: the versions of the rules of who may be contacted when.

Owns: arguments, and how a table is printed. What a version says is in ``service.rules``. Exit codes: 0 done, 1 no
such version or one that is there already, 2 a file that cannot be read.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from speedtolead import wiring
from speedtolead.clock import SystemClock
from speedtolead.commands import Commands, command
from speedtolead.service.rules import table
from speedtolead.service.rules.current import RuleSets, VersionTaken
from speedtolead.settings import Settings
from speedtolead.store.database import connect
from speedtolead.store.migrations import migrate


def add_arguments(commands: Commands) -> None:
    rules = commands.add_parser("rules", help="the rules of who may be contacted when")
    kinds = rules.add_subparsers(dest="what", required=True)
    one = command(kinds, "show", show_rules, "the versions, and the table of one with its sources")
    one.add_argument("version", nargs="?")
    one = command(kinds, "load", load_rules, "keep a version for every node; it is used from its own day on")
    one.add_argument("file", type=Path)
    one = command(kinds, "withdraw", withdraw_rules, "take a loaded version out of force")
    one.add_argument("version")


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
