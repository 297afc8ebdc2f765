"""A party that was rung for a talk: it answers, says yes, hears what it must hear, and is let in.

Owns: the answers to the carrier's callbacks of such a leg, and of a talk that is being taken into a conference.
Must not know: TwiML, signatures, HTTP. Whoever is not wanted any more is let in nowhere.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from speedtolead.domain.attempt import AttemptState
from speedtolead.domain.call import LegKind, LegState
from speedtolead.domain.talk import Part, Recorded
from speedtolead.ports import Announce, Goodbye, Instruction
from speedtolead.ports.conference import Alone, JoinConference
from speedtolead.service.calling.under_way import Call, needs_key, take_offer
from speedtolead.service.controls import parties
from speedtolead.store import controls as rows
from speedtolead.store.query import Connection

TOO_LATE = "This call is no longer needed. Goodbye."


async def accept(tx: Connection, call: Call, leg_id: UUID, digits: str, now: datetime) -> Instruction:
    """A guest's phone was answered, and a key pressed, or none. Its leg has heard that it is live."""
    row = call.leg_rows[leg_id]
    if not _is_wanted(call, leg_id):
        return Goodbye(TOO_LATE)
    if asks_for_key(call, leg_id) and digits != "1" and call.legs[leg_id].accepted_at is None:
        return Goodbye()
    if row.kind == LegKind.THIRD and await _is_recorded(tx, call):
        return Announce(call.row.attempt_id, leg_id, call.campaign.recording.words)
    return await let_in(tx, call, leg_id, now)


async def _is_recorded(tx: Connection, call: Call) -> bool:
    """Somebody from outside is told so before being let in, whatever the law of the place."""
    lead = call.current(LegKind.LEAD)
    found = None if lead is None else await rows.RECORDING_OF_LEG.first(tx, leg_id=lead[0])
    return call.campaign.recording.record or parties.recorded(found) is Recorded.RUNNING


async def let_in(tx: Connection, call: Call, leg_id: UUID, now: datetime) -> Instruction:
    """Into the talk: a supervisor unheard at first, the target of a blind transfer as who leads it."""
    if not _is_wanted(call, leg_id):
        return Goodbye(TOO_LATE)
    await take_offer(tx, call, leg_id, now)
    row = call.leg_rows[leg_id]
    return JoinConference(
        call.row.attempt_id,
        leg_id,
        parties.conference_of(call),
        Alone.MUSIC,
        ends_it=row.part == Part.BLIND or row.took_over_at is not None,
        muted=row.muted or row.kind == LegKind.SUPERVISOR,
    )


def asks_for_key(call: Call, leg_id: UUID) -> bool:
    """A person of ours says yes by a key; a number outside was configured, and may be a machine that connects."""
    row = call.leg_rows[leg_id]
    return row.kind != LegKind.THIRD and needs_key(row.address)


def _is_wanted(call: Call, leg_id: UUID) -> bool:
    leg, lead = call.legs[leg_id], call.leg(LegKind.LEAD)
    going_on = AttemptState(call.row.state) is AttemptState.CONNECTED and call.row.ended_at is None
    lead_there = lead is not None and lead.state is LegState.LIVE
    withdrawn = call.leg_rows[leg_id].withdrawn_at is not None
    return going_on and lead_there and leg.state is not LegState.ENDED and not withdrawn


def rejoin(call: Call, kind: LegKind) -> Instruction:
    """A call of the talk itself comes into its conference: it was sent there, or left alone by the one that was."""
    found = call.opening(kind) if kind is LegKind.AGENT else call.current(kind)
    if found is None or call.fate().ended_at is not None:
        return Goodbye()
    leg_id, leg = found
    if leg.state is LegState.ENDED or call.leg_rows[leg_id].withdrawn_at is not None:
        return Goodbye()
    muted = call.leg_rows[leg_id].muted
    handing_over = kind is LegKind.AGENT and parties.talk_of(call, talking=True).transfer is not None
    return JoinConference(
        call.row.attempt_id,
        leg_id,
        parties.conference_of(call),
        Alone.MUSIC,
        ends_it=not handing_over,
        muted=muted,
    )
