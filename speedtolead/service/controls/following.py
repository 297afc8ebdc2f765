"""What follows from the news about the parties of a talk, in the transaction that takes the news.

Owns: handing the talk over, giving the lead back, ending what nobody leads; and the agents who were rung into a
talk, or have handed one over. Must not know: where the news came from, or how the carrier is asked.

Read anew each time: news that comes late, twice or in any order leads to the same. What may follow only once is a
control with an id of its party's (``parties.order``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from speedtolead.domain.agent import AgentEvent, AgentState, Leaving, Missed, Released, Ringing
from speedtolead.domain.call import Fate, LegEnd, LegKind, LegReport, LegState
from speedtolead.domain.talk import Action, ControlState, Part, Talk
from speedtolead.ports.line import JoinLine
from speedtolead.service.calling.afterwards import Afterwards, EndCall, SendElsewhere, WorkOff
from speedtolead.service.calling.patience import Patience
from speedtolead.service.controls import parties, ringing
from speedtolead.service.controls.parties import GIVEN_UP, live_call, order, settled, talk_of
from speedtolead.store import agents, events
from speedtolead.store import controls as rows
from speedtolead.store.controls import ControlRow
from speedtolead.store.query import Connection

if TYPE_CHECKING:
    from speedtolead.service.calling.under_way import Call

OVER = "the talk is over"
NOT_TAKEN = "not taken"
WITHDRAWN = "withdrawn"
NOT_RUNG = "not_rung"
_RINGS = frozenset({Action.TRANSFER, Action.ADD, Action.LISTEN, Action.WHISPER, Action.BARGE})


async def follow(tx: Connection, call: Call, fate: Fate, patience: Patience, now: datetime) -> list[Afterwards]:
    """Write what follows for the talk, its agents and its open controls; what must be done at the carrier."""
    if not call.row.controlled:
        return []
    guests = [leg_id for leg_id in call.present() if is_guest(call, leg_id)]
    over = fate.ended_at is not None
    lines: list[Afterwards] = []
    if not over:
        await _hand_over(tx, call, now)
        lines = await _off_lines(tx, call, now)
        await _give_back(tx, call, guests, now)
    await _agents_follow(tx, call, fate, patience, now)
    work = await _settle(tx, call, over, now)
    return [*lines, *_to_end(call, over), *([WorkOff(call.row.attempt_id)] if work else [])]


async def _off_lines(tx: Connection, call: Call, now: datetime) -> list[Afterwards]:
    """An agent who has handed the lead over on a line keeps the line: it goes back to where it waits for leads."""
    back: list[Afterwards] = []
    for leg_id in call.present():
        leg, row = call.legs[leg_id], call.leg_rows[leg_id]
        if row.line_id is None or row.withdrawn_at is None or leg.state is LegState.ENDED:
            continue
        await call.apply(tx, leg_id, LegReport(now, LegState.ENDED, LegEnd.COMPLETED))
        if leg.carrier_call_id is not None:
            back.append(SendElsewhere(leg.carrier_call_id, call.carrier, JoinLine(row.line_id)))
    return back


async def _hand_over(tx: Connection, call: Call, now: datetime) -> None:
    """The target of a transfer is there: it leads the talk, once nobody else does or is to."""
    talk = talk_of(call, talking=True)
    target, leading = talk.transfer, talk.leading
    if target is None or not target.there:
        return
    if target.part is Part.BLIND or leading is None or not leading.under_way:
        await take_over(tx, call, talk, target.leg_id, now)
        await order(tx, call, Action.COMPLETE, target.leg_id, now)


async def take_over(tx: Connection, call: Call, talk: Talk, leg_id: UUID, now: datetime) -> None:
    """From now on this party leads the talk, and the lead is with it; who led it before is let go."""
    if talk.leading is not None and talk.leading.under_way:
        await parties.change(tx, call, talk.leading.leg_id, withdrawn_at=now)
    await parties.change(tx, call, leg_id, took_over_at=now)
    if talk.lead is not None:
        await parties.change(tx, call, talk.lead.leg_id, held=False)
    agent_id = call.leg_rows[leg_id].agent_id
    if agent_id is not None:
        await agents.ASSIGN_AGENT.run(tx, attempt_id=call.row.attempt_id, agent_id=agent_id)
        call.row = replace(call.row, agent_id=agent_id)


async def _give_back(tx: Connection, call: Call, guests: Sequence[UUID], now: datetime) -> None:
    """A transfer came to nothing: the lead is with who led the talk, or with the next agent, or is told goodbye."""
    for leg_id in guests:
        row, leg = call.leg_rows[leg_id], call.legs[leg_id]
        gone = leg.state is LegState.ENDED or row.withdrawn_at is not None
        if row.part not in (Part.BLIND, Part.WARM) or not gone or row.took_over_at is not None:
            continue
        talk = talk_of(call, talking=True)
        if await order(tx, call, Action.RESTORE, leg_id, now) is None:
            continue
        leading, lead = talk.leading, talk.lead
        if lead is None or not lead.under_way or talk.transfer is not None:
            continue
        if leading is not None and leading.under_way:
            await parties.change(tx, call, lead.leg_id, held=False)
        else:
            await ringing.ring_next(tx, call, now)


async def _settle(tx: Connection, call: Call, over: bool, now: datetime) -> bool:
    """Settle the open controls that the parties tell of; True where something is left to be done at the carrier."""
    work = False
    for control in await rows.OPEN_CONTROLS.all(tx, attempt_id=call.row.attempt_id):
        state, why = _became(call, control, over)
        if state is not None:
            await settled(tx, call, control, state, now, why)
        work = work or (state or ControlState(control.state)) is ControlState.ASKED
    return work and not over


def _became(call: Call, control: ControlRow, over: bool) -> tuple[ControlState | None, str | None]:
    """What has become of an open control, by its party's leg; None: nothing that shows there."""
    action = Action(control.action)
    leg = None if control.leg_id is None else call.legs.get(control.leg_id)
    row = None if control.leg_id is None else call.leg_rows.get(control.leg_id)
    if over:
        reached = action in (Action.END, Action.LEAVE, Action.CANCEL, Action.RESTORE)
        return (ControlState.DONE, None) if reached else (ControlState.FAILED, OVER)
    waits = control.state == ControlState.WAITING
    if action is Action.RECORD and waits and leg is not None and call.row.announced_at is not None:
        return (ControlState.ASKED, None) if call.row.announced_at >= leg.placed_at else (None, None)
    if leg is None or row is None:
        return None, None
    if action in (Action.LEAVE, Action.CANCEL):
        return (ControlState.DONE, None) if leg.state is LegState.ENDED else (None, None)
    if action not in _RINGS:
        return None, None
    if row.withdrawn_at is not None or leg.state is LegState.ENDED:
        taken = leg.accepted_at is not None
        return ControlState.FAILED, "left" if taken else WITHDRAWN if row.withdrawn_at else NOT_TAKEN
    if leg.accepted_at is None:
        return None, None
    if leg.kind is LegKind.SUPERVISOR:
        return (ControlState.ASKED, None) if waits else (None, None)
    return ControlState.DONE, None


