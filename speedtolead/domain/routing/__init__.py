"""Which agent gets which lead: the strategies, what a lead asks of an agent, and the pairing of many with many.

Each strategy is a module with one small function over the free agents; ``choice.best_first`` applies the one that a
campaign names. Must not know: rows, calls, or what is lawful.
"""

from __future__ import annotations

from speedtolead.domain.routing.choice import best_first
from speedtolead.domain.routing.desk import FreeAgent
from speedtolead.domain.routing.fitting import Needs, needs_of
from speedtolead.domain.routing.pairing import DueAttempt, Pairing, pair
from speedtolead.domain.routing.policy import Order, Routing, Strategy

__all__ = [
    "DueAttempt",
    "FreeAgent",
    "Needs",
    "Order",
    "Pairing",
    "Routing",
    "Strategy",
    "best_first",
    "needs_of",
    "pair",
]
