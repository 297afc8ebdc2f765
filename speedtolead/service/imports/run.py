"""Taking the rows of a file into the intake, one after another, and going on where a killed run was.

Owns: the order of work, what is written down of it and when, and going on with it. Must not know: what is printed.

Up to eight rows are read and judged ahead, so that slow providers are asked at the same time; they are stored in
the file's order, so that of two alike the first one counts, and caps let the first ones in. Each is posted under a
key of its own, so a row that was stored before the process died is answered as the first time when it comes again.
Times for calls are found again from what was stored. Where the database is away, ``DatabaseAway`` is raised: at
most ``ROWS_A_WRITE`` rows are gone through again the next time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol
from uuid import UUID

from speedtolead.domain.errors import SpeedToLeadError
from speedtolead.domain.mapping import Mapping, parse_mapping, to_document
from speedtolead.ports import Clock
from speedtolead.service.imports.columns import WrongImport, key_of, key_prefix, mapping_of, post_of
from speedtolead.service.imports.pace import USUAL, Pace, alike, first_call_of
from speedtolead.service.imports.refusals import Reason
from speedtolead.service.imports.table import Problem, Row, Table
from speedtolead.service.imports.tally import Kind, Result, Tally, tally_of
from speedtolead.service.intake.fields import FieldErrors
from speedtolead.service.intake.judging import Judged
from speedtolead.service.intake.post import Answer, LeadPost
from speedtolead.service.intake.standing import Standing
from speedtolead.service.intake.taking import Intake
from speedtolead.service.lawful.permits import Permits
from speedtolead.store import configuration
from speedtolead.store import imports as rows
from speedtolead.store.database import Database
from speedtolead.store.ids import new_id
from speedtolead.store.imports import ImportedLead, ImportRow, NamedAccount
from speedtolead.store.intake import ANSWERED_BEFORE, SourceRow
from speedtolead.store.query import Connection

MOST_IN_FLIGHT = 8
ROWS_A_WRITE = 50
UNTIL_FIRST_CALL = timedelta(seconds=1)
"""So that the first lead is stored when its time comes."""

Told = Callable[[Tally], None]
"""Hears of the counts after each row."""


class ImportTaken(SpeedToLeadError):
    """Another process goes on with this import; what this one did was not done twice."""

    code = "import_taken"


class Commits(Protocol):
    """Where the intake leaves when each lead had committed, to be written in bulk."""

    async def flush(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be imported, as it was said. None: as the import was begun, or as usual."""

    account: NamedAccount
    source: SourceRow
    table: Table
    mapping: Mapping | None = None
    pairs: tuple[str, ...] = ()
    """Of our fields and columns, such as ``phone=Mobile number``."""
    per_minute: float | None = None
    start_at: datetime | None = None

    def whole_mapping(self) -> Mapping:
        """Raises WrongImport."""
        of_source = self.source.source.mapping
        return mapping_of(self.table, said=self.mapping, pairs=self.pairs, of_source=of_source)


@dataclass(slots=True)
class Job:
    """An import under way. ``source`` is what the source says by now."""

    order: Order
    source: SourceRow
    mapping: Mapping
    pace: Pace
    per_minute: float
    tally: Tally
    import_id: UUID | None = None
    begun_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Ready:
    """A row that was read and judged ahead; or its problem."""

    row: Row
    problem: Problem | None = None
    post: LeadPost | None = None
    standing: Standing | None = None
    judged: Judged | None = None


