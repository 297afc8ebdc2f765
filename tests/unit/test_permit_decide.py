"""The rules together: one refusal refuses, the latest delay is named, and no rule is without its table of cases."""

from __future__ import annotations

from datetime import datetime

import pytest
import test_permit_caps
import test_permit_consent
import test_permit_lists
import test_permit_windows
from domain_samples import FICTIONAL, GUAM, LA, NOON, NY, at, places
from permit_cases import (
    ALLOWED,
    DAY,
    NOT_APPLICABLE,
    NOT_BEFORE,
    REFUSED,
    asked,
    law,
    place,
)

from speedtolead.domain.campaign import ContactPolicy
from speedtolead.domain.hours import parse_weekly
from speedtolead.domain.permit import RULES, ConsentFacts, Contacted, Decision, Rule, Suppressed, Verdict, decide
from speedtolead.domain.permit.decide import WHENEVER

TABLES = {
    name: cases
    for module in (test_permit_consent, test_permit_lists, test_permit_windows, test_permit_caps)
    for name, cases in module.TABLES.items()
}
NIGHT = at(NY, 2026, 6, 10, 3)
STOPPED = (Suppressed("stop", "account"),)
ANSWERS = {
    "consent_for_channel": {ALLOWED, REFUSED},
    "suppression": {ALLOWED, REFUSED},
    "attempt_cap": {ALLOWED, NOT_BEFORE, NOT_APPLICABLE},
    "calling_window": {ALLOWED, NOT_BEFORE, REFUSED, NOT_APPLICABLE},
    "state_window": {ALLOWED, NOT_BEFORE, REFUSED, NOT_APPLICABLE},
    "account_window": {ALLOWED, NOT_BEFORE, REFUSED, NOT_APPLICABLE},
    "campaign_hours": {ALLOWED, NOT_BEFORE, REFUSED},
}
"""What a rule may say; the others allow, refuse or do not apply."""


def test_every_rule_has_a_table_with_each_of_its_answers() -> None:
    names = [rule.__name__ for rule in RULES]
    assert sorted(TABLES) == sorted(names)
    for name in names:
        shown = {case.decision for case in TABLES[name]}
        assert shown == ANSWERS.get(name, {ALLOWED, REFUSED, NOT_APPLICABLE}), name


def test_what_is_asked_once_is_answered_alike_at_every_moment() -> None:
    for rule in WHENEVER:
        for case in TABLES[rule.__name__]:
            for later in (DAY / 3, 4 * DAY, 400 * DAY):
                answer = rule(case.request.at(case.request.now + later))
                assert (answer.decision, answer.not_before) == (case.decision, None), (rule.__name__, case.about)


def test_every_rule_is_asked_in_order_even_after_a_refusal() -> None:
    permit = decide(asked(candidates=(), consent=ConsentFacts(), suppressed=STOPPED))
    assert [v.rule for v in permit.verdicts] == [rule.__name__ for rule in RULES]
    assert len(permit.reasons) == 3


def test_a_permit_names_its_rule_set_and_its_moment() -> None:
    permit = decide(asked(rules=law()))
    assert permit.allowed
    assert (permit.rule_set, permit.decided_at, permit.not_before, permit.reasons) == ("test", NOON, None, [])


def always(decision: Decision, not_before: datetime | None = None) -> Rule:
    return lambda request: Verdict("fixed", decision, {}, decision.value, None, not_before)


@pytest.mark.parametrize("stands", range(len(RULES) + 1))
def test_one_refusal_refuses_wherever_it_stands(stands: int) -> None:
    permit = decide(asked(now=NIGHT), [*RULES[:stands], always(REFUSED), *RULES[stands:]])
    assert (permit.decision, permit.not_before) == (REFUSED, None)


def test_a_rule_that_does_not_apply_neither_allows_nor_refuses() -> None:
    permit = decide(asked(), [always(NOT_APPLICABLE)])
    assert permit.allowed
    assert permit.reasons == []
    assert decide(asked(), [always(NOT_APPLICABLE), always(REFUSED)]).decision is REFUSED


