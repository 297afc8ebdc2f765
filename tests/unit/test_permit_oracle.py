"""The permit's hours against an independent oracle: no disagreement on any pair of a lead and a moment.

Every run draws other pairs; a disagreement names the seed and the case. ``make test-oracle`` asks many more.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import permit_oracle as oracle
import pytest
from domain_samples import CHICAGO, LA, NY, at, utc
from permit_pairs import (
    CLOCKS_CHANGE,
    PLACES,
    ZONES,
    Pair,
    clock_edges,
    compared,
    holiday_edges,
    holidays_and_neighbours,
    random_pairs,
)

from speedtolead.domain.checks.place import STATES
from speedtolead.domain.permit import Decision
from speedtolead.domain.rule_set import Means
from speedtolead.service.rules.file import shipped

YEARS = (2026, 2027, 2028)
TURNS = [date(2028, 2, 29), *(date(year, month, day) for year in YEARS for month, day in ((12, 31), (1, 1)))]


def disagreements(pairs: Iterable[Pair], moments: bool = False) -> tuple[int, list[str]]:
    said = [compared(pair, moments)[1] for pair in pairs]
    return len(said), [words for words in said if words is not None]


def test_random_leads_at_random_moments() -> None:
    seed = random.SystemRandom().randrange(10**9)
    asked, wrong = disagreements(random_pairs(seed, 10_000))
    assert (asked, wrong[:3]) == (10_000, []), f"seed {seed}"


def test_the_moment_that_is_named_is_the_first_open_minute() -> None:
    seed = random.SystemRandom().randrange(10**9)
    _, wrong = disagreements(random_pairs(seed, 60), moments=True)
    assert wrong == [], f"seed {seed}"


def test_every_change_of_the_clocks_in_every_state() -> None:
    asked, wrong = disagreements(clock_edges(PLACES))
    assert wrong[:3] == []
    assert asked > len(PLACES) * len(CLOCKS_CHANGE) * 12


def test_every_holiday_and_its_neighbours_where_holidays_are_kept() -> None:
    places = [(ZONES[state][0], state) for state in oracle.GOES_BY]
    asked, wrong = disagreements(holiday_edges(places, holidays_and_neighbours(YEARS, oracle.HOLIDAYS)))
    assert wrong[:3] == []
    assert asked > len(places) * 80 * 8


def test_midnights_leap_day_and_year_ends_in_every_state() -> None:
    asked, wrong = disagreements(holiday_edges(PLACES, TURNS))
    assert wrong[:3] == []
    assert asked > len(PLACES) * len(TURNS) * 6


def test_the_places_are_every_state_and_territory_and_every_change_of_the_clocks() -> None:
    assert {state for state in ZONES if state} == STATES - {"AA", "AE", "AP"}
    hours = [at(NY, year, 1, 1) + timedelta(hours=h) for year in YEARS for h in range(366 * 24)]
    moved = {
        b.astimezone(ZoneInfo(NY)).date()
        for a, b in pairwise(hours)
        if a.astimezone(ZoneInfo(NY)).utcoffset() != b.astimezone(ZoneInfo(NY)).utcoffset()
    }
    assert sorted(moved) == CLOCKS_CHANGE


# ---- the oracle itself: a few answers that anyone can check on a calendar -----------------------------------


@pytest.mark.parametrize(
    ("place", "channel", "moment", "expected"),
    [
        ((NY, None), "call", at(NY, 2026, 6, 10, 8), True),
        ((NY, None), "call", at(NY, 2026, 6, 10, 7, 59), False),
        ((NY, None), "call", at(NY, 2026, 6, 10, 21), False),
        ((NY, "FL"), "sms", at(NY, 2026, 6, 10, 20), False),
        ((CHICAGO, "TX"), "call", at(CHICAGO, 2026, 6, 14, 11, 59), False),  # a Sunday
        ((CHICAGO, "TX"), "call", at(CHICAGO, 2026, 6, 14, 12), True),
        ((CHICAGO, "LA"), "call", at(CHICAGO, 2027, 2, 9, 12), False),  # Mardi Gras
        ((CHICAGO, "LA"), "call", at(CHICAGO, 2027, 2, 8, 12), True),
        ((NY, "PA"), "call", at(NY, 2028, 4, 14, 12), False),  # Good Friday
        ((CHICAGO, "NE"), "recorded", at(CHICAGO, 2026, 12, 25, 12), False),
        ((CHICAGO, "NE"), "recorded", at(CHICAGO, 2026, 12, 25, 13), True),
        ((CHICAGO, "NE"), "call", at(CHICAGO, 2026, 12, 25, 12), True),
        ((NY, "MA"), "recorded", at(NY, 2026, 6, 10, 12), False),
        ((LA, "WA"), "call", at(LA, 2026, 6, 10, 19, 59), True),
        ((NY, "RI"), "call", at(NY, 2031, 6, 11, 12), False),  # beyond the tables
    ],
)
def test_the_oracle_knows_the_calendar(place: oracle.Place, channel: str, moment: datetime, expected: bool) -> None:
    assert oracle.is_open([place], channel, moment, None, False) is expected


def test_the_oracle_computes_easter() -> None:
    known = {2024: (3, 31), 2025: (4, 20), 2026: (4, 5), 2027: (3, 28), 2028: (4, 16), 2029: (4, 1), 2030: (4, 21)}
    assert {year: (oracle.easter(year).month, oracle.easter(year).day) for year in known} == known


def test_the_comparison_sees_a_rule_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """One hour more in one state's row is found by the edges of one day."""
    wider = [("TX", r[1], (9, 22), *r[3:]) if r[0] == "TX" else r for r in oracle.TABLE]
    monkeypatch.setattr(oracle, "TABLE", wider)
    monkeypatch.setattr(oracle, "FLOOR", (8, 22))
    _, wrong = disagreements(holiday_edges([(CHICAGO, "TX")], [date(2026, 6, 10)]))
    assert wrong


