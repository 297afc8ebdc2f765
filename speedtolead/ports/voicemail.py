"""What a call is told that reached a machine, and how an agent is asked who answered.

Owns: the values of these instructions, in the domain's words. Must not know: any provider, or when one is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from speedtolead.domain.voicemail import Message


@dataclass(frozen=True, slots=True)
class AwaitGreeting:
    """Listen until the other side has been quiet for ``quiet``, or never spoke; then the ``greeted`` callback is
    asked how to go on. Nothing is recorded.
    """

    attempt_id: UUID
    leg_id: UUID
    quiet: timedelta


@dataclass(frozen=True, slots=True)
class LeaveMessage:
    """Say a message and hang up; a key that is pressed meanwhile goes to the ``opt_out`` callback.

    Said to its end, the ``left`` callback is told.
    """

    attempt_id: UUID
    leg_id: UUID
    message: Message


@dataclass(frozen=True, slots=True)
class AskWhoAnswered:
    """Ask an agent for a key, for the ``labelled`` callback, and hang up: 1 a person, 2 a machine."""

    attempt_id: UUID
    leg_id: UUID
