"""The order of calls when agents or slots are scarce: what a call is worth, its rank, and whose turn it is."""

from __future__ import annotations

from bisect import insort
from datetime import datetime, timedelta
from math import exp, isclose
from uuid import UUID

import pytest
from domain_samples import NOON, examples
from hypothesis import assume, given
from hypothesis import strategies as st

from speedtolead.domain.worth import (
    LEFT,
    OVERDUE,
    RETRY_TAU,
    TAU,
    TURN,
    TURN_AFTER,
    Pace,
    Turns,
    lasting,
    rank,
    rank_of_retry,
    worth,
)

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
LINE, OTHER = UUID(int=1), UUID(int=2)
ages = st.timedeltas(timedelta(0), timedelta(days=2))
scores = st.integers(1, 100)
numbers = st.integers(1, 12)


# ---- what a call is worth ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "share"),
    [
        (timedelta(0), 1.0),
        (MINUTE, 1.0),
        (2 * MINUTE, 2.60 / 4.91),
        (3 * MINUTE, 1.98 / 4.91),
        (30 * MINUTE, 1.62 / 4.91),
        (8 * HOUR, 1.62 / 4.91),
    ],
)
def test_at_the_study_s_ages_a_lead_keeps_the_study_s_share(age: timedelta, share: float) -> None:
    assert isclose(lasting(age), share)


def test_after_six_calls_seven_of_a_hundred_are_left() -> None:
    assert isclose(LEFT**6, 0.07)
    assert isclose(worth(50, timedelta(0), 7), 0.5 * 0.07)


@examples(300)
@given(ages, ages, scores, scores, numbers, numbers)
def test_worth_never_rises_with_age_or_number_and_never_falls_with_the_score(
    one_age: timedelta, other_age: timedelta, one: int, other: int, first: int, later: int
) -> None:
    young, old = sorted((one_age, other_age))
    poor, good = sorted((one, other))
    early, late = sorted((first, later))
    best = worth(good, young, early)
    assert 0 < worth(poor, old, late) <= best <= 1
    assert worth(poor, young, early) <= best
    assert worth(good, old, early) <= best
    assert worth(good, young, late) <= best


# ---- the rank ------------------------------------------------------------------------------------------------


def test_the_rank_is_where_a_full_score_of_the_same_value_would_have_arrived() -> None:
    assert rank(NOON, 100) == NOON
    assert rank(NOON, 100 / exp(1)) == NOON - TAU
    assert rank(NOON, 50) == NOON - timedelta(seconds=207, microseconds=944154)  # 300 s * ln 2
    assert rank(NOON, 100 / exp(1), timedelta(hours=1)) == NOON - timedelta(hours=1)


def test_a_good_lead_is_dialled_before_a_poor_one_that_is_a_little_fresher() -> None:
    good, poor = rank(NOON, 90), rank(NOON + 2 * MINUTE, 45)
    assert good > poor
    assert rank(NOON, 90) < rank(NOON + 4 * MINUTE, 45)  # 300 s * ln 2 is 3 min 28 s


