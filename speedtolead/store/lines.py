"""Rows of agents' lines: standing calls into which leads are dialled. Must not know: what follows from a state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.domain.call import Leg, LegEnd, LegKind, LegState
from speedtolead.store.query import Connection, Id, Nothing, Query


@dataclass(frozen=True, slots=True)
class AgentForLine:
    agent_id: UUID
    address: str
    line_id: UUID | None
    on_call: bool
    number: str | None
    carrier: str | None


@dataclass(frozen=True, slots=True)
class LineRow:
    line_id: UUID
    account_id: UUID
    agent_id: UUID
    address: str
    caller_id: str
    carrier: str
    state: str
    carrier_call_id: str | None
    placed_at: datetime
    ringing_at: datetime | None
    live_at: datetime | None
    accepted_at: datetime | None
    closing_at: datetime | None
    ended_at: datetime | None
    ended_as: str | None
    carrier_code: str | None

    @property
    def up(self) -> bool:
        """Leads may be dialled into it."""
        return self.state != LegState.ENDED and self.accepted_at is not None and self.closing_at is None

    def leg(self) -> Leg:
        """The line as a call, which takes the same news as any."""
        return Leg(
            kind=LegKind.AGENT,
            state=LegState(self.state),
            placed_at=self.placed_at,
            carrier_call_id=self.carrier_call_id,
            ringing_at=self.ringing_at,
            live_at=self.live_at,
            ended_at=self.ended_at,
            end=LegEnd(self.ended_as) if self.ended_as else None,
            carrier_code=self.carrier_code,
            accepted_at=self.accepted_at,
        )


@dataclass(frozen=True, slots=True)
class LegOnLine:
    leg_id: UUID
    attempt_id: UUID


AGENT_FOR_LINE = Query("agent_for_line", AgentForLine)
ADD_LINE = Query("add_line", Nothing)
LINE = Query("line", LineRow)
LOCK_LINE = Query("lock_line", LineRow)
SAVE_LINE = Query("save_line", Nothing)
LEGS_ON_LINE = Query("legs_on_line", LegOnLine)
OVERDUE_LINES = Query("overdue_lines", Id)


async def save(
    tx: Connection, line: LineRow, call: Leg, closing_at: datetime | None, lease_until: datetime
) -> None:
    await SAVE_LINE.run(
        tx,
        line_id=line.line_id,
        state=call.state,
        carrier_call_id=call.carrier_call_id,
        ringing_at=call.ringing_at,
        live_at=call.live_at,
        accepted_at=call.accepted_at,
        closing_at=closing_at,
        ended_at=call.ended_at,
        ended_as=call.end,
        carrier_code=call.carrier_code,
        lease_until=lease_until,
    )
