"""The parties of a call's talk, read from its rows, and written back as they are to be."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from speedtolead.domain.call import DialMode, Leg, LegKind, LegState
from speedtolead.domain.recording import RecordingState
from speedtolead.domain.talk import Action, ControlState, Listening, Part, Recorded, Talk, TalkParty
from speedtolead.store import controls as rows
from speedtolead.store import events
from speedtolead.store.calls import LegRow
from speedtolead.store.controls import ControlRow, RecordingOfLeg
from speedtolead.store.query import Connection

if TYPE_CHECKING:
    from speedtolead.service.calling.under_way import Call

SERVICE = "service"
"""Who asked for what follows from something else."""
GIVEN_UP = "given_up"
"""The carrier code of a party of which nobody can say whether the carrier rings it."""


def talk_of(call: Call, talking: bool, recorded: Recorded = Recorded.NO) -> Talk:
    """The present try's parties; those of a mode's own legs that were given up before are no parties."""
    found = (call.current(LegKind.LEAD), call.opening(LegKind.AGENT))
    opening = {one[0] for one in found if one is not None}
    parties = [
        _party(leg_id, call.legs[leg_id], call.leg_rows[leg_id])
        for leg_id in call.present()
        if leg_id in call.leg_rows and (leg_id in opening or not call.leg_rows[leg_id].from_the_start)
    ]
    return Talk(tuple(parties), talking, recorded)


def _party(leg_id: UUID, leg: Leg, row: LegRow) -> TalkParty:
    return TalkParty(
        leg_id=leg_id,
        kind=leg.kind,
        state=leg.state,
        accepted=leg.accepted_at is not None,
        part=Part(row.part) if row.part else None,
        took_over=row.took_over_at is not None,
        withdrawn=row.withdrawn_at is not None,
        muted=row.muted,
        held=row.held,
        listens=Listening(row.listens) if row.listens else None,
        agent_id=row.agent_id,
        name=row.named,
    )


def recorded(row: RecordingOfLeg | None) -> Recorded:
    return Recorded.NO if row is None else recorded_as(row.state, row.paused_at)


def recorded_as(state: str | None, paused_at: datetime | None) -> Recorded:
    if state not in (RecordingState.ASKED, RecordingState.RUNNING):
        return Recorded.NO
    return Recorded.RUNNING if paused_at is None else Recorded.PAUSED


async def change(tx: Connection, call: Call, leg_id: UUID, **to: object) -> None:
    """Write how a party is to be: ``muted``, ``held``, ``listens``, ``took_over_at``, ``withdrawn_at``."""
    row: LegRow = replace(call.leg_rows[leg_id], **to)  # type: ignore[arg-type]
    call.leg_rows[leg_id] = row
    await rows.SAVE_PARTY.run(
        tx,
        leg_id=leg_id,
        muted=row.muted,
        held=row.held,
        listens=row.listens,
        took_over_at=row.took_over_at,
        withdrawn_at=row.withdrawn_at,
    )


async def order(
    tx: Connection,
    call: Call,
    action: Action,
    leg_id: UUID | None,
    now: datetime,
    *,
    control_id: UUID | None = None,
    by: str = SERVICE,
    given: dict[str, object] | None = None,
    state: ControlState = ControlState.ASKED,
) -> UUID | None:
    """Write what is to be done; None where this very one was asked for before.

    Without an id it is one that this party can be given once: whoever sees the same reason again asks for nothing.
    """
    assert control_id is not None or leg_id is not None
    known = control_id or uuid5(leg_id or call.row.attempt_id, action.value)
    added = await rows.ADD_CONTROL.first(
        tx,
        control_id=known,
        account_id=call.row.account_id,
        attempt_id=call.row.attempt_id,
        leg_id=leg_id,
        action=action,
        given=given or {},
        asked_by=by,
        now=now,
        state=state,
    )
    return None if added is None else known


async def settled(
    tx: Connection, call: Call, control: ControlRow, state: ControlState, now: datetime, why: str | None = None
) -> bool:
    """Write what became of a control, and tell it; False where that was settled before."""
    found = await rows.SETTLE_CONTROL.first(tx, control_id=control.control_id, state=state, now=now, why=why)
    if found is None:
        return False
    if state in (ControlState.DONE, ControlState.FAILED):
        row = None if control.leg_id is None else call.leg_rows.get(control.leg_id)
        data = {
            "control_id": str(control.control_id),
            "action": control.action,
            "state": state.value,
            "by": control.asked_by,
            "party": None if control.leg_id is None else str(control.leg_id),
            "kind": None if row is None else row.kind,
            "why": why,
        }
        told = call.row
        await events.add(
            tx,
            told.account_id,
            "call.changed",
            now,
            lead_id=told.lead_id,
            attempt_id=told.attempt_id,
            agent_id=told.agent_id,
            data=data,
        )
    return True


def conference_of(call: Call) -> str:
    return call.row.conference or str(call.row.attempt_id)


def is_conferred(call: Call) -> bool:
    """The carrier has the talk in its conference, as far as we asked for it."""
    began_as_dial = call.mode in (DialMode.AGENT_FIRST, DialMode.LEAD_FIRST)
    return call.row.conferred_at is not None or not began_as_dial


def live_call(call: Call, leg_id: UUID) -> str | None:
    """The carrier's id of a party's call, while it is not over."""
    leg = call.legs[leg_id]
    return None if leg.state is LegState.ENDED else leg.carrier_call_id
