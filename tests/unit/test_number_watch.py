"""When a number's answer rate has dropped: the test's arithmetic, its cases, and how often it is wrong."""

from __future__ import annotations

import random
from math import comb

import pytest

from speedtolead.domain.number_watch import Answers, Standing, Strata, Watch, judge, lower_tail, total

WATCH = Watch()


def of(first: tuple[int, int], later: tuple[int, int] = (0, 0)) -> Strata:
    """First and later calls: how many, and how many of them were answered."""
    return {True: Answers(*first), False: Answers(*later)}


@pytest.mark.parametrize(
    ("why", "recent", "past", "others", "standing"),
    [
        ("it fell, the others did not", of((150, 30)), of((900, 360)), of((600, 240)), Standing.OUT_OF_BAND),
        ("all fell: a holiday, or bad leads", of((150, 30)), of((900, 360)), of((600, 120)), Standing.OK),
        ("it always did worse", of((150, 30)), of((900, 190)), of((600, 240)), Standing.OK),
        ("it does better", of((150, 90)), of((900, 360)), of((600, 240)), Standing.OK),
        ("a trifle, though hardly by luck", of((9000, 3200)), of((9000, 3600)), of((9000, 3600)), Standing.OK),
        ("too few of its own", of((39, 2)), of((900, 360)), of((600, 240)), Standing.NOT_ENOUGH),
        ("no past", of((150, 30)), of((99, 40)), of((600, 240)), Standing.NOT_ENOUGH),
        ("no other number", of((150, 30)), of((900, 360)), of((0, 0)), Standing.NOT_ENOUGH),
        ("nobody answers any", of((150, 0)), of((900, 2)), of((600, 1)), Standing.NOT_ENOUGH),
        (
            "it makes later calls now, as the others did",
            of((30, 12), (150, 15)),
            of((800, 320), (200, 20)),
            of((500, 200), (300, 30)),
            Standing.OK,
        ),
        (
            "both kinds fell",
            of((90, 15), (120, 4)),
            of((600, 240), (600, 60)),
            of((500, 200), (500, 50)),
            Standing.OUT_OF_BAND,
        ),
        (
            "only kinds that both have are compared",
            of((0, 0), (150, 3)),
            of((900, 360)),
            of((600, 240)),
            Standing.NOT_ENOUGH,
        ),
    ],
)
def test_a_number_is_out_when_it_fell_and_the_others_did_not(
    why: str, recent: Strata, past: Strata, others: Strata, standing: Standing
) -> None:
    assert judge(recent, past, others, WATCH).standing is standing, why


@pytest.mark.parametrize(
    ("answered", "standing"), [(16, Standing.OK), (12, Standing.OK), (8, Standing.OUT_OF_BAND)]
)
def test_a_trial_is_judged_after_few_calls(answered: int, standing: Standing) -> None:
    """Eight of forty, beside 40 %: not enough to bench a number, and enough not to trust it again."""
    past, others = of((900, 360)), of((600, 240))
    assert judge(of((40, answered)), past, others, WATCH, on_trial=True).standing is standing
    assert judge(of((40, answered)), past, others, WATCH).standing is Standing.OK


def test_one_stratum_is_near_the_exact_test() -> None:
    """Fisher's, one-sided."""
    mine, theirs = Answers(60, 15), Answers(240, 96)
    hits, both = mine.answered + theirs.answered, mine.calls + theirs.calls
    exact = sum(comb(hits, k) * comb(both - hits, mine.calls - k) for k in range(mine.answered + 1))
    p = lower_tail([(mine, theirs)])
    assert p is not None
    assert p == pytest.approx(exact / comb(both, mine.calls), rel=0.12)


def test_a_number_in_control_is_hardly_ever_benched() -> None:
    """20,000 looks at numbers that answer like all others: at most the promised share is out of band."""
    dice = random.Random(20261123)

    def drawn(calls: int, rate: float) -> Answers:
        mean, spread = calls * rate, (calls * rate * (1 - rate)) ** 0.5
        return Answers(calls, min(calls, max(0, round(dice.gauss(mean, spread)))))

    watch = Watch(drop=0.0)  # without the minimum drop, which would hide a wrong p
    wrong = 0
    for _ in range(20_000):
        first, later = dice.uniform(0.2, 0.5), dice.uniform(0.1, 0.3)
        recent, past, others = ({True: drawn(calls, first), False: drawn(calls, later)} for calls in (60, 600, 400))
        wrong += judge(recent, past, others, watch).standing is Standing.OUT_OF_BAND
    assert wrong <= 20_000 * watch.significance


def test_a_number_marked_as_spam_is_found_in_its_recent_days() -> None:
    """Three days of fifty calls, answered by 20 % instead of 40 %: found in nine of ten cases at least."""
    dice = random.Random(7)
    found = 0
    for _ in range(300):
        recent = of((150, sum(dice.random() < 0.20 for _ in range(150))))
        found += judge(recent, of((900, 360)), of((600, 240)), WATCH).standing is Standing.OUT_OF_BAND
    assert found >= 270


def test_a_verdict_says_its_counts() -> None:
    verdict = judge(of((100, 10), (50, 2)), of((900, 360)), of((600, 240)), WATCH)
    assert total(of((100, 10), (50, 2))) == Answers(150, 12)
    assert verdict.words == (
        "answered 8 % (12 of 150), the campaign's other numbers 40 % (240 of 600), itself before 40 % (360 of 900)"
    )
    assert verdict.interval is not None
    assert verdict.interval[0] < 0.08 < verdict.interval[1]


def test_more_answers_than_calls_are_refused() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        Answers(2, 3)
