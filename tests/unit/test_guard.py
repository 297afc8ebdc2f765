"""The source guard: the exact test against its definition, how often it cries wolf, and what it sees in time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import accumulate
from math import comb
from random import Random
from statistics import median

import pytest
from domain_samples import examples
from hypothesis import assume, given
from hypothesis import strategies as st

from speedtolead.domain.guard import (
    STANDARD,
    Counts,
    Rate,
    Standing,
    is_out_of_band,
    judge,
    p_value,
)
from speedtolead.domain.statistics.rates import wilson

CONTACT, INVALID, DUPLICATE = Rate.CONTACT, Rate.INVALID, Rate.DUPLICATE
counts = st.integers(0, 60).flatmap(lambda n: st.builds(Counts, st.just(n), st.integers(0, n)))

# ---- the test -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "recent", "baseline", "p"),
    [
        # The lady tasting tea, Fisher 1935: all of four right, and three of four.
        (INVALID, Counts(4, 4), Counts(4, 0), 1 / 70),
        (INVALID, Counts(4, 3), Counts(4, 1), 17 / 70),
        # Twins of convicts, Fisher 1935: 2 of 17 dizygotic and 10 of 13 monozygotic ones were convicted too.
        (CONTACT, Counts(17, 2), Counts(13, 10), 0.0004652),
        (DUPLICATE, Counts(13, 10), Counts(17, 2), 0.0004652),
    ],
)
def test_the_p_value_is_fishers(rate: Rate, recent: Counts, baseline: Counts, p: float) -> None:
    assert p_value(rate, recent, baseline) == pytest.approx(p, rel=1e-4)


def exact_lower_tail(n: int, k: int, earlier: int, earlier_hits: int) -> Fraction:
    hits, total = k + earlier_hits, n + earlier
    ways = sum(comb(hits, x) * comb(total - hits, n - x) for x in range(k + 1) if n - x <= total - hits)
    return Fraction(ways, comb(total, n))


@examples(300)
@given(counts, counts)
def test_the_p_value_is_the_sum_of_the_hypergeometric_tail(recent: Counts, baseline: Counts) -> None:
    low = exact_lower_tail(recent.leads, recent.hits, baseline.leads, baseline.hits)
    assert p_value(CONTACT, recent, baseline) == pytest.approx(float(low), rel=1e-9, abs=1e-12)
    good, earlier_good = recent.leads - recent.hits, baseline.leads - baseline.hits
    high = exact_lower_tail(recent.leads, good, baseline.leads, earlier_good)
    assert p_value(INVALID, recent, baseline) == pytest.approx(float(high), rel=1e-9, abs=1e-12)


@examples(200)
@given(counts, counts)
def test_fewer_contacts_are_never_less_alarming(recent: Counts, baseline: Counts) -> None:
    assume(recent.hits > 0)
    fewer = Counts(recent.leads, recent.hits - 1)
    assert p_value(CONTACT, fewer, baseline) <= p_value(CONTACT, recent, baseline) + 1e-12


@pytest.mark.parametrize(
    ("rate", "recent", "baseline", "low", "high"),
    [
        (CONTACT, Counts(100_000, 39_000), Counts(1_000_000, 400_000), 0.0, 1e-8),
        (CONTACT, Counts(100_000, 90_000), Counts(1_000_000, 100_000), 1.0, 1.0),
        (INVALID, Counts(100_000, 90_000), Counts(1_000_000, 100_000), 0.0, 0.0),
        (CONTACT, Counts(0, 0), Counts(1000, 400), 1.0, 1.0),
        (INVALID, Counts(150, 0), Counts(1000, 0), 1.0, 1.0),
    ],
)
def test_the_p_value_holds_at_the_extremes(
    rate: Rate, recent: Counts, baseline: Counts, low: float, high: float
) -> None:
    assert low <= p_value(rate, recent, baseline) <= high


@pytest.mark.parametrize(("leads", "hits"), [(10, 11), (10, -1), (-1, 0)])
def test_more_hits_than_leads_are_no_counts(leads: int, hits: int) -> None:
    with pytest.raises(ValueError, match="leads"):
        Counts(leads, hits)


# ---- the verdict --------------------------------------------------------------------------------------------

USUAL = Counts(1000, 400)
FEW_BAD = Counts(1000, 10)


@pytest.mark.parametrize(
    ("rate", "recent", "baseline", "standing"),
    [
        (CONTACT, Counts(150, 60), USUAL, Standing.OK),
        (CONTACT, Counts(150, 23), USUAL, Standing.OUT_OF_BAND),
        (CONTACT, Counts(150, 140), USUAL, Standing.OK),  # better than usual is no alarm
        (INVALID, Counts(150, 40), Counts(1000, 50), Standing.OUT_OF_BAND),
        (INVALID, Counts(150, 0), Counts(1000, 50), Standing.OK),
        (DUPLICATE, Counts(150, 40), Counts(1000, 50), Standing.OUT_OF_BAND),
        (DUPLICATE, Counts(150, 15), Counts(1000, 0), Standing.OUT_OF_BAND),  # usually none
        (CONTACT, Counts(150, 0), Counts(1000, 0), Standing.OK),  # usually none, and none now
        (CONTACT, Counts(30, 0), USUAL, Standing.OUT_OF_BAND),
        (CONTACT, Counts(29, 0), USUAL, Standing.NOT_ENOUGH),
        (CONTACT, Counts(150, 0), Counts(100, 40), Standing.OUT_OF_BAND),
        (CONTACT, Counts(150, 0), Counts(99, 40), Standing.NOT_ENOUGH),
        (CONTACT, Counts(0, 0), Counts(0, 0), Standing.NOT_ENOUGH),
        # Significant, but a trifle: 3.5 % less of the usual rate; half a point more.
        (CONTACT, Counts(100_000, 38_600), Counts(1_000_000, 400_000), Standing.OK),
        (INVALID, Counts(100_000, 1_500), Counts(1_000_000, 10_000), Standing.OK),
        (INVALID, Counts(100_000, 3_100), Counts(1_000_000, 10_000), Standing.OUT_OF_BAND),
    ],
)
def test_where_a_source_stands(rate: Rate, recent: Counts, baseline: Counts, standing: Standing) -> None:
    assert judge(rate, recent, baseline).standing is standing
    assert is_out_of_band(rate, recent, baseline) is (standing is Standing.OUT_OF_BAND)


def test_a_verdict_tells_what_it_was_made_of() -> None:
    recent = Counts(150, 23)
    verdict = judge(CONTACT, recent, USUAL)
    assert verdict.p_value == p_value(CONTACT, recent, USUAL)
    assert verdict.p_value is not None
    assert verdict.p_value < STANDARD.significance / 3
    assert verdict.interval == wilson(23, 150)
    assert (verdict.rate, verdict.recent, verdict.baseline) == (CONTACT, recent, USUAL)
    assert verdict.words.startswith(
        "The contact rate is 15.3% of the last 150 leads; usually 40.0% (of 1000). By chance alone, one look in "
    )


def test_a_verdict_without_enough_leads_says_what_is_needed() -> None:
    verdict = judge(INVALID, Counts(12, 3), Counts(80, 2))
    assert verdict.p_value is None
    assert verdict.words == "12 recent and 80 earlier leads are too few to tell; 30 and 100 are needed."
    assert judge(INVALID, Counts(0, 0), USUAL).interval is None


def test_each_rate_has_a_third_of_the_significance() -> None:
    recent = Counts(150, 34)
    p = p_value(CONTACT, recent, USUAL)
    barely, not_quite = replace(STANDARD, significance=3.01 * p), replace(STANDARD, significance=2.99 * p)
    assert is_out_of_band(CONTACT, recent, USUAL, barely)
    assert not is_out_of_band(CONTACT, recent, USUAL, not_quite)


@pytest.mark.parametrize(
    ("hits", "begins", "goes_on"),
    [
        (23, True, True),
        (38, False, True),  # 25 %: worse by more than the minimum effect, but p is 3e-4
        (45, False, True),  # 30 %: p is 0.01, and worse by a quarter of the usual rate
        (51, False, False),  # 34 %: worse by exactly 15 %, but p is above 0.05
        (60, False, False),
    ],
)
def test_an_alert_ends_later_than_it_would_begin(hits: int, begins: bool, goes_on: bool) -> None:
    recent = Counts(150, hits)
    assert is_out_of_band(CONTACT, recent, USUAL) is begins
    verdict = judge(CONTACT, recent, USUAL, alerting=True)
    assert (verdict.standing is Standing.OUT_OF_BAND) is goes_on
    assert verdict.words.endswith("The alert goes on.") is goes_on


def test_an_alert_of_a_big_source_ends_below_half_of_the_minimum_effect() -> None:
    usual = Counts(1_000_000, 400_000)
    assert is_out_of_band(CONTACT, Counts(100_000, 33_900), usual, alerting=True)
    assert not is_out_of_band(CONTACT, Counts(100_000, 34_100), usual, alerting=True)


@examples(300)
@given(st.sampled_from(Rate), st.integers(30, 400), st.integers(100, 2000), st.data())
def test_what_begins_an_alert_keeps_it_on(rate: Rate, n: int, earlier: int, data: st.DataObject) -> None:
    recent = Counts(n, data.draw(st.integers(0, n)))
    baseline = Counts(earlier, data.draw(st.integers(0, earlier)))
    begins = is_out_of_band(rate, recent, baseline)
    assert not begins or is_out_of_band(rate, recent, baseline, alerting=True)
    assert begins == (judge(rate, recent, baseline).standing is Standing.OUT_OF_BAND)


# ---- how it does: simulated sources -------------------------------------------------------------------------

LOOKS = 30 * 24 * 4
WINDOW, BASELINE = STANDARD.recent_leads, STANDARD.baseline_leads


def alerts(rate: Rate, outcomes: Sequence[bool], seen: Iterable[int], baseline: Counts) -> Iterator[int]:
    """The looks that began an alert, by the number of leads then ``seen``; each looks at the last 150 of them."""

    @cache
    def is_out(hits: int, alerting: bool) -> bool:
        return is_out_of_band(rate, Counts(WINDOW, hits), baseline, alerting=alerting)

    total = [0, *accumulate(outcomes)]
    on = False
    for n in seen:
        was, on = on, is_out(total[n] - total[n - WINDOW], on)
        if on and not was:
            yield n


def binomial(random: Random, n: int, p: float) -> Counts:
    return Counts(n, sum(random.random() < p for _ in range(n)))


def test_a_thousand_sources_in_control_raise_the_stated_false_alarms_in_a_month() -> None:
    random = Random(20261122)
    false_alarms = 0
    for _ in range(1000):
        per_look = random.choice([20, 50, 100, 200]) / 96
        arrivals = (int(per_look) + (random.random() < per_look % 1) for _ in range(LOOKS))
        seen = list(dict.fromkeys(accumulate(arrivals, initial=WINDOW)))  # where nothing came, nothing changes
        for rate in Rate:
            usual = random.choice([0.2, 0.3, 0.4, 0.5] if rate is CONTACT else [0.02, 0.05, 0.1])
            outcomes = [random.random() < usual for _ in range(seen[-1])]
            false_alarms += len(list(alerts(rate, outcomes, seen, binomial(random, BASELINE, usual))))
    assert STANDARD.false_alarms_at_most(LOOKS) == pytest.approx(0.288)
    assert false_alarms / 1000 <= 0.02


@pytest.mark.parametrize(
    ("rate", "usual", "now", "half_within", "most_within"),
    [(CONTACT, 0.40, 0.15, 105, 140), (INVALID, 0.05, 0.20, 105, 180)],
)
def test_a_real_change_is_seen_within_the_stated_leads(
    rate: Rate, usual: float, now: float, half_within: int, most_within: int
) -> None:
    random = Random(40_15)
    delays = []
    for _ in range(400):
        before = [random.random() < usual for _ in range(WINDOW)]
        after = [random.random() < now for _ in range(400)]
        looks = range(WINDOW + 1, WINDOW + 401)
        found = alerts(rate, before + after, looks, binomial(random, BASELINE, usual))
        delays.append(next(found, WINDOW + 999) - WINDOW)
    assert median(delays) <= half_within
    assert sum(delay <= most_within for delay in delays) >= 0.95 * len(delays)
