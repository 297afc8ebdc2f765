"""Who gets which lead when there is not enough of something.

Owns: the order of leads, and that nobody is given twice. Must not know: which agent is the best for a lead (the
strategies said so). Pure, over a small set of candidates read a moment ago; whoever loses the race for a row simply
chooses again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DueAttempt:
    """An attempt whose time has come. ``agents`` are the free agents who may take it, the best first."""

    attempt_id: UUID
    rank_at: datetime
    """The lead's rank: the later, the more it promises (see ``score``). A retry has its lead's."""
    received_at: datetime
    """When the lead came."""
    agents: tuple[UUID, ...]
    passed_by: frozenset[UUID]
    """Agents who did not take this attempt's offer."""
    ring: int = 1
    """So many agents are rung at once, as far as there are any that no other lead waits for."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """``also`` are rung with the agent: the first to accept gets the lead."""

    attempt_id: UUID
    agent_id: UUID
    also: tuple[UUID, ...] = ()


def pair(due: Sequence[DueAttempt]) -> list[Pairing]:
    """The lead of the latest rank first, each with the best free agent who has not passed it by.

    Among leads of one score that is the freshest: the odds of contact fall by the minute, so the younger loses more
    by waiting; of one rank, too, the younger goes first. First attempts and retries are in one order: either waits
    only for those that are worth more at that moment. A lead that every free agent passed by goes to the best of
    them again. Where several agents are rung at once for a lead, every lead has one before any has two.
    """
    taken: set[UUID] = set()
    found: list[tuple[DueAttempt, UUID]] = []
    for attempt in sorted(due, key=lambda a: (a.rank_at, a.received_at), reverse=True):
        free = [agent for agent in attempt.agents if agent not in taken]
        if not free:
            continue
        agent = next((a for a in free if a not in attempt.passed_by), free[0])
        taken.add(agent)
        found.append((attempt, agent))
    return [Pairing(attempt.attempt_id, agent, _also(attempt, taken)) for attempt, agent in found]


def _also(attempt: DueAttempt, taken: set[UUID]) -> tuple[UUID, ...]:
    more = [a for a in attempt.agents if a not in taken and a not in attempt.passed_by][: attempt.ring - 1]
    taken.update(more)
    return tuple(more)
