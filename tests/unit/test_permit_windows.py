"""The permit's rules on the hour, a table of cases for each; every state and moment is the oracle's work."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from domain_samples import (
    CHICAGO,
    FICTIONAL,
    GUAM,
    HONOLULU,
    LA,
    NOON,
    NY,
    PHOENIX,
    PHONE,
    at,
    campaign,
    facts,
    places,
)
from permit_cases import (
    ALLOWED,
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

from speedtolead.domain.campaign import Campaign, ContactPolicy
from speedtolead.domain.hours import parse_weekly
from speedtolead.domain.permit import Facts, Request, permitted_seconds
from speedtolead.domain.permit import windows as rules
from speedtolead.domain.permit.case import STATES_ROWS
from speedtolead.domain.rule_set import Means
from speedtolead.service.rules.file import shipped

FLOOR = "47 CFR 64.1200(c)(1)"
PENNSYLVANIA, UTAH = "73 P.S. 2241 ff.", "Utah Code 13-25a-103"
LOUISIANA = "La. PSC General Order, La. R.S. 45:844.11-15"
DENVER = "America/Denver"
OFFICE = parse_weekly({"mon-fri": "09:00-17:00"})
NIGHT = at(NY, 2026, 6, 10, 3)
EXEMPT = ContactPolicy(exemptions=frozenset({"UT", "WA"}))
OWN = ContactPolicy(
    windows=(("US", parse_weekly({"mon-sat": "09:00-20:00"})), ("FL", parse_weekly({"mon-fri": "10:00-18:00"}))),
    closed=((date(2026, 6, 11), "the founder's day"),),
)
COMING = law(row("TX", hours="10:00-12:00", in_force_from=date(2026, 6, 11), citation="the coming law"))


def by_day(zones: tuple[str, ...], now: datetime, **parts: object) -> Request:
    return asked(*places(*zones), now=now, **parts)  # type: ignore[arg-type]


def in_state(state: str, now: datetime, zone: str = NY, **parts: object) -> Request:
    return asked(place(state, zone), now=now, **parts)  # type: ignore[arg-type]


def night(phone: str, exempt: bool) -> Request:
    return asked(now=NIGHT, phone=phone, fictional_exempt=exempt)


NARROW = replace(shipped(), federal=replace(shipped().federal, week=parse_weekly({"mon-sun": "09:00-20:00"})))
WALL = "2026-06-10T08:30:00-04:00"
TABLES: Tables = {
    "calling_window": [
        *(
            Case(f"{about} at {now:%d %b %H:%M:%S}Z", by_day(zones, now), NOT_BEFORE if opens else ALLOWED,
                 citation=FLOOR, not_before=opens)
            for about, zones, now, opens in [
                ("opens", (NY,), at(NY, 2026, 6, 10, 8), None),
                ("a moment early", (NY,), at(NY, 2026, 6, 10, 8) - MOMENT, at(NY, 2026, 6, 10, 8)),
                ("the last moment", (NY,), at(NY, 2026, 6, 10, 21) - MOMENT, None),
                ("closes", (NY,), at(NY, 2026, 6, 10, 21), at(NY, 2026, 6, 11, 8)),
                ("two clocks, early", (NY, CHICAGO), at(NY, 2026, 6, 10, 8, 30), at(CHICAGO, 2026, 6, 10, 8)),
                ("two clocks, both open", (NY, CHICAGO), at(NY, 2026, 6, 10, 20, 59), None),
                ("two clocks, late", (NY, CHICAGO), at(NY, 2026, 6, 10, 21), at(CHICAGO, 2026, 6, 11, 8)),
                ("Phoenix in winter", (PHOENIX, LA), at(LA, 2026, 1, 10, 7, 30), at(LA, 2026, 1, 10, 8)),
                ("Phoenix in summer", (PHOENIX, LA), at(PHOENIX, 2026, 7, 10, 7, 30), at(PHOENIX, 2026, 7, 10, 8)),
                ("Hawaii sleeps", (NY, HONOLULU), at(NY, 2026, 6, 10, 12), at(HONOLULU, 2026, 6, 10, 8)),
                ("Guam sleeps", (NY, GUAM), at(NY, 2026, 6, 10, 12), at(GUAM, 2026, 6, 11, 8)),
                ("Guam is up", (NY, GUAM), at(NY, 2026, 6, 10, 19), None),
                ("clocks go forward", (NY,), at(NY, 2026, 3, 7, 21), at(NY, 2026, 3, 8, 8)),
                ("clocks go back", (NY,), at(NY, 2026, 10, 31, 21), at(NY, 2026, 11, 1, 8)),
            ]
        ),
        Case("no place at all", asked(candidates=()), REFUSED, "tell nothing",
             {"candidates": [], "missing": ["state", "postal_code", "area_code"]}, FLOOR),
        Case("only an address on the net", asked(place("NY", origin="ip")), REFUSED, "tell nothing",
             citation=FLOOR),
        Case("an address on the net is not bound to", asked(place("NY"), place("HI", HONOLULU, "ip")), ALLOWED,
             citation=FLOOR),
        Case("places that never have day together", by_day((NY, "Asia/Karachi", "Pacific/Auckland", HONOLULU),
             NOON),
             REFUSED, "two weeks", citation=FLOOR),
        Case("each clock is kept with what suggests it",
             asked(place("FL"), place("FL", origin="area_code"), place("FL", CHICAGO), now=at(NY, 2026, 6, 10, 8,
             30)),
             NOT_BEFORE, f"outside 08:00 to 21:00 at {CHICAGO}.",
             {"hours": "08:00-21:00", "clocks": [
                 {"zone": CHICAGO, "local_time": "2026-06-10T07:30:00-05:00", "hours": "08:00-21:00", "open": False,
                  "because": ["state"]},
                 {"zone": NY, "local_time": WALL, "hours": "08:00-21:00", "open": True,
                  "because": ["area_code", "state"]},
             ]}, FLOOR, at(CHICAGO, 2026, 6, 10, 8)),
        *(Case(f"a fictional number {phone}", night(phone, True), NOT_APPLICABLE, "fictional", citation=FLOOR)
          for phone in ("+12125550100", "+12125550142", "+12125550199")),
        *(Case(f"no fictional number {phone} {exempt}", night(phone, exempt), NOT_BEFORE, citation=FLOOR,
               not_before=at(NY, 2026, 6, 10, 8))
          for phone, exempt in (("+12125550142", False), ("+12125550099", True), ("+12125550200", True),
                                ("+12125560142", True), ("+442125550142", True), (PHONE, True))),
        Case("a text", by_day((NY,), NIGHT, channel="sms"), NOT_BEFORE, citation=FLOOR,
             not_before=at(NY, 2026, 6, 10, 8)),
        Case("a mail", by_day((NY,), NIGHT, channel="email"), NOT_APPLICABLE, "no hours", citation=FLOOR),
        Case("a stricter floor of an operator", by_day((NY,), at(NY, 2026, 6, 10, 8), rules=NARROW), NOT_BEFORE,
             "outside 09:00 to 20:00", {"hours": "09:00-20:00"}, FLOOR, at(NY, 2026, 6, 10, 9)),
    ],
    "state_window": [
        Case("a state without hours of its own", in_state("NY", NOON), NOT_APPLICABLE, "no state",
             citation=STATES_ROWS),
        Case("no state", by_day((NY,), NOON), NOT_APPLICABLE, citation=STATES_ROWS),
        Case("a mail", in_state("PA", NIGHT, channel="email"), NOT_APPLICABLE, "no hours",
             citation=STATES_ROWS),
        Case("a fictional number", in_state("PA", NIGHT, phone=FICTIONAL, fictional_exempt=True), NOT_APPLICABLE,
             "fictional", citation=STATES_ROWS),
        Case("open", in_state("PA", NOON), ALLOWED, citation=PENNSYLVANIA),
        Case("the floor is open, the state is not", in_state("PA", at(NY, 2026, 6, 10, 8, 30)), NOT_BEFORE,
             "Pennsylvania is a candidate state (the form's state) and is open 09:00-19:00 "
             "(weekday, a row of low confidence).",
             {"clocks": [{"state": "PA", "zone": NY, "local_time": WALL, "hours": "09:00-19:00", "open": False,
                          "day": "weekday", "because": ["state"], "lifted_by": None, "citation": PENNSYLVANIA,
                          "confidence": "low"}]}, PENNSYLVANIA, at(NY, 2026, 6, 10, 9)),
        Case("a Sunday", in_state("PA", at(NY, 2026, 6, 21, 12)), NOT_BEFORE, "is closed (Sunday",
             citation=PENNSYLVANIA, not_before=at(NY, 2026, 6, 22, 9)),
        Case("Flag Day on a Sunday", in_state("PA", at(NY, 2026, 6, 14, 12)), NOT_BEFORE, "is closed (Flag Day",
             citation=PENNSYLVANIA, not_before=at(NY, 2026, 6, 15, 9)),
        Case("Good Friday", in_state("LA", at(CHICAGO, 2026, 4, 3, 12), CHICAGO), NOT_BEFORE,
             "closed (Good Friday)",
             citation=LOUISIANA, not_before=at(CHICAGO, 2026, 4, 4, 8)),
        Case("Good Friday elsewhere", in_state("TX", at(CHICAGO, 2026, 4, 3, 12), CHICAGO), ALLOWED,
             citation="Tex. Bus. & Com. Code 301.051, 302; SB 140 (2025)"),
        Case("a holiday before a Sunday", in_state("PA", at(NY, 2026, 7, 3, 12)), NOT_BEFORE,
             "Independence Day, observed", citation=PENNSYLVANIA, not_before=at(NY, 2026, 7, 6, 9)),
        Case("two states, one closed", asked(place("NY"), place("FL", origin="area_code"), now=at(NY, 2026, 6,
             10, 20)),
             NOT_BEFORE, "Florida is a candidate state (area code) and is open 08:00-20:00 (weekday).",
             citation="Fla. Stat. 501.059, 501.616", not_before=at(NY, 2026, 6, 11, 8)),
        Case("a state's two clocks", asked(place("FL"), place("FL", CHICAGO), now=at(NY, 2026, 6, 10, 8, 30)),
             NOT_BEFORE, citation="Fla. Stat. 501.059, 501.616", not_before=at(CHICAGO, 2026, 6, 10, 8)),
        Case("an address on the net", asked(place("NY"), place("PA", origin="ip"), now=at(NY, 2026, 6, 10, 20)),
             NOT_APPLICABLE, citation=STATES_ROWS),
        Case("a recorded voice in Maine", in_state("ME", at(NY, 2026, 6, 10, 17), recorded=True), NOT_BEFORE,
             citation="10 M.R.S. 1498", not_before=at(NY, 2026, 6, 11, 9)),
        Case("a person in Maine", in_state("ME", at(NY, 2026, 6, 10, 17)), NOT_APPLICABLE, citation=STATES_ROWS),
        Case("Utah on a Sunday", in_state("UT", at(DENVER, 2026, 6, 14, 12), DENVER), NOT_BEFORE, citation=UTAH,
             not_before=at(DENVER, 2026, 6, 15, 8)),
        Case("Utah's exemption by consent", in_state("UT", at(DENVER, 2026, 6, 14, 12), DENVER, policy=EXEMPT),
             ALLOWED,
             citation=UTAH),
        Case("Utah's exemption, no consent to texts",
             in_state("UT", at(DENVER, 2026, 6, 14, 12), DENVER, policy=EXEMPT, channel="sms",
                      consent=facts().consent), NOT_BEFORE, citation=UTAH, not_before=at(DENVER, 2026, 6, 15, 8)),
        Case("Washington's exemption by an inquiry",
             in_state("WA", at(LA, 2026, 6, 10, 20), LA, policy=EXEMPT, inquiry_at=NOON), ALLOWED,
             citation="RCW 80.36.390"),
        Case("Washington without an inquiry", in_state("WA", at(LA, 2026, 6, 10, 20), LA, policy=EXEMPT),
             NOT_BEFORE,
             citation="RCW 80.36.390", not_before=at(LA, 2026, 6, 11, 8)),
        Case("Washington, not used", in_state("WA", at(LA, 2026, 6, 10, 20), LA, inquiry_at=NOON), NOT_BEFORE,
             citation="RCW 80.36.390", not_before=at(LA, 2026, 6, 11, 8)),
        Case("beyond the tables", in_state("PA", at(NY, 2031, 6, 11, 12)), REFUSED, "beyond the tables of holidays",
             citation=PENNSYLVANIA),
        Case("a row that begins tomorrow", in_state("TX", NOON, rules=COMING), NOT_APPLICABLE,
             citation=STATES_ROWS),
        Case("a row that began today", in_state("TX", at(NY, 2026, 6, 11, 9), rules=COMING), NOT_BEFORE,
             citation="the coming law", not_before=at(NY, 2026, 6, 11, 10)),
    ],
    "account_window": [
        Case("no hours of its own", asked(now=NIGHT), NOT_APPLICABLE, "no hours beyond the law"),
        Case("a mail", asked(channel="email", now=NIGHT, policy=OWN), NOT_APPLICABLE),
        Case("a fictional number", asked(now=NIGHT, policy=OWN, phone=FICTIONAL, fictional_exempt=True),
             NOT_APPLICABLE),
        Case("open", asked(policy=OWN), ALLOWED,
             inputs={"clocks": [{"zone": NY, "local_time": "2026-06-10T12:00:00-04:00", "hours": hours,
             "open": True}
                                for hours in ("09:00-20:00", "00:00-24:00")]}),
        Case("early", asked(policy=OWN, now=at(NY, 2026, 6, 10, 8, 59)), NOT_BEFORE, f"at this hour at {NY}.",
             not_before=at(NY, 2026, 6, 10, 9)),
        Case("late, and closed tomorrow", asked(policy=OWN, now=at(NY, 2026, 6, 10, 20)), NOT_BEFORE,
             not_before=at(NY, 2026, 6, 12, 9)),
        Case("a closed day", asked(policy=OWN, now=at(NY, 2026, 6, 11, 12)), NOT_BEFORE,
             not_before=at(NY, 2026, 6, 12, 9)),
        Case("a state of its own", in_state("FL", at(NY, 2026, 6, 12, 18), policy=OWN), NOT_BEFORE,
             not_before=at(NY, 2026, 6, 15, 10)),
        Case("on the person's calendar", by_day((GUAM,), at(GUAM, 2026, 6, 11, 12), policy=OWN), NOT_BEFORE,
             not_before=at(GUAM, 2026, 6, 12, 9)),
        Case("never open", asked(policy=ContactPolicy(windows=(("US", parse_weekly({})),))), REFUSED, "two weeks"),
    ],
    "campaign_hours": [
        *(
            Case(f"office hours at {now:%d %b %H:%M}Z", asked(now=now, hours=OFFICE),
                 NOT_BEFORE if opens else ALLOWED,
                 not_before=opens)
            for now, opens in [
                (at(NY, 2026, 6, 10, 9), None),
                (at(NY, 2026, 6, 10, 8, 59), at(NY, 2026, 6, 10, 9)),
                (at(NY, 2026, 6, 10, 17), at(NY, 2026, 6, 11, 9)),
                (at(NY, 2026, 6, 12, 17), at(NY, 2026, 6, 15, 9)),
                (at(NY, 2026, 10, 30, 17), at(NY, 2026, 11, 2, 9)),
            ]
        ),
        Case("on the account's clock", by_day((LA,), at(NY, 2026, 6, 10, 17), hours=OFFICE, timezone=LA), ALLOWED,
             inputs={"zone": LA, "local_time": "2026-06-10T14:00:00-07:00",
                     "hours": "; ".join(f"{day} 09:00-17:00" for day in ("mon", "tue", "wed", "thu", "fri"))}),
        Case("a fictional number waits as well", asked(now=NIGHT, hours=OFFICE, phone=FICTIONAL,
             fictional_exempt=True),
             NOT_BEFORE, "closed at this hour", not_before=at(NY, 2026, 6, 10, 9)),
        Case("a mail waits as well", asked(channel="email", now=NIGHT, hours=OFFICE), NOT_BEFORE,
             not_before=at(NY, 2026, 6, 10, 9)),
        Case("never open", asked(hours=parse_weekly({})), REFUSED, "two weeks", {"hours": "closed"}),
    ],
    "recorded_message": [
        Case("a person speaks", in_state("MA", NOON), NOT_APPLICABLE, "a person speaks",
             {"recorded": False}, STATES_ROWS),
        Case("not forbidden", in_state("NY", NOON, recorded=True), ALLOWED, inputs={"forbidden_in": []},
             citation=STATES_ROWS),
        Case("Massachusetts", in_state("MA", NOON, recorded=True), REFUSED, "forbidden in Massachusetts",
             {"recorded": True, "forbidden_in": ["MA"]}, "201 CMR 12.02"),
        Case("one candidate forbids it", asked(place("NY"), place("MA"), recorded=True), REFUSED,
             citation="201 CMR 12.02"),
        Case("an address on the net", asked(place("NY"), place("MA", origin="ip"), recorded=True), ALLOWED,
             citation=STATES_ROWS),
        Case("a ban that ended yesterday", in_state("TX", NOON, recorded=True, rules=law(
             row("TX", Means.RECORDED, recorded_forbidden=True, in_force_to=date(2026, 6, 9)))), ALLOWED,
             citation=STATES_ROWS),
        Case("a ban on its last day, where the person is", in_state("TX", at(NY, 2026, 6, 9, 23), recorded=True,
             rules=law(
             row("TX", Means.RECORDED, recorded_forbidden=True, in_force_to=date(2026, 6, 9)))), REFUSED, "Texas",
             citation="a law"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("rule", "case"), rows(TABLES), ids=named)
def test_windows(rule: str, case: Case) -> None:
    check(getattr(rules, rule), case)


@pytest.mark.parametrize(
    ("expected", "person", "to"),
    [
        (8, facts(), campaign(hours=OFFICE)),
        (6, facts(candidates=places(LA)), campaign(hours=OFFICE)),
        (13, facts(), campaign()),
        (12, facts(candidates=(place("FL"),)), campaign()),
        (24, facts(phone=FICTIONAL, exempt=True), campaign()),
        (13, facts(phone=FICTIONAL), campaign()),
        (0, facts(candidates=()), campaign()),
        (0, facts(candidates=(place("NY", origin="ip"),)), campaign()),
    ],
)
def test_permitted_seconds_are_those_that_law_and_campaign_share(
    expected: int, person: Facts, to: Campaign
) -> None:
    start, end = at(NY, 2026, 6, 10), at(NY, 2026, 6, 11)
    assert permitted_seconds(start, end, to, person, shipped()) == expected * 3600


@pytest.mark.parametrize(("policy", "hours"), [(ContactPolicy(), 0), (EXEMPT, 13), (OWN, 0)])
def test_permitted_seconds_of_a_sunday_in_utah(policy: ContactPolicy, hours: int) -> None:
    request = in_state("UT", NOON, DENVER, policy=policy)
    start, end = at(DENVER, 2026, 6, 14), at(DENVER, 2026, 6, 15)
    assert permitted_seconds(start, end, request.campaign, request.facts, shipped()) == hours * 3600
