"""Sums of days of an account, as the reports are made of them.

Owns: which days and leads are meant, and reading the sums. Must not know: what counts (``lead_figures`` in the
database), or how a report looks. The sums are as of the last tick: a second or so behind, longer in a rush.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

from speedtolead.domain.histogram import Histogram
from speedtolead.domain.hours import zone_info
from speedtolead.ports import Clock
from speedtolead.store import figures as rows
from speedtolead.store.database import Database
from speedtolead.store.figures import AgentTime, Choice, FigureRow, FoundLead, SlowLead, SuppressedRow

By = Literal["", "source", "campaign", "day", "month"]
SPELLS_KEPT = timedelta(days=2 * 366)
LOOKED_AT = 2000
"""Leads among which the slowest are looked for."""


@dataclass(frozen=True, slots=True)
class Days:
    """Days of the account's zone, both ends among them, and which leads; None is: all.

    ``region``, ``agent`` and ``attribute`` choose single leads, which takes longer than whole sums.
    """

    first: date
    last: date
    campaign: str | None = None
    source: str | None = None
    exclusive: bool | None = None
    region: str | None = None
    agent: str | None = None
    attribute: tuple[str, str] | None = None

    @property
    def chooses_leads(self) -> bool:
        return self.region is not None or self.agent is not None or self.attribute is not None

    @property
    def of_all(self) -> bool:
        """Of every campaign and source."""
        return self.campaign is None and self.source is None and self.exclusive is None

    @property
    def count(self) -> int:
        return (self.last - self.first).days + 1

    def before(self) -> Days:
        """As many days, before these."""
        return replace(self, first=self.first - timedelta(self.count), last=self.first - timedelta(1))

    def months(self) -> tuple[date, date]:
        """The whole months among them: the first day of the first, and the first day after the last."""
        begins = self.first if self.first.day == 1 else _next_month(self.first)
        ends = (self.last + timedelta(1)).replace(day=1)
        return (begins, ends) if begins < ends else (self.last + timedelta(1), self.last + timedelta(1))

    def moments(self, zone: str) -> tuple[datetime, datetime]:
        """When the first of them began, and the moment after the last."""
        place = zone_info(zone)
        return (
            datetime.combine(self.first, time(), place),
            datetime.combine(self.last + timedelta(1), time(), place),
        )


@dataclass(frozen=True, slots=True)
class Page:
    """Which of the leads; ``step``: those that got there."""

    most: int
    step: str | None = None
    refusal: str | None = None
    before_at: datetime | None = None
    before_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Sums:
    """Of one group. What was not counted is 0."""

    by_name: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)

    def n(self, name: str, key: str = "") -> int:
        return int(self.amount(name, key))

    def amount(self, name: str, key: str = "") -> Decimal:
        return self.by_name.get(name, {}).get(key, Decimal(0))

    def keys(self, name: str) -> dict[str, int]:
        """A number told apart."""
        return {key: int(n) for key, n in self.by_name.get(name, {}).items()}

    def total(self, name: str) -> int:
        """A number told apart, taken together."""
        return sum(self.keys(name).values())

    def histogram(self, name: str) -> Histogram:
        return Histogram({int(key): n for key, n in self.keys(name).items()})


class Figures:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def sums(self, account_id: UUID, days: Days, names: Iterable[str], by: By = "") -> dict[str, Sums]:
        """The sums of each group in which something was counted, in the order of their names."""
        months_from, months_until = days.months() if by != "day" else (days.last + timedelta(1),) * 2
        given = {
            "account_id": account_id,
            "first_day": days.first,
            "last_day": days.last,
            "names": list(names),
            "by": by,
            "campaign": days.campaign,
            "source": days.source,
            "exclusive": days.exclusive,
        }
        async with self._database.connection() as tx:
            if days.chooses_leads:
                key, value = days.attribute or (None, None)
                found = await rows.FIGURES_OF_LEADS.all(
                    tx, **given, region=days.region, agent=days.agent, attribute=key, attribute_value=value
                )
            else:
                whole = days.of_all and by not in {"source", "campaign"}
                months = {"months_from": months_from, "months_until": months_until}
                found = await rows.FIGURES.all(tx, **given, **months, whole=whole)
        return _grouped(found)

    async def all(self, account_id: UUID, days: Days, names: Iterable[str]) -> Sums:
        """The sums of all together."""
        return (await self.sums(account_id, days, names)).get("", Sums())

    async def agent_times(self, account_id: UUID, since: datetime, until: datetime) -> list[AgentTime]:
        """Seconds that each agent was in each state."""
        now = self._clock.now()
        async with self._database.connection() as tx:
            return await rows.AGENT_TIMES.all(tx, account_id=account_id, since=since, until=until, now=now)

    async def days(self, account_id: UUID, since: datetime, until: datetime) -> tuple[Days, str]:
        """The days of the account's zone that a period touches, and that zone."""
        async with self._database.connection() as tx:
            zone = (await rows.ACCOUNT_ZONE.one(tx, account_id=account_id)).timezone
        place = zone_info(zone)
        last = until.astimezone(place) - timedelta(microseconds=1)
        return Days(since.astimezone(place).date(), last.date()), zone

    async def forget(self) -> None:
        """Remove what agents did with their time, of longer ago than ``SPELLS_KEPT``."""
        async with self._database.connection() as tx:
            await rows.FORGET_SPELLS.run(tx, before=self._clock.now() - SPELLS_KEPT)

    async def choices(self, account_id: UUID) -> list[Choice]:
        """By what a report may be narrowed down."""
        async with self._database.connection() as tx:
            return await rows.REPORT_CHOICES.all(tx, account_id=account_id)

    async def suppressed(self, account_id: UUID, since: datetime, until: datetime) -> list[SuppressedRow]:
        async with self._database.connection() as tx:
            return await rows.SUPPRESSED_IN_PERIOD.all(tx, account_id=account_id, since=since, until=until)

    async def slowest(self, account_id: UUID, days: Days, zone: str, most: int) -> list[SlowLead]:
        """Of the latest ``LOOKED_AT`` leads of these days."""
        since, until = days.moments(zone)
        async with self._database.connection() as tx:
            return await rows.SLOWEST_LEADS.all(
                tx,
                account_id=account_id,
                since=since,
                until=until,
                campaign=days.campaign,
                source=days.source,
                looked_at=LOOKED_AT,
                most=most,
            )

    async def leads(self, account_id: UUID, days: Days, zone: str, page: Page) -> list[FoundLead]:
        """The leads behind a figure, newest first."""
        since, until = days.moments(zone)
        key, value = days.attribute or (None, None)
        async with self._database.connection() as tx:
            return await rows.LEADS_FOUND.all(
                tx,
                account_id=account_id,
                since=since,
                until=until,
                campaign=days.campaign,
                source=days.source,
                exclusive=days.exclusive,
                region=days.region,
                agent=days.agent,
                attribute=key,
                attribute_value=value,
                refusal=page.refusal,
                step=page.step,
                before_at=page.before_at,
                before_id=page.before_id,
                most=page.most,
            )


def _grouped(found: Iterable[FigureRow]) -> dict[str, Sums]:
    groups: dict[str, dict[str, dict[str, Decimal]]] = defaultdict(lambda: defaultdict(dict))
    for row in found:
        groups[row.grouped][row.name][row.key] = row.n
    return {name: Sums(groups[name]) for name in sorted(groups)}


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(4)).replace(day=1)
