"""Calls that come in: what Twilio tells of one, what a caller is told in TwiML, and our numbers there.

Owns: the words for a withheld number, the verbs for callers. Must not know: leads, agents, rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from twilio.rest import Client
from twilio.twiml.voice_response import Gather, VoiceResponse

from speedtolead.adapters.twilio import errors
from speedtolead.adapters.twilio.addresses import KEYS, MESSAGE, RECORDING, WAITED, Addresses
from speedtolead.adapters.twilio.errors import FAILURES
from speedtolead.ports.incoming import AskKeys, HoldOn, Incoming, OwnNumber, TakeMessage

_WITHHELD = frozenset(
    {
        "anonymous",
        "restricted",
        "unavailable",
        "unknown",
        "private",
        "+266696687",
        "+7378742833",
        "+2562533",
        "+8566696",
        "+86282452253",
        "+464",
    }
)
"""What stands in ``From`` where the caller's number is not told; the digits spell the words.
Source: https://help.twilio.com/articles/223179988"""
KEY_SECONDS = 6
"""How long a caller has for each key."""
SILENCE_SECONDS = 6
"""After so much silence a message is taken to be over."""
_LISTED = 1000


class TwilioIncoming:
    """The reader of calls that come in."""

    def incoming(self, fields: Mapping[str, str], at: datetime) -> Incoming | None:
        call_id, to, caller = (fields.get(name, "").strip() for name in ("CallSid", "To", "From"))
        if not call_id or not to:
            return None
        known = caller if caller and caller.lower() not in _WITHHELD else None
        return Incoming(call_id, known, to, at, fields)


def ask(response: VoiceResponse, asked: AskKeys, addresses: Addresses) -> None:
    """The question, and the address where the keys, or none, are told."""
    action = addresses.of(KEYS, asked.attempt_id, asked.leg_id, mark=asked.mark)
    gather = Gather(
        num_digits=asked.digits, timeout=KEY_SECONDS, action=action, method="POST", action_on_empty_result=True
    )
    gather.say(asked.words)
    response.append(gather)


def hold(response: VoiceResponse, waits: HoldOn, addresses: Addresses) -> None:
    if waits.words:
        response.say(waits.words)
    response.play(addresses.sound_of_music())
    response.redirect(addresses.of(WAITED, waits.attempt_id, waits.leg_id), method="POST")


def take_message(response: VoiceResponse, wanted: TakeMessage, addresses: Addresses) -> None:
    """The recording is told of by itself as well: a caller who hangs up asks for nothing any more."""
    response.say(wanted.words)
    response.record(
        max_length=int(wanted.longest.total_seconds()),
        timeout=SILENCE_SECONDS,
        finish_on_key="#",
        play_beep=True,
        action=addresses.of(MESSAGE, wanted.attempt_id, wanted.leg_id),
        method="POST",
        recording_status_callback=addresses.of(RECORDING, wanted.attempt_id, wanted.leg_id),
        recording_status_callback_event="in-progress completed absent",
        recording_status_callback_method="POST",
    )
    response.hangup()


async def own_numbers(client: Client) -> Sequence[OwnNumber]:
    """The account's numbers, with where their calls and texts are told."""
    try:
        listed = await client.incoming_phone_numbers.list_async(limit=_LISTED)
    except FAILURES as error:
        raise errors.read_only(error) from error
    return [
        OwnNumber(
            str(number.phone_number or ""),
            number.voice_url or "",
            number.voice_fallback_url or "",
            number.status_callback or "",
            number.sms_url or "",
        )
        for number in listed
    ]
