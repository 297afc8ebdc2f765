"""One case of one rule, and the request that it is asked with.

Owns: how a case is written and checked. The tables are in the test modules by topic; ``test_permit_decide`` looks
that no rule is without one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from domain_samples import NOON, NY, campaign, facts

from speedtolead.domain.campaign import ContactPolicy
from speedtolead.domain.hours import ALWAYS, WeeklyHours, parse_weekly
from speedtolead.domain.permit import ConsentFacts, Decision, Request, Rule
from speedtolead.domain.place import Candidate
from speedtolead.domain.rule_set import Means, RuleSet, StateRule
from speedtolead.service.rules.file import shipped

ALLOWED, REFUSED, NOT_BEFORE = Decision.ALLOWED, Decision.REFUSED, Decision.NOT_BEFORE
NOT_APPLICABLE = Decision.NOT_APPLICABLE
DAY = timedelta(hours=24)
MOMENT = timedelta(microseconds=1)
CONSENT = ConsentFacts(("call", "sms", "email"), written=True, given_at=NOON - DAY)


@dataclass(frozen=True)
class Case:
    """A request and the answer of one rule to it. ``inputs`` are those looked at, not all of them."""

    about: str
    request: Request
    decision: Decision
    words: str = ""
    inputs: Mapping[str, object] = field(default_factory=dict)
    citation: str | None = None
    not_before: datetime | None = None


Tables = Mapping[str, list[Case]]
"""By the rule's name."""


def rows(tables: Tables) -> list[tuple[str, Case]]:
    return [(rule, case) for rule, cases in tables.items() for case in cases]


def named(value: object) -> str:
    return value.about.replace(" ", "-") if isinstance(value, Case) else str(value)


def check(rule: Rule, case: Case) -> None:
    verdict = rule(case.request)
    name = getattr(rule, "__name__", "")
    assert (verdict.rule, verdict.decision, verdict.not_before) == (name, case.decision, case.not_before)
    assert case.words in verdict.reason
    assert bool(verdict.reason) is (case.decision is not ALLOWED)
    assert {key: verdict.inputs.get(key) for key in case.inputs} == case.inputs
    assert verdict.citation == case.citation


def asked(
    *where: Candidate,
    channel: str = "call",
    now: datetime = NOON,
    recorded: bool = False,
    rules: RuleSet | None = None,
    policy: ContactPolicy | None = None,
    consent: ConsentFacts = CONSENT,
    hours: WeeklyHours = ALWAYS,
    timezone: str = NY,
    cap: int = 3,
    **known: object,
) -> Request:
    """A call at noon to somebody in New York who agreed to it; what a case is about is named."""
    to = replace(campaign(hours=hours, timezone=timezone, cap=cap), contact=policy or ContactPolicy())
    of_person = replace(facts(candidates=where or (place("NY"),)), consent=consent, **known)  # type: ignore[arg-type]
    return Request(channel, to, of_person, now, rules or shipped(), recorded)


def place(state: str | None, zone: str = NY, origin: str = "state") -> Candidate:
    return Candidate(zone, state, origin)


def row(state: str, *means: Means, hours: str = "08:00-21:00", **parts: object) -> StateRule:
    """A row of the law for a test."""
    week = parse_weekly({"mon-sun": hours})
    return StateRule(state, frozenset(means or Means), week, **{"citation": "a law", **parts})  # type: ignore[arg-type]


def law(*rows: StateRule) -> RuleSet:
    """The shipped rule set with these rows for its states, and no others."""
    states: dict[str, tuple[StateRule, ...]] = {}
    for each in rows:
        states[each.state] = (*states.get(each.state, ()), each)
    return replace(shipped(), version="test", states=states)
