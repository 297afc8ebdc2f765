"""Who sits at a console: presence as a lease, an offer declined, and a way out for whoever is stuck.

Owns: the lease of the open page, taking off who has none, and freeing an agent. Must not know: HTTP, what is shown.

A page renews its lease; several pages of one agent renew the same one, so they never fight. A page that is gone for
``GRACE`` takes its agent off: a call that is under way goes on, and whoever comes back to it is talking again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from speedtolead.domain.agent import AgentState, CameIn, Paused, WentOff
from speedtolead.domain.errors import NotFound
from speedtolead.domain.talk import NotNow
from speedtolead.ports import Clock
from speedtolead.service.calling.afterwards import Afterwards, EndCall
from speedtolead.service.times import iso
from speedtolead.store import agents as agent_rows
from speedtolead.store import console as rows
from speedtolead.store import events
from speedtolead.store.console import (
    CallbackRow,
    CallOfAgent,
    DayRow,
    MissedRow,
    MyLeadRow,
    SeatRow,
    StuckRow,
    TaskRow,
)
from speedtolead.store.database import Database
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection

GRACE = timedelta(seconds=75)
"""How long a page may be silent. Browsers let the timers of a hidden tab run once a minute; a worker's run on."""
RENEWED_EVERY = timedelta(seconds=15)
STUCK = "stuck"
AFTER_CALL = timedelta(hours=2)
"""So long after a call its card is there to say what came of it, unless the next call comes first."""
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Work:
    """An agent's own: the numbers since a moment, callbacks to come, offers missed, leads talked with, tasks."""

    day: DayRow
    callbacks: list[CallbackRow]
    missed: list[MissedRow]
    leads: list[MyLeadRow]
    tasks: list[TaskRow]


