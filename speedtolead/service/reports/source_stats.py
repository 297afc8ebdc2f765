"""What a source sends, costs and brings, net of returns.

Owns: which sums make which number, and where a period of days begins. Must not know: how it is asked for or shown.

One rule makes the money: a lead that its vendor credited back is out, and so are its cost and what it brought. A
claim that is not credited changes nothing. Rates of what came (accepted, contacted) are of all leads that came.
A number whose denominator is 0 is None, never 0; so is the cost per anything while no price of its leads is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from speedtolead.domain.checks import Reason
from speedtolead.domain.hours import zone_info
from speedtolead.domain.lead import Refusal
from speedtolead.store import source_stats as rows
from speedtolead.store.database import Database
from speedtolead.store.source_stats import SourceStatsRow

_FRACTION = Decimal("0.0001")
"""Money is kept to four decimals."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """``[since, until)`` of leads received; None is: all."""

    since: datetime
    until: datetime
    campaign: str | None = None
    source: str | None = None
    by_day: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A count, and what it is a count of."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class SourceStats:
    """The numbers of one source; money in the account's currency, to four decimals."""

    row: SourceStatsRow

    @property
    def refused(self) -> int:
        return self.row.received - self.row.accepted

    @property
    def acceptance(self) -> Part:
        return Part(self.row.accepted, self.row.received)

    @property
    def duplicates(self) -> Part:
        """Refused as duplicate, or a touch of a running lead, of all posts: as the source guard counts."""
        touches = self.row.touches
        return Part(self.row.refused.get(Refusal.DUPLICATE, 0) + touches, self.row.received + touches)

    @property
    def invalid_numbers(self) -> Part:
        return Part(self.row.refused.get(Reason.INVALID_PHONE, 0), self.row.received)

    @property
    def contact(self) -> Part:
        return Part(self.row.contacted, self.row.accepted)

    @property
    def returned(self) -> Part:
        return Part(self.row.credited, self.row.accepted)

    @property
    def net_cost(self) -> Decimal:
        return self.row.cost - self.row.credited_amount

    @property
    def cost_per_lead(self) -> Decimal | None:
        return self._cost_per(self.row.net_leads)

    @property
    def cost_per_contact(self) -> Decimal | None:
        return self._cost_per(self.row.net_contacted)

    @property
    def cost_per_appointment(self) -> Decimal | None:
        return self._cost_per(self.row.appointments)

    @property
    def cost_per_sale(self) -> Decimal | None:
        return self._cost_per(self.row.sales)

    @property
    def roas(self) -> Decimal | None:
        """Return on ad spend: what one unit of money brought."""
        return per(self.row.revenue, self.net_cost)

    @property
    def cost_per_call(self) -> Decimal | None:
        return per(self.row.call_cost, self.row.calls)

    @property
    def cost_per_billable_call(self) -> Decimal | None:
        return per(self.row.call_cost, self.row.billable)

    def _cost_per(self, whole: int) -> Decimal | None:
        return per(self.net_cost, whole) if self.row.unpriced < self.row.accepted else None


class SourceReports:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def stats(self, account_id: UUID, wanted: Wanted) -> list[SourceStats]:
        """A row a source, by name, those without a lead too; with ``by_day`` a row for each day that had any."""
        async with self._database.connection() as tx:
            found = await rows.SOURCE_STATS.all(
                tx,
                by_day=wanted.by_day,
                account_id=account_id,
                since=wanted.since,
                until=wanted.until,
                campaign=wanted.campaign,
                source=wanted.source,
            )
        return [SourceStats(row) for row in found]


def per(amount: Decimal, whole: int | Decimal) -> Decimal | None:
    """An amount for each of so many, to four decimals; None for each of none."""
    return (amount / whole).quantize(_FRACTION) if whole else None


def began(now: datetime, zone: str, days: int) -> datetime:
    """The midnight, where the account is, at which a period of so many days with today as its last began."""
    place = zone_info(zone)
    return datetime.combine(now.astimezone(place).date() - timedelta(days=days - 1), time(), place)
