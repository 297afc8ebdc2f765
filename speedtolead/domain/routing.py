"""Who gets which lead when there is not enough of something.

Owns: the order of leads and the choice of an agent. Pure, over a small set of candidates read a moment ago;
whoever loses the race for a row simply chooses again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DueAttempt:
    """An attempt whose time has come. ``agents`` are its campaign's free agents, longest idle first."""

    attempt_id: UUID
    rank_at: datetime
    """The lead's rank: the later, the more it promises (see ``score``). A retry has its lead's."""
    received_at: datetime
    """When the lead came."""
    agents: tuple[UUID, ...]
    passed_by: frozenset[UUID]
    """Agents who did not take this attempt's offer."""


@dataclass(frozen=True, slots=True)
class Pairing:
    attempt_id: UUID
    agent_id: UUID


def pair(due: Sequence[DueAttempt]) -> list[Pairing]:
    """The lead of the latest rank first, each with the longest-idle free agent who has not passed it by.

    Among leads of one score that is the freshest: the odds of contact fall by the minute, so the younger loses more
    by waiting; of one rank, too, the younger goes first. First attempts and retries are in one order: either waits
    only for those that are worth more at that moment. A lead that every free agent passed by goes to the longest
    idle of them again.
    """
    taken: set[UUID] = set()
    pairs = []
    for attempt in sorted(due, key=lambda a: (a.rank_at, a.received_at), reverse=True):
        free = [agent for agent in attempt.agents if agent not in taken]
        if not free:
            continue
        agent = next((a for a in free if a not in attempt.passed_by), free[0])
        taken.add(agent)
        pairs.append(Pairing(attempt.attempt_id, agent))
    return pairs


def caller_id(numbers: Sequence[str], phone: str) -> str | None:
    """The account's number to show: one of the lead's own area code if there is one, else the first."""
    near = (number for number in numbers if number[:5] == phone[:5])
    return next(near, None) or next(iter(numbers), None)
