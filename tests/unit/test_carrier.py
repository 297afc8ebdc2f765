"""Which carrier account places a call: by weight, and around those that cannot or would not."""

from __future__ import annotations

import pytest

from speedtolead.domain.carrier import CarrierName, Option, choose

A, B = CarrierName.FIRST, CarrierName.SECOND


def option(
    name: CarrierName, weight: float = 1, *, open: bool = True, slot: bool = True, refused: bool = False
) -> Option:
    return Option(name, weight, open, slot, refused)


@pytest.mark.parametrize(
    ("options", "draw", "chosen"),
    [
        pytest.param([], 0.5, None, id="no carrier owns a number"),
        pytest.param([option(A, open=False)], 0.5, None, id="the only one is left alone"),
        pytest.param([option(A), option(B, 0)], 0.999, A, id="one of weight 0 takes none while another can"),
        pytest.param([option(A, open=False), option(B, 0)], 0.0, B, id="and all where no other can"),
        pytest.param([option(A), option(B)], 0.49, A, id="equal weights: the lower half"),
        pytest.param([option(A), option(B)], 0.5, B, id="equal weights: the upper half"),
        pytest.param([option(A, 3), option(B, 1)], 0.74, A, id="three to one: three quarters"),
        pytest.param([option(A, 3), option(B, 1)], 0.75, B, id="three to one: the last quarter"),
        pytest.param([option(A, slot=False), option(B)], 0.0, B, id="no slot now: the other"),
        pytest.param([option(A, slot=False), option(B, 0)], 0.0, A, id="a stand-by is no way around the rate"),
        pytest.param([option(A, slot=False)], 0.0, A, id="no slot, and no other: it waits for its slot"),
        pytest.param(
            [option(A, refused=True), option(B, 0)], 0.0, B, id="a definite no: the other, even a stand-by"
        ),
        pytest.param([option(A, refused=True)], 0.0, A, id="a definite no, and no other: it again"),
        pytest.param([option(A, refused=True), option(B, open=False)], 0.0, A, id="the other is shut: it again"),
        pytest.param([option(A, refused=True), option(B, slot=False)], 0.0, B, id="a no outweighs a slot"),
    ],
)
def test_a_call_goes_to(options: list[Option], draw: float, chosen: CarrierName | None) -> None:
    assert choose(options, draw) is chosen


def test_over_many_calls_the_weights_are_the_shares() -> None:
    options = [option(A, 3), option(B, 1)]
    drawn = [choose(options, n / 1000) for n in range(1000)]
    assert (drawn.count(A), drawn.count(B)) == (750, 250)