class Imports:
    def __init__(
        self, database: Database, intake: Intake, commits: Commits, clock: Clock, permits: Permits
    ) -> None:
        self._database = database
        self._intake = intake
        self._commits = commits
        self._clock = clock
        self._permits = permits

    async def place(self, account: str | None, source: str) -> tuple[NamedAccount, SourceRow]:
        """The account of this name, or the only one, and its source. Raises WrongImport."""
        async with self._database.connection() as tx:
            accounts = {one.name: one for one in await rows.IMPORT_ACCOUNTS.all(tx)}
            if account is None and len(accounts) != 1:
                raise WrongImport(f"--account: say which; there are: {', '.join(accounts) or 'none yet'}")
            found = next(iter(accounts.values())) if account is None else accounts.get(account)
            if found is None:
                raise WrongImport(f'--account: there is no "{account}"; there are: {", ".join(accounts) or "none"}')
            sources = await configuration.SOURCES_OF_ACCOUNT.all(tx, account_id=found.account_id)
        row = await self._intake.source_by_name(found.account_id, source)
        if row is None:
            there = ", ".join(one.name for one in sources) or "none"
            raise WrongImport(f'--source: account {found.name} has no source "{source}"; it has: {there}')
        return found, row

    def rehearsal(self, order: Order) -> Job:
        """A job of which nothing is written down."""
        now, mapping = self._clock.now(), order.whole_mapping()
        per_minute = order.per_minute or USUAL
        pace = Pace(order.start_at or now + UNTIL_FIRST_CALL, per_minute)
        return Job(order, order.source, mapping, pace, per_minute, Tally(order.table.total), begun_at=now)

    async def begin(self, order: Order) -> Job:
        """The job, at its beginning or where it was left. Raises WrongImport where it was begun otherwise."""
        source, table = order.source, order.table
        scope = {"account_id": source.account_id, "source_id": source.source_id}
        async with self._database.connection() as tx:
            begun = await rows.IMPORT_OF_FILE.first(tx, **scope, file_sha256=table.sha256)
            if begun is None:
                await self._note(tx, order)
                begun = await rows.IMPORT_OF_FILE.one(tx, **scope, file_sha256=table.sha256)
            elif begun.finished_at is None:
                _check_same(order, begun)
            refusals = await rows.REFUSALS_OF_IMPORT.all(
                tx, account_id=source.account_id, import_id=begun.import_id
            )
            stored = await rows.LEADS_OF_IMPORT.all(tx, **scope, since=begun.started_at, prefix=key_prefix(table))
        return _job(order, begun, tally_of(begun, refusals), stored)

    async def _note(self, tx: Connection, order: Order) -> None:
        now = self._clock.now()
        await rows.BEGIN_IMPORT.first(
            tx,
            import_id=new_id(),
            account_id=order.source.account_id,
            source_id=order.source.source_id,
            file_name=order.table.path.name.encode("utf-8", "replace").decode(),
            file_sha256=order.table.sha256,
            mapping=to_document(order.whole_mapping()),
            per_minute=order.per_minute or USUAL,
            start_at=order.start_at or now + UNTIL_FIRST_CALL,
            total=order.table.total,
            now=now,
        )

    async def run(self, job: Job, told: Told, stop: asyncio.Event) -> bool:
        """Take the rows that are left; False: it was told to stop before the last.

        Raises ImportTaken, DatabaseAway, and WrongImport when the source is removed meanwhile.
        """
        written, chunk = job.tally.done, list[Result]()
        left = islice(job.order.table.rows(), written, None)
        async with aclosing(self._ahead(job, left)) as ready:
            async for one in ready:
                result = await self._take(job, one)
                job.tally.add(result)
                chunk.append(result)
                told(job.tally)
                if len(chunk) == ROWS_A_WRITE or stop.is_set():
                    await self._write(job, chunk, written)
                    written, chunk = job.tally.done, []
                if stop.is_set():
                    break
        if chunk:
            await self._write(job, chunk, written)
        await self._commits.flush()
        return job.tally.done == job.tally.total

    async def rehearse(self, job: Job, told: Told, stop: asyncio.Event) -> dict[int, Reason] | None:
        """Judge every row, and store nothing; why rows would not be taken, None when it was told to stop."""
        reasons: dict[int, Reason] = {}
        async with aclosing(self._ahead(job, job.order.table.rows())) as ready:
            async for one in ready:
                if stop.is_set():
                    return None
                result = self._foreseen(job, one)
                job.tally.add(result)
                if result.not_taken:
                    reasons[result.line] = result.code, result.words
                told(job.tally)
        return reasons

    async def reasons(self, job: Job) -> dict[int, Reason]:
        """Why rows were not taken, by line."""
        async with self._database.connection() as tx:
            kept = await rows.REFUSALS_OF_IMPORT.all(tx, account_id=job.source.account_id, import_id=job.import_id)
        return {one.line: (one.code, one.words) for one in kept}

    async def finish(self, job: Job) -> None:
        """All is done, the file of refusals among it."""
        job.finished_at = self._clock.now()
        async with self._database.connection() as tx:
            await rows.FINISH_IMPORT.run(
                tx, account_id=job.source.account_id, import_id=job.import_id, now=job.finished_at
            )

    async def _ahead(self, job: Job, left: Iterable[Row]) -> AsyncGenerator[_Ready]:
        """The rows in their order, up to eight of them being judged at a time."""
        waiting: deque[asyncio.Task[_Ready]] = deque()
        try:
            for row in left:
                waiting.append(asyncio.create_task(self._judge(job, row)))
                if len(waiting) == MOST_IN_FLIGHT:
                    yield await waiting.popleft()
            while waiting:
                yield await waiting.popleft()
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def _judge(self, job: Job, row: Row) -> _Ready:
        if row.problem is not None:
            return _Ready(row, row.problem)
        try:
            post = post_of(job.order.table, row, job.mapping)
        except FieldErrors as error:
            return _Ready(row, Problem(error.code, str(error)))
        standing, judged = await self._intake.judge(job.source, post, self._clock.now())
        return _Ready(row, None, post, standing, judged)

    async def _take(self, job: Job, one: _Ready) -> Result:
        line = one.row.line
        if one.problem is not None:
            return Result(line, Kind.UNREADABLE, one.problem.code, one.problem.words)
        assert one.post is not None
        now, post = self._clock.now(), one.post
        paced = post.schedule_at is None
        if paced:
            post = replace(post, schedule_at=self._moment(job, one, now))
        answer = await self._intake.take(job.source, post, now)
        if answer.status >= 400:
            return Result(line, Kind.REFUSED, answer.refusal or "refused", str(answer.body.get("detail") or ""))
        if answer.repeated and not await self._is_stored(job, line):
            return Result(line, Kind.KNOWN)
        call_at = _call_at(answer)
        if paced and call_at is not None:
            job.pace.use(call_at)
        return Result(line, Kind.ACCEPTED, call_at=call_at)

    def _foreseen(self, job: Job, one: _Ready) -> Result:
        """What would become of a row, as far as its judgement tells."""
        line = one.row.line
        if one.problem is not None:
            return Result(line, Kind.UNREADABLE, one.problem.code, one.problem.words)
        assert one.post is not None
        assert one.standing is not None
        assert one.judged is not None
        refusal = one.judged.refusal
        if refusal is not None:
            return Result(line, Kind.REFUSED, refusal.reason, refusal.words)
        if one.post.test and job.source.source.test_phone is None:
            return Result(line, Kind.ACCEPTED)
        now = self._clock.now()
        if one.post.schedule_at is not None:
            first_call = first_call_of(job.source, one.post, one.standing, now, self._permits)
            return Result(line, Kind.ACCEPTED, call_at=first_call(one.post.schedule_at))
        call_at = self._moment(job, one, now)
        job.pace.use(call_at)
        return Result(line, Kind.ACCEPTED, call_at=call_at)

    async def _is_stored(self, job: Job, line: int) -> bool:
        """Whether this very row has been stored, by a run that was killed; else the answer was another post's."""
        key = key_of(job.order.table, line)
        async with self._database.connection() as tx:
            found = await ANSWERED_BEFORE.first(
                tx, source_id=job.source.source_id, external_id=None, idempotency_key=key
            )
        return found is not None

    def _moment(self, job: Job, one: _Ready, now: datetime) -> datetime:
        """Also for a row that will be refused, as far as one can see: a provider may yet say otherwise."""
        assert one.post is not None
        assert one.standing is not None
        first_call = first_call_of(job.source, one.post, one.standing, now, self._permits)
        return job.pace.plan(now, alike(job.source, one.standing), first_call)

    async def _write(self, job: Job, chunk: list[Result], written: int) -> None:
        """Write down what became of these rows, in one statement; and look what the source says by now."""
        source, counts = job.source, job.tally.counts
        kept = [one for one in chunk if one.not_taken]
        async with self._database.connection() as tx:
            moved = await rows.ADVANCE_IMPORT.first(
                tx,
                account_id=source.account_id,
                import_id=job.import_id,
                done_before=written,
                done=job.tally.done,
                **{kind.value: counts[kind] for kind in Kind},
                next_at=job.pace.next_free(self._clock.now()),
                lines=[one.line for one in kept],
                unread=[one.kind is Kind.UNREADABLE for one in kept],
                codes=[one.code for one in kept],
                words=[one.words for one in kept],
            )
        if moved is None:
            raise ImportTaken("another process goes on with this import")
        await self._commits.flush()
        found = await self._intake.source_by_id(source.source_id)
        if found is None:
            raise WrongImport("--source: it was removed meanwhile")
        job.source = found


def _call_at(answer: Answer) -> datetime | None:
    at = answer.body.get("next_attempt_at")
    return None if at is None else datetime.fromisoformat(at)


def _job(order: Order, begun: ImportRow, tally: Tally, stored: list[ImportedLead]) -> Job:
    pace = Pace(begun.start_at, begun.per_minute)
    for lead in stored:
        tally.calls(lead.call_at)
        if lead.call_at is not None:
            pace.use(lead.call_at)
    mapping, at = parse_mapping(begun.mapping), begun.started_at
    return Job(order, order.source, mapping, pace, begun.per_minute, tally, begun.import_id, at, begun.finished_at)


def _check_same(order: Order, begun: ImportRow) -> None:
    """An import goes on as it was begun."""
    said = order.per_minute
    if said is not None and said != begun.per_minute:
        raise WrongImport(f"--per-minute: this import was begun with {begun.per_minute:g}, and goes on so")
    if order.start_at is not None and order.start_at != begun.start_at:
        raise WrongImport(f"--start-at: this import was begun with {begun.start_at.isoformat()}, and goes on so")
    if (order.mapping or order.pairs) and to_document(order.whole_mapping()) != begun.mapping:
        raise WrongImport("--mapping, --column: this import was begun with another mapping, and goes on with it")
