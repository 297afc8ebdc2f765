"""The Dial verb: one leg brings another to the line.

Owns ringing several telephones at once, the whisper documents, who wins, the bridge and what the action
hears; and the way into a conference. Must not know how a leg rings or ends: it asks the carrier. Whatever
interrupts a Dial, the legs that it made end with it, and its action is told even when the parent has hung
up or was sent elsewhere. A dialled leg that is itself sent elsewhere leaves the Dial alive: the Dial ends, and
the parent goes on with what its action answers.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from .attendance import Attendance
from .call import EVENTS, Call, Detection, RecordingWish, Status, Subscription
from .engine import Order
from .twiml import NOUNS, BadDocument, Element, Source, Step
from .wire import is_address, is_phone_number

if TYPE_CHECKING:
    from .performer import Performer

log = logging.getLogger("speedtolead.simulator")


async def perform(performer: Performer, call: Call, verb: Element) -> Step:
    nouns = [noun for noun in verb.children if noun.name in NOUNS]
    if any(noun.name not in NOUNS for noun in verb.children):
        raise BadDocument(12200, "unknown noun in Dial")
    room = next((noun for noun in nouns if noun.name == "Conference"), None)
    if room is not None:
        result = {"DialCallStatus": "answered"}
        try:
            await _attend(performer, call, room)
        finally:
            _tell_if_gone(performer, call, verb, result)
        return _after(verb, result)
    race = Race(performer, call, verb, nouns)
    try:
        await race.run()
    finally:
        race.clear()
        _tell_if_gone(performer, call, verb, race.result())
    return _after(verb, race.result())


def _after(verb: Element, result: dict[str, str]) -> Step:
    action = verb.url("action")
    return Source(url=action, method=verb.method(), parameters=result) if action else None


def _tell_if_gone(performer: Performer, call: Call, verb: Element, result: dict[str, str]) -> None:
    """The parent hung up or was sent elsewhere, so nobody will run what the action answers; it is asked all the
    same (https://twilio.com/changelog/changes-to-dial-behavior-for-enhanced-programmable-sip-feature-accounts)."""
    action = verb.url("action")
    sent_elsewhere = call.life is not asyncio.current_task()
    if action and (not call.is_live or sent_elsewhere):
        performer.carrier.callbacks.post(action, call.parameters() | result, about=call.sid, method=verb.method())


class Race:
    """Several telephones ring; the first to get through is connected."""

    def __init__(self, performer: Performer, parent: Call, verb: Element, nouns: list[Element]) -> None:
        self.performer = performer
        self.carrier = performer.carrier
        self.parent = parent
        self.verb = verb
        self.nouns = nouns
        self.children: list[Call] = []
        self.winner: Call | None = None
        self._winner_left = False
        self._news: asyncio.Queue[Call] = asyncio.Queue()

    async def run(self) -> None:
        if not self._caller_id_is_ours():
            log.warning("call %s: error 13214, this caller ID may not be shown", self.parent.sid)
            return
        if self.nouns:
            for noun in self.nouns:
                self._ring(noun.text, noun)
        else:
            self._ring(self.verb.text, None)
        ended: set[str] = set()
        while len(ended) < len(self.children):
            child = await self._news.get()
            if child.is_live:
                self.winner = child
                break
            ended.add(child.sid)
        if self.winner is not None:
            await self._talk(self.winner)

    def clear(self) -> None:
        """Ends the legs that still are: the losers, or all of them if the Dial was interrupted."""
        for child in self.children:
            if child.is_live and not (child is self.winner and self._winner_left):
                unanswered = Status.CANCELED if self.winner is not None else Status.NO_ANSWER
                self.carrier.end(child, unanswered if child.answered_at is None else Status.COMPLETED)

    def result(self) -> dict[str, str]:
        child = self.winner or (self.children[0] if len(self.children) == 1 else None)
        described = {"DialCallStatus": self._status(), "DialBridged": str(self.winner is not None).lower()}
        if child is not None:
            described["DialCallSid"] = child.sid
            if child.answered_at is not None:
                described["DialCallDuration"] = str(child.duration)
        return described

    def _status(self) -> str:
        if self.winner is not None:
            return Status.COMPLETED.value
        statuses = {child.status for child in self.children}
        for status in (Status.COMPLETED, Status.NO_ANSWER, Status.BUSY, Status.CANCELED):
            if status in statuses:
                return status.value
        return Status.FAILED.value

    def _caller_id(self) -> str:
        return self.verb.get("callerId") or self.parent.from_

    def _caller_id_is_ours(self) -> bool:
        shown = self._caller_id()
        known = self.carrier.may_show(shown) or shown in (self.parent.from_, self.parent.to)
        return known or not is_phone_number(shown)

    def _ring(self, text: str, noun: Element | None) -> None:
        to = _address(text, noun)
        if not is_address(to):
            raise BadDocument(13223, "Dial: invalid phone number format")
        order = Order(
            to=to,
            from_=self._caller_id(),
            direction="outbound-dial",
            parent=self.parent,
            subscription=_subscription(noun),
            detection=_detection(noun),
            timeout=self.verb.number("timeout", 30.0),
            reason=self.verb.get("callReason") or None,
        )
        child = self.carrier.place(order, lambda child: self._answered(child, noun), follow=self._follow)
        self.children.append(child)

    def _follow(self, child: Call) -> None:
        child.when_over.append(lambda: self._news.put_nowait(child))

    async def _answered(self, child: Call, noun: Element | None) -> None:
        if noun is not None and noun.get("sendDigits"):
            await self.carrier.clock.pause(0.5 * len(noun.get("sendDigits")))
        if noun is not None and noun.get("url"):
            source = Source(url=noun.url("url"), method=noun.method())
            if not await self.performer.perform(child, source, whisper=True):
                return
        self._news.put_nowait(child)
        await child.over.wait()

    async def _talk(self, child: Call) -> None:
        """Connects the two and returns when the child has ended or was sent elsewhere."""
        detached = child.detached
        for other in self.children:
            if other is not child:
                unanswered = other.answered_at is None
                self.carrier.end(other, Status.CANCELED if unanswered else Status.COMPLETED)
        self.carrier.answer(self.parent)
        wish = _recording(self.verb)
        if wish is not None:
            self.carrier.recordings.start(self.parent, wish)
        if self.verb.has("timeLimit"):
            limit = self.verb.number("timeLimit", 14_400.0)
            ends = self.carrier.clock.later(limit, lambda: self.carrier.end(child, Status.COMPLETED))
            child.timers.append(ends)
        if self.verb.flag("hangupOnStar", False):
            self.parent.star_ends = child
        self.carrier.connect(self.parent)
        self.carrier.connect(child)
        waits = [asyncio.ensure_future(event.wait()) for event in (child.over, detached)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            self._winner_left = detached.is_set()
        finally:
            self.parent.star_ends = None
            for wait in waits:
                wait.cancel()


def _address(text: str, noun: Element | None) -> str:
    if noun is not None and noun.name == "Client":
        identity = noun.node.find("Identity")
        name = (identity.text or "").strip() if identity is not None else text
        return name if name.startswith("client:") else f"client:{name}"
    if noun is not None and noun.name == "Sip":
        return text if text.startswith("sip:") else f"sip:{text}"
    plain = "".join(sign for sign in text if sign not in " ().-")
    if plain.isdigit() and len(plain) in (10, 11):
        return f"+1{plain[-10:]}"
    return plain


def _subscription(noun: Element | None) -> Subscription | None:
    if noun is None or not noun.get("statusCallback"):
        return None
    events = noun.words("statusCallbackEvent", "completed") & frozenset(EVENTS)
    return Subscription(noun.url("statusCallback"), noun.method("statusCallbackMethod"), events)


def _detection(noun: Element | None) -> Detection | None:
    if noun is None or noun.name == "Client" or not noun.get("machineDetection") or noun.get("sendDigits"):
        return None
    url, method = noun.url("amdStatusCallback"), noun.method("amdStatusCallbackMethod")
    return Detection(noun.get("machineDetection"), url, method)


def _recording(verb: Element) -> RecordingWish | None:
    if verb.get("record", "do-not-record") in ("do-not-record", "false"):
        return None
    return RecordingWish(
        "DialVerb",
        verb.url("recordingStatusCallback"),
        verb.method("recordingStatusCallbackMethod"),
        verb.words("recordingStatusCallbackEvent", "completed"),
    )


async def _attend(performer: Performer, call: Call, noun: Element) -> None:
    """Into the conference that the noun names, until out of it again."""
    rooms = performer.carrier.rooms
    recording = None
    if noun.get("record", "do-not-record") == "record-from-start":
        recording = RecordingWish(
            "Conference",
            noun.url("recordingStatusCallback"),
            noun.method("recordingStatusCallbackMethod"),
            noun.words("recordingStatusCallbackEvent", "completed"),
        )
    terms = Attendance(
        label=noun.get("participantLabel") or None,
        muted=noun.flag("muted", False),
        starts=noun.flag("startConferenceOnEnter", True),
        ends=noun.flag("endConferenceOnExit", False),
        coach=noun.get("coach") or None,
        wait_url=noun.url("waitUrl") if noun.has("waitUrl") else None,
        wait_method=noun.method("waitMethod"),
        status_callback=noun.url("statusCallback"),
        status_callback_method=noun.method("statusCallbackMethod"),
        events=noun.words("statusCallbackEvent", "start end"),
        recording=recording,
    )
    conference = rooms.room(noun.text, call.account_sid)
    await rooms.attend(conference, rooms.expect(conference, call, terms), performer.waiting(terms))
