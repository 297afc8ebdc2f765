"""Intervals and tests say how wrong they may be: here the truth is known, and they are.

Where all outcomes can be counted, coverage is exact; else it is simulated with a fixed seed, and the bound leaves
room for the simulation's own error. ``make test-statistics`` does the same for longer.
"""

from __future__ import annotations

import os
from functools import cache
from itertools import product
from math import comb, exp, log, log1p
from random import Random

import pytest

from speedtolead.domain.statistics.money import FEWEST_SALES, Sums, cost_per, roas, times
from speedtolead.domain.statistics.rates import Count, Estimate, difference, rate
from speedtolead.domain.statistics.sample_size import leads_needed, still_needed
from speedtolead.domain.statistics.sequential import FEWEST, Comparison, Said, compare

LONGER = int(os.environ.get("STATISTICS_LONGER", "1"))


@cache
def chances(of: int, p: float) -> list[float]:
    """The chance of each number of hits."""
    return [comb(of, hits) * p**hits * (1 - p) ** (of - hits) for hits in range(of + 1)]


def hits(draw: Random, of: int, p: float) -> int:
    """How many of so many hit; walks from hit to hit."""
    found, at = 0, -1
    while (at := at + 1 + int(log(1 - draw.random()) / log1p(-p))) < of:
        found += 1
    return found


# --- rates ---


@pytest.mark.parametrize("of", [20, 150])
def test_a_rates_interval_covers_the_true_rate_at_its_stated_rate(of: int) -> None:
    found = []
    for p in [n / 50 for n in range(1, 50)]:
        intervals = [rate(Count(hit, of)) for hit in range(of + 1)]
        covered = [each is not None and not each.excludes(p) for each in intervals]
        found.append(sum(chance for chance, inside in zip(chances(of, p), covered, strict=True) if inside))
    assert 0.945 <= sum(found) / len(found) <= 0.96
    assert min(found) > 0.90


@pytest.mark.parametrize(("first", "second"), [(30, 30), (60, 25)])
def test_a_differences_interval_covers_the_true_difference_at_its_stated_rate(first: int, second: int) -> None:
    pairs = {
        (one, other): difference(Count(one, first), Count(other, second))
        for one, other in product(range(first + 1), range(second + 1))
    }
    found = []
    for p, q in [(0.05, 0.05), (0.1, 0.3), (0.3, 0.3), (0.5, 0.4), (0.6, 0.9)]:
        of_p, of_q = chances(first, p), chances(second, q)
        inside = ((one, other) for (one, other), each in pairs.items() if each and not each.excludes(q - p))
        found.append(sum(of_p[one] * of_q[other] for one, other in inside))
    assert sum(found) / len(found) >= 0.945
    assert min(found) > 0.93


def test_a_difference_is_newcombes() -> None:
    found = difference(Count(48, 80), Count(56, 70))
    assert found is not None  # the paper's example (a), 56/70 - 48/80: 0.0524 to 0.3339
    assert found.value == pytest.approx(0.2)
    assert [found.low, found.high] == pytest.approx([0.0524, 0.3339], abs=5e-5)


def test_nothing_counted_says_nothing() -> None:
    assert rate(Count(0, 0)) is None
    assert difference(Count(0, 0), Count(1, 2)) is None
    assert cost_per(0.0, Count(0, 0)) is None
    assert still_needed(Count(0, 0), Count(1, 2), 0.05) is None


@pytest.mark.parametrize(("hit", "of"), [(3, 2), (-1, 2), (0, -1)])
def test_more_hits_than_leads_is_an_error(hit: int, of: int) -> None:
    with pytest.raises(ValueError, match=f"{hit} of {of}"):
        Count(hit, of)


# --- money ---


def test_cost_per_sale_covers_the_true_cost_where_prices_differ() -> None:
    """30 leads to 300, at $50 or $90, one in ten sells."""
    draw, inside, runs = Random(3), 0, 600 * LONGER
    for _ in range(runs):
        of = draw.choice([60, 150, 300])
        dear = hits(draw, of, 0.4)
        found = cost_per(50.0 * of + 40.0 * dear, Count(hits(draw, of, 0.1), of))
        inside += found is not None and not found.excludes((50 + 0.4 * 40) / 0.1)
    assert 0.925 <= inside / runs <= 0.975


