"""The strategy that a campaign names, applied to the agents who are free.

Owns: who may take a lead at all, and in which order they are asked. Must not know: what other leads wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import assert_never
from uuid import UUID

from speedtolead.domain.routing.desk import FreeAgent
from speedtolead.domain.routing.fitting import Needs, fitting
from speedtolead.domain.routing.longest_idle import longest_idle
from speedtolead.domain.routing.owner import owner_first, owner_only
from speedtolead.domain.routing.performance import performance
from speedtolead.domain.routing.policy import Order, Routing, Strategy
from speedtolead.domain.routing.round_robin import round_robin
from speedtolead.domain.routing.tiers import by_tier
from speedtolead.domain.routing.weighted import weighted


def best_first(
    routing: Routing,
    agents: Sequence[FreeAgent],
    attempt_id: UUID,
    needs: Needs,
    owner: UUID | None = None,
    waited: timedelta = timedelta(0),
) -> list[FreeAgent]:
    """The free agents who may take this lead, the best first; the fallback group after all others, and not before
    its time."""
    may = fitting(agents, needs)
    own = [agent for agent in may if not agent.fallback]
    later = [a for a in may if a.fallback] if routing.fallback and waited >= routing.fallback_after else []
    return [*_by_strategy(routing, own, attempt_id, owner), *_by_strategy(routing, later, attempt_id, owner)]


def _by_strategy(
    routing: Routing, agents: Sequence[FreeAgent], attempt_id: UUID, owner: UUID | None
) -> list[FreeAgent]:
    match routing.strategy:
        case Strategy.LONGEST_IDLE | Strategy.ROUND_ROBIN | Strategy.WEIGHTED | Strategy.PERFORMANCE:
            return _in_order(Order(routing.strategy.value), agents, attempt_id)
        case Strategy.TIERS:
            return by_tier(_in_order(routing.within, agents, attempt_id))
        case Strategy.OWNER_FIRST:
            return owner_first(_in_order(routing.within, agents, attempt_id), owner)
        case Strategy.OWNER_ONLY:
            return owner_only(_in_order(routing.within, agents, attempt_id), owner)
        case Strategy.SHOTGUN:
            return _in_order(routing.within, agents, attempt_id)
        case _:
            assert_never(routing.strategy)


def _in_order(order: Order, agents: Sequence[FreeAgent], attempt_id: UUID) -> list[FreeAgent]:
    match order:
        case Order.LONGEST_IDLE:
            return longest_idle(agents)
        case Order.ROUND_ROBIN:
            return round_robin(agents)
        case Order.WEIGHTED:
            return weighted(agents, attempt_id)
        case Order.PERFORMANCE:
            return performance(agents, attempt_id)
        case _:
            assert_never(order)
