"""What the carrier posts to us, read into the domain's words, and what it is told in answer.

Owns: the signature, the status words, the TwiML. A word or field that is not known is ignored: the carrier adds
new ones without notice. A callback without a valid signature is not read at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import assert_never

from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from speedtolead.adapters.twilio import conferences, incoming
from speedtolead.adapters.twilio.addresses import (
    ACCEPT,
    ANNOUNCE,
    ANNOUNCED,
    DETECTION,
    DIALED,
    OPT_OUT,
    STATUS,
    WHISPER,
    Addresses,
)
from speedtolead.adapters.twilio.texts import receipt
from speedtolead.adapters.twilio.voicemail import listening, tell
from speedtolead.domain.call import AnsweredBy, LegEnd, LegReport, LegState
from speedtolead.domain.carrier import CarrierName
from speedtolead.domain.recording import RecordingReport, RecordingState
from speedtolead.ports import (
    Announce,
    Apologise,
    ConnectAgent,
    ConnectLead,
    Goodbye,
    Instruction,
    JoinNow,
    OfferLead,
)
from speedtolead.ports.conference import Greet, JoinConference
from speedtolead.ports.control import Aside
from speedtolead.ports.incoming import AskKeys, HoldOn, SayFirst, TakeMessage
from speedtolead.ports.line import JoinLine
from speedtolead.ports.messages import Receipt
from speedtolead.ports.texts import InboundText
from speedtolead.ports.voicemail import AskWhoAnswered, AwaitGreeting, LeaveMessage

# "answered" is said only by a finished <Dial>, of a call that is over.
STATES: dict[str, tuple[LegState, LegEnd | None]] = {
    "queued": (LegState.PLACING, None),
    "initiated": (LegState.PLACING, None),
    "ringing": (LegState.RINGING, None),
    "in-progress": (LegState.LIVE, None),
    "completed": (LegState.ENDED, LegEnd.COMPLETED),
    "busy": (LegState.ENDED, LegEnd.BUSY),
    "no-answer": (LegState.ENDED, LegEnd.NO_ANSWER),
    "failed": (LegState.ENDED, LegEnd.FAILED),
    "canceled": (LegState.ENDED, LegEnd.CANCELLED),
    "answered": (LegState.ENDED, LegEnd.COMPLETED),
}
STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
"""Twilio confirms these by itself, alone in a text and in any case, and refuses texts to the number (21610)."""
MOST_MEDIA = 10
EVENTS = ["initiated", "ringing", "answered", "completed"]
RECORDED: dict[str, RecordingState] = {
    "in-progress": RecordingState.RUNNING,
    "completed": RecordingState.KEPT,
    "absent": RecordingState.ABSENT,
}
RECORDING_EVENTS = ["in-progress", "completed", "absent"]
KEY_SECONDS = 5
"""How long a person has to press a key after a message."""
OFFER_SECONDS = 10
"""How long an agent has to press 1 after the whisper."""


def answered_by(word: str | None) -> AnsweredBy | None:
    """The detection's word. A fax is a machine; a word that is not known is unknown."""
    if not word:
        return None
    if word == "human":
        return AnsweredBy.HUMAN
    if word.startswith("machine") or word == "fax":
        return AnsweredBy.MACHINE
    return AnsweredBy.UNKNOWN


def report(
    status: str | None, detected: str | None, call_id: str | None, at: datetime, seconds: str | None = None
) -> LegReport:
    """A report from the carrier's words for status, detection and duration."""
    state, end = STATES.get(status or "", (None, None))
    return LegReport(at, state, end, answered_by(detected), call_id, None, _whole(seconds))


def _whole(seconds: str | None) -> int | None:
    return int(seconds) if seconds and seconds.isdecimal() else None


def _moment(told: str) -> datetime | None:
    """A date of RFC 2822; None where it cannot be read."""
    try:
        found = parsedate_to_datetime(told)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


class TwilioCallbacks:
    """The callback port. ``keys`` are what the carrier accounts sign by: a token, or a key for signing alone."""

    def __init__(self, keys: Mapping[CarrierName, str], addresses: Addresses) -> None:
        self._validators = {name: RequestValidator(key) for name, key in keys.items()}
        self._addresses = addresses

    def signers(
        self, path_and_query: str, fields: Mapping[str, Sequence[str]], signatures: Sequence[str]
    ) -> frozenset[CarrierName]:
        url, posted = self._addresses.public_url + path_and_query, _MultiFields(fields)
        return frozenset(
            name
            for name, validator in self._validators.items()
            if any(given and validator.validate(url, posted, given) for given in signatures)
        )

    def leg_report(self, fields: Mapping[str, str], at: datetime) -> LegReport:
        found = report(
            fields.get("CallStatus"),
            fields.get("AnsweredBy"),
            fields.get("CallSid"),
            at,
            fields.get("CallDuration"),
        )
        return replace(found, carrier_code=fields.get("ErrorCode") or fields.get("SipResponseCode"))

    def dialed_report(self, fields: Mapping[str, str], at: datetime) -> LegReport:
        return report(
            fields.get("DialCallStatus"), None, fields.get("DialCallSid"), at, fields.get("DialCallDuration")
        )

    def recording_report(self, fields: Mapping[str, str], at: datetime) -> RecordingReport | None:
        state, recording_id = RECORDED.get(fields.get("RecordingStatus", "")), fields.get("RecordingSid")
        if state is None or not recording_id:
            return None
        return RecordingReport(
            at=at,
            recording_id=recording_id,
            state=state,
            started_at=_moment(fields.get("RecordingStartTime", "")),
            seconds=_whole(fields.get("RecordingDuration")),
            url=fields.get("RecordingUrl") or None,
        )

    def digits(self, fields: Mapping[str, str]) -> str:
        return fields.get("Digits", "")

    def call_id(self, fields: Mapping[str, str]) -> str | None:
        return fields.get("CallSid")

    def inbound_text(self, fields: Mapping[str, str], at: datetime) -> InboundText | None:
        told = [fields.get(name, "").strip() for name in ("MessageSid", "From", "To")]
        if not all(told):
            return None
        media = [fields.get(f"MediaUrl{n}", "") for n in range(MOST_MEDIA)]
        body = fields.get("Body", "").replace("\0", "")
        return InboundText(told[0], told[1], told[2], body, tuple(filter(None, media)), at)

    def receipt(self, fields: Mapping[str, str], at: datetime) -> Receipt | None:
        return receipt(fields, at)

    def answers_by_itself(self, body: str) -> bool:
        return body.strip().upper() in STOP_WORDS

    def render_answer(self, words: str | None) -> tuple[str, str]:
        response = MessagingResponse()
        if words is not None:
            response.message(words)
        return "text/xml", str(response)

    def render(self, instruction: Instruction) -> tuple[str, str]:
        return "text/xml", twiml(instruction, self._addresses)