def test_without_a_sale_there_is_a_lower_bound_only() -> None:
    found = cost_per(5000.0, Count(0, 100))
    assert found is not None
    assert (found.value, found.high) == (None, None)
    assert found.low == pytest.approx(5000 / 100 / 0.0370, rel=0.01)


@pytest.mark.parametrize(("of", "p", "spread"), [(400, 0.05, 0.5), (1000, 0.1, 1.0)])
def test_roas_covers_the_true_return_where_sales_differ_in_value(of: int, p: float, spread: float) -> None:
    """Log-normal sale values: a spread of 1 means that one sale in 40 is worth more than seven usual ones."""
    draw, inside, told = Random(5), 0, 400 * LONGER
    for _ in range(told):
        values = [1000 * draw.lognormvariate(0, spread) for _ in range(hits(draw, of, p))]
        found = roas(sums_of(values, of))
        told -= found is None
        inside += found is not None and not found.excludes(p * 1000 * exp(spread**2 / 2) / 50)
    assert 0.915 <= inside / told <= 0.975


def sums_of(values: list[float], of: int, price: float = 50.0) -> Sums:
    squares = sum(value * value for value in values)
    return Sums(of, len(values), sum(values), price * of, squares, price * price * of, price * sum(values))


def test_roas_of_too_few_sales_or_of_free_leads_is_not_told() -> None:
    few = [900.0] * (FEWEST_SALES - 1)
    assert roas(sums_of(few, 100)) is None
    assert roas(sums_of([*few, 900.0], 100)) is not None
    assert roas(sums_of([900.0] * 9, 100, price=0.0)) is None


def test_sums_add_up() -> None:
    one, other = sums_of([100.0, 900.0], 50), sums_of([400.0], 30)
    assert one + other == sums_of([100.0, 900.0, 400.0], 80)


def test_one_cost_against_another_is_a_ratio_with_its_interval() -> None:
    draw, inside, runs = Random(9), 0, 400 * LONGER
    for _ in range(runs):
        calls, forms = Count(hits(draw, 120, 0.25), 120), Count(hits(draw, 500, 0.08), 500)
        one, other = cost_per(120 * 90.0, calls), cost_per(500 * 40.0, forms)
        found = times(one, other) if one and other else None
        inside += found is not None and not found.excludes((40 / 0.08) / (90 / 0.25))
    assert 0.925 <= inside / runs <= 0.975


def test_against_a_cost_without_upper_bound_only_one_side_is_told() -> None:
    none_sold, some = cost_per(5000.0, Count(0, 100)), cost_per(5000.0, Count(5, 100))
    assert none_sold is not None
    assert some is not None
    assert times(some, none_sold) is None
    open_ended = Estimate(10.0, 5.0, None)
    found = times(open_ended, Estimate(20.0, 10.0, 40.0))
    assert found is not None
    assert found.low == 0.0
    assert [found.value, found.high] == pytest.approx([2, 2 * exp((log(2) ** 2 * 2) ** 0.5)])


# --- how many more ---


def test_the_sample_size_is_the_textbooks() -> None:
    assert leads_needed(0.4, 0.5) == 2 * 388 - 1  # 387.3 in each arm (Fleiss, without correction)


def test_so_many_leads_tell_the_difference_as_often_as_is_said() -> None:
    draw, told, runs = Random(13), 0, 500 * LONGER
    each = leads_needed(0.3, 0.42) // 2
    for _ in range(runs):
        found = difference(Count(hits(draw, each, 0.3), each), Count(hits(draw, each, 0.42), each))
        told += found is not None and found.excludes(0.0)
    assert 0.75 <= told / runs <= 0.85


def test_what_was_seen_is_counted_off_and_a_big_difference_needs_less() -> None:
    few, same = Count(30, 100), Count(31, 100)
    assert still_needed(few, same, 0.1) == leads_needed(0.255, 0.355) - 200
    assert still_needed(few, Count(60, 100), 0.1) == 0
    assert still_needed(Count(0, 10), Count(0, 10), 0.05) is not None
    for wrong in (0.0, -0.1):
        with pytest.raises(ValueError, match="above 0"):
            still_needed(few, same, wrong)


@pytest.mark.parametrize(("p", "q", "share"), [(0.3, 0.3, 0.5), (0.0, 1.2, 0.5), (0.1, 0.2, 0.0)])
def test_what_no_sample_can_tell_is_an_error(p: float, q: float, share: float) -> None:
    with pytest.raises(ValueError, match="no sample"):
        leads_needed(p, q, share=share)


