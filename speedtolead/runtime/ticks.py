"""What happens regularly, on APScheduler: sweeps, the commit log, old sessions.

Each tick is idempotent and safe on any number of nodes at once. A tick that fails is logged and runs again at its
next time; one that is late runs once, not as often as it was missed. No dial time is ever kept here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from speedtolead.store.database import DatabaseAway

log = structlog.get_logger(__name__)


class Ticks:
    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone="UTC",
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def every(self, seconds: float, name: str, tick: Callable[[], Awaitable[Any]]) -> None:
        async def run() -> None:
            try:
                await tick()
            except DatabaseAway as error:
                log.warning("tick.database_away", tick=name, error=str(error))
            except Exception:
                log.exception("tick.failed", tick=name)

        self._scheduler.add_job(run, "interval", seconds=seconds, id=name)

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
