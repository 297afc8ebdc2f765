"""Durations in log-bucketed histograms: they add up, and tell percentiles with a stated error.

Owns: the buckets and what is read from them. Must not know: whose durations they are, or where they are kept.

A bucket ``i`` holds durations in ``(FLOOR * RATIO ** (i - 1), FLOOR * RATIO ** i]``; its value is the point
between its bounds from which neither is farther than ``ERROR`` of itself.
Source: C. Masson, J. E. Rim, H. K. Lee, DDSketch, PVLDB 12 (2019).
``figure_bucket`` in the database counts into the same buckets; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, log

ERROR = 0.02
"""A percentile is at most so much, of itself, beside the duration that it stands for."""
FLOOR = 0.00001
"""Seconds; what is shorter is in bucket 0, and read as this."""
RATIO = (1 + ERROR) / (1 - ERROR)


def bucket(seconds: float) -> int:
    """The bucket of a duration in seconds."""
    return 0 if seconds <= FLOOR else ceil(log(seconds / FLOOR) / log(RATIO))


def value(index: int) -> float:
    """What stands for every duration of a bucket; seconds."""
    return FLOOR if index == 0 else FLOOR * RATIO**index * 2 / (RATIO + 1)


def lower_bound(index: int) -> float:
    """The durations of a bucket are longer than this; seconds."""
    return 0.0 if index == 0 else FLOOR * RATIO ** (index - 1)


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many durations each bucket holds."""

    counts: Mapping[int, int]

    @property
    def counted(self) -> int:
        return sum(self.counts.values())

    def percentile(self, share: float) -> float | None:
        """The duration that ``share`` of all do not exceed (nearest rank), within ``ERROR``; None where there are
        none."""
        rank = max(1, ceil(share * self.counted))
        for index in sorted(self.counts):
            rank -= self.counts[index]
            if rank <= 0:
                return value(index)
        return None
