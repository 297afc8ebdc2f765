"""Which incoming calls are billable, each condition with what it looked at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from speedtolead.domain.qualified import CallFacts, Condition, QualifiedRule, judge

NOW = datetime(2026, 11, 23, 17, tzinfo=UTC)
RULE = QualifiedRule(
    minimum_talk=timedelta(seconds=90),
    choices={"product": frozenset({"auto"})},
    states=frozenset({"NY", "NJ"}),
    first_call_in=timedelta(days=30),
)
GOOD = CallFacts(NOW, timedelta(seconds=90), {"product": "auto"}, "NY")


def facts(**changes: object) -> CallFacts:
    return CallFacts(**{name: getattr(GOOD, name) for name in GOOD.__slots__} | changes)


@pytest.mark.parametrize(
    ("changes", "fails"),
    [
        ({}, None),
        ({"talk": timedelta(seconds=89.9)}, "minimum_talk"),
        ({"talk": None}, "minimum_talk"),
        ({"answers": {"product": "home"}}, "choices.product"),
        ({"answers": {}}, "choices.product"),
        ({"state": "FL"}, "states"),
        ({"state": None}, "states"),
        ({"last_call_at": NOW - timedelta(days=30)}, "first_call_in"),
        ({"last_call_at": NOW - timedelta(days=30, seconds=1)}, None),
        ({"phone_known": False}, "first_call_in"),
    ],
)
def test_every_condition_must_hold(changes: dict[str, object], fails: str | None) -> None:
    found = judge(RULE, facts(**changes))
    assert [c.name for c in found.conditions] == ["minimum_talk", "choices.product", "states", "first_call_in"]
    assert [c.name for c in found.conditions if not c.met] == ([] if fails is None else [fails])
    assert found.billable is (fails is None)
    assert found.price(Decimal("40.00")) == Decimal("40.00" if fails is None else "0.00")
    assert found.price(None) is None


def test_without_a_rule_every_call_that_was_put_through_counts() -> None:
    assert judge(QualifiedRule(), CallFacts(NOW, timedelta(0))).billable
    assert not judge(QualifiedRule(), CallFacts(NOW, None)).billable


def test_a_condition_says_what_it_asked_for_and_what_it_found() -> None:
    found = judge(RULE, facts(last_call_at=NOW - timedelta(days=3), talk=timedelta(seconds=12)))
    assert found.conditions == (
        Condition("minimum_talk", 90.0, 12.0, False),
        Condition("choices.product", ["auto"], "auto", True),
        Condition("states", ["NJ", "NY"], "NY", True),
        Condition("first_call_in", 30.0, 3.0, False),
    )
