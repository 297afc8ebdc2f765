"""How fast a carrier is asked once it said that this was too fast: halved at once, regained evenly, not stopped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.domain.pace import LEAST, LONGEST_WAIT, Pace, wait

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def slowed(*at: float) -> Pace:
    pace = Pace()
    for seconds in at:
        pace = pace.slowed(after(seconds))
    return pace


@pytest.mark.parametrize(
    ("signs", "seconds", "share"),
    [
        pytest.param([], 0, 1.0, id="never too fast: the whole rate"),
        pytest.param([0], 0, 0.5, id="a sign halves it at once"),
        pytest.param([0], 4, 0.7, id="it is regained evenly"),
        pytest.param([0], 10, 1.0, id="within ten seconds"),
        pytest.param([0], 3600, 1.0, id="and never more than whole"),
        pytest.param([0, 0.2, 0.9], 0.9, 0.545, id="what is told within a second is one trouble"),
        pytest.param([0, 1], 1, 0.275, id="a second later it is halved again, of what was regained"),
        pytest.param([0, 1, 2, 3, 4], 4, LEAST, id="it never stops altogether"),
        pytest.param([0, 20], 20, 0.5, id="after recovery it begins anew"),
    ],
)
def test_the_share_of_the_rate(signs: list[float], seconds: float, share: float) -> None:
    assert slowed(*signs).share_at(after(seconds)) == pytest.approx(share)


def test_a_clock_that_is_behind_does_not_speed_it_up() -> None:
    assert slowed(0).share_at(after(-5)) == 0.5


@given(st.lists(st.floats(0, 600), max_size=20).map(sorted), st.floats(0, 1200))
def test_it_stays_between_the_least_and_the_whole(signs: list[float], seconds: float) -> None:
    assert LEAST <= slowed(*signs).share_at(after(seconds)) <= 1


@pytest.mark.parametrize(
    ("queued", "waits"),
    [
        (timedelta(0), None),
        (timedelta(milliseconds=499), None),
        (timedelta(milliseconds=500), timedelta(milliseconds=500)),
        (timedelta(seconds=7), timedelta(seconds=7)),
        (timedelta(hours=20), LONGEST_WAIT),
    ],
)
def test_no_call_is_placed_while_the_carriers_queue_empties(queued: timedelta, waits: timedelta | None) -> None:
    assert wait(queued) == waits
