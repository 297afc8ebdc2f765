"""What a report is asked for: days, and which leads; all of it stands in the address.

Owns: the query, the days it means, and the links that change a part of it. Must not know: any report.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode

from aiohttp import web
from pydantic import ConfigDict, Field

from speedtolead.domain.hours import zone_info
from speedtolead.service.reports.figures import Days
from speedtolead.web import reading
from speedtolead.web.problems import field_problem

PERIODS: dict[str, tuple[str, int]] = {
    "today": ("Today", 1),
    "7d": ("7 days", 7),
    "30d": ("30 days", 30),
    "90d": ("90 days", 90),
    "365d": ("A year", 365),
}
"""In words, and in days with today as the last."""
MOST_DAYS = 3660
Name = Annotated[str, Field(max_length=100)]


class ReportQuery(reading.Given):
    """``from`` and ``to`` are days of the account's zone, both among them; without them ``period`` counts."""

    model_config = ConfigDict(populate_by_name=True)

    period: Literal["today", "7d", "30d", "90d", "365d"] = "7d"
    first: Annotated[date | None, Field(alias="from")] = None
    last: Annotated[date | None, Field(alias="to")] = None
    campaign: Name = ""
    source: Name = ""
    exclusive: Literal["", "exclusive", "shared"] = ""
    agent: Name = ""
    state: Annotated[str, Field(max_length=3)] = ""
    attribute: Annotated[str, Field(max_length=200)] = ""

    def kept(self) -> dict[str, str]:
        """What of it stands in an address: what is not as usual."""
        told = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return {name: str(value) for name, value in told.items()}

    def but(self, **changed: str) -> str:
        """The address's query with these changed; an empty one is left out. ``from_``: the first day."""
        changed = {name.rstrip("_"): value for name, value in changed.items()}
        return urlencode({name: value for name, value in (self.kept() | changed).items() if value})


@dataclass(frozen=True, slots=True)
class Asked:
    """A report's query, as days of the account. ``now``: when it was asked."""

    query: ReportQuery
    days: Days
    zone: str
    now: datetime

    def leads(self, step: str = "", **changed: str) -> str:
        """Where the leads behind a number are."""
        first, last = self.days.first.isoformat(), self.days.last.isoformat()
        return "/leads?" + self.query.but(period="", from_=first, to=last, step=step, **changed)

    def moments(self) -> tuple[datetime, datetime]:
        return self.days.moments(self.zone)

    @property
    def by(self) -> Literal["day", "month"]:
        """The steps of a trend."""
        return "day" if self.days.count <= 92 else "month"


def asked_of(request: web.Request, zone: str, now: datetime) -> Asked:
    """Raises a Problem: 422."""
    return asked(reading.query_of(ReportQuery, request, leave_empty_out=True), zone, now)


def asked(query: ReportQuery, zone: str, now: datetime) -> Asked:
    """Raises a Problem: 422."""
    for field, day in (("from", query.first), ("to", query.last)):
        if day is not None and not reading.YEARS[0] <= day.year <= reading.YEARS[1]:
            raise field_problem(field, f"expected a day between {reading.YEARS[0]} and {reading.YEARS[1]}")
    today = now.astimezone(zone_info(zone)).date()
    last = query.last or today
    first = query.first or last - timedelta(PERIODS[query.period][1] - 1)
    if first > last:
        raise field_problem("from", "expected a day that is not after `to`")
    if (last - first).days >= MOST_DAYS:
        raise field_problem("from", f"expected at most {MOST_DAYS} days")
    name, equals, value = query.attribute.partition("=")
    if query.attribute and not (equals and name.strip()):
        raise field_problem("attribute", "expected name=value")
    days = Days(
        first,
        last,
        campaign=query.campaign or None,
        source=query.source or None,
        exclusive=None if not query.exclusive else query.exclusive == "exclusive",
        region=query.state.strip().upper() or None,
        agent=query.agent or None,
        attribute=(name.strip(), value.strip()) if equals else None,
    )
    return Asked(query, days, zone, now)
