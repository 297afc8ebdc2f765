"""Legs that nobody told the end of, though their attempt is over or is being made anew.

Owns: closing each with what the carrier says of it, within about a minute. Must not know: what is done with a call
that still lives (``letting_go``). Safe on any number of nodes at once: legs only rise. Where the carrier cannot be
asked, the leg is there for the next look.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from speedtolead.domain.call import LegEnd, LegReport, LegState
from speedtolead.ports import Clock, KnownCall, PortError
from speedtolead.ports.carriers import Carriers
from speedtolead.service.calling.afterwards import CarryingOut, EndCall
from speedtolead.service.calling.calls import Calls
from speedtolead.service.calling.patience import Patience
from speedtolead.service.calling.seeking import find_call
from speedtolead.store import calls as rows
from speedtolead.store.calls import LegLeft
from speedtolead.store.database import Database

log = structlog.get_logger(__name__)

AT_ONCE = 50
LEFT = timedelta(seconds=5)
"""So long after the end of its attempt a leg's own callback may still come."""


class LeftLegs:
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
        self._looked_at: dict[UUID, datetime] = {}

    async def sweep(self) -> None:
        """Ask about each of them once; the same one again only after a while."""
        now = self._clock.now()
        async with self._database.connection() as tx:
            left = await rows.LEGS_LEFT.all(tx, before=now - LEFT, most=AT_ONCE)
        recently = {leg_id: at for leg_id, at in self._looked_at.items() if now - at < self._patience.ask_again}
        self._looked_at = recently | {leg.leg_id: now for leg in left if leg.leg_id not in recently}
        for leg in left:
            if leg.leg_id in recently:
                continue
            try:
                await self._look_after(leg, now)
            except PortError as error:
                log.warning("leg.carrier", code=error.code, error=str(error))

    async def _look_after(self, leg: LegLeft, now: datetime) -> None:
        known: KnownCall | None
        if leg.on_a_line:
            off = LegReport(now, LegState.ENDED, LegEnd.COMPLETED)
            await self._carrying_out.carry_out(await self._calls.heard(leg.attempt_id, leg.leg_id, off))
            return
        if leg.carrier_call_id is not None:
            known = await self._carriers.of(leg.carrier).fetch_call(leg.carrier_call_id)
        else:
            known = await find_call(self._database, self._carriers, leg)
            if known is None and now - leg.placed_at < self._patience.dialing + self._patience.consistency:
                return  # it may be listed a little later
        report = LegReport(now, LegState.ENDED, LegEnd.FAILED, carrier_code="not_known")
        if known is not None:
            report = replace(known.report, at=now)
        await self._carrying_out.carry_out(await self._calls.heard(leg.attempt_id, leg.leg_id, report))
        log.info("leg.looked_up", attempt_id=str(leg.attempt_id), known=known is not None)
        if known is None or report.state is LegState.ENDED:
            return
        if leg.of_earlier_try:
            await self._carrying_out.carry_out([EndCall(known.call_id, leg.carrier)])
        elif leg.over_at is not None and now - leg.over_at >= self._patience.hang_up:
            await self._carrying_out.carry_out(await self._calls.look_again(leg.attempt_id))
