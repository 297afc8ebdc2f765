"""Agents by schedule: in when their hours begin, off when they end.

Owns: doing that at each change, once. Must not know: when it runs; a tick that comes late, or not at all for an
hour, does at its next turn what the schedule says then. A pause that somebody asked for outlives its shift and the
next.
"""

from __future__ import annotations

from speedtolead.domain.agent import AgentState, ShiftBegan, ShiftEnded
from speedtolead.domain.shift import Shift
from speedtolead.ports import Clock
from speedtolead.store import agents as rows
from speedtolead.store import events
from speedtolead.store.database import Database
from speedtolead.store.settings_json import schedule_from_json

AT_ONCE = 200


class Shifts:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def change(self) -> int:
        """Take in and off whoever's hours begin or end now; how many were looked at."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            due = await rows.SHIFTS_DUE.all(tx, now=now, most=AT_ONCE)
            for row in due:
                shift = Shift(row.timezone, schedule_from_json(row.schedule))
                before = AgentState(row.state)
                event = ShiftBegan(row.on_call) if shift.on(now) else ShiftEnded(rests=row.state_until is not None)
                after = await rows.move(tx, row.agent_id, before, event, now)
                await rows.SET_SHIFT.run(tx, agent_id=row.agent_id, changes_at=shift.changes_at(now))
                if after is not before:
                    data: dict[str, object] = {"by": "schedule"}
                    await events.add(
                        tx, row.account_id, f"agent.{after.value}", now, agent_id=row.agent_id, data=data
                    )
            if due:
                await events.wake(tx)
        return len(due)
