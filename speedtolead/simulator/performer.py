"""Performing TwiML on a live call.

Owns fetching documents and the verbs except Dial: how long Say lasts, what Gather collects, where an action
leads. Must not know how calls are placed and ended beyond asking the carrier. A document that can be
neither fetched nor read, nor its fallback, ends the call after a log line, as Twilio ends it after an
apology.
"""

from __future__ import annotations

import asyncio
import logging

from . import dial
from .attendance import Attendance
from .call import Call, RecordingWish, Script, Status
from .callbacks import FetchFailed
from .conference import Wait
from .engine import Carrier
from .people import Does
from .twiml import BadDocument, Document, Element, Source, Step, Stop, parse

log = logging.getLogger("speedtolead.simulator")

SECONDS_A_CHARACTER = 0.06
SECONDS_A_SOUND = 3.0
SILENCE_ENDS_A_RECORDING = 5.0
LONGEST_SPEECH = 60.0
SPOKEN = "what was said"
"""What speech recognition makes of anything."""
SOUNDS = frozenset({"Play", "Say", "Pause", "Redirect"})
"""What a hold or announcement document may hold."""


class Performer:
    def __init__(self, carrier: Carrier) -> None:
        self.carrier = carrier

    def script(self, source: Source) -> Script:
        async def perform(call: Call) -> None:
            await self.perform(call, source)

        return perform

    async def perform(self, call: Call, source: Source, *, whisper: bool = False) -> bool:
        """Runs a document and where it leads to. False if it hung up."""
        following: Source | None = source
        while following is not None and call.is_live:
            document = await self._document(call, following)
            if document is None:
                return False
            step = await self._verbs(call, document, whisper)
            if step is Stop.HANG_UP:
                return False
            following = step if isinstance(step, Source) else None
        return call.is_live

    async def sound(self, call: Call, source: Source) -> bool:
        """A document of mere sound, for one participant of a conference. False if nothing of it is heard.

        One that cannot be had, or does more than sound, is logged, and is silence.
        """
        following: Source | None = source
        heard = False
        while following is not None and call.is_live:
            document = await self._document(call, following)
            following = None
            for verb in () if document is None else document.verbs:
                if verb.name not in SOUNDS:
                    log.warning("call %s: %s is not allowed here", call.sid, verb.name)
                    return heard
                if verb.name == "Redirect":
                    following = Source(url=verb.absolute(verb.text), method=verb.method())
                    break
                heard = heard or verb.name != "Pause"
                self._said(call, verb)
                call.hears(verb.name != "Pause", self.carrier.clock.now())
                self.carrier.signals.changed()
                if verb.name == "Play" and not verb.has("digits"):
                    return True  # music goes on by itself
                await self.carrier.clock.pause(_lasts(verb))
        return heard

    def waiting(self, terms: Attendance) -> Wait:
        """What somebody hears who is in a conference before it starts, by the terms on which they came in."""

        async def wait(call: Call) -> None:
            before = len(call.played)
            await self.sound(call, Source(url=terms.wait_url or "", method=terms.wait_method))
            if len(call.played) > before:
                await asyncio.Event().wait()  # music goes on by itself

        return wait

    async def _document(self, call: Call, source: Source) -> Document | None:
        try:
            return await self._fetched(call, source)
        except (FetchFailed, BadDocument) as failed:
            if not source.fallback_url:
                log.warning("call %s ends: error %s", call.sid, failed.code)
                return None
            more = {"ErrorCode": str(failed.code), "ErrorUrl": source.url}
        fallback = Source(url=source.fallback_url, method=source.fallback_method, parameters=more)
        return await self._document(call, fallback)

    async def _fetched(self, call: Call, source: Source) -> Document:
        if not source.url:
            return parse(source.text)
        parameters = call.parameters() | source.parameters
        if call.answered_by is not None:
            parameters["AnsweredBy"] = call.answered_by
        text = await self.carrier.callbacks.fetch(source.url, parameters, source.method)
        return parse(text, source.url)

    async def _verbs(self, call: Call, document: Document, whisper: bool) -> Step:
        for verb in document.verbs:
            if whisper and verb.name == "Dial":
                log.warning("call %s: Dial is not allowed here", call.sid)
                return Stop.HANG_UP
            try:
                step = await self._verb(call, verb)
            except BadDocument as failed:
                log.warning("call %s ends: error %s", call.sid, failed.code)
                return Stop.HANG_UP
            if step is not None:
                return step
        return Stop.NOTHING_LEFT

    async def _verb(self, call: Call, verb: Element) -> Step:
        if verb.name == "Reject":
            status = Status.BUSY if verb.get("reason") == "busy" else Status.NO_ANSWER
            self.carrier.end(call, status if call.answered_at is None else Status.COMPLETED)
            return Stop.HANG_UP
        if not (verb.name == "Dial" and verb.flag("answerOnBridge", False)):
            self.carrier.answer(call)
        match verb.name:
            case "Dial":
                return await dial.perform(self, call, verb)
            case "Gather":
                return await self._gather(call, verb)
            case "Record":
                return await self._record(call, verb)
            case "Redirect":
                return Source(url=verb.absolute(verb.text), method=verb.method())
            case "Hangup" | "Leave":
                return Stop.HANG_UP
        self._said(call, verb)
        await self.carrier.clock.pause(_lasts(verb))
        return None

    def _said(self, call: Call, verb: Element) -> None:
        told = _told(call, verb)
        if told and call.person.is_machine and self.carrier.clock.now() >= call.speaks_until:
            call.left.append(told)

    # ---- Gather -------------------------------------------------------------------------------------------

    async def _gather(self, call: Call, verb: Element) -> Step:
        while not call.keys.empty():
            call.keys.get_nowait()
        for child in verb.children:
            self._said(call, child)
        if "speech" in verb.words("input", "dtmf"):
            heard = await self._listen(call, verb)
            return self._gathered(verb, heard, bool(heard))
        typing = asyncio.get_running_loop().create_task(self._type(call))
        try:
            digits, finished_by = await self._collect(call, verb)
        finally:
            typing.cancel()
        return self._gathered(verb, {"Digits": digits, "FinishedOnKey": finished_by}, bool(digits))

    def _gathered(self, verb: Element, parameters: dict[str, str], something: bool) -> Step:
        action = verb.url("action") or verb.base
        if not action or not (something or verb.flag("actionOnEmptyResult", False)):
            return None
        return Source(url=action, method=verb.method(), parameters=parameters)

    async def _listen(self, call: Call, verb: Element) -> dict[str, str]:
        """Until they have been quiet for the speech timeout; nothing where they never spoke. Keys are not heard."""
        clock = self.carrier.clock
        speaks = call.speaks_until - clock.now() + sum(_lasts(child) for child in verb.children)
        if speaks <= 0:
            await clock.pause(verb.number("timeout", 5.0))
            return {}
        await clock.pause(min(speaks + verb.number("speechTimeout", 1.0), LONGEST_SPEECH))
        return {"SpeechResult": SPOKEN, "Confidence": "0.9"}

    async def _type(self, call: Call) -> None:
        """The person presses their keys; those who cannot, do not."""
        if call.person.does is Does.VOICEMAIL:
            return
        told, call.gathers = call.gathers, call.gathers + 1
        answers = call.person.answers
        for key in answers[told] if told < len(answers) else call.person.presses:
            await self.carrier.clock.pause(call.person.digit_delay)
            if key != "w":
                self.carrier.press(call, key)

    async def _collect(self, call: Call, verb: Element) -> tuple[str, str]:
        wanted = int(verb.number("numDigits", 0))
        finish = verb.get("finishOnKey", "#")
        between = verb.number("timeout", 5.0)
        patience = sum(_lasts(child) for child in verb.children) + between
        digits = ""
        while not wanted or len(digits) < wanted:
            try:
                async with asyncio.timeout(self.carrier.clock.real(patience)):
                    key = await call.keys.get()
            except TimeoutError:
                return digits, ""
            if key in finish:
                return digits, key
            digits += key
            patience = between
        return digits, ""

    # ---- Record -------------------------------------------------------------------------------------------

    async def _record(self, call: Call, verb: Element) -> Step:
        """A person speaks until silence; a machine, or a key, ends it sooner or later all the same."""
        events = verb.words("recordingStatusCallbackEvent", "completed")
        wish = RecordingWish(
            "RecordVerb",
            verb.url("recordingStatusCallback"),
            verb.method("recordingStatusCallbackMethod"),
            events,
        )
        recordings = self.carrier.recordings
        recording = recordings.start(call, wish)
        longest = min(verb.number("maxLength", 3600.0), verb.number("timeout", SILENCE_ENDS_A_RECORDING))
        finished_by = ""
        try:
            async with asyncio.timeout(self.carrier.clock.real(longest)):
                while (finished_by := await call.keys.get()) not in verb.get("finishOnKey", "1234567890*#"):
                    pass
        except TimeoutError:
            finished_by = ""
        recordings.finish(recording)
        action = verb.url("action") or verb.base
        if not action:
            return None
        parameters = {
            "RecordingSid": recording.sid,
            "RecordingUrl": recordings.url(recording),
            "RecordingDuration": str(round(recording.heard)),
            "Digits": finished_by,
        }
        return Source(url=action, method=verb.method(), parameters=parameters)


def _told(call: Call, verb: Element) -> str:
    """Keep what a verb that makes sound lets the person hear: the words, or the address of what is played."""
    if verb.name == "Say":
        words = "".join(verb.node.itertext()).strip()
        call.said.append(words)
        return words
    if verb.name == "Play":
        call.tones += verb.get("digits")
        if verb.text:
            call.played.append(verb.text)
        return verb.text
    return ""


def _lasts(verb: Element) -> float:
    """How many simulated seconds a verb that only makes sound (or none) takes."""
    times = max(verb.number("loop", 1.0), 1.0)
    match verb.name:
        case "Say":
            return len("".join(verb.node.itertext())) * SECONDS_A_CHARACTER * times
        case "Play":
            return (0.25 * len(verb.get("digits")) if verb.has("digits") else SECONDS_A_SOUND) * times
        case "Pause":
            return verb.number("length", 1.0)
    return 0.0
