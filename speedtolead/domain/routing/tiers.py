"""Priority tiers: a lower tier before any higher one; within a tier the given order stays."""

from __future__ import annotations

from collections.abc import Sequence

from speedtolead.domain.routing.desk import FreeAgent


def by_tier(ordered: Sequence[FreeAgent]) -> list[FreeAgent]:
    """Best first. Tier 2 is asked only where nobody of tier 1 is free, or all of them passed the lead by."""
    return sorted(ordered, key=lambda agent: agent.tier)
