"""The carrier accounts at work: which one places a call, how fast each is asked, and when one is left alone.

Owns: noting how requests for calls went, slowing down, opening and closing breakers with the alert that says so,
and asking a carrier that failed whether it is back. Must not know: how a carrier is asked, or the rules of breaker
and pace (``domain``). The rows are shared by all nodes, and the statement that commits a call looks at them itself,
so a node whose picture is old commits nothing that a breaker holds back.

An open breaker holds calls back and refuses no lead. What is lost when a node dies here is a note or two: a failure
that was not counted, or a call that was let through and is given up after its time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from speedtolead.domain import breaker as breakers
from speedtolead.domain.breaker import Breaker, BreakerState, Outcome
from speedtolead.domain.carrier import CarrierName, Option, choose
from speedtolead.domain.pace import Pace, wait
from speedtolead.ports import Away, Clock, Indeterminate, PortError, TooMany
from speedtolead.ports.carriers import Carriers
from speedtolead.service.times import iso
from speedtolead.store import carriers as rows
from speedtolead.store import events
from speedtolead.store.carriers import BreakerRow, SlotRow
from speedtolead.store.database import Database
from speedtolead.store.dial import SlotPolicy
from speedtolead.store.query import Connection

log = structlog.get_logger(__name__)

PAUSED, RESUMED = "carrier.paused", "carrier.resumed"


@dataclass(frozen=True, slots=True)
class CarrierTerms:
    """What the settings say of a carrier account. ``weight``: its share of the calls, relative to the others'."""

    weight: float
    per_second: float


@dataclass(frozen=True, slots=True)
class CarrierHealth:
    """``per_second``: calls that it may be asked for now; ``ahead_seconds``: how long the next one waits for its
    slot."""

    carrier: str
    state: str
    per_second: float
    ahead_seconds: float


@dataclass(frozen=True, slots=True)
class Numbered:
    """A call that needs a number to show: the account's numbers with whose they are, and who refused it last."""

    attempt_id: UUID
    numbers: Sequence[str]
    number_carriers: Sequence[str]
    refused_by: str | None

    def of(self, carrier: CarrierName) -> list[str]:
        """The numbers that a carrier account owns."""
        return [n for n, owner in zip(self.numbers, self.number_carriers, strict=True) if owner == carrier]

    @property
    def draw(self) -> float:
        """From 0 to below 1, the same for an attempt at every look: its id ends in random bits."""
        return (self.attempt_id.int & 0xFFFFFFFF) / 2**32


@dataclass(slots=True)
class _Noted:
    """What this node has seen of a carrier account and not yet written."""

    outcomes: list[Outcome] = field(default_factory=list)
    why: str | None = None


class Queueing:
    """What the carriers' adapters say of queues on the way: for each account the longest that nobody took yet."""

    def __init__(self) -> None:
        self._longest: dict[CarrierName, timedelta] = {}

    def hear(self, carrier: CarrierName, queued_for: timedelta) -> None:
        """A call that was placed waits at the carrier for so long."""
        if wait(queued_for) is not None:
            self._longest[carrier] = max(queued_for, self._longest.get(carrier, timedelta(0)))

    def taken(self, carrier: CarrierName) -> timedelta | None:
        """For how long to place no call; it is told once."""
        longest = self._longest.pop(carrier, None)
        return None if longest is None else wait(longest)


