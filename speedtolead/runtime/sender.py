"""The sending loop: texts and mails whose time has come, each taken to who carries it on its own.

Owns: how often the plan is looked at, how many are under way at once, and stopping: nothing more is committed, and
what is under way is finished and recorded. It is woken by notification, and polls every ``POLL_SECONDS`` all the
same. It has connections of its own: no text is in a call's way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from uuid import UUID

import structlog

from speedtolead.ports import Clock
from speedtolead.runtime.wake import Wake
from speedtolead.service.messages.sending import Sending
from speedtolead.store.database import Database, DatabaseAway

log = structlog.get_logger(__name__)

POLL_SECONDS = 2.0
LOOK_AGAIN = 0.25
"""After a look in which all that was due had to wait for something else."""
UNDER_WAY = 64
"""So many at once, at most, wait for their answers; more would only queue at the carrier, past their leases."""
ROOM = 16
"""The plan is looked at again once there is room for so many."""


class Sender:
    def __init__(self, sending: Sending, database: Database, clock: Clock, wake: Wake) -> None:
        self._sending = sending
        self._database = database
        self._clock = clock
        self._wake = wake
        self._stopping = False
        self._under_way: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """Commit nothing more."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Until stopped; returns when everything that was committed has been dealt with."""
        while not self._stopping:
            try:
                pause = await self._look()
            except DatabaseAway as error:
                log.warning("sender.database_away", error=str(error))
                pause = 0.25
            except Exception:
                log.exception("sender.failed")
                pause = POLL_SECONDS
            await self._room()
            if pause:
                await self._wake.wait(pause)
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def _look(self) -> float:
        """One look at the plan; the seconds until the next, 0 to look again at once."""
        async with self._database.connection() as tx:
            postings, more = await self._sending.look(tx, UNDER_WAY - len(self._under_way))
            for posting in postings:
                self._start(posting.message.attempt_id, self._sending.hand_over(posting))
            if more:
                return 0.0 if postings else LOOK_AGAIN
            due_at = await self._sending.next_due(tx)
        if due_at is None:
            return POLL_SECONDS
        return min(POLL_SECONDS, max(0.01, (due_at - self._clock.now()).total_seconds()))

    async def _room(self) -> None:
        while len(self._under_way) > UNDER_WAY - ROOM:
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)

    def _start(self, attempt_id: UUID, step: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(self._guarded(attempt_id, step))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _guarded(self, attempt_id: UUID, step: Coroutine[None, None, None]) -> None:
        """A step that fails is left to its lease: the attempt becomes unknown, and the carrier is asked."""
        try:
            await step
        except DatabaseAway as error:
            log.warning("sender.database_away", attempt_id=str(attempt_id), error=str(error))
        except Exception:
            log.exception("sender.failed", attempt_id=str(attempt_id))
