"""What a lead costs, and how many leads and how much money a source may take in a day, a month and at all.

Owns: the ways in which a price is agreed, caps and budgets, and the calendar periods that they are counted in.
Must not know: how leads and money are counted (SQL), nor who is billed. Money is Decimal, in the account's
currency, with at most four decimals (``numeric(12, 4)``); no float is ever made of it.
A price that cannot be told is a Miss: the lead is refused, never taken for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from functools import lru_cache
from typing import assert_never

from speedtolead.domain.criteria import Criteria, LeadValues, Miss, judge, number
from speedtolead.domain.hours import zone_info

_FINEST = Decimal("0.0001")
_HIGHEST = Decimal(10) ** 8
"""What ``numeric(12, 4)`` cannot hold any more."""


@dataclass(frozen=True, slots=True)
class Flat:
    """Every lead costs the same."""

    price: Decimal


@dataclass(frozen=True, slots=True)
class PriceRule:
    """A lead that meets ``when`` costs ``price``."""

    when: Criteria
    price: Decimal


@dataclass(frozen=True, slots=True)
class ByRule:
    """The first rule that matches names the price; when none does, ``otherwise``."""

    rules: tuple[PriceRule, ...]
    otherwise: Decimal


@dataclass(frozen=True, slots=True)
class AsPosted:
    """The post names its own ``cost``. ``otherwise``: the price of a post without one; None refuses it."""

    maximum: Decimal | None = None
    otherwise: Decimal | None = None


Pricing = Flat | ByRule | AsPosted


@dataclass(frozen=True, slots=True)
class Price:
    """What the lead costs. ``words`` say why; ``rule`` is the index of the rule that matched."""

    amount: Decimal
    words: str
    rule: int | None = None


def price_of(pricing: Pricing, values: LeadValues, cost: object, now: datetime) -> Price | Miss:
    """The price of a lead whose post named ``cost`` (number, text such as ``"$31.50"``, or None).

    A Miss (field ``cost``) refuses the lead: no cost where one is needed, an unreadable one, or one above the
    maximum.
    """
    match pricing:
        case Flat(price):
            return Price(price, "flat")
        case ByRule():
            return _by_rule(pricing, values, now)
        case AsPosted():
            return _as_posted(pricing, cost)
        case _:
            assert_never(pricing)


def _by_rule(pricing: ByRule, values: LeadValues, now: datetime) -> Price:
    for index, rule in enumerate(pricing.rules):
        if not judge(rule.when, values, now):
            return Price(rule.price, f"price rule {index + 1}", index)
    return Price(pricing.otherwise, "no price rule matches")


def _as_posted(pricing: AsPosted, cost: object) -> Price | Miss:
    maximum = pricing.maximum
    if cost is None or (isinstance(cost, str) and not cost.strip()):
        if pricing.otherwise is not None:
            return Price(pricing.otherwise, "the post names no cost")
        return Miss("cost", "cost is not given; this source's posts must name it", {"cost": None})
    amount = money(cost)
    if amount is None:
        return Miss("cost", "cost is not an amount of money", {"cost": str(cost)[:40]})
    if maximum is not None and amount > maximum:
        words = f"cost is {amount}; this source pays at most {maximum}"
        return Miss("cost", words, {"cost": str(amount), "maximum": str(maximum)})
    return Price(amount, "as posted")


def money(value: object) -> Decimal | None:
    """An amount from 0 up to 99,999,999.9999, rounded half to even at four decimals; None for all else."""
    amount = number(value)
    if amount is None or not 0 <= amount < _HIGHEST:
        return None
    rounded = abs(amount).quantize(_FINEST, ROUND_HALF_EVEN)
    return _cents(rounded) if rounded < _HIGHEST else None


def _cents(amount: Decimal) -> Decimal:
    """Two decimals where that says it all, so that it reads as money: 31.5000 is 31.50."""
    short = amount.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    return short if short == amount else amount


@dataclass(frozen=True, slots=True)
class Caps:
    """How many accepted leads, and how much money for them; None: no limit."""

    daily: int | None = None
    monthly: int | None = None
    total: int | None = None
    daily_budget: Decimal | None = None
    monthly_budget: Decimal | None = None
    total_budget: Decimal | None = None


class PeriodKind(StrEnum):
    DAY = "day"
    MONTH = "month"
    TOTAL = "total"


_NAMES = {
    PeriodKind.DAY: ("caps.daily", "today"),
    PeriodKind.MONTH: ("caps.monthly", "this month"),
    PeriodKind.TOTAL: ("caps.total", "in all"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of the account's calendar in which leads and money are counted up to a limit."""

    kind: PeriodKind
    key: str
    """Names the counter: ``day:2026-11-22``, ``month:2026-11`` or ``total``."""
    cap: int | None
    budget: Decimal | None
    begins_at: datetime | None
    """UTC; its first moment. None: it has no beginning."""
    ends_at: datetime | None
    """UTC; the first moment of the next period. None: it does not end."""


