"""The follow-up plan: which attempt comes next, and when. The only place that decides it.

Owns: the order of steps, their conditions and branches, and the moment of each. Must not know: whether an attempt
is lawful (the permit decides that at the plan's time and again at the last moment), or how an attempt is made.

The answer depends on nothing but (plan, history, now), so that it can be asked again: after a restart, for a
preview, or to hold what happened against what should have.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from uuid import UUID

from speedtolead.domain.best_time import BestTime, TimedBy
from speedtolead.domain.cadence.conditions import Known
from speedtolead.domain.cadence.plan import CONTACTS, Channel, Plan, Since, Step, target
from speedtolead.domain.cadence.stops import Stop, StopRules
from speedtolead.domain.hours import LocalHours, next_open, zone_info

_DAY = timedelta(days=1)
LATE: dict[str, timedelta | None] = {
    Channel.CALL: None,
    Channel.SMS: timedelta(hours=2),
    Channel.EMAIL: timedelta(days=1),
    Channel.WEBHOOK: None,
    Channel.TASK: None,
}
"""How late a step may be made. A call is still worth making; a text on a call that was just missed is not, hours
later."""


class Moved(StrEnum):
    """What brought a step to its time, in the order in which it is asked."""

    DELAY = "delay"
    """``after`` or ``delay`` alone."""
    WALL_TIME = "wall_time"
    HELD = "held"
    """The step before it, or a wait, ended later."""
    WINDOW = "window"
    JITTER = "jitter"
    LEARNED = "learned"
    """By the hours in which such people answered."""
    HOLDOUT = "holdout"
    """Its planned time was kept, to compare the learned ones with."""


_TIMED = {Moved.LEARNED: TimedBy.LEARNED, Moved.HOLDOUT: TimedBy.HOLDOUT}


@dataclass(frozen=True, slots=True)
class Planned:
    """Step number ``index`` (0-based) of the cadence is due at ``due_at``.

    ``moved``: how it came to that time, each with the time after it.
    """

    index: int
    channel: str
    due_at: datetime
    moved: tuple[tuple[Moved, datetime], ...] = field(default=(), compare=False)

    @property
    def timed_by(self) -> TimedBy | None:
        """Whether its hour was chosen by what was learned, or kept to compare with that."""
        return _TIMED.get(self.moved[-1][0]) if self.moved else None


@dataclass(frozen=True, slots=True)
class Over:
    """The cadence goes on no further."""

    reason: Stop


@dataclass(frozen=True, slots=True)
class Made:
    """A step that is behind the lead. ``result`` is the attempt's last state, such as ``no_answer``."""

    index: int
    result: str
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """What planning needs of a lead. ``zone`` is where the lead is: wall times and windows are on that clock."""

    lead_id: UUID
    received_at: datetime
    zone: str


def _weekend(day: date) -> bool:
    return day.weekday() >= 5


