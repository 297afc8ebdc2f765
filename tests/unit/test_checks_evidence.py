"""What outside witnesses say of a lead, and what follows from it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from speedtolead.domain.checks import DEFAULTS, Finding, Reaction, Reason, Verdict
from speedtolead.domain.checks.evidence import (
    CertificateTerms,
    Certified,
    certificate_findings,
    host,
    list_findings,
    owner_finding,
)

ACCEPT, PENALTY, REFUSE, NOTHING = Verdict.ACCEPT, Verdict.PENALTY, Verdict.REFUSE, Verdict.NOT_APPLICABLE
CERTIFICATE = "consent.trustedform_cert_url"

GENUINE: dict[str, Any] = {
    "genuine": True,
    "phone_matches": True,
    "age": timedelta(seconds=45),
    "page_url": "https://forms.example.com/quote",
    "framed": False,
    "wording_found": True,
}
CHECKS_OF_A_CERTIFICATE = [
    "certificate",
    "certificate_phone",
    "certificate_age",
    "certificate_page",
    "certificate_wording",
    "certificate_framed",
]


def certified(
    page: str | None = None,
    terms: CertificateTerms | None = None,
    reactions: dict[str, Reaction] | None = None,
    **said: Any,
) -> dict[str, Finding]:
    """What is found of a certificate that is sound but for what is said here, by check."""
    found = certificate_findings(Certified(**GENUINE | said), page, terms or CertificateTerms(), reactions or {})
    assert [finding.check for finding in found] == CHECKS_OF_A_CERTIFICATE or not said.get("genuine", True)
    assert {finding.field for finding in found} == {CERTIFICATE}
    return {finding.check: finding for finding in found}


def verdicts(found: list[Finding]) -> dict[str, Verdict]:
    return {finding.check: finding.verdict for finding in found}


# ---- lists ----------------------------------------------------------------------------------------------------

NOT_LISTED = {"litigator": ACCEPT, "do_not_call_list": ACCEPT, "own_do_not_call": ACCEPT}
ON_EVERY_LIST = ("internal", "litigator", "national_dnc", "state_dnc")
STRICT = {"do_not_call_list": Reaction(REFUSE)}


@pytest.mark.parametrize(
    ("listed_on", "by_default", "strictly"),
    [
        ((), {}, {}),
        (("a list that nobody knows",), {}, {}),
        (("litigator",), {"litigator": REFUSE}, {"litigator": REFUSE}),
        (("national_dnc",), {}, {"do_not_call_list": REFUSE}),
        (("state_dnc",), {}, {"do_not_call_list": REFUSE}),
        (("internal",), {"own_do_not_call": REFUSE}, {"own_do_not_call": REFUSE}),
        (
            ON_EVERY_LIST,
            {"litigator": REFUSE, "own_do_not_call": REFUSE},
            {"litigator": REFUSE, "do_not_call_list": REFUSE, "own_do_not_call": REFUSE},
        ),
    ],
)
def test_lists_refuse_those_whom_no_consent_makes_callable(
    listed_on: tuple[str, ...], by_default: dict[str, Verdict], strictly: dict[str, Verdict]
) -> None:
    assert verdicts(list_findings(listed_on, None, {})) == NOT_LISTED | by_default
    assert verdicts(list_findings(listed_on, None, STRICT)) == NOT_LISTED | strictly


def test_a_do_not_call_list_that_consent_overrides_is_kept_in_the_finding() -> None:
    (listed,) = (f for f in list_findings(["national_dnc"], date(2019, 3, 1), {}) if f.check == "do_not_call_list")
    assert listed.inputs == {
        "listed_on": ["national_dnc"],
        "list_date": "2019-03-01",
        "passed_over": Reason.DO_NOT_CALL_LIST,
    }


@pytest.mark.parametrize(
    ("check", "listed_on", "reason", "words"),
    [
        ("litigator", "litigator", Reason.LITIGATOR, "The number is a known litigator's."),
        (
            "do_not_call_list",
            "state_dnc",
            Reason.DO_NOT_CALL_LIST,
            "The number is on a do-not-call list: state_dnc.",
        ),
        (
            "own_do_not_call",
            "internal",
            Reason.DO_NOT_CALL_LIST,
            "This person asked this company not to be called.",
        ),
    ],
)
def test_a_list_says_what_it_is(check: str, listed_on: str, reason: Reason, words: str) -> None:
    found = list_findings([listed_on], None, {check: Reaction(PENALTY, 12)})
    (listed,) = (finding for finding in found if finding.check == check)
    assert (listed.verdict, listed.points, listed.reason) == (PENALTY, 12, reason)
    assert (listed.field, listed.words) == ("phone", words)


# ---- the number's owner ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reassigned", "reactions", "check", "verdict"),
    [
        ("yes", {}, "reassigned", REFUSE),
        ("yes", {"reassigned": Reaction(PENALTY, 30)}, "reassigned", PENALTY),
        ("yes", {"reassigned": Reaction(ACCEPT)}, "reassigned", ACCEPT),
        ("yes", {"reassigned_unknown": Reaction(ACCEPT)}, "reassigned", REFUSE),
        ("no", {}, "reassigned", ACCEPT),
        ("no", {"reassigned": Reaction(REFUSE), "reassigned_unknown": Reaction(REFUSE)}, "reassigned", ACCEPT),
        ("no_data", {}, "reassigned_unknown", ACCEPT),
        ("no_data", {"reassigned": Reaction(REFUSE)}, "reassigned_unknown", ACCEPT),
        ("no_data", {"reassigned_unknown": Reaction(REFUSE)}, "reassigned_unknown", REFUSE),
        ("no_data", {"reassigned_unknown": Reaction(PENALTY, 5)}, "reassigned_unknown", PENALTY),
    ],
)
def test_a_number_that_changed_hands_is_nobodys_consent(
    reassigned: str, reactions: dict[str, Reaction], check: str, verdict: Verdict
) -> None:
    found = owner_finding(reassigned, reactions)
    assert (found.check, found.verdict, found.field) == (check, verdict, "phone")
    assert found.inputs["reassigned"] == reassigned
    assert found.reason == (Reason.REASSIGNED if verdict in {PENALTY, REFUSE} else "")


# ---- certificates ---------------------------------------------------------------------------------------------


def test_a_sound_certificate_is_accepted_in_everything_that_is_known_of_it() -> None:
    terms = CertificateTerms(timedelta(days=1), frozenset({"example.com"}))
    assert {finding.verdict for finding in certified(terms=terms).values()} == {ACCEPT}


@pytest.mark.parametrize("said", [None, Certified(**GENUINE | {"genuine": False})], ids=["unknown", "not genuine"])
def test_of_a_certificate_that_is_none_nothing_else_is_asked(said: Certified | None) -> None:
    (found,) = certificate_findings(said, "https://forms.example.com", CertificateTerms(), {})
    assert (found.check, found.verdict, found.reason) == ("certificate", REFUSE, Reason.NO_SUCH_CERTIFICATE)
    assert found.inputs == {"genuine": False}
    (found,) = certificate_findings(said, None, CertificateTerms(), {"certificate": Reaction(PENALTY, 40)})
    assert (found.verdict, found.points) == (PENALTY, 40)


FAULTS: list[tuple[str, dict[str, Any], CertificateTerms, Reason]] = [
    ("certificate_phone", {"phone_matches": False}, CertificateTerms(), Reason.CERTIFICATE_MISMATCH),
    (
        "certificate_age",
        {"age": timedelta(days=1, seconds=1)},
        CertificateTerms(timedelta(days=1)),
        Reason.CERTIFICATE_AGE,
    ),
    ("certificate_page", {}, CertificateTerms(pages=frozenset({"example.org"})), Reason.CERTIFICATE_PAGE),
    ("certificate_wording", {"wording_found": False}, CertificateTerms(), Reason.CERTIFICATE_WORDING),
    ("certificate_framed", {"framed": True}, CertificateTerms(), Reason.CERTIFICATE_FRAMED),
]


@pytest.mark.parametrize(("check", "said", "terms", "reason"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_a_fault_of_a_certificate_is_found_alone_and_does_what_the_source_says(
    check: str, said: dict[str, Any], terms: CertificateTerms, reason: Reason
) -> None:
    usual = certified(terms=terms, **said)
    assert (usual[check].verdict, usual[check].points) == (DEFAULTS[check].verdict, DEFAULTS[check].points)
    assert usual[check].reason == reason
    assert usual[check].words
    assert {one.verdict for name, one in usual.items() if name != check} <= {ACCEPT, NOTHING}
    for reaction in (Reaction(REFUSE), Reaction(PENALTY, 33), Reaction(ACCEPT)):
        found = certified(terms=terms, reactions={check: reaction}, **said)[check]
        assert (found.verdict, found.points) == (reaction.verdict, reaction.points)
        assert found.inputs.get("passed_over") == (reason if reaction.verdict is ACCEPT else None)


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("certificate_phone", {"phone_matches": None}),
        ("certificate_age", {"age": None}),
        ("certificate_page", {"page_url": None}),
        ("certificate_wording", {"wording_found": None}),
        ("certificate_framed", {"framed": None}),
    ],
)
def test_what_the_issuer_does_not_say_is_taken_for_neither_good_nor_bad(check: str, said: dict[str, Any]) -> None:
    terms = CertificateTerms(timedelta(days=1), frozenset({"example.com"}))
    assert certified(terms=terms, reactions={check: Reaction(REFUSE)}, **said)[check].verdict is NOTHING


@pytest.mark.parametrize(
    ("age", "most", "verdict"),
    [
        (timedelta(0), timedelta(days=1), ACCEPT),
        (timedelta(days=1), timedelta(days=1), ACCEPT),
        (timedelta(days=1, microseconds=1), timedelta(days=1), REFUSE),
        (timedelta(days=1000), None, NOTHING),
    ],
)
def test_a_certificate_may_be_as_old_as_the_source_says(
    age: timedelta, most: timedelta | None, verdict: Verdict
) -> None:
    found = certified(terms=CertificateTerms(most), age=age)["certificate_age"]
    assert found.verdict is verdict
    if most is not None:
        assert found.inputs == {"age_seconds": age.total_seconds(), "max_age_seconds": most.total_seconds()}


@pytest.mark.parametrize(
    ("certified_page", "posted", "verdict"),
    [
        ("https://forms.example.com/quote", "https://forms.example.com/other?x=1", ACCEPT),
        ("https://forms.example.com/quote", "HTTP://FORMS.Example.com:8443", ACCEPT),
        ("https://forms.example.com/quote", "forms.example.com/quote", ACCEPT),
        ("https://forms.example.com./quote", "https://forms.example.com/", ACCEPT),
        ("https://www.example.com", "https://example.com", ACCEPT),
        ("https://example.com", "https://www.example.com", ACCEPT),
        ("https://forms.example.com", "https://example.com", PENALTY),
        ("https://forms.example.com", "https://forms.example.com.evil.test", PENALTY),
        ("https://evil.test/forms.example.com", "https://forms.example.com", PENALTY),
        ("https://evil.test", "forms.example.com", PENALTY),
        ("https://user@evil.test", "https://user.example.com", PENALTY),
        ("https://forms.example.com", None, NOTHING),
        ("https://forms.example.com", "", NOTHING),
        ("https://forms.example.com", "none", NOTHING),
        ("https://forms.example.com", "https://[", NOTHING),
        ("https://[", "https://forms.example.com", NOTHING),
        (None, "https://forms.example.com", NOTHING),
    ],
)
def test_without_pages_of_the_source_the_posted_page_must_be_of_the_certified_site(
    certified_page: str | None, posted: str | None, verdict: Verdict
) -> None:
    assert certified(posted, page_url=certified_page)["certificate_page"].verdict is verdict


@pytest.mark.parametrize(
    ("certified_page", "verdict"),
    [
        ("https://example.com/quote", ACCEPT),
        ("https://forms.example.com", ACCEPT),
        ("https://a.b.partner.test", ACCEPT),
        ("https://EXAMPLE.com", ACCEPT),
        ("example.com/quote", ACCEPT),
        ("https://notexample.com", PENALTY),
        ("https://example.com.evil.test", PENALTY),
        ("https://com", NOTHING),
        (None, NOTHING),
    ],
)
def test_with_pages_of_the_source_the_certified_page_must_be_one_of_them(
    certified_page: str | None, verdict: Verdict
) -> None:
    """Whatever the post says: here it names a page that is one of them, and then one that is not."""
    terms = CertificateTerms(pages=frozenset({"example.com", "partner.test"}))
    for posted in ("https://example.com", "https://elsewhere.test", None):
        assert certified(posted, terms, page_url=certified_page)["certificate_page"].verdict is verdict


def test_what_a_finding_keeps_of_addresses_can_be_stored() -> None:
    found = certified("https://a.test/\x00" + "x" * 500, page_url="https://b.test/\ud800")["certificate_page"]
    assert found.verdict is PENALTY
    for said in (found.inputs["certified"], found.inputs["posted"]):
        assert isinstance(said, str)
        assert len(said) <= 200
        assert b"\x00" not in said.encode()  # which half a character would make fail


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://forms.example.com/quote", "forms.example.com"),
        ("//forms.example.com", "forms.example.com"),
        ("Forms.Example.COM/quote", "forms.example.com"),
        ("https://user:secret@forms.example.com:99/", "forms.example.com"),
        ("https://127.0.0.1/", "127.0.0.1"),
        ("https://localhost/", None),
        ("n/a", None),
        (".", None),
        ("", None),
        (None, None),
        ("https://[", None),
    ],
)
def test_the_host_of_an_address(url: str | None, found: str | None) -> None:
    assert host(url) == found


def test_every_check_of_a_witness_has_a_default() -> None:
    of_lists = {finding.check for finding in list_findings(ON_EVERY_LIST, None, {})}
    of_owners = {owner_finding(answer, {}).check for answer in ("yes", "no", "no_data")}
    assert of_lists | of_owners | set(CHECKS_OF_A_CERTIFICATE) <= DEFAULTS.keys()