def periods(caps: Caps, now: datetime, zone: str) -> tuple[Period, ...]:
    """The periods that hold ``now`` and have a limit, shortest first.

    Days and months are those of the calendar in ``zone``: a day lasts 23 or 25 hours when the clocks are moved. A
    period without a limit is not named; a limit that is set within one must be counted from the leads themselves.
    """
    today = now.astimezone(zone_info(zone)).date()
    named = (
        (PeriodKind.DAY, caps.daily, caps.daily_budget),
        (PeriodKind.MONTH, caps.monthly, caps.monthly_budget),
        (PeriodKind.TOTAL, caps.total, caps.total_budget),
    )
    return tuple(
        Period(kind, key, cap, budget, begins_at, ends_at)
        for kind, cap, budget in named
        if cap is not None or budget is not None
        for key, begins_at, ends_at in (_stretch(kind, today, zone),)
    )


@lru_cache(maxsize=1024)
def _stretch(kind: PeriodKind, today: date, zone: str) -> tuple[str, datetime | None, datetime | None]:
    """The key, the beginning and the end of the period that holds a day: the same for every lead of that day."""
    match kind:
        case PeriodKind.DAY:
            tomorrow = today + timedelta(days=1)
            return f"day:{today}", _midnight(today, zone), _midnight(tomorrow, zone)
        case PeriodKind.MONTH:
            first = today.replace(day=1)
            next_month = (first + timedelta(days=31)).replace(day=1)
            return f"month:{today:%Y-%m}", _midnight(first, zone), _midnight(next_month, zone)
        case PeriodKind.TOTAL:
            return "total", None, None


def full(period: Period, taken: int, spent: Decimal, price: Decimal) -> Miss | None:
    """Why one more lead at ``price`` does not fit, with ``taken`` leads for ``spent`` in the period so far.

    The Miss's field is the limit's: ``caps.daily``, ``caps.monthly_budget``. A budget may be used up exactly.
    """
    field, name = _NAMES[period.kind]
    inputs: dict[str, object] = {"period": period.key, "taken": taken, "spent": str(spent), "price": str(price)}
    if period.cap is not None and taken >= period.cap:
        words = f"{taken} leads were taken {name}; the cap is {period.cap}"
        return Miss(field, words, {**inputs, "cap": period.cap})
    if period.budget is not None and spent + price > period.budget:
        words = f"{spent} was spent {name}, and this lead costs {price}; the budget is {period.budget}"
        return Miss(f"{field}_budget", words, {**inputs, "budget": str(period.budget)})
    return None


def _midnight(day: date, zone: str) -> datetime:
    """The first moment of a local day, in UTC. Of a midnight that comes twice, ``fold=0`` is the first; where the
    clocks leave midnight out it is the moment of their jump.
    """
    return datetime.combine(day, time(), zone_info(zone)).astimezone(UTC)