# ---- the rule set's file against the oracle's tables --------------------------------------------------------


def test_every_row_of_the_file_is_a_row_of_the_oracle() -> None:
    rows = sorted(
        (
            row.state,
            tuple(sorted(means.value for means in row.means)),
            *(row.week.spans(date(2026, 6, day)) for day in (10, 13, 14)),  # a Wednesday, Saturday, Sunday
            row.holiday,
        )
        for rows in shipped().states.values()
        for row in rows
    )
    assert rows == sorted(
        (
            state,
            tuple(sorted(channels)),
            _minutes(weekday),
            _minutes(saturday),
            _minutes(sunday),
            None if holiday == oracle.OPEN else _minutes(holiday),
        )
        for state, channels, weekday, saturday, sunday, holiday in oracle.TABLE
    )
    federal = shipped().federal
    assert federal.week.days == (_minutes(oracle.FLOOR),) * 7
    assert federal.means == {Means.CALL, Means.SMS}


def test_a_week_has_the_same_hours_from_monday_to_friday() -> None:
    assert all(len(set(row.week.days[:5])) == 1 for rows in shipped().states.values() for row in rows)


def test_caps_exceptions_and_tables_of_the_file_are_the_oracles() -> None:
    every = [row for rows in shipped().states.values() for row in rows]
    assert {row.state: row.cap_24h for row in every if row.cap_24h} == oracle.CAPS
    assert {row.state: row.holidays for row in every if row.holidays} == oracle.GOES_BY
    assert tuple(row.state for row in every if row.recorded_forbidden) == oracle.NO_RECORDED_VOICE
    assert [row.state for row in every if row.written_consent] == ["CT"]
    assert [row.state for row in every if not row.inquiry_exempts] == ["OR"]
    assert {row.state: row.lifted_by for row in every if row.lifted_by} == {"UT": "consent", "WA": "inquiry"}


@pytest.mark.parametrize("table", oracle.HOLIDAYS)
def test_the_holidays_of_the_file_are_those_that_their_rules_make(table: str) -> None:
    assert sorted(shipped().holidays[table].days) == sorted(oracle.holidays(table))
    assert shipped().holidays_until == date(oracle.LAST_YEAR, 12, 31)
    assert set(shipped().holidays) == set(oracle.HOLIDAYS)


def test_beyond_the_tables_a_state_that_keeps_holidays_is_closed() -> None:
    for state in oracle.GOES_BY:
        pair = Pair(((ZONES[state][0], state),), "recorded", utc(2031, 6, 11, 18))
        permit, disagreement = compared(pair)
        assert disagreement is None
        assert permit.allowed is (state == "NE")  # there a holiday has hours of its own
    permit, _ = compared(Pair(((NY, "PA"),), "call", datetime(2030, 12, 31, 23, tzinfo=UTC) + timedelta(days=2)))
    assert permit.decision is Decision.REFUSED


def _minutes(hours: object) -> tuple[tuple[int, int], ...]:
    assert isinstance(hours, tuple)
    return () if hours == oracle.CLOSED else ((hours[0] * 60, hours[1] * 60),)