# --- experiments ---


def followed(draw: Random, p: float, q: float, effect: float, leads: int) -> tuple[Comparison, int]:
    """An experiment that is looked at after every tenth lead and ends at the first answer."""
    hit, of = [0, 0], [0, 0]
    said = compare(Count(0, 0), Count(0, 0), effect)
    for lead in range(1, leads + 1):
        arm = draw.random() < 0.5
        of[arm] += 1
        hit[arm] += draw.random() < (q if arm else p)
        if lead % 10 == 0:
            said = compare(Count(hit[0], of[0]), Count(hit[1], of[1]), effect)
            if said.said is not Said.NOT_YET:
                return said, lead
    return said, leads


@pytest.mark.parametrize(("p", "effect"), [(0.04, 0.03), (0.3, 0.08), (0.5, 0.08)])
def test_peeking_all_the_time_raises_no_more_false_alarms_than_stated(p: float, effect: float) -> None:
    draw, runs = Random(17), 100 * LONGER
    ends = [followed(draw, p, p, effect, 4000)[0].said for _ in range(runs)]
    assert (ends.count(Said.BETTER) + ends.count(Said.WORSE)) / runs <= 0.05 + (0.05 * 0.95 / runs) ** 0.5
    assert ends.count(Said.SAME) / runs > 0.8


def test_an_ordinary_interval_would_have_cried_wolf() -> None:
    """Why the sequential test is there: the same looks with a 95 % interval."""
    draw, runs, alarms = Random(17), 40, 0
    for _ in range(runs):
        hit, of = [0, 0], [0, 0]
        for lead in range(1, 2001):
            arm = draw.random() < 0.5
            of[arm] += 1
            hit[arm] += draw.random() < 0.3
            found = difference(Count(hit[0], of[0]), Count(hit[1], of[1])) if lead % 20 == 0 else None
            if found and found.excludes(0.0):
                alarms += 1
                break
    assert alarms / runs > 0.15


def test_a_difference_that_is_there_is_found() -> None:
    draw, runs = Random(19), 40 * LONGER
    ends = [followed(draw, 0.3, 0.42, 0.08, 4000) for _ in range(runs)]
    assert sum(end.said is Said.BETTER for end, _ in ends) / runs > 0.9
    assert sorted(lead for _, lead in ends)[runs // 2] < 1200


def test_nothing_is_said_before_each_arm_has_hits_and_misses() -> None:
    found = compare(Count(FEWEST - 1, 200), Count(90, 200), 0.05)
    assert (found.said, found.difference, found.p_value) == (Said.NOT_YET, None, 1.0)
    assert found.still_needed is not None
    assert found.still_needed > 0
    assert compare(Count(0, 0), Count(3, 9), 0.05).still_needed is None


def test_how_many_more_is_about_what_is_needed() -> None:
    first = compare(Count(300, 1000), Count(300, 1000), 0.05)
    assert first.said is Said.NOT_YET
    assert first.still_needed is not None
    each = 1000 + first.still_needed // 2 + 1
    then = compare(Count(round(each * 0.3), each), Count(round(each * 0.3), each), 0.05)
    assert (then.said, then.still_needed) == (Said.SAME, 0)


def test_the_answer_mirrors_and_the_p_value_agrees_with_the_interval() -> None:
    for one, other in product(range(20, 200, 30), repeat=2):
        there, back = (
            compare(Count(one, 400), Count(other, 400), 0.05),
            compare(Count(other, 400), Count(one, 400), 0.05),
        )
        assert there.difference is not None
        assert back.difference is not None
        assert back.difference.value is not None
        assert there.difference.value == pytest.approx(-back.difference.value)
        assert there.difference.excludes(0.0) == (there.p_value < 0.05) == (back.p_value < 0.05)


def test_several_arms_share_the_risk() -> None:
    alone = compare(Count(300, 1000), Count(360, 1000), 0.05)
    third = compare(Count(300, 1000), Count(360, 1000), 0.05, alpha=0.05 / 2)
    assert alone.difference is not None
    assert third.difference is not None
    assert third.difference.low < alone.difference.low


def test_an_effect_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="above 0"):
        compare(Count(1, 2), Count(1, 2), 0.0)
