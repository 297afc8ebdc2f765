"""Looking after talks: what was to be done and was not, and parties that may still be on the line.

Owns: taking up what a node left behind, and closing every party with what the carrier says. Must not know: what is
done with a talk. Each sweep is safe on any number of nodes, and whatever fails is there for the next one.
"""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from speedtolead.domain.call import LegEnd, LegReport, LegState
from speedtolead.ports import Clock, PortError
from speedtolead.ports.carriers import Carriers
from speedtolead.service.calling.afterwards import CarryingOut, WorkOff
from speedtolead.service.calling.calls import Calls
from speedtolead.service.calling.patience import Patience
from speedtolead.service.calling.seeking import find_call
from speedtolead.store import controls as rows
from speedtolead.store.controls import LostParty, PartyLeft
from speedtolead.store.database import Database

log = structlog.get_logger(__name__)

AT_ONCE = 50
LEFT = timedelta(seconds=5)
"""After this long, what its own node should have done at once is done by any."""


class TalkSweeping:
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
        """Look after all of it once."""
        now = self._clock.now()
        async with self._database.connection() as tx:
            talks = await rows.CONTROLS_LEFT.all(tx, now=now, asked_before=now - LEFT, most=AT_ONCE)
            left = await rows.PARTIES_LEFT.all(tx, over_before=now - LEFT, most=AT_ONCE)
            since = now - 2 * self._patience.consistency
            lost = await rows.LOST_PARTIES.all(tx, since=since, most=AT_ONCE)
        for talk in talks:
            await self._carrying_out.carry_out([WorkOff(talk.id)])
        for party in left:
            if self._is_time(party.leg_id, now):
                await self._guarded(self._close(party))
        for one in lost:
            if self._is_time(one.leg_id, now):
                await self._guarded(self._find(one))

    def _is_time(self, leg_id: UUID, now: datetime) -> bool:
        """The carrier is asked about the same party only now and then."""
        again = self._patience.ask_again
        self._looked_at = {known: at for known, at in self._looked_at.items() if now - at < again}
        if leg_id in self._looked_at:
            return False
        self._looked_at[leg_id] = now
        return True

    async def _close(self, party: PartyLeft) -> None:
        """End a party's call that should be over, and note what the carrier knows of it."""
        gone = LegReport(self._clock.now(), LegState.ENDED, LegEnd.FAILED, carrier_code="not_known")
        if party.carrier_call_id is None:
            await self._hear(party.attempt_id, party.leg_id, replace(gone, carrier_code="given_up"))
            return
        await self._carriers.of(party.carrier).end_call(party.carrier_call_id)
        known = await self._carriers.of(party.carrier).fetch_call(party.carrier_call_id)
        await self._hear(
            party.attempt_id,
            party.leg_id,
            gone if known is None else replace(known.report, at=self._clock.now()),
        )

    async def _find(self, party: LostParty) -> None:
        """A party that was given up may be rung all the same: its call is found and ended."""
        found = await find_call(self._database, self._carriers, party)
        if found is not None:
            log.info("party.found_at_carrier", attempt_id=str(party.attempt_id))
            report = LegReport(self._clock.now(), carrier_call_id=found.call_id)
            await self._hear(party.attempt_id, party.leg_id, report)

    async def _hear(self, attempt_id: UUID, leg_id: UUID, report: LegReport) -> None:
        await self._carrying_out.carry_out(await self._calls.heard(attempt_id, leg_id, report))

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except PortError as error:
            log.warning("party.carrier", code=error.code, error=str(error))
