"""Alarms of an account: when one rises, opens, and ends.

Owns: the kinds, the terms, and the hysteresis. Must not know: how anything is measured, or who is told.

A reading is bad, good, or neither. Something bad rises first, and opens when it was bad all along for as long as
its kind asks; an open alarm ends when it was good all along for as long. In between nothing changes: a value that
swings about a limit opens one alarm, and not twenty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any


class AlarmKind(StrEnum):
    SPEED = "speed"
    """Leads are dialled later than the goal."""
    CONTACT = "contact"
    """Fewer of them are reached than before."""
    QUEUE = "queue"
    """Calls whose time has come pile up."""
    NO_AGENTS = "no_agents"
    """A campaign is open, and nobody is at work for it."""
    ABANDONMENT = "abandonment"
    """Nearly as many people hear nobody as the law allows."""
    CARRIER = "carrier"
    """A carrier account takes no calls."""
    LIST = "list"
    """A do-not-call list is too old, or soon will be."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long something is bad before it opens, and good before it ends."""

    opens: timedelta
    ends: timedelta


_MINUTE = timedelta(minutes=1)
PATIENCE: Mapping[AlarmKind, Patience] = {
    AlarmKind.SPEED: Patience(3 * _MINUTE, 10 * _MINUTE),
    AlarmKind.CONTACT: Patience(30 * _MINUTE, 60 * _MINUTE),
    AlarmKind.QUEUE: Patience(2 * _MINUTE, 5 * _MINUTE),
    AlarmKind.NO_AGENTS: Patience(2 * _MINUTE, 2 * _MINUTE),
    AlarmKind.ABANDONMENT: Patience(timedelta(0), 60 * _MINUTE),
    AlarmKind.CARRIER: Patience(timedelta(0), 5 * _MINUTE),
    AlarmKind.LIST: Patience(timedelta(0), timedelta(0)),
}


@dataclass(frozen=True, slots=True)
class Digest:
    """``at``: from when on of the account's clock. ``weekly``: the weekday of the weekly one, 0 is Monday."""

    at: time = time(8)
    weekly: int | None = 0


@dataclass(frozen=True, slots=True)
class AlertTerms:
    """When alarms are raised, and who is written to.

    ``speed``: nine in ten leads are to be dialled so soon, in permitted time. ``contact_drop``: by how much of
    itself the contact rate may fall. ``queue`` calls may wait, ``queue_age`` long. ``abandonment``: the share from
    which on it is too near the legal limit of 3 %.
    """

    speed: timedelta = timedelta(seconds=60)
    contact_drop: float = 0.25
    queue: int = 20
    queue_age: timedelta = timedelta(minutes=2)
    abandonment: float = 0.025
    mail: tuple[str, ...] = ()
    sender: str = ""
    digest: Digest | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One look. ``bad`` None: neither bad nor good, or too little to tell. ``words`` say what is seen."""

    kind: AlarmKind
    subject: str
    bad: bool | None
    words: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """``opened_at`` None: it only rises."""

    began_at: datetime
    opened_at: datetime | None = None
    good_since: datetime | None = None
    ended_at: datetime | None = None


class Change(StrEnum):
    RISES = "rises"
    OPENS = "opens"
    STAYS = "stays"
    FORGOTTEN = "forgotten"
    ENDS = "ends"


def step(
    was: Standing | None, bad: bool | None, now: datetime, patience: Patience
) -> tuple[Standing, Change] | None:
    """How it stands after one more look; None: nothing is wrong, nor was."""
    if was is None:
        if not bad:
            return None
        rising = Standing(now)
        return (rising, Change.RISES) if patience.opens else (Standing(now, now), Change.OPENS)
    if was.opened_at is None:
        if bad is False:
            return was, Change.FORGOTTEN
        if bad and now - was.began_at >= patience.opens:
            return Standing(was.began_at, now), Change.OPENS
        return was, Change.STAYS
    if bad is not False:
        since = was.good_since if bad is None else None
        return Standing(was.began_at, was.opened_at, since), Change.STAYS
    since = was.good_since or now
    if now - since >= patience.ends:
        return Standing(was.began_at, was.opened_at, since, now), Change.ENDS
    return Standing(was.began_at, was.opened_at, since), Change.STAYS
