"""The source guard at work: counting, raising and ending alerts, pausing, and the way back.

Owns: what is counted for each rate, and what follows from a verdict. Must not know: the test
(``domain/guard.py``), or who is asking. Looked at is what takes leads; while a source is paused its alerts stay as
they are. One that cannot be judged is logged and does not keep the others from being looked at. Looking again, or
on two nodes at once, changes nothing: a source is held by whoever looks at it, and the others pass it over.

A pause is made when an alert opens, never while one goes on: who resumes a source in spite of its alert is obeyed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from speedtolead.domain.checks import Reason
from speedtolead.domain.errors import NotFound
from speedtolead.domain.guard import STANDARD, Counts, Rate, Standing, Verdict, judge
from speedtolead.domain.lead import Refusal
from speedtolead.ports import Clock
from speedtolead.service.times import iso
from speedtolead.store import events
from speedtolead.store import guard as rows
from speedtolead.store.database import Database, DatabaseAway
from speedtolead.store.guard import AlertRow, CountsRow, HeldSource, OpenAlert
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection
from speedtolead.store.settings_json import Json
from speedtolead.store.sources import SOURCE_BY_NAME

log = structlog.get_logger(__name__)

BASELINE_LEADS = 2000
LOOKED_BACK = timedelta(days=60)
SCANNED = 5000
"""Posts that are read of a source; more than are counted, for those that came while it was paused."""
MOST_ALERTS = 200
INVALID = sorted(
    {Refusal.INVALID_PHONE, Reason.TEST_DATA, Reason.BOT, Reason.NO_SUCH_CERTIFICATE}
    | {reason for reason in Reason if reason.startswith("certificate_")}
)
"""Refusals that say that nobody real can have sent this."""


@dataclass(frozen=True, slots=True)
class _Opened:
    verdict: Verdict
    began_at: datetime


class Guarding:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def look(self) -> None:
        """Judge every source that takes leads."""
        async with self._database.connection() as tx:
            found = await rows.GUARDED_SOURCES.all(tx)
        for one in found:
            try:
                await self._look_at(one.source_id)
            except DatabaseAway:
                raise
            except Exception:
                log.exception("guard.failed", source_id=str(one.source_id))

    async def alerts(
        self, account_id: UUID, *, source: str | None = None, ended: bool = False, most: int = MOST_ALERTS
    ) -> list[AlertRow]:
        """The open ones, or with ``ended`` all, newest first; of one source, or of all."""
        async with self._database.connection() as tx:
            return await _alerts(tx, account_id, source=source, ended=ended, most=most)

    async def acknowledge(self, account_id: UUID, alert_id: UUID, by: str) -> AlertRow:
        """Say that an alert was seen. Said again, nothing changes. Raises NotFound."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            done = await rows.ACKNOWLEDGE_ALERT.first(tx, account_id=account_id, alert_id=alert_id, by=by, now=now)
            if done is not None:
                data = {"alert_id": str(alert_id), "source": done.source, "rate": done.rate, "words": done.words}
                await events.add(tx, account_id, "source.alert_acknowledged", now, data=data | {"by": by})
                await events.wake(tx)
            found = await _alerts(tx, account_id, ended=True, most=1, alert_id=alert_id)
        if not found:
            raise NotFound("There is no such alert.")
        return found[0]

    async def resume(self, account_id: UUID, name: str, by: str) -> bool:
        """Lift the guard's pause; False where there was none. Raises NotFound."""
        async with self._database.transaction() as tx:
            row = await SOURCE_BY_NAME.first(tx, account_id=account_id, name=name)
            if row is None:
                raise NotFound("There is no such source.")
            lifted = await rows.LIFT_GUARD_PAUSE.first(tx, account_id=account_id, source_id=row.source_id)
        if lifted is not None:
            log.info("guard.resumed", source_id=str(row.source_id), by=by)
        return lifted is not None

    async def _look_at(self, source_id: UUID) -> None:
        now = self._clock.now()
        async with self._database.transaction() as tx:
            held = await rows.HOLD_GUARDED_SOURCE.first(tx, source_id=source_id)
            if held is None:
                return
            alerts = {Rate(a.rate): a for a in await rows.OPEN_ALERTS_OF_SOURCE.all(tx, source_id=source_id)}
            watched = held.source.guard.watch
            opened: list[_Opened] = []
            for row in await _counted(tx, held, now):
                if row.rate not in watched:
                    continue
                alert = alerts.pop(Rate(row.rate), None)
                verdict = _verdict(row, alert, held.source.guard.window_leads)
                if alert is None and verdict.standing is Standing.OUT_OF_BAND:
                    opened.append(_Opened(verdict, row.began_at or now))
                elif alert is not None and verdict.standing is Standing.OK:
                    await _end(tx, held, alert, now, verdict.words)
            for rate, alert in alerts.items():
                if rate not in watched:
                    await _end(tx, held, alert, now, f"The {rate} rate is not watched any more.")
            await _open(tx, held, opened, now)


