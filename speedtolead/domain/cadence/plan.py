"""A cadence as it is written: its steps, and what each of them says.

Owns: the shape of a plan. Must not know: which step comes next (``planner``), or how a plan is written in a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum

from speedtolead.domain.cadence.conditions import Condition
from speedtolead.domain.hours import WeeklyHours

END = "end"
"""The target of a branch that ends the cadence."""
ANY = "any"
"""The result of a branch that is taken whatever came of the step, unless another names it."""


class Channel(StrEnum):
    """What a step does. All but ``wait`` become attempts."""

    CALL = "call"
    SMS = "sms"
    EMAIL = "email"
    WEBHOOK = "webhook"
    """Something is posted to one of the account's webhooks."""
    TASK = "task"
    """A to-do for an agent."""
    WAIT = "wait"
    """Nothing happens before it is over."""


CONTACTS = frozenset({Channel.CALL, Channel.SMS, Channel.EMAIL})
"""The channels that reach the person, and need a permit."""


class Since(StrEnum):
    """From when the delay of a step counts."""

    ARRIVAL = "arrival"
    PREVIOUS = "previous"
    """The end of the attempt before it, and of the waits in between."""


@dataclass(frozen=True, slots=True)
class Message:
    """The template of a text or a mail; ``subject`` is a mail's."""

    text: str
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A to-do: what is to be done, as a template, and by whom: the lead's own agent, or anyone of the campaign's
    group. ``within``: how long there is for it."""

    title: str
    anyone: bool = True
    within: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Hook:
    """The name of the webhook that is told."""

    webhook: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a cadence.

    ``after`` is the delay, ``at`` a wall time where the lead is, ``window`` the hours there in which the step may
    be made. ``jitter`` spreads leads that would be due together. A step that is late by more than ``late`` is
    passed over (None: as ``planner.LATE`` says for its channel). ``on`` are branches: a result, and the name of the
    later step that follows it, or ``end``.
    """

    after: timedelta
    channel: str = Channel.CALL
    at: time | None = None
    since: Since = Since.ARRIVAL
    business_days: bool = False
    window: WeeklyHours | None = None
    jitter: timedelta = timedelta(0)
    late: timedelta | None = None
    name: str | None = None
    only_if: Condition | None = None
    unless: Condition | None = None
    on: tuple[tuple[str, str], ...] = ()
    content: Message | Task | Hook | None = None
    best_time: float | None = None
    """The hour of the day is chosen by what was learned; of so many leads (0 to 1) the planned one is kept."""


Plan = Sequence[Step]


def target(plan: Plan, index: int, result: str) -> int | None:
    """The step that follows step ``index`` after ``result``; None where the cadence ends.

    A branch names a later step, as ``checks`` holds; a plan in which it does not goes on to the next one.
    """
    branches = dict(plan[index].on)
    name = branches.get(result, branches.get(ANY))
    if name == END:
        return None
    found = next((n for n, step in enumerate(plan) if step.name == name), None) if name is not None else None
    following = found if found is not None and found > index else index + 1
    return following if following < len(plan) else None
