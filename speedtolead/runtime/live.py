"""The live hub: events of an account, to whoever listens on this node.

Owns: reading the event stream once for all listeners, and a bounded queue for each. Must not know: HTTP.
A listener that does not keep up is cut off, and comes back with the last event that it saw.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import structlog

from speedtolead.runtime.wake import Wake
from speedtolead.store import events
from speedtolead.store.database import Database, DatabaseAway
from speedtolead.store.events import Event

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.2
QUEUED = 1000
AT_ONCE = 500

Queue = asyncio.Queue[Event | None]


class LiveHub:
    def __init__(self, database: Database, wake: Wake) -> None:
        self._database = database
        self._wake = wake
        self._listeners: dict[Queue, UUID] = {}
        self._place: tuple[str, int] | None = None

    @asynccontextmanager
    async def listen(self, account_id: UUID) -> AsyncIterator[Queue]:
        """A queue of the account's events from now on; None in it says: too slow, come again."""
        queue: Queue = asyncio.Queue(QUEUED)
        self._listeners[queue] = account_id
        self._wake.set()
        try:
            yield queue
        finally:
            self._listeners.pop(queue, None)

    def close(self) -> None:
        """Let every listener go."""
        for queue in list(self._listeners):
            self._cut_off(queue)

    async def run(self) -> None:
        """Read the stream while anyone listens; never returns."""
        while True:
            if not self._listeners:
                self._place = None
                await self._wake.wait(3600)
                continue
            try:
                while await self._read() == AT_ONCE:
                    continue
            except DatabaseAway as error:
                log.warning("live.database_away", error=str(error))
            await self._wake.wait(LOOK_SECONDS)

    async def _read(self) -> int:
        async with self._database.connection() as tx:
            if self._place is None:
                self._place = (await events.STREAM_POSITION.one(tx)).tx, 0
            tx_id, last = self._place
            found = await events.EVENTS_SINCE.all(tx, after_tx=tx_id, after_id=last, most=AT_ONCE)
        for event in found:
            self._place = event.tx, event.id
            for queue, account_id in list(self._listeners.items()):
                if account_id == event.account_id:
                    self._offer(queue, event)
        return len(found)

    def _offer(self, queue: Queue, event: Event) -> None:
        try:
            queue.put_nowait(event)
        except asyncio.QueueFull:
            self._cut_off(queue)

    def _cut_off(self, queue: Queue) -> None:
        self._listeners.pop(queue, None)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)
