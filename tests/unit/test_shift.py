"""An agent's working hours: on and off, over midnight, on days off, and where clocks are moved."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from domain_samples import examples
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.domain.hours import ALWAYS, WeeklyHours, parse_weekly
from speedtolead.domain.shift import DaysWorked, Shift

CHICAGO = "America/Chicago"
OFFICE = parse_weekly({"mon-fri": "09:00-12:00,13:00-17:00"})
NIGHT = parse_weekly({"mon": "22:00-24:00", "tue": "00:00-06:00"})
NEVER = WeeklyHours(((),) * 7)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shift(week: WeeklyHours = OFFICE, *off: date) -> Shift:
    return Shift(CHICAGO, DaysWorked(week, frozenset(off)))


FRIDAY_OFF = date(2026, 6, 5)


@pytest.mark.parametrize(
    ("one", "now", "on", "changes"),
    [
        # Monday 1 June 2026; Chicago is five hours behind UTC
        (shift(), "2026-06-01T13:59", False, "2026-06-01T14:00"),
        (shift(), "2026-06-01T14:00", True, "2026-06-01T17:00"),
        (shift(), "2026-06-01T17:00", False, "2026-06-01T18:00"),
        (shift(), "2026-06-01T22:00", False, "2026-06-02T14:00"),
        (shift(), "2026-06-05T22:00", False, "2026-06-08T14:00"),
        (shift(OFFICE, FRIDAY_OFF), "2026-06-04T22:00", False, "2026-06-08T14:00"),
        (shift(OFFICE, FRIDAY_OFF), "2026-06-05T15:00", False, "2026-06-08T14:00"),
        # one shift over midnight
        (shift(NIGHT), "2026-06-02T04:30", True, "2026-06-02T11:00"),
        # the night on which clocks go forward, and the one on which they go back
        (shift(parse_weekly({"sun": "01:00-04:00"})), "2026-03-08T07:00", True, "2026-03-08T09:00"),
        (shift(parse_weekly({"sun": "00:00-04:00"})), "2026-11-01T05:00", True, "2026-11-01T10:00"),
        # nothing ever changes: asked again in 15 days
        (shift(ALWAYS), "2026-06-01T00:00", True, "2026-06-16T00:00"),
        (shift(NEVER), "2026-06-01T00:00", False, "2026-06-16T00:00"),
    ],
)
def test_the_hours_say_who_is_there_and_until_when(one: Shift, now: str, on: bool, changes: str) -> None:
    assert (one.on(at(now)), one.changes_at(at(now))) == (on, at(changes))


def test_the_next_time_on_shift() -> None:
    assert shift().next_on(at("2026-06-01T15:00")) == at("2026-06-01T15:00")
    assert shift().next_on(at("2026-06-05T22:00")) == at("2026-06-08T14:00")
    assert shift(NEVER).next_on(at("2026-06-01T15:00")) is None


@examples(60)
@given(st.integers(0, 365 * 86400))
def test_between_two_changes_nothing_changes(second: int) -> None:
    now = at("2026-01-01T00:00") + timedelta(seconds=second)
    one = shift(OFFICE, date(2026, 11, 1), date(2026, 3, 9))
    until = one.changes_at(now)
    assert until > now
    assert one.on(until - timedelta(microseconds=1)) == one.on(now)
    assert one.on(until) != one.on(now)