def test_a_delay_without_a_moment_refuses() -> None:
    assert decide(asked(), [always(NOT_BEFORE)]).decision is REFUSED


def test_two_rules_that_never_agree_refuse() -> None:
    def in_an_hour(request: object) -> Verdict:
        assert hasattr(request, "now")
        return Verdict("later", NOT_BEFORE, {}, "later", None, request.now + DAY)

    assert decide(asked(), [in_an_hour]).decision is REFUSED


def test_the_latest_of_two_delays_is_named() -> None:
    recent = at(NY, 2026, 6, 9, 9, 30)
    permit = decide(asked(now=NIGHT, contacts=(Contacted(recent, "call"),), cap=1))
    assert permit.not_before == recent + DAY
    assert len(permit.reasons) == 2


def test_an_opening_that_falls_into_a_closed_hour_is_passed_over() -> None:
    """The campaign opens at 06:00 in New York, when nobody in Los Angeles may be called."""
    hours = parse_weekly({"mon-sun": "06:00-10:00,12:00-13:00"})
    permit = decide(asked(*places(LA), now=at(NY, 2026, 6, 10, 14), hours=hours))
    assert (permit.decision, permit.not_before) == (NOT_BEFORE, at(NY, 2026, 6, 11, 12))


@pytest.mark.parametrize(
    ("last", "opens"),
    [
        (at(NY, 2026, 6, 9, 20, 50), at(NY, 2026, 6, 10, 20, 50)),
        (at(NY, 2026, 6, 9, 21, 30), at(NY, 2026, 6, 11, 8)),
    ],
)
def test_the_end_of_the_cap_may_fall_into_the_night(last: datetime, opens: datetime) -> None:
    permit = decide(asked(now=at(NY, 2026, 6, 10, 20), contacts=(Contacted(last, "call"),), cap=1))
    assert permit.not_before == opens


def test_a_consent_that_grows_too_old_by_the_opening_is_refused() -> None:
    policy = ContactPolicy(consent_age=DAY)
    consent = ConsentFacts(("call",), given_at=at(NY, 2026, 6, 9, 5))
    permit = decide(asked(now=NIGHT, policy=policy, consent=consent))
    assert (permit.decision, permit.not_before) == (REFUSED, None)
    assert permit.reasons == ["It is outside 08:00 to 21:00 at America/New_York."]


def test_hours_that_never_meet_the_law_are_refused() -> None:
    permit = decide(asked(hours=parse_weekly({"mon-sun": "22:00-24:00"})))
    assert permit.decision is REFUSED
    assert permit.reasons


@pytest.mark.parametrize(
    ("hours", "now"),
    [("00:00-02:30", at(NY, 2026, 3, 8, 3, 10)), ("01:30-06:00", at(NY, 2026, 11, 1, 1, 15, fold=1))],
)
def test_nobody_is_given_up_because_the_clocks_change(hours: str, now: datetime) -> None:
    """A campaign by night in New York, for people in Guam."""
    permit = decide(asked(*places(GUAM), now=now, hours=parse_weekly({"mon-sun": hours})))
    assert permit.decision is NOT_BEFORE


def test_a_fictional_number_is_exempt_from_the_laws_hours_only() -> None:
    def night(decision: Decision, **parts: object) -> bool:
        known = {"phone": FICTIONAL, "fictional_exempt": True, "candidates": (), **parts}
        return decide(asked(now=NIGHT, **known)).decision is decision  # type: ignore[arg-type]

    assert night(ALLOWED)
    assert night(REFUSED, consent=ConsentFacts())
    assert night(REFUSED, suppressed=STOPPED)
    assert night(REFUSED, hours=parse_weekly({}))
    assert night(REFUSED, reassigned=True)
    assert night(REFUSED, candidates=(place("MA"),), recorded=True)
    assert night(NOT_BEFORE, contacts=(Contacted(NIGHT, "call"),) * 3)
