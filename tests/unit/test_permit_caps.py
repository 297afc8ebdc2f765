"""The permit's rules on how often, a table of cases for each."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from domain_samples import NOON
from permit_cases import (
    ALLOWED,
    DAY,
    MOMENT,
    NOT_APPLICABLE,
    NOT_BEFORE,
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
from speedtolead.domain.permit import Contacted, Request
from speedtolead.domain.permit import caps as rules
from speedtolead.domain.rule_set import Means

FLORIDA = "Fla. Stat. 501.059, 501.616"
TEN_EVER = ContactPolicy(lifetime=10)
STRICT = law(
    row("FL", Means.CALL, Means.SMS, cap_24h=2, citation="the calls' row"),
    row("FL", Means.RECORDED, cap_24h=4, citation="the recordings' row"),
    row("TX", cap_24h=1, in_force_from=date(2026, 6, 11)),
)


def ago(**parts: float) -> datetime:
    return NOON - timedelta(**parts)


def after(*contacts: datetime | Contacted, where: str = "NY", **parts: object) -> Request:
    made = tuple(Contacted(c, "call") if isinstance(c, datetime) else c for c in contacts)
    return asked(place(where), contacts=made, **parts)  # type: ignore[arg-type]


HOURS = [ago(hours=h) for h in range(1, 6)]
TABLES: Tables = {
    "attempt_cap": [
        Case("never contacted", after(), ALLOWED, inputs={"cap": 3, "hours": 24, "counted": []}),
        Case("under the cap", after(*HOURS[:2]), ALLOWED),
        Case("at the cap", after(*HOURS[:3]), NOT_BEFORE, "3 times in 24 hours; the cap is 3",
             not_before=ago(hours=3) + DAY),
        Case("in any order", after(HOURS[2], HOURS[0], HOURS[1]), NOT_BEFORE, not_before=ago(hours=3) + DAY),
        Case("over the cap", after(*HOURS[:4]), NOT_BEFORE, not_before=ago(hours=3) + DAY),
        Case("a lower cap", after(ago(hours=1), ago(hours=20), cap=1), NOT_BEFORE, not_before=ago(hours=1) + DAY),
        Case("24 hours ago", after(ago(hours=24), cap=1), ALLOWED, inputs={"counted": []}),
        Case("a moment less", after(NOON - DAY + MOMENT, cap=1), NOT_BEFORE, not_before=NOON + MOMENT),
        Case("a moment more", after(NOON - DAY - MOMENT, cap=1), ALLOWED),
        Case("just now", after(NOON, cap=1), NOT_BEFORE, not_before=NOON + DAY),
        Case("a clock that is ahead", after(NOON + DAY, cap=1), NOT_BEFORE, not_before=NOON + 2 * DAY),
        Case("texts count like calls", after(Contacted(ago(hours=1), "sms", "a-1"), cap=1), NOT_BEFORE,
             inputs={"counted": [{"at": "2026-06-10T15:00:00.000Z", "channel": "sms", "attempt_id": "a-1"}]},
             not_before=ago(hours=1) + DAY),
        Case("a text", after(ago(hours=1), channel="sms", cap=1), NOT_BEFORE, not_before=ago(hours=1) + DAY),
        Case("a mail", after(*HOURS, channel="email"), NOT_APPLICABLE, "not counted"),
        Case("Florida allows three", after(*HOURS[:3], where="FL", cap=5), NOT_BEFORE, "the cap is 3",
             {"cap": 3, "campaign_cap": 5, "state_caps": {"FL": 3}}, FLORIDA, ago(hours=3) + DAY),
        Case("Florida, under three", after(*HOURS[:2], where="FL", cap=5), ALLOWED, citation=FLORIDA),
        Case("the campaign's is lower", after(*HOURS[:2], where="FL", cap=2), NOT_BEFORE, citation=None,
             inputs={"cap": 2, "state_caps": {"FL": 3}}, not_before=ago(hours=2) + DAY),
        Case("an address on the net in Florida",
             asked(place("NY"), place("FL", origin="ip"), contacts=tuple(Contacted(h,
             "call") for h in HOURS[:3]), cap=5),
             ALLOWED, inputs={"state_caps": {}}),
        Case("two states of one cap", asked(place("OR"), place("MD"), cap=5), ALLOWED,
             inputs={"state_caps": {"MD": 3, "OR": 3}},
             citation="Stop the Spam Calls Act, Md. Com. Law 14-4501; "
                      "ORS 646.561 ff., as amended from 1 January 2026"),
        Case("the lowest of a state's two rows", after(*HOURS[:2], where="FL", recorded=True, rules=STRICT, cap=5),
             NOT_BEFORE, "the cap is 2", {"cap": 2, "state_caps": {"FL": 2}}, "the calls' row", ago(hours=2) + DAY),
        Case("a cap that begins tomorrow", after(ago(hours=1), where="TX", rules=STRICT), ALLOWED,
             inputs={"cap": 3, "state_caps": {}}),
    ],
    "lifetime_cap": [
        Case("no cap", asked(lifetime=10_000), NOT_APPLICABLE, "sets no cap"),
        Case("under it", asked(policy=TEN_EVER, lifetime=9), ALLOWED, inputs={"cap": 10, "made": 9}),
        Case("at it", asked(policy=TEN_EVER, lifetime=10), REFUSED, "10 times in all; the cap is 10"),
        Case("over it", asked(policy=TEN_EVER, lifetime=11), REFUSED, "11 times"),
        Case("a mail", asked(channel="email", policy=TEN_EVER, lifetime=11), NOT_APPLICABLE, "not counted"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("rule", "case"), rows(TABLES), ids=named)
def test_caps(rule: str, case: Case) -> None:
    check(getattr(rules, rule), case)
