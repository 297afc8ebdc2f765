"""What a report is asked for, and the sentence that compares."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from speedtolead.domain.statistics.money import Sums as Money
from speedtolead.service.reports.comparing import Opportunities, verdict
from speedtolead.service.reports.figures import Days
from speedtolead.web.pages.reports.asked import ReportQuery, asked
from speedtolead.web.problems import Problem

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)


def test_days_are_those_of_the_account() -> None:
    found = asked(ReportQuery(period="7d"), "America/New_York", NOW)
    assert (str(found.days.first), str(found.days.last)) == ("2026-11-16", "2026-11-22")
    until = datetime(2026, 11, 23, 5, tzinfo=UTC)
    assert found.moments() == (until - timedelta(days=7), until)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"from": "2026-12-02"}, "from"),
        ({"from": "2010-01-01"}, "from"),
        ({"to": "0001-01-01"}, "to"),
        ({"attribute": "car"}, "attribute"),
    ],
)
def test_what_cannot_be_shown_names_the_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(Problem) as told:
        asked(ReportQuery.model_validate(given), "America/New_York", NOW)
    assert told.value.errors[0]["field"] == field


def test_the_days_before_are_as_many() -> None:
    days = Days(NOW.date(), NOW.date() + timedelta(days=6))
    assert (days.before().last, days.before().count) == (days.first - timedelta(days=1), 7)


def sold(kind: str, leads: int, sales: int) -> Opportunities:
    money = Money(leads, sales, 0.0, 0.0, 0.0, 0.0, 0.0)
    return Opportunities(kind, leads, sales, sales, sales, leads, Decimal(leads * 20), Decimal(0), money)


@pytest.mark.parametrize(
    ("calls", "says"),
    [
        (
            (400, 80),
            "Calls that came in sell better than form leads that were followed up later so far: 20.0 %",
        ),
        ((20, 2), "later, 5.0 % (20 of 400), and calls that came in, 10.0 % (2 of 20), the data do not tell yet"),
    ],
)
def test_which_sells_better_is_said_only_when_the_data_tell(calls: tuple[int, int], says: str) -> None:
    words = verdict(sold("form_lead", 400, 20), sold("inbound_call", *calls))
    assert says in words
    assert ("more leads of both" in words) == (calls[0] == 20)
