"""Calls that meet in a conference: how one comes in, and what it hears while it is alone there.

Owns: the values of these instructions, in the domain's words. Must not know: any provider, or why calls meet.
A conference is named by us; it is there as soon as somebody comes in. That one began says nothing about a phone
having been answered: it may begin while the other still rings.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Alone(StrEnum):
    """What one hears who is in a conference before anybody else is: never silence."""

    RINGING = "ringing"
    """The sound of a phone that rings, from our own address."""
    MUSIC = "music"
    """The carrier's own music: nothing is fetched."""
    GREETING = "greeting"
    """What the ``wait`` callback of this leg says (``Greet``), then ringing."""


@dataclass(frozen=True, slots=True)
class JoinConference:
    """Go into the conference ``conference``; with its end, or leaving it, the call is over.

    ``ends_it``: the conference ends when this call leaves it. ``muted``: hears the others and is not heard.
    ``line_id``: the call is an agent's line, which is not over with that, and asks ``out``.
    """

    attempt_id: UUID
    leg_id: UUID
    conference: str
    alone: Alone
    ends_it: bool
    muted: bool = False
    line_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Greet:
    """To somebody alone in a conference: say ``words``, if any, then ringing until another comes."""

    words: str | None = None
