"""Decisions in words: one sentence for each rule, from permits as they are stored, old ones too."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from domain_samples import CHICAGO, NOON, NY, PHONE, at, campaign, facts, utc

from speedtolead.domain.campaign import Campaign, ContactPolicy
from speedtolead.domain.hours import parse_weekly
from speedtolead.domain.permit import (
    Certified,
    ConsentFacts,
    Contacted,
    Facts,
    ListFact,
    Permit,
    Request,
    Suppressed,
    decide,
)
from speedtolead.domain.permit.words import Told, because, decision_words, known_by
from speedtolead.domain.place import Candidate
from speedtolead.service.rules import file
from speedtolead.store.calls import rules_json

LAW = file.shipped()
SET = f"rule set {LAW.version}"
NEW_YORK = (Candidate(NY, "NY", "postal_code"),)
PHILADELPHIA = (Candidate(NY, "PA", "postal_code"),)
KNOWN = {"postal_code": "19103", "area_code": "215", "state": "PA"}
FRIDAY = at(NY, 2026, 11, 20, 20, 12)
WORKDAY = at(NY, 2026, 11, 18, 12)


def stored(permit: Permit) -> list[dict[str, Any]]:
    """As the rules come back from the database."""
    kept = json.dumps(rules_json(permit), default=lambda value: value.isoformat())
    found: list[dict[str, Any]] = json.loads(kept)
    return found


def told(
    known: Facts,
    now: datetime = WORKDAY,
    to: Campaign | None = None,
    channel: str = "call",
    *,
    recorded: bool = False,
    asked: bool = False,
    drop: str | None = None,
) -> str:
    """``drop``: an input that the permits of some version did not have."""
    permit = decide(Request(channel, to or campaign(), known, now, LAW, recorded))
    rules = [
        rule | {"inputs": {name: value for name, value in rule["inputs"].items() if name != drop}}
        for rule in stored(permit)
    ]
    kept = Told(channel, permit.decision, now, permit.rule_set, rules, permit.not_before, NY, KNOWN)
    return decision_words(kept, asked=asked)


def policy(**asked: Any) -> Campaign:
    return replace(campaign(), contact=ContactPolicy(**asked))


def there(*candidates: Candidate, **more: Any) -> Facts:
    return facts(candidates=candidates or NEW_YORK, **more)


def test_a_candidate_state_that_is_closed_is_named_with_what_makes_it_one_and_the_next_lawful_time() -> None:
    assert told(facts(candidates=PHILADELPHIA), FRIDAY) == (
        "Not called at 20:12 New York time: Pennsylvania is a candidate state (postal code 19103) and "
        "closes at 19:00 "
        f"({SET}, PA weekday, a row of low confidence). Next lawful time: Saturday 09:00 New York."
    )


SENTENCES: dict[str, tuple[Callable[[], str], str]] = {
    "before a state opens": (
        lambda: told(facts(candidates=PHILADELPHIA), at(NY, 2026, 11, 18, 8, 30)),
        "Not called at 08:30 New York time: Pennsylvania is a candidate state (postal code 19103) and "
        "opens at 09:00 "
        f"({SET}, PA weekday, a row of low confidence). Next lawful time: Wednesday 09:00 New York.",
    ),
    "a state's Sunday": (
        lambda: told(there(Candidate(CHICAGO, "LA", "area_code")), at(CHICAGO, 2026, 11, 22, 12)),
        "Not called at 12:00 Chicago time: Louisiana is a candidate state (area code 215) and is closed all day "
        f"({SET}, LA Sunday). Next lawful time: Monday 08:00 Chicago.",
    ),
    "a state's holiday, and the next lawful time more than a week on": (
        lambda: told(
            there(Candidate(CHICAGO, "LA", "state")),
            at(CHICAGO, 2026, 11, 26, 12),
            replace(campaign(), hours=parse_weekly({"thu": "09:00-17:00"})),
        ),
        "Not called at 12:00 Chicago time: Louisiana is a candidate state (the form's state) and is closed all day "
        f"({SET}, LA Thanksgiving Day). Next lawful time: Thursday 3 December 08:00 Chicago.",
    ),
    "two places, each on its own clock": (
        lambda: told(
            there(Candidate(NY, "PA", "postal_code"), Candidate(CHICAGO, "TX", "area_code")),
            at(NY, 2026, 11, 18, 22, 30),
        ),
        "Not called at 22:30 New York time: Pennsylvania is a candidate state (postal code 19103) and "
        "closes at 19:00 "
        f"({SET}, PA weekday, a row of low confidence); Texas is a candidate state (area code 215) and closes at "
        "21:00 (TX weekday, 21:30 in Chicago); it is 21:30 in Chicago (area code 215) and 22:30 in New "
        "York (postal "
        "code 19103), outside the federal hours 08:00-21:00. Next lawful time: Thursday 10:00 New York.",
    ),
    "the federal floor alone": (
        lambda: told(there(), at(NY, 2026, 11, 18, 7, 59)),
        "Not called at 07:59 New York time: it is 07:59 in New York (postal code 19103), outside the federal hours "
        f"08:00-21:00 ({SET}). Next lawful time: Wednesday 08:00 New York.",
    ),
    "nobody knows where": (
        lambda: told(facts(candidates=())),
        "Not called at 12:00 New York time: where the person is is not known: state, postal code and "
        "area code tell "
        f"nothing ({SET}).",
    ),
    "the account's own hours": (
        lambda: told(there(), to=policy(windows=(("US", parse_weekly({"mon-fri": "13:00-17:00"})),))),
        f"Not called at 12:00 New York time: the account's own hours in New York are 13:00-17:00 ({SET}). "
        "Next lawful time: Wednesday 13:00 New York.",
    ),
    "a day that the account keeps closed": (
        lambda: told(there(), to=policy(closed=((WORKDAY.date(), "the office party"),))),
        f"Not called at 12:00 New York time: the account contacts nobody in New York on this day ({SET}). "
        "Next lawful time: Thursday 08:00 New York.",
    ),
    "the campaign's hours": (
        lambda: told(there(), to=campaign(hours=parse_weekly({"mon-fri": "14:00-20:00"}))),
        "Not called at 12:00 New York time: the campaign is open 14:00-20:00 on Wednesdays, New York "
        f"time ({SET}). "
        "Next lawful time: Wednesday 14:00 New York.",
    ),
    "a day on which the campaign is closed": (
        lambda: told(there(), to=campaign(hours=parse_weekly({"mon": "09:00-17:00"}))),
        f"Not called at 12:00 New York time: the campaign is closed on Wednesdays ({SET}). "
        "Next lawful time: Monday 09:00 New York.",
    ),
    "no moment that suits all": (
        lambda: told(there(), at(NY, 2026, 11, 18, 7), campaign(hours=parse_weekly({"mon-sun": "00:00-07:00"}))),
        "Not called at 07:00 New York time: it is 07:00 in New York (postal code 19103), outside the federal hours "
        "08:00-21:00; the campaign is open 00:00-07:00 on Wednesdays, New York time "
        f"({SET}). No moment of the next two weeks suits every rule.",
    ),
    "no consent": (
        lambda: told(there(channels=())),
        f"Not called at 12:00 New York time: there is no consent to be called ({SET}).",
    ),
    "consent to something else": (
        lambda: told(there(channels=("sms", "email"))),
        "Not called at 12:00 New York time: there is no consent to be called, only to be texted or "
        f"mailed ({SET}).",
    ),
    "consent that was revoked": (
        lambda: told(replace(there(), consent=ConsentFacts(("call",), ("sms",))), channel="sms"),
        f"Not texted at 12:00 New York time: the consent to be texted was revoked ({SET}).",
    ),
    "wording that a state asks for": (
        lambda: told(replace(there(Candidate(NY, "CT", "state")), consent=ConsentFacts(("call",), given_at=NOON))),
        "Not called at 12:00 New York time: the wording that the person agreed to is not known, and "
        "Connecticut asks "
        f"for written consent ({SET}).",
    ),
    "another seller": (
        lambda: told(
            replace(there(), consent=ConsentFacts(("call",), seller="Zenith", written=True)),
            to=policy(one_to_one=True),
        ),
        f"Not called at 12:00 New York time: the consent names Zenith, not Acme Insurance ({SET}).",
    ),
    "consent that is too old": (
        lambda: told(there(), to=policy(consent_age=timedelta(days=90))),
        f"Not called at 12:00 New York time: the consent is older than 90 days ({SET}).",
    ),
    "a certificate of another phone": (
        lambda: told(
            replace(there(), consent=ConsentFacts(("call",), certificate=Certified.OTHER_PHONE)),
            to=policy(certificate=True),
        ),
        f"Not called at 12:00 New York time: the consent certificate is about another phone number ({SET}).",
    ),
    "suppressed, for good, before anything that only delays": (
        lambda: told(
            replace(
                there(),
                suppressed=(Suppressed("said stop", "account"), Suppressed("a litigator", "everyone")),
            ),
            at(NY, 2026, 11, 18, 22),
        ),
        "Not called at 22:00 New York time: the number or address is suppressed (said stop and a litigator for "
        "everybody); it is 22:00 in New York (postal code 19103), outside the federal hours 08:00-21:00 "
        f"({SET}).",
    ),
    "on a do-not-call list": (
        lambda: told(
            replace(
                there(),
                consent=ConsentFacts(("call",)),
                lists=(ListFact("national", utc(2026, 11, 1), True),),
            ),
            to=policy(lists=("national",)),
        ),
        "Not called at 12:00 New York time: the number is on the do-not-call list national of 2026-11-01, and no "
        f"exemption holds ({SET}).",
    ),
    "a list that was never imported": (
        lambda: told(there(), to=policy(lists=("national",))),
        "Not called at 12:00 New York time: the do-not-call list national is missing or older than 31 days "
        f"({SET}).",
    ),
    "a number that changed hands": (
        lambda: told(replace(there(), reassigned=True)),
        f"Not called at 12:00 New York time: the number changed hands since the consent ({SET}).",
    ),
    "a recorded voice where it is forbidden": (
        lambda: told(there(Candidate(NY, "MA", "state")), recorded=True),
        f"Not called at 12:00 New York time: recorded messages are forbidden in Massachusetts ({SET}).",
    ),
    "a state's cap": (
        lambda: told(
            there(
                Candidate(NY, "FL", "state"),
                recent=tuple(WORKDAY - timedelta(hours=hours) for hours in (20, 3, 1)),
            ),
            to=campaign(cap=9),
        ),
        "Not called at 12:00 New York time: the person was contacted 3 times in 24 hours (at 16:00, "
        "09:00 and 11:00), "
        f"and the cap of Florida is 3 ({SET}). Next lawful time: Wednesday 16:00 New York.",
    ),
    "the campaign's cap": (
        lambda: told(there(recent=(WORKDAY - timedelta(hours=1),)), to=campaign(cap=1)),
        "Not called at 12:00 New York time: the person was contacted once in 24 hours (at 11:00), and "
        "the campaign's "
        f"cap is 1 ({SET}). Next lawful time: Thursday 11:00 New York.",
    ),
    "the cap of a lifetime": (
        lambda: told(replace(there(), lifetime=5), to=policy(lifetime=5)),
        f"Not called at 12:00 New York time: the person was contacted 5 times in all; the cap is 5 ({SET}).",
    ),
    "asked, and allowed where the person is": (
        lambda: told(there(Candidate(CHICAGO, "TX", "state")), asked=True),
        f"May be called at 11:00 Chicago time ({SET}).",
    ),
    "asked, and not allowed": (
        lambda: told(there(channels=()), asked=True, channel="email"),
        f"May not be mailed at 12:00 New York time: there is no consent to be mailed ({SET}).",
    ),
    "a number of fiction at night": (
        lambda: told(facts(phone="+12125550142", exempt=True), at(NY, 2026, 11, 18, 3), asked=True),
        f"May be called at 03:00 New York time; a fictional number, for which the law keeps no hours ({SET}).",
    ),
}


@pytest.mark.parametrize("case", SENTENCES)
def test_every_reason_has_its_sentence(case: str) -> None:
    tell, sentence = SENTENCES[case]
    assert tell() == sentence


INPUTS = ("clocks", "hours", "zone", "local_time", "consented", "matches", "lists", "counted", "cap", "missing")


@pytest.mark.parametrize("missing", INPUTS)
def test_a_permit_of_an_older_version_is_told_by_its_stored_reason(missing: str) -> None:
    everything = replace(
        there(Candidate(NY, "PA", "postal_code"), channels=(), suppressed="said stop"),
        contacts=tuple(Contacted(FRIDAY, "call") for _ in range(3)),
        lists=(ListFact("national", FRIDAY, True),),
    )
    shut = replace(policy(lists=("national",)), hours=parse_weekly({"mon": "09:00-10:00"}))
    said = told(everything, FRIDAY + timedelta(hours=2), shut, drop=missing)
    for part in ("consent to be c", "said stop", "do-not-call list national", "Pennsylvania", "08:00", "campaign"):
        assert part in said, said
    assert "3 times in 24 hours" in said


def test_a_permit_without_any_rule_is_told_all_the_same() -> None:
    kept = Told("call", "refused", NOON, "2025-01", [{"verdict": "refused"}], None, NY)
    assert decision_words(kept) == "Not called at 12:00 New York time: the rule None objects (rule set 2025-01)."
    kept = replace(kept, rules=[])
    assert decision_words(kept) == "Not called at 12:00 New York time: the reason is not known (rule set 2025-01)."


def test_what_makes_a_place_a_candidate_is_said_with_its_value() -> None:
    known = known_by(PHONE, "NY", "10001")
    said = [because(origin, known) for origin in ("area_code", "postal_code", "state", "ip")]
    assert said == ["area code 212", "postal code 10001", "the form's state", "IP address"]
    assert known_by("+442071838750", None, None) == {}
