"""Incoming calls as the carrier tells of them: fetched, keys pressed, music over, a message left, hung up.

Owns: one transaction for each of these, under the attempt's lock. Must not know: TwiML, signatures, HTTP.

The first fetch of a call makes it an attempt of its lead and commits that; then whatever is being dialled to the
same person gives way, in a second transaction, so that nothing that was committed in between is overlooked. Killed
between the two, the carrier fetches again and the second is made then.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import structlog

from speedtolead.domain.call import LegKind, LegReport, LegState
from speedtolead.domain.phone import masked
from speedtolead.domain.recording import RecordingReport, RecordingState
from speedtolead.ports import Clock, Goodbye, Instruction
from speedtolead.ports.incoming import Incoming
from speedtolead.service.calling.afterwards import Afterwards, CarryingOut, SendElsewhere
from speedtolead.service.calling.callbacks import Callback, Told, received
from speedtolead.service.calling.calls import Calls
from speedtolead.service.calling.under_way import Call, load
from speedtolead.service.inbound.going_on import GoingOn
from speedtolead.service.inbound.messages import left
from speedtolead.service.inbound.recognising import Known, Recognising
from speedtolead.store import calls as call_rows
from speedtolead.store import inbound as rows
from speedtolead.store.database import Database
from speedtolead.store.query import Connection

log = structlog.get_logger(__name__)

NOBODYS = "This number is not in service. Goodbye."
THANKS = "Thank you. Goodbye."
SHORTEST_MESSAGE = 2
"""Seconds: what is shorter is somebody who hung up at the tone."""


class IncomingCalls:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        under_way: Calls,
        recognising: Recognising,
        going_on: GoingOn,
        carrying_out: CarryingOut,
    ) -> None:
        self._database = database
        self._clock = clock
        self._calls = under_way
        self._recognising = recognising
        self._going_on = going_on
        self._carrying_out = carrying_out

    async def answer(self, incoming: Incoming, signers: Collection[str]) -> Told:
        """A call came in, or is fetched again: what the caller is told now. ``signers``: whose account says so."""
        async with self._database.transaction() as tx:
            known = await self._recognising.recognise(tx, incoming, min(signers))
            if known is None:
                log.warning("incoming.nobodys", called=masked(incoming.to_phone))
                return Told(Goodbye(NOBODYS), [])
        afterwards = await self._give_way(known)
        async with self._database.transaction() as tx:
            call = await load(tx, known.attempt_id)
            instruction = await self._going_on.next(tx, call, first=True)
        return Told(instruction, afterwards)

    async def keys(self, callback: Callback, digits: str, mark: str) -> Told:
        """The caller pressed keys, or let the time for it pass."""
        async with self._database.transaction() as tx:
            call = await self._load(tx, callback)
            if call is None:
                return Told(Goodbye(), [])
            return Told(await self._going_on.keys(tx, call, digits, mark), [])

    async def waited(self, callback: Callback) -> Told:
        async with self._database.transaction() as tx:
            call = await self._load(tx, callback)
            return Told(Goodbye() if call is None else await self._going_on.waited(tx, call), [])

    async def message(self, callback: Callback, report: RecordingReport | None) -> Told:
        """The caller has finished speaking."""
        async with self._database.transaction() as tx:
            await self._load(tx, callback)
            await self._left(tx, callback, report)
        return Told(Goodbye(THANKS), [])

    async def recorded(self, callback: Callback, report: RecordingReport | None) -> None:
        """News of a recording, which may be a caller's message; the caller may have hung up at its end."""
        async with self._database.transaction() as tx:
            await self._left(tx, callback, report)

    async def status(self, call_id: str, report: LegReport) -> Sequence[Afterwards]:
        """How a call that came in goes on, by its number's own address; of one that nobody fetched, nothing."""
        async with self._database.transaction() as tx:
            await rows.HOLD_INCOMING.one(tx, carrier_call_id=call_id, caller=call_id)  # its fetch may be under way
            known = await rows.INCOMING_BY_CARRIER_ID.first(tx, carrier_call_id=call_id)
            if known is None:
                return []
            return await self._calls.take(tx, known.attempt_id, known.leg_id, report)

    async def serve(self) -> int:
        """Ring whoever is free now for callers who wait, longest first; how many callers were served."""
        async with self._database.connection() as tx:
            waiting = await rows.CALLERS_WAITING.all(tx)
        served = 0
        for one in waiting:
            async with self._database.transaction() as tx:
                call = await load(tx, one.attempt_id)
                instruction = await self._going_on.serve(tx, call)
            lead = call.leg(LegKind.LEAD)
            if instruction is not None and lead is not None and lead.carrier_call_id is not None:
                served += 1
                await self._sent(call, lead.carrier_call_id, instruction)
        return served

    async def _sent(self, call: Call, call_id: str, instruction: Instruction) -> None:
        """Take the caller from the music to the agent's phone. Where that fails, the end of the music does it."""
        await self._carrying_out.carry_out([SendElsewhere(call_id, call.carrier, instruction)])
        log.info("incoming.served", attempt_id=str(call.row.attempt_id))

    async def _left(self, tx: Connection, callback: Callback, report: RecordingReport | None) -> None:
        seconds = 0 if report is None or report.state is not RecordingState.KEPT else report.seconds or 0
        if seconds >= SHORTEST_MESSAGE:
            await left(tx, callback.attempt_id, self._clock.now(), seconds)

    async def _give_way(self, known: Known) -> Sequence[Afterwards]:
        """Whatever is being dialled to the caller ends: who calls wins."""
        async with self._database.connection() as tx:
            others = await rows.ATTEMPTS_THAT_GIVE_WAY.all(tx, attempt_id=known.attempt_id)
        afterwards: list[Afterwards] = []
        for other in others:
            async with self._database.transaction() as tx:
                call = await load(tx, other.id)
                lead = call.leg(LegKind.LEAD)
                if lead is not None and lead.state is LegState.LIVE:
                    continue  # the person talks with us on another line
                if await rows.GIVE_WAY.first(tx, attempt_id=other.id, now=self._clock.now()) is None:
                    continue
                call = await load(tx, other.id)
                afterwards += await self._calls.settle(tx, call)
                log.info("attempt.gave_way", attempt_id=str(other.id))
        return afterwards

    async def _load(self, tx: Connection, callback: Callback) -> Call | None:
        """The call, locked, with the callback kept in the inbox."""
        await received(tx, callback)
        if await call_rows.LOCK_CALL.first(tx, attempt_id=callback.attempt_id) is None:
            return None
        call = await load(tx, callback.attempt_id)
        return call if callback.leg_id in call.legs and call.incoming else None
