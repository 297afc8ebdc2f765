"""The dial loop: claim what is due, and take each claim to the carrier on its own.

Owns: how often the plan is looked at, how many calls are under way to the carrier at once, and stopping: no new
claims, and those under way are finished and recorded.
Woken by notification; polls every ``POLL_SECONDS`` all the same, so a lost notification costs seconds, not leads.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

from speedtolead.ports import Clock
from speedtolead.runtime.wake import Wake
from speedtolead.service.dialing import Dialing
from speedtolead.store.database import DatabaseAway
from speedtolead.store.dial import ClaimedRow

log = structlog.get_logger(__name__)

POLL_SECONDS = 2.0
SLOT_SECONDS = 0.01
"""How soon a slot is asked for again when the carrier's rate was used up."""
UNDER_WAY = 256
_ASK_NEXT_DUE = timedelta(seconds=0.1)


class Dialer:
    def __init__(self, dialing: Dialing, clock: Clock, wake: Wake) -> None:
        self._dialing = dialing
        self._clock = clock
        self._wake = wake
        self._stopping = False
        self._under_way: set[asyncio.Task[None]] = set()
        self._asked_at = datetime.min.replace(tzinfo=UTC)

    def stop(self) -> None:
        """Claim nothing more."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Until stopped; returns when every claim that was taken has been dealt with."""
        await self._prepare()
        while not self._stopping:
            try:
                pause = await self._round()
            except DatabaseAway as error:
                log.warning("dialer.database_away", error=str(error))
                pause = 0.25
            if pause:
                await self._wake.wait(pause)
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def _prepare(self) -> None:
        while not self._stopping:
            try:
                return await self._dialing.prepare()
            except DatabaseAway:
                await self._wake.wait(0.25)
        return None

    async def _round(self) -> float:
        """One look at the plan; the seconds to wait before the next, 0 to look again at once."""
        if len(self._under_way) >= UNDER_WAY:
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
        found = await self._dialing.claim()
        for claimed in found.claimed:
            task = asyncio.create_task(self._make(claimed))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        if found.short_of_slots:
            return SLOT_SECONDS
        if found.more:
            return 0.0
        return await self._until_next_due()

    async def _until_next_due(self) -> float:
        """Seconds until an attempt becomes due by itself; asked for at most ten times a second."""
        now = self._clock.now()
        if now - self._asked_at < _ASK_NEXT_DUE:
            return _ASK_NEXT_DUE.total_seconds()
        self._asked_at = now
        due_at = await self._dialing.next_due()
        if due_at is None:
            return POLL_SECONDS
        return min(POLL_SECONDS, max(0.001, (due_at - now).total_seconds()))

    async def _make(self, claimed: ClaimedRow) -> None:
        """A claim that fails is left to its lease: it comes back, or is looked up at the carrier."""
        try:
            await self._dialing.make(claimed)
        except DatabaseAway as error:
            log.warning("dialer.database_away", attempt_id=str(claimed.attempt_id), error=str(error))
        except Exception:
            log.exception("dialer.failed", attempt_id=str(claimed.attempt_id), lead_id=str(claimed.lead_id))
