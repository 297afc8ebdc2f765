"""The watch over caller IDs at work: counting answers, letting a number rest, its trial, and the way back.

Owns: what is counted, and what follows from a verdict. Must not know: the test (``domain/number_watch.py``), or
which number is shown. A number rests in the whole account, whichever campaign's calls showed that its answers
dropped: what a person's phone says of a number does not depend on our campaigns. It never takes a campaign's last
number; the alert says so instead. Looking again, or on two nodes at once, changes nothing: the row decides who was
first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

import structlog

from speedtolead.domain.number_watch import PAST, Answers, Standing, Strata, Verdict, Watch, judge
from speedtolead.ports import Clock
from speedtolead.service.phone_numbers.numbers import MOST_ALERTS, WATCH, look_again, say_benched
from speedtolead.store import events
from speedtolead.store import numbers as rows
from speedtolead.store.database import Database, DatabaseAway
from speedtolead.store.ids import new_id
from speedtolead.store.numbers import CallingCampaign, NumberAlertRow, NumberInFull, WatchedCalls
from speedtolead.store.query import Connection
from speedtolead.store.settings_json import Json

log = structlog.get_logger(__name__)

_STRATA = {True: "first", False: "later"}


@dataclass(frozen=True, slots=True)
class _Account:
    """One account at one look."""

    account_id: UUID
    now: datetime
    numbers: list[NumberInFull]
    campaigns: list[CallingCampaign]
    counts: list[WatchedCalls]

    def verdict(
        self, one: CallingCampaign, phone: str, watch: Watch, alert: NumberAlertRow | None = None
    ) -> Verdict:
        """``alert``: it was raised for this number, which is judged for the way back by the past of before it."""
        pool = one.campaign.caller_ids
        mine = [c for c in self.counts if c.campaign_id == one.campaign_id and c.phone == phone]
        theirs = [
            c for c in self.counts if c.campaign_id == one.campaign_id and c.phone != phone and pool.has(c.phone)
        ]
        past = _strata(c for c in mine if not c.recent) if alert is None else _strata_of(alert.facts["past"])
        return judge(
            _strata(c for c in mine if c.recent),
            past,
            _strata(c for c in theirs if c.recent),
            watch,
            on_trial=alert is not None,
        )

    def watches(self, phone: str) -> list[tuple[CallingCampaign, Watch]]:
        """The campaigns that show it and look at its answers."""
        terms = [(one, one.campaign.caller_ids) for one in self.campaigns]
        return [(one, pool.watch) for one, pool in terms if pool.watch is not None and pool.has(phone)]

    def last_of(self, phone: str) -> str | None:
        """A campaign that would be left without a number; None: there is none."""
        others = [number.phone for number in self.numbers if number.phone != phone and not number.resting]
        for one in self.campaigns:
            pool = one.campaign.caller_ids
            if pool.has(phone) and not any(map(pool.has, others)):
                return one.name
        return None


class NumberWatching:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def look(self) -> None:
        """Judge the numbers of every account. One that cannot be judged does not keep the others from it."""
        async with self._database.connection() as tx:
            campaigns = await rows.CAMPAIGNS_THAT_CALL.all(tx, account_id=None)
        for account_id, found in groupby(campaigns, lambda one: one.account_id):
            try:
                await self._look_at(account_id, list(found))
            except DatabaseAway:
                raise
            except Exception:
                log.exception("number_watch.failed", account_id=str(account_id))

    async def _look_at(self, account_id: UUID, campaigns: list[CallingCampaign]) -> None:
        now = self._clock.now()
        async with self._database.snapshot() as tx:
            numbers = await rows.NUMBERS_IN_FULL.all(tx, account_id=account_id, now=now)
            counts = await self._counted(tx, account_id, now, numbers, campaigns)
            alerts = await rows.NUMBER_ALERTS.all(
                tx, account_id=account_id, now=now, ended=False, most=MOST_ALERTS, alert_id=None
            )
        open_ones = {alert.phone: alert for alert in alerts if alert.phone is not None}
        account = _Account(account_id, now, numbers, campaigns, counts)
        for number in numbers:
            if number.resting:
                continue
            alert = open_ones.get(number.phone)
            if alert is None and not number.on_trial:
                await self._judge(account, number)
            else:
                await self._judge_again(account, number, alert)

    async def _counted(
        self,
        tx: Connection,
        account_id: UUID,
        now: datetime,
        numbers: Sequence[NumberInFull],
        campaigns: Sequence[CallingCampaign],
    ) -> list[WatchedCalls]:
        watched = [(one, watch) for one in campaigns if (watch := one.campaign.caller_ids.watch) is not None]
        if not watched or not numbers:
            return []
        longest = max(watch.over for _, watch in watched)
        return await rows.WATCHED_CALLS.all(
            tx,
            account_id=account_id,
            phones=[number.phone for number in numbers],
            trials_from=[number.benched_until if number.on_trial else None for number in numbers],
            campaign_ids=[one.campaign_id for one, _ in watched],
            recents_from=[now - watch.over for _, watch in watched],
            since=now - longest - PAST,
        )

    async def _judge(self, account: _Account, number: NumberInFull) -> None:
        for one, watch in account.watches(number.phone):
            verdict = account.verdict(one, number.phone, watch)
            if verdict.standing is Standing.OUT_OF_BAND:
                await self._out(account, one, number, watch, verdict, None)
                return

    async def _judge_again(self, account: _Account, number: NumberInFull, alert: NumberAlertRow | None) -> None:
        """It comes back from a rest, or could not be spared: is it as good as any again?"""
        judged = [
            (one, watch)
            for one, watch in account.watches(number.phone)
            if alert is not None and one.name == alert.campaign
        ]
        if alert is None or not judged:
            await self._back(account, number, "Nobody watches its answers any more.")
            return
        one, watch = judged[0]
        verdict = account.verdict(one, number.phone, watch, alert)
        since = number.benched_until or alert.opened_at
        if verdict.standing is Standing.OUT_OF_BAND:
            if account.last_of(number.phone) is None:  # else its alert says already that it cannot be spared
                await self._out(account, one, number, watch, verdict, alert)
        elif verdict.standing is Standing.OK:
            await self._back(account, number, f"It was {verdict.words}.")
        elif verdict.standing is Standing.NOT_ENOUGH and account.now - since > PAST:
            await self._back(account, number, "In 30 days there was too little to judge it by.")

    async def _out(
        self,
        account: _Account,
        one: CallingCampaign,
        number: NumberInFull,
        watch: Watch,
        verdict: Verdict,
        before: NumberAlertRow | None,
    ) -> None:
        """Let it rest, and say so; or say why it cannot be spared."""
        last_of = account.last_of(number.phone)
        words = f"{number.phone} was {verdict.words}."
        if last_of is not None:
            words += f" It is still shown: {last_of} has no other number."
        past = before.facts["past"] if before is not None else _as_json(account, one, number.phone)
        facts = _facts(verdict) | {"past": past, "benched": last_of is None}
        now, until, phone = account.now, account.now + watch.rest, number.phone
        async with self._database.transaction() as tx:
            if last_of is None:
                rests = await rows.BENCH_NUMBER.first(
                    tx,
                    account_id=account.account_id,
                    phone=phone,
                    now=now,
                    until=until,
                    by=WATCH,
                    why=words,
                    anew=False,
                )
                if rests is None:
                    return
            if before is not None:
                await rows.END_NUMBER_ALERT.first(tx, account_id=account.account_id, phone=phone, now=now)
            alert_id = new_id()
            opened = await rows.OPEN_NUMBER_ALERT.first(
                tx,
                alert_id=alert_id,
                account_id=account.account_id,
                campaign_id=one.campaign_id,
                kind="answer_rate",
                phone=phone,
                now=now,
                ends_at=None,
                words=words,
                facts=facts,
            )
            if opened is None:
                return
            data = {"alert_id": str(alert_id), "phone": phone, "campaign": one.name, "words": words} | facts
            await events.add(tx, account.account_id, "number.alert", now, data=data)
            if last_of is None:
                await say_benched(tx, account.account_id, phone, WATCH, until, words, now)

    async def _back(self, account: _Account, number: NumberInFull, words: str) -> None:
        now, phone = account.now, number.phone
        async with self._database.transaction() as tx:
            back = await rows.UNBENCH_NUMBER.first(tx, account_id=account.account_id, phone=phone)
            ended = await rows.END_NUMBER_ALERT.first(tx, account_id=account.account_id, phone=phone, now=now)
            if back is None and ended is None:
                return
            await look_again(tx, account.account_id, now)
            data = {"phone": phone, "by": WATCH, "words": words}
            await events.add(tx, account.account_id, "number.unbenched", now, data=data)
            await events.wake(tx)


def _strata(counts: Iterable[WatchedCalls]) -> Strata:
    found: dict[bool, Answers] = {}
    for one in counts:
        known = found.get(one.first, Answers())
        found[one.first] = Answers(known.calls + one.calls, known.answered + one.answered)
    return found


def _strata_of(kept: Json) -> Strata:
    return {first: Answers(*kept[name]) for first, name in _STRATA.items() if name in kept}


def _as_json(account: _Account, one: CallingCampaign, phone: str) -> Json:
    """A number's own past, by stratum, as it is kept for its trial."""
    past = _strata(
        c for c in account.counts if c.campaign_id == one.campaign_id and c.phone == phone and not c.recent
    )
    return {_STRATA[first]: [answers.calls, answers.answered] for first, answers in past.items()}


def _facts(verdict: Verdict) -> Json:
    def told(answers: Answers) -> Json:
        return {"calls": answers.calls, "answered": answers.answered}

    return {
        "recent": told(verdict.recent),
        "others": told(verdict.others),
        "before": told(verdict.past),
        "p_past": verdict.p_past,
        "p_others": verdict.p_others,
        "interval_95": None if verdict.interval is None else list(verdict.interval),
    }
