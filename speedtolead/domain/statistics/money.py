"""Cost per sale, return on ad spend, and one source's against another's.

Owns: intervals for ratios of sums. Must not know: prices, currencies, or which leads are counted. Money comes as
float: an interval is no bookkeeping.

Cost per sale (per contact, per appointment): what was paid is known to the cent, and what is uncertain is how many
of such leads buy. So it is the mean cost of a lead ÷ the rate, and its interval the mean cost ÷ the Wilson bounds
of the rate. Without a sale there is a lower bound only: "at least so much". Where dear leads sell better than cheap
ones of the same source, the interval is somewhat too wide.

ROAS = revenue ÷ cost: sales differ in value, so the rate alone does not say it. The logarithm of the ratio of two
means is about normal, with the variance of the delta method (W. G. Cochran, Sampling Techniques, 3rd ed. 1977, 6.4,
on the logarithm): the interval stays above 0 and leans towards where the few big sales are. It needs sums and sums
of squares only, which roll-ups add up.

One source against another: the ratio, from both intervals on the logarithm (MOVER: G. Y. Zou and A. Donner,
Statistics in Medicine 27 (2008), 1693-1702).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt

from speedtolead.domain.statistics.rates import CONFIDENCE, Count, Estimate, wilson, z_of

FEWEST_SALES = 5
"""Below that the spread of sale values is not known well enough: a ROAS's interval would cover far under 90 %."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Over ``leads``: revenue and cost of each, their squares, their product, and how many brought revenue."""

    leads: int
    paying: int
    revenue: float
    cost: float
    revenue_squares: float
    cost_squares: float
    products: float

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.leads + other.leads,
            self.paying + other.paying,
            self.revenue + other.revenue,
            self.cost + other.cost,
            self.revenue_squares + other.revenue_squares,
            self.cost_squares + other.cost_squares,
            self.products + other.products,
        )


def cost_per(cost: float, count: Count, confidence: float = CONFIDENCE) -> Estimate | None:
    """``cost`` of all leads of ``count``, for each hit. None when nothing was counted."""
    bounds = wilson(count.hits, count.of, z_of(confidence))
    if bounds is None:
        return None
    mean, (low, high) = cost / count.of, bounds
    if not count.hits:
        return Estimate(None, mean / high, None)
    return Estimate(cost / count.hits, mean / high, mean / low)


def roas(sums: Sums, confidence: float = CONFIDENCE) -> Estimate | None:
    """Revenue ÷ cost. None where nothing was paid, or fewer than ``FEWEST_SALES`` leads brought revenue."""
    if sums.cost <= 0 or sums.revenue <= 0 or sums.paying < FEWEST_SALES:
        return None
    n, value = sums.leads, sums.revenue / sums.cost
    revenue, cost = sums.revenue / n, sums.cost / n
    # relative variances of the mean revenue and the mean cost, and what they have in common
    relative = (sums.revenue_squares / n - revenue**2) / revenue**2 + (sums.cost_squares / n - cost**2) / cost**2
    relative -= 2 * (sums.products / n - revenue * cost) / (revenue * cost)
    factor = exp(z_of(confidence) * sqrt(max(0.0, relative) / (n - 1))) if n > 1 else 1.0
    return Estimate(value, value / factor, value * factor)


def times(a: Estimate, b: Estimate) -> Estimate | None:
    """How many times as large ``b`` is as ``a``; 1: the same. None where either has no value above 0.

    ``high`` is None where ``b`` has no upper bound or ``a`` none above 0.
    """
    if not a.value or not b.value or a.value < 0 or b.value < 0:
        return None
    value = log(b.value) - log(a.value)
    low, high = 0.0, None
    if b.low > 0 and a.high is not None:
        low = exp(value - sqrt(log(b.value / b.low) ** 2 + log(a.high / a.value) ** 2))
    if b.high is not None and a.low > 0:
        high = exp(value + sqrt(log(b.high / b.value) ** 2 + log(a.value / a.low) ** 2))
    return Estimate(exp(value), low, high)
