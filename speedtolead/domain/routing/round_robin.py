"""Round robin: each in turn, whatever became of the last turn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from speedtolead.domain.routing.desk import FreeAgent

_NEVER = datetime.min.replace(tzinfo=UTC)


def round_robin(agents: Sequence[FreeAgent]) -> list[FreeAgent]:
    """Best first: whose last offer is the longest ago; those who never had one before all."""
    return sorted(agents, key=lambda agent: (agent.offered_at or _NEVER, agent.idle_since, agent.agent_id))
