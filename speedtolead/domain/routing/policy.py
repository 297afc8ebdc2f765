"""How a campaign wants its leads routed.

Owns: the names of the strategies and their terms. Must not know: how any of them chooses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Order(StrEnum):
    """In which order agents of equal standing are asked."""

    LONGEST_IDLE = "longest_idle"
    ROUND_ROBIN = "round_robin"
    WEIGHTED = "weighted"
    PERFORMANCE = "performance"


class Strategy(StrEnum):
    """Who is asked first. The last four leave the rest to an ``Order``."""

    LONGEST_IDLE = "longest_idle"
    ROUND_ROBIN = "round_robin"
    WEIGHTED = "weighted"
    PERFORMANCE = "performance"
    TIERS = "tiers"
    OWNER_FIRST = "owner_first"
    OWNER_ONLY = "owner_only"
    SHOTGUN = "shotgun"


BY_OWNER = frozenset({Strategy.OWNER_FIRST, Strategy.OWNER_ONLY})


@dataclass(frozen=True, slots=True)
class Routing:
    """``within``: the order among those whom the strategy holds equal."""

    strategy: Strategy = Strategy.LONGEST_IDLE
    within: Order = Order.LONGEST_IDLE
    ring: int = 3
    """How many agents ``shotgun`` rings at once."""
    skills: tuple[str, ...] = ()
    """What every agent who takes a lead must be able to do."""
    licensed: bool = False
    """Whether the agent must be licensed in the lead's state."""
    language: str | None = None
    """The lead's attribute that says which language the person speaks."""
    fallback: str | None = None
    """The group that is rung as well once a lead has waited ``fallback_after``."""
    fallback_after: timedelta = timedelta(0)

    @property
    def plain(self) -> bool:
        """Whether who is free, and since when, is all that the choice asks."""
        asks = self.skills or self.licensed or self.language or self.fallback
        return self.strategy is Strategy.LONGEST_IDLE and not asks

    @property
    def by_owner(self) -> bool:
        return self.strategy in BY_OWNER

    @property
    def rings(self) -> int:
        return self.ring if self.strategy is Strategy.SHOTGUN else 1