@pytest.mark.parametrize("value", [0, -1])
def test_a_score_of_nothing_has_no_rank(value: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        rank(NOON, value)


def decayed(received_at: datetime, value: float, tau: timedelta, now: datetime) -> float:
    return value * exp(-((now - received_at) / tau))


arrivals = st.tuples(st.timedeltas(timedelta(0), timedelta(minutes=30)), st.floats(1, 100))


@examples(500)
@given(
    arrivals,
    arrivals,
    st.sampled_from([MINUTE, TAU, timedelta(hours=1)]),
    st.timedeltas(timedelta(minutes=30), timedelta(hours=3)),
)
def test_the_order_by_rank_is_the_order_by_decayed_value_at_any_later_moment(
    one: tuple[timedelta, float], other: tuple[timedelta, float], tau: timedelta, wait: timedelta
) -> None:
    (a_at, a), (b_at, b) = ((NOON + after, value) for after, value in (one, other))
    first, second = rank(a_at, a, tau), rank(b_at, b, tau)
    assume(abs(first - second) > timedelta(microseconds=2))  # what a datetime can tell apart
    now = NOON + wait
    assert (first > second) == (decayed(a_at, a, tau, now) > decayed(b_at, b, tau, now))


def test_a_retry_waits_from_when_it_is_due_and_loses_little_by_it() -> None:
    assert rank_of_retry(NOON, 100, 1) == NOON
    assert rank_of_retry(NOON, 100 / exp(1), 1) == NOON - RETRY_TAU
    assert NOON - rank_of_retry(NOON, 100, 7) == pytest.approx(159.556 * MINUTE, abs=timedelta(seconds=2))
    assert rank_of_retry(NOON, 100, 2, Pace(left=1 / exp(1))) == NOON - RETRY_TAU


def test_a_retry_goes_behind_the_fresh_leads_of_the_last_hour_and_before_older_ones() -> None:
    retry = rank_of_retry(NOON, 60, 2)
    assert rank(NOON - 50 * MINUTE, 60) > retry
    assert rank(NOON - 70 * MINUTE, 60) < retry


@examples(200)
@given(ages, ages, scores, scores, numbers, numbers)
def test_a_retry_s_rank_rises_with_its_moment_and_score_and_falls_with_its_number(
    one_at: timedelta, other_at: timedelta, one: int, other: int, first: int, later: int
) -> None:
    early, late = sorted((NOON + one_at, NOON + other_at))
    poor, good = sorted((one, other))
    few, many = sorted((first, later))
    assert rank_of_retry(early, poor, many) <= rank_of_retry(late, good, few)


# ---- turns ---------------------------------------------------------------------------------------------------


def test_one_pick_in_twenty_is_a_turn_of_that_line() -> None:
    turns = Turns()
    told = [turns.picked(LINE, 1, NOON) for _ in range(3 * TURN)]
    assert [n + 1 for n, turn in enumerate(told) if turn] == [TURN, 2 * TURN, 3 * TURN]
    assert not turns.picked(OTHER, TURN - 1, NOON)
    assert turns.picked(OTHER, 2, NOON)


def test_a_line_that_is_passed_over_for_others_has_a_turn_all_the_same() -> None:
    turns = Turns()
    assert not turns.picked(LINE, 0, NOON)
    assert not turns.picked(LINE, 0, NOON + TURN_AFTER - SECOND)
    assert turns.picked(LINE, 0, NOON + TURN_AFTER)
    assert not turns.picked(LINE, 0, NOON + TURN_AFTER + SECOND)


@examples(100)
@given(st.integers(0, 12), st.integers(1, 4), st.lists(scores, min_size=1, max_size=40))
def test_nobody_waits_for_longer_than_a_turn_for_each_who_is_behind(
    behind: int, a_pick: int, fresh: list[int]
) -> None:
    """However many better leads come with every pick, for ever."""
    ours = (rank_of_retry(NOON, 50, 2), "ours")
    line = sorted([*((ours[0] - (n + 1) * SECOND, "behind") for n in range(behind)), ours])
    turns, now = Turns(), NOON + OVERDUE
    for pick in range(1, TURN * (behind + 1) + 2):
        for n in range(a_pick):
            insort(line, (rank(now, fresh[(pick + n) % len(fresh)]), "fresh"))
        place = 0 if turns.picked(LINE, 1, now) else -1
        if line.pop(place) == ours:
            assert pick <= TURN * (behind + 1)
            return
        now += SECOND
    raise AssertionError("it was never picked")


@examples(50)
@given(st.integers(1, 500))
def test_fresh_leads_give_one_pick_in_twenty_at_the_most(picks: int) -> None:
    turns = Turns()
    assert sum(turns.picked(LINE, 1, NOON) for _ in range(picks)) <= picks / TURN
