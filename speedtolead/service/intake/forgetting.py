"""What the intake remembers only for a while: how often a mark was seen, and what providers answered.

Owns: how long each is kept. Must not know: what a mark or an answer means. It may never run: then tables grow, and
nothing is judged otherwise, because every question names its own moment.
"""

from __future__ import annotations

from datetime import timedelta

from speedtolead.ports import Clock
from speedtolead.service.intake.providers import BELIEVED
from speedtolead.store.database import Database
from speedtolead.store.providers import FORGET_PROVIDER_ANSWERS
from speedtolead.store.sources import FORGET_SIGHTINGS

LONGEST_WINDOW = timedelta(days=366)
"""No source may count over more: the longest duration that the configuration file takes."""


class Forgetting:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def forget(self) -> None:
        """Delete sightings that no window reaches, and answers that nobody would believe any more."""
        now = self._clock.now()
        async with self._database.connection() as tx:
            await FORGET_SIGHTINGS.run(tx, before=now - LONGEST_WINDOW)
            await FORGET_PROVIDER_ANSWERS.run(tx, before=now - max(BELIEVED.values()))
