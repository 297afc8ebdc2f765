"""A rule set as people read it: one line a state, in words.

Owns: the words. Must not know: where they are shown; the page and the command show the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from speedtolead.domain.hours import Span, spans_text
from speedtolead.domain.rule_set import FEDERAL, Means, RuleSet, StateRule
from speedtolead.domain.states import state_name

_MEANS = {Means.CALL: "calls", Means.SMS: "texts", Means.RECORDED: "recorded voices"}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table. Hours are those of a day: ``09:00-19:00`` or ``closed``."""

    state: str
    name: str
    means: str
    weekday: str
    saturday: str
    sunday: str
    holiday: str
    beyond: list[str]
    """What the row says besides its hours."""
    citation: str
    confidence: str
    note: str


def lines(rules: RuleSet) -> list[Line]:
    """The federal floor, then every state by its name."""
    rows = [rule for state in sorted(rules.states, key=state_name) for rule in rules.states[state]]
    return [_line(rule) for rule in (rules.federal, *rows)]


def _line(rule: StateRule) -> Line:
    days = rule.week.days
    return Line(
        state=rule.state,
        name="Everywhere" if rule.state == FEDERAL else state_name(rule.state),
        means=", ".join(words for means, words in _MEANS.items() if means in rule.means),
        weekday=spans_text(days[0]),
        saturday=spans_text(days[5]),
        sunday=spans_text(days[6]),
        holiday=_holiday(rule.holiday),
        beyond=_beyond(rule),
        citation=rule.citation,
        confidence=rule.confidence.value,
        note=rule.note,
    )


def _holiday(spans: tuple[Span, ...] | None) -> str:
    return "as any day" if spans is None else spans_text(spans)


def _beyond(rule: StateRule) -> list[str]:
    said = []
    if rule.cap_24h is not None:
        said.append(f"at most {rule.cap_24h} calls and texts in 24 hours")
    if rule.written_consent:
        said.append("written consent")
    if rule.recorded_forbidden:
        said.append("no recorded messages")
    if not rule.inquiry_exempts:
        said.append("an inquiry does not exempt from the do-not-call list")
    if rule.lifted_by is not None:
        said.append(f"lifted by {rule.lifted_by} where the account uses the exemption")
    if rule.holiday is not None and rule.holidays:
        said.append(f"holidays: {', '.join(rule.holidays)}")
    if rule.in_force_from is not None or rule.in_force_to is not None:
        said.append(f"in force {_period(rule.in_force_from, rule.in_force_to)}")
    return said


def _period(start: date | None, end: date | None) -> str:
    return " ".join((*([f"from {start}"] if start else []), *([f"to {end}"] if end else [])))


def terms(rules: RuleSet) -> list[tuple[str, str, str]]:
    """What holds everywhere besides hours: its name, what it says, its source."""
    lists, left, recording = rules.do_not_call, rules.abandonment, rules.recording
    states = ", ".join(sorted(recording.all_party))
    return [
        (
            "Do-not-call lists",
            f"At most {lists.list_age.days} days old. Written consent exempts, an inquiry for "
            f"{lists.inquiry_months} months, a sale for {lists.transaction_months} months.",
            lists.citation,
        ),
        ("Recording", f"Everyone on the call must know of it: {states}.", recording.citation),
        (
            "Abandoned calls",
            f"At most {left.share:.0%} of live answers in {left.period.days} days may wait longer than "
            f"{left.within.total_seconds():g} s for a person.",
            left.citation,
        ),
    ]
