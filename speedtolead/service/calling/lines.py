"""Agents' lines: opened, watched and closed; what a lead is dialled into in ``hot``.

Owns: a line's row and its agent's, the news about its call, and telling the attempts that were on a line which
dropped. Must not know: how a lead is dialled into it, TwiML, HTTP.

The row is committed before the carrier is asked. What is lost is found: a line is looked up at the carrier within
its lease, as a leg is, and an attempt that was not told of a line's end looks at the line itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import structlog

from speedtolead.domain import call as calls_of_people
from speedtolead.domain.call import Leg, LegEnd, LegKind, LegReport, LegState
from speedtolead.domain.carrier import CarrierName
from speedtolead.domain.errors import NotFound, SpeedToLeadError
from speedtolead.ports import Clock, Goodbye, Indeterminate, Instruction, Permanent, PortError, Transient
from speedtolead.ports.carriers import Carriers
from speedtolead.ports.conference import JoinConference
from speedtolead.ports.line import JoinLine, LineOrder
from speedtolead.service.calling.afterwards import Afterwards, CarryingOut
from speedtolead.service.calling.calls import Calls
from speedtolead.service.calling.patience import Patience
from speedtolead.service.calling.under_way import load, needs_key
from speedtolead.service.controls import joining
from speedtolead.store import calls as call_rows
from speedtolead.store import events
from speedtolead.store import lines as rows
from speedtolead.store.database import Database
from speedtolead.store.ids import new_id
from speedtolead.store.lines import AgentForLine, LineRow
from speedtolead.store.query import Connection

log = structlog.get_logger(__name__)

RING_TIMEOUT = timedelta(seconds=30)
WORDS = "This is your line for leads. Press 1 to open it."
CLOSED = "Your line is closed. Goodbye."
AT_ONCE = 50
_CLOCKS_APART = timedelta(seconds=5)


class LineRefused(SpeedToLeadError):
    """A line cannot be opened or closed as things are."""


class Lines:
    def __init__(
        self,
        database: Database,
        carriers: Carriers,
        clock: Clock,
        under_way: Calls,
        carrying_out: CarryingOut,
        patience: Patience,
    ) -> None:
        self._database = database
        self._carriers = carriers
        self._clock = clock
        self._calls = under_way
        self._carrying_out = carrying_out
        self._patience = patience

    # ---- asked for by people -------------------------------------------------------------------------------

    async def open(self, account_id: UUID, name: str) -> LineRow:
        """Ring the agent, once, for a line; the line that is open already, if one is.

        Raises NotFound, or LineRefused (``agent_on_call``, ``no_number``, ``carrier_refused``).
        """
        now, line_id = self._clock.now(), new_id()
        async with self._database.transaction() as tx:
            agent = await self._agent(tx, account_id, name)
            if agent.line_id is not None:
                return await rows.LINE.one(tx, line_id=agent.line_id)
            if agent.on_call:
                raise LineRefused(f"The agent {name!r} is on a call.", code="agent_on_call")
            if agent.number is None or agent.carrier is None:
                raise LineRefused("The account has no number to call from.", code="no_number")
            await rows.ADD_LINE.run(
                tx,
                line_id=line_id,
                account_id=account_id,
                agent_id=agent.agent_id,
                address=agent.address,
                caller_id=agent.number,
                carrier=agent.carrier,
                now=now,
                lease_until=now + self._patience.dialing,
            )
        await self._ask(line_id, agent, agent.number, agent.carrier)
        async with self._database.connection() as tx:
            return await rows.LINE.one(tx, line_id=line_id)

    async def close(self, account_id: UUID, name: str) -> LineRow:
        """End an agent's line. Raises NotFound where none is open, LineRefused where a lead is on it."""
        line, now = await self.of(account_id, name), self._clock.now()
        async with (
            self._database.transaction() as tx
        ):  # the line is locked before its agent, as with any news of it
            line = await rows.LOCK_LINE.one(tx, line_id=line.line_id)
            if line.state != LegState.ENDED:
                await rows.save(tx, line, line.leg(), line.closing_at or now, now + self._patience.ask_again)
            if await rows.LEGS_ON_LINE.all(tx, line_id=line.line_id):
                raise LineRefused(f"The agent {name!r} is on a call.", code="agent_on_call")
        await self._hang_up(line)
        async with self._database.connection() as tx:
            return await rows.LINE.one(tx, line_id=line.line_id)

    async def of(self, account_id: UUID, name: str) -> LineRow:
        """An agent's open line. Raises NotFound."""
        async with self._database.transaction() as tx:
            agent = await self._agent(tx, account_id, name)
            if agent.line_id is None:
                raise NotFound(f"The agent {name!r} has no open line.")
            return await rows.LINE.one(tx, line_id=agent.line_id)

    # ---- heard from the carrier ----------------------------------------------------------------------------

    async def report(
        self, line_id: UUID, report: LegReport, signers: frozenset[CarrierName] | None = None
    ) -> Sequence[Afterwards]:
        """News about a line's call; what must be done at the carrier for those who were on it."""
        async with self._database.transaction() as tx:
            line = await self._line(tx, line_id, signers)
            if line is None or not await self._advance(tx, line, report):
                return []
            line = await rows.LINE.one(tx, line_id=line_id)
            dropped = await rows.LEGS_ON_LINE.all(tx, line_id=line_id) if line.state == LegState.ENDED else []
        afterwards: list[Afterwards] = []
        for leg in dropped:
            over = LegReport(self._clock.now(), LegState.ENDED, LegEnd.COMPLETED)
            afterwards += await self._calls.heard(leg.attempt_id, leg.leg_id, over)
        return afterwards

    async def accept(
        self, line_id: UUID, digits: str, report: LegReport, signers: frozenset[CarrierName]
    ) -> Instruction:
        """The agent pressed a key, or none: 1 opens the line."""
        async with self._database.transaction() as tx:
            line = await self._line(tx, line_id, signers)
            if line is None or line.state == LegState.ENDED or line.closing_at is not None:
                return Goodbye(CLOSED)
            if digits != "1" and line.accepted_at is None:
                await self._advance(tx, line, report)
                return Goodbye()
            await self._advance(tx, line, report, accepts=True)
            return JoinLine(line_id)

    async def back(self, line_id: UUID, signers: frozenset[CarrierName]) -> Instruction:
        """The line is out of its conference: with a lead's end back into it, while it is open; or after a lead who
        was taken into a conference of the talk's own."""
        async with self._database.transaction() as tx:
            line = await self._line(tx, line_id, signers)
            legs = await rows.LEGS_ON_LINE.all(tx, line_id=line_id) if line is not None and line.up else []
        for leg in legs:
            async with self._database.transaction() as tx:
                call = await load(tx, leg.attempt_id)
                told = joining.rejoin(call, LegKind.AGENT) if call.row.conferred_at is not None else None
            if isinstance(told, JoinConference):
                return replace(told, line_id=line_id)
        return JoinLine(line_id) if line is not None and line.up else Goodbye()

    async def out(self, line_id: UUID, signers: frozenset[CarrierName]) -> Instruction:
        """The line is out of a talk's own conference, which is over: back into its own, while it is open."""
        async with self._database.transaction() as tx:
            line = await self._line(tx, line_id, signers)
        return JoinLine(line_id) if line is not None and line.up else Goodbye()

    # ---- looked after --------------------------------------------------------------------------------------

    async def sweep(self) -> None:
        """Ask the carrier about every line that nothing was heard of for its time."""
        now = self._clock.now()
        async with self._database.connection() as tx:
            due = await rows.OVERDUE_LINES.all(
                tx, now=now, most=AT_ONCE, lease_until=now + self._patience.ask_again
            )
        for one in due:
            with structlog.contextvars.bound_contextvars(line_id=str(one.id)):
                try:
                    await self._look_up(one.id)
                except PortError as error:
                    log.warning("line.carrier", code=error.code, error=str(error))

    async def _look_up(self, line_id: UUID) -> None:
        async with self._database.connection() as tx:
            line = await rows.LINE.one(tx, line_id=line_id)
        carrier, now = self._carriers.of(line.carrier), self._clock.now()
        if line.carrier_call_id is not None:
            known = await carrier.fetch_call(line.carrier_call_id)
        else:
            listed = await carrier.calls_to(line.address, line.placed_at - _CLOCKS_APART)
            async with self._database.connection() as tx:
                taken = await call_rows.KNOWN_CALL_IDS.all(tx, call_ids=[call.call_id for call in listed])
            others = {row.carrier_call_id for row in taken}
            free = [c for c in listed if c.call_id not in others and c.caller_id == line.caller_id]
            known = min(free, key=lambda c: c.created_at, default=None)
            waited = now - line.placed_at
            if known is None and waited < self._patience.dialing + self._patience.consistency:
                return
        gone = LegReport(now, LegState.ENDED, LegEnd.FAILED, carrier_code="not_known")
        report = gone if known is None else replace(known.report, at=now)
        await self._carrying_out.carry_out(await self.report(line_id, report))
        await self._rest(line_id)
        if line.closing_at is not None and report.state is not LegState.ENDED:
            await self._hang_up(line)

    # ---- parts ---------------------------------------------------------------------------------------------

    async def _agent(self, tx: Connection, account_id: UUID, name: str) -> AgentForLine:
        found = await rows.AGENT_FOR_LINE.first(tx, account_id=account_id, name=name)
        if found is None:
            raise NotFound(f"There is no agent {name!r}.")
        return found

    async def _line(self, tx: Connection, line_id: UUID, signers: frozenset[CarrierName] | None) -> LineRow | None:
        """The line, locked; None where it is not, or is another carrier account's than the one that signed."""
        line = await rows.LOCK_LINE.first(tx, line_id=line_id)
        return None if line is None or (signers is not None and line.carrier not in signers) else line

    async def _advance(self, tx: Connection, line: LineRow, report: LegReport, *, accepts: bool = False) -> bool:
        """Write what the news makes of the line; False where it told nothing new."""
        before, now = line.leg(), self._clock.now()
        after = calls_of_people.advance(before, report)
        if accepts or (after.live_at is not None and not needs_key(line.address)):
            after = calls_of_people.accepted(after, after.live_at or now)
        if after == before:
            return False
        lease = now + self._patience.call
        await rows.save(tx, line, after, line.closing_at, lease)
        await self._tell(tx, line, before, after)
        return True

    async def _tell(self, tx: Connection, line: LineRow, before: Leg, after: Leg) -> None:
        now = self._clock.now()
        if after.accepted_at is not None and before.accepted_at is None and after.state is not LegState.ENDED:
            await events.add(tx, line.account_id, "line.opened", now, agent_id=line.agent_id)
            await events.wake(tx)
        if after.state is LegState.ENDED and before.state is not LegState.ENDED:
            data = {"ended_as": after.end, "was_open": after.accepted_at is not None}
            await events.add(tx, line.account_id, "line.closed", now, agent_id=line.agent_id, data=data)
            await events.wake(tx)

    async def _rest(self, line_id: UUID) -> None:
        """A line that is as it was known is looked up again after its time."""
        async with self._database.transaction() as tx:
            line = await rows.LOCK_LINE.one(tx, line_id=line_id)
            if line.state != LegState.ENDED:
                pause = self._patience.ask_again if line.closing_at is not None else self._patience.call
                await rows.save(tx, line, line.leg(), line.closing_at, self._clock.now() + pause)

    async def _ask(self, line_id: UUID, agent: AgentForLine, number: str, carrier: str) -> None:
        """Ask the carrier, once. Raises LineRefused for a definite no; what is unclear is found by the sweep."""
        key = needs_key(agent.address)
        order = LineOrder(line_id, agent.address, number, RING_TIMEOUT, WORDS, key)
        try:
            call_id = await self._carriers.of(carrier).open_line(order)
        except (Permanent, Transient) as error:
            report = LegReport(self._clock.now(), LegState.ENDED, LegEnd.FAILED, carrier_code=error.provider_code)
            await self.report(line_id, report)
            raise LineRefused(f"The carrier does not ring the agent: {error}", code=error.code) from error
        except Indeterminate as error:
            log.warning("line.unclear", code=error.code, provider_code=error.provider_code)
            return
        await self.report(line_id, LegReport(self._clock.now(), carrier_call_id=call_id))

    async def _hang_up(self, line: LineRow) -> None:
        if line.carrier_call_id is None:
            return  # it is ended once its id is known
        try:
            await self._carriers.of(line.carrier).end_call(line.carrier_call_id)
        except PortError as error:
            log.warning("line.not_ended", code=error.code, provider_code=error.provider_code)
