"""What agents did: offers, talks, time, and what came of it.

Owns: which sums make an agent's numbers. Must not know: how they are shown.

Offers and talks count on the day on which they were, sales on the day of the last contact with that person, whose
agent they are put down to. Time is of the period as the clock ran, whichever leads were chosen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from speedtolead.domain.agent import AgentState
from speedtolead.service.reports.figures import Sums
from speedtolead.service.reports.source_stats import Part
from speedtolead.store.figures import AgentTime

DESK = (
    "agent_offers", "agent_taken", "agent_missed", "agent_talks", "agent_contacts", "agent_talk_seconds",
    "agent_people", "agent_appointments", "agent_sales", "agent_revenue",
)  # fmt: skip
_BUSY = (AgentState.RINGING, AgentState.TALKING, AgentState.WRAP_UP)
_AT_WORK = (*_BUSY, AgentState.AVAILABLE, AgentState.RESERVED)


@dataclass(frozen=True, slots=True)
class AgentFigures:
    """``…_seconds``: in that state. ``people``: whose last contact it was."""

    name: str
    removed: bool
    offers: int
    taken: int
    missed: int
    talks: int
    contacts: int
    talk_seconds: float
    wrap_seconds: float
    busy_seconds: float
    work_seconds: float
    paused_seconds: float
    people: int
    appointments: int
    sales: int
    revenue: Decimal

    @property
    def acceptance(self) -> Part:
        return Part(self.taken, self.offers)

    @property
    def to_appointment(self) -> Part:
        return Part(self.appointments, self.people)

    @property
    def to_sale(self) -> Part:
        return Part(self.sales, self.people)

    @property
    def occupancy(self) -> float | None:
        """Ringing, talking and wrapping up ÷ at work and not paused; None: was never at work."""
        return self.busy_seconds / self.work_seconds if self.work_seconds else None


def agent_figures(sums: Sums, times: Iterable[AgentTime]) -> list[AgentFigures]:
    """Each agent who is here still, and each who did something."""
    spent: dict[str, dict[str, float]] = defaultdict(dict)
    agents: dict[str, tuple[str, bool]] = {}
    for row in times:
        spent[str(row.agent_id)][row.state] = row.seconds
        agents[str(row.agent_id)] = row.name, row.removed
    found = [_one(sums, key, *agents[key], spent[key]) for key in agents]
    return sorted((one for one in found if not one.removed or one.offers), key=lambda one: one.name)


def _one(sums: Sums, key: str, name: str, removed: bool, spent: dict[str, float]) -> AgentFigures:
    return AgentFigures(
        name=name,
        removed=removed,
        offers=sums.n("agent_offers", key),
        taken=sums.n("agent_taken", key),
        missed=sums.n("agent_missed", key),
        talks=sums.n("agent_talks", key),
        contacts=sums.n("agent_contacts", key),
        talk_seconds=float(sums.amount("agent_talk_seconds", key)),
        wrap_seconds=spent.get(AgentState.WRAP_UP, 0.0),
        busy_seconds=sum(spent.get(state, 0.0) for state in _BUSY),
        work_seconds=sum(spent.get(state, 0.0) for state in _AT_WORK),
        paused_seconds=spent.get(AgentState.PAUSED, 0.0),
        people=sums.n("agent_people", key),
        appointments=sums.n("agent_appointments", key),
        sales=sums.n("agent_sales", key),
        revenue=sums.amount("agent_revenue", key),
    )
