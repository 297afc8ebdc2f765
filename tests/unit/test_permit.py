"""The permit: each rule alone, all of them together, and what must hold of every decision."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

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
    examples,
    facts,
    places,
    utc,
)
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.domain.campaign import Campaign
from speedtolead.domain.hours import ALWAYS, daily, parse_weekly
from speedtolead.domain.permit import (
    RULE_SET,
    RULES,
    Decision,
    Facts,
    Permit,
    Request,
    Rule,
    Verdict,
    attempt_cap,
    calling_window,
    campaign_hours,
    consent_for_channel,
    decide,
    permitted_seconds,
    suppression,
)
from speedtolead.domain.place import Candidate

DAY = timedelta(hours=24)
MOMENT = timedelta(microseconds=1)
ALLOWED, REFUSED, NOT_BEFORE = Decision.ALLOWED, Decision.REFUSED, Decision.NOT_BEFORE


def asked(
    known: Facts | None = None, now: datetime = NOON, to: Campaign | None = None, channel: str = "call"
) -> Request:
    return Request(channel, to or campaign(), known or facts(), now)


def decided(known: Facts | None = None, now: datetime = NOON, to: Campaign | None = None) -> Permit:
    return decide(asked(known, now, to))


# ---- consent ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_for", "channel", "decision"),
    [
        (("call",), "call", ALLOWED),
        (("sms", "call"), "call", ALLOWED),
        (("sms",), "call", REFUSED),
        ((), "call", REFUSED),
        (("call",), "sms", REFUSED),
        (("Call",), "call", REFUSED),
        (("recall",), "call", REFUSED),
    ],
)
def test_consent_must_name_the_channel(given_for: tuple[str, ...], channel: str, decision: Decision) -> None:
    verdict = consent_for_channel(asked(facts(channels=given_for), channel=channel))
    assert verdict.decision is decision
    assert verdict.inputs == {"channel": channel, "consented": list(given_for)}
    assert (channel in verdict.reason) is (decision is REFUSED)
    assert "64.1200" in (verdict.citation or "")


# ---- suppression --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "decision"), [(None, ALLOWED), ("said stop", REFUSED), ("litigator", REFUSED), ("", REFUSED)]
)
def test_a_suppressed_person_is_refused(reason: str | None, decision: Decision) -> None:
    verdict = suppression(asked(facts(suppressed=reason)))
    assert verdict.decision is decision
    assert verdict.inputs == {"suppressed": reason}
    assert verdict.not_before is None
    assert (reason or "") in verdict.reason


# ---- the calling window -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zones", "now", "decision", "not_before"),
    [
        ((NY,), at(NY, 2026, 6, 10, 8), ALLOWED, None),
        ((NY,), at(NY, 2026, 6, 10, 8) - MOMENT, NOT_BEFORE, at(NY, 2026, 6, 10, 8)),
        ((NY,), at(NY, 2026, 6, 10, 21) - MOMENT, ALLOWED, None),
        ((NY,), at(NY, 2026, 6, 10, 21), NOT_BEFORE, at(NY, 2026, 6, 11, 8)),
        ((NY, CHICAGO), at(NY, 2026, 6, 10, 8, 30), NOT_BEFORE, at(CHICAGO, 2026, 6, 10, 8)),
        ((NY, CHICAGO), at(NY, 2026, 6, 10, 20, 59), ALLOWED, None),
        ((NY, CHICAGO), at(NY, 2026, 6, 10, 21), NOT_BEFORE, at(CHICAGO, 2026, 6, 11, 8)),
        ((PHOENIX, LA), at(LA, 2026, 1, 10, 7, 30), NOT_BEFORE, at(LA, 2026, 1, 10, 8)),
        ((PHOENIX, LA), at(PHOENIX, 2026, 7, 10, 7, 30), NOT_BEFORE, at(PHOENIX, 2026, 7, 10, 8)),
        ((NY, HONOLULU), at(NY, 2026, 6, 10, 12), NOT_BEFORE, at(HONOLULU, 2026, 6, 10, 8)),
        ((NY, GUAM), at(NY, 2026, 6, 10, 12), NOT_BEFORE, at(GUAM, 2026, 6, 11, 8)),
        ((NY, GUAM), at(NY, 2026, 6, 10, 19), ALLOWED, None),
        ((NY,), at(NY, 2026, 3, 8, 7, 59), NOT_BEFORE, at(NY, 2026, 3, 8, 8)),
        ((NY,), at(NY, 2026, 3, 7, 21), NOT_BEFORE, at(NY, 2026, 3, 8, 8)),
        ((NY,), at(NY, 2026, 10, 31, 21), NOT_BEFORE, at(NY, 2026, 11, 1, 8)),
    ],
)
def test_it_must_be_day_wherever_the_person_may_be(
    zones: tuple[str, ...], now: datetime, decision: Decision, not_before: datetime | None
) -> None:
    verdict = calling_window(asked(facts(candidates=places(*zones)), now))
    assert (verdict.decision, verdict.not_before) == (decision, not_before)


def test_places_that_never_have_day_together_are_refused() -> None:
    verdict = calling_window(asked(facts(candidates=places(NY, "Asia/Karachi", "Pacific/Auckland", HONOLULU))))
    assert verdict.decision is REFUSED
    assert "two weeks" in verdict.reason


def test_an_unknown_place_is_refused_in_words() -> None:
    verdict = calling_window(asked(facts(candidates=())))
    assert verdict.decision is REFUSED
    assert verdict.inputs == {"candidates": []}
    assert "neither state, postal code nor area code" in verdict.reason
    permit = decided(facts(candidates=()))
    assert permit.decision is REFUSED
    assert permit.reasons == [verdict.reason]


def test_each_clock_is_recorded_with_what_suggested_it() -> None:
    where = (Candidate(NY, "FL", "state"), Candidate(NY, "FL", "area_code"), Candidate(CHICAGO, "FL", "state"))
    verdict = calling_window(asked(facts(candidates=where), at(NY, 2026, 6, 10, 8, 30)))
    assert verdict.inputs == {
        "hours": "08:00-21:00",
        "clocks": [
            {"zone": CHICAGO, "local_time": "2026-06-10T07:30:00-05:00", "open": False, "because": ["state"]},
            {
                "zone": NY,
                "local_time": "2026-06-10T08:30:00-04:00",
                "open": True,
                "because": ["area_code", "state"],
            },
        ],
    }
    assert verdict.reason == f"It is outside 08:00 to 21:00 at {CHICAGO}."


@pytest.mark.parametrize(
    ("phone", "exempt", "decision"),
    [
        ("+12125550100", True, Decision.NOT_APPLICABLE),
        ("+12125550199", True, Decision.NOT_APPLICABLE),
        ("+12125550142", False, NOT_BEFORE),
        ("+12125550099", True, NOT_BEFORE),
        ("+12125550200", True, NOT_BEFORE),
        ("+12125560142", True, NOT_BEFORE),
        ("+442125550142", True, NOT_BEFORE),
        (PHONE, True, NOT_BEFORE),
    ],
)
def test_only_a_fictional_number_on_a_simulated_carrier_may_ring_at_night(
    phone: str, exempt: bool, decision: Decision
) -> None:
    night = at(NY, 2026, 6, 10, 3)
    assert calling_window(asked(facts(phone=phone, exempt=exempt), night)).decision is decision


def test_the_exemption_is_from_the_window_only() -> None:
    night, none = at(NY, 2026, 6, 10, 3), parse_weekly({})
    known = facts(phone=FICTIONAL, exempt=True, candidates=())
    assert decided(known, night).allowed
    assert decided(facts(phone=FICTIONAL, exempt=True, channels=()), night).decision is REFUSED
    assert decided(facts(phone=FICTIONAL, exempt=True, suppressed="stop"), night).decision is REFUSED
    assert decided(known, night, campaign(hours=none)).decision is REFUSED
    assert decided(facts(phone=FICTIONAL, exempt=True, recent=(night,) * 3), night).decision is NOT_BEFORE


# ---- the campaign's hours -----------------------------------------------------------------------------------

OFFICE = parse_weekly({"mon-fri": "09:00-17:00"})


@pytest.mark.parametrize(
    ("now", "decision", "not_before"),
    [
        (at(NY, 2026, 6, 10, 9), ALLOWED, None),
        (at(NY, 2026, 6, 10, 8, 59), NOT_BEFORE, at(NY, 2026, 6, 10, 9)),
        (at(NY, 2026, 6, 10, 17), NOT_BEFORE, at(NY, 2026, 6, 11, 9)),
        (at(NY, 2026, 6, 12, 17), NOT_BEFORE, at(NY, 2026, 6, 15, 9)),
        (at(NY, 2026, 10, 30, 17), NOT_BEFORE, at(NY, 2026, 11, 2, 9)),
    ],
)
def test_a_campaign_keeps_its_hours_on_the_accounts_clock(
    now: datetime, decision: Decision, not_before: datetime | None
) -> None:
    verdict = campaign_hours(asked(now=now, to=campaign(hours=OFFICE)))
    assert (verdict.decision, verdict.not_before) == (decision, not_before)
    assert verdict.inputs["zone"] == NY


def test_a_campaign_that_never_opens_is_refused() -> None:
    assert campaign_hours(asked(to=campaign(hours=parse_weekly({})))).decision is REFUSED


# ---- the cap ------------------------------------------------------------------------------------------------


def ago(**parts: float) -> datetime:
    return NOON - timedelta(**parts)


@pytest.mark.parametrize(
    ("cap", "recent", "decision", "not_before"),
    [
        (3, (), ALLOWED, None),
        (3, (ago(hours=1), ago(hours=2)), ALLOWED, None),
        (3, (ago(hours=1), ago(hours=2), ago(hours=3)), NOT_BEFORE, ago(hours=3) + DAY),
        (3, (ago(hours=3), ago(hours=1), ago(hours=2)), NOT_BEFORE, ago(hours=3) + DAY),
        (3, (ago(hours=1), ago(hours=2), ago(hours=3), ago(hours=4)), NOT_BEFORE, ago(hours=3) + DAY),
        (1, (ago(hours=1), ago(hours=20)), NOT_BEFORE, ago(hours=1) + DAY),
        (1, (ago(hours=24),), ALLOWED, None),
        (1, (NOON - DAY + MOMENT,), NOT_BEFORE, NOON + MOMENT),
        (1, (NOON - DAY - MOMENT,), ALLOWED, None),
        (1, (NOON,), NOT_BEFORE, NOON + DAY),
    ],
)
def test_a_person_is_called_only_so_often_in_24_hours(
    cap: int, recent: tuple[datetime, ...], decision: Decision, not_before: datetime | None
) -> None:
    verdict = attempt_cap(asked(facts(recent=recent), to=campaign(cap=cap)))
    assert (verdict.decision, verdict.not_before) == (decision, not_before)
    assert verdict.inputs["cap"] == cap


def test_the_calls_that_were_counted_are_recorded() -> None:
    verdict = attempt_cap(asked(facts(recent=(ago(hours=1), ago(hours=30))), to=campaign(cap=1)))
    assert verdict.inputs == {"cap": 1, "hours": 24, "counted": ["2026-06-10T15:00:00.000Z"]}
    assert "1 times in 24 hours; the cap is 1" in verdict.reason


# ---- together -----------------------------------------------------------------------------------------------


def test_every_rule_is_asked_in_order_even_after_a_refusal() -> None:
    permit = decided(facts(channels=(), suppressed="stop", candidates=()))
    names = [v.rule for v in permit.verdicts]
    assert names == ["consent_for_channel", "suppression", "calling_window", "campaign_hours", "attempt_cap"]
    assert len(permit.reasons) == 3


def test_a_permit_names_its_rule_set_and_its_moment() -> None:
    permit = decided()
    assert permit.allowed
    assert permit.rule_set == RULE_SET
    assert permit.decided_at == NOON
    assert permit.not_before is None
    assert permit.reasons == []


def always(decision: Decision, not_before: datetime | None = None) -> Rule:
    return lambda request: Verdict("fixed", decision, {}, decision.value, None, not_before)


@pytest.mark.parametrize("place", range(len(RULES) + 1))
def test_one_refusal_refuses_wherever_it_stands(place: int) -> None:
    rules = [*RULES[:place], always(REFUSED), *RULES[place:]]
    permit = decide(asked(now=at(NY, 2026, 6, 10, 3)), rules)
    assert permit.decision is REFUSED
    assert permit.not_before is None


def test_a_rule_that_does_not_apply_neither_allows_nor_refuses() -> None:
    permit = decide(asked(), [always(Decision.NOT_APPLICABLE)])
    assert permit.allowed
    assert permit.reasons == []


def test_a_delay_without_a_moment_refuses() -> None:
    assert decide(asked(), [always(NOT_BEFORE)]).decision is REFUSED


def test_the_latest_of_two_delays_is_named() -> None:
    now = at(NY, 2026, 6, 10, 3)
    recent = at(NY, 2026, 6, 9, 9, 30)
    permit = decided(facts(recent=(recent,)), now, campaign(cap=1))
    assert permit.not_before == recent + DAY
    assert len(permit.reasons) == 2


def test_an_opening_that_falls_into_a_closed_hour_is_passed_over() -> None:
    """The campaign opens at 06:00 in New York, when nobody in Los Angeles may be called."""
    hours = parse_weekly({"mon-sun": "06:00-10:00,12:00-13:00"})
    now = at(NY, 2026, 6, 10, 14)
    permit = decided(facts(candidates=places(LA)), now, campaign(hours=hours))
    assert permit.decision is NOT_BEFORE
    assert permit.not_before == at(NY, 2026, 6, 11, 12)


def test_the_end_of_the_cap_may_fall_into_the_night() -> None:
    last = at(NY, 2026, 6, 9, 20, 30) + timedelta(minutes=20)
    now = at(NY, 2026, 6, 10, 20)
    permit = decided(facts(recent=(last,)), now, campaign(cap=1))
    assert permit.not_before == last + DAY
    late = decided(facts(recent=(at(NY, 2026, 6, 9, 21, 30),)), now, campaign(cap=1))
    assert late.not_before == at(NY, 2026, 6, 11, 8)


def test_hours_that_never_meet_the_law_are_refused() -> None:
    hours = parse_weekly({"mon-sun": "22:00-24:00"})
    permit = decided(now=at(NY, 2026, 6, 10, 12), to=campaign(hours=hours))
    assert permit.decision is REFUSED
    assert permit.reasons


@pytest.mark.parametrize(
    ("hours", "now"),
    [
        ("00:00-02:30", at(NY, 2026, 3, 8, 3, 10)),
        ("01:30-06:00", at(NY, 2026, 11, 1, 1, 15, fold=1)),
    ],
)
def test_nobody_is_given_up_because_the_clocks_change(hours: str, now: datetime) -> None:
    """A campaign by night in New York, for people in Guam."""
    known = facts(candidates=places(GUAM))
    permit = decided(known, now, campaign(hours=parse_weekly({"mon-sun": hours})))
    assert permit.decision is NOT_BEFORE


def test_permitted_seconds_are_those_that_law_and_campaign_share() -> None:
    start, end = at(NY, 2026, 6, 10), at(NY, 2026, 6, 11)
    office = campaign(hours=OFFICE)
    assert permitted_seconds(start, end, office, facts()) == 8 * 3600
    assert permitted_seconds(start, end, office, facts(candidates=places(LA))) == 6 * 3600
    assert permitted_seconds(start, end, campaign(), facts()) == 13 * 3600
    assert permitted_seconds(start, end, campaign(), facts(phone=FICTIONAL, exempt=True)) == 24 * 3600
    assert permitted_seconds(start, end, campaign(), facts(phone=FICTIONAL)) == 13 * 3600


# ---- of every decision --------------------------------------------------------------------------------------

zones = st.lists(
    st.sampled_from([NY, CHICAGO, LA, PHOENIX, HONOLULU, GUAM, "America/Denver", "America/Puerto_Rico"]),
    max_size=3,
    unique=True,
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
campaigns = st.builds(
    campaign,
    hours=st.sampled_from(
        [
            ALWAYS,
            OFFICE,
            daily(time(6), 10 * 60),
            daily(time(0), 2 * 60 + 30),
            daily(time(1, 30), 6 * 60),
            parse_weekly({"sun": "01:15-03:00"}),
            parse_weekly({}),
        ]
    ),
    timezone=st.sampled_from([NY, LA, GUAM]),
    cap=st.integers(1, 3),
)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    now = draw(st.one_of(moments, st.sampled_from([utc(2026, 3, 8, 7, 10), utc(2026, 11, 1, 6, 15)])))
    known = facts(
        phone=draw(st.sampled_from([PHONE, FICTIONAL])),
        channels=draw(st.sampled_from([("call",), ("call",), ("sms",)])),
        suppressed=draw(st.sampled_from([None, None, None, "stop"])),
        candidates=places(*draw(zones)),
        recent=tuple(now - timedelta(hours=h) for h in draw(st.lists(st.floats(0, 30), max_size=4))),
        exempt=draw(st.booleans()),
    )
    return Request("call", draw(campaigns), known, now)


@examples(150)
@given(requests())
def test_an_allowed_call_is_by_day_wherever_the_person_may_be(request: Request) -> None:
    permit = decide(request)
    if permit.allowed and not _exempt(request):
        assert request.facts.candidates
        for place in request.facts.candidates:
            assert 8 <= request.now.astimezone(ZoneInfo(place.zone)).hour < 21


def _exempt(request: Request) -> bool:
    return request.facts.fictional_exempt and request.facts.phone == FICTIONAL


@examples(150)
@given(requests())
def test_the_moment_that_is_named_is_later_and_then_allowed(request: Request) -> None:
    permit = decide(request)
    if permit.decision is NOT_BEFORE:
        assert permit.not_before is not None
        assert permit.not_before > request.now
        assert decide(Request("call", request.campaign, request.facts, permit.not_before)).allowed
    else:
        assert permit.not_before is None


@examples(100)
@given(requests())
def test_every_verdict_can_be_stored_and_shown(request: Request) -> None:
    permit = decide(request)
    for verdict in permit.verdicts:
        assert json.loads(json.dumps(verdict.inputs, allow_nan=False)) == verdict.inputs
        assert bool(verdict.reason) is (verdict.decision is not ALLOWED)
    assert permit.decision is not Decision.NOT_APPLICABLE
    assert permit.allowed is (permit.reasons == [])
    final = {"consent_for_channel", "suppression"}
    assert all(v.decision in {ALLOWED, REFUSED} for v in permit.verdicts if v.rule in final)
