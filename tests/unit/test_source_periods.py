"""Periods of whole days, where the account is, and money for each of so many."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from speedtolead.service.reports.source_stats import began, per


@pytest.mark.parametrize(
    ("now", "zone", "days", "expected"),
    [
        ("2026-11-22T12:00:00Z", "America/New_York", 1, "2026-11-22T05:00:00Z"),
        ("2026-11-22T04:59:59Z", "America/New_York", 1, "2026-11-21T05:00:00Z"),
        ("2026-11-22T12:00:00Z", "Asia/Tokyo", 1, "2026-11-21T15:00:00Z"),
        ("2026-11-04T12:00:00Z", "America/New_York", 7, "2026-10-29T04:00:00Z"),  # clocks went back on 1 November
        ("2026-03-09T03:59:59Z", "America/New_York", 1, "2026-03-08T05:00:00Z"),  # a day of 23 hours
        ("2026-11-22T12:00:00Z", "UTC", 30, "2026-10-24T00:00:00Z"),
    ],
)
def test_a_period_of_days_begins_at_a_midnight_of_the_account(
    now: str, zone: str, days: int, expected: str
) -> None:
    found = began(datetime.fromisoformat(now), zone, days)
    assert found.astimezone(UTC) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    ("amount", "whole", "expected"),
    [("190", 7, "27.1429"), ("0", 3, "0.0000"), ("10", 0, None), ("150.5", Decimal("0.0000"), None)],
)
def test_an_amount_for_each_has_four_decimals_and_is_nothing_for_each_of_none(
    amount: str, whole: int | Decimal, expected: str | None
) -> None:
    found = per(Decimal(amount), whole)
    assert (None if found is None else str(found)) == expected
