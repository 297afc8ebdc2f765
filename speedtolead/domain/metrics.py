"""The numbers, as they are defined.

Owns: the hops of a lead, the names of the speeds, and the shares shown with them.
Must not know: how they are summed (SQL) or drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from itertools import pairwise

from speedtolead.domain.statistics.rates import wilson as wilson

SHARES = (5, 30, 60, 300)
"""Seconds within which the share of leads is told."""


@dataclass(frozen=True, slots=True)
class Hops:
    """When a lead's first contact passed each hop; None: not (yet). In the order of the flow."""

    received: datetime
    committed: datetime | None = None
    claimed: datetime | None = None
    permitted: datetime | None = None
    requested: datetime | None = None
    ringing: datetime | None = None
    answered: datetime | None = None
    bridged: datetime | None = None

    def milliseconds(self) -> dict[str, float | None]:
        """Each hop's time since ``received``, in ms, rounded to 0.1."""
        return {
            field.name: None if at is None else round((at - self.received).total_seconds() * 1000, 1)
            for field in fields(self)
            for at in (getattr(self, field.name),)
        }

    def slowest(self) -> str | None:
        """The hop that took longest since the hop before it; None with fewer than two."""
        known = [(f.name, at) for f in fields(self) if (at := getattr(self, f.name)) is not None]
        steps = [(b[0], b[1] - a[1]) for a, b in pairwise(known)]
        return max(steps, key=lambda step: step[1])[0] if steps else None
