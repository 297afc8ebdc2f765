"""TwiML of calls that meet in a conference, and of agents' lines.

Owns: these documents. Must not know: who is on the calls. Out of a conference a call is over, and no address is
asked; an agent's line alone asks how it goes on.
"""

from __future__ import annotations

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from speedtolead.adapters.twilio.addresses import ACCEPT, BACK, OUT, RINGING, WAIT, Addresses
from speedtolead.ports.conference import Alone, JoinConference
from speedtolead.ports.line import JoinLine, LineOrder, line_conference

KEY_SECONDS = 10
"""How long an agent has to press 1 after the words."""


def join(response: VoiceResponse, wanted: JoinConference, addresses: Addresses) -> None:
    waits = {Alone.RINGING: RINGING, Alone.GREETING: WAIT}.get(wanted.alone)
    hears: dict[str, str] = {}
    if waits is not None:
        hears = {"wait_url": addresses.of(waits, wanted.attempt_id, wanted.leg_id), "wait_method": "POST"}
    out = {} if wanted.line_id is None else {"action": addresses.of_line(OUT, wanted.line_id), "method": "POST"}
    dial = Dial(**out)
    dial.conference(
        wanted.conference,
        beep="false",
        end_conference_on_exit=wanted.ends_it,
        muted=wanted.muted,
        participant_label=str(wanted.leg_id),
        **hears,
    )
    response.append(dial)


def join_line(response: VoiceResponse, wanted: JoinLine, addresses: Addresses) -> None:
    dial = Dial(action=addresses.of_line(BACK, wanted.line_id), method="POST")
    dial.conference(
        line_conference(wanted.line_id),
        beep="false",
        end_conference_on_exit=True,
        participant_label=str(wanted.line_id),
    )
    response.append(dial)


def offer_line(order: LineOrder, addresses: Addresses) -> str:
    """What an agent hears who is rung for a line: 1 opens it. Who takes calls by hand is on it at once."""
    response = VoiceResponse()
    if not order.needs_key:
        join_line(response, JoinLine(order.line_id), addresses)
        return str(response)
    accept = addresses.of_line(ACCEPT, order.line_id)
    gather = Gather(num_digits=1, timeout=KEY_SECONDS, action=accept, method="POST")
    gather.say(order.words)
    response.append(gather)
    response.hangup()
    return str(response)
