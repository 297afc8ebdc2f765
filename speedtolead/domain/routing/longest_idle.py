"""Longest idle: whoever has been free for the longest time."""

from __future__ import annotations

from collections.abc import Sequence

from speedtolead.domain.routing.desk import FreeAgent


def longest_idle(agents: Sequence[FreeAgent]) -> list[FreeAgent]:
    """Best first. Of two who became free at once, always the same one."""
    return sorted(agents, key=lambda agent: (agent.idle_since, agent.agent_id))
