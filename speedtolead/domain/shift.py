"""An agent's working hours: hours of the week in the agent's own zone, and days off.

Owns: whether an agent is on shift, and when that next changes. Must not know: what an agent is doing.
A shift over midnight is said as two spans that meet there, and is one shift. Hours that a moved clock skips are not
worked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from speedtolead.domain.hours import LocalHours, Span, WeeklyHours, is_open, open_windows

_AHEAD = timedelta(days=15)
"""How far a change is looked for; where there is none, the schedule is asked again then."""


@dataclass(frozen=True, slots=True)
class DaysWorked:
    """Hours of the week without the days off."""

    week: WeeklyHours
    days_off: frozenset[date] = frozenset()

    def spans(self, day: date) -> tuple[Span, ...]:
        return () if day in self.days_off else self.week.spans(day)


@dataclass(frozen=True, slots=True)
class Shift:
    """When an agent works, as an IANA zone and hours in it."""

    zone: str
    worked: DaysWorked

    def on(self, at: datetime) -> bool:
        return is_open(at, LocalHours(self.zone, self.worked))

    def changes_at(self, at: datetime) -> datetime:
        """The first moment after ``at`` at which the agent goes on or off shift; in 15 days where there is none."""
        until = at + _AHEAD
        for opens, closes in open_windows(at, until, [LocalHours(self.zone, self.worked)]):
            for moment in (opens, closes):
                if moment > at:
                    return min(moment, until)
        return until

    def next_on(self, at: datetime) -> datetime | None:
        """The first moment, at or after ``at``, on shift; None within two weeks."""
        if self.on(at):
            return at
        begins = self.changes_at(at)
        return begins if self.on(begins) else None
