"""What sources cost and bring, on their pages: the period, the order of the rows, and the links that change either.

Owns: the choices and the links. Must not know: which sums make which number (they are ``/v1/stats/sources``'s).
The numbers are as they were when the page was asked for: a month is not summed again for each call that ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import urlencode

from aiohttp import web
from pydantic import BaseModel, ValidationError, field_validator

from speedtolead.service.reports.source_stats import Wanted, began
from speedtolead.store.people import SessionOwner
from speedtolead.web.problems import of_validation
from speedtolead.web.services import SERVICES
from speedtolead.web.source_stats_views import SourceStatsView, source_stats_view

PERIODS: dict[str, tuple[str, int]] = {"today": ("Today", 1), "7d": ("7 days", 7), "30d": ("30 days", 30)}
"""In words, and in days with today as the last one."""

Value = int | float | Decimal | None
COLUMNS: dict[str, Callable[[SourceStatsView], Value]] = {
    "accepted": lambda one: one.accepted,
    "refused": lambda one: one.refused,
    "calls": lambda one: one.calls.received,
    "contact_rate": lambda one: one.contact_rate.value,
    "cost": lambda one: one.cost,
    "credited": lambda one: one.credited,
    "cost_per_lead": lambda one: one.cost_per_lead,
    "cost_per_contact": lambda one: one.cost_per_contact,
    "sales": lambda one: one.sales,
    "revenue": lambda one: one.revenue,
    "roas": lambda one: one.roas,
}
"""What a row can be ordered by, beside the name."""


class FiguresQuery(BaseModel):
    """What else an address says is not ours."""

    period: Literal["today", "7d", "30d"] = "7d"
    sort: str = "source"
    order: Literal["asc", "desc"] = "asc"

    @field_validator("sort")
    @classmethod
    def _known(cls, value: str) -> str:
        if value != "source" and value not in COLUMNS:
            raise ValueError(f"expected source, {', '.join(COLUMNS)}")
        return value

    def but(self, **changed: str) -> str:
        """The address's query with these changed; what is as usual is left out."""
        usual = FiguresQuery().model_dump()
        return urlencode(
            {name: value for name, value in (self.model_dump() | changed).items() if value != usual[name]}
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """A link; ``order`` is set where the rows are ordered by it."""

    key: str
    words: str
    query: str
    chosen: bool
    order: str | None = None


def query_of(request: web.Request) -> FiguresQuery:
    """Raises a Problem: 422."""
    try:
        return FiguresQuery.model_validate(dict(request.query))
    except ValidationError as error:
        raise of_validation(error) from None


async def given(request: web.Request, session: SessionOwner, source: str | None = None) -> dict[str, Any]:
    """What the templates show of one source, or of all in their order."""
    services, query = request.app[SERVICES], query_of(request)
    now = services.clock.now()
    since = began(now, session.timezone, PERIODS[query.period][1])
    found = await services.source_reports.stats(session.account_id, Wanted(since, now, source=source))
    return {
        "figures": ordered([source_stats_view(one) for one in found], query.sort, query.order),
        "figures_since": since,
        "figures_query": query,
        "periods": [
            Choice(key, words, query.but(period=key), key == query.period) for key, (words, _) in PERIODS.items()
        ],
        "columns": [_column(query, name) for name in ("source", *COLUMNS)],
    }


def ordered(found: list[SourceStatsView], sort: str, order: str) -> list[SourceStatsView]:
    """By a column, and by name where that is the same; what has no number comes last either way."""
    if sort == "source":
        return sorted(found, key=lambda one: one.source, reverse=order == "desc")
    value, sign = COLUMNS[sort], -1 if order == "desc" else 1

    def place(one: SourceStatsView) -> tuple[bool, Value, str]:
        number = value(one)
        return (number is None, 0 if number is None else sign * number, one.source)

    return sorted(found, key=place)


def _column(query: FiguresQuery, name: str) -> Choice:
    """A number is ordered from the highest, then from the lowest; a name the other way about."""
    first, then = ("asc", "desc") if name == "source" else ("desc", "asc")
    chosen = query.sort == name
    order = then if chosen and query.order == first else first
    return Choice(name, name, query.but(sort=name, order=order), chosen, query.order if chosen else None)
