"""The dial loop: claim what is due, and take each claim to the carrier on its own.

Owns: how often the plan is looked at, how many calls are under way to the carrier at once, and stopping: no new
claims, and those under way are finished and recorded.
Fresh leads are handed over by this node's own intake. For all else it is woken by notification, and it polls every
``POLL_SECONDS`` all the same, so a lost notification costs seconds, not leads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from speedtolead.ports import Clock
from speedtolead.runtime.wake import Wake
from speedtolead.service.calling.dialing import Dialing, Round
from speedtolead.store.database import DatabaseAway
from speedtolead.store.dial import DueRow
from speedtolead.store.query import Connection

log = structlog.get_logger(__name__)

POLL_SECONDS = 2.0
SLOT_SECONDS = 0.01
"""How soon at the earliest a slot is asked for again when the carriers' rates were used up."""
UNDER_WAY = 256
_ASK_NEXT_DUE = timedelta(seconds=0.1)


class Dialer:
    def __init__(self, dialing: Dialing, clock: Clock, wake: Wake) -> None:
        self._dialing = dialing
        self._clock = clock
        self._wake = wake
        self._stopping = False
        self._connected = False
        self._handed: list[DueRow] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._asked_at = datetime.min.replace(tzinfo=UTC)

    def takes_leads(self) -> bool:
        """Whether a fresh lead may be handed over: this node dials, and is not behind."""
        return self._connected and not self._stopping and len(self._under_way) + len(self._handed) < UNDER_WAY

    def hand_over(self, due: DueRow) -> None:
        """A fresh lead that nobody else was told of."""
        self._handed.append(due)
        self._wake.nudge()

    def stop(self) -> None:
        """Claim nothing more."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Until stopped; returns when every claim that was taken has been dealt with."""
        while not self._stopping:
            try:
                async with self._dialing.connected() as tx:
                    self._connected = True
                    await self._rounds(tx)
            except DatabaseAway as error:
                log.warning("dialer.database_away", error=str(error))
                await self._wake.wait(0.25)
            finally:
                self._connected = False
                self._handed.clear()  # each is in the plan as well
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def _rounds(self, tx: Connection) -> None:
        """Take what is handed over as it comes, and look at the plan when rung for or when it is time."""
        time = asyncio.get_running_loop().time
        look_at = time()
        while not self._stopping:
            await self._room()
            handed, self._handed = self._handed, []
            if handed:
                found = await self._dialing.take_up(tx, handed)
                self._carry_out(found)
                if len(found.orders) < len(handed):
                    look_at = time()
            if time() >= look_at:
                look_at = time() + await self._look(tx)
            if not self._handed and await self._wake.wait(look_at - time()):
                look_at = time()

    async def _room(self) -> None:
        if len(self._under_way) >= UNDER_WAY:
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)

    async def _look(self, tx: Connection) -> float:
        """One look at the plan; the seconds to wait before the next, 0 to look again at once."""
        found = await self._dialing.look(tx)
        self._carry_out(found)
        await self._dialing.give_turns(tx)
        if found.short_of_slots:
            return max(SLOT_SECONDS, min(found.slot_in, POLL_SECONDS))
        if found.more:
            return 0.0
        return await self._until_next_due(tx)

    def _carry_out(self, found: Round) -> None:
        for order in found.orders:
            self._start(order.due.attempt_id, self._dialing.ask(order))
        for claimed in found.refused:
            self._start(claimed.attempt_id, self._dialing.record_refusal(claimed))

    async def _until_next_due(self, tx: Connection) -> float:
        """Seconds until an attempt becomes due by itself; asked for at most ten times a second."""
        now = self._clock.now()
        if now - self._asked_at < _ASK_NEXT_DUE:
            return _ASK_NEXT_DUE.total_seconds()
        self._asked_at = now
        due_at = await self._dialing.next_due(tx)
        if due_at is None:
            return POLL_SECONDS
        return min(POLL_SECONDS, max(0.001, (due_at - now).total_seconds()))

    def _start(self, attempt_id: UUID, step: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(self._guarded(attempt_id, step))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _guarded(self, attempt_id: UUID, step: Coroutine[None, None, None]) -> None:
        """A step that fails is left to its lease: the attempt comes back, or is looked up at the carrier."""
        try:
            await step
        except DatabaseAway as error:
            log.warning("dialer.database_away", attempt_id=str(attempt_id), error=str(error))
        except Exception:
            log.exception("dialer.failed", attempt_id=str(attempt_id))
