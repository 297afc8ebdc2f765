"""A call that comes in: who takes it, and what follows when nobody did.

Owns: an attempt's direction, the stages of an incoming call, the order in which agents are asked, and what a missed
call leads to. Must not know: how a phone is rung, what a menu asks (``ivr``), rows.

Nothing here decides whether a person may be called back: that is the permit's, as for any attempt.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from speedtolead.domain.lead import OPEN_STATES, LeadState


class Direction(StrEnum):
    """Who dialled."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"


class Stage(StrEnum):
    """Where an incoming call is."""

    ASKING = "asking"
    """The caller hears the greeting and answers the menu."""
    WAITING = "waiting"
    """Nobody is free: music, and the first agent who is free is rung."""
    WITH_AGENT = "with_agent"
    """An agent's phone rings, or the two talk."""
    MESSAGE = "message"
    """The caller is asked for a message, or leaves one."""
    OVER = "over"


class CallOutcome(StrEnum):
    """What became of an incoming call."""

    TALK = "talk"
    """An agent and the caller talked, however long."""
    MISSED = "missed"
    """Nobody took it, or the caller hung up while waiting."""
    VOICEMAIL = "voicemail"
    """Nobody took it, and the caller left a message."""
    TURNED_AWAY = "turned_away"
    """The menu or a route ended it."""


@dataclass(frozen=True, slots=True)
class InboundPolicy:
    """How a campaign takes calls. ``callback``: whoever is unknown and was missed is called back, once."""

    wait: timedelta = timedelta(seconds=60)
    """So long a caller waits for a free agent, then the voicemail answers."""
    ring: timedelta = timedelta(seconds=15)
    """So long each agent's phone rings."""
    callback: bool = False
    greeting: str | None = None
    hold: str = "All our agents are on the phone. Please stay on the line."
    voicemail: str = (
        "Nobody is free to speak with you now. Please leave your name and your message after the tone, "
        "and we will call you back."
    )


CALLED_US = "the person called"
"""The origin of a consent that is nothing but an incoming call: an inquiry, never written consent."""


@dataclass(frozen=True, slots=True)
class FreeAgent:
    """An agent who could be rung now."""

    agent_id: UUID
    idle_since: datetime
    in_group: bool
    """Of the group that this call is for."""


def takers(
    free: Iterable[FreeAgent], owner: UUID | None, last: UUID | None, asked: Container[UUID] = ()
) -> list[UUID]:
    """Whom to ring, in this order: the lead's owner, the agent who talked with the person last, then the group.

    Owner and last agent are asked whatever their group; of the group, the longest idle comes first. Nobody is asked
    twice for one call.
    """
    left = {agent.agent_id: agent for agent in free if agent.agent_id not in asked}
    known = [agent_id for agent_id in (owner, last) if agent_id in left]
    group = sorted((a for a in left.values() if a.in_group), key=lambda a: (a.idle_since, a.agent_id))
    order = [agent_id for agent_id in known if agent_id is not None] + [agent.agent_id for agent in group]
    return list(dict.fromkeys(order))


class Follow(StrEnum):
    """What a call that nobody took leads to."""

    NOTHING = "nothing"
    BRING_FORWARD = "bring_forward"
    """The attempt that was planned for later is due now, first in line."""
    CALL_BACK = "call_back"
    """An attempt of its own, due now, first in line."""


FIRST_IN_LINE = timedelta(hours=1)
"""So much later than now is the rank of a call that is given back: of later rank than any lead that comes within
that time, whatever its score."""
_NO_CALL_BACK = frozenset({LeadState.REJECTED, LeadState.SUPPRESSED, LeadState.CLOSED})


def after_missed(
    state: LeadState, phone: str | None, only_called: bool, planned: bool, policy: InboundPolicy
) -> Follow:
    """``only_called``: a call made the lead, so there is no consent but calls. ``planned``: an attempt waits.

    A person who was suppressed, or whose lead the account closed, is not called back by this; nor is one whose
    number was withheld.
    """
    if phone is None or state in _NO_CALL_BACK or (only_called and not policy.callback):
        return Follow.NOTHING
    if planned and state in OPEN_STATES:
        return Follow.BRING_FORWARD
    return Follow.CALL_BACK
