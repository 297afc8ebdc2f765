"""The daily and the weekly digest: what was, in a mail that reads well on a phone.

Owns: when one is due, and what it says. Must not know: how it is carried. On any number of nodes each is written
once: its day is in its key.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import structlog

from speedtolead.domain.hours import zone_info
from speedtolead.ports import Clock
from speedtolead.service.alarms.terms import of_json
from speedtolead.service.messages.notices import Letter, tell
from speedtolead.service.reports.figures import Days, Figures, Sums
from speedtolead.service.reports.funnel import MONEY, profit, source_stats
from speedtolead.store import alarms as rows
from speedtolead.store.alarms import AlarmAccount
from speedtolead.store.database import Database, DatabaseAway

log = structlog.get_logger(__name__)
_NAMES = (*MONEY, "speed_to_dial", "speed_to_dial_class")
SOURCES = 5


class Digests:
    def __init__(self, database: Database, clock: Clock, figures: Figures, public_url: str) -> None:
        self._database = database
        self._clock = clock
        self._figures = figures
        self._url = public_url

    async def look(self) -> None:
        """Write what is due, of every account."""
        async with self._database.connection() as tx:
            accounts = await rows.ALARM_ACCOUNTS.all(tx)
        for account in accounts:
            try:
                await self._look_at(account)
            except DatabaseAway:
                raise
            except Exception:
                log.exception("digest.failed", account_id=str(account.account_id))

    async def _look_at(self, account: AlarmAccount) -> None:
        terms, now = of_json(account.alerts), self._clock.now()
        here = now.astimezone(zone_info(account.timezone))
        if terms.digest is None or not terms.mail or here.time() < terms.digest.at:
            return
        today = here.date()
        due = [("daily", Days(today - timedelta(1), today - timedelta(1)))]
        if today.weekday() == terms.digest.weekly:
            due.append(("weekly", Days(today - timedelta(7), today - timedelta(1))))
        for kind, days in due:
            key = f"{kind} digest {today}"
            async with self._database.connection() as tx:
                if await rows.NOTICE_MADE.first(tx, account_id=account.account_id, key=key) is not None:
                    continue
            letter = await self._letter(account, days, now)
            async with self._database.transaction() as tx:
                await tell(tx, account.account_id, terms, key, letter, now)

    async def _letter(self, account: AlarmAccount, days: Days, now: datetime) -> Letter:
        sums = await self._figures.all(account.account_id, days, _NAMES)
        before = await self._figures.all(account.account_id, days.before(), _NAMES)
        groups = await self._figures.sums(account.account_id, days, MONEY, "source")
        async with self._database.connection() as tx:
            alarms = await rows.ALARMS_OF_ACCOUNT.all(tx, account_id=account.account_id, ended=False, most=10)
        when = said_of(days)
        place = f"{self._url}/reports/speed?from={days.first}&to={days.last}"
        words = [one.words for one in alarms]
        return Letter(f"{account.name}: {when}", when, words, lines(sums, before, groups), place, "The reports")


def said_of(days: Days) -> str:
    """The days in words."""
    return _day(days.first) if days.count == 1 else f"{_day(days.first)} to {_day(days.last)}"


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def lines(sums: Sums, before: Sums, groups: dict[str, Sums]) -> list[tuple[str, str]]:
    """The numbers, with those of as many days before in brackets."""
    told, past = sums.histogram("speed_to_dial"), before.histogram("speed_to_dial")
    within = sum(sums.n("speed_to_dial_class", key) for key in ("5", "30", "60"))
    whole = source_stats({"all": sums}, {})[0]
    found = [
        ("Leads accepted", f"{sums.n('accepted'):,} of {sums.n('received'):,} ({before.n('accepted'):,})"),
        ("Half were dialled within", f"{_seconds(told.percentile(0.5))} ({_seconds(past.percentile(0.5))})"),
        ("Nine in ten within", f"{_seconds(told.percentile(0.9))} ({_seconds(past.percentile(0.9))})"),
        ("Dialled within a minute", f"{within:,} of {told.counted:,}"),
        ("Reached", f"{_share(sums)} ({_share(before)})"),
        ("Appointments", f"{sums.n('appointments'):,} ({before.n('appointments'):,})"),
        ("Sales", f"{sums.n('sales'):,} ({before.n('sales'):,})"),
        ("Revenue", f"{sums.amount('revenue'):,.2f} ({before.amount('revenue'):,.2f})"),
        ("Net cost", f"{whole.net_cost:,.2f}"),
    ]
    best = sorted(source_stats(groups, {}), key=lambda one: -(profit(one) or 0))
    found += [
        (one.row.source, f"{one.row.contacted:,} of {one.row.accepted:,} reached, profit {profit(one) or 0:,.2f}")
        for one in best[:SOURCES]
    ]
    return found


def _share(sums: Sums) -> str:
    accepted, contacted = sums.n("accepted"), sums.n("contacted")
    return f"{contacted:,} of {accepted:,}, {100 * contacted / accepted:.0f} %" if accepted else "none"


def _seconds(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.1f} s" if value < 60 else f"{value / 60:.0f} min"
