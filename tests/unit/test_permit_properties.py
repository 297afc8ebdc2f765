"""What holds of every permit, whatever the facts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from domain_samples import FICTIONAL, GUAM, LA, NOON, NY, PHONE, campaign, examples, utc
from hypothesis import given
from hypothesis import strategies as st
from permit_cases import ALLOWED, NOT_BEFORE, REFUSED, place
from permit_pairs import PLACES

from speedtolead.domain.campaign import ContactPolicy
from speedtolead.domain.hours import ALWAYS, Span, WeeklyHours, daily, parse_weekly
from speedtolead.domain.permit import (
    RULES,
    Certified,
    ConsentFacts,
    Contacted,
    Decision,
    Facts,
    ListFact,
    Request,
    Suppressed,
    decide,
)
from speedtolead.domain.place import Candidate
from speedtolead.domain.rule_set import RuleSet, StateRule
from speedtolead.service.rules.file import shipped

MINUTE = timedelta(minutes=1)
TIMELESS = {"consent_for_channel", "consent_written", "consent_one_to_one", "consent_certificate", "suppression",
            "reassigned_number", "recorded_message", "lifetime_cap"}  # fmt: skip
"""Rules that look at no clock, under a law whose rows are in force always."""
WINDOWS = {"calling_window", "state_window", "account_window", "campaign_hours"}
OFFICE = parse_weekly({"mon-fri": "09:00-17:00"})

moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
edges = st.sampled_from(
    [utc(2026, 3, 8, 7, 10), utc(2026, 11, 1, 6, 15), utc(2028, 2, 29, 5), utc(2027, 12, 31, 23)]
)
candidates = st.builds(
    lambda where, origin: Candidate(where[0], where[1], origin),
    st.sampled_from(PLACES),
    st.sampled_from(["state", "postal_code", "area_code", "ip"]),
)
suppressions = st.builds(
    Suppressed, st.sampled_from(["stop", ""]), st.sampled_from(["account", "campaign", "everyone"]),
    st.sampled_from([(), ("call",), ("sms",)]),
)  # fmt: skip
policies = st.builds(
    ContactPolicy,
    windows=st.sampled_from(
        [(), (("US", OFFICE),), (("FL", daily(time(10), 18 * 60)),), (("US", parse_weekly({})),)]
    ),
    closed=st.sampled_from([(), ((date(2026, 12, 24), "the eve"),)]),
    lifetime=st.none() | st.integers(1, 5),
    written_consent=st.booleans(),
    one_to_one=st.booleans(),
    consent_age=st.none() | st.timedeltas(timedelta(0), timedelta(days=60)),
    certificate=st.booleans(),
    lists=st.sampled_from([(), ("national",), ("national", "texas")]),
    exemptions=st.sampled_from([frozenset(), frozenset({"UT", "WA"})]),
    reassigned_unknown=st.booleans(),
)
campaigns = st.builds(
    lambda contact, **parts: replace(campaign(**parts), contact=contact),
    contact=st.just(ContactPolicy()) | policies,
    hours=st.sampled_from(
        [
            ALWAYS,
            ALWAYS,
            OFFICE,
            daily(time(6), 600),
            daily(time(0), 150),
            parse_weekly({"sun": "01:15-03:00"}),
            parse_weekly({}),
        ]
    ),
    timezone=st.sampled_from([NY, LA, GUAM]),
    cap=st.integers(1, 3),
)


@st.composite
def people(draw: st.DrawFn, now: datetime) -> Facts:
    around = st.none() | st.timedeltas(timedelta(days=-600), timedelta(days=1)).map(lambda d: now + d)
    consent = st.builds(
        ConsentFacts,
        st.sampled_from([("call", "sms"), ("call",), ("sms",), ()]),
        st.sampled_from([(), (), ("call",)]),
        st.sampled_from([None, "Acme Insurance", "Other"]),
        st.booleans(),
        around,
        st.none() | st.sampled_from(Certified),
    )
    contacts = st.builds(
        Contacted, st.floats(-1, 30).map(lambda h: now - timedelta(hours=h)), st.sampled_from(["call", "sms"])
    )
    lists = st.builds(ListFact, st.sampled_from(["national", "texas"]), around, st.booleans())
    return Facts(
        phone=draw(st.sampled_from([PHONE, FICTIONAL, "", "?"])),
        consent=draw(st.just(ConsentFacts(("call", "sms"), (), "Acme Insurance", True, now)) | consent),
        candidates=tuple(draw(st.lists(candidates, max_size=4))),
        suppressed=tuple(draw(st.just([]) | st.lists(suppressions, max_size=2))),
        contacts=tuple(draw(st.lists(contacts, max_size=4))),
        lifetime=draw(st.integers(0, 6)),
        lists=tuple(draw(st.lists(lists, max_size=2))),
        inquiry_at=draw(around),
        transaction_at=draw(around),
        reassigned=draw(st.sampled_from([None, False, False, True])),
        fictional_exempt=draw(st.booleans()),
    )


@st.composite
def requests(draw: st.DrawFn) -> Request:
    now = draw(moments | edges)
    channel = draw(st.sampled_from(["call", "call", "sms", "email"]))
    recorded = draw(st.sampled_from([False, False, True])) and channel == "call"
    return Request(channel, draw(campaigns), draw(people(now)), now, shipped(), recorded)


@examples(150)
@given(requests())
def test_a_decision_is_total_and_the_same_when_it_is_asked_again(request: Request) -> None:
    permit = decide(request)
    assert decide(request) == permit
    assert [v.rule for v in permit.verdicts] == [rule.__name__ for rule in RULES]
    assert permit.decision is not Decision.NOT_APPLICABLE
    assert permit.allowed is (permit.reasons == [])
    assert (permit.not_before is not None) is (permit.decision is NOT_BEFORE)
    for verdict in permit.verdicts:
        assert json.loads(json.dumps(verdict.inputs, allow_nan=False)) == verdict.inputs
        assert bool(verdict.reason) is (verdict.decision is not ALLOWED)


@examples(150)
@given(requests(), st.timedeltas(MINUTE, timedelta(days=700)))
def test_what_no_clock_refused_is_refused_at_every_later_moment(request: Request, later: timedelta) -> None:
    refusing = {v.rule for v in decide(request).verdicts if v.decision is REFUSED} & TIMELESS
    then = decide(request.at(request.now + later))
    assert refusing <= {v.rule for v in then.verdicts if v.decision is REFUSED}
    assert not refusing or then.decision is REFUSED


@examples(250)
@given(requests())
def test_the_moment_that_is_named_is_later_and_then_allowed_and_not_a_minute_before(request: Request) -> None:
    permit = decide(request)
    if permit.not_before is None:
        return
    assert permit.not_before > request.now
    assert decide(request.at(permit.not_before)).allowed
    delaying = {v.rule for v in permit.verdicts if v.decision is NOT_BEFORE}
    if delaying <= WINDOWS and permit.not_before - MINUTE >= request.now:
        before = decide(request.at(permit.not_before - MINUTE))
        assert (before.decision, before.not_before) == (NOT_BEFORE, permit.not_before)


@examples(150)
@given(requests(), candidates)
def test_one_more_place_never_allows_what_was_not_allowed(request: Request, more: Candidate) -> None:
    known = request.facts
    wider = replace(request, facts=replace(known, candidates=(*known.candidates, more)))
    if known.candidates and any(not c.advisory for c in known.candidates):
        assert _strictness(request) <= _strictness(wider)
        first, second = decide(request).not_before, decide(wider).not_before
        assert first is None or second is None or first <= second


@examples(100)
@given(requests(), suppressions)
def test_one_more_suppression_of_the_channel_refuses(request: Request, more: Suppressed) -> None:
    known = replace(request.facts, suppressed=(*request.facts.suppressed, more))
    wanted = REFUSED if not more.channels or request.channel in more.channels else decide(request).decision
    assert decide(replace(request, facts=known)).decision is wanted


@examples(150)
@given(requests(), st.integers(0, 8), st.integers(12, 24), st.integers(1, 3), st.booleans())
def test_the_stricter_of_two_rule_sets_never_allows_more(
    request: Request, opens: int, closes: int, cap: int, written: bool
) -> None:
    strict = _stricter(shipped(), Span(opens * 60, closes * 60), cap, written)
    assert _strictness(request) <= _strictness(replace(request, rules=strict))


def test_the_stricter_rule_set_is_stricter() -> None:
    """The property above would hold of two rule sets that say the same."""
    known = Facts(PHONE, ConsentFacts(("call",), written=True), (place("NY"), place("FL")))
    request = Request("call", campaign(), known, NOON, shipped())
    assert decide(request).allowed
    assert not decide(replace(request, rules=_stricter(shipped(), Span(780, 1440), 1, False))).allowed


def _strictness(request: Request) -> int:
    return [ALLOWED, NOT_BEFORE, REFUSED].index(decide(request).decision)


def _stricter(rules: RuleSet, within: Span, cap: int, written: bool) -> RuleSet:
    """Every row with its hours cut, its cap lowered, written consent asked for and no exemption."""

    def cut(spans: tuple[Span, ...]) -> tuple[Span, ...]:
        both = (Span(max(s.start, within.start), min(s.end, within.end)) for s in spans)
        return tuple(s for s in both if s.start < s.end)

    def stricter(row: StateRule) -> StateRule:
        return replace(
            row,
            week=WeeklyHours(tuple(cut(spans) for spans in row.week.days)),
            holiday=None if row.holiday is None else cut(row.holiday),
            cap_24h=min(cap, row.cap_24h or cap),
            written_consent=row.written_consent or written,
            inquiry_exempts=False,
            lifted_by=None,
        )

    states = {state: tuple(stricter(row) for row in rows) for state, rows in rules.states.items()}
    return replace(rules, version="stricter", federal=stricter(rules.federal), states=states)
