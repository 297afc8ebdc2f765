"""How many more leads until a difference can be told.

Owns: the sample size for two rates. Must not know: what is counted, or how fast leads come.

It is an aim, not a promise: with so many leads, ``power`` (80 %) of all such comparisons tell a true difference of
that size. What is asked for is a difference that would matter, at least; a seen difference alone is no good guess
of the true one.
"""

from __future__ import annotations

from math import ceil, sqrt
from statistics import NormalDist

from speedtolead.domain.statistics.rates import CONFIDENCE, Count, z_of

POWER = 0.8


def leads_needed(
    rate: float, other: float, confidence: float = CONFIDENCE, power: float = POWER, share: float = 0.5
) -> int:
    """Leads of both together to tell two true rates apart, ``share`` of them of the first.

    Source: J. L. Fleiss, B. Levin, M. C. Paik, Statistical Methods for Rates and Proportions (3rd ed. 2003), 4.14
    (no continuity correction). Raises ValueError where the rates are equal or none, or a share leaves one without
    leads.
    """
    if rate == other or not (0 <= rate <= 1 and 0 <= other <= 1 and 0 < share < 1):
        raise ValueError(f"no sample tells {rate} from {other} at a share of {share}")
    mean = share * rate + (1 - share) * other
    alpha, beta = z_of(confidence), NormalDist().inv_cdf(power)
    null = alpha * sqrt(mean * (1 - mean) / (share * (1 - share)))
    true = beta * sqrt(rate * (1 - rate) / share + other * (1 - other) / (1 - share))
    return ceil(((null + true) / (rate - other)) ** 2)


def still_needed(
    a: Count, b: Count, effect: float, confidence: float = CONFIDENCE, power: float = POWER
) -> int | None:
    """Leads of both together, in their present proportion, beyond those that were counted; 0: there are enough.

    Told apart is a difference of ``effect`` (0 to 1, above 0), or of what was seen where that is more. None where
    one counted nothing: nobody knows then.
    """
    if effect <= 0:
        raise ValueError("an effect is above 0")
    if a.rate is None or b.rate is None:
        return None
    middle = (a.hits + b.hits) / (a.of + b.of)
    apart = max(effect, abs(b.rate - a.rate))
    low = min(max(middle - apart / 2, 0.0), 1 - min(apart, 1.0))
    needed = leads_needed(low, low + min(apart, 1.0), confidence, power, a.of / (a.of + b.of))
    return max(0, needed - a.of - b.of)
