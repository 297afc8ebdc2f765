"""A lead's hops as bars.

Owns: where each bar begins and how long it is. Must not know: how hops are measured; ``lead_views`` gives them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from speedtolead.web.lead_views import LeadView

_THINNEST = 0.8


@dataclass(frozen=True, slots=True)
class Bar:
    """A hop: when it was passed, what it took since the hop before, and its bar in percent of the whole."""

    hop: str
    at: float | None
    took: float | None
    start: float = 0.0
    width: float = 0.0
    slowest: bool = False


def bars(lead: LeadView) -> list[Bar]:
    """One for each hop, in order; those that are not passed yet have no bar."""
    times: dict[str, float | None] = lead.hops.model_dump()
    known = [(hop, at) for hop, at in times.items() if at is not None]
    whole = max(at for _, at in known) or 1.0
    before = {later[0]: earlier[1] for earlier, later in pairwise(known)}
    return [_bar(hop, at, before.get(hop), whole, hop == lead.slowest_hop) for hop, at in times.items()]


def _bar(hop: str, at: float | None, before: float | None, whole: float, slowest: bool) -> Bar:
    if at is None or before is None:
        return Bar(hop, at, None)
    width = max(100 * (at - before) / whole, _THINNEST)
    start = min(max(100 * before / whole, 0.0), 100 - _THINNEST)
    return Bar(hop, at, at - before, round(start, 2), round(min(width, 100 - start), 2), slowest)
