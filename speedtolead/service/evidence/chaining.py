"""The chainer, and the check of a whole account.

Owns: that what waits in the queue becomes entries, once each and in one chain an account, and how a chain and the
rows are compared. Must not know: what a kind of entry is about (the database tells, in ``ledger_says``).

An entry never stands before one that its transaction could see. Killed at any moment: what was not committed waits,
and is chained by the next tick on any node. Two nodes at once: the account's lock lets one through.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from speedtolead.domain import ledger
from speedtolead.domain.errors import NotFound
from speedtolead.domain.ledger import Entry, Fault, Happened, Head
from speedtolead.ports import Clock
from speedtolead.store import ledger as rows
from speedtolead.store.database import Database, DatabaseAway
from speedtolead.store.ledger import NowRow, WaitingRow
from speedtolead.store.query import Connection

BATCH = 50
AT_A_STRETCH = 10
PAGE = 1000
MOST_FAULTS = 100
GONE = '{"gone":true}'
"""Stands for the facts of a row that was removed before it was chained."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of an account found: how many entries, the newest of them, and what is wrong, at most so
    much.
    """

    entries: int
    head: Head
    faults: list[Fault]


class Ledger:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def chain(self, spend: float | None = None) -> int:
        """Write down all that waits, of every account; how many entries that made. One account that fails is no
        other's trouble: the rest is done first, then its error is raised.

        ``spend``: seconds after which no further batch is begun. In a rush the chain falls behind, and the leads
        do not; what waits is written down when the rush is over.
        """
        until = None if spend is None else time.monotonic() + spend
        async with self._database.connection() as tx:
            accounts = await rows.ACCOUNTS_TO_CHAIN.all(tx)
        made, failed = 0, []
        for account in accounts:
            try:
                made += await self.chain_account(account.id, wait=False, until=until)
            except DatabaseAway:
                raise
            except Exception as error:
                failed.append(error)
        if failed:
            raise ExceptionGroup("accounts could not be chained", failed)
        return made

    async def chain_account(self, account_id: UUID, *, wait: bool = True, until: float | None = None) -> int:
        """The same of one account. ``wait``: where another chainer is at it, go on after it; else leave it to
        it. ``until``: begin no batch after this moment of the monotonic clock.
        """
        made = 0
        while True:
            async with self._database.transaction() as tx:
                lock = rows.WAIT_FOR_CHAIN if wait else rows.LOCK_CHAIN
                if not (await lock.one(tx, account_id=account_id)).free:
                    return made
                batch = await self._batch(tx, account_id)
            made += batch
            if batch < BATCH or (until is not None and time.monotonic() >= until):
                return made

    async def _batch(self, tx: Connection, account_id: UUID) -> int:
        waiting = await rows.LEDGER_WAITING.all(tx, account_id=account_id, most=BATCH)
        if not waiting:
            return 0
        head, entries = await rows.head(tx, account_id), []
        for n, row in enumerate(waiting):
            if n % AT_A_STRETCH == 0:
                await asyncio.sleep(0)  # a lead that comes now does not wait for the rest
            salts = secrets.token_bytes(ledger.SALT_BYTES), secrets.token_bytes(ledger.SALT_BYTES)
            entry = ledger.append(account_id, head, self._happened(row), salts)
            entries.append(entry)
            head = Head(entry.seq, entry.hash)
        await rows.add(tx, account_id, entries, [row.pending_id for row in waiting], self._clock.now())
        return len(entries)

    def _happened(self, row: WaitingRow) -> Happened:
        if row.facts is None or row.at is None:
            return Happened(row.kind, row.reference, None, self._clock.now(), GONE, None)
        return Happened(row.kind, row.reference, row.lead_id, row.at, row.facts, row.personal)

    async def check_called(self, account: str) -> Checked:
        """The same of the account of a name. Raises NotFound."""
        async with self._database.connection() as tx:
            row = await rows.ACCOUNT_CALLED.first(tx, name=account)
        if row is None:
            raise NotFound(f"There is no account {account!r}.")
        return await self.check(row.id)

    async def check(self, account_id: UUID) -> Checked:
        """Everything: that the chain holds, that the rows still say what was written down, that nothing is
        missing.
        """
        await self.chain_account(account_id)
        checked = _Check(account_id)
        async with self._database.snapshot() as tx:
            async for page in _pages(tx, account_id):
                now = await rows.LEDGER_NOW.all(tx, account_id=account_id, after=page[0].seq - 1, last=page[-1].seq)
                checked.page(page, {row.seq: row for row in now})
                if len(checked.faults) >= MOST_FAULTS:
                    break
            for one in await rows.NOT_IN_LEDGER.all(tx, account_id=account_id, most=MOST_FAULTS):
                checked.faults.append(
                    Fault(checked.head.seq + 1, f"{one.kind} {one.reference} was never written down")
                )
        checked.unexplained()
        return Checked(checked.entries, checked.head, checked.faults[:MOST_FAULTS])


async def _pages(tx: Connection, account_id: UUID) -> AsyncIterator[list[Entry]]:
    after = 0
    while True:
        found = await rows.LEDGER_PAGE.all(tx, account_id=account_id, after=after, most=PAGE)
        if not found:
            return
        yield [row.entry for row in found]
        after = found[-1].seq


class _Check:
    """One account's check, a page of entries at a time."""

    def __init__(self, account_id: UUID) -> None:
        self._account_id = account_id
        self.head = Head()
        self.entries = 0
        self.faults: list[Fault] = []
        self._closed: list[Entry] = []
        self._erased: set[UUID | None] = set()

    def page(self, entries: list[Entry], now: dict[int, NowRow]) -> None:
        self.faults += ledger.faults(self._account_id, entries, self.head)
        for entry in entries:
            if entry.kind == "lead_erased":
                self._erased.add(entry.lead_id)
            if entry.personal_digest is not None and entry.personal is None:
                self._closed.append(entry)
            if entry.seq in now:
                self._compare(entry, now[entry.seq])
        self.entries += len(entries)
        self.head = Head(entries[-1].seq, entries[-1].hash)

    def _compare(self, entry: Entry, now: NowRow) -> None:
        if entry.facts == GONE:
            return
        stored, said = {"facts": ledger.exact(entry.facts)}, {}
        if now.facts is None:
            self.faults.append(Fault(entry.seq, f"the row of {entry.kind} {entry.reference} is gone"))
            return
        said["facts"] = ledger.exact(now.facts)
        if entry.personal is not None:
            stored["personal"] = ledger.exact(entry.personal)
            said["personal"] = None if now.personal is None else ledger.exact(now.personal)
        for place in ledger.differences(stored, said):
            self.faults.append(
                Fault(entry.seq, f"the row of {entry.kind} {entry.reference} says another {place} now")
            )

    def unexplained(self) -> None:
        """Personal data may be missing where an erasure of its lead was written down, and nowhere else."""
        for entry in self._closed:
            if entry.lead_id is None or entry.lead_id not in self._erased:
                self.faults.append(Fault(entry.seq, "its personal data is gone, and no erasure was written down"))
