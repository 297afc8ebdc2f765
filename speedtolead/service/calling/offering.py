"""A lead who waits: the next agent who is offered the call, and the notice where there is none.

Owns: reserving that agent with a leg of the attempt, and that the notice is given once. Must not know: how either
reaches the carrier. Written in the caller's transaction, under the attempt's lock.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from speedtolead.domain.call import LegKind
from speedtolead.ports import Apologise
from speedtolead.service.calling import choosing, ending
from speedtolead.service.calling.notice import nobody_free
from speedtolead.service.calling.patience import Patience
from speedtolead.service.calling.under_way import Call
from speedtolead.store import agents
from speedtolead.store.dial import LegToPlace
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection


async def next_agent(tx: Connection, call: Call, patience: Patience, now: datetime) -> LegToPlace | None:
    """Reserve the next free agent who was not asked yet; None where there is none."""
    row = call.row
    asked = [leg.agent_id for leg in call.leg_rows.values() if leg.agent_id is not None]
    idle = await choosing.next_agent(tx, row, call.campaign.dial, asked, now)
    if idle is None:
        return None
    until = now + call.campaign.dial.ring_timeout + patience.claim
    await agents.RESERVE_AGENT.run(tx, agent_id=idle.agent_id, attempt_id=row.attempt_id, now=now, until=until)
    await agents.ASSIGN_AGENT.run(tx, attempt_id=row.attempt_id, agent_id=idle.agent_id)
    call.row = replace(row, agent_id=idle.agent_id)
    leg = LegToPlace(new_id(), LegKind.AGENT, idle.address, idle.agent_id)
    await call.add_leg(tx, leg.leg_id, leg.kind, leg.address, leg.agent_id, now)
    return leg


async def give_notice(tx: Connection, call: Call, now: datetime) -> Apologise | None:
    """Tell the lead who called, as nobody is free; None where that was done before."""
    notice = apologise(call)
    if not await ending.give_notice(tx, call.row, notice.words, now):
        return None
    call.row = replace(call.row, notice_at=now)
    return notice


def apologise(call: Call) -> Apologise:
    found = call.current(LegKind.LEAD)
    assert found is not None
    return Apologise(call.row.attempt_id, found[0], nobody_free(call.campaign.seller, call.shown))
