"""The qualified call: whether an incoming call is one that its source is paid for.

Owns: the rule, the verdict of each condition with what it looked at, and the price that follows.
Must not know: where the facts come from, or who is told. A fact that is missing fails the condition that needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class QualifiedRule:
    """Every part that is said must hold. None of them said: every call that was put through to an agent counts."""

    minimum_talk: timedelta | None = None
    """So long agent and caller talked."""
    choices: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Answers in the menu, by what was asked: one of these."""
    states: frozenset[str] | None = None
    """The caller's state: by the postal code that was entered, else by an area code that lies in one state."""
    first_call_in: timedelta | None = None
    """The same phone has not called the source for so long."""


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What is known of a call at its end."""

    at: datetime
    talk: timedelta | None
    """None: it was put through to nobody."""
    answers: Mapping[str, str] = field(default_factory=dict)
    state: str | None = None
    phone_known: bool = True
    last_call_at: datetime | None = None
    """When the same phone last called this source before."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: what it asks for, what there was, and whether it holds. Values are plain."""

    name: str
    required: object
    found: object
    met: bool


@dataclass(frozen=True, slots=True)
class Judged:
    billable: bool
    conditions: tuple[Condition, ...]

    def price(self, of_a_call: Decimal | None) -> Decimal | None:
        """What the call costs; None where no price is agreed."""
        if of_a_call is None:
            return None
        return of_a_call if self.billable else Decimal("0.00")


def judge(rule: QualifiedRule, facts: CallFacts) -> Judged:
    """Every condition of the rule, in the order talk, choices, state, first call."""
    least = rule.minimum_talk or timedelta(0)
    found = [
        Condition(
            "minimum_talk",
            least.total_seconds(),
            None if facts.talk is None else facts.talk.total_seconds(),
            facts.talk is not None and facts.talk >= least,
        )
    ]
    for name, allowed in sorted(rule.choices.items()):
        said = facts.answers.get(name)
        found.append(Condition(f"choices.{name}", sorted(allowed), said, said in allowed))
    if rule.states is not None:
        found.append(Condition("states", sorted(rule.states), facts.state, facts.state in rule.states))
    if rule.first_call_in is not None:
        found.append(_first(rule.first_call_in, facts))
    return Judged(all(condition.met for condition in found), tuple(found))


def _first(within: timedelta, facts: CallFacts) -> Condition:
    """A withheld number may have called before: nobody can say that it did not."""
    before = facts.last_call_at
    since = None if before is None else (facts.at - before).total_seconds() / 86_400
    met = facts.phone_known and (before is None or facts.at - before > within)
    found: object = "number withheld" if not facts.phone_known else None if since is None else round(since, 2)
    return Condition("first_call_in", within.total_seconds() / 86_400, found, met)