class _MultiFields:
    """The posted fields with repeats, in the shape that the validator reads."""

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        self._fields = fields

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def getall(self, name: str) -> Sequence[str]:
        return self._fields[name]


def twiml(instruction: Instruction, addresses: Addresses) -> str:
    """The instruction as TwiML."""
    response = VoiceResponse()
    _put(response, instruction, addresses)
    return str(response)


def _put(response: VoiceResponse, instruction: Instruction, addresses: Addresses) -> None:
    match instruction:
        case OfferLead():
            _offer(response, instruction, addresses)
        case ConnectLead():
            _connect_lead(response, instruction, addresses)
        case ConnectAgent():
            _connect_agent(response, instruction, addresses)
        case Announce():
            response.say(instruction.words)
            announced = addresses.of(ANNOUNCED, instruction.attempt_id, instruction.leg_id)
            response.redirect(announced, method="POST")
        case Apologise():
            action = addresses.of(OPT_OUT, instruction.attempt_id, instruction.leg_id)
            gather = Gather(num_digits=1, timeout=KEY_SECONDS, action=action, method="POST")
            gather.say(instruction.words)
            response.append(gather)
            response.hangup()
        case JoinNow():
            pass
        case JoinConference():
            conferences.join(response, instruction, addresses)
        case JoinLine():
            conferences.join_line(response, instruction, addresses)
        case Greet(words):
            if words:
                response.say(words)
            response.play(addresses.sound_of_ringing(), loop=0)
        case Goodbye(words):
            if words:
                response.say(words)
            response.hangup()
        case Aside(words, digits):
            if words:
                response.say(words)
            if digits:
                response.play(digits=digits)
        case AwaitGreeting() | LeaveMessage() | AskWhoAnswered():
            tell(response, instruction, addresses)
        case AskKeys():
            incoming.ask(response, instruction, addresses)
        case HoldOn():
            incoming.hold(response, instruction, addresses)
        case TakeMessage():
            incoming.take_message(response, instruction, addresses)
        case SayFirst(words, then):
            response.say(words)
            _put(response, then, addresses)
        case _:
            assert_never(instruction)


def _offer(response: VoiceResponse, offer: OfferLead, addresses: Addresses) -> None:
    accept = addresses.of(ACCEPT, offer.attempt_id, offer.leg_id)
    if not offer.needs_key:
        response.redirect(accept, method="POST")
        return
    gather = Gather(num_digits=1, timeout=OFFER_SECONDS, action=accept, method="POST")
    gather.say(offer.whisper)
    response.append(gather)
    response.hangup()


def _connect_lead(response: VoiceResponse, connect: ConnectLead, addresses: Addresses) -> None:
    why = {} if connect.reason is None else {"call_reason": connect.reason}
    dial = Dial(
        caller_id=connect.caller_id,
        timeout=int(connect.ring_timeout.total_seconds()),
        action=addresses.of(DIALED, connect.attempt_id, connect.leg_id),
        method="POST",
        **why,
    )
    first: dict[str, str] = {}
    if connect.announce:
        first = {"url": addresses.of(ANNOUNCE, connect.attempt_id, connect.leg_id), "method": "POST"}
    detection: dict[str, object] = {}
    if connect.detect is not None:
        detection = {
            "machine_detection": "Enable",
            "amd_status_callback": addresses.of(DETECTION, connect.attempt_id, connect.leg_id),
            "amd_status_callback_method": "POST",
            **listening(connect.detect),
        }
    dial.number(
        connect.phone,
        **first,
        status_callback=addresses.of(STATUS, connect.attempt_id, connect.leg_id),
        status_callback_event=" ".join(EVENTS),
        status_callback_method="POST",
        **detection,
    )
    response.append(dial)


def _connect_agent(response: VoiceResponse, connect: ConnectAgent, addresses: Addresses) -> None:
    dial = Dial(
        caller_id=connect.caller_id,
        timeout=int(connect.ring_timeout.total_seconds()),
        action=addresses.of(DIALED, connect.attempt_id, connect.leg_id),
        method="POST",
    )
    noun = {
        "status_callback": addresses.of(STATUS, connect.attempt_id, connect.leg_id),
        "status_callback_event": " ".join(EVENTS),
        "status_callback_method": "POST",
    }
    if connect.needs_key:
        noun |= {"url": addresses.of(WHISPER, connect.attempt_id, connect.leg_id), "method": "POST"}
    kind, _, rest = connect.address.partition(":")
    if kind == "client":
        dial.client(rest, **noun)
    elif kind == "sip":
        dial.sip(connect.address, **noun)
    else:
        dial.number(connect.address, **noun)
    response.append(dial)
