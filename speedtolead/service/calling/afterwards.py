"""What must be done at the carrier after a commit: calls ended, sent on or placed, recordings, controls.

Owns: doing it once each. Must not know: why. It may never be done, where a node dies just then: a call that should
have ended, and a leg that should have been placed, come back with their attempt's lease; a recording that was not
started is not made.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import structlog

from speedtolead.ports import Clock, Indeterminate, Instruction, PortError
from speedtolead.ports.carriers import Carriers
from speedtolead.ports.control import CALL_OVER
from speedtolead.ports.voicemail import AwaitGreeting
from speedtolead.service.calling.order import LegOrder
from speedtolead.store import recordings as rows
from speedtolead.store.database import Database, DatabaseAway

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EndCall:
    """The carrier is to end this call of its own."""

    call_id: str
    carrier: str


@dataclass(frozen=True, slots=True)
class SendToMessage:
    """The carrier is to take this call, which a machine answered, away from the agent and to its message.

    Where it does not, the call is ended: that the agent is free counts for more than the message.
    """

    call_id: str
    instruction: AwaitGreeting
    carrier: str


@dataclass(frozen=True, slots=True)
class PlaceLeg:
    """The carrier is to be asked for this leg, which is committed."""

    wanted: LegOrder


@dataclass(frozen=True, slots=True)
class StartRecording:
    """The carrier is to record this call from now on; the leg's row of a recording is committed."""

    call_id: str
    attempt_id: UUID
    leg_id: UUID
    carrier: str


@dataclass(frozen=True, slots=True)
class SendElsewhere:
    """The carrier is to break off what a live call does, and to let it go on with an instruction."""

    call_id: str
    carrier: str
    instruction: Instruction


@dataclass(frozen=True, slots=True)
class WorkOff:
    """Something is to be done with this attempt's talk; the rows that say so are committed."""

    attempt_id: UUID


Afterwards = EndCall | SendElsewhere | SendToMessage | PlaceLeg | StartRecording | WorkOff
Ask = Callable[[LegOrder], Awaitable[Sequence[Afterwards]]]
"""Asks the carrier for a leg and records the answer; what must be done then."""
SentToMessage = Callable[[UUID, UUID], Awaitable[Sequence[Afterwards]]]
"""Records of an attempt and its leg that the carrier took the call to its message; what must be done then."""


class WorkingOff(Protocol):
    """Makes the requests that a talk's controls ask for; what must be done after them."""

    async def work_off(self, attempt_id: UUID) -> list[Afterwards]: ...


class CarryingOut:
    def __init__(
        self,
        database: Database,
        carriers: Carriers,
        clock: Clock,
        controls: WorkingOff,
        ask: Ask,
        sent_to_message: SentToMessage,
    ) -> None:
        self._controls = controls
        self._database = database
        self._carriers = carriers
        self._clock = clock
        self._ask = ask
        self._sent_to_message = sent_to_message

    async def carry_out(self, afterwards: Sequence[Afterwards]) -> None:
        """Each in order, and what follows from it; what fails is logged, and holds up none of the others."""
        to_do = deque(afterwards)
        while to_do:
            one = to_do.popleft()
            try:
                match one:
                    case EndCall(call_id, carrier):
                        await self._carriers.of(carrier).end_call(call_id)
                    case SendElsewhere(call_id, carrier, instruction):
                        await self._carriers.of(carrier).redirect(call_id, instruction)
                    case SendToMessage():
                        to_do.extend(await self._send_to_message(one))
                    case PlaceLeg(wanted):
                        to_do.extend(await self._ask(wanted))
                    case StartRecording():
                        await start_recording(self._database, self._carriers, self._clock, one)
                    case WorkOff(attempt_id):
                        to_do.extend(await self._controls.work_off(attempt_id))
            except PortError as error:
                if isinstance(one, SendElsewhere | SendToMessage) and error.code == CALL_OVER:
                    continue
                what = type(one).__name__
                log.warning("carrier.not_done", what=what, code=error.code, provider_code=error.provider_code)
            except DatabaseAway as error:
                # It is done; what the carrier tells of a recording by itself notes it as well.
                log.warning("carrier.not_noted", what=type(one).__name__, code=error.code)

    async def _send_to_message(self, send: SendToMessage) -> Sequence[Afterwards]:
        carrier, told = self._carriers.of(send.carrier), send.instruction
        try:
            await carrier.redirect(send.call_id, told)
        except PortError as error:
            if error.code != CALL_OVER:
                await carrier.end_call(send.call_id)
            raise
        log.info("voicemail.sent", attempt_id=str(told.attempt_id))
        return await self._sent_to_message(told.attempt_id, told.leg_id)


async def start_recording(database: Database, carriers: Carriers, clock: Clock, start: StartRecording) -> None:
    """Ask once. Where nobody can say whether it runs, the carrier's own news of it tells, or nothing does."""
    try:
        carrier = carriers.of(start.carrier)
        recording_id = await carrier.start_recording(start.call_id, start.attempt_id, start.leg_id)
    except Indeterminate:
        raise
    except PortError:
        async with database.connection() as tx:
            await rows.RECORDING_REFUSED.run(tx, leg_id=start.leg_id)
        raise
    async with database.connection() as tx:
        await rows.RECORDING_RUNS.run(tx, leg_id=start.leg_id, carrier_recording_id=recording_id, now=clock.now())
    log.info("recording.started", attempt_id=str(start.attempt_id))
