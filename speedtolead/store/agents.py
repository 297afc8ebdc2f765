"""Rows of agents. Must not know: who is chosen, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.domain import agent as machine
from speedtolead.domain.agent import (
    Accepted,
    AgentEvent,
    AgentState,
    Leaving,
    Missed,
    Paused,
    Released,
    Ringing,
    WentOff,
)
from speedtolead.store.query import Connection, Nothing, Query


@dataclass(frozen=True, slots=True)
class EngagedRow:
    agent_id: UUID
    account_id: UUID
    state: str
    address: str


@dataclass(frozen=True, slots=True)
class TimedRow:
    agent_id: UUID
    account_id: UUID
    state: str
    attempt_id: UUID | None


@dataclass(frozen=True, slots=True)
class NamedRow:
    """``on_call``: a live attempt still has this agent on the line."""

    agent_id: UUID
    account_id: UUID
    state: str
    on_call: bool


@dataclass(frozen=True, slots=True)
class IdleRow:
    agent_id: UUID
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class AgentRow:
    agent_id: UUID
    name: str
    address: str
    presence: str
    groups: list[str]
    state: str
    state_since: datetime
    state_until: datetime | None
    state_reason: str | None
    attempt_id: UUID | None


LOCK_AGENT = Query("lock_agent", EngagedRow)
SAVE_AGENT = Query("save_agent", Nothing)
TIMED_AGENTS = Query("timed_agents", TimedRow)
IDLE_AGENTS = Query("idle_agents", IdleRow)
RESERVE_AGENT = Query("reserve_agent", Nothing)
ASSIGN_AGENT = Query("assign_agent", Nothing)
AGENTS_OF_ACCOUNT = Query("agents_of_account", AgentRow)
AGENT_BY_NAME = Query("agent_by_name", NamedRow)
LET_GO = Query("let_go", Nothing)
_END_OF_WORK = Released | Missed | Leaving
_CALL_GOES_ON = Ringing | Accepted


async def move(tx: Connection, agent_id: UUID, state: AgentState, event: AgentEvent, now: datetime) -> AgentState:
    """Advance a locked agent by an event and write the result; the new state.

    One who pauses or goes off during a call stays bound to it until it ends, and so cannot be offered another.
    """
    to = machine.advance(state, event, now)
    if to.state is state and state not in machine.ENGAGED and isinstance(event, _CALL_GOES_ON | _END_OF_WORK):
        if isinstance(event, _END_OF_WORK):
            await LET_GO.run(tx, agent_id=agent_id)
        return state
    leaves = isinstance(event, Paused | WentOff) and state in machine.ENGAGED
    await SAVE_AGENT.run(
        tx,
        agent_id=agent_id,
        state=to.state,
        now=now,
        state_until=to.until,
        state_reason=to.reason,
        keep=leaves or to.state in machine.ENGAGED,
    )
    return to.state


async def move_engaged(
    tx: Connection, agent_id: UUID | None, attempt_id: UUID, event: AgentEvent, now: datetime
) -> AgentState | None:
    """The same for the agent of an attempt, if the agent is still on it; None where that is over."""
    if agent_id is None:
        return None
    row = await LOCK_AGENT.first(tx, agent_id=agent_id, attempt_id=attempt_id)
    if row is None:
        return None
    return await move(tx, agent_id, AgentState(row.state), event, now)
