"""``speedtolead leads import``: a file of leads, taken as the API would take them, each called at its own time.

Owns: the command's arguments, its progress, its summary in words, and its exit codes: 0 all taken, 1 some not, 2 a
wrong argument, file, source, account, column or mapping, 130 stopped. It works whether or not the service runs, and
killed anywhere, the same command goes on where it was.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType

import yaml
from tqdm import tqdm

from speedtolead import wiring
from speedtolead.commands import Commands, command
from speedtolead.domain.hours import zone_info
from speedtolead.domain.mapping import Mapping, MappingError, Traced, parse_mapping
from speedtolead.node import stop_on_signals
from speedtolead.service.imports.columns import WrongImport
from speedtolead.service.imports.pace import FASTEST, SLOWEST, USUAL
from speedtolead.service.imports.refusals import Reason, write_refusals
from speedtolead.service.imports.run import Imports, ImportTaken, Job, Order
from speedtolead.service.imports.table import FileError, Table, read_table
from speedtolead.service.imports.tally import Kind, Tally
from speedtolead.settings import Settings
from speedtolead.store.database import DatabaseAway
from speedtolead.store.migrations import migrate

_SHOWN = 60
"""Characters of a value in the trace of a mapping."""


def add_arguments(commands: Commands) -> None:
    leads = commands.add_parser("leads", help="take leads from files").add_subparsers(dest="what", required=True)
    words = "take the leads of a CSV file, each as the API would take it, and call them one after another"
    to = command(leads, "import", import_leads, words)
    to.add_argument("file", type=Path, help="CSV with a header row; UTF-8 or Windows-1252; , ; | or tabs")
    to.add_argument("--source", required=True, metavar="NAME", help="the source whose leads these are")
    to.add_argument("--account", metavar="NAME", help="its account; not needed where there is only one")
    to.add_argument(
        "--column",
        action="append",
        default=[],
        metavar='FIELD="COLUMN"',
        help='our field and the column that it is in, such as phone="Mobile number"; columns with our own names '
        "need none",
    )
    to.add_argument("--mapping", type=Path, metavar="FILE", help="YAML with a mapping, in place of the source's")
    to.add_argument("--per-minute", metavar="N", help=f"first calls a minute at most; {USUAL:g} unless said")
    to.add_argument("--start-at", metavar="TIME", help="the first call's time, such as 2026-11-23T09:00:00-05:00")
    to.add_argument("--refusals", type=Path, metavar="FILE", help="where rows that are not taken are written")
    to.add_argument("--dry-run", action="store_true", help="judge every row, and store nothing")


@dataclass(frozen=True, slots=True)
class _Said:
    """The arguments, read."""

    table: Table
    mapping: Mapping | None
    per_minute: float | None
    start_at: datetime | None
    refusals: Path


async def import_leads(settings: Settings, given: argparse.Namespace) -> int:
    """A file of leads, taken as the API would take them."""
    return await run(settings, given, stop_on_signals())


async def run(settings: Settings, given: argparse.Namespace, stop: asyncio.Event) -> int:
    """The exit code. ``stop`` ends it after the row under way."""
    try:
        said = await asyncio.to_thread(_read, given)
        async with wiring.database_url(settings) as url:
            await migrate(url)
            async with wiring.building_imports(settings, url) as imports:
                account, source = await imports.place(given.account, given.source)
                order = Order(
                    account, source, said.table, said.mapping, tuple(given.column), said.per_minute, said.start_at
                )
                if given.dry_run:
                    return await _rehearse(imports, order, said.refusals if given.refusals else None, stop)
                return await _import(imports, order, said.refusals, stop)
    except (FileError, WrongImport) as error:
        _tell(" ".join(str(error).split()))
        return 2
    except ImportTaken as error:
        _tell(str(error))
        return 1
    except DatabaseAway as error:
        _tell(f"the database is away ({error}); what was taken is stored, and the same command goes on from there")
        return 1


async def _import(imports: Imports, order: Order, refusals: Path, stop: asyncio.Event) -> int:
    job = await imports.begin(order)
    before = job.finished_at
    if before is not None:
        at = before.astimezone(zone_info(order.account.timezone))
        print(f"{order.table.path}: was imported into {order.source.source.name} at {_moment(at)}; nothing changed")
    else:
        if job.tally.done:
            _tell(f"going on after row {job.tally.done:,} of {job.tally.total:,}")
        with _Progress(job.tally) as progress:
            ended = await imports.run(job, progress.told, stop)
        if not ended:
            _tell(
                f"stopped after row {job.tally.done:,} of {job.tally.total:,}; the same command goes on from there"
            )
            return 130
    if not job.tally.all_taken and (before is None or not await asyncio.to_thread(refusals.exists)):
        await _write(refusals, order.table, await imports.reasons(job))
    if before is None:
        await imports.finish(job)
    _print_summary(job, None if job.tally.all_taken else refusals)
    return 0 if job.tally.all_taken else 1


async def _rehearse(imports: Imports, order: Order, refusals: Path | None, stop: asyncio.Event) -> int:
    job = imports.rehearsal(order)
    first = next((row for row in order.table.rows() if row.problem is None), None)
    if first is not None:
        mapped = job.mapping.apply(first.fields)
        print(f"the row of line {first.line}, as it is mapped:")
        print("\n".join(f"  {_traced(one)}" for one in mapped.trace))
        print(f"  not used: {', '.join(mapped.unused) or 'nothing'}")
    with _Progress(job.tally) as progress:
        reasons = await imports.rehearse(job, progress.told, stop)
    if reasons is None:
        _tell("stopped; nothing was stored")
        return 130
    if refusals is not None and reasons:
        await _write(refusals, order.table, reasons)
    print("a dry run: nothing was stored; duplicates, caps, suppressions and prices are looked at in earnest only")
    _print_summary(job, refusals if reasons else None)
    return 0 if job.tally.all_taken else 1


async def _write(path: Path, table: Table, reasons: dict[int, Reason]) -> None:
    await asyncio.to_thread(write_refusals, path, table, reasons)


# ---- arguments ------------------------------------------------------------------------------------------------


def _read(given: argparse.Namespace) -> _Said:
    """Raises FileError and WrongImport."""
    per_minute = None if given.per_minute is None else _per_minute(given.per_minute)
    start_at = None if given.start_at is None else _start_at(given.start_at)
    refusals: Path = given.refusals or given.file.with_name(f"{given.file.stem}.refused.csv")
    if refusals.resolve() == given.file.resolve():
        raise WrongImport(f"--refusals: {refusals} is the file that is imported")
    if refusals.is_dir() or not refusals.parent.is_dir():
        raise WrongImport(f"--refusals: {refusals} cannot be written")
    mapping = None if given.mapping is None else _mapping(given.mapping)
    return _Said(read_table(given.file), mapping, per_minute, start_at, refusals)


def _per_minute(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not SLOWEST <= number <= FASTEST:
        raise WrongImport(f"--per-minute {text}: expected a number from {SLOWEST:g} to {FASTEST:g}")
    return number


def _start_at(text: str) -> datetime:
    wrong = f"--start-at {text}: expected a time with its offset, such as 2026-11-23T09:00:00-05:00"
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise WrongImport(wrong) from None
    if at.tzinfo is None or not 2000 <= at.year <= 2099:
        raise WrongImport(wrong)
    return at


def _mapping(path: Path) -> Mapping:
    try:
        return parse_mapping(yaml.safe_load(path.read_text("utf-8")))
    except MappingError as error:
        raise WrongImport(f"--mapping {path}: {'; '.join(str(error).splitlines())}") from None
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise WrongImport(f"--mapping {path}: {getattr(error, 'strerror', None) or error}") from None


# ---- words ----------------------------------------------------------------------------------------------------


class _Progress:
    """A bar on a terminal; elsewhere a line for each tenth."""

    def __init__(self, tally: Tally) -> None:
        self._shown = sys.stderr.isatty()
        self._bar = tqdm(
            total=tally.total, initial=tally.done, unit=" rows", file=sys.stderr, disable=not self._shown
        )
        self._tenth = self._tenths(tally)

    def __enter__(self) -> _Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()

    def told(self, tally: Tally) -> None:
        self._bar.update(1)
        tenth = self._tenths(tally)
        if not self._shown and tenth > self._tenth:
            _tell(f"{tenth * 10} %: {tally.done:,} of {tally.total:,} rows")
        self._tenth = tenth

    @staticmethod
    def _tenths(tally: Tally) -> int:
        return tally.done * 10 // max(1, tally.total)


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _print_summary(job: Job, refusals: Path | None) -> None:
    tally, zone = job.tally, zone_info(job.order.account.timezone)
    name = f"{job.order.account.name}, {job.order.source.source.name}"
    print(f"{job.order.table.path} into {name}: {_rows(tally.total)}")
    for kind in (Kind.ACCEPTED, Kind.KNOWN, Kind.REFUSED, Kind.UNREADABLE):
        if tally.counts[kind] or kind is not Kind.KNOWN:
            print(f"{_WORDS[kind]:<12}{tally.counts[kind]:>9,}")
        for (of, code), count in tally.reasons.most_common():
            if of is kind:
                print(f"  {code:<24}{count:>9,}")
    if tally.first_call is not None and tally.last_call is not None:
        first, last = tally.first_call.astimezone(zone), tally.last_call.astimezone(zone)
        print(f"first call  {_moment(first)}\nlast call   {_moment(last)}  (at most {job.per_minute:g} a minute)")
    if refusals is not None:
        print(f"rows not taken, with the reason: {refusals}")


_WORDS = {
    Kind.ACCEPTED: "accepted",
    Kind.KNOWN: "known before",
    Kind.REFUSED: "refused",
    Kind.UNREADABLE: "unreadable",
}


def _moment(at: datetime) -> str:
    return at.isoformat(" ", "seconds")


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _traced(one: Traced) -> str:
    note = f"  ({one.note})" if one.note else ""
    result = "left out" if one.result is None else _short(one.result)
    return f"{one.target} ← {one.source}: {_short(one.raw)} → {result}{note}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
