"""Is there a number, is it somebody's, is it a line that the source takes?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from speedtolead.domain.checks import Facts, Policy, Reaction, Reason, Verdict, phone

PHONE = "+12122360142"
ACCEPT, PENALTY, REFUSE, NOTHING = Verdict.ACCEPT, Verdict.PENALTY, Verdict.REFUSE, Verdict.NOT_APPLICABLE


def lead(**known: Any) -> Facts:
    return Facts(received_at=datetime(2026, 6, 10, 16, tzinfo=UTC), **{"phone": PHONE, **known})


def test_a_lead_without_a_number_is_refused() -> None:
    finding = phone.phone_given(lead(phone=None), Policy())
    assert (finding.verdict, finding.reason, finding.field) == (REFUSE, Reason.INVALID_PHONE, "phone")
    assert finding.words
    assert phone.phone_given(lead(), Policy()).verdict is ACCEPT


@pytest.mark.parametrize("reaction", [Reaction(ACCEPT), Reaction(PENALTY, 5)])
def test_no_policy_takes_a_lead_that_cannot_be_called(reaction: Reaction) -> None:
    assert phone.phone_given(lead(phone=None), Policy(reactions={"phone_given": reaction})).verdict is REFUSE


@pytest.mark.parametrize(
    ("known", "verdict", "reason"),
    [
        ({"phone_exists": True}, ACCEPT, ""),
        ({"phone_exists": False}, REFUSE, Reason.INVALID_PHONE),
        ({"phone_exists": None}, NOTHING, ""),
        ({"phone_exists": False, "phone": None}, NOTHING, ""),
    ],
)
def test_a_number_that_no_carrier_knows_is_refused(known: dict[str, Any], verdict: Verdict, reason: str) -> None:
    finding = phone.phone_exists(lead(**known), Policy())
    assert (finding.verdict, finding.reason) == (verdict, reason)
    assert finding.inputs["exists"] is known["phone_exists"]


@pytest.mark.parametrize(
    ("known", "verdict", "reason", "points"),
    [
        ({"phone_assigned": True}, ACCEPT, "", 0),
        ({"phone_assigned": False}, PENALTY, Reason.UNKNOWN_AREA_CODE, 10),
        ({"phone_assigned": None}, NOTHING, "", 0),
        ({"phone_assigned": False, "phone": None}, NOTHING, "", 0),
    ],
)
def test_an_unknown_area_code_costs_points_only(
    known: dict[str, Any], verdict: Verdict, reason: str, points: int
) -> None:
    finding = phone.area_code(lead(**known), Policy())
    assert (finding.verdict, finding.reason, finding.points) == (verdict, reason, points)


@pytest.mark.parametrize(
    ("number", "made_up"),
    [
        ("+12222222222", True),
        ("+19999999999", True),
        ("+11234567890", True),
        ("+12345678901", True),
        ("+19876543210", True),
        ("+12125555555", True),
        ("+4477777777777", True),
        ("+441234567890", True),
        ("+12122360142", False),
        ("+12125550142", False),
        ("+13052222222", False),
        ("+12122345678", False),
        ("+12222222223", False),
        ("+12345678902", False),
        ("+15555551234", False),
        ("+447911123456", False),
        ("+33999999999", True),
        ("+33199999999", False),
        ("+33991999999", False),
        ("+9999999999", True),
        ("+999999999", False),
        ("+35222222", False),
        ("+1222222222", False),
        ("+15555555", False),
        ("+1", False),
        ("", False),
    ],
)
def test_digits_that_a_finger_makes_are_test_data(number: str, made_up: bool) -> None:
    finding = phone.made_up_phone(lead(phone=number), Policy())
    assert (finding.verdict, finding.reason) == ((REFUSE, Reason.TEST_DATA) if made_up else (ACCEPT, ""))


@pytest.mark.parametrize("known", [{"phone": None}, {"phone": "+12222222222", "declared_test": True}])
def test_a_declared_test_may_have_a_made_up_number(known: dict[str, Any]) -> None:
    assert phone.made_up_phone(lead(**known), Policy()).verdict is NOTHING


MOBILES = frozenset({"mobile", "fixed_voip"})


@pytest.mark.parametrize(
    ("line_type", "taken", "verdict", "reason"),
    [
        ("mobile", MOBILES, ACCEPT, ""),
        ("landline", MOBILES, REFUSE, Reason.LINE_TYPE),
        ("mobile", frozenset(), REFUSE, Reason.LINE_TYPE),
        ("landline", None, NOTHING, ""),
        (None, MOBILES, NOTHING, ""),
    ],
)
def test_a_source_takes_the_line_types_that_it_lists(
    line_type: str | None, taken: frozenset[str] | None, verdict: Verdict, reason: str
) -> None:
    finding = phone.line_type(lead(line_type=line_type), Policy(line_types=taken))
    assert (finding.verdict, finding.reason) == (verdict, reason)
    assert finding.inputs == {"line_type": line_type, "taken": None if taken is None else sorted(taken)}
