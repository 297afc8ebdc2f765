"""The next agent for a call that is under way.

Owns: asking the campaign's routing about whoever is free now, and holding the chosen one. Must not know: how the
agent is rung. Two calls that want the same agent: one gets them, the other the next best.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from speedtolead.domain.campaign import Dial
from speedtolead.domain.routing import Needs, best_first, needs_of
from speedtolead.store import agents
from speedtolead.store.agents import ChoiceRow
from speedtolead.store.calls import CallRow
from speedtolead.store.query import Connection
from speedtolead.store.routing_json import agents_of


async def next_agent(
    tx: Connection, row: CallRow, dial: Dial, not_these: Sequence[UUID], now: datetime
) -> ChoiceRow | None:
    """The best free agent who may take this lead, locked until the transaction ends; None where there is none.

    The person waits on the line, so the fallback group is asked without delay.
    """
    free = await agents.AGENTS_TO_CHOOSE.all(tx, campaign_id=row.campaign_id, not_these=list(not_these), now=now)
    for one in await _best_first(tx, row, dial, free):
        if await agents.HOLD_IF_FREE.first(tx, agent_id=one.agent_id) is not None:
            return one
    return None


async def _best_first(tx: Connection, row: CallRow, dial: Dial, free: list[ChoiceRow]) -> list[ChoiceRow]:
    routing = dial.routing
    if routing.plain or not free:
        return free
    owner = await _owner(tx, row, dial)
    needs = _needs(row, dial, owner)
    by_id = {one.agent_id: one for one in free}
    seen = [agents_of(one.traits, dial.agents, routing.fallback)[0] for one in free]
    found = best_first(routing, seen, row.attempt_id, needs, owner, waited=timedelta.max)
    return [by_id[agent.agent_id] for agent in found]


async def needs_of_call(tx: Connection, row: CallRow, dial: Dial) -> Needs:
    """What the lead of an attempt asks of whoever takes it."""
    return _needs(row, dial, await _owner(tx, row, dial))


async def _owner(tx: Connection, row: CallRow, dial: Dial) -> UUID | None:
    return (await agents.OWNER_OF_LEAD.one(tx, lead_id=row.lead_id)).agent_id if dial.routing.by_owner else None


def _needs(row: CallRow, dial: Dial, owner: UUID | None) -> Needs:
    states = [candidate["state"] for candidate in row.candidates]
    return needs_of(dial.routing, row.region, states, row.attributes, owner)
