"""Performance-adjusted: who sells to more of those talked with gets more leads, and nobody starves.

Must not know: how contacts and sales are counted, or how far back.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from speedtolead.domain.routing.desk import FreeAgent
from speedtolead.domain.routing.weighted import drawn
from speedtolead.domain.score import smoothed

PRIOR_CONTACTS = 50.0
"""An agent with so many contacts counts half by the own rate, half by the desk's."""
LEAST, MOST = 0.5, 2.0
"""The bounds of an agent's weight, beside 1 for the desk's own rate: the best gets at most 4 times the worst."""


def performance(agents: Sequence[FreeAgent], attempt_id: UUID) -> list[FreeAgent]:
    """Best first: a draw for each lead, by ``weights``."""
    weight = weights(agents)
    return drawn(agents, attempt_id, lambda agent: weight[agent.agent_id])


def weights(agents: Sequence[FreeAgent]) -> dict[UUID, float]:
    """The smoothed share of contacts sold to over the desk's, held within ``LEAST`` and ``MOST``.

    1 for all where nobody has sold anything.
    """
    contacts, sales = sum(a.contacts for a in agents), sum(a.sales for a in agents)
    if not contacts or not sales:
        return {agent.agent_id: 1.0 for agent in agents}
    usual = sales / contacts
    return {
        a.agent_id: min(MOST, max(LEAST, smoothed(a.sales, a.contacts, usual, PRIOR_CONTACTS) / usual))
        for a in agents
    }
