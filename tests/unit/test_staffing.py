"""How many agents it takes: the simulated queue against Erlang's formula, and what Erlang does not know."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest

from speedtolead.domain.staffing.erlang import waits, waits_longer
from speedtolead.domain.staffing.forecast import forecast, past_error
from speedtolead.domain.staffing.simulation import Held, Kind, agents_needed, load_of, simulate

DRAW = Random(1)
EXPONENTIAL = [Held(seconds, 0.0) for seconds in (DRAW.expovariate(1 / 180) for _ in range(4000))]
MEAN = sum(one.seconds for one in EXPONENTIAL) / len(EXPONENTIAL)


def erlangs(load: float) -> Kind:
    """Calls for which the formula holds."""
    return Kind(load * 3600 / MEAN, 1.0, EXPONENTIAL, [], first=True)


# --- against Erlang ---


@pytest.mark.parametrize(
    ("agents", "load", "chance"),
    [(1, 0.5, 0.5), (2, 1.0, 1 / 3), (10, 8.0, 0.4092), (5, 5.0, 1.0), (3, 0.0, 0.0)],
)
def test_erlangs_formula_is_the_textbooks(agents: int, load: float, chance: float) -> None:
    assert waits(agents, load) == pytest.approx(chance, abs=5e-5)


@pytest.mark.parametrize(("agents", "load"), [(2, 1.2), (6, 4.5), (20, 17.0)])
def test_where_erlang_applies_the_simulation_agrees_with_him(agents: int, load: float) -> None:
    went = simulate([erlangs(load)], agents, seed=3, calls=20_000, in_order=True)
    told = len(went.waits)
    assert sum(one > 1e-9 for one in went.waits) / told == pytest.approx(waits(agents, load), abs=0.04)
    later = waits_longer(agents, load, 60, MEAN)
    assert sum(one > 60 for one in went.waits) / told == pytest.approx(later, abs=0.04)
    assert went.busy == pytest.approx(load / agents, abs=0.03)


def test_the_order_changes_who_waits_and_not_how_many() -> None:
    in_order = simulate([erlangs(4.5)], 6, seed=3, calls=5000, in_order=True)
    latest_first = simulate([erlangs(4.5)], 6, seed=3, calls=5000)
    waited = [sum(one > 1e-9 for one in went.waits) for went in (in_order, latest_first)]
    assert waited[0] == pytest.approx(waited[1], rel=0.02)
    assert sorted(in_order.waits)[len(in_order.waits) // 2] >= sorted(latest_first.waits)[len(in_order.waits) // 2]
    assert max(latest_first.waits) > max(in_order.waits)


def test_the_same_seed_gives_the_same_hour() -> None:
    assert simulate([erlangs(2.0)], 3, seed=7, calls=300) == simulate([erlangs(2.0)], 3, seed=7, calls=300)


# --- what is ours ---

TALK = [Held(200.0, 8.0), Held(300.0, 12.0), Held(120.0, 6.0)]
NOBODY = [Held(30.0), Held(26.0)]
FRESH = Kind(60.0, 0.5, TALK, NOBODY, first=True)
RETRIES = Kind(40.0, 0.2, TALK, NOBODY, ahead=-3300.0)
CALLERS = Kind(20.0, 0.9, TALK, NOBODY, ahead=86400.0)


def test_the_load_is_what_agents_are_held_for() -> None:
    talk, nobody = sum(one.seconds for one in TALK) / 3, 28.0
    assert load_of([FRESH]) == pytest.approx(60 * (0.5 * talk + 0.5 * nobody) / 3600)


def test_retries_are_in_no_first_calls_way() -> None:
    alone = simulate([FRESH], 5, seed=1).percentile(0.9)
    beside = simulate([FRESH, RETRIES], 5, seed=1).percentile(0.9)
    worse = simulate([FRESH, Kind(40.0, 0.2, TALK, NOBODY)], 5, seed=1).percentile(0.9)
    assert alone is not None
    assert beside is not None
    assert worse is not None
    assert alone <= beside < worse


def test_more_agents_are_never_slower_and_the_fewest_that_keep_the_goal_are_found() -> None:
    found = agents_needed([FRESH, RETRIES, CALLERS], goal=30.0, seed=5)
    assert found.possible
    assert found.less is not None
    speeds = [went.percentile(0.9) for went in (found.less, found.with_these, found.more)]
    assert all(speed is not None for speed in speeds)
    less, these, more = (speed or 0.0 for speed in speeds)
    assert less > 30.0 >= these >= more
    assert found.with_these.agents == found.less.agents + 1 == found.more.agents - 1
    assert (found.with_these.within(30.0) or 0) >= 0.9


def test_a_tighter_goal_takes_as_many_agents_or_more() -> None:
    needed = [agents_needed([FRESH, RETRIES], goal, seed=5).with_these.agents for goal in (300.0, 60.0, 20.0, 13.0)]
    assert needed == sorted(needed)


def test_a_goal_that_ringing_alone_breaks_is_not_possible() -> None:
    found = agents_needed([FRESH], goal=5.0, seed=5)
    assert not found.possible
    assert (found.with_these.percentile(0.9) or 0) <= 12.0 * 1.02


def test_an_hour_in_which_nobody_can_be_reached_needs_who_carries_the_load() -> None:
    found = agents_needed([Kind(30.0, 0.0, [], NOBODY, first=True)], goal=5.0, seed=5)
    assert found.with_these.percentile(0.9) is None
    assert found.with_these.within(5.0) is None
    assert found.with_these.agents == 1
    assert found.less is None


def test_no_calls_are_an_error() -> None:
    with pytest.raises(ValueError, match="no calls come"):
        agents_needed([Kind(0.0, 0.5, TALK, NOBODY)], 30.0, seed=1)


# --- tomorrow ---

MONDAY = date(2026, 11, 23)


def weeks(count: int, hour_10: list[float], noise: Random | None = None) -> dict[date, list[float]]:
    """Mondays have so many calls at ten; Tuesdays to Fridays half; weekends none."""
    days = {}
    for n in range(1, count * 7 + 1):
        day = MONDAY - timedelta(days=n)
        level = hour_10[(n - 1) // 7 % len(hour_10)] * (1.0 if day.weekday() == 0 else 0.5 * (day.weekday() < 5))
        if noise is not None:
            level = max(0.0, noise.gauss(level, level**0.5))
        days[day] = [level if hour == 10 else 0.0 for hour in range(24)]
    return days


def test_tomorrow_is_as_the_same_weekdays_were() -> None:
    days = weeks(8, [40.0])
    assert forecast(days, MONDAY)[10] == pytest.approx(40.0)
    assert forecast(days, MONDAY + timedelta(days=1))[10] == pytest.approx(20.0)
    assert sum(forecast(days, MONDAY + timedelta(days=5))) == 0.0


def test_the_last_weeks_count_more() -> None:
    days = weeks(8, [80.0, 40.0, 40.0, 40.0, 40.0, 40.0, 40.0, 40.0])
    assert 45 < forecast(days, MONDAY)[10] < 60


def test_before_two_such_days_are_known_all_days_count_alike() -> None:
    assert forecast(weeks(1, [40.0]), MONDAY)[10] == pytest.approx((40 + 4 * 20) / 7)
    assert forecast({}, MONDAY) == [0.0] * 24


def test_the_past_error_is_that_of_the_same_rule_on_days_it_had_not_seen() -> None:
    assert past_error(weeks(8, [40.0]), MONDAY).by_hour == pytest.approx(0.0, abs=1e-9)
    noisy = past_error(weeks(10, [40.0], Random(3)), MONDAY)
    assert noisy.days == 28
    assert 0.08 < (noisy.by_hour or 0) < 0.3
    doubled = past_error(weeks(8, [80.0, 40.0, 40.0, 40.0, 40.0, 40.0, 40.0, 40.0]), MONDAY)
    assert (doubled.by_day or 0) > 0.1
    assert past_error({}, MONDAY).by_hour is None
