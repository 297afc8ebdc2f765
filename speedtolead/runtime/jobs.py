"""The worker: takes jobs from the queue and has deliveries made.

Owns: the loop, its connections' life, and an orderly stop. Must not know: what a delivery is made of.
A notification only makes it sooner: the queue is asked every ``poll`` seconds anyway. When the database is away,
or the queue's own loop fails, it begins again after a moment; jobs of a worker that died are taken over by another
once their heartbeat is ``heartbeat`` seconds old. A failing job never ends the node: its delivery stays due, and
the relay gives it a new job.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from pgqueuer import Job, Queries, QueueManager, RetryRequested
from pgqueuer.domain.errors import FailingListenerError

from speedtolead.store.database import DatabaseAway
from speedtolead.store.jobs import CHANNEL, WEBHOOK, worker_queries

log = structlog.get_logger(__name__)

BATCH = 10
AT_ONCE = 50
"""Jobs under way at once in this node; each is an HTTP request, most of them short."""
STOP_SECONDS = 5.0
AGAIN_AFTER_ERROR = timedelta(seconds=5)

Deliver = Callable[[UUID], Awaitable[timedelta | None]]


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: between looks at the queue, until a silent worker's job is taken over, and after a failed loop."""

    poll: float = 2.0
    heartbeat: float = 20.0
    restart: float = 1.0


class JobWorker:
    def __init__(self, url: str, deliver: Deliver, pace: Pace | None = None) -> None:
        self._url = url
        self._deliver = deliver
        self._pace = pace or Pace()
        self._stopping = asyncio.Event()
        self._manager: QueueManager | None = None

    async def run(self) -> None:
        """Until ``stop``; then jobs under way get ``STOP_SECONDS`` to end."""
        while not self._stopping.is_set():
            working = asyncio.create_task(self._work())
            stopping = asyncio.create_task(self._stopping.wait())
            try:
                await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if self._stopping.is_set():
                    await asyncio.wait({working}, timeout=STOP_SECONDS)
            finally:
                stopping.cancel()
                working.cancel()
                await asyncio.wait({working})
            self._tell(working)
            if not self._stopping.is_set():
                await self._pause()

    def stop(self) -> None:
        """Take no new job."""
        self._stopping.set()
        if self._manager is not None:
            self._manager.shutdown.set()

    async def _work(self) -> None:
        async with worker_queries(self._url) as queries:
            self._manager = manager = self._made(queries)
            if self._stopping.is_set():
                return
            await manager.run(
                dequeue_timeout=timedelta(seconds=self._pace.poll),
                batch_size=BATCH,
                max_concurrent_tasks=AT_ONCE,
                shutdown_on_listener_failure=True,
                heartbeat_timeout=timedelta(seconds=self._pace.heartbeat),
                log_aggregation_interval=timedelta(0),
            )

    def _made(self, queries: Queries) -> QueueManager:
        manager = QueueManager(queries, channel=CHANNEL)

        @manager.entrypoint(WEBHOOK)
        async def make_delivery(job: Job) -> None:
            try:
                wait = await self._deliver(UUID((job.payload or b"").decode()))
            except DatabaseAway as error:
                raise RetryRequested(AGAIN_AFTER_ERROR, "the database is away") from error
            if wait is not None:
                raise RetryRequested(wait, "to be tried again")

        return manager

    def _tell(self, working: asyncio.Task[None]) -> None:
        error = None if working.cancelled() else working.exception()
        if isinstance(error, DatabaseAway | FailingListenerError):
            log.warning("jobs.interrupted", error=type(error).__name__)
        elif error is not None:
            log.error("jobs.failed", exc_info=error)

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._pace.restart):
                await self._stopping.wait()
        except TimeoutError:
            return