async def _alerts(
    tx: Connection,
    account_id: UUID,
    *,
    ended: bool,
    most: int,
    source: str | None = None,
    alert_id: UUID | None = None,
) -> list[AlertRow]:
    return await rows.SOURCE_ALERTS.all(
        tx, account_id=account_id, ended=ended, source=source, alert_id=alert_id, most=most
    )


async def _counted(tx: Connection, held: HeldSource, now: datetime) -> list[CountsRow]:
    terms, since = held.source.guard, now - LOOKED_BACK
    recent, most = terms.window_leads, terms.window_leads + BASELINE_LEADS
    return [
        *await rows.CONTACT_COUNTS.all(
            tx,
            source_id=held.source_id,
            since=since,
            settled_before=now - terms.settled_after,
            recent=recent,
            most=most,
        ),
        *await rows.POST_COUNTS.all(
            tx, source_id=held.source_id, since=since, invalid=INVALID, recent=recent, most=most, scanned=SCANNED
        ),
    ]


def _verdict(row: CountsRow, alert: OpenAlert | None, window: int) -> Verdict:
    """While an alert is on, the baseline is the one that it was raised by."""
    recent, baseline = Counts(row.recent_leads, row.recent_hits), Counts(row.baseline_leads, row.baseline_hits)
    if alert is not None:
        baseline = Counts(**alert.facts["baseline"])
    watch = replace(STANDARD, recent_leads=window, baseline_leads=BASELINE_LEADS)
    return judge(Rate(row.rate), recent, baseline, watch, alerting=alert is not None)


async def _open(tx: Connection, held: HeldSource, opened: list[_Opened], now: datetime) -> None:
    paused = held.source.guard.pause
    said = []
    for one in opened:
        rate, facts, alert_id = one.verdict.rate.value, _facts(one.verdict), new_id()
        happened = in_words(one.verdict)
        words = f"The {happened}."
        added = await rows.ADD_ALERT.first(
            tx,
            alert_id=alert_id,
            account_id=held.account_id,
            source_id=held.source_id,
            rate=rate,
            began_at=one.began_at,
            now=now,
            words=words,
            facts=facts,
            paused=paused,
        )
        if added is None:
            continue
        said.append(happened)
        data = {"alert_id": str(alert_id), "source": held.name, "rate": rate, "words": words}
        await events.add(tx, held.account_id, "source.alert", now, data=data | facts | {"paused": paused})
        log.warning("guard.alert", source_id=str(held.source_id), rate=rate, paused=paused)
    if said and paused:
        await rows.PAUSE_BY_GUARD.run(tx, source_id=held.source_id, words="; ".join(said))
    if said:
        await events.wake(tx)


async def _end(tx: Connection, held: HeldSource, alert: OpenAlert, now: datetime, words: str) -> None:
    if await rows.END_ALERT.first(tx, alert_id=alert.alert_id, now=now) is None:
        return
    data = {"alert_id": str(alert.alert_id), "source": held.name, "rate": alert.rate, "words": words}
    data["opened_at"] = iso(alert.opened_at)
    await events.add(tx, held.account_id, "source.alert_ended", now, data=data)
    await events.wake(tx)
    log.info("guard.alert_ended", source_id=str(held.source_id), rate=alert.rate)


def _facts(verdict: Verdict) -> Json:
    return {
        "recent": asdict(verdict.recent),
        "baseline": asdict(verdict.baseline),
        "p_value": verdict.p_value,
        "interval_95": None if verdict.interval is None else list(verdict.interval),
    }


def in_words(verdict: Verdict) -> str:
    """What happened, without a beginning or an end: it stands inside the sentence that a poster reads."""
    moved = "fell" if verdict.rate is Rate.CONTACT else "rose"
    return f"{verdict.rate} rate {moved} to {_share(verdict.recent)} from {_share(verdict.baseline)}"


def _share(counts: Counts) -> str:
    percent = 100 * counts.share
    return f"{percent:.{0 if percent >= 10 or percent == 0 else 1}f} % ({counts.hits} of {counts.leads:,})"
