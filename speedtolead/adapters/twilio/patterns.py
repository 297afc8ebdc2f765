"""TwiML of orders that differ by their ids and the whisper only: built once, filled in for each call.

Owns: what is kept of it. Must not know: any verb; ``callbacks.twiml`` builds the pattern as it builds every answer.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from uuid import uuid4
from xml.sax.saxutils import escape

from speedtolead.adapters.twilio.addresses import Addresses
from speedtolead.adapters.twilio.callbacks import twiml
from speedtolead.ports import ConnectAgent, Instruction, OfferLead

_ATTEMPT, _LEG = uuid4(), uuid4()
_WHISPER = f"whisper {uuid4()}"
"""Stand in a pattern for what is filled in: drawn for this process, so nothing else in a pattern is the same."""


def filled(instruction: Instruction, addresses: Addresses) -> str:
    """The same as ``twiml`` gives."""
    match instruction:
        case ConnectAgent():
            pattern = _built(replace(instruction, attempt_id=_ATTEMPT, leg_id=_LEG), addresses)
            whisper = ""
        case OfferLead() if instruction.whisper:
            pattern = _built(OfferLead(_ATTEMPT, _LEG, _WHISPER, instruction.needs_key), addresses)
            whisper = instruction.whisper
        case _:
            return twiml(instruction, addresses)
    named = pattern.replace(str(_ATTEMPT), str(instruction.attempt_id)).replace(str(_LEG), str(instruction.leg_id))
    return named.replace(_WHISPER, escape(whisper))


@lru_cache(maxsize=1024)
def _built(instruction: ConnectAgent | OfferLead, addresses: Addresses) -> str:
    """No person's data is in a pattern: it holds an agent's address at most."""
    return twiml(instruction, addresses)
