"""What the carrier is told to do with a call, in the domain's words.

Owns: the values. Must not know: how a carrier is told (``callbacks``, ``carrier``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from speedtolead.domain.machine import CONSUMERS, Detection
from speedtolead.ports.conference import Greet, JoinConference
from speedtolead.ports.control import Aside
from speedtolead.ports.incoming import AskKeys, HoldOn, SayFirst, TakeMessage
from speedtolead.ports.line import JoinLine
from speedtolead.ports.voicemail import AskWhoAnswered, AwaitGreeting, LeaveMessage


@dataclass(frozen=True, slots=True)
class OfferLead:
    """Say ``whisper`` to the agent; ``1`` takes the lead. Without ``needs_key``, answering takes it."""

    attempt_id: UUID
    leg_id: UUID
    whisper: str
    needs_key: bool = True


@dataclass(frozen=True, slots=True)
class ConnectLead:
    """Ring the lead from the agent's call, and bridge the two at the lead's answer.

    ``announce``: before that the lead hears what the callback at the lead's answer says.
    ``reason``: as in an order.
    """

    attempt_id: UUID
    leg_id: UUID
    phone: str
    caller_id: str
    ring_timeout: timedelta
    announce: bool = False
    detect: Detection | None = CONSUMERS
    """None: nobody listens who answers."""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ConnectAgent:
    """Ring an agent from the lead's call; the agent hears the whisper before the two are bridged."""

    attempt_id: UUID
    leg_id: UUID
    address: str
    caller_id: str
    ring_timeout: timedelta
    needs_key: bool = True


@dataclass(frozen=True, slots=True)
class Announce:
    """Say to the lead that the call may be recorded, and tell us that it was said to its end."""

    attempt_id: UUID
    leg_id: UUID
    words: str


@dataclass(frozen=True, slots=True)
class Apologise:
    """Nobody is free for a lead who answered: say ``words``, take one key, and hang up."""

    attempt_id: UUID
    leg_id: UUID
    words: str


@dataclass(frozen=True, slots=True)
class JoinNow:
    """Go on to the bridge: the agent took the lead, or the lead has heard the announcement."""


@dataclass(frozen=True, slots=True)
class Goodbye:
    """Say something, or nothing, and hang up."""

    words: str | None = None


Instruction = (
    OfferLead
    | ConnectLead
    | ConnectAgent
    | Announce
    | Apologise
    | JoinNow
    | JoinConference
    | JoinLine
    | Greet
    | Goodbye
    | Aside
    | AwaitGreeting
    | LeaveMessage
    | AskWhoAnswered
    | AskKeys
    | HoldOn
    | TakeMessage
    | SayFirst
)
"""What the carrier is told to do with a call."""
