"""Rows of agents. Must not know: who is chosen, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from speedtolead.domain import agent as machine
from speedtolead.domain.agent import (
    Accepted,
    AgentEvent,
    AgentState,
    AgentTransition,
    Leaving,
    Missed,
    Paused,
    Released,
    Ringing,
    ShiftBegan,
    ShiftEnded,
    WentOff,
)
from speedtolead.store import events
from speedtolead.store.query import Connection, Id, Nothing, Query
from speedtolead.store.settings_json import Json


@dataclass(frozen=True, slots=True)
class EngagedRow:
    agent_id: UUID
    account_id: UUID
    state: str
    address: str
    misses: int
    pause_after_missed: int


@dataclass(frozen=True, slots=True)
class TimedRow:
    agent_id: UUID
    account_id: UUID
    state: str
    attempt_id: UUID | None


@dataclass(frozen=True, slots=True)
class NamedRow:
    """``on_call``: a live attempt still has this agent on the line. ``pause_reasons``: empty allows any."""

    agent_id: UUID
    account_id: UUID
    state: str
    pause_reasons: list[str]
    on_call: bool


@dataclass(frozen=True, slots=True)
class IdleRow:
    agent_id: UUID
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """``traits``: what routing asks, as ``routing_json`` reads it."""

    agent_id: UUID
    name: str
    address: str
    traits: str


@dataclass(frozen=True, slots=True)
class OwnerRow:
    agent_id: UUID | None


@dataclass(frozen=True, slots=True)
class AgentRow:
    agent_id: UUID
    name: str
    address: str
    presence: str
    groups: list[str]
    standing: Json
    skills: list[str]
    licensed: list[str]
    languages: list[str]
    schedule: Json | None
    timezone: str
    shift_changes_at: datetime | None
    hourly_cap: int | None
    daily_cap: int | None
    offers_hour: int
    offers_day: int
    capped_until: datetime | None
    misses: int
    state: str
    state_since: datetime
    state_until: datetime | None
    state_reason: str | None
    attempt_id: UUID | None
    line: str | None
    """``open``, or ``opening``: the agent's own line for leads."""

    def standing_in(self, group: str) -> Json:
        """The tier and the weight in a group."""
        said: Json = self.standing.get(group, {})
        return {"tier": 1, "weight": 1.0} | said


@dataclass(frozen=True, slots=True)
class HoursRow:
    """An agent of a campaign's desk. ``capped_until``: None where no cap is reached."""

    agent_id: UUID
    presence: str
    state: str
    schedule: Json | None
    timezone: str
    capped_until: datetime | None
    traits: str


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """An agent whose schedule changes; ``state_until``: when a rest ends by itself."""

    agent_id: UUID
    account_id: UUID
    state: str
    on_call: bool
    state_until: datetime | None
    timezone: str
    schedule: Json


LOCK_AGENT = Query("lock_agent", EngagedRow)
SAVE_AGENT = Query("save_agent", Nothing)
TIMED_AGENTS = Query("timed_agents", TimedRow)
AGENTS_TO_CHOOSE = Query("agents_to_choose", ChoiceRow)
HOLD_IF_FREE = Query("hold_if_free", Id)
OWNER_OF_LEAD = Query("owner_of_lead", OwnerRow)
RESERVE_AGENT = Query("reserve_agent", Nothing)
ASSIGN_AGENT = Query("assign_agent", Nothing)
AGENTS_OF_ACCOUNT = Query("agents_of_account", AgentRow)
AGENT_BY_NAME = Query("agent_by_name", NamedRow)
AGENT_ID = Query("agent_id", Id)
LET_GO = Query("let_go", Nothing)
HOURS_OF_DESK = Query("hours_of_desk", HoursRow)
COUNT_PERFORMANCE = Query("count_performance", Nothing)
SHIFTS_DUE = Query("shifts_due", ShiftRow)
SET_SHIFT = Query("set_shift", Nothing)
_END_OF_WORK = Released | Missed | Leaving
_CALL_GOES_ON = Ringing | Accepted


async def move(tx: Connection, agent_id: UUID, state: AgentState, event: AgentEvent, now: datetime) -> AgentState:
    """Advance a locked agent by an event and write the result; the new state.

    One who pauses or goes off during a call stays bound to it until it ends, and so cannot be offered another.
    """
    return await _write(tx, agent_id, state, event, machine.advance(state, event, now), now)


async def _write(
    tx: Connection, agent_id: UUID, state: AgentState, event: AgentEvent, to: AgentTransition, now: datetime
) -> AgentState:
    if to.state is state and isinstance(event, ShiftBegan | ShiftEnded):
        return state
    if to.state is state and state not in machine.ENGAGED and isinstance(event, _CALL_GOES_ON | _END_OF_WORK):
        if isinstance(event, _END_OF_WORK):
            await LET_GO.run(tx, agent_id=agent_id)
        return state
    leaves = isinstance(event, Paused | WentOff | ShiftEnded) and state in machine.ENGAGED
    await SAVE_AGENT.run(
        tx,
        agent_id=agent_id,
        state=to.state,
        now=now,
        state_until=to.until,
        state_reason=to.reason,
        misses=to.misses,
        keep=leaves or to.state in machine.ENGAGED,
    )
    return to.state


async def move_engaged(
    tx: Connection, agent_id: UUID | None, attempt_id: UUID, event: AgentEvent, now: datetime
) -> AgentState | None:
    """The same for the agent of an attempt, if the agent is still on it; None where that is over.

    One whom missed offers pause until somebody ends it is told of, with how many there were.
    """
    if agent_id is None:
        return None
    row = await LOCK_AGENT.first(tx, agent_id=agent_id, attempt_id=attempt_id)
    if row is None:
        return None
    if isinstance(event, Missed):
        event = replace(event, before=row.misses, limit=row.pause_after_missed)
    state = AgentState(row.state)
    to = machine.advance(state, event, now)
    if to.reason == machine.MISSED_IN_A_ROW:
        data: dict[str, object] = {"reason": to.reason, "missed": to.misses}
        await events.add(
            tx, row.account_id, "agent.paused", now, attempt_id=attempt_id, agent_id=agent_id, data=data
        )
    return await _write(tx, agent_id, state, event, to, now)
