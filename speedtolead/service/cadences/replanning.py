"""Leads under way that change to a new cadence: what each waits for is planned anew.

Owns: doing it a few leads at a time, each in a transaction of its own. Must not know: what the new cadence says.
Safe on any number of nodes: an attempt is taken under its lock. Killed in between, the rest is found again.
"""

from __future__ import annotations

from speedtolead.ports import Clock
from speedtolead.service.cadences.follow_up import FollowUp
from speedtolead.service.lawful.permits import Permits
from speedtolead.store import cadence as rows
from speedtolead.store.database import Database

AT_ONCE = 20
_WHY = "the cadence was changed"


class Replanning:
    def __init__(self, database: Database, clock: Clock, permits: Permits) -> None:
        self._database = database
        self._clock = clock
        self._follow_up = FollowUp(permits)

    async def look(self) -> int:
        """Plan anew what is to be; how many attempts that were."""
        done = 0
        while True:
            async with self._database.transaction() as tx:
                held = await rows.TO_REPLAN.all(tx, most=AT_ONCE)
                if not held:
                    await rows.REPLANNED.run(tx)
                    return done
                now = self._clock.now()
                for row in sorted(held, key=lambda row: row.lead_id):
                    await self._follow_up.plan_anew(tx, row.account_id, row.lead_id, [row.attempt_id], _WHY, now)
            done += len(held)
