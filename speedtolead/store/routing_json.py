"""A campaign's routing as JSON, and agents' traits as the queries give them.

Owns: the stored form. Must not know: how an agent is chosen.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from speedtolead.domain.routing.desk import FreeAgent
from speedtolead.domain.routing.policy import Order, Routing, Strategy

Json = dict[str, Any]


def routing_to_json(routing: Routing) -> Json:
    return {
        "strategy": routing.strategy.value,
        "within": routing.within.value,
        "ring": routing.ring,
        "skills": list(routing.skills),
        "licensed": routing.licensed,
        "language": routing.language,
        "fallback": routing.fallback,
        "fallback_after": routing.fallback_after.total_seconds(),
    }


def routing_from_json(kept: Json | None) -> Routing:
    """None: a campaign that was applied before there was anything to choose."""
    if kept is None:
        return Routing()
    return Routing(
        strategy=Strategy(kept["strategy"]),
        within=Order(kept["within"]),
        ring=kept["ring"],
        skills=tuple(kept["skills"]),
        licensed=kept["licensed"],
        language=kept["language"],
        fallback=kept["fallback"],
        fallback_after=timedelta(seconds=kept["fallback_after"]),
    )


@lru_cache(maxsize=256)
def agents_of(traits: str, group: str, fallback: str | None) -> tuple[FreeAgent, ...]:
    """The agents of a list of traits, as a campaign of these groups sees them.

    Remembered: all attempts that one look finds have the same agents.
    """
    return tuple(_agent(one, group, fallback) for one in json.loads(traits))


def _agent(traits: Json, group: str, fallback: str | None) -> FreeAgent:
    later = traits["fallback"]
    standing = traits["standing"].get(fallback if later else group, {})
    offered = traits["offered"]
    return FreeAgent(
        agent_id=UUID(traits["id"]),
        idle_since=datetime.fromisoformat(traits["since"]),
        offered_at=None if offered is None else datetime.fromisoformat(offered),
        tier=standing.get("tier", 1),
        weight=standing.get("weight", 1.0),
        skills=frozenset(traits["skills"]),
        licensed=frozenset(traits["licensed"]),
        languages=frozenset(traits["languages"]),
        contacts=traits["contacts"],
        sales=traits["sales"],
        fallback=later,
    )