class CarrierWatch:
    """One a node. ``trial``: how long a call that a half-open breaker let through may go unheard of."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        carriers: Carriers,
        terms: Mapping[CarrierName, CarrierTerms],
        queues: Queueing,
        trial: timedelta,
    ) -> None:
        self._database = database
        self._clock = clock
        self._carriers = carriers
        self._terms = {name: terms[name] for name in carriers}
        self._trial = trial
        self._noted = {name: _Noted() for name in carriers}
        self._queues = queues
        self._slots: dict[CarrierName, SlotRow] = {}

    # ---- how they stand ------------------------------------------------------------------------------------

    async def ensure(self, tx: Connection) -> None:
        """Make the rows, where this is the first node that knows an account."""
        await rows.ENSURE_CARRIERS.run(tx, carriers=list(self._terms), now=self._clock.now())
        await self.refresh(tx)

    async def refresh(self, tx: Connection) -> None:
        found = {CarrierName(row.carrier): row for row in await rows.CARRIER_SLOTS.all(tx)}
        self._slots = {name: found[name] for name in self._terms if name in found}

    def policies(self, now: datetime) -> list[SlotPolicy]:
        """Calls per second of each account, at its pace of this moment."""
        paces = {name: row.as_pace for name, row in self._slots.items()}
        return [
            SlotPolicy(name, terms.per_second * paces.get(name, Pace()).share_at(now))
            for name, terms in self._terms.items()
        ]

    def slot_at(self) -> datetime | None:
        """From when any account may place a call; None: no breaker lets one through."""
        return min((row.next_at for row in self._slots.values() if row.passes != 0), default=None)

    def choose(self, call: Numbered, now: datetime) -> CarrierName | None:
        """The account that places a call; None where none may now."""
        return choose([self._option(name, call, now) for name in self._terms if call.of(name)], call.draw)

    def elsewhere(self, call: Numbered, but: CarrierName) -> bool:
        """Another account could place this call, and none had said no to it before: it is passed on once."""
        others = [name for name in self._terms if name != but and call.of(name)]
        return call.refused_by is None and any(self._is_open(name) for name in others)

    def _option(self, name: CarrierName, call: Numbered, now: datetime) -> Option:
        row = self._slots.get(name)
        has_slot = row is None or row.next_at <= now
        return Option(name, self._terms[name].weight, self._is_open(name), has_slot, call.refused_by == name)

    def _is_open(self, name: CarrierName) -> bool:
        row = self._slots.get(name)
        return row is None or row.passes != 0

    # ---- what was seen of them -----------------------------------------------------------------------------

    async def went(self, carrier: CarrierName, sent_at: datetime, error: PortError | None) -> None:
        """How a request for a call went.

        A failure, a queue and the one call of a half-open breaker are written at once, all else with the next look.
        """
        failed = isinstance(error, Away | Indeterminate)
        noted, slot = self._noted[carrier], self._slots.get(carrier)
        noted.outcomes.append(Outcome(sent_at, failed))
        if failed:
            noted.why = _in_words(error)
        if failed or (slot is not None and slot.passes is not None):
            await self._look_at(carrier)
        if isinstance(error, TooMany):
            await self._slow(carrier, error.retry_after)
        pause = self._queues.taken(carrier)
        if pause is not None:
            await self._slow(carrier, pause)

    async def look(self) -> None:
        """Write what was seen, ask whoever is left alone whether it is back, and see what others wrote."""
        async with self._database.connection() as tx:
            await self.refresh(tx)
            found = {row.carrier: row.breaker() for row in await rows.BREAKERS.all(tx)}
        for name in self._terms:
            known = found.get(name)
            if known is None or known.is_calm:
                self._noted[name] = _Noted()  # without a failure there is nothing to weigh
            else:
                await self._look_at(name)
            if known is not None and known.is_due(self._clock.now()):
                await self._ask(name)

    async def standing(self) -> list[BreakerRow]:
        """The breakers that are not closed, of the accounts in the settings."""
        async with self._database.connection() as tx:
            found = await rows.BREAKERS.all(tx)
        return [row for row in found if row.carrier in self._terms and row.state != BreakerState.CLOSED]

    async def health(self) -> list[CarrierHealth]:
        """How each account of the settings stands, and its slots."""
        now = self._clock.now()
        async with self._database.connection() as tx:
            slots = {row.carrier: row for row in await rows.CARRIER_SLOTS.all(tx)}
            broken = {row.carrier: row.state for row in await rows.BREAKERS.all(tx)}
        found = []
        for name, terms in self._terms.items():
            slot = slots.get(name)
            ahead = 0.0 if slot is None else max(0.0, (slot.next_at - now).total_seconds())
            pace = 1.0 if slot is None or slot.pace_at is None else slot.pace
            state = broken.get(name, BreakerState.CLOSED)
            found.append(CarrierHealth(name, str(state), terms.per_second * pace, ahead))
        return found

    async def _slow(self, carrier: CarrierName, pause: timedelta) -> None:
        now = self._clock.now()
        async with self._database.transaction() as tx:
            row = await rows.HOLD_CARRIER_SLOT.one(tx, carrier=carrier)
            pace = row.as_pace.slowed(now)
            await rows.SLOW_DOWN.run(tx, carrier=carrier, until=now + pause, pace=pace.share, pace_at=pace.at)
            await self.refresh(tx)
        log.warning("carrier.slowed", carrier=carrier, share=round(pace.share, 3), seconds=pause.total_seconds())

    async def _look_at(self, carrier: CarrierName) -> None:
        noted, self._noted[carrier] = self._noted[carrier], _Noted()
        async with self._database.transaction() as tx:
            row = await rows.HOLD_BREAKER.first(tx, carrier=carrier)
            if row is None:
                return
            now, before = self._clock.now(), row.breaker()
            known = before
            if before.state is BreakerState.HALF_OPEN:
                await self.refresh(tx)
                if self._slots[carrier].passes == 0:
                    known = breakers.let_through(before, now + self._trial)
            after = breakers.heard(known, noted.outcomes, now)
            await self._save(tx, carrier, before, after, noted.why or row.words)

    async def _ask(self, carrier: CarrierName) -> None:
        """Ask something harmless; one node at a time does."""
        async with self._database.transaction() as tx:
            row = await rows.HOLD_BREAKER.one(tx, carrier=carrier)
            now, before = self._clock.now(), row.breaker()
            if not before.is_due(now):
                return
            await rows.save_breaker(tx, carrier, breakers.asking(before, now + self._trial), row.words)
        try:
            await self._carriers.of(carrier).check()
            back = True
        except PortError as error:
            log.info("carrier.still_away", carrier=carrier, code=error.code, provider_code=error.provider_code)
            back = False
        async with self._database.transaction() as tx:
            row = await rows.HOLD_BREAKER.one(tx, carrier=carrier)
            before = row.breaker()
            after = breakers.answered(before, back, self._clock.now())
            await self._save(tx, carrier, before, after, row.words)

    async def _save(
        self, tx: Connection, carrier: CarrierName, before: Breaker, after: Breaker, words: str | None
    ) -> None:
        if after == before:
            return
        kept = None if after.state is BreakerState.CLOSED else words
        await rows.save_breaker(tx, carrier, after, kept)
        if after.state is before.state:
            return
        now = self._clock.now()
        await rows.LET_PASS.run(tx, carrier=carrier, passes=after.passes())
        await self.refresh(tx)
        log.warning("carrier.breaker", carrier=carrier, state=after.state, words=kept)
        if before.state is BreakerState.CLOSED:
            await rows.TELL_ACCOUNTS.run(tx, kind=PAUSED, at=now, data={"carrier": carrier, "words": words})
        elif after.state is BreakerState.CLOSED:
            data = {"carrier": carrier, "paused_at": iso(before.opened_at or before.since)}
            await rows.TELL_ACCOUNTS.run(tx, kind=RESUMED, at=now, data=data)
        await events.wake(tx)


def _in_words(error: PortError | None) -> str:
    """What every account may read: the carrier's own words may hold numbers and addresses."""
    if isinstance(error, Away):
        code = "" if error.provider_code is None else f" (its code {error.provider_code})"
        return f"it is not reached, or refuses our credentials{code}"
    return "nobody can say whether it took the last calls: it timed out, broke off or answered 5xx"
