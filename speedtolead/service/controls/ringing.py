"""Ringing a party into a talk: the leg and, for an agent, the reservation, written before the carrier is asked.

Owns: these rows. Must not know: how the carrier is asked, or what becomes of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from speedtolead.domain.call import LegKind
from speedtolead.domain.talk import Action, Listening, Part
from speedtolead.service.calling import ending
from speedtolead.service.calling.choosing import next_agent
from speedtolead.service.calling.notice import nobody_free
from speedtolead.service.controls.parties import order
from speedtolead.store import agents
from speedtolead.store import calls as call_rows
from speedtolead.store import controls as rows
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection

if TYPE_CHECKING:
    from speedtolead.service.calling.under_way import Call

RESERVED = timedelta(seconds=30)
"""Added to the ring: as long as an agent stays reserved if nothing more is heard of the offer."""


@dataclass(frozen=True, slots=True)
class Target:
    """Who is to be rung. ``address`` as of an agent; ``agent_id``: of one who is locked and free."""

    kind: LegKind
    address: str
    name: str
    agent_id: UUID | None = None


async def ring(
    tx: Connection,
    call: Call,
    target: Target,
    now: datetime,
    *,
    part: Part | None = None,
    listens: Listening | None = None,
) -> UUID:
    """Write the leg of a party that is about to be rung; its id."""
    leg_id, shown = new_id(), shown_to(call)
    if target.agent_id is not None:
        until = now + call.campaign.dial.ring_timeout + RESERVED
        await agents.RESERVE_AGENT.run(
            tx, agent_id=target.agent_id, attempt_id=call.row.attempt_id, now=now, until=until
        )
    await rows.ADD_PARTY.run(
        tx,
        leg_id=leg_id,
        account_id=call.row.account_id,
        attempt_id=call.row.attempt_id,
        kind=target.kind,
        address=target.address,
        caller_id=shown,
        carrier=call.carrier,
        agent_id=target.agent_id,
        now=now,
        part=part,
        named=target.name,
        listens=listens,
    )
    for row in await call_rows.LEGS_OF_ATTEMPT.all(tx, attempt_id=call.row.attempt_id):
        if row.leg_id == leg_id:
            call.legs[leg_id], call.leg_rows[leg_id] = row.leg(), row
    return leg_id


async def ring_next(tx: Connection, call: Call, now: datetime) -> None:
    """Nobody leads the talk any more, the lead hears music: ring the next free agent, or tell the lead so."""
    asked = [row.agent_id for row in call.leg_rows.values() if row.agent_id is not None]
    idle = await next_agent(tx, call.row, call.campaign.dial, asked, now)
    if idle is not None:
        target = Target(LegKind.AGENT, idle.address, idle.name, idle.agent_id)
        leg_id = await ring(tx, call, target, now, part=Part.BLIND)
        await order(tx, call, Action.TRANSFER, leg_id, now)
        return
    await ending.give_notice(tx, call.row, apology(call), now)
    call.row = replace(call.row, notice_at=now)


def apology(call: Call) -> str:
    return nobody_free(call.campaign.seller, shown_to(call))


def shown_to(call: Call) -> str:
    """The number that the talk's calls show."""
    found = (row.caller_id for row in call.leg_rows.values())
    return call.row.caller_id or next(found, "")
