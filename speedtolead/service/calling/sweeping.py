"""What was left behind: leases that ran out, calls that nobody told the end of, agents whose time is over.

Owns: bringing each of them back to a true state. Must not know: when it runs; it is safe on any number of nodes
at once, because a row is taken under a lock and its lease renewed before anything else is done with it.

* an expired claim goes back to the plan;
* an attempt in ``dialing`` or ``connected`` is looked up at the carrier, leg by leg;
* one whose request was never answered becomes ``unknown``: the carrier's calls are listed, again and again over
  its consistency window. A call that is found is adopted; only when none was ever found is the attempt planned
  again.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import structlog

from speedtolead.domain.agent import AgentState, Released, TimedOut
from speedtolead.domain.attempt import AttemptState, LostTrack, sources
from speedtolead.domain.call import DialMode, Leg, LegEnd, LegKind, LegReport, LegState
from speedtolead.ports import Clock, KnownCall, PortError
from speedtolead.ports.carriers import Carriers
from speedtolead.service.calling import ending
from speedtolead.service.calling.afterwards import CarryingOut
from speedtolead.service.calling.calls import Calls
from speedtolead.service.calling.patience import Patience
from speedtolead.service.calling.seeking import find_call
from speedtolead.service.calling.under_way import Call, load
from speedtolead.store import agents, events
from speedtolead.store import calls as rows
from speedtolead.store.database import Database

log = structlog.get_logger(__name__)

AT_ONCE = 100


class Sweeping:
    """One sweep is one call of ``sweep``."""

    def __init__(
        self,
        database: Database,
        carriers: Carriers,
        clock: Clock,
        under_way: Calls,
        patience: Patience,
        carrying_out: CarryingOut,
    ) -> None:
        self._database = database
        self._carriers = carriers
        self._clock = clock
        self._calls = under_way
        self._patience = patience
        self._carrying_out = carrying_out

    async def sweep(self) -> int:
        """Look after all that is overdue now; how many attempts and agents that were."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            overdue = await rows.OVERDUE_ATTEMPTS.all(tx, now=now, most=AT_ONCE)
            if overdue:
                ids = [row.attempt_id for row in overdue]
                again = now + self._patience.ask_again
                await rows.RENEW_LEASE.run(tx, attempt_ids=ids, lease_until=again)
        for row in overdue:
            with structlog.contextvars.bound_contextvars(attempt_id=str(row.attempt_id)):
                await self._look_after(row.attempt_id, AttemptState(row.state))
        timed = await self._timed_agents()
        return len(overdue) + timed

    async def _look_after(self, attempt_id: UUID, state: AttemptState) -> None:
        try:
            if state is AttemptState.CLAIMED:
                await self._return_claim(attempt_id)
            elif state is AttemptState.UNKNOWN:
                await self._reconcile(attempt_id)
            else:
                await self._check_up(attempt_id)
        except PortError as error:
            # The carrier cannot be asked now; the renewed lease brings the attempt back.
            log.warning("sweep.carrier", code=error.code, error=str(error))

    async def _return_claim(self, attempt_id: UUID) -> None:
        now = self._clock.now()
        async with self._database.transaction() as tx:
            row = await rows.LOCK_CALL.one(tx, attempt_id=attempt_id)
            if row.state != AttemptState.CLAIMED:
                return
            await agents.move_engaged(tx, row.agent_id, attempt_id, Released(), now)
            await ending.put_back(tx, row, now, "the claim ran out")
            await events.wake(tx)
        log.info("sweep.claim_returned")

    async def _check_up(self, attempt_id: UUID) -> None:
        """Ask the carrier about every leg that it has taken; a leg that it never took makes the attempt unknown.

        Where another leg of the attempt is under way, the one that nobody answered for is looked for by itself.
        What should have been done at the carrier, and was not, is done now.
        """
        call = await self._read(attempt_id)
        heard, lost = False, []
        for leg_id, leg in _open_legs(call):
            if leg.carrier_call_id is None:
                if leg.state is LegState.PLACING and call.leg_rows[leg_id].from_the_start:
                    lost.append(leg_id)
                continue
            known = await self._fetch(call, leg_id)
            await self._apply(attempt_id, leg_id, known)
            heard = heard or (known is not None and known.report.state is not LegState.ENDED)
        if lost and not heard:
            await self._lose_track(attempt_id)
        else:
            for leg_id in lost:
                # a lead who is rung from the agent's call has no call of our own asking
                if call.mode is DialMode.BOTH or call.legs[leg_id].kind is LegKind.AGENT:
                    await self._seek(call, leg_id)
        await self._carrying_out.carry_out(await self._calls.look_again(attempt_id))

    async def _read(self, attempt_id: UUID) -> Call:
        async with self._database.connection() as tx:
            return await load(tx, attempt_id)

    async def _fetch(self, call: Call, leg_id: UUID) -> KnownCall | None:
        leg = call.leg_rows[leg_id]
        call_id = call.legs[leg_id].carrier_call_id
        assert call_id is not None
        return await self._carriers.of(leg.carrier).fetch_call(call_id)

    async def _seek(self, call: Call, leg_id: UUID) -> None:
        """Look for the call of one leg; once the window is over without it, there was none."""
        leg = call.leg_rows[leg_id]
        known = await find_call(self._database, self._carriers, leg)
        if known is not None:
            log.info("attempt.found_at_carrier", leg=leg.kind)
            await self._apply(call.row.attempt_id, leg_id, known)
        elif self._clock.now() - leg.placed_at < self._patience.dialing + self._patience.consistency:
            return
        elif leg.kind == LegKind.LEAD:
            await self._never_made(call.row.attempt_id)
        else:
            await self._apply(call.row.attempt_id, leg_id, None)

    async def _apply(self, attempt_id: UUID, leg_id: UUID, known: KnownCall | None) -> None:
        gone = LegReport(self._clock.now(), LegState.ENDED, LegEnd.FAILED, carrier_code="not_known")
        report = gone if known is None else replace(known.report, at=self._clock.now())
        await self._carrying_out.carry_out(await self._calls.heard(attempt_id, leg_id, report))

    async def _lose_track(self, attempt_id: UUID) -> None:
        now = self._clock.now()
        async with self._database.connection() as tx:
            marked = await rows.MARK_UNKNOWN.first(
                tx,
                attempt_id=attempt_id,
                now=now,
                lease_until=now,
                note="the carrier's answer never came",
                sources=list(sources(LostTrack)),
            )
        if marked is not None:
            log.warning("attempt.unknown")

    async def _reconcile(self, attempt_id: UUID) -> None:
        """Look for the calls of an unknown attempt among the carrier's calls."""
        call = await self._read(attempt_id)
        if call.row.state != AttemptState.UNKNOWN:
            return
        found, lost = False, []
        for leg_id, leg in _open_legs(call):
            if leg.carrier_call_id is not None:  # its request was clear, another leg's was not
                await self._apply(attempt_id, leg_id, await self._fetch(call, leg_id))
            elif not call.leg_rows[leg_id].from_the_start or leg.state is not LegState.PLACING:
                continue
            elif (known := await find_call(self._database, self._carriers, call.leg_rows[leg_id])) is not None:
                log.info("attempt.found_at_carrier", leg=leg.kind)
                await self._apply(attempt_id, leg_id, known)
                found = True
            else:
                lost.append(leg_id)
        since = call.row.unknown_since or self._clock.now()
        if found or self._clock.now() - since < self._patience.consistency:
            return
        lead = call.current(LegKind.LEAD)
        if lead is None or lead[1].carrier_call_id is None:
            await self._never_made(attempt_id)
            return
        for leg_id in lost:
            await self._apply(attempt_id, leg_id, None)

    async def _never_made(self, attempt_id: UUID) -> None:
        now = self._clock.now()
        async with self._database.transaction() as tx:
            call = await load(tx, attempt_id)
            row = call.row
            lead = call.current(LegKind.LEAD)
            if not call.dialing or (lead is not None and lead[1].carrier_call_id is not None):
                return  # the lead's phone may have rung
            for leg_id in call.rung(LegKind.AGENT):
                await agents.move_engaged(tx, call.leg_rows[leg_id].agent_id, attempt_id, Released(), now)
            await ending.put_back(tx, row, now, "the carrier knows of no call", refused_by=call.carrier)
            await events.wake(tx)
        await self._carrying_out.carry_out(await self._calls.look_again(attempt_id))
        if lead is not None:
            await self._calls.uncount(row.lead_id, lead[0])
        log.info("attempt.never_made")

    async def _timed_agents(self) -> int:
        now = self._clock.now()
        async with self._database.transaction() as tx:
            timed = await agents.TIMED_AGENTS.all(tx, now=now, most=AT_ONCE)
            for row in timed:
                await agents.move(tx, row.agent_id, AgentState(row.state), TimedOut(), now)
            if timed:
                await events.wake(tx)
        return len(timed)


def _open_legs(call: Call) -> list[tuple[UUID, Leg]]:
    """The legs of the present try that are not known to be over."""
    return [(leg_id, leg) for leg_id in call.present() if (leg := call.legs[leg_id]).state is not LegState.ENDED]
