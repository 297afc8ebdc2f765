"""The permit's rules on consent, a table of cases for each."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from domain_samples import GUAM, NOON, utc
from permit_cases import (
    ALLOWED,
    CONSENT,
    NOT_APPLICABLE,
    REFUSED,
    Case,
    Tables,
    asked,
    check,
    law,
    named,
    place,
    row,
    rows,
)

from speedtolead.domain.campaign import ContactPolicy
from speedtolead.domain.lead import Consent
from speedtolead.domain.permit import Certified, ConsentFacts
from speedtolead.domain.permit import consent as rules

WRITTEN = "47 CFR 64.1200(f)(9)"
REVOKED = "47 CFR 64.1200(a)(10)"
UNWRITTEN = replace(CONSENT, written=False)
MARKED = ContactPolicy(written_consent=True)
ONE = ContactPolicy(one_to_one=True)
AGE = ContactPolicy(consent_age=timedelta(days=30))
CERTIFIED = ContactPolicy(certificate=True)
DATED = law(
    row("TX", written_consent=True, in_force_from=date(2026, 6, 11)),
    row("GU", written_consent=True, in_force_to=date(2026, 6, 10)),
)


def given(*channels: str, revoked: tuple[str, ...] = ()) -> ConsentFacts:
    return ConsentFacts(channels, revoked)


def said(certificate: Certified | None) -> ConsentFacts:
    return replace(CONSENT, certificate=certificate)


def seller(name: str | None) -> ConsentFacts:
    return replace(CONSENT, seller=name)


def aged(**age: float) -> ConsentFacts:
    return replace(CONSENT, given_at=NOON - timedelta(**age))


TABLES: Tables = {
    "consent_for_channel": [
        Case("given for calls", asked(consent=given("call")), ALLOWED, inputs={"consented": ["call"]},
             citation=WRITTEN),
        Case("given for several", asked(consent=given("sms", "call")), ALLOWED, citation=WRITTEN),
        Case("a mail", asked(channel="email", consent=given("email")), ALLOWED, citation=WRITTEN),
        Case("given for texts only", asked(consent=given("sms")), REFUSED, "by call", citation=WRITTEN),
        Case("given for calls only", asked(channel="sms", consent=given("call")), REFUSED, "by sms",
             citation=WRITTEN),
        Case("given for nothing", asked(consent=given()), REFUSED, "no consent", {"consented": []}, WRITTEN),
        Case("another case of letters", asked(consent=given("Call")), REFUSED, "no consent", citation=WRITTEN),
        Case("a longer word", asked(consent=given("recall")), REFUSED, "no consent", citation=WRITTEN),
        Case("revoked", asked(consent=given(revoked=("call",))), REFUSED, "revoked", {"revoked": ["call"]},
             REVOKED),
        Case("revoked and given", asked(consent=given("call", revoked=("call",))), REFUSED, "revoked",
             citation=REVOKED),
        Case("another one revoked", asked(consent=given("call", revoked=("sms",))), ALLOWED, citation=WRITTEN),
    ],
    "consent_written": [
        Case("nobody asks", asked(consent=UNWRITTEN), NOT_APPLICABLE, "nobody asks", citation=WRITTEN),
        Case("the account asks, kept", asked(policy=MARKED), ALLOWED, inputs={"written": True}, citation=WRITTEN),
        Case("the account asks, not kept", asked(policy=MARKED, consent=UNWRITTEN), REFUSED, "the account asks",
             {"asked_by_account": True, "asked_by_states": []}, WRITTEN),
        Case("Connecticut asks, kept", asked(place("CT")), ALLOWED, inputs={"asked_by_states": ["CT"]},
             citation=WRITTEN),
        Case("Connecticut asks, not kept", asked(place("CT"), consent=UNWRITTEN), REFUSED, "Connecticut asks",
             {"asked_by_account": False, "asked_by_states": ["CT"]}, WRITTEN),
        Case("one candidate asks", asked(place("NY"), place("CT"), channel="sms", consent=UNWRITTEN), REFUSED,
             "Connecticut", citation=WRITTEN),
        Case("an address on the net asks", asked(place("NY"), place("CT", origin="ip"), consent=UNWRITTEN),
             NOT_APPLICABLE, citation=WRITTEN),
        Case("a mail to Connecticut", asked(place("CT"), channel="email", consent=UNWRITTEN), NOT_APPLICABLE,
             citation=WRITTEN),
        Case("a row that begins tomorrow", asked(place("TX"), consent=UNWRITTEN, rules=DATED), NOT_APPLICABLE,
             citation=WRITTEN),
        Case("a row that begins today", asked(place("TX"), consent=UNWRITTEN, rules=DATED, now=utc(2026, 6, 11,
             16)),
             REFUSED, "Texas", citation=WRITTEN),
        Case("still the eve where the person is", asked(place("TX"), consent=UNWRITTEN, rules=DATED,
             now=utc(2026, 6, 11, 1)), NOT_APPLICABLE, citation=WRITTEN),
        Case("the last day, in Guam", asked(place("GU", GUAM), consent=UNWRITTEN, rules=DATED, now=utc(2026, 6,
             10, 13)),
             REFUSED, "Guam", citation=WRITTEN),
        Case("the day after, in Guam", asked(place("GU", GUAM), consent=UNWRITTEN, rules=DATED, now=utc(2026, 6,
             10, 14)),
             NOT_APPLICABLE, citation=WRITTEN),
    ],
    "consent_one_to_one": [
        Case("not asked for", asked(consent=seller(None)), NOT_APPLICABLE, "does not ask"),
        Case("names the seller", asked(policy=ONE, consent=seller("Acme Insurance")), ALLOWED,
             inputs={"named": "Acme Insurance", "seller": "Acme Insurance"}),
        Case("written otherwise", asked(policy=ONE, consent=seller(" ACME  insurance.")), ALLOWED),
        Case("names another", asked(policy=ONE, consent=seller("Acme")), REFUSED, "names Acme, not Acme Insurance"),
        Case("names none", asked(policy=ONE, consent=seller(None)), REFUSED, "names no seller", {"named": None}),
        Case("an empty name", asked(policy=ONE, consent=seller("")), REFUSED, "not Acme Insurance"),
    ],
    "consent_age": [
        Case("no limit", asked(consent=replace(CONSENT, given_at=None)), NOT_APPLICABLE, "no limit"),
        Case("young enough", asked(policy=AGE, consent=aged(days=1)), ALLOWED, inputs={"max_days": 30.0}),
        Case("to the day", asked(policy=AGE, consent=aged(days=30)), ALLOWED),
        Case("a moment too old", asked(policy=AGE, consent=aged(days=30, microseconds=1)), REFUSED,
             "older than 30 days"),
        Case("half a day", asked(policy=ContactPolicy(consent_age=timedelta(hours=12)), consent=aged(days=1)),
             REFUSED,
             "older than 0.5 days"),
        Case("unknown", asked(policy=AGE, consent=replace(CONSENT, given_at=None)), REFUSED, "not known",
             {"given_at": None}),
    ],
    "consent_certificate": [
        Case("not asked for", asked(), NOT_APPLICABLE, "does not ask"),
        Case("verified", asked(policy=CERTIFIED, consent=said(Certified.VERIFIED)), ALLOWED,
             inputs={"certificate": "verified"}),
        Case("none", asked(policy=CERTIFIED), REFUSED, "no consent certificate", {"certificate": None}),
        Case("not heard of", asked(policy=CERTIFIED, consent=said(Certified.UNCHECKED)), REFUSED, "not confirmed"),
        Case("not genuine", asked(policy=CERTIFIED, consent=said(Certified.NOT_AUTHENTIC)), REFUSED, "not genuine"),
        Case("another phone", asked(policy=CERTIFIED, consent=said(Certified.OTHER_PHONE)), REFUSED,
             "another phone"),
    ],
}  # fmt: skip


def test_what_a_post_gives_stands_whole_and_a_certificate_is_unchecked_until_its_issuer_spoke() -> None:
    """One way for the intake, the import's plan, the preview and the fresh lead that is dialled at once."""
    plain = Consent(("call", "sms"), "I agree.", "Acme Insurance", NOON - timedelta(days=1))
    whole = ConsentFacts(("call", "sms"), (), "Acme Insurance", True, NOON - timedelta(days=1))
    bare = Consent(("call",), "")
    for certificate in (replace(bare, trustedform_cert_url="https://…"), replace(bare, leadid_token="0F")):
        assert ConsentFacts.given(certificate, NOON).certificate is Certified.UNCHECKED
        assert ConsentFacts.given(certificate, NOON, Certified.OTHER_PHONE).certificate is Certified.OTHER_PHONE
    assert ConsentFacts.given(plain, NOON) == whole
    assert ConsentFacts.given(bare, NOON) == ConsentFacts(("call",), written=False, given_at=NOON)


@pytest.mark.parametrize(("rule", "case"), rows(TABLES), ids=named)
def test_consent(rule: str, case: Case) -> None:
    check(getattr(rules, rule), case)
