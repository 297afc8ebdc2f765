"""The score: each part by its formula."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from domain_samples import NOON, examples
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.domain.criteria import LeadValues, from_document
from speedtolead.domain.score import (
    STANDARD,
    FitRule,
    History,
    Known,
    Part,
    Penalty,
    Score,
    Weights,
    score,
    smoothed,
)

D = Decimal
MINUTE = timedelta(minutes=1)
ACCOUNT = History(accepted=1000, contacted=400, sold=100)


def part(known: Known, name: str, weights: Weights = STANDARD) -> Part:
    (found,) = [p for p in score(known, NOON, weights=weights).parts if p.name == name]
    return found


# ---- the whole ----------------------------------------------------------------------------------------------


def test_a_lead_of_which_nothing_is_known_scores_the_base() -> None:
    found = score(Known(), NOON)
    assert found.value == 50
    assert [(p.name, p.points, p.words) for p in found.parts] == [
        ("base", 50, "where every lead begins"),
        ("contact", 0, "the account has no contact to compare with"),
        ("sale", 0, "the account has no sale to compare with"),
        ("freshness", 0, "the age at arrival is not known"),
        ("price", 0, "no price to compare"),
        ("exclusivity", 0, "not known"),
    ]


BEST = Known(
    source=History(10_000, 10_000, 10_000),
    account=History(20_000, 10_000, 10_000),
    age=timedelta(0),
    price=D(50),
    usual_price=D(25),
    exclusive=True,
)
WORST = Known(
    source=History(10_000, 0, 0),
    account=History(20_000, 10_000, 10_000),
    age=timedelta(days=30),
    price=D(10),
    usual_price=D(25),
    exclusive=False,
)


def test_the_best_lead_scores_100_and_the_worst_1() -> None:
    assert score(BEST, NOON).value == 100
    assert "limits" not in {p.name for p in score(BEST, NOON).parts}
    worst = score(WORST, NOON)
    assert worst.value == 1
    assert worst.parts[-1] == Part("limits", 1, "0 is outside 1 to 100", {"lowest": 1, "highest": 100})


@pytest.mark.parametrize(
    ("rules", "penalties", "value", "limits"),
    [
        ([FitRule("any", from_document({}), 30)], (), 80, None),
        ([FitRule("any", from_document({}), 70)], (), 100, -20),
        ([], (Penalty("email", 20, "the e-mail's domain does not exist"),), 30, None),
        ([], (Penalty("email", 20, ""), Penalty("name", 50, "")), 1, 21),
    ],
)
def test_what_the_limits_cut_off_is_a_part(
    rules: list[FitRule], penalties: tuple[Penalty, ...], value: int, limits: int | None
) -> None:
    found = score(Known(penalties=penalties), NOON, rules)
    assert found.value == value
    assert next((p.points for p in found.parts if p.name == "limits"), None) == limits


histories = st.integers(0, 5000).flatmap(
    lambda n: st.builds(History, st.just(n), st.integers(0, n), st.integers(0, n))
)
prices = st.one_of(st.none(), st.decimals(0, 10_000, places=4))
everything = st.builds(
    Known,
    values=st.builds(LeadValues, st.sampled_from([None, "FL", "TX"])),
    source=st.one_of(st.none(), histories),
    account=st.one_of(st.none(), histories),
    age=st.one_of(st.none(), st.timedeltas()),
    price=prices,
    usual_price=prices,
    exclusive=st.sampled_from([None, True, False]),
    penalties=st.lists(st.builds(Penalty, st.just("x"), st.integers(0, 50), st.just("why")), max_size=3).map(tuple),
)
weights = st.builds(Weights, base=st.integers(0, 100), prior_leads=st.floats(0, 1000))


@examples(300)
@given(everything, st.integers(-60, 60), weights)
def test_the_parts_add_up_to_the_value(known: Known, points: int, weights: Weights) -> None:
    found = score(known, NOON, [FitRule("in Florida", from_document({"states": ["FL"]}), points)], weights)
    assert 1 <= found.value <= 100
    assert sum(p.points for p in found.parts) == found.value
    assert all(p.words for p in found.parts)


# ---- history ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "contact", "sale"),
    [
        (None, 0, 0),
        (History(0, 0, 0), 0, 0),
        (History(500, 200, 50), 0, 0),  # as the account
        # (400 + 20) / 550 = 76.4 %, 0.93 doublings of 40 %; (100 + 5) / 550 = 19.1 %, 0.93 doublings of 10 %
        (History(500, 400, 100), 14, 14),
        # 20 / 550 is less than half; (25 + 5) / 550 = 5.5 %, -0.87 doublings
        (History(500, 0, 25), -15, -13),
        # one lead, contacted and sold, says little: 21 / 51 and 6 / 51
        (History(1, 1, 1), 1, 4),
        # fifty say half: (50 + 20) / 100 = 70 %, 0.81 doublings; 5 / 100, one halving
        (History(50, 50, 0), 12, -15),
    ],
)
def test_a_sources_history_counts_as_far_as_it_is_proven(source: History | None, contact: int, sale: int) -> None:
    known = Known(source=source, account=ACCOUNT)
    assert (part(known, "contact").points, part(known, "sale").points) == (contact, sale)


def test_a_history_part_tells_its_numbers() -> None:
    found = part(Known(source=History(500, 400, 100), account=ACCOUNT), "contact")
    assert found.words == "400 of 500 leads of the source, smoothed 76.4%; the account 40.0%"
    assert found.inputs == {
        "count": 400,
        "of": 500,
        "account_rate": 0.4,
        "smoothed_rate": 0.7636,
        "prior_leads": 50.0,
    }


@pytest.mark.parametrize("account", [None, History(0, 0, 0), History(100, 0, 0)])
def test_without_an_account_to_compare_with_history_says_nothing(account: History | None) -> None:
    known = Known(source=History(10, 10, 10), account=account)
    assert (part(known, "contact").points, part(known, "sale").points) == (0, 0)


def test_without_a_prior_the_sources_own_rate_counts_alone() -> None:
    bare = replace(STANDARD, prior_leads=0.0)
    assert part(Known(source=History(1, 1, 0), account=ACCOUNT), "contact", bare).points == 15
    assert part(Known(source=History(1, 1, 0), account=ACCOUNT), "sale", bare).points == -15
    assert part(Known(account=ACCOUNT), "sale", bare).points == 0


@pytest.mark.parametrize("counts", [(10, 11, 0), (10, 0, 11), (10, -1, 0), (-1, 0, 0)])
def test_more_contacts_than_leads_are_no_history(counts: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="accepted"):
        History(*counts)


@examples(200)
@given(st.integers(1, 5000), st.floats(0, 1), st.floats(0.1, 500), st.data())
def test_smoothing_moves_a_rate_between_its_own_and_the_accounts(
    of: int, usual: float, strength: float, data: st.DataObject
) -> None:
    count = data.draw(st.integers(0, of))
    found = smoothed(count, of, usual, strength)
    low, high = sorted((count / of, usual))
    assert low - 1e-9 <= found <= high + 1e-9
    # the distance from its own rate is the prior's share of all that is known
    assert abs(found - count / of) == pytest.approx((high - low) * strength / (of + strength), abs=1e-9)


# ---- fit, freshness, price, exclusivity ---------------------------------------------------------------------


def test_every_fit_rule_that_matches_counts_and_one_that_does_not_says_why() -> None:
    rules = [
        FitRule("owner", from_document({"attributes": {"homeowner": {"is_true": True}}}), 8),
        FitRule("middle age", from_document({"attributes": {"age": {"between": [35, 55]}}}), 5),
        FitRule("renter", from_document({"attributes": {"homeowner": {"is_false": True}}}), -8),
    ]
    known = Known(LeadValues(attributes={"homeowner": "yes", "age": 40}))
    found = score(known, NOON, rules)
    fits = [(p.name, p.points, p.words) for p in found.parts if p.name.startswith("fit.")]
    assert fits == [
        ("fit.owner", 8, "matches"),
        ("fit.middle age", 5, "matches"),
        ("fit.renter", 0, "homeowner is yes; this source takes no only"),
    ]
    assert found.value == 63


@pytest.mark.parametrize(
    ("age", "points"),
    [
        (None, 0),
        (timedelta(0), 10),
        (timedelta(seconds=2), 10),
        (5 * MINUTE, 4),  # 10 * (2 ** 0.5 - 1)
        (10 * MINUTE, 0),
        (20 * MINUTE, -5),
        (timedelta(days=1), -10),
        (timedelta(days=99_999), -10),
        (timedelta(seconds=-30), 10),  # the sender's clock is ahead
    ],
)
def test_freshness_halves_with_each_half_life(age: timedelta | None, points: int) -> None:
    found = part(Known(age=age), "freshness")
    assert found.points == points
    assert found.inputs["age_seconds"] == (None if age is None else age.total_seconds())


@pytest.mark.parametrize(
    ("price", "usual", "points"),
    [
        (None, None, 0),
        (D(25), None, 0),
        (None, D(25), 0),
        (D(0), D(25), 0),
        (D(25), D(0), 0),
        (D(25), D(25), 0),
        (D("37.50"), D(25), 3),  # 0.58 doublings
        (D(50), D(25), 5),
        (D(500), D(25), 5),
        (D("12.50"), D(25), -5),
        (D("0.0001"), D(9999), -5),
    ],
)
def test_a_dearer_lead_promises_more(price: Decimal | None, usual: Decimal | None, points: int) -> None:
    found = part(Known(price=price, usual_price=usual), "price")
    assert found.points == points
    said = [None if amount is None else str(amount) for amount in (price, usual)]
    assert list(found.inputs.values()) == said
    compared = f"{price}, usually {usual}" if price and usual else "no price to compare"
    assert found.words == compared


@pytest.mark.parametrize(("exclusive", "points"), [(None, 0), (True, 5), (False, -5)])
def test_an_exclusive_lead_promises_more(exclusive: bool | None, points: int) -> None:
    assert part(Known(exclusive=exclusive), "exclusivity").points == points


def test_a_penalty_is_a_part_of_its_own() -> None:
    penalties = (Penalty("email", 7, "the e-mail's domain does not exist"), Penalty("name", 0, "odd, but not bad"))
    found = score(Known(penalties=penalties), NOON)
    assert found.parts[-2:] == (
        Part("penalty.email", -7, "the e-mail's domain does not exist", {}),
        Part("penalty.name", 0, "odd, but not bad", {}),
    )
    assert found == Score(43, found.parts)
