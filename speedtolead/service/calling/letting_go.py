"""What follows for a call whose other side is gone, or is a machine: ended, sent on, or given to the next agent.

Owns: carrying the domain's decision (``leaving``) to what must be done at the carrier after the commit. Must not
know: how it is done there, and who does it. Doing one of them twice does no harm; where it is never done, because a
node dies just then, the sweeper settles the call again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from speedtolead.domain.call import DialMode, LegKind, LegState
from speedtolead.domain.leaving import AgentsCall, LeadsCall, agents_call, leads_call
from speedtolead.ports import Goodbye
from speedtolead.service.calling import machine, offering
from speedtolead.service.calling.afterwards import Afterwards, EndCall, PlaceLeg, SendElsewhere
from speedtolead.service.calling.order import Attempted
from speedtolead.service.calling.patience import Patience
from speedtolead.service.calling.under_way import Call
from speedtolead.service.lawful.permits import Permits
from speedtolead.store.dial import LegToPlace
from speedtolead.store.query import Connection

NOT_REACHED = "The lead did not answer. Goodbye."
A_MACHINE = "A machine answered. Goodbye."
_NOTICE_TAKES = timedelta(seconds=45)
"""A lead who was sent to the notice is through with it by then, or never got there."""


async def let_go(
    tx: Connection, call: Call, patience: Patience, permits: Permits, now: datetime, *, trusting: bool = True
) -> list[Afterwards]:
    """Read both sides and say what must be done; a next agent is reserved with the caller's transaction.

    ``trusting``: that the carrier ends both calls of a conference with the first to leave it. It does not where one
    had left before the other came in.
    """
    if call.row.gave_way_at is not None:
        return _all(call)
    afterwards = await _leads(tx, call, patience, permits, now, trusting)
    lead, bridged = call.lead, call.fate().bridged_at is not None and (trusting or call.row.controlled)
    words = NOT_REACHED
    if machine.is_machine(lead):
        lead, words = None, A_MACHINE  # for an agent, nobody is there
    for leg_id, leg in call.rung(LegKind.AGENT).items():
        if leg.carrier_call_id is None:
            continue
        taken = call.taken_by_another(leg_id) is not None
        match agents_call(call.mode, lead, leg, bridged=bridged, dialing=_under_way(call), taken=taken):
            case AgentsCall.ENDS:
                afterwards.append(EndCall(leg.carrier_call_id, call.carrier))
            case AgentsCall.GOODBYE:
                afterwards.append(SendElsewhere(leg.carrier_call_id, call.carrier, Goodbye(words)))
            case AgentsCall.GOES_ON:
                pass
    return afterwards


def _all(call: Call) -> list[Afterwards]:
    """The person is calling us at this moment: whatever rings or waits for them ends."""
    theirs = {**call.rung(LegKind.LEAD), **call.rung(LegKind.AGENT)}
    rung = [leg for leg_id, leg in theirs.items() if call.leg_rows[leg_id].line_id is None]
    live = [leg.carrier_call_id for leg in rung if leg.state is not LegState.ENDED]
    return [EndCall(call_id, call.carrier) for call_id in live if call_id is not None]


async def _leads(
    tx: Connection, call: Call, patience: Patience, permits: Permits, now: datetime, trusting: bool
) -> list[Afterwards]:
    lead, fate = call.lead, call.fate()
    if lead is None or lead.state is LegState.ENDED:
        return []
    if machine.is_machine(lead):
        return await machine.reached(tx, call, permits, now)
    apart, bridged = call.mode in {DialMode.BOTH, DialMode.HOT}, fate.bridged_at is not None
    if machine.ends_unknown(call, lead, fate) and lead.carrier_call_id is not None:
        if bridged:
            return [EndCall(lead.carrier_call_id, call.carrier)]
        return await _say_who_called(tx, call, lead.carrier_call_id, now)  # it may be a person, and is abandoned
    agents = list(call.rung(LegKind.AGENT).values())
    handed_over = call.row.controlled and call.row.conference is not None  # perhaps: see service.controls
    match leads_call(call.mode, lead, agents, ends_itself=handed_over or (trusting and apart and bridged)):
        case LeadsCall.GOES_ON:
            return []
        case LeadsCall.NEXT_AGENT if call.dialing and call.row.notice_at is None:
            leg = await offering.next_agent(tx, call, patience, now)
            if leg is not None:
                return [_place(call, leg, now + patience.dialing)]
    if lead.carrier_call_id is None:
        return []  # it is ended once its id is heard of
    if apart and not bridged and lead.state is LegState.LIVE:
        return await _say_who_called(tx, call, lead.carrier_call_id, now)
    return [EndCall(lead.carrier_call_id, call.carrier)]


async def _say_who_called(tx: Connection, call: Call, call_id: str, now: datetime) -> list[Afterwards]:
    """A person answered and there is nobody: the notice, once, and then the end."""
    notice = await offering.give_notice(tx, call, now)
    if notice is not None:
        return [SendElsewhere(call_id, call.carrier, notice)]
    given = call.row.notice_at
    return [EndCall(call_id, call.carrier)] if given is not None and now - given >= _NOTICE_TAKES else []


def _under_way(call: Call) -> bool:
    return call.dialing or (call.fate().bridged_at is not None and call.row.ended_at is None)


def _place(call: Call, leg: LegToPlace, until: datetime) -> PlaceLeg:
    row = call.row
    attempted = Attempted(
        row.attempt_id,
        row.lead_id,
        call.mode,
        call.campaign,
        row,
        call.shown,
        announces=False,
        until=until,
        carrier=call.carrier,
    )
    return PlaceLeg(attempted.for_agent(leg, spends_slot=True))
