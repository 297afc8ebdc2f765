"""The carrier: what moves calls.

Owns the life of every call: the wait for its turn (calls per second), dialling, ringing, the person's
verdict, the answer, detection, being sent elsewhere and the end, with the status callbacks of each. Must
not know HTTP routes, nor what TwiML's verbs mean: what happens on an answered leg is the Script it was
placed with.

One task is one leg's life; ending a call cancels it, ends the legs that it dialled and tells whoever waits.
An unexpected error in a life is logged and fails that call alone.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from .call import (
    SIP_RESPONSES,
    Call,
    Detection,
    RecordingWish,
    Script,
    Status,
    Subscription,
    Verdict,
)
from .callbacks import Callbacks
from .clock import Clock
from .conference import Rooms
from .config import PhoneNumber, SimulatorConfig
from .faults import FaultBook
from .people import Directory, Does, Person, drawn
from .recordings import Recordings
from .signals import Signals
from .wire import ApiError, masked, new_sid, rfc2822, wall_now

log = logging.getLogger("speedtolead.simulator")

SPENT = random.Random(0)
"""The dice of every call that is over: a set of its own is 2.5 kB, and finished calls are kept."""

OnCall = Callable[[Call], object]

BUFFER = 5.0
"""What the carrier adds to every timeout."""


@dataclass(frozen=True, slots=True)
class Order:
    """A call to be made."""

    to: str
    from_: str
    direction: str = "outbound-api"
    parent: Call | None = None
    subscription: Subscription | None = None
    detection: Detection | None = None
    recording: RecordingWish | None = None
    timeout: float = 60.0
    time_limit: float = 14_400.0
    reason: str | None = None
    person: Person | None = None
    """Who is on this leg; None: whoever is behind the number."""


class Carrier:
    """Everything that the simulated carrier knows and does."""

    def __init__(self, config: SimulatorConfig) -> None:
        self.config = config
        self.clock = Clock(config.speed)
        self.people = Directory(config.people, config.seed)
        self.numbers: dict[str, PhoneNumber] = {own.number: own for own in config.numbers}
        self.lends_any_number = False
        """Calls and texts may come from numbers that are not among its own."""
        self.faults = FaultBook()
        self.signals = Signals()
        self.callbacks = Callbacks(config, self.faults)
        self.recordings = Recordings(self.clock, self.callbacks, self.signals, config.kept_calls)
        self.rooms = Rooms(
            self.callbacks,
            self.recordings,
            self.signals,
            connect=self.connect,
            abandon=lambda call: self.end(call, Status.CANCELED),
            now=self.clock.now,
            kept=config.kept_calls,
        )
        self.calls: dict[str, Call] = {}
        self._lives: set[asyncio.Task[None]] = set()
        self._turnstile = asyncio.Lock()
        self._next_turn = 0.0
        self._in_line: set[str] = set()

    async def open(self) -> None:
        await self.callbacks.open()

    async def close(self) -> None:
        """Ends everything at once; nobody is told."""
        for call in self.calls.values():
            for timer in call.timers:
                timer.cancel()
        for life in list(self._lives):
            life.cancel()
        await asyncio.gather(*self._lives, return_exceptions=True)
        await self.callbacks.close()

    async def reset(self) -> None:
        """Forgets all calls, conferences and recordings; settings, people and numbers as configured."""
        await self.close()
        self.calls.clear()
        self.rooms.reset()
        self.recordings.by_sid.clear()
        self.people.reset()
        self.faults.reset()
        self.numbers = {own.number: own for own in self.config.numbers}
        self.lends_any_number = False
        self._next_turn = 0.0
        self._in_line.clear()
        await self.open()
        self.signals.changed()

    async def wait_for(self, predicate: Callable[[], object], seconds: float = 10.0) -> None:
        """Returns once the predicate about this carrier holds; TimeoutError after so many real seconds."""
        await self.signals.wait_for(predicate, seconds)

    def calls_to(self, number: str) -> list[Call]:
        return [call for call in self.calls.values() if call.to == number]

    def may_show(self, number: str) -> bool:
        """Whether a call or text may come from a number."""
        return not self.numbers or self.lends_any_number or number in self.numbers

    def call(self, sid: str) -> Call:
        try:
            return self.calls[sid]
        except KeyError:
            raise ApiError(20404, f"/Calls/{sid}.json") from None

    # ---- placing ------------------------------------------------------------------------------------------

    def place(
        self, order: Order, script: Script, *, follow: OnCall | None = None, ringing: OnCall | None = None
    ) -> Call:
        """Dials; `script` runs once answered. `follow` sees the call first, `ringing` as its phone rings."""
        call = self._record(order)
        if order.direction == "outbound-api":
            call.queued_for = self._until_its_turn()
            self._in_line.add(call.sid)
        call.when_ringing = ringing
        if follow is not None:
            follow(call)
        self._live(call, self._outgoing(call, script))
        return call

    def receive(self, order: Order, script: Script) -> Call:
        """A person calls one of the account's numbers; `script` decides whether it is answered."""
        call = self._record(order)
        call.status, call.started = Status.RINGING, wall_now()
        self._live(call, self._guarded(call, script))
        return call

    def _record(self, order: Order) -> Call:
        phone = order.from_ if order.direction == "inbound" else order.to
        call = Call(
            sid=new_sid("CA", self.config.account_sid),
            account_sid=self.config.account_sid,
            to=order.to,
            from_=order.from_,
            direction=order.direction,
            person=order.person or self.people.behind(phone),
            dice=self.people.dice(phone),
            created=wall_now(),
            created_at=self.clock.now(),
            parent=order.parent,
            subscription=order.subscription,
            detection=order.detection,
            recording=order.recording,
            timeout=order.timeout,
            time_limit=order.time_limit,
            reason=order.reason,
        )
        self.calls[call.sid] = call
        if order.parent is not None:
            order.parent.children.append(call)
        self._forget_oldest()
        self.signals.changed()
        return call

    def _forget_oldest(self) -> None:
        if len(self.calls) <= self.config.kept_calls:
            return
        oldest = next((sid for sid, call in self.calls.items() if not call.is_live), None)
        if oldest is not None:
            del self.calls[oldest]

    def _live(self, call: Call, work: Coroutine[Any, Any, None]) -> None:
        life = asyncio.get_running_loop().create_task(work)
        call.life = life
        self._lives.add(life)
        life.add_done_callback(self._lives.discard)

    def beside(self, call: Call, work: Coroutine[Any, Any, None]) -> None:
        """Something that goes on beside a call's own life, and no longer than it."""
        task = asyncio.get_running_loop().create_task(work)
        self._lives.add(task)
        task.add_done_callback(self._lives.discard)
        call.when_over.append(task.cancel)

    async def _guarded(self, call: Call, script: Script) -> None:
        """Runs a script on a leg; when it is over, so is the call."""
        try:
            await script(call)
            self.end(call, Status.COMPLETED if call.answered_at is not None else Status.NO_ANSWER)
        except Exception:
            log.exception("the call %s to %s failed", call.sid, masked(call.to))
            self.end(call, Status.FAILED)

    # ---- dialling -----------------------------------------------------------------------------------------

    async def _outgoing(self, call: Call, script: Script) -> None:
        async def whole(call: Call) -> None:
            if call.direction == "outbound-api":
                await self._take_turn(call)
            call.started = wall_now()
            self._report(call, "initiated", "initiated")
            ending = await self._ring(call)
            if ending is not None:
                self.end(call, ending)
                return
            self.answer(call)
            if call.detection is not None and not call.detection.is_asynchronous:
                await self._detect(call, call.detection)
            await script(call)

        await self._guarded(call, whole)

    def _until_its_turn(self) -> float:
        """What is told of a call that is taken now: an estimate, as at Twilio."""
        ahead = len(self._in_line) / self.config.calls_per_second
        return max(0.0, self._next_turn - self.clock.now()) + ahead

    async def _take_turn(self, call: Call) -> None:
        """Waits until the account may make one more call; whoever is ended meanwhile loses no turn."""
        arrived = self.clock.now()
        try:
            async with self._turnstile:
                turn = max(arrived, self._next_turn)
                await self.clock.pause(turn - self.clock.now())
                self._next_turn = turn + 1 / self.config.calls_per_second
        finally:
            self._in_line.discard(call.sid)
        call.queued_for = self.clock.now() - arrived

    async def _ring(self, call: Call) -> Status | None:
        """How the ringing ended; None: it was answered."""
        does = call.person.does
        if does is Does.BUSY:
            await self.clock.pause(0.3)
            return Status.BUSY
        if does in (Does.UNREACHABLE, Does.INVALID):
            await self.clock.pause(0.3)
            return Status.FAILED
        call.verdict = asyncio.get_running_loop().create_future()
        call.status = Status.RINGING
        self._report(call, "ringing", "ringing")
        if call.when_ringing is not None:
            call.when_ringing(call)
        after = drawn(call.person.ring, call.dice)
        if does in (Does.ANSWER, Does.VOICEMAIL, Does.DECLINE):
            verdict = Verdict.DECLINE if does is Does.DECLINE else Verdict.ANSWER
            call.timers.append(self.clock.later(after, lambda: self.decide(call, verdict)))
        try:
            async with asyncio.timeout(self.clock.real(call.timeout + BUFFER)):
                decided = await call.verdict
        except TimeoutError:
            return Status.NO_ANSWER
        if decided is Verdict.DECLINE:
            call.sip_response = 603
            return Status.BUSY
        return None

    def decide(self, call: Call, verdict: Verdict) -> bool:
        """The person takes or declines the ringing call; False if it does not ring (any more)."""
        if call.status is not Status.RINGING or call.verdict is None or call.verdict.done():
            return False
        call.verdict.set_result(verdict)
        return True

    def answer(self, call: Call) -> None:
        """The call is live from now on. Answering twice changes nothing."""
        if call.answered_at is not None or not call.is_live:
            return
        call.status = Status.IN_PROGRESS
        call.answered_at = self.clock.now()
        self._report(call, "answered", "in-progress")
        person = call.person
        call.speaks_until = call.answered_at + drawn(person.speaks, call.dice)
        self._end_after(call, call.time_limit)
        if person.hangs_up_after_answer is not None:
            self._end_after(call, drawn(person.hangs_up_after_answer, call.dice))
        if person.is_machine:
            self.connect(call)
        if call.recording is not None:
            self.recordings.start(call, call.recording)
        if call.detection is not None and call.detection.is_asynchronous:
            self._detect_later(call, call.detection)

    def connect(self, call: Call) -> None:
        """The person talks with somebody from now on: the time until they hang up runs."""
        if call.is_connected or not call.is_live:
            return
        call.is_connected = True
        if call.person.talk is not None:
            self._end_after(call, drawn(call.person.talk, call.dice))
        self.signals.changed()

    def _end_after(self, call: Call, seconds: float) -> None:
        call.timers.append(self.clock.later(seconds, lambda: self.end(call, Status.COMPLETED)))

    # ---- detection ----------------------------------------------------------------------------------------

    def _detection_seconds(self, call: Call, detection: Detection) -> float:
        if call.person.detected_after is not None:
            return drawn(call.person.detected_after, call.dice)
        waits_for_the_beep = detection.mode == "DetectMessageEnd" and call.person.is_machine
        return self.config.detection_seconds * (2 if waits_for_the_beep else 1)

    async def _detect(self, call: Call, detection: Detection) -> None:
        await self.clock.pause(self._detection_seconds(call, detection))
        call.answered_by = call.person.detected_as(detection.mode)

    def _detect_later(self, call: Call, detection: Detection) -> None:
        seconds = self._detection_seconds(call, detection)

        def detected() -> None:
            call.answered_by = call.person.detected_as(detection.mode)
            described = {
                "CallSid": call.sid,
                "AccountSid": call.account_sid,
                "AnsweredBy": call.answered_by,
                "MachineDetectionDuration": str(round(seconds * 1000)),
            }
            self.callbacks.post(detection.url, described, about=call.sid, method=detection.method)
            self.signals.changed()

        call.timers.append(self.clock.later(seconds, detected))

    # ---- keys, elsewhere, the end -------------------------------------------------------------------------

    def press(self, call: Call, digits: str) -> None:
        """The person on this leg presses keys."""
        for digit in digits:
            if digit == "*" and call.star_ends is not None:
                self.end(call.star_ends, Status.COMPLETED)
            call.keys.put_nowait(digit)

    def send_elsewhere(self, call: Call, script: Script) -> None:
        """A live call leaves whatever it does and runs something else."""
        if call.status is not Status.IN_PROGRESS:
            raise ApiError(21220)
        before = call.life
        if before is not None:
            before.cancel()
        if call.parent is not None and call in call.parent.children:
            call.parent.children.remove(call)
        call.detached.set()
        call.detached = asyncio.Event()

        async def after(call: Call) -> None:
            if before is not None:
                await asyncio.wait([before])
            await script(call)

        self._live(call, self._guarded(call, after))

    def end(self, call: Call, status: Status) -> None:
        """Ends a call and the legs it dialled. Ending twice changes nothing."""
        if not call.is_live:
            return
        call.status = status
        call.ended = wall_now()
        call.ended_at = self.clock.now()
        for timer in call.timers:
            timer.cancel()
        call.timers.clear()
        self._in_line.discard(call.sid)
        call.over.set()
        for child in call.children:
            self.end(child, Status.NO_ANSWER if child.answered_at is None else Status.COMPLETED)
        for told in call.when_over:
            told()
        call.when_over.clear()
        self._report(call, "completed", status.value)
        if call.life is not None and call.life is not asyncio.current_task():
            call.life.cancel()
        call.life, call.dice = None, SPENT

    def _report(self, call: Call, event: str, status: str) -> None:
        call.updated = wall_now()
        self.signals.changed()
        wanted = call.subscription
        is_last = event == "completed"
        if wanted is None or event not in wanted.events:
            return
        described = call.parameters(status) | {
            "Timestamp": rfc2822(wall_now()) or "",
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(call.sequence),
        }
        call.sequence += 1
        if event == "ringing" and call.direction.startswith("outbound"):
            described["StirStatus"] = "A"
        if is_last:
            described["CallDuration"] = str(call.duration)
            described["Duration"] = str(-(-call.duration // 60))
            described["SipResponseCode"] = str(call.sip_response or SIP_RESPONSES[call.status])
            if call.answered_by is not None:
                described["AnsweredBy"] = call.answered_by
        self.callbacks.post(wanted.url, described, about=call.sid, method=wanted.method, last=is_last)
