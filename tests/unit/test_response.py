"""The response curve: bands, and a truth in which those who are dialled late are harder to reach anyhow."""

from __future__ import annotations

from collections import defaultdict
from random import Random

import pytest

from speedtolead.domain.response import EDGES, LABELS, Band, Compared, Lot, band_of, bands, compared
from speedtolead.domain.statistics.rates import Count, difference

SOONER, LATER = 3.0, 90.0


@pytest.mark.parametrize(
    ("seconds", "label"),
    [(-0.5, "under 5 s"), (0, "under 5 s"), (4.99, "under 5 s"), (5, "5 to 15 s"), (59.9, "30 s to 1 min"),
     (60, "1 to 2 min"), (14400, "4 h to 1 d"), (1e7, "over a day")],
)  # fmt: skip
def test_each_second_is_in_one_band(seconds: float, label: str) -> None:
    assert LABELS[band_of(seconds)] == label
    assert len(LABELS) == len(EDGES)


def test_bands_without_a_lead_are_there() -> None:
    found = bands([(1, 10, 4, 1)])
    assert [band.label for band in found] == list(LABELS)
    assert found[1] == Band("5 to 15 s", Count(4, 10), Count(1, 10))
    assert found[0].leads == 0


def lived(draw: Random, lot_costs: float, hardship: float, leads: int = 12_000) -> Compared:
    """Waiting costs so much of the contact rate; half of all leads are harder to reach by ``hardship``, and these
    are dialled late four times in five where nobody draws the delay."""
    seen: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    lots = {"at-once": [0, 0], "later": [0, 0]}
    for n in range(leads):
        hard = draw.random() < 0.5
        by_lot = n % 2 == 0
        late = draw.random() < (0.5 if by_lot else 0.8 if hard else 0.2)
        reached = draw.random() < 0.5 - hardship * hard - lot_costs * late
        kept = lots["later" if late else "at-once"] if by_lot else seen[band_of(LATER if late else SOONER)]
        kept[0] += 1
        kept[1] += reached
    curve = bands([(place, of, hits, 0) for place, (of, hits) in seen.items()])
    first, second = (
        Lot(name, Count(hits, of), Count(0, of), took)
        for (name, (of, hits)), took in zip(lots.items(), (SOONER, LATER), strict=True)
    )
    return compared(first, second, curve, difference(first.contacted, second.contacted))


def test_the_lot_finds_what_waiting_costs_where_observation_does_not() -> None:
    draw, by_lot, by_sight, runs = Random(3), 0, 0, 20
    for _ in range(runs):
        found = lived(draw, lot_costs=0.05, hardship=0.2)
        assert found.by_lot is not None
        assert found.observed is not None
        by_lot += not found.by_lot.excludes(-0.05)
        by_sight += not found.observed.excludes(-0.05)
        assert "would seem to cost more than it does" in found.words
    assert by_lot >= runs - 3
    assert by_sight == 0


def test_where_nothing_is_confounded_the_two_agree() -> None:
    draw = Random(5)
    agreed = ["agree within what chance explains" in lived(draw, 0.05, 0.0).words for _ in range(20)]
    assert sum(agreed) >= 17


def test_what_cannot_be_compared_says_why() -> None:
    first, second = Lot("a", Count(50, 100), Count(0, 100), 3.0), Lot("b", Count(40, 100), Count(0, 100), 4.0)
    apart = difference(first.contacted, second.contacted)
    assert "No leads outside the experiment" in compared(first, second, bands([]), apart).words
    assert "Too few leads were drawn" in compared(first, second, bands([]), None).words
    unknown = Lot("b", Count(0, 0), Count(0, 0), None)
    assert compared(first, unknown, bands([]), None).observed is None
