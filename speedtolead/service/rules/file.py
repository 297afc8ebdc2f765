"""A rule set as its file says it.

Owns: the schema of ``speedtolead/rules/us.yaml`` and of an operator's own copy, and its checks.
Must not know: the database. A file with one mistake is refused whole, with a line for each mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from speedtolead.domain.hours import DAYS, Span, WeeklyHours, parse_weekly
from speedtolead.domain.rule_set import (
    FEDERAL,
    Abandonment,
    Confidence,
    DoNotCall,
    Holidays,
    Means,
    Recording,
    RuleSet,
    StateRule,
)
from speedtolead.domain.states import state_name
from speedtolead.service.configuration.document import ConfigurationError, checked, load
from speedtolead.service.configuration.values import Part


def _day_hours(value: object) -> tuple[Span, ...]:
    if not isinstance(value, str):
        raise ValueError('expected hours like "08:00-20:00", or closed')
    try:
        return parse_weekly({"mon": value}).days[0]
    except ValueError as error:
        raise ValueError(str(error).removeprefix("mon: ")) from None


def _holiday(value: object) -> object:
    return None if value == "open" else _day_hours(value)


def _state(value: str) -> str:
    if state_name(value) == value or value == FEDERAL:
        raise ValueError(f"{value!r} is no state or territory, like NY")
    return value


DayHours = Annotated[tuple[Span, ...], BeforeValidator(_day_hours)]
Holiday = Annotated[tuple[Span, ...] | None, BeforeValidator(_holiday)]
State = Annotated[str, AfterValidator(_state)]
Text = Annotated[str, Field(min_length=1, max_length=500)]


class FederalPart(Part):
    hours: DayHours
    channels: Annotated[list[Means], Field(min_length=1)]
    citation: Text
    confidence: Confidence

    def to_domain(self) -> StateRule:
        week = WeeklyHours((self.hours,) * len(DAYS))
        return StateRule(
            FEDERAL, frozenset(self.channels), week, citation=self.citation, confidence=self.confidence
        )


class StatePart(Part):
    state: State
    weekday: Annotated[DayHours, Field(alias="mon-fri")]
    sat: DayHours
    sun: DayHours
    holiday: Holiday
    holidays: list[str] = Field(default_factory=list)
    channels: Annotated[list[Means], Field(min_length=1)]
    cap_24h: Annotated[int, Field(ge=1, le=100)] | None = None
    written_consent: Literal["required"] | None = None
    recorded: Literal["forbidden"] | None = None
    inquiry_exempts: bool = True
    lifted_by: Literal["consent", "inquiry"] | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    citation: Text
    confidence: Confidence
    note: str = ""

    def to_domain(self) -> StateRule:
        return StateRule(
            state=self.state,
            means=frozenset(self.channels),
            week=WeeklyHours((*(self.weekday,) * 5, self.sat, self.sun)),
            holiday=self.holiday,
            holidays=tuple(self.holidays),
            cap_24h=self.cap_24h,
            written_consent=self.written_consent is not None,
            recorded_forbidden=self.recorded is not None,
            inquiry_exempts=self.inquiry_exempts,
            lifted_by=self.lifted_by,
            in_force_from=self.effective_from,
            in_force_to=self.effective_to,
            citation=self.citation,
            confidence=self.confidence,
            note=self.note,
        )


class DoNotCallPart(Part):
    list_days: Annotated[int, Field(ge=1, le=366)]
    inquiry_months: Annotated[int, Field(ge=0, le=60)]
    transaction_months: Annotated[int, Field(ge=0, le=60)]
    citation: Text


class RecordingPart(Part):
    all_party: list[State]
    citation: Text
    confidence: Confidence


class AbandonmentPart(Part):
    seconds: Annotated[float, Field(gt=0, le=60)]
    share: Annotated[float, Field(gt=0, le=1)]
    days: Annotated[int, Field(ge=1, le=366)]
    citation: Text


class HolidayTablePart(Part):
    citation: Text
    confidence: Confidence
    days: dict[date, Text]


class RuleSetPart(Part):
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,62}$")]
    country: Literal["US"]
    effective_from: date
    checked: date
    holidays_until: date
    federal: FederalPart
    states: list[StatePart]
    do_not_call: DoNotCallPart
    recording: RecordingPart
    abandonment: AbandonmentPart
    holidays: dict[str, HolidayTablePart]

    def to_domain(self) -> RuleSet:
        states: dict[str, tuple[StateRule, ...]] = {}
        for part in self.states:
            states[part.state] = (*states.get(part.state, ()), part.to_domain())
        dnc, left = self.do_not_call, self.abandonment
        return RuleSet(
            version=self.version,
            effective_from=self.effective_from,
            checked=self.checked,
            holidays_until=self.holidays_until,
            federal=self.federal.to_domain(),
            states=states,
            holidays={name: Holidays(t.days, t.citation, t.confidence) for name, t in self.holidays.items()},
            do_not_call=DoNotCall(
                timedelta(days=dnc.list_days), dnc.inquiry_months, dnc.transaction_months, dnc.citation
            ),
            recording=Recording(
                frozenset(self.recording.all_party), self.recording.citation, self.recording.confidence
            ),
            abandonment=Abandonment(
                timedelta(seconds=left.seconds), left.share, timedelta(days=left.days), left.citation
            ),
        )


def read(text: str) -> RuleSet:
    """A rule set's text, checked. Raises ConfigurationError with a line for each mistake."""
    loaded = load(text)
    if not isinstance(loaded, dict):
        raise ConfigurationError(["the file is not a mapping; it begins with version: NAME"])
    part = checked(RuleSetPart, loaded)
    problems = list(_contradictions(part))
    if problems:
        raise ConfigurationError(problems)
    return part.to_domain()


def shipped_text() -> str:
    return (files("speedtolead") / "rules" / "us.yaml").read_text("utf-8")


@cache
def shipped() -> RuleSet:
    """The rule set that comes with this version of the product."""
    return read(shipped_text())


def _contradictions(part: RuleSetPart) -> Iterator[str]:
    for i, row in enumerate(part.states):
        for name in row.holidays:
            if name not in part.holidays:
                yield f"states[{i}].holidays: there is no table {name!r} under holidays"
        if (row.effective_to or date.max) < (row.effective_from or date.min):
            yield f"states[{i}].effective_to: {row.effective_to} is before effective_from"
        if row.holiday is not None and not row.holidays:
            yield f"states[{i}].holidays: {row.state} treats holidays apart, so say which tables it goes by"
        for j, other in enumerate(part.states[:i]):
            if other.state == row.state and _overlap(row, other):
                yield f"states[{i}]: {row.state} has hours for the same channel and day in states[{j}]"
    for name, table in part.holidays.items():
        late = [day for day in table.days if day > part.holidays_until]
        if late:
            yield f"holidays.{name}: {min(late)} is after holidays_until"


def _overlap(one: StatePart, other: StatePart) -> bool:
    starts = max(one.effective_from or date.min, other.effective_from or date.min)
    ends = min(one.effective_to or date.max, other.effective_to or date.max)
    return bool(set(one.channels) & set(other.channels)) and starts <= ends
