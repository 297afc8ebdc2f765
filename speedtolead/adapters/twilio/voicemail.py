"""TwiML and parameters for machines: how the carrier listens, waits for a beep, leaves a message, asks an agent.

Owns: these, in the carrier's words. Must not know: when any of them is asked for.

Detection answers once a call, so it cannot tell of a machine at once and of its beep later. It is asked for the
first (``Enable``). The greeting's end is then heard by a speech Gather, whose answer comes after a silence; unlike
a recording, it keeps nothing of what a person said who was taken for a machine.
Source: https://www.twilio.com/docs/voice/twiml/gather#speechtimeout (at most 60 s of speech)
"""

from __future__ import annotations

from datetime import timedelta

from twilio.twiml.voice_response import Gather, VoiceResponse

from speedtolead.adapters.twilio.addresses import GREETED, LABELLED, LEFT, OPT_OUT, Addresses
from speedtolead.domain.machine import Detection
from speedtolead.ports.voicemail import AskWhoAnswered, AwaitGreeting, LeaveMessage

KEY_SECONDS = 3
"""How long a person has to press a key after the message; a mailbox records them as silence."""
QUESTION = "Who answered? Press 1 for a person, 2 for a machine."


def listening(detection: Detection) -> dict[str, int]:
    """How detection is to listen, as the parameters are called in every request and in TwiML."""
    return {
        "machine_detection_timeout": int(detection.timeout.total_seconds()),
        "machine_detection_speech_threshold": _milliseconds(detection.speech_threshold),
        "machine_detection_speech_end_threshold": _milliseconds(detection.speech_end),
        "machine_detection_silence_timeout": _milliseconds(detection.silence),
    }


def tell(
    response: VoiceResponse, told: AwaitGreeting | LeaveMessage | AskWhoAnswered, addresses: Addresses
) -> None:
    match told:
        case AwaitGreeting():
            greeted = addresses.of(GREETED, told.attempt_id, told.leg_id)
            seconds = int(told.quiet.total_seconds())
            response.gather(
                input="speech", timeout=seconds, speech_timeout=seconds, action=greeted, method="POST",
                action_on_empty_result=True,
            )  # fmt: skip
            response.redirect(greeted, method="POST")
        case LeaveMessage():
            _leave(response, told, addresses)
        case AskWhoAnswered():
            action = addresses.of(LABELLED, told.attempt_id, told.leg_id)
            gather = Gather(num_digits=1, timeout=KEY_SECONDS, action=action, method="POST")
            gather.say(QUESTION)
            response.append(gather)
            response.hangup()


def _leave(response: VoiceResponse, told: LeaveMessage, addresses: Addresses) -> None:
    message = told.message
    action = addresses.of(OPT_OUT, told.attempt_id, told.leg_id)
    gather = Gather(num_digits=1, timeout=KEY_SECONDS, action=action, method="POST")
    gather.say(message.opening)
    if message.sha256 is None:
        gather.say(message.words)
    else:
        gather.play(addresses.sound(message.sha256))
    gather.say(message.closing)
    response.append(gather)
    response.redirect(addresses.of(LEFT, told.attempt_id, told.leg_id), method="POST")


def _milliseconds(length: timedelta) -> int:
    return int(length / timedelta(milliseconds=1))
