"""The law as data: hours, holidays, caps and exemptions by state, of one dated version.

Owns: the shape of a rule set, and what of it is in force on a day for a state and a channel.
Must not know: the file that it is written in, or what follows for an attempt; the permit knows.
A day after ``holidays_until`` is closed wherever holidays are: a table that has run out permits nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from speedtolead.domain.hours import Span, WeeklyHours

FEDERAL = "US"


class Confidence(StrEnum):
    """How well a row was checked. A row of low confidence is applied like any other, and marked."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Means(StrEnum):
    """What a row of the table speaks of."""

    CALL = "call"
    SMS = "sms"
    RECORDED = "recorded"
    """A call in which a recorded or artificial voice speaks."""


@dataclass(frozen=True, slots=True)
class StateRule:
    """One row: the hours of one state (or the federal floor, ``US``) for some means, while it is in force."""

    state: str
    means: frozenset[Means]
    week: WeeklyHours
    holiday: tuple[Span, ...] | None = None
    """Open spans of a holiday; none: closed all day. None: a holiday is like any day of the week."""
    holidays: tuple[str, ...] = ()
    """The tables of holidays that it goes by."""
    cap_24h: int | None = None
    """Calls and texts to one person in any 24 hours."""
    written_consent: bool = False
    recorded_forbidden: bool = False
    inquiry_exempts: bool = True
    """False: an inquiry does not exempt from the do-not-call list here."""
    lifted_by: str | None = None
    """``consent`` or ``inquiry``: what lifts the row where the account uses that exemption."""
    in_force_from: date | None = None
    in_force_to: date | None = None
    """The last day."""
    citation: str = ""
    confidence: Confidence = Confidence.HIGH
    note: str = ""

    def in_force(self, day: date) -> bool:
        return (self.in_force_from is None or self.in_force_from <= day) and (
            self.in_force_to is None or day <= self.in_force_to
        )


@dataclass(frozen=True, slots=True)
class Holidays:
    """The days of one table, by name."""

    days: Mapping[date, str]
    citation: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class DoNotCall:
    """47 CFR 64.1200(c)(2): how old a list may be, and what exempts a number that is on it."""

    list_age: timedelta
    inquiry_months: int
    transaction_months: int
    citation: str


@dataclass(frozen=True, slots=True)
class Recording:
    all_party: frozenset[str]
    citation: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Abandonment:
    """47 CFR 64.1200(a)(7): at most ``share`` of live answers without an agent ``within``, over ``period``."""

    within: timedelta
    share: float
    period: timedelta
    citation: str


@dataclass(frozen=True, eq=False)
class RuleSet:
    """One version. Compared and hashed by identity: it is loaded once and shared."""

    version: str
    effective_from: date
    checked: date
    holidays_until: date
    federal: StateRule
    states: Mapping[str, tuple[StateRule, ...]]
    holidays: Mapping[str, Holidays]
    do_not_call: DoNotCall
    recording: Recording
    abandonment: Abandonment
    _hours: dict[tuple[str, Means], StateHours] = field(default_factory=dict, init=False, repr=False)

    def rule(self, state: str, means: Means, day: date) -> StateRule | None:
        """The state's own row in force on a day, if it has one for these means."""
        for rule in self.states.get(state, ()):
            if means in rule.means and rule.in_force(day):
                return rule
        return None

    def hours(self, state: str, means: Means) -> StateHours:
        """The state's hours over the calendar; the whole day where it has no row. Shared between calls."""
        known = self._hours.get((state, means))
        if known is None:
            known = self._hours[state, means] = StateHours(self, state, means)
        return known

    def holiday(self, rule: StateRule, day: date) -> str | None:
        """The name of the holiday that a day is in a row's tables. A day beyond the tables is one as well."""
        if not rule.holidays:
            return None
        for name in rule.holidays:
            found = self.holidays[name].days.get(day)
            if found is not None:
                return found
        return "a day beyond the tables of holidays" if day > self.holidays_until else None


_ALL_DAY = (Span(0, 1440),)
_WEEKEND = {5: "Saturday", 6: "Sunday"}


@dataclass(frozen=True, slots=True)
class StateDay:
    """What a state says of one day."""

    rule: StateRule | None
    """The row in force; None: the state has none for these means."""
    spans: tuple[Span, ...]
    kind: str
    """``weekday``, ``Saturday``, ``Sunday``, or the holiday's name where the row treats it apart."""


@dataclass(frozen=True, eq=False, slots=True)
class StateHours:
    """The hours of a state for some means, day by day, with its holidays; compared by identity."""

    rules: RuleSet
    state: str
    means: Means
    _days: dict[date, StateDay] = field(default_factory=dict, init=False, repr=False)

    def spans(self, day: date) -> tuple[Span, ...]:
        return self.on(day).spans

    def on(self, day: date) -> StateDay:
        """Worked out once: the rules do not change, and all leads of a week ask about the same days."""
        known = self._days.get(day)
        if known is None:
            known = self._days[day] = self._worked_out(day)
        return known

    def _worked_out(self, day: date) -> StateDay:
        rule, kind = self._rule(day), _WEEKEND.get(day.weekday(), "weekday")
        if rule is None:
            return StateDay(None, _ALL_DAY, kind)
        holiday = None if rule.holiday is None else self.rules.holiday(rule, day)
        if rule.holiday is None or holiday is None:
            return StateDay(rule, rule.week.spans(day), kind)
        return StateDay(rule, rule.holiday, holiday)

    def _rule(self, day: date) -> StateRule | None:
        if self.state == FEDERAL:
            return self.rules.federal if self.means in self.rules.federal.means else None
        return self.rules.rule(self.state, self.means, day)
