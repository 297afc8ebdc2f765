"""Agents as people change them: come in, pause, go. Calls move agents by themselves (``service.calling.calls``)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from speedtolead.domain.agent import AgentEvent, AgentState, CameIn, Paused, WentOff
from speedtolead.domain.errors import NotFound, SpeedToLeadError
from speedtolead.ports import Clock
from speedtolead.store import agents as rows
from speedtolead.store import events
from speedtolead.store.agents import AgentRow
from speedtolead.store.database import Database

PERFORMANCE = timedelta(days=90)
"""Over so long an agent's contacts and sales are counted."""


class UnknownReason(SpeedToLeadError):
    """The account has a list of the reasons for a pause, and this is none of them."""

    code = "unknown_reason"

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(f"expected one of: {', '.join(reasons)}")


class Agents:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def all(self, account_id: UUID) -> list[AgentRow]:
        async with self._database.connection() as tx:
            return await rows.AGENTS_OF_ACCOUNT.all(tx, account_id=account_id, now=self._clock.now())

    async def count_performance(self) -> None:
        """Count anew what routing by performance goes by; it is a little behind, and that does no harm."""
        async with self._database.connection() as tx:
            await rows.COUNT_PERFORMANCE.run(tx, since=self._clock.now() - PERFORMANCE)

    async def change(self, account_id: UUID, name: str, wanted: str, reason: str | None) -> str:
        """``available``, ``paused`` or ``offline``; a call that is under way goes on. The state after it.

        Raises NotFound, and UnknownReason for a pause that gives none of the account's reasons, where it has some.
        """
        now = self._clock.now()
        async with self._database.transaction() as tx:
            row = await rows.AGENT_BY_NAME.first(tx, account_id=account_id, name=name)
            if row is None:
                raise NotFound(f"There is no agent {name!r}.")
            if wanted == AgentState.PAUSED and row.pause_reasons and reason not in row.pause_reasons:
                raise UnknownReason(row.pause_reasons)
            event = _event(wanted, reason, row.on_call)
            state = await rows.move(tx, row.agent_id, AgentState(row.state), event, now)
            data: dict[str, object] | None = {"reason": event.reason} if isinstance(event, Paused) else None
            await events.add(tx, account_id, f"agent.{state.value}", now, agent_id=row.agent_id, data=data)
            await events.wake(tx)
        return state.value


def _event(wanted: str, reason: str | None, on_call: bool) -> AgentEvent:
    match wanted:
        case AgentState.AVAILABLE:
            return CameIn(on_call)
        case AgentState.PAUSED:
            return Paused(reason or "paused")
        case _:
            return WentOff()
