"""After an absence of all nodes: what became due meanwhile does not fire all at once.

Owns: noticing it, and planning anew what was missed, in one transaction under one lock: of several nodes that come
back together one does it. Killed before its commit, the next node finds the same. Must not know: the rules
(``domain/cadence/catch_up``). A node looks before it dials anything, and again regularly, for a database that was
away while nodes ran.
"""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from uuid import UUID

import structlog

from speedtolead.domain.cadence.catch_up import ABSENCE, Missed, spread_out
from speedtolead.ports import Clock
from speedtolead.store import dial
from speedtolead.store import pulse as rows
from speedtolead.store.database import Database
from speedtolead.store.pulse import MissedRow
from speedtolead.store.query import Connection

log = structlog.get_logger(__name__)

_WHY = "the service was away at its time"


class CatchingUp:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def begin(self) -> int:
        """A node begins: how many calls were planned anew because nobody ran at their time."""
        return await self._look(beginning=True)

    async def look(self) -> None:
        """A node runs."""
        await self._look(beginning=False)

    async def _look(self, beginning: bool) -> int:
        now, missed = self._clock.now(), 0
        async with self._database.transaction() as tx:
            await rows.FIRST_PULSE.run(tx, now=now)
            pulse = await rows.LOCK_PULSE.one(tx)
            away = now - pulse.seen_at if beginning else pulse.silent
            if away >= ABSENCE:
                missed = await self._catch_up(tx, now - away, now)
            await rows.SET_PULSE.run(tx, now=now)
        if away >= ABSENCE:
            log.warning("service.was_away", seconds=round(away.total_seconds()), calls_planned_anew=missed)
        return missed

    async def _catch_up(self, tx: Connection, since: datetime, now: datetime) -> int:
        found = await rows.MISSED_CALLS.all(tx, since=since, now=now)
        for _, group in groupby(sorted(found, key=_campaign), key=_campaign):
            rows_of_one = list(group)
            first = rows_of_one[0]
            campaign = await dial.campaign(tx, first.account_id, first.campaign_id, first.version)
            calls = [Missed(one.attempt_id, one.rank_at, one.due_at) for one in rows_of_one]
            anew = spread_out(calls, now, campaign.spread)
            await rows.SPREAD_MISSED.run(
                tx, attempt_ids=[one for one, _ in anew], due_ats=[due_at for _, due_at in anew], note=_WHY
            )
        return len(found)


def _campaign(row: MissedRow) -> UUID:
    return row.campaign_id
