"""The numbers, as they are defined."""

from __future__ import annotations

from datetime import timedelta

import pytest
from domain_samples import NOON, examples
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.domain.metrics import Hops, wilson


def ms(n: float) -> timedelta:
    return timedelta(milliseconds=n)


FULL = Hops(
    received=NOON,
    committed=NOON + ms(2.34),
    claimed=NOON + ms(5),
    permitted=NOON + ms(5.5),
    requested=NOON + ms(60),
    ringing=NOON + ms(1200),
    answered=NOON + ms(6200),
    bridged=NOON + ms(6201),
)


def test_each_hop_is_told_in_milliseconds_since_arrival() -> None:
    assert FULL.milliseconds() == {
        "received": 0.0,
        "committed": 2.3,
        "claimed": 5.0,
        "permitted": 5.5,
        "requested": 60.0,
        "ringing": 1200.0,
        "answered": 6200.0,
        "bridged": 6201.0,
    }
    assert list(FULL.milliseconds())[:3] == ["received", "committed", "claimed"]


def test_a_hop_that_was_not_passed_has_no_time() -> None:
    told = Hops(NOON, committed=NOON + ms(3)).milliseconds()
    assert told["committed"] == 3.0
    assert told["claimed"] is None
    assert told["bridged"] is None


def test_the_slowest_hop_is_named() -> None:
    assert FULL.slowest() == "answered"
    assert Hops(NOON, committed=NOON + ms(9), claimed=NOON + ms(10)).slowest() == "committed"


def test_a_hop_that_is_not_known_counts_for_the_next_that_is() -> None:
    assert Hops(NOON, committed=NOON + ms(1), ringing=NOON + ms(900)).slowest() == "ringing"


def test_one_moment_alone_has_no_slowest_hop() -> None:
    assert Hops(NOON).slowest() is None


@pytest.mark.parametrize(
    ("successes", "total", "low", "high"),
    [  # R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_wilsons(successes: int, total: int, low: float, high: float) -> None:
    found = wilson(successes, total)
    assert found is not None
    assert list(found) == pytest.approx([low, high], abs=5e-5)


def test_nothing_counted_has_no_interval() -> None:
    assert wilson(0, 0) is None


@examples(200)
@given(st.integers(1, 10**7).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_the_rate_and_mirrors_its_complement(counted: tuple[int, int]) -> None:
    successes, total = counted
    found, mirrored = wilson(successes, total), wilson(total - successes, total)
    assert found is not None
    assert mirrored is not None
    assert 0.0 <= found[0] <= found[1] <= 1.0
    assert found[0] - 1e-12 <= successes / total <= found[1] + 1e-12
    assert found[0] == pytest.approx(1 - mirrored[1], abs=1e-9)
