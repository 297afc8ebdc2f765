"""A lead's end, for the agent's line that the lead was dialled into: the line stays up, and waits with music again.

Owns: ending the agent's leg, which was the line's own call, with the lead's. Must not know: the line's row.
"""

from __future__ import annotations

from datetime import datetime

from speedtolead.domain.attempt import AttemptState
from speedtolead.domain.call import DialMode, LegEnd, LegKind, LegReport, LegState
from speedtolead.ports.line import JoinLine
from speedtolead.service.calling import machine
from speedtolead.service.calling.afterwards import Afterwards, SendElsewhere
from speedtolead.service.calling.under_way import Call
from speedtolead.store.query import Connection


async def off_the_line(tx: Connection, call: Call, now: datetime) -> list[Afterwards]:
    """End the agent's leg once the lead's is over, elsewhere, with somebody else or will not be made; what must be
    done for the line.

    A lead who was on the line ended its conference, and the line asks how it goes on. One who was not reached left
    it as it was, begun by the ringing: without music, so it is sent there anew. So is the line of an agent who has
    handed the lead over: the talk goes on elsewhere.
    """
    if call.mode is not DialMode.HOT:
        return []
    lead, over = call.leg(LegKind.LEAD), AttemptState(call.row.state) is AttemptState.SCHEDULED
    gone = lead is not None and (lead.state is LegState.ENDED or await machine.is_away(tx, call))
    back: list[Afterwards] = []
    for leg_id, leg in call.rung(LegKind.AGENT).items():
        line_id, handed_over = call.leg_rows[leg_id].line_id, call.leg_rows[leg_id].withdrawn_at is not None
        if line_id is None or leg.state is LegState.ENDED or not (over or gone or handed_over):
            continue
        await call.apply(tx, leg_id, LegReport(now, LegState.ENDED, LegEnd.COMPLETED))
        rang = lead is not None and lead.ringing_at is not None and lead.live_at is None
        if (rang or handed_over) and leg.carrier_call_id is not None:
            back.append(SendElsewhere(leg.carrier_call_id, call.carrier, JoinLine(line_id)))
    return back
