"""The follow-up plan: which attempt comes next, and when.

Owns: the one function that decides it. Must not know: whether an attempt is lawful (the permit decides that at
the plan's time and again at the last moment), or how an attempt is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from speedtolead.domain.campaign import Step
from speedtolead.domain.hours import zone_info


@dataclass(frozen=True, slots=True)
class Planned:
    """Step number ``index`` (0-based) of the cadence is due at ``due_at``."""

    index: int
    channel: str
    due_at: datetime


def first(steps: Sequence[Step], received_at: datetime, zone: str, not_before: datetime) -> Planned | None:
    """The first step's attempt; None for an empty cadence."""
    return _planned(steps, 0, received_at, zone, not_before)


def next_after(steps: Sequence[Step], done: int, received_at: datetime, zone: str, now: datetime) -> Planned | None:
    """The attempt after step ``done``; None when the cadence has no step left.

    A step whose time passed while the last attempt was under way is due now: it is late, not lost. ``zone`` is
    where the lead is: an ``at`` is read on that clock. ``after: 1d`` with an ``at`` is the lead's next day.
    """
    return _planned(steps, done + 1, received_at, zone, now)


def _planned(steps: Sequence[Step], index: int, received_at: datetime, zone: str, now: datetime) -> Planned | None:
    if index >= len(steps):
        return None
    step = steps[index]
    due = received_at + step.after
    if step.at is not None:
        due = _at_wall_time(received_at, step, zone)
    return Planned(index, step.channel, max(due, now))


def _at_wall_time(received_at: datetime, step: Step, zone: str) -> datetime:
    """Whole days are days of the lead's calendar; within a day, the first such wall time not before ``after``."""
    assert step.at is not None
    place, day = zone_info(zone), timedelta(days=1)
    if step.after >= day:
        date = received_at.astimezone(place).date() + step.after.days * day
        return datetime.combine(date, step.at, place).astimezone(received_at.tzinfo)
    due = received_at + step.after
    moment = datetime.combine(due.astimezone(place).date(), step.at, place)
    if moment < due:
        moment = datetime.combine(moment.date() + day, step.at, place)
    return moment.astimezone(received_at.tzinfo)
