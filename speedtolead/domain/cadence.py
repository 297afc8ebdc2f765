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
    where the lead is: an ``at`` is read on that clock, on the first day on which it is not before ``after``.
    """
    return _planned(steps, done + 1, received_at, zone, now)


def _planned(steps: Sequence[Step], index: int, received_at: datetime, zone: str, now: datetime) -> Planned | None:
    if index >= len(steps):
        return None
    step = steps[index]
    due = received_at + step.after
    if step.at is not None:
        due = _at_wall_time(due, step, zone)
    return Planned(index, step.channel, max(due, now))


def _at_wall_time(due: datetime, step: Step, zone: str) -> datetime:
    assert step.at is not None
    there = due.astimezone(zone_info(zone))
    moment = datetime.combine(there.date(), step.at, zone_info(zone))
    if step.after < timedelta(days=1) and moment < due:
        moment = datetime.combine(there.date() + timedelta(days=1), step.at, zone_info(zone))
    return moment.astimezone(due.tzinfo)
