"""The numbers that calls are made from: how each stands and is answered, letting one rest, bringing it back.

Owns: what a person may do about a number, and what is told then. Must not know: who may ask, or when the watch
benches a number (``number_watching``). Said twice, nothing changes the second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from speedtolead.domain.errors import NotFound
from speedtolead.ports import Clock
from speedtolead.service.times import iso
from speedtolead.store import events
from speedtolead.store import numbers as rows
from speedtolead.store.database import Database
from speedtolead.store.numbers import NumberAlertRow, NumberInFull, NumberStatsRow
from speedtolead.store.query import Connection

log = structlog.get_logger(__name__)

MOST_ALERTS = 200
WATCH = "watch"
"""Who benches a number, where no person does."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A campaign that shows a number, and how often on a day it may; None: any number of times."""

    campaign: str
    per_day: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A number, and the campaigns that show it."""

    row: NumberInFull
    shown_by: list[Shown]

    @property
    def state(self) -> str:
        return "resting" if self.row.resting else "on_trial" if self.row.on_trial else "in_use"


class Numbers:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def standing(self, account_id: UUID) -> list[Standing]:
        """The account's numbers, in order."""
        async with self._database.snapshot() as tx:
            return await self._standing(tx, account_id)

    async def bench(
        self, account_id: UUID, phone: str, by: str, *, rest: timedelta | None = None, why: str | None = None
    ) -> Standing:
        """It is not shown for so long, or until it is brought back. Raises NotFound."""
        now = self._clock.now()
        until = None if rest is None else now + rest
        async with self._database.transaction() as tx:
            done = await rows.BENCH_NUMBER.first(
                tx, account_id=account_id, phone=phone, now=now, until=until, by=by, why=why, anew=True
            )
            if done is None:
                raise NotFound("This account has no such number.")
            await say_benched(tx, account_id, phone, by, until, why, now)
            return await self._one(tx, account_id, phone)

    async def bring_back(self, account_id: UUID, phone: str, by: str) -> Standing:
        """It is shown as any other from now on, and what waited for a number looks again. Raises NotFound."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            if await rows.UNBENCH_NUMBER.first(tx, account_id=account_id, phone=phone) is not None:
                await rows.END_NUMBER_ALERT.first(tx, account_id=account_id, phone=phone, now=now)
                await look_again(tx, account_id, now)
                await events.add(tx, account_id, "number.unbenched", now, data={"phone": phone, "by": by})
                await events.wake(tx)
            return await self._one(tx, account_id, phone)

    async def alerts(
        self, account_id: UUID, *, ended: bool = False, most: int = MOST_ALERTS
    ) -> list[NumberAlertRow]:
        """The open ones, or with ``ended`` all, newest first."""
        async with self._database.connection() as tx:
            return await self._alerts(tx, account_id, ended=ended, most=most)

    async def acknowledge(self, account_id: UUID, alert_id: UUID, by: str) -> NumberAlertRow:
        """Say that an alert was seen. Said again, nothing changes. Raises NotFound."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            done = await rows.ACKNOWLEDGE_NUMBER_ALERT.first(
                tx, account_id=account_id, alert_id=alert_id, by=by, now=now
            )
            found = await self._alerts(tx, account_id, ended=True, most=1, alert_id=alert_id)
            if not found:
                raise NotFound("There is no such alert.")
            if done is not None:
                data = {"alert_id": str(alert_id), "phone": found[0].phone, "words": found[0].words, "by": by}
                await events.add(tx, account_id, "number.alert_acknowledged", now, data=data)
                await events.wake(tx)
        return found[0]

    async def stats(
        self, account_id: UUID, since: datetime, until: datetime, campaign: str | None = None
    ) -> list[NumberStatsRow]:
        """Calls placed in ``[since, until)``, by the number that they showed."""
        async with self._database.connection() as tx:
            return await rows.NUMBER_STATS.all(
                tx, account_id=account_id, since=since, until=until, campaign=campaign
            )

    async def _alerts(
        self, tx: Connection, account_id: UUID, *, ended: bool, most: int, alert_id: UUID | None = None
    ) -> list[NumberAlertRow]:
        return await rows.NUMBER_ALERTS.all(
            tx, account_id=account_id, now=self._clock.now(), ended=ended, most=most, alert_id=alert_id
        )

    async def _one(self, tx: Connection, account_id: UUID, phone: str) -> Standing:
        found = [one for one in await self._standing(tx, account_id) if one.row.phone == phone]
        if not found:
            raise NotFound("This account has no such number.")
        return found[0]

    async def _standing(self, tx: Connection, account_id: UUID) -> list[Standing]:
        now = self._clock.now()
        numbers = await rows.NUMBERS_IN_FULL.all(tx, account_id=account_id, now=now)
        campaigns = await rows.CAMPAIGNS_THAT_CALL.all(tx, account_id=account_id)
        pools = [(one.name, one.campaign.caller_ids) for one in campaigns]
        return [
            Standing(row, [Shown(name, pool.per_day) for name, pool in pools if pool.has(row.phone)])
            for row in numbers
        ]


async def say_benched(
    tx: Connection, account_id: UUID, phone: str, by: str, until: datetime | None, why: str | None, now: datetime
) -> None:
    data = {"phone": phone, "by": by, "until": None if until is None else iso(until), "why": why}
    await events.add(tx, account_id, "number.benched", now, data=data)
    await events.wake(tx)
    log.warning("number.benched", phone=phone[-4:], by=by)


async def look_again(tx: Connection, account_id: UUID, now: datetime) -> None:
    """Whoever waits because no number was left finds out now whether one is."""
    await rows.END_USED_UP_OF_ACCOUNT.run(tx, account_id=account_id, now=now)
    await rows.LOOK_FOR_NUMBERS_AGAIN.run(tx, account_id=account_id, now=now)
