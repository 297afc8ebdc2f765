"""Weighted: a draw for each lead, in which an agent of twice the weight wins twice as often.

The draw is a function of lead and agent, so that a lead that is looked at again finds the same order, on any node.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from math import log
from uuid import UUID

from speedtolead.domain.routing.desk import FreeAgent

_ONE = float(1 << 64)


def weighted(agents: Sequence[FreeAgent], attempt_id: UUID) -> list[FreeAgent]:
    """Best first, by the agents' weights in the group."""
    return drawn(agents, attempt_id, lambda agent: agent.weight)


def drawn(
    agents: Sequence[FreeAgent], attempt_id: UUID, weight_of: Callable[[FreeAgent], float]
) -> list[FreeAgent]:
    """Best first: each comes first with a chance of its weight over the sum of the weights, which are above 0.

    By the key ``-ln(u) / weight``, the smallest first, with ``u`` uniform in (0, 1] by a hash. Source:
    P. Efraimidis, P. Spirakis, Weighted random sampling with a reservoir (Information Processing Letters 97, 2006).
    """
    return sorted(agents, key=lambda agent: -log(_uniform(attempt_id, agent.agent_id)) / weight_of(agent))


def _uniform(attempt_id: UUID, agent_id: UUID) -> float:
    digest = blake2b(attempt_id.bytes + agent_id.bytes, digest_size=8).digest()
    return (int.from_bytes(digest) + 1) / _ONE
