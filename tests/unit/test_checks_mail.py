"""Can mail reach the person who filled in the form?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from speedtolead.domain.checks import Facts, Policy, Reason, Verdict, mail

ACCEPT, PENALTY, REFUSE, NOTHING = Verdict.ACCEPT, Verdict.PENALTY, Verdict.REFUSE, Verdict.NOT_APPLICABLE
ANN = "ann.lee@acme-corp.com"


def lead(**known: Any) -> Facts:
    return Facts(received_at=datetime(2026, 6, 10, 16, tzinfo=UTC), **{"email": ANN, **known})


@pytest.mark.parametrize(
    ("known", "fault"),
    [
        ({"email_syntax_ok": True}, None),
        ({"email_syntax_ok": None}, None),
        ({"email_syntax_ok": False, "email": "ann.lee"}, "syntax"),
        ({"email": "none@none.com"}, "none_given"),
        ({"email": "NA@na.com"}, "none_given"),
        ({"email": "no@none.org"}, "none_given"),
        ({"email": "noemail@gmail.com"}, "none_given"),
        ({"email": "none@gmail.com"}, None),
        ({"email": "ann@no.com"}, None),
        ({"email": "na", "email_syntax_ok": False}, "syntax"),
        ({"email": "ann@example.com"}, "reserved_domain"),
        ({"email": "ann@mail.example.org."}, "reserved_domain"),
        ({"email": "ann@crm.test"}, "reserved_domain"),
        ({"email": "ann@localhost"}, "reserved_domain"),
        ({"email": "ann@myexample.com"}, None),
        ({"email": "ann@test.com"}, None),
        ({"email": "ann@example.de"}, None),
    ],
)
def test_an_address_that_reaches_nobody_costs_points(known: dict[str, Any], fault: str | None) -> None:
    finding = mail.email(lead(**known), Policy())
    wanted = (ACCEPT, "", 0) if fault is None else (PENALTY, Reason.INVALID_EMAIL, 20)
    assert (finding.verdict, finding.reason, finding.points) == wanted
    assert finding.inputs["fault"] == fault


@pytest.mark.parametrize(
    ("known", "verdict", "points"),
    [
        ({"email_takes_mail": True}, ACCEPT, 0),
        ({"email_takes_mail": False}, PENALTY, 20),
        ({"email_takes_mail": None}, NOTHING, 0),
        ({"email_takes_mail": False, "email_syntax_ok": False}, NOTHING, 0),
        ({"email_takes_mail": False, "email": "ann@example.com"}, NOTHING, 0),
    ],
)
def test_a_domain_without_mail_costs_points_once(known: dict[str, Any], verdict: Verdict, points: int) -> None:
    finding = mail.email_domain(lead(**known), Policy())
    assert (finding.verdict, finding.points) == (verdict, points)
    assert finding.reason == (Reason.INVALID_EMAIL if points else "")


@pytest.mark.parametrize(
    ("disposable", "verdict", "reason", "points"),
    [
        (True, PENALTY, Reason.DISPOSABLE_EMAIL, 15),
        (False, ACCEPT, "", 0),
        (None, NOTHING, "", 0),
    ],
)
def test_a_disposable_address_costs_points(
    disposable: bool | None, verdict: Verdict, reason: str, points: int
) -> None:
    finding = mail.disposable_email(lead(email_disposable=disposable), Policy())
    assert (finding.verdict, finding.reason, finding.points) == (verdict, reason, points)


@pytest.mark.parametrize(
    ("address", "role"),
    [
        ("noreply@acme.com", True),
        ("No-Reply@acme.com", True),
        ("admin@acme.com", True),
        ("postmaster+x@acme.com", True),
        ("info@acme.com", False),
        ("sales@acme.com", False),
        ("adminah.lee@acme.com", False),
        ("ann@admin.com", False),
        ("admin", False),
    ],
)
def test_a_mailbox_of_no_person_costs_few_points(address: str, role: bool) -> None:
    finding = mail.role_email(lead(email=address), Policy())
    wanted = (PENALTY, Reason.ROLE_EMAIL, 5) if role else (ACCEPT, "", 0)
    assert (finding.verdict, finding.reason, finding.points) == wanted


@pytest.mark.parametrize(
    ("address", "made_up"),
    [
        ("test@test.com", True),
        ("TEST@Test.co.uk", True),
        ("test1@test2.com", True),
        ("asdf@asdf.net", True),
        ("asdf@qwerty.com", True),
        ("aaa@aaa.com", True),
        ("1111@2222.com", True),
        ("foo@bar.com", True),
        ("test@test", True),
        ("test@gmail.com", False),
        ("ann@test.com", False),
        ("hans.test@test.com", False),
        ("aa@aa.org", False),
        ("test", False),
        ("@", False),
        (ANN, False),
    ],
)
def test_an_address_made_up_on_both_sides_is_test_data(address: str, made_up: bool) -> None:
    finding = mail.made_up_email(lead(email=address), Policy())
    assert (finding.verdict, finding.reason) == ((REFUSE, Reason.TEST_DATA) if made_up else (ACCEPT, ""))


def test_a_declared_test_may_have_a_made_up_address() -> None:
    assert mail.made_up_email(lead(email="test@test.com", declared_test=True), Policy()).verdict is NOTHING


@pytest.mark.parametrize("given", [None, "", "   "])
@pytest.mark.parametrize(
    "check", [mail.email, mail.email_domain, mail.disposable_email, mail.role_email, mail.made_up_email]
)
def test_without_an_address_there_is_nothing_to_object_to(check: Any, given: str | None) -> None:
    known = lead(email=given, email_syntax_ok=True, email_disposable=True, email_takes_mail=False)
    finding = check(known, Policy())
    assert (finding.verdict, finding.field) == (NOTHING, "email")


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        (" Ann@Mail.COM ", ("ann", "mail.com")),
        ("a@b@mail.com.", ("a@b", "mail.com")),
        ("ann", ("ann", "")),
        ("@mail.com", ("", "mail.com")),
        ("", ("", "")),
    ],
)
def test_an_address_has_a_mailbox_and_a_domain(address: str, parts: tuple[str, str]) -> None:
    assert mail.mailbox_and_domain(address) == parts
