"""Do-not-call lists: bringing a new version into use, how old each is, and saying so in time.

Owns: that a version counts only when it is whole, and that a list which is too old, or soon will be, is spoken of.
Must not know: how a file is read, or what a permit makes of a list.

A version is written in many short transactions beside the one in use, and one more makes it current: readers see
the old list or the new one, whole. No person's row is touched by that: every permit reads the list that is current
when it is decided, and a call whose permit was decided a moment earlier, on the older version, was decided on a
list that the law still allowed. Killed midway, the version in use stays; the next import of that list removes
what the killed one left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date
from uuid import UUID

import structlog

from speedtolead.domain.do_not_call import Age, ListState, age_of
from speedtolead.domain.errors import SpeedToLeadError
from speedtolead.ports import Clock
from speedtolead.service.lawful.permits import RulesInForce
from speedtolead.service.phone_numbers.number_file import NumberFile
from speedtolead.store import do_not_call as rows
from speedtolead.store import events
from speedtolead.store.database import Database
from speedtolead.store.do_not_call import CurrentList, ListRow
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection

log = structlog.get_logger(__name__)

BATCH = 20_000
SHRINKS_TO = 0.9
"""A version with a smaller share of the numbers of the one before is more likely cut off than right."""


class WrongList(SpeedToLeadError):
    """This version does not come into use; the message says why, and the one in use stays."""

    code = "list_refused"


@dataclass(frozen=True, slots=True)
class Imported:
    """A version that came into use. ``first_unreadable`` are lines, counted from 1."""

    numbers: int
    unreadable: int
    first_unreadable: list[int]
    sha256: bytes
    before: date | None
    """The date of the version that it took the place of."""


@dataclass(frozen=True, slots=True)
class ListStanding:
    """A list, and how it stands now."""

    row: ListRow
    age: Age

    @property
    def matters(self) -> bool:
        """A campaign relies on it, and something has to be done about it."""
        return self.row.relied_on and self.age.state is not ListState.FRESH


class DoNotCall:
    def __init__(self, database: Database, clock: Clock, rules: RulesInForce) -> None:
        self._database = database
        self._clock = clock
        self._rules = rules

    async def bring_in(
        self,
        account_id: UUID,
        name: str,
        version: date,
        file: NumberFile,
        told: Callable[[int], None] = lambda _: None,
        *,
        may_shrink: bool = False,
    ) -> Imported:
        """Make the file the list of this name. ``told`` hears how many bytes were read.

        Raises WrongList, WrongColumn and OSError; then the version in use is the one from before.
        """
        if version > self._clock.now().astimezone(UTC).date():
            raise WrongList(f"--date: {version} is still to come; say the day on which the list was drawn.")
        key = f"{account_id} {name}"
        async with self._database.connection() as tx:
            if not (await rows.HOLD_LIST.one(tx, key=key)).held:
                raise WrongList(f"The list {name} is being imported just now.")
            try:
                before = await rows.CURRENT_LIST.first(tx, account_id=account_id, name=name)
                if before is not None and version < before.version_date:
                    raise WrongList(f"The list {name} is of {before.version_date} already, which is newer.")
                await self._tidy(tx, account_id, name)
                try:
                    done = await self._write(tx, account_id, name, version, file, told, before, may_shrink)
                finally:
                    await self._tidy(tx, account_id, name)
            finally:
                await rows.LET_GO_OF_LIST.one(tx, key=key)
        log.info("list.imported", name=name, version=str(version), numbers=done.numbers, unreadable=done.unreadable)
        return done

    async def standing(self, account_id: UUID | None = None) -> list[ListStanding]:
        """The lists of an account, or of every one, that are in use or relied on."""
        now = self._clock.now()
        most = self._rules.at(now).do_not_call.list_age
        async with self._database.connection() as tx:
            found = await rows.LISTS_IN_USE.all(tx, account_id=account_id)
        return [ListStanding(row, age_of(row.version_date, now, most)) for row in found]

    async def look(self) -> None:
        """Say once a day of each list what has to be done about it; on any number of nodes it is said once."""
        now = self._clock.now()
        for one in await self.standing():
            if not one.matters:
                continue
            kind = "stale" if one.age.state.stops else "ageing"
            row = one.row
            async with self._database.transaction() as tx:
                day = now.astimezone(UTC).date()
                new = await rows.SAY_OF_LIST.first(tx, account_id=row.account_id, name=row.name, kind=kind, day=day)
                if new is None:
                    continue
                version = None if row.version_date is None else row.version_date.isoformat()
                data = {"list": row.name, "version": version, "state": one.age.state, "days": one.age.days}
                told = "list.stale" if one.age.state.stops else "list.ageing"
                await events.add(tx, row.account_id, told, now, data=data)
            log.warning("list." + kind, list=row.name, account=row.account, days=one.age.days)

    async def _write(
        self,
        tx: Connection,
        account_id: UUID,
        name: str,
        version: date,
        file: NumberFile,
        told: Callable[[int], None],
        before: CurrentList | None,
        may_shrink: bool,
    ) -> Imported:
        list_id, now = new_id(), self._clock.now()
        await rows.BEGIN_LIST.run(
            tx, list_id=list_id, account_id=account_id, name=name, version_date=version, now=now
        )
        numbers = 0
        batches = file.batches(BATCH)
        while (batch := await asyncio.to_thread(next, batches, None)) is not None:
            added = await rows.ADD_NUMBERS.one(tx, account_id=account_id, list_id=list_id, phones=batch)
            numbers += added.count
            told(file.read_bytes)
        self._check(file, numbers, before, may_shrink)
        async with tx.transaction():
            await rows.RETIRE_LIST.first(tx, account_id=account_id, name=name)
            await rows.FINISH_LIST.one(
                tx,
                account_id=account_id,
                list_id=list_id,
                numbers=numbers,
                unreadable=file.unreadable,
                sha256=file.sha256,
                now=self._clock.now(),
            )
        was = None if before is None else before.version_date
        return Imported(numbers, file.unreadable, file.first_unreadable, file.sha256, was)

    def _check(self, file: NumberFile, numbers: int, before: CurrentList | None, may_shrink: bool) -> None:
        """A file that is cut off, or is no list at all, would let listed people be called."""
        if file.unreadable > numbers or numbers == 0:
            lines = ", ".join(map(str, file.first_unreadable)) or "none"
            raise WrongList(
                f"This is no list of numbers: in {file.lines:,} lines there are {numbers:,} different ones, and "
                f"{file.unreadable:,} lines say none (the first: {lines})."
            )
        if before is not None and numbers < SHRINKS_TO * before.numbers and not may_shrink:
            raise WrongList(
                f"It has {numbers:,} numbers, and the version of {before.version_date} has {before.numbers:,}: "
                "if that is right and the file is not cut off, say --smaller."
            )

    async def _tidy(self, tx: Connection, account_id: UUID, name: str) -> None:
        """Remove the numbers of versions that are not in use, some at a time; their rows stay, as evidence."""
        for left in await rows.LEFT_OVER_LISTS.all(tx, account_id=account_id, name=name):
            after: str | None = ""
            while after is not None:
                gone = await rows.REMOVE_NUMBERS.one(
                    tx, account_id=account_id, list_id=left.id, after=after, most=BATCH
                )
                after = gone.last
            await rows.LIST_EMPTIED.first(tx, account_id=account_id, list_id=left.id)
