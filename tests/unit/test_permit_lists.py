"""The permit's rules on suppressions, do-not-call lists and changed hands, a table of cases for each."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from domain_samples import NOON, utc
from permit_cases import (
    ALLOWED,
    CONSENT,
    DAY,
    MOMENT,
    NOT_APPLICABLE,
    REFUSED,
    Case,
    Tables,
    asked,
    check,
    named,
    place,
    rows,
)

from speedtolead.domain.campaign import ContactPolicy
from speedtolead.domain.permit import ListFact, Request, Suppressed
from speedtolead.domain.permit import lists as rules
from speedtolead.domain.place import Candidate

STOP = "47 CFR 64.1200(d)(3)"
DNC = "47 CFR 64.1200(c)(2)"
REASSIGNED = "47 CFR 64.1200(m)"
STRICT = ContactPolicy(reassigned_unknown=False)
UNWRITTEN = replace(CONSENT, written=False)
NATIONAL = ContactPolicy(lists=("national",))


def stopped(reason: str = "said stop", scope: str = "account", *channels: str) -> Suppressed:
    return Suppressed(reason, scope, channels)


def listed(*where: Candidate, drawn: datetime | None = NOON - DAY, **parts: object) -> Request:
    """A number on a list; nothing exempts it."""
    on = (ListFact("national", drawn, True),)
    known = {"policy": NATIONAL, "consent": UNWRITTEN, "lists": on, **parts}
    return asked(*where, **known)  # type: ignore[arg-type]


TABLES: Tables = {
    "suppression": [
        Case("nothing matches", asked(), ALLOWED, inputs={"matches": []}, citation=STOP),
        Case("said stop", asked(suppressed=(stopped(),)), REFUSED, "suppressed: said stop",
             {"matches": [{"reason": "said stop", "scope": "account"}]}, STOP),
        Case("no reason is kept", asked(suppressed=(stopped(""),)), REFUSED, "suppressed", citation=STOP),
        Case("of this channel", asked(suppressed=(stopped("stop", "account", "call"),)), REFUSED, citation=STOP),
        Case("of another channel", asked(suppressed=(stopped("stop", "account", "sms"),)), ALLOWED, citation=STOP),
        Case("of everyone, a mail", asked(channel="email", suppressed=(stopped("litigator", "everyone"),)), REFUSED,
             "litigator", citation=STOP),
        Case("of a campaign", asked(suppressed=(stopped("stop", "campaign"),)), REFUSED, citation=STOP),
        Case("two, one of them of another channel",
             asked(suppressed=(stopped("first", "account", "sms"), stopped("second"))), REFUSED,
             "suppressed: second.",
             citation=STOP),
        Case("consent does not help", asked(suppressed=(stopped(),), consent=CONSENT), REFUSED, citation=STOP),
    ],
    "do_not_call_list": [
        Case("no list is relied on", asked(lists=(ListFact("national", NOON, True),)), NOT_APPLICABLE, "no list",
             citation=DNC),
        Case("a mail", asked(channel="email", policy=NATIONAL), NOT_APPLICABLE, citation=DNC),
        Case("not listed", asked(policy=NATIONAL, lists=(ListFact("national", NOON, False),)), ALLOWED,
             inputs={"max_age_days": 31}, citation=DNC),
        Case("listed", listed(), REFUSED, "on the do-not-call list national", {"exemption": None}, DNC),
        Case("listed, a text", listed(channel="sms"), REFUSED, citation=DNC),
        Case("listed, written consent", listed(consent=CONSENT), ALLOWED, inputs={"exemption": "written consent"},
             citation=DNC),
        Case("listed, written consent for texts", listed(consent=replace(CONSENT, channels=("sms",))), REFUSED,
             citation=DNC),
        Case("the list was never imported", asked(policy=NATIONAL), REFUSED, "missing or older",
             {"lists": [{"name": "national", "version": None, "listed": False}]}, DNC),
        Case("of 31 days", listed(drawn=NOON - 31 * DAY, consent=CONSENT), ALLOWED, citation=DNC),
        Case("older than 31 days", listed(drawn=NOON - 31 * DAY - MOMENT, consent=CONSENT), REFUSED, "31 days",
             citation=DNC),
        Case("one of two is missing", asked(policy=ContactPolicy(lists=("national", "texas")),
             lists=(ListFact("national", NOON, False),)), REFUSED, "list texas is missing", citation=DNC),
        Case("an inquiry three months ago", listed(inquiry_at=utc(2026, 3, 10, 16)), ALLOWED,
             inputs={"exemption": "inquiry"}, citation=DNC),
        Case("an older inquiry", listed(inquiry_at=utc(2026, 3, 10, 15, 59)), REFUSED, citation=DNC),
        Case("an inquiry at the end of a longer month", listed(inquiry_at=utc(2026, 1, 31), now=utc(2026, 4, 30),
             drawn=utc(2026, 4, 30)), ALLOWED, inputs={"exemption": "inquiry"}, citation=DNC),
        Case("an inquiry over the end of the year", listed(inquiry_at=utc(2025, 11, 5), now=utc(2026, 2, 4),
             drawn=utc(2026, 2, 4)), ALLOWED, inputs={"exemption": "inquiry"}, citation=DNC),
        Case("an inquiry that is still to come", listed(inquiry_at=NOON + MOMENT), REFUSED, citation=DNC),
        Case("an inquiry from Oregon", listed(place("NY"), place("OR"), inquiry_at=NOON), REFUSED,
             citation=DNC),
        Case("a transaction 18 months ago", listed(transaction_at=utc(2024, 12, 10, 16)), ALLOWED,
             inputs={"exemption": "transaction"}, citation=DNC),
        Case("an older transaction", listed(transaction_at=utc(2024, 12, 10, 15, 59)), REFUSED, citation=DNC),
        Case("a transaction in Oregon", listed(place("OR"), transaction_at=NOON, inquiry_at=NOON), ALLOWED,
             inputs={"exemption": "transaction"}, citation=DNC),
    ],
    "reassigned_number": [
        Case("it did not change hands", asked(reassigned=False), ALLOWED, inputs={"reassigned": False},
             citation=REASSIGNED),
        Case("it changed hands", asked(reassigned=True), REFUSED, "changed hands", {"reassigned": True},
             REASSIGNED),
        Case("unknown", asked(), ALLOWED, inputs={"reassigned": None}, citation=REASSIGNED),
        Case("unknown, asked for", asked(policy=STRICT), REFUSED, "not known", citation=REASSIGNED),
        Case("known, asked for", asked(policy=STRICT, reassigned=False), ALLOWED, citation=REASSIGNED),
        Case("a text", asked(channel="sms", reassigned=True), REFUSED, citation=REASSIGNED),
        Case("a mail", asked(channel="email", reassigned=True), NOT_APPLICABLE, "no phone", citation=REASSIGNED),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("rule", "case"), rows(TABLES), ids=named)
def test_lists(rule: str, case: Case) -> None:
    check(getattr(rules, rule), case)


def test_a_list_that_grows_too_old_while_the_lead_waits_refuses() -> None:
    request = listed(drawn=NOON - 31 * DAY, consent=CONSENT)
    assert rules.do_not_call_list(request).decision is ALLOWED
    assert rules.do_not_call_list(request.at(NOON + timedelta(seconds=1))).decision is REFUSED