def _to_end(call: Call, over: bool) -> list[EndCall]:
    """Calls that must not go on: of parties that are not wanted, and all of a talk that nobody leads any more."""
    talk = talk_of(call, talking=True)
    conferred = call.row.conference is not None and call.row.bridged_at is not None
    everybody = over or (conferred and talk.alone and call.row.notice_at is None)
    ended = []
    for leg_id in (known for known in call.present() if known in call.leg_rows):
        call_id = call.legs[leg_id].carrier_call_id
        given_up = call.legs[leg_id].carrier_code == GIVEN_UP
        unwanted = call.leg_rows[leg_id].withdrawn_at is not None
        going_on = live_call(call, leg_id) is not None
        if call_id is not None and (given_up or (going_on and (everybody or unwanted))):
            ended.append(EndCall(call_id, call.leg_rows[leg_id].carrier))
    return ended


async def _agents_follow(tx: Connection, call: Call, fate: Fate, patience: Patience, now: datetime) -> None:
    """Agents other than the attempt's own, in the order of their ids: rung into the talk, or done with it."""
    current = call.current(LegKind.AGENT)
    others = [
        (row.agent_id, leg_id)
        for leg_id in call.present()
        if (row := call.leg_rows.get(leg_id)) is not None
        and row.agent_id is not None
        and (current is None or leg_id != current[0])
        and row.agent_id != call.row.agent_id
    ]
    for agent_id, leg_id in sorted(others):
        event = _agent_event(call, leg_id, fate, patience, now)
        if event is None:
            continue
        moved = await agents.move_engaged(tx, agent_id, call.row.attempt_id, event, now)
        if moved is AgentState.AVAILABLE:
            await events.wake(tx)


def _agent_event(call: Call, leg_id: UUID, fate: Fate, patience: Patience, now: datetime) -> AgentEvent | None:
    leg, row = call.legs[leg_id], call.leg_rows[leg_id]
    over = fate.ended_at is not None
    if leg.state is LegState.ENDED:
        led = row.part is None or row.took_over_at is not None
        if led and leg.accepted_at is not None:
            return Released(call.campaign.dial.wrap_up if fate.bridged_at else timedelta(0))
        if leg.accepted_at is None and row.withdrawn_at is None and not over and leg.end is not LegEnd.CANCELLED:
            return Missed(patience.missed_offer_rest)
        return Released()
    if over or row.withdrawn_at is not None:
        return Leaving(now + patience.hang_up)
    if leg.state is LegState.RINGING and leg.accepted_at is None:
        return Ringing(now + patience.call)
    return None


async def given_up(tx: Connection, call: Call, leg_id: UUID, now: datetime, *, unclear: bool) -> None:
    """A party is not rung after all, or nobody can say whether it is: then it is looked for at the carrier."""
    await parties.change(tx, call, leg_id, withdrawn_at=now)
    if call.legs[leg_id].carrier_call_id is None:
        code = GIVEN_UP if unclear else NOT_RUNG
        await call.apply(tx, leg_id, LegReport(now, LegState.ENDED, LegEnd.FAILED, carrier_code=code))


def is_guest(call: Call, leg_id: UUID) -> bool:
    row, leg = call.leg_rows.get(leg_id), call.legs.get(leg_id)
    return row is not None and leg is not None and not row.from_the_start
