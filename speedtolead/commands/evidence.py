"""``speedtolead evidence``, ``hold`` and ``erase``: what an operator does about one lead's evidence.

Owns: arguments, what is printed, the file that is written. Exit codes: 0 done, 1 failed or found wrong, 2 a file
that is there already. Works whether or not the service runs.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

from speedtolead import wiring
from speedtolead.clock import SystemClock
from speedtolead.commands import Commands, command
from speedtolead.domain.errors import NotFound
from speedtolead.service.evidence.chaining import Ledger
from speedtolead.service.evidence.export import Exports
from speedtolead.service.evidence.keeping import Keeping, Refused
from speedtolead.settings import Settings
from speedtolead.store.database import Database, connect

OPERATOR = "operator"


def add_arguments(commands: Commands) -> None:
    words = "one lead's evidence as a file that a stranger can verify, or the check of an account's ledger"
    evidence = command(commands, "evidence", run_evidence, words)
    evidence.add_argument("lead_id", type=UUID, nargs="?")
    evidence.add_argument("--out", type=Path, help="the zip to write")
    evidence.add_argument("--force", action="store_true", help="write over a file that is there")
    evidence.add_argument(
        "--verify-account", metavar="NAME", help="check an account's whole ledger against its rows"
    )
    hold = command(commands, "hold", run_hold, "legal hold: nothing of a lead is removed while it stands")
    hold.add_argument("lead_id", type=UUID)
    one = hold.add_mutually_exclusive_group(required=True)
    one.add_argument("--reason", help="why; no personal data, it stays in the ledger")
    one.add_argument("--lift", action="store_true", help="end the hold")
    erase = command(commands, "erase", run_erase, "erase the personal data of a lead for good")
    erase.add_argument("lead_id", type=UUID)
    erase.add_argument("--reason", required=True, help="why; no personal data, it stays in the ledger")


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Database]:
    async with wiring.database_url(settings) as url, connect(url, 2) as database:
        yield database


async def run_evidence(settings: Settings, given: argparse.Namespace) -> int:
    """One lead's evidence as a file, or the check of an account."""
    if given.verify_account is not None:
        return await _check(settings, given.verify_account)
    if given.lead_id is None or given.out is None:
        print("say LEAD_ID --out FILE.zip, or --verify-account NAME", file=sys.stderr)
        return 2
    clock = SystemClock()
    async with _database(settings) as database:
        ledger = Ledger(database, clock)
        try:
            account_id = await Keeping(database, clock, ledger).owner(given.lead_id)
            made = await Exports(database, clock, ledger).zip_of(account_id, given.lead_id)
        except NotFound as error:
            print(str(error), file=sys.stderr)
            return 1
    try:
        await asyncio.to_thread(_write, given.out, made, given.force)
    except FileExistsError:
        print(f"{given.out} is there already; --force writes over it", file=sys.stderr)
        return 2
    print(f"wrote {given.out}: {len(made)} bytes, with personal data in full; check it with its verify.py")
    return 0


def _write(path: Path, made: bytes, force: bool) -> None:
    """Only its owner may read it."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL), 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(made)


async def _check(settings: Settings, account: str) -> int:
    async with _database(settings) as database:
        try:
            found = await Ledger(database, SystemClock()).check_called(account)
        except NotFound as error:
            print(str(error), file=sys.stderr)
            return 1
    for fault in found.faults:
        print(f"entry {fault.seq}: {fault.words}")
    result = "WRONG" if found.faults else "OK"
    print(f"{result}: {found.entries} entries; head {found.head.seq} {found.head.hash.hex()}")
    return 1 if found.faults else 0


async def run_hold(settings: Settings, given: argparse.Namespace) -> int:
    """Place a legal hold on a lead, or lift it."""
    async with _database(settings) as database:
        keeping = Keeping(database, SystemClock(), Ledger(database, SystemClock()))
        try:
            account_id = await keeping.owner(given.lead_id)
            if given.lift:
                await keeping.lift(account_id, given.lead_id, OPERATOR)
            else:
                await keeping.hold(account_id, given.lead_id, given.reason, OPERATOR)
        except (NotFound, Refused) as error:
            print(str(error), file=sys.stderr)
            return 1
    print("the hold is lifted" if given.lift else "held: nothing of this lead is removed")
    return 0


async def run_erase(settings: Settings, given: argparse.Namespace) -> int:
    """Erase the personal data of a lead."""
    async with _database(settings) as database:
        keeping = Keeping(database, SystemClock(), Ledger(database, SystemClock()))
        try:
            await keeping.erase(await keeping.owner(given.lead_id), given.lead_id, given.reason, OPERATOR)
        except (NotFound, Refused) as error:
            print(str(error), file=sys.stderr)
            return 1
    print("erased; the ledger still proves what happened, and suppressions hold on")
    return 0