@dataclass(frozen=True, slots=True)
class Course:
    """What has been so far: the steps behind the lead, oldest first, what happened, and what is known by now.

    ``counted``: how many calls, texts and mails were really made. ``happened``: values of ``Stop``. ``known``
    answers the steps' conditions.
    """

    made: Sequence[Made] = ()
    counted: int = 0
    happened: Collection[str] = ()
    known: Known = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cadence:
    """A plan with the rules that end it. ``closed`` says which days are no business days; ``best_time`` what was
    learned of hours, for the steps that ask it."""

    plan: Plan
    rules: StopRules = field(default_factory=StopRules)
    closed: Callable[[date], bool] = _weekend
    best_time: BestTime | None = None

    def next(self, course: Course, person: Person, now: datetime) -> Planned | Over:
        """The attempt that comes next.

        A step whose time passed while the last attempt was under way is due now: it is late, not lost; one with an
        ``at`` waits for the next such time.
        """
        index: int | None = 0
        previous = None
        if course.made:
            last = course.made[-1]
            index = target(self.plan, last.index, last.result) if last.index < len(self.plan) else None
            previous = last.ended_at
        if index is None:
            return Over(Stop.NO_STEP_LEFT)
        return self._from(index, course, person, previous, now)

    def _from(
        self, index: int, course: Course, person: Person, previous: datetime | None, now: datetime
    ) -> Planned | Over:
        """The first step at or after ``index`` that is for this lead; waits on the way hold it back."""
        base, floor = previous or person.received_at, now
        over = Stop.NO_STEP_LEFT
        for at in range(index, len(self.plan)):
            step = self.plan[at]
            stopped = self.rules.stopped(step.channel, course.happened)
            if stopped is not None:
                over = stopped
            elif not _wanted(step, course.known):
                continue
            elif step.channel == Channel.WAIT:
                base = self._moment(step, at, person, base, base)[-1][1]
                floor = max(floor, base)
            else:
                start = person.received_at if step.since is Since.ARRIVAL else base
                moved = self._moment(step, at, person, start, floor)
                moved += self._best_hour(step, at, person, moved[-1][1], floor)
                due = moved[-1][1]
                used_up = self.rules.used_up(course.counted, person.received_at, due)
                if used_up is None or step.channel not in CONTACTS:
                    return Planned(at, step.channel, due, tuple(moved))
                over = used_up
        return Over(over)

    def _moment(
        self, step: Step, index: int, person: Person, start: datetime, floor: datetime
    ) -> list[tuple[Moved, datetime]]:
        """How a step comes to its time, which is the last one: its delay from ``start``, on the lead's clock, and
        not before ``floor``."""
        moved = [(Moved.DELAY, _delayed(step, person.zone, start, self.closed))]
        if step.at is not None:
            at = _at_wall_time(step, person.zone, start, moved[0][1], floor, self.closed)
            moved.append((Moved.WALL_TIME, at))
        if moved[-1][1] < floor:
            moved.append((Moved.HELD, floor))
        due, jitter = moved[-1][1], step.jitter * share(person.lead_id, index)
        if step.window is None:
            return [*moved, (Moved.JITTER, due + jitter)] if jitter else moved
        local = [LocalHours(person.zone, step.window)]
        opening = next_open(due, local)
        if opening is None:  # no window within two weeks: refused when the plan is applied
            return [*moved, (Moved.JITTER, due + jitter)]
        if opening > due:
            moved.append((Moved.WINDOW, opening))
        later = opening + jitter
        if jitter and next_open(later, local) == later:
            moved.append((Moved.JITTER, later))
        return moved

    def _best_hour(
        self, step: Step, index: int, person: Person, due: datetime, floor: datetime
    ) -> list[tuple[Moved, datetime]]:
        """The hour that was learned, for a step that asks for it and a time that may be chosen."""
        if step.best_time is None or self.best_time is None:
            return []
        local = [] if step.window is None else [LocalHours(person.zone, step.window)]
        found = self.best_time.choose(
            person.lead_id, index, person.zone, due, floor, step.best_time, lambda at: next_open(at, local) == at
        )
        return [] if found is None else [(Moved(found[1].value), found[0])]


def too_late(step: Step, due_at: datetime, now: datetime) -> bool:
    """The step's time is so long past that it is passed over."""
    bound = LATE[step.channel] if step.late is None else step.late
    return bound is not None and now - due_at > bound


def share(lead_id: UUID, index: int) -> float:
    """Where in a spread this lead's step is put: in [0, 1), even over leads, always the same for one lead."""
    digest = blake2b(lead_id.bytes + index.to_bytes(4), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


def spread(opening: datetime, lead_id: UUID, index: int, over: timedelta) -> datetime:
    """A moment within ``over`` after an opening, so that those who waited for it are not all due at once."""
    return opening + over * share(lead_id, index)


def _wanted(step: Step, known: Known) -> bool:
    if step.only_if is not None and not step.only_if.holds(known):
        return False
    return step.unless is None or not step.unless.holds(known)


def _delayed(step: Step, zone: str, start: datetime, closed: Callable[[date], bool]) -> datetime:
    """``start`` and the delay. Whole days are days of the lead's calendar, at the same time of day."""
    days, rest = divmod(step.after, _DAY)
    if not step.business_days or not days:
        return start + step.after
    place = zone_info(zone)
    there = start.astimezone(place)
    day = _business_day(there.date(), days, closed)
    return datetime.combine(day, there.time(), place).astimezone(UTC) + rest


def _business_day(day: date, days: int, closed: Callable[[date], bool]) -> date:
    """So many business days after ``day``."""
    while days:
        day += _DAY
        if not closed(day):
            days -= 1
    return day


def _at_wall_time(
    step: Step, zone: str, start: datetime, due: datetime, floor: datetime, closed: Callable[[date], bool]
) -> datetime:
    """Whole days are days of the lead's calendar; within a day, the first such wall time not before ``due``.

    A time that has passed is the next day's.
    """
    assert step.at is not None
    place = zone_info(zone)
    earliest = floor
    if step.business_days or step.after < _DAY:
        day = due.astimezone(place).date()
        earliest = max(floor, due) if step.after < _DAY else floor
    else:
        day = start.astimezone(place).date() + step.after.days * _DAY
    moment = datetime.combine(day, step.at, place)
    while moment < earliest or (step.business_days and closed(day)):
        day += _DAY
        moment = datetime.combine(day, step.at, place)
    return moment.astimezone(UTC)
