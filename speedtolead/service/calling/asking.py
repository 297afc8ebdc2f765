"""Asking the carrier for a leg, once, and recording what it said of that leg: placed, a definite no, or unclear.

Owns: what each of these means for the attempt. Must not know: why the leg is wanted, or what it is told.

The leg is committed before. Killed before the request: nobody can say whether it was made, and it is looked for
at the carrier. An answer that comes when the attempt has gone on is recorded all the same, and the call let go.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog

from speedtolead.domain.agent import AgentEvent, Missed, Released
from speedtolead.domain.attempt import LostTrack, sources
from speedtolead.domain.call import LegEnd, LegKind, LegReport, LegState
from speedtolead.ports import Clock, Indeterminate, Permanent, Transient
from speedtolead.ports.carriers import Carriers
from speedtolead.service.calling import ending
from speedtolead.service.calling.afterwards import Afterwards
from speedtolead.service.calling.calls import Calls
from speedtolead.service.calling.carriers import CarrierWatch
from speedtolead.service.calling.order import LegOrder
from speedtolead.service.calling.patience import Patience
from speedtolead.service.calling.under_way import Call, load
from speedtolead.store import agents, dial, events
from speedtolead.store import calls as rows
from speedtolead.store.database import Database
from speedtolead.store.dial import PlacedCall
from speedtolead.store.query import Connection

log = structlog.get_logger(__name__)


class Placements(Protocol):
    """Records a call that the carrier took; False where its attempt was not waiting for it any more."""

    async def record(self, call: PlacedCall) -> bool: ...


class Asking:
    def __init__(
        self,
        database: Database,
        carriers: Carriers,
        clock: Clock,
        under_way: Calls,
        placements: Placements,
        watch: CarrierWatch,
        patience: Patience,
    ) -> None:
        self._database = database
        self._carriers = carriers
        self._clock = clock
        self._calls = under_way
        self._placements = placements
        self._watch = watch
        self._patience = patience

    async def ask(self, wanted: LegOrder) -> Sequence[Afterwards]:
        """Ask for a leg and record the answer; what must then be done at the carrier."""
        requested_at = self._clock.now()
        if requested_at >= wanted.until:
            return []  # this node slept past its own lease: others may hold the attempt, so it is not asked for
        if wanted.spends_slot:
            async with self._database.connection() as tx:
                for policy in self._watch.policies(requested_at):
                    if policy.carrier == wanted.carrier:
                        await dial.SPEND_SLOT.run(
                            tx, carrier=policy.carrier, now=requested_at, spacing=policy.spacing
                        )
        try:
            carrier = self._carriers.of(wanted.carrier)
            if wanted.into is None:
                call_id = await carrier.place_call(wanted.order)
            else:
                call_id = await carrier.dial_into(wanted.order, wanted.into)
        except (Transient, Permanent) as error:
            await self._watch.went(wanted.carrier, requested_at, error)
            return await self._definite_no(wanted, error)
        except Indeterminate as error:
            afterwards = await self._unclear(wanted, error)
            await self._watch.went(wanted.carrier, requested_at, error)
            return afterwards
        afterwards = await self._placed(wanted, call_id, requested_at)
        await self._watch.went(wanted.carrier, requested_at, None)
        return afterwards

    async def _placed(self, wanted: LegOrder, call_id: str, requested_at: datetime) -> Sequence[Afterwards]:
        attempt_id, leg_id = wanted.order.attempt_id, wanted.order.leg_id
        log.info("attempt.requested", leg=wanted.kind)
        until = requested_at + self._patience.call
        if await self._placements.record(PlacedCall(attempt_id, leg_id, call_id, requested_at, until)):
            return []
        # The answer took so long that the attempt had been given up, or has gone on: the call exists all the same.
        return await self._calls.heard(attempt_id, leg_id, LegReport(requested_at, carrier_call_id=call_id))

    async def _definite_no(self, wanted: LegOrder, error: Transient | Permanent) -> Sequence[Afterwards]:
        """Nothing happened at the carrier: the leg is over, and what follows depends on whose leg it was."""
        log.warning("carrier.refused", code=error.code, provider_code=error.provider_code, leg=wanted.kind)
        now, leg_id = self._clock.now(), wanted.order.leg_id
        async with self._database.transaction() as tx:
            call = await load(tx, wanted.order.attempt_id)
            report = LegReport(now, LegState.ENDED, LegEnd.FAILED, carrier_code=error.provider_code)
            await call.apply(tx, leg_id, report)
            if wanted.kind is LegKind.LEAD:
                await self._lead_refused(tx, call, wanted, error, now)
            else:
                await self._agent_refused(tx, call, wanted, error, now)
            afterwards = await self._calls.settle(tx, call)
            await events.wake(tx)
        if wanted.kind is LegKind.LEAD:
            await self._calls.uncount(wanted.lead_id, leg_id)
        return afterwards

    async def _lead_refused(
        self, tx: Connection, call: Call, wanted: LegOrder, error: Transient | Permanent, now: datetime
    ) -> None:
        """The lead's phone did not ring: back to the plan, or never; whoever was to talk is free."""
        if not call.dialing:
            return
        for leg_id in call.rung(LegKind.AGENT):
            await self._free(tx, call, leg_id, Released(), now)
        if isinstance(error, Transient):
            await self._again(tx, call, wanted, error, now)
        else:
            await ending.conclude_unplaced(tx, call.row, call.leg(LegKind.LEAD), error, now)
        call.row = await rows.LOCK_CALL.one(tx, attempt_id=call.row.attempt_id)

    async def _agent_refused(
        self, tx: Connection, call: Call, wanted: LegOrder, error: Transient | Permanent, now: datetime
    ) -> None:
        """An agent's number that is refused is an offer missed; for now only, the agent is free at once."""
        event = Released() if isinstance(error, Transient) else Missed(self._patience.missed_offer_rest)
        await self._free(tx, call, wanted.order.leg_id, event, now)
        others = any(leg.state is not LegState.ENDED for leg in call.rung(LegKind.AGENT).values())
        if not call.dialing or others or call.leg(LegKind.LEAD) is not None:
            return  # others are rung at once; or settling the legs offers the lead to the next agent, or lets it go
        if isinstance(error, Transient):
            await self._again(tx, call, wanted, error, now)
        else:
            passed_by = [] if wanted.agent_id is None else [wanted.agent_id]
            await ending.put_back(tx, call.row, now, "the agent's number was refused", passed_by)
        call.row = await rows.LOCK_CALL.one(tx, attempt_id=call.row.attempt_id)

    async def _again(self, tx: Connection, call: Call, wanted: LegOrder, error: Transient, now: datetime) -> None:
        """Back to the plan: at once where another carrier account could make the call."""
        elsewhere = wanted.others is not None and self._watch.elsewhere(wanted.others, wanted.carrier)
        again = now if elsewhere else now + error.retry_after
        refused_by = wanted.carrier if elsewhere else None
        await ending.put_back(tx, call.row, again, str(error.code), refused_by=refused_by)

    async def _free(self, tx: Connection, call: Call, leg_id: UUID, event: AgentEvent, now: datetime) -> None:
        await agents.move_engaged(tx, call.leg_rows[leg_id].agent_id, call.row.attempt_id, event, now)

    async def _unclear(self, wanted: LegOrder, error: Indeterminate) -> Sequence[Afterwards]:
        """It may be ringing: unknown, until the carrier or a callback tells."""
        log.warning("carrier.unclear", code=error.code, provider_code=error.provider_code, leg=wanted.kind)
        now, attempt_id = self._clock.now(), wanted.order.attempt_id
        async with self._database.transaction() as tx:
            call = await load(tx, attempt_id)
            await call.apply(tx, wanted.order.leg_id, LegReport(now, carrier_code=str(error.code)))
            await rows.MARK_UNKNOWN.first(
                tx,
                attempt_id=attempt_id,
                now=now,
                lease_until=now,
                note=str(error.code),
                sources=list(sources(LostTrack)),
            )
        return []