class Seats:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def of(self, account_id: UUID, user_id: UUID) -> SeatRow | None:
        """The agent that a user is; None: none."""
        async with self._database.connection() as tx:
            return await rows.SEAT_OF_USER.first(tx, account_id=account_id, user_id=user_id)

    async def call(self, seat: SeatRow) -> CallOfAgent | None:
        """The call that an agent is on, or else the last one."""
        since = self._clock.now() - AFTER_CALL
        async with self._database.connection() as tx:
            return await rows.CALL_OF_AGENT.first(
                tx, agent_id=seat.agent_id, attempt_id=seat.attempt_id, since=since
            )

    async def work(self, seat: SeatRow, since: datetime) -> Work:
        """What an agent has done since a moment, and has to do."""
        of = {"agent_id": seat.agent_id, "since": since}
        async with self._database.snapshot() as tx:
            return Work(
                await rows.DAY_OF_AGENT.one(tx, **of),
                await rows.CALLBACKS_OF_AGENT.all(tx, agent_id=seat.agent_id, account_id=seat.account_id),
                await rows.OFFERS_MISSED_BY_AGENT.all(tx, **of),
                await rows.LEADS_OF_AGENT.all(tx, **of),
                await rows.TASKS_OF_AGENT.all(tx, agent_id=seat.agent_id, account_id=seat.account_id),
            )

    async def there(self, seat: SeatRow) -> None:
        """The page is open. Whoever was taken off in a call that is still on is talking again."""
        now = self._clock.now()
        async with self._database.connection() as tx:
            before = await rows.CONSOLE_IS_THERE.one(
                tx, agent_id=seat.agent_id, account_id=seat.account_id, until=now + GRACE
            )
        if before.lost_at is None or seat.state != AgentState.OFFLINE:
            return
        async with self._database.transaction() as tx:
            agent = await rows.LOCK_SEAT.one(tx, account_id=seat.account_id, agent_id=seat.agent_id)
            if agent.on_call and agent.state == AgentState.OFFLINE:
                await rows.CONSOLE_BACK.run(tx, agent_id=seat.agent_id)
                await self._move(tx, seat.account_id, seat.agent_id, AgentState.OFFLINE, CameIn(on_call=True), now)

    async def said(self, seat: SeatRow) -> None:
        """The agent said what they do: the page is open, and that it was gone is known."""
        async with self._database.connection() as tx:
            await rows.CONSOLE_BACK.run(tx, agent_id=seat.agent_id)
        await self.there(seat)

    async def choose(self, seat: SeatRow, *, in_browser: bool) -> None:
        """Be rung in the browser, or on what the configuration says. Raises NotNow in a call, or with no choice."""
        async with self._database.connection() as tx:
            chosen = await rows.CHOOSE_LINE.first(
                tx, account_id=seat.account_id, agent_id=seat.agent_id, in_browser=in_browser
            )
        if chosen is None:
            raise NotNow("Not while a call or a line is open, or where the configuration leaves no choice.")

    async def left(self, seat: SeatRow) -> None:
        """Signed out: taken off at the next look, unless another page is open, which renews the lease."""
        async with self._database.connection() as tx:
            await rows.CONSOLE_CLOSED.run(tx, agent_id=seat.agent_id, now=self._clock.now())

    async def look(self) -> None:
        """Take off whose page is gone. Agents who are rung without a login are not taken off by it."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            for one in await rows.CONSOLES_LOST.all(tx, now=now, most=AT_ONCE):
                if await rows.CONSOLE_LOST.first(tx, agent_id=one.agent_id, now=now) is None:
                    continue
                why: dict[str, object] = {"by": "console_gone"}
                await self._move(tx, one.account_id, one.agent_id, AgentState(one.state), WentOff(), now, why)

    async def decline(self, seat: SeatRow, attempt_id: UUID) -> Sequence[Afterwards]:
        """Do not take an offer: the agent's own phone stops, and the next agent is rung. Raises NotNow."""
        call = await self.call(seat) if seat.attempt_id == attempt_id else None
        if call is None or call.accepted_at is not None or call.carrier_call_id is None:
            raise NotNow("There is no offer to decline.")
        return [EndCall(call.carrier_call_id, call.carrier)]

    async def free(self, account_id: UUID, agent_id: UUID, by: str) -> Sequence[Afterwards]:
        """Whatever holds an agent lets go: own phones stop, the state is a pause that the agent ends. Filed.

        Raises NotFound. A call that the agent was in ends as if the agent had hung up.
        """
        now = self._clock.now()
        async with self._database.transaction() as tx:
            agent = await rows.LOCK_SEAT.first(tx, account_id=account_id, agent_id=agent_id)
            if agent is None:
                raise NotFound("There is no such agent.")
            legs = await rows.LIVE_LEGS_OF_AGENT.all(tx, agent_id=agent_id)
            await rows.ADD_STUCK_REPORT.run(
                tx,
                report_id=new_id(),
                account_id=account_id,
                agent_id=agent_id,
                attempt_id=agent.attempt_id,
                now=now,
                by=by,
                state=agent.state,
                timeline=await self._timeline(tx, account_id, agent.attempt_id),
            )
            await agent_rows.move(tx, agent_id, AgentState(agent.state), Paused(STUCK), now)
            await agent_rows.LET_GO.run(tx, agent_id=agent_id)
            data: dict[str, object] = {"was": agent.state, "by": by}
            await events.add(
                tx, account_id, "agent.stuck", now, attempt_id=agent.attempt_id, agent_id=agent_id, data=data
            )
            await events.wake(tx)
        return [EndCall(leg.carrier_call_id, leg.carrier) for leg in legs]

    async def reports(self, account_id: UUID, since: datetime) -> list[StuckRow]:
        """Who was stuck, newest first."""
        async with self._database.connection() as tx:
            return await rows.STUCK_REPORTS.all(tx, account_id=account_id, since=since)

    async def _timeline(self, tx: Connection, account_id: UUID, attempt_id: UUID | None) -> list[dict[str, object]]:
        """What is known of the call at this moment, without personal data: its events and its legs, in order."""
        if attempt_id is None:
            return []
        found = await rows.TIMELINE_OF_ATTEMPT.all(tx, account_id=account_id, attempt_id=attempt_id)
        return [{"at": iso(line.at), "what": line.what} for line in found]

    async def _move(
        self,
        tx: Connection,
        account_id: UUID,
        agent_id: UUID,
        state: AgentState,
        event: CameIn | WentOff,
        now: datetime,
        data: dict[str, object] | None = None,
    ) -> None:
        to = await agent_rows.move(tx, agent_id, state, event, now)
        await events.add(tx, account_id, f"agent.{to.value}", now, agent_id=agent_id, data=data)
        await events.wake(tx)
