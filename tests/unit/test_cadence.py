"""The follow-up plan: which attempt comes next, and when."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from domain_samples import GUAM, LA, NOON, NY, at, step, utc

from speedtolead.domain.cadence import Planned, first, next_after

STEPS = (step(timedelta(0)), step(timedelta(minutes=5)), step(timedelta(days=1), time(9, 30)))
MINUTE = timedelta(minutes=1)


def test_the_first_step_is_due_at_once() -> None:
    assert first(STEPS, NOON, NY, NOON) == Planned(0, "call", NOON)


def test_the_first_step_waits_for_its_moment() -> None:
    assert first(STEPS, NOON, NY, NOON + MINUTE) == Planned(0, "call", NOON + MINUTE)


def test_an_empty_cadence_plans_nothing() -> None:
    assert first((), NOON, NY, NOON) is None


def test_steps_count_from_the_leads_arrival() -> None:
    assert next_after(STEPS, 0, NOON, NY, NOON + MINUTE) == Planned(1, "call", NOON + 5 * MINUTE)


def test_a_step_whose_time_has_passed_is_late_and_not_lost() -> None:
    now = NOON + 20 * MINUTE
    assert next_after(STEPS, 0, NOON, NY, now) == Planned(1, "call", now)


def test_after_the_last_step_there_is_none() -> None:
    assert next_after(STEPS, 2, NOON, NY, NOON) is None
    assert next_after(STEPS, 7, NOON, NY, NOON) is None


def test_a_wall_time_is_read_where_the_lead_is() -> None:
    assert next_after(STEPS, 1, NOON, NY, NOON) == Planned(2, "call", at(NY, 2026, 6, 11, 9, 30))
    assert next_after(STEPS, 1, NOON, LA, NOON) == Planned(2, "call", at(LA, 2026, 6, 11, 9, 30))
    # In Guam it is already the next day.
    assert next_after(STEPS, 1, NOON, GUAM, NOON) == Planned(2, "call", at(GUAM, 2026, 6, 12, 9, 30))


def test_the_channel_is_the_steps() -> None:
    planned = first(STEPS, NOON, NY, NOON)
    assert planned is not None
    assert planned.channel == "call"


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (at(NY, 2026, 6, 10, 8), at(NY, 2026, 6, 10, 9, 30)),
        (at(NY, 2026, 6, 10, 9, 30), at(NY, 2026, 6, 10, 9, 30)),
        (at(NY, 2026, 6, 10, 9, 31), at(NY, 2026, 6, 11, 9, 30)),
        (at(NY, 2026, 6, 10, 23, 59), at(NY, 2026, 6, 11, 9, 30)),
        (at(NY, 2026, 3, 7, 12), at(NY, 2026, 3, 8, 9, 30)),
        (at(NY, 2026, 10, 31, 12), at(NY, 2026, 11, 1, 9, 30)),
    ],
)
def test_a_wall_time_without_a_day_is_the_next_such_time(received: datetime, due: datetime) -> None:
    planned = first((step(timedelta(0), time(9, 30)),), received, NY, received)
    assert planned == Planned(0, "call", due)


@pytest.mark.parametrize(
    ("received", "days", "due"),
    [
        (at(NY, 2026, 6, 10, 8), 1, at(NY, 2026, 6, 11, 9, 30)),
        (at(NY, 2026, 6, 10, 15), 1, at(NY, 2026, 6, 11, 9, 30)),
        (at(NY, 2026, 6, 10, 23, 59), 1, at(NY, 2026, 6, 11, 9, 30)),
        (at(NY, 2026, 6, 10, 15), 7, at(NY, 2026, 6, 17, 9, 30)),
        # A day of 23 hours, and one of 25.
        (at(NY, 2026, 3, 7, 23, 30), 1, at(NY, 2026, 3, 8, 9, 30)),
        (at(NY, 2026, 11, 1, 0, 10), 1, at(NY, 2026, 11, 2, 9, 30)),
    ],
)
def test_a_day_later_is_the_next_day_on_the_calendar(received: datetime, days: int, due: datetime) -> None:
    planned = first((step(timedelta(days=days), time(9, 30)),), received, NY, received)
    assert planned == Planned(0, "call", due)


def test_a_wall_time_that_is_left_out_comes_after_the_jump() -> None:
    planned = first((step(timedelta(0), time(2, 30)),), at(NY, 2026, 3, 8, 1), NY, utc(2026, 3, 8))
    assert planned == Planned(0, "call", utc(2026, 3, 8, 7, 30))
