"""``speedtolead dnc`` and ``speedtolead suppress``: lists that forbid, from the command line.

Owns: their arguments and what is printed. What a list or a suppression ends is in ``service``. Exit codes: 0 done,
1 the list was refused or some numbers could not be read, 2 a wrong argument, file or account.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from uuid import UUID

from tqdm import tqdm

from speedtolead import wiring
from speedtolead.adapters.numbering import OfflineNumbering
from speedtolead.clock import SystemClock
from speedtolead.commands import Commands, command, group
from speedtolead.domain.do_not_call import ListState, number_of
from speedtolead.service.lawful.do_not_call import DoNotCall, ListStanding, WrongList
from speedtolead.service.lawful.suppressions import Suppressions
from speedtolead.service.phone_numbers.number_file import NumberFile, WrongColumn
from speedtolead.service.rules.current import RuleSets
from speedtolead.settings import Settings
from speedtolead.store import imports as import_rows
from speedtolead.store.database import Database, connect
from speedtolead.store.migrations import migrate

_TODO = {
    ListState.FRESH: "",
    ListState.AGEING: "import a newer version soon",
    ListState.STALE: "too old: no call that relies on it is permitted; import a newer version",
    ListState.MISSING: "never imported: no call that relies on it is permitted",
}
_AT_ONCE = 1000


class _WrongArgument(Exception):
    """Said in one line; exit code 2."""


def add_arguments(commands: Commands) -> None:
    dnc = group(commands, "dnc", "do-not-call lists: bring a version in, or show how old each is")
    words = "make a file the list of this name; the version before stays in use until the new one is whole"
    one = command(dnc, "import", import_list, words)
    one.add_argument("file", type=Path, help="one number a line, or a table with a column of numbers")
    one.add_argument("--list", required=True, dest="name", help="the name by which a campaign relies on it")
    one.add_argument("--date", required=True, type=_date, help="the day on which the list was drawn, YYYY-MM-DD")
    one.add_argument("--account", help="needed where there are several")
    one.add_argument("--column", help="the name of the column, where the first line names them")
    one.add_argument("--smaller", action="store_true", help="it is right that it has fewer numbers than before")
    command(dnc, "list", show_lists, "each list, its version, its age and what has to be done")
    suppress = group(commands, "suppress", "numbers and addresses that nobody contacts")
    words = "for every account of this installation, such as a known litigator; their open leads end at once"
    one = command(suppress, "global", suppress_globally, words)
    who = one.add_mutually_exclusive_group(required=True)
    who.add_argument("--phone")
    who.add_argument("--email")
    who.add_argument("--file", type=Path, help="one number a line, or a table with a column of numbers")
    one.add_argument("--column", help="of the file, where its first line names the columns")
    one.add_argument("--reason", help="why; needed unless it is lifted")
    one.add_argument("--lift", action="store_true", help="end it; leads that it ended stay so")


async def import_list(settings: Settings, given: argparse.Namespace) -> int:
    try:
        file, size = NumberFile(given.file, given.column), (await asyncio.to_thread(given.file.stat)).st_size
        async with _database(settings) as database:
            lists = await _lists(database)
            account_id, account = await _account(database, given.account)
            with tqdm(total=size, unit="B", unit_scale=True, disable=not sys.stderr.isatty()) as bar:

                def told(read_bytes: int) -> None:
                    bar.update(read_bytes - bar.n)

                done = await lists.bring_in(
                    account_id, given.name, given.date, file, told, may_shrink=given.smaller
                )
    except (OSError, WrongColumn, _WrongArgument) as error:
        return _wrong(error)
    except WrongList as error:
        print(str(error), file=sys.stderr)
        return 1
    place = "" if done.before is None else f", in place of the version of {done.before}"
    print(f"list {given.name} of account {account}: version of {given.date}{place}")
    print(f"numbers     {done.numbers:>13,}\nsha256      {done.sha256.hex()}")
    _print_unreadable(file)
    return 0


async def show_lists(settings: Settings, _: argparse.Namespace) -> int:
    async with _database(settings) as database:
        found = await (await _lists(database)).standing()
    print("\n".join(in_words(one) for one in found) or "no list was imported, and no campaign relies on one")
    return 1 if any(one.row.relied_on and one.age.state.stops for one in found) else 0


async def suppress_globally(settings: Settings, given: argparse.Namespace) -> int:
    try:
        if not given.lift and not (given.reason or "").strip():
            raise _WrongArgument("--reason: say why")
        async with _database(settings) as database:
            suppressions = Suppressions(database, SystemClock())
            if given.file is not None:
                return await _file(suppressions, given)
            kind = "email" if given.email else "phone"
            value = given.email.strip().lower() if given.email else await _phone(given.phone)
            print(await _one(suppressions, given, kind, value))
    except (OSError, WrongColumn, _WrongArgument) as error:
        return _wrong(error)
    return 0


async def _one(suppressions: Suppressions, given: argparse.Namespace, kind: str, value: str) -> str:
    if given.lift:
        lifted = await suppressions.lift_everywhere(kind, value)
        return f"{value}: {'no longer' if lifted else 'was not'} suppressed for all"
    leads = await suppressions.add_everywhere(kind, value, given.reason.strip(), "operator")
    told = "was so before" if leads is None else f"{leads} leads of it"
    return f"{value}: suppressed for all, {told}"


async def _file(suppressions: Suppressions, given: argparse.Namespace) -> int:
    """Each number by itself, so that what was done holds wherever it is interrupted; again, it changes nothing."""
    file, done, known = NumberFile(given.file, given.column), 0, 0
    batches = file.batches(_AT_ONCE)
    while (batch := await asyncio.to_thread(next, batches, None)) is not None:
        for phone in batch:
            if given.lift:
                changed = await suppressions.lift_everywhere("phone", phone)
            else:
                leads = await suppressions.add_everywhere("phone", phone, given.reason.strip(), "file")
                changed = leads is not None
            done, known = done + changed, known + (not changed)
    print(f"{'lifted' if given.lift else 'suppressed'}  {done:>13,}\nas before   {known:>13,}")
    _print_unreadable(file)
    return 1 if file.unreadable else 0


def in_words(one: ListStanding) -> str:
    """A list in one line: account, name, version, age, numbers, and what has to be done."""
    row, age = one.row, one.age
    if row.version_date is None:
        return f"{row.account}  {row.name}  {_TODO[age.state]}"
    parts = [row.account, row.name, f"of {row.version_date}, {age.days} days old", f"{row.numbers:,} numbers"]
    if row.unreadable:
        parts.append(f"{row.unreadable:,} lines unreadable")
    parts += [f"sha256 {row.sha256}", _TODO[age.state] if row.relied_on else "no campaign relies on it"]
    return "  ".join(filter(None, parts))


def _print_unreadable(file: NumberFile) -> None:
    first = f"  (the first: lines {', '.join(map(str, file.first_unreadable))})" if file.unreadable else ""
    print(f"unreadable  {file.unreadable:>13,}{first}")


async def _phone(text: str) -> str:
    """As leads' phones are kept."""
    parsed = (await asyncio.to_thread(OfflineNumbering)).parse(text, "US")
    found = parsed.e164 if parsed is not None else number_of(text.encode())
    if found is None:
        raise _WrongArgument(f"--phone {text}: this is no phone number")
    return found


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date, such as 2026-11-22") from None


async def _account(database: Database, name: str | None) -> tuple[UUID, str]:
    async with database.connection() as tx:
        accounts = {one.name: one for one in await import_rows.IMPORT_ACCOUNTS.all(tx)}
    if name is None and len(accounts) == 1:
        name = next(iter(accounts))
    if name not in accounts:
        raise _WrongArgument(f"--account: say which; there are: {', '.join(accounts) or 'none yet'}")
    return accounts[name].account_id, name


async def _lists(database: Database) -> DoNotCall:
    rules = RuleSets(database, SystemClock())
    await rules.refresh()
    return DoNotCall(database, SystemClock(), rules)


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Database]:
    async with wiring.database_url(settings) as url:
        await migrate(url)
        async with connect(url, 2) as database:
            yield database


def _wrong(error: Exception) -> int:
    print(" ".join(str(error).split()), file=sys.stderr)
    return 2
