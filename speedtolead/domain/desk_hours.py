"""When an agent is next at work, as far as that is known.

Owns: that moment of one agent, and the earliest of several. Must not know: rows, or which lead waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from speedtolead.domain.agent import AgentState, Presence
from speedtolead.domain.shift import Shift


@dataclass(frozen=True, slots=True)
class AgentHours:
    """``capped_until``: no offer before then. ``shift`` is of an agent by schedule. ``state``: None where it is not
    of the present."""

    presence: Presence
    state: AgentState | None
    shift: Shift | None = None
    capped_until: datetime | None = None


def next_at_work(agent: AgentHours, now: datetime) -> datetime | None:
    """The first moment, at or after ``now``, at which the agent may be expected to take an offer.

    Whoever is not off is at work: busy, in a break, or resting. One who is off during the own shift comes with the
    next. When somebody signs in nobody knows: None.
    """
    off = agent.state is AgentState.OFFLINE
    if agent.shift is not None and (off or agent.state is None):
        found = agent.shift.next_on(agent.shift.changes_at(now) if off and agent.shift.on(now) else now)
    elif agent.presence is Presence.CONSOLE and (off or agent.state is None):
        found = None
    else:
        found = now
    if found is None or agent.capped_until is None or agent.capped_until <= found:
        return found
    return agent.shift.next_on(agent.capped_until) if agent.shift is not None else agent.capped_until


def earliest(agents: Sequence[AgentHours], now: datetime) -> datetime | None:
    """When the first of them is at work; None where that is known of none."""
    known = [moment for agent in agents if (moment := next_at_work(agent, now)) is not None]
    return min(known, default=None)
