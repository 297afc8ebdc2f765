"""Percentiles from buckets: within the stated error, and the same however the counts were added up."""

from __future__ import annotations

import random
from collections import Counter
from math import ceil

import pytest

from speedtolead.domain.histogram import ERROR, FLOOR, Histogram, bucket, lower_bound, value


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.99, 1.0])
def test_a_percentile_is_within_the_stated_error_of_the_duration_at_its_rank(share: float) -> None:
    chance = random.Random(7)
    took = sorted(chance.lognormvariate(1, 2.5) for _ in range(999))
    found = Histogram(Counter(bucket(seconds) for seconds in took)).percentile(share)
    true = took[max(1, ceil(share * len(took))) - 1]
    assert found is not None
    assert abs(found - true) <= ERROR * true * 1.000001


def test_nothing_counted_has_no_percentile() -> None:
    assert Histogram({}).percentile(0.5) is None


@pytest.mark.parametrize("seconds", [0.0, FLOOR, 0.0007, 1.0, 59.99, 2_600_000.0])
def test_a_duration_is_in_its_bucket(seconds: float) -> None:
    index = bucket(seconds)
    assert lower_bound(index) <= seconds <= max(FLOOR, value(index) * (1 + ERROR) * 1.000001)
