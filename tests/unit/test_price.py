"""A lead's price, and the calendar periods in which leads and money are counted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from domain_samples import CHICAGO, LA, NOON, NY, PHOENIX, at, examples, utc
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.domain.criteria import LeadValues, Miss, from_document
from speedtolead.domain.price import (
    AsPosted,
    ByRule,
    Caps,
    Flat,
    Period,
    PeriodKind,
    Price,
    PriceRule,
    full,
    money,
    periods,
    price_of,
)

D = Decimal

# ---- the price ----------------------------------------------------------------------------------------------

RULES = ByRule(
    (
        PriceRule(from_document({"states": ["FL"], "attributes": {"age": {"at_least": 65}}}), D("40.00")),
        PriceRule(from_document({"states": ["FL", "GA"]}), D("30.00")),
    ),
    D("20.00"),
)


def lead(state: str | None = None, **attributes: object) -> LeadValues:
    return LeadValues(state=state, attributes=attributes)


def test_a_flat_price_asks_nothing() -> None:
    assert price_of(Flat(D("25.00")), lead(), "99", NOON) == Price(D("25.00"), "flat")


@pytest.mark.parametrize(
    ("values", "price"),
    [
        (lead("FL", age=70), Price(D("40.00"), "price rule 1", 0)),
        (lead("FL", age=64), Price(D("30.00"), "price rule 2", 1)),
        (lead("FL"), Price(D("30.00"), "price rule 2", 1)),
        (lead("GA", age=70), Price(D("30.00"), "price rule 2", 1)),
        (lead("TX", age=70), Price(D("20.00"), "no price rule matches")),
        (lead(), Price(D("20.00"), "no price rule matches")),
    ],
)
def test_the_first_rule_that_matches_names_the_price(values: LeadValues, price: Price) -> None:
    assert price_of(RULES, values, "99", NOON) == price


@pytest.mark.parametrize(
    ("cost", "amount"),
    [
        ("31.50", D("31.50")),
        ("$31.5", D("31.50")),
        (" $1,200 ", D("1200.00")),
        (31, D("31.00")),
        (31.1, D("31.10")),  # as it was written, not as binary holds it
        (D("31.5125"), D("31.5125")),
        ("0", D("0.00")),
        ("31.00005", D("31.00")),  # half to even
        ("31.00015", D("31.0002")),
        ("50.00", D("50.00")),
    ],
)
def test_the_posts_own_cost_is_its_price(cost: object, amount: Decimal) -> None:
    found = price_of(AsPosted(maximum=D("5000")), lead(), cost, NOON)
    assert isinstance(found, Price)
    assert str(found.amount) == str(amount)
    assert found.words == "as posted"


def test_a_cost_above_the_maximum_refuses_the_lead() -> None:
    words = "cost is 30.01; this source pays at most 30.00"
    inputs: dict[str, object] = {"cost": "30.01", "maximum": "30.00"}
    assert price_of(AsPosted(D("30.00")), lead(), "30.01", NOON) == Miss("cost", words, inputs)
    assert price_of(AsPosted(D("30.00")), lead(), "30.00", NOON) == Price(D("30.00"), "as posted")


@pytest.mark.parametrize("cost", ["-1", "25-34", "free", "1e3", True, [], "100000000", "99999999.99999"])
def test_what_is_no_amount_of_money_refuses_the_lead(cost: object) -> None:
    found = price_of(AsPosted(otherwise=D("20.00")), lead(), cost, NOON)
    assert found == Miss("cost", "cost is not an amount of money", {"cost": str(cost)})


@pytest.mark.parametrize("cost", [None, "", "  "])
def test_a_post_without_a_cost_is_refused_unless_a_price_is_agreed_for_it(cost: object) -> None:
    assert price_of(AsPosted(otherwise=D("20.00")), lead(), cost, NOON) == Price(
        D("20.00"), "the post names no cost"
    )
    refused = price_of(AsPosted(), lead(), cost, NOON)
    assert refused == Miss("cost", "cost is not given; this source's posts must name it", {"cost": None})


@examples(200)
@given(st.decimals(0, 99_999_999, places=4))
def test_money_of_four_decimals_is_kept_exactly(amount: Decimal) -> None:
    assert money(amount) == amount
    assert money(str(amount)) == amount
    assert money(f"${amount:,}") == amount


# ---- the periods --------------------------------------------------------------------------------------------

ALL = Caps(500, 10_000, 50_000, D("5000"), D("90000"), D("400000"))


def test_each_period_has_its_key_its_limits_and_its_end() -> None:
    assert periods(ALL, at(NY, 2026, 11, 22, 15, 30), NY) == (
        Period(PeriodKind.DAY, "day:2026-11-22", 500, D("5000"), at(NY, 2026, 11, 22), at(NY, 2026, 11, 23)),
        Period(PeriodKind.MONTH, "month:2026-11", 10_000, D("90000"), at(NY, 2026, 11, 1), at(NY, 2026, 12, 1)),
        Period(PeriodKind.TOTAL, "total", 50_000, D("400000"), None, None),
    )


@pytest.mark.parametrize(
    ("caps", "kinds"),
    [
        (Caps(), []),
        (Caps(daily=0), ["day"]),
        (Caps(monthly_budget=D("10")), ["month"]),
        (Caps(total=1), ["total"]),
        (Caps(daily_budget=D(0), total_budget=D(1)), ["day", "total"]),
    ],
)
def test_only_periods_with_a_limit_are_named(caps: Caps, kinds: list[str]) -> None:
    assert [period.kind.value for period in periods(caps, NOON, NY)] == kinds


@pytest.mark.parametrize(
    ("zone", "now", "day", "ends_at"),
    [
        (NY, utc(2026, 11, 23, 4, 59, 59), "2026-11-22", utc(2026, 11, 23, 5)),
        (NY, utc(2026, 11, 23, 5), "2026-11-23", utc(2026, 11, 24, 5)),
        (LA, utc(2026, 11, 23, 5), "2026-11-22", utc(2026, 11, 23, 8)),
        (NY, utc(2026, 3, 8, 5), "2026-03-08", utc(2026, 3, 9, 4)),  # 23 hours
        (NY, utc(2026, 11, 1, 4), "2026-11-01", utc(2026, 11, 2, 5)),  # 25 hours
        (NY, at(NY, 2026, 11, 1, 1, 30, fold=1), "2026-11-01", utc(2026, 11, 2, 5)),
        (PHOENIX, utc(2026, 3, 8, 7), "2026-03-08", utc(2026, 3, 9, 7)),
        ("America/Havana", utc(2026, 3, 8, 4, 59), "2026-03-07", utc(2026, 3, 8, 5)),  # begins at 01:00
        ("America/Havana", utc(2026, 10, 31, 20), "2026-10-31", utc(2026, 11, 1, 4)),  # its midnight comes twice
    ],
)
def test_a_day_is_the_accounts_own(zone: str, now: datetime, day: str, ends_at: datetime) -> None:
    (period,) = periods(Caps(daily=1), now, zone)
    assert (period.key, period.ends_at) == (f"day:{day}", ends_at)


@pytest.mark.parametrize(
    ("now", "month", "ends_at"),
    [
        (at(NY, 2026, 1, 31, 23, 59), "2026-01", at(NY, 2026, 2, 1)),
        (at(NY, 2028, 2, 29), "2028-02", at(NY, 2028, 3, 1)),
        (at(NY, 2026, 3, 1), "2026-03", at(NY, 2026, 4, 1)),  # summer time begins within it
        (at(NY, 2026, 12, 31, 23, 59), "2026-12", at(NY, 2027, 1, 1)),
        (at(NY, 2026, 4, 30), "2026-04", at(NY, 2026, 5, 1)),
    ],
)
def test_a_month_is_the_accounts_own(now: datetime, month: str, ends_at: datetime) -> None:
    (period,) = periods(Caps(monthly=1), now, NY)
    assert (period.key, period.ends_at) == (f"month:{month}", ends_at)


ZONES = [NY, CHICAGO, LA, PHOENIX, "America/St_Johns", "America/Havana", "America/Santiago", "Africa/Cairo"]
CHANGES = [date(2026, 3, 8), date(2026, 11, 1), date(2026, 4, 5), date(2026, 9, 6), date(2026, 4, 24)]
days = st.one_of(st.sampled_from(CHANGES), st.dates(date(2026, 1, 1), date(2028, 12, 31)))
moments = st.builds(
    lambda day, seconds: utc(day.year, day.month, day.day) + timedelta(seconds=seconds),
    days,
    st.integers(-30 * 3600, 30 * 3600),
)


@examples(300)
@given(st.sampled_from(ZONES), moments)
def test_a_period_lasts_until_its_end_and_not_a_moment_longer(zone: str, now: datetime) -> None:
    there = now.astimezone(ZoneInfo(zone))
    for period, key in zip(
        periods(ALL, now, zone), (f"day:{there:%Y-%m-%d}", f"month:{there:%Y-%m}"), strict=False
    ):
        assert period.key == key
        assert period.ends_at is not None
        assert period.ends_at.tzinfo is UTC
        assert period.ends_at > now
        for moment, same in ((period.ends_at - timedelta(microseconds=1), True), (period.ends_at, False)):
            again = next(p for p in periods(ALL, moment, zone) if p.kind is period.kind)
            assert (again.key == key) is same


# ---- what still fits ----------------------------------------------------------------------------------------

DAY, MONTH, TOTAL = periods(ALL, at(NY, 2026, 11, 22), NY)


@pytest.mark.parametrize(
    ("period", "taken", "spent", "price", "field", "words"),
    [
        (DAY, 499, "4975", "25", None, None),  # the last one: both limits are used up exactly
        (DAY, 500, "0", "0", "caps.daily", "500 leads were taken today; the cap is 500"),
        (DAY, 501, "9999", "25", "caps.daily", "501 leads were taken today; the cap is 500"),
        (
            *(DAY, 10, "4975.01", "25.00", "caps.daily_budget"),
            "4975.01 was spent today, and this lead costs 25.00; the budget is 5000",
        ),
        (MONTH, 10_000, "0", "1", "caps.monthly", "10000 leads were taken this month; the cap is 10000"),
        (
            *(TOTAL, 1, "400000", "0.01", "caps.total_budget"),
            "400000 was spent in all, and this lead costs 0.01; the budget is 400000",
        ),
        (TOTAL, 1, "400000", "0", None, None),
    ],
)
def test_a_lead_fits_into_what_is_left(
    period: Period, taken: int, spent: str, price: str, field: str | None, words: str | None
) -> None:
    miss = full(period, taken, D(spent), D(price))
    assert (miss and (miss.field, miss.words)) == (None if field is None else (field, words))
    if miss is not None:
        assert miss.inputs["period"] == period.key
        assert (miss.inputs["taken"], miss.inputs["spent"], miss.inputs["price"]) == (taken, spent, price)


def test_a_period_without_a_cap_counts_money_only() -> None:
    period = Period(PeriodKind.DAY, "day:2026-11-22", None, D("10"), None, None)
    assert full(period, 10**9, D(0), D(10)) is None
    period = Period(PeriodKind.DAY, "day:2026-11-22", 1, None, None, None)
    assert full(period, 0, D(10**9), D(10**9)) is None
