"""The watch over an account: raising alarms, ending them, saying so once; acknowledged, or quiet for a while.

Owns: what follows from a reading. Must not know: what is read (``readings``), the hysteresis (``domain/alarm.py``),
or how a mail is carried. Looking on two nodes at once changes nothing: an account is judged by one look at a time.
An account that cannot be judged is logged and keeps no other from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from speedtolead.domain.alarm import PATIENCE, AlarmKind, AlertTerms, Change, Reading, step
from speedtolead.domain.errors import NotFound
from speedtolead.ports import Clock
from speedtolead.service.alarms.readings import Readings
from speedtolead.service.alarms.terms import of_json
from speedtolead.service.messages.notices import Letter, tell
from speedtolead.store import alarms as rows
from speedtolead.store import events
from speedtolead.store.alarms import AlarmAccount, AlarmRow, GoingOn, QuietKind
from speedtolead.store.database import Database, DatabaseAway
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection

log = structlog.get_logger(__name__)
MOST = 200


class Alarms:
    def __init__(self, database: Database, clock: Clock, readings: Readings, public_url: str) -> None:
        self._database = database
        self._clock = clock
        self._readings = readings
        self._url = public_url

    async def look(self) -> None:
        """Judge every account."""
        async with self._database.connection() as tx:
            accounts = await rows.ALARM_ACCOUNTS.all(tx)
        for account in accounts:
            try:
                await self._look_at(account)
            except DatabaseAway:
                raise
            except Exception:
                log.exception("alarms.failed", account_id=str(account.account_id))

    async def alarms(self, account_id: UUID, *, ended: bool = False, most: int = MOST) -> list[AlarmRow]:
        """The open ones, or with ``ended`` all, newest first."""
        async with self._database.connection() as tx:
            return await rows.ALARMS_OF_ACCOUNT.all(tx, account_id=account_id, ended=ended, most=most)

    async def terms(self, account_id: UUID) -> AlertTerms:
        """When this account's alarms are raised."""
        async with self._database.connection() as tx:
            return of_json((await rows.ACCOUNT_ALERTS.one(tx, account_id=account_id)).alerts)

    async def quiet(self, account_id: UUID) -> list[QuietKind]:
        """Kinds of which nobody is written to for now."""
        async with self._database.connection() as tx:
            return await rows.QUIET_KINDS.all(tx, account_id=account_id, now=self._clock.now())

    async def acknowledge(self, account_id: UUID, alarm_id: UUID, by: str) -> None:
        """Say that it was seen. Said again, nothing changes. Raises NotFound."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            if await rows.ALARM_EXISTS.first(tx, account_id=account_id, alarm_id=alarm_id) is None:
                raise NotFound("There is no such alarm.")
            done = await rows.ACKNOWLEDGE_ALARM.first(tx, account_id=account_id, alarm_id=alarm_id, by=by, now=now)
            if done is not None:
                data = {"alarm_id": str(alarm_id), "by": by}
                await events.add(tx, account_id, "alarm.acknowledged", now, data=data)
                await events.wake(tx)

    async def be_quiet(self, account_id: UUID, kind: AlarmKind, hours: float, by: str) -> datetime:
        """Write to nobody about a kind for so many hours; 0: do so again. The page shows it all the same."""
        until = self._clock.now() + timedelta(hours=hours)
        async with self._database.transaction() as tx:
            await rows.SET_QUIET.run(tx, account_id=account_id, kind=kind, until=until, by=by)
            await events.wake(tx)
        return until

    async def _look_at(self, account: AlarmAccount) -> None:
        now, terms = self._clock.now(), of_json(account.alerts)
        found = await self._readings.of(account.account_id, account.timezone, terms, now)
        async with self._database.transaction() as tx:
            if not (await rows.HOLD_ALARMS.one(tx, account_id=account.account_id)).free:
                return
            going_on = {
                (row.kind, row.subject): row
                for row in await rows.ALARMS_GOING_ON.all(tx, account_id=account.account_id)
            }
            kinds = await rows.QUIET_KINDS.all(tx, account_id=account.account_id, now=now)
            quiet = {row.kind for row in kinds}
            told = False
            for reading in [*found, *_gone(found, list(going_on.values()))]:
                was = going_on.get((reading.kind, reading.subject))
                told |= await self._follow(tx, account, terms, reading, was, now, quiet=reading.kind in quiet)
            if told:
                await events.wake(tx)

    async def _follow(
        self,
        tx: Connection,
        account: AlarmAccount,
        terms: AlertTerms,
        reading: Reading,
        was: GoingOn | None,
        now: datetime,
        *,
        quiet: bool,
    ) -> bool:
        """Whether somebody was told."""
        then = step(None if was is None else was.standing, reading.bad, now, PATIENCE[reading.kind])
        if then is None:
            return False
        standing, change = then
        alarm_id = new_id() if was is None else was.alarm_id
        if change is Change.FORGOTTEN:
            await rows.FORGET_ALARM.run(tx, alarm_id=alarm_id)
            return False
        of = {"words": reading.words, "facts": reading.facts}
        if was is None:
            told = {"kind": reading.kind, "subject": reading.subject, "now": now}
            await rows.ADD_ALARM.run(tx, alarm_id=alarm_id, account_id=account.account_id, **told, **of)
        opened_quietly = quiet if change is Change.OPENS else was is not None and was.quiet
        await rows.PUT_ALARM.run(
            tx,
            alarm_id=alarm_id,
            opened_at=standing.opened_at,
            good_since=standing.good_since,
            ended_at=standing.ended_at,
            quiet=opened_quietly,
            **of,
        )
        if change not in {Change.OPENS, Change.ENDS}:
            return False
        data = {"alarm_id": str(alarm_id), "kind": reading.kind.value, "subject": reading.subject} | of
        kind = "alarm.opened" if change is Change.OPENS else "alarm.ended"
        await events.add(tx, account.account_id, kind, now, data=data)
        if not opened_quietly:
            letter = _letter(account, reading, change, self._url)
            await tell(tx, account.account_id, terms, f"alarm {alarm_id} {change}", letter, now)
        log.warning(
            "alarm.changed", account=account.name, kind=reading.kind, subject=reading.subject, change=change
        )
        return True


def _gone(found: Sequence[Reading], going_on: Sequence[GoingOn]) -> list[Reading]:
    """What is not there any more to be read is good: a campaign that was removed, a list nobody relies on."""
    seen = {(one.kind, one.subject) for one in found}
    return [
        Reading(AlarmKind(row.kind), row.subject, False, "Nothing is seen of it any more.")
        for row in going_on
        if (row.kind, row.subject) not in seen
    ]


def _letter(account: AlarmAccount, reading: Reading, change: Change, url: str) -> Letter:
    over = change is Change.ENDS
    head = (
        f"{'Over' if over else 'Alarm'}: {HEADS[reading.kind]}{f' ({reading.subject})' if reading.subject else ''}"
    )
    words = ["It is over.", f"Last seen: {reading.words}"] if over else [reading.words]
    return Letter(f"{head} · {account.name}", head, words, [], f"{url}/", "The board")


HEADS = {
    AlarmKind.SPEED: "leads are dialled late",
    AlarmKind.CONTACT: "fewer leads are reached",
    AlarmKind.QUEUE: "calls pile up",
    AlarmKind.NO_AGENTS: "nobody is at work",
    AlarmKind.ABANDONMENT: "too many people hear nobody",
    AlarmKind.CARRIER: "a carrier takes no calls",
    AlarmKind.LIST: "a do-not-call list is old",
}
"""In a few words."""
