"""Returns: what makes a lead suspect, what a vendor's terms allow, and every state of a claim with every event."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from domain_samples import NOON, examples
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.domain.call import LegEnd
from speedtolead.domain.errors import IllegalTransition
from speedtolead.domain.returned import (
    ClaimEvent,
    ClaimState,
    ReturnReason,
    ReturnTerms,
    advance,
    claimable,
    credit_due,
    deadline,
    reason_of_code,
    sources,
    within_share,
)

S, E, R = ClaimState, ClaimEvent, ReturnReason
DAY = timedelta(days=1)
TERMS = ReturnTerms(7 * DAY, frozenset({R.DISCONNECTED, R.WRONG_PERSON}), Decimal("0.15"))

# ---- what the carrier said ----------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["404", "410", "604", "21211", "21217", " 404 "])
def test_a_number_that_is_not_in_service_is_suspected(code: str) -> None:
    assert reason_of_code(code, LegEnd.FAILED) is R.DISCONNECTED


@pytest.mark.parametrize(
    "code",
    [
        *("200", "403", "408", "480", "484", "486", "487", "500", "502", "503", "603", "607", "608"),
        *(
            "13223",
            "13224",
            "13225",
            "20003",
            "20429",
            "21210",
            "21214",
            "21215",
            "21216",
            "21614",
            "30003",
            "30005",
        ),
        *("", "4040", "not found"),
    ],
)
def test_trouble_on_the_way_is_not_the_numbers_fault(code: str) -> None:
    assert reason_of_code(code, LegEnd.FAILED) is None


@pytest.mark.parametrize("end", [None, *(end for end in LegEnd if end is not LegEnd.FAILED)])
@pytest.mark.parametrize("code", ["404", "410", "604", "21211"])
def test_a_leg_that_did_not_fail_suspects_nobody(code: str, end: LegEnd | None) -> None:
    assert reason_of_code(code, end) is None


def test_a_failure_without_a_code_suspects_nobody() -> None:
    assert reason_of_code(None, LegEnd.FAILED) is None


# ---- what the terms allow -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "after", "why_not"),
    [
        (R.DISCONNECTED, timedelta(0), None),
        (R.WRONG_PERSON, 7 * DAY - timedelta(microseconds=1), None),
        (R.DISCONNECTED, 7 * DAY, "The return window ended at 2026-06-17 16:00 UTC."),
        (R.DISCONNECTED, 70 * DAY, "The return window ended at 2026-06-17 16:00 UTC."),
        (R.FRAUD, timedelta(0), "The vendor takes no lead back for fraud; it takes disconnected, wrong_person."),
        (R.FRAUD, 70 * DAY, "The vendor takes no lead back for fraud; it takes disconnected, wrong_person."),
    ],
)
def test_a_lead_is_claimable_for_an_agreed_reason_within_the_window(
    reason: ReturnReason, after: timedelta, why_not: str | None
) -> None:
    assert claimable(NOON, reason, TERMS, NOON + after) == why_not
    assert deadline(NOON, TERMS) == NOON + 7 * DAY


def test_the_reasons_that_are_taken_are_told_in_order() -> None:
    why_not = claimable(NOON, R.FRAUD, ReturnTerms(DAY, frozenset(R) - {R.FRAUD}), NOON)
    taken = "did_not_request, disconnected, duplicate, outside_criteria, wrong_person"
    assert why_not == f"The vendor takes no lead back for fraud; it takes {taken}."


def test_a_vendor_may_take_nothing_back() -> None:
    why_not = claimable(NOON, R.FRAUD, ReturnTerms(DAY, frozenset()), NOON)
    assert why_not == "The vendor takes no lead back for fraud; it takes no reason."


@pytest.mark.parametrize(
    ("share", "returned", "accepted", "fits"),
    [
        ("0.15", 14, 100, True),  # the 15th of 100 is 15 % exactly
        ("0.15", 15, 100, False),
        ("0.15", 0, 6, False),  # one of six is more than 15 %
        ("0.15", 0, 7, True),
        ("0.15", 0, 0, False),
        ("0", 0, 1000, False),
        ("1", 99, 100, True),
        (None, 100, 100, True),
    ],
)
def test_no_more_than_the_agreed_share_is_returned(
    share: str | None, returned: int, accepted: int, fits: bool
) -> None:
    terms = ReturnTerms(DAY, frozenset(R), None if share is None else Decimal(share))
    assert (within_share(terms, returned, accepted) is None) is fits


def test_the_share_is_told_in_words() -> None:
    words = "15 of 100 leads were returned; the vendor takes back at most 15.0%."
    assert within_share(TERMS, 15, 100) == words


@examples(100)
@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 100))
def test_the_share_is_never_exceeded(returned: int, accepted: int, percent: int) -> None:
    terms = ReturnTerms(DAY, frozenset(R), Decimal(percent) / 100)
    assert (within_share(terms, returned, accepted) is None) == (100 * (returned + 1) <= percent * accepted)


def test_full_credit_is_the_whole_price() -> None:
    assert credit_due(TERMS, Decimal("31.50")) == Decimal("31.50")


# ---- the claim ----------------------------------------------------------------------------------------------

# sent, credited, rejected, time passed, withdrawn; None: illegal
TABLE: dict[ClaimState, tuple[ClaimState | None, ...]] = {
    S.PREPARED: (S.SENT, None, None, S.EXPIRED, S.WITHDRAWN),
    S.SENT: (S.SENT, S.CREDITED, S.REJECTED, S.EXPIRED, None),
    S.CREDITED: (S.CREDITED, S.CREDITED, None, S.CREDITED, None),
    S.REJECTED: (S.REJECTED, S.CREDITED, S.REJECTED, S.REJECTED, None),
    S.EXPIRED: (None, S.CREDITED, S.REJECTED, S.EXPIRED, None),
    S.WITHDRAWN: (None, None, None, S.WITHDRAWN, S.WITHDRAWN),
}
ORDER = (E.SENT, E.CREDITED, E.REJECTED, E.TIME_PASSED, E.WITHDRAWN)
CASES = [(state, event, TABLE[state][ORDER.index(event)]) for state in S for event in E]


@pytest.mark.parametrize(("state", "event", "expected"), CASES)
def test_every_state_answers_every_event(state: ClaimState, event: ClaimEvent, expected: ClaimState | None) -> None:
    assert (state in sources(event)) is (expected is not None)
    if expected is not None:
        assert advance(state, event) is expected
        return
    with pytest.raises(IllegalTransition, match=f"a claim that is {state} does not take {event}"):
        advance(state, event)


def test_news_that_comes_twice_changes_nothing() -> None:
    for state, event, expected in CASES:
        if expected is not None:
            assert advance(expected, event) is expected, (state, event)
