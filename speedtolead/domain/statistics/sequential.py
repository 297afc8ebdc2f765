"""Two arms of an experiment, looked at whenever one likes, and stopped whenever one likes.

Owns: the interval and the p-value that hold at every look together. Must not know: how leads are assigned or
counted.

An ordinary 95 % interval is right once. Whoever looks every day and stops at the first that leaves out 0 is wrong
far more often than 1 in 20. The mixture sequential probability ratio test is not: over all looks together, however
many, it finds a difference that is not there in at most ``alpha`` of all experiments. R. Johari, P. Koomen, L.
Pekelis, D. Walsh, "Always Valid Inference: Continuous Monitoring of A/B Tests", Operations Research 70 (2022),
1806-1821; H. Robbins, Annals of Mathematical Statistics 41 (1970), 1397-1409.

With D the difference of the two rates, V its variance and the mixture N(0, tau²), the likelihood ratio against "no
difference" is ``sqrt(V / (V + tau²)) * exp(tau² D² / (2 V (V + tau²)))``. It exceeds 1 / alpha with a chance of at
most alpha, ever; solved for D, that is the interval. ``tau`` is the size of difference that one expects: it makes
the test quick for such differences and never wrong. It has to be set before the data come.

The rates are taken as normal, so nothing is said before each arm has ``FEWEST`` hits and as many misses; and V is
that of rates drawn a little to the middle (one hit and one miss more: A. Agresti, B. Caffo, American Statistician
54 (2000), 280-288), or the first all-miss weeks would look certain. A test follows experiments without any
difference lead by lead, at rates of 4 to 50 %, and counts the false alarms: 2 to 3 in 100 over 4,000 leads, within
the stated 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import ceil, exp, log, sqrt

from speedtolead.domain.statistics.rates import Count, Estimate

FEWEST = 5
"""Hits, and misses, that each arm must have before anything is said."""
ALPHA = 0.05
_MOST_LEADS = 10**9


class Said(StrEnum):
    BETTER = "better"
    """The second arm hits more often."""
    WORSE = "worse"
    SAME = "same"
    """No difference as large as the effect that matters, in either direction."""
    NOT_YET = "not_yet"


@dataclass(frozen=True, slots=True)
class Comparison:
    """``difference``: second less first, with the interval that holds at every look; None before it may be told.

    ``p_value``: always valid as well, 1 where nothing is told. ``still_needed``: leads of both arms together,
    about, until there is an answer if it goes on as seen; 0 once there is one, None while nobody can know.
    """

    said: Said
    difference: Estimate | None
    p_value: float
    still_needed: int | None


def compare(a: Count, b: Count, effect: float, alpha: float = ALPHA) -> Comparison:
    """Arm ``b`` against arm ``a``. ``effect``: the smallest difference that matters, 0 to 1, set before the data.

    Several arms against one first arm: ``alpha`` divided by their number (Bonferroni). Raises ValueError for an
    effect of 0 or less.
    """
    if effect <= 0:
        raise ValueError("an effect is above 0")
    if a.rate is None or b.rate is None or min(a.hits, b.hits, a.of - a.hits, b.of - b.hits) < FEWEST:
        return Comparison(Said.NOT_YET, None, 1.0, _before(a, b, effect, alpha))
    value, variance = b.rate - a.rate, _variance(a) + _variance(b)
    half = half_width(variance, effect, alpha)
    found = Estimate(value, max(-1.0, value - half), min(1.0, value + half))
    said = _said(found, effect)
    more = 0 if said is not Said.NOT_YET else _still_needed(a, b, abs(value), effect, alpha)
    return Comparison(said, found, _p_value(value, variance, effect), more)


def half_width(variance: float, tau: float, alpha: float = ALPHA) -> float:
    """Half of the interval at a variance of the difference."""
    wide = variance + tau**2
    return sqrt(variance * wide / tau**2 * log(wide / (variance * alpha**2)))


def _said(found: Estimate, effect: float) -> Said:
    assert found.high is not None
    if found.low > 0:
        return Said.BETTER
    if found.high < 0:
        return Said.WORSE
    return Said.SAME if -effect < found.low and found.high < effect else Said.NOT_YET


def _p_value(value: float, variance: float, tau: float) -> float:
    wide = variance + tau**2
    exponent = tau**2 * value**2 / (2 * variance * wide)
    return min(1.0, sqrt(wide / variance) * exp(-exponent))


def _variance(count: Count) -> float:
    rate = (count.hits + 1) / (count.of + 2)
    return rate * (1 - rate) / (count.of + 2)


def _before(a: Count, b: Count, effect: float, alpha: float) -> int | None:
    """Needed where too little was seen to compare: by the rate of both together, or a half where nothing was."""
    if not a.of or not b.of:
        return None
    return _still_needed(a, b, 0.0, effect, alpha)


def _still_needed(a: Count, b: Count, seen: float, effect: float, alpha: float) -> int:
    """Until there is an answer if the difference stays as it was seen: 0 is left out, or all is within the effect.

    At the present rate of both together and the present proportion of the arms.
    """
    share, total = a.of / (a.of + b.of), a.of + b.of
    rate = (a.hits + b.hits + 1) / (total + 2)
    each = rate * (1 - rate) * (1 / share + 1 / (1 - share))
    aim = max(seen, effect - seen)
    few, many = 1, 2
    while half_width(each / many, effect, alpha) > aim and many < _MOST_LEADS:
        many *= 2
    while many - few > 1 and many > total:
        middle = (few + many) // 2
        few, many = (middle, many) if half_width(each / middle, effect, alpha) > aim else (few, middle)
    least = ceil(FEWEST / min(rate * min(share, 1 - share), (1 - rate) * min(share, 1 - share)))
    return max(1, many - total, least - total)
