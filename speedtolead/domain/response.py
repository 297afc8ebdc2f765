"""The account's own response curve: what the seconds to the first dial cost, as it looks and as it is.

Owns: the bands, the estimate where chance drew the delay, and the words for why the two differ. Must not know: how
leads are counted.

What is merely observed mixes two things: what waiting does to a person, and who it is that waited. A lead that came
at the busy hour, at night, or from a source whose leads are called last, was dialled late and might have been hard
to reach anyhow. Where an experiment drew the delay by lot, its arms differ in nothing else, so their difference is
what waiting does (by intention to treat: each lead counts in the arm that it was drawn for, however late it was
dialled).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from speedtolead.domain.statistics.rates import Count, Estimate, difference

EDGES = (0.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0, 14400.0, 86400.0)
"""Where bands begin, in seconds to the first dial; the last has no end."""
LABELS = (
    "under 5 s",
    "5 to 15 s",
    "15 to 30 s",
    "30 s to 1 min",
    "1 to 2 min",
    "2 to 5 min",
    "5 to 15 min",
    "15 min to 1 h",
    "1 to 4 h",
    "4 h to 1 d",
    "over a day",
)


def band_of(seconds: float) -> int:
    """The place of the band in ``LABELS``."""
    return max(0, bisect_right(EDGES, seconds) - 1)


@dataclass(frozen=True, slots=True)
class Band:
    """``contacted`` and ``sold`` are of the same leads."""

    label: str
    contacted: Count
    sold: Count

    @property
    def leads(self) -> int:
        return self.contacted.of


@dataclass(frozen=True, slots=True)
class Lot:
    """An arm of a randomised delay. ``median``: seconds to the first dial, as they were."""

    name: str
    contacted: Count
    sold: Count
    median: float | None


@dataclass(frozen=True, slots=True)
class Compared:
    """The cost of a delay in contacts, later less sooner: as drawn by lot, and as it looks between the same
    bands."""

    sooner: Lot
    later: Lot
    by_lot: Estimate | None
    observed: Estimate | None
    words: str


def bands(counts: Sequence[tuple[int, int, int, int]]) -> list[Band]:
    """Of (place, leads, contacted, sold); bands without a lead are there, with nothing in them."""
    found = {place: (leads, contacted, sold) for place, leads, contacted, sold in counts}
    told = [found.get(place, (0, 0, 0)) for place in range(len(LABELS))]
    return [
        Band(label, Count(contacted, leads), Count(sold, leads))
        for label, (leads, contacted, sold) in zip(LABELS, told, strict=True)
    ]


def compared(sooner: Lot, later: Lot, curve: Sequence[Band], by_lot: Estimate | None) -> Compared:
    """Two arms beside what the curve shows between the bands in which they were dialled.

    ``by_lot``: the difference of the two with the interval that the experiment goes by.
    """
    observed = None
    if sooner.median is not None and later.median is not None:
        first, second = curve[band_of(sooner.median)], curve[band_of(later.median)]
        if first is not second:
            observed = difference(first.contacted, second.contacted)
    return Compared(sooner, later, by_lot, observed, _words(sooner, later, by_lot, observed))


def _words(sooner: Lot, later: Lot, by_lot: Estimate | None, observed: Estimate | None) -> str:
    if by_lot is None:
        return f"Too few leads were drawn for {sooner.name} and {later.name} to tell what the delay does."
    drawn = f"Where the delay was drawn by lot, {later.name} has {_apart(by_lot)} than {sooner.name}."
    if observed is None:
        return f"{drawn} No leads outside the experiment were dialled after both of these delays, to compare with."
    seen = f"Leads that merely happened to be dialled as late show {_apart(observed)}."
    if _agree(by_lot, observed):
        return f"{drawn} {seen} The two agree within what chance explains."
    assert observed.value is not None
    assert by_lot.value is not None
    worse = "more" if observed.value < by_lot.value else "less"
    return (
        f"{drawn} {seen} Going by what merely happened, the delay would seem to cost {worse} than it does: "
        "which leads are dialled late is no accident. They come at busy hours or at night, or from other sources, "
        "and are harder or easier to reach for that. Go by the lot."
    )


def _agree(by_lot: Estimate, observed: Estimate) -> bool:
    """What lies between the two is no more than both intervals together leave open."""
    assert by_lot.value is not None
    assert observed.value is not None
    assert by_lot.high is not None
    assert observed.high is not None
    gap = observed.value - by_lot.value
    if gap < 0:
        return -gap <= hypot(observed.high - observed.value, by_lot.value - by_lot.low)
    return gap <= hypot(observed.value - observed.low, by_lot.high - by_lot.value)


def _apart(found: Estimate) -> str:
    assert found.value is not None
    assert found.high is not None
    points = f"{abs(found.value) * 100:.1f} points {'fewer' if found.value < 0 else 'more'} contacts"
    return f"{points} ({found.low * 100:+.1f} to {found.high * 100:+.1f})".replace("-", "−")
