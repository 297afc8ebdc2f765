"""Rates and their differences, for counts that are looked at once.

Owns: the interval of a rate and of the difference of two. Must not know: what is counted. Who looks again and again
and stops when it pleases asks ``sequential``: these intervals would be too narrow for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

CONFIDENCE = 0.95


def z_of(confidence: float) -> float:
    """The normal quantile of a two-sided interval: 1.96 at 0.95."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


Z95 = z_of(CONFIDENCE)


@dataclass(frozen=True, slots=True)
class Count:
    """So many ``hits`` (contacts, sales) of so many ``of`` (leads). Raises ValueError where that cannot be."""

    hits: int
    of: int

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.of:
            raise ValueError(f"{self.hits} of {self.of}")

    @property
    def rate(self) -> float | None:
        return self.hits / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval. ``high`` None: the data set no upper bound."""

    value: float | None
    low: float
    high: float | None

    def excludes(self, value: float) -> bool:
        """The interval does not contain it."""
        return value < self.low or (self.high is not None and value > self.high)


def wilson(successes: int, total: int, z: float = Z95) -> tuple[float, float] | None:
    """The Wilson score interval of a rate at 95 %; None when nothing was counted.

    Source: E. B. Wilson, JASA 22 (1927), 209-212.
    """
    if total == 0:
        return None
    rate = successes / total
    spread = z * sqrt(rate * (1 - rate) / total + z * z / (4 * total * total))
    centre, scale = rate + z * z / (2 * total), 1 + z * z / total
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def rate(count: Count, confidence: float = CONFIDENCE) -> Estimate | None:
    """A rate with its Wilson interval; None when nothing was counted."""
    bounds = wilson(count.hits, count.of, z_of(confidence))
    return None if bounds is None else Estimate(count.rate, *bounds)


def difference(a: Count, b: Count, confidence: float = CONFIDENCE) -> Estimate | None:
    """The rate of ``b`` less the rate of ``a``, -1 to 1; None when one of them counted nothing.

    Newcombe's hybrid score interval (method 10): the two Wilson intervals, squared and added. Source: R. G.
    Newcombe, Statistics in Medicine 17 (1998), 873-890. Covers at 95 % on average and hardly ever under 93 % (a
    test recounts).
    """
    first, second = rate(a, confidence), rate(b, confidence)
    return None if first is None or second is None else _recovered(first, second)


def _recovered(a: Estimate, b: Estimate) -> Estimate:
    """``b - a`` from the intervals of both ("MOVER")."""
    assert a.value is not None
    assert b.value is not None
    assert a.high is not None
    assert b.high is not None
    value = b.value - a.value
    low = sqrt((b.value - b.low) ** 2 + (a.high - a.value) ** 2)
    high = sqrt((b.high - b.value) ** 2 + (a.value - a.low) ** 2)
    return Estimate(value, value - low, value + high)
