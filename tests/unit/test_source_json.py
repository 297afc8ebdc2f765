"""A source as it is kept: whatever its terms are, they are read back unchanged from what Postgres' JSON gives."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from domain_samples import examples
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.adapters.connectors import CONNECTORS
from speedtolead.domain.checks import DEFAULTS, PROVIDERS, VELOCITY_KINDS, Policy, Reaction, Velocity, Verdict
from speedtolead.domain.checks.evidence import CertificateTerms
from speedtolead.domain.criteria import Condition, Criteria
from speedtolead.domain.duplicate import DuplicateRule, Key, OnRepeat, Scope
from speedtolead.domain.guard import Rate
from speedtolead.domain.hours import ALWAYS, LocalHours, parse_weekly
from speedtolead.domain.ivr import Choice, Route, Step, Then
from speedtolead.domain.mapping import IDENTITY, Mapping, parse_mapping
from speedtolead.domain.price import AsPosted, ByRule, Caps, Flat, PriceRule, Pricing
from speedtolead.domain.qualified import QualifiedRule
from speedtolead.domain.returned import Credit, ReturnReason, ReturnTerms
from speedtolead.domain.score import FitRule
from speedtolead.domain.source import Acceptance, Asked, Budget, Connection, GuardTerms, Reply, Source
from speedtolead.domain.tracking import CallTerms
from speedtolead.store.source_json import source_from_json, source_to_json


def kept(source: Source) -> Any:
    """As it comes out of a jsonb column."""
    return json.loads(json.dumps(source_to_json(source), allow_nan=False))


# ---- any source -----------------------------------------------------------------------------------------------

names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
words = st.text("abcXYZ 'ß\"\\{}<>é\n", min_size=1, max_size=12)
terms = st.from_regex(r"[A-Za-z0-9]{1,6}( [a-z]{1,4})?", fullmatch=True)
money = st.decimals(0, 99_999, places=4)
durations = st.integers(0, 366 * 86_400).map(lambda seconds: timedelta(seconds=seconds))
weeks = st.sampled_from(
    [
        ALWAYS,
        parse_weekly({"mon-fri": "08:00-21:00"}),
        parse_weekly({"sat": "22:00-24:00", "sun": "00:00-02:00,09:30-12:15"}),
    ]
)
hours = st.builds(LocalHours, st.sampled_from(["America/New_York", "Pacific/Honolulu", "UTC"]), weeks)
reactions = st.one_of(
    st.sampled_from([Reaction(Verdict.ACCEPT), Reaction(Verdict.REFUSE)]),
    st.integers(1, 100).map(lambda points: Reaction(Verdict.PENALTY, points)),
)


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    """One that a document can say: it says something, and nothing that cannot be."""
    said = draw(st.sets(st.sampled_from(["one_of", "not_one_of", "range", "truth"]), min_size=1))
    listed = draw(
        st.sets(terms, min_size=2, max_size=5).filter(lambda found: len({t.casefold() for t in found}) > 1)
    )
    split = draw(st.integers(1, len(listed) - 1))
    ordered = sorted(listed, key=str.casefold)
    one_of, not_one_of = frozenset(ordered[:split]), frozenset(ordered[split:])
    if {t.casefold() for t in one_of} & {t.casefold() for t in not_one_of}:
        said.discard("not_one_of")
    low, high = sorted(draw(st.tuples(money, money)))
    ends = draw(st.sampled_from([(True, True), (True, False), (False, True)]))
    return Condition(
        one_of=one_of if "one_of" in said or not said else None,
        not_one_of=not_one_of if "not_one_of" in said else None,
        at_least=low if "range" in said and ends[0] else None,
        at_most=high if "range" in said and ends[1] else None,
        truth=draw(st.booleans()) if "truth" in said else None,
        required=draw(st.none() | st.booleans()),
    )


criteria = st.builds(
    Criteria,
    states=st.none() | st.frozensets(st.sampled_from(["FL", "GA", "NY"]), min_size=1),
    postal_codes=st.none() | st.frozensets(st.sampled_from(["33101", "331*", "9*"]), min_size=1),
    attributes=st.dictionaries(names, conditions(), max_size=3),
    hours=st.none() | hours,
)
prices: st.SearchStrategy[Pricing | None] = st.one_of(
    st.none(),
    st.builds(Flat, money),
    st.builds(ByRule, st.lists(st.builds(PriceRule, criteria, money), min_size=1, max_size=3).map(tuple), money),
    st.builds(AsPosted, st.none() | money, st.none() | money),
)
duplicates = st.builds(
    DuplicateRule,
    durations,
    st.lists(st.sampled_from(Key), min_size=1, unique=True).map(tuple),
    st.sampled_from(Scope),
    st.sampled_from(OnRepeat),
)
counts = st.none() | st.integers(1, 10**6)
budgets = st.none() | money
policies = st.builds(
    Policy,
    reactions=st.dictionaries(st.sampled_from(sorted(DEFAULTS)), reactions, max_size=5),
    no_answer=st.dictionaries(st.sampled_from(PROVIDERS), reactions),
    blocked_words=st.frozensets(words, max_size=3),
    velocity=st.dictionaries(
        st.sampled_from(VELOCITY_KINDS), st.builds(Velocity, st.integers(1, 99), st.integers(1, 86_400))
    ),
    line_types=st.none() | st.frozensets(st.sampled_from(["mobile", "landline"]), min_size=1),
    minimum_seconds_on_form=st.none() | st.floats(0.1, 600),
    max_age=st.none() | durations,
)
certificates = st.builds(
    CertificateTerms,
    st.none() | durations,
    st.none() | st.frozensets(st.sampled_from(["a.example", "b.example"]), min_size=1),
)
acceptances = st.builds(
    Acceptance,
    criteria=criteria,
    channels=st.lists(st.sampled_from(["call", "sms", "email"]), unique=True).map(tuple),
    certificate_required=st.booleans(),
    certificate=certificates,
)
mappings: st.SearchStrategy[Mapping] = st.sampled_from(
    [IDENTITY, *(parse_mapping(connector.default_mapping) for connector in CONNECTORS.values())]
)
connections = st.builds(
    Connection,
    st.sampled_from(sorted(CONNECTORS)),
    st.dictionaries(names, words).map(lambda settings: tuple(sorted(settings.items()))),
)
replies = st.builds(Reply, st.sampled_from(["application/xml", "text/plain"]), words, words, st.integers(200, 499))
returns = st.builds(
    ReturnTerms,
    durations,
    st.frozensets(st.sampled_from(ReturnReason)),
    st.none() | st.decimals(0, 1, places=2),
    st.sampled_from(Credit),
)
guards = st.builds(
    GuardTerms,
    st.lists(st.sampled_from(Rate), unique=True).map(tuple),
    st.booleans(),
    st.integers(1, 10_000),
    durations,
)
sources = st.builds(
    Source,
    name=words,
    accept=acceptances,
    pricing=prices,
    exclusive=st.booleans(),
    duplicates=st.none() | duplicates,
    caps=st.builds(Caps, counts, counts, counts, budgets, budgets, budgets),
    checks=policies,
    fit=st.lists(st.builds(FitRule, words, criteria, st.integers(-100, 100)), max_size=3).map(tuple),
    ask=st.dictionaries(st.sampled_from(Asked), st.builds(Budget, durations)),
    mapping=st.none() | mappings,
    connection=st.none() | connections,
    reply=st.none() | replies,
    test_phone=st.none() | st.just("+12125550142"),
    returns=st.none() | returns,
    guard=guards,
)


@examples(100)
@given(sources)
def test_any_source_is_read_back_unchanged_and_kept_in_one_form(source: Source) -> None:
    """One form, so that applying the same file again changes nothing."""
    again = source_from_json(kept(source))
    assert again == source
    assert json.dumps(kept(again)) == json.dumps(kept(source))


# ---- every part of one ----------------------------------------------------------------------------------------

CRITERIA = Criteria(
    frozenset({"NY", "NJ"}),
    frozenset({"10001", "07*"}),
    {
        "age": Condition(at_least=Decimal("17.5"), at_most=Decimal(64)),
        "credit": Condition(one_of=frozenset({"good"}), required=False),
        "job": Condition(not_one_of=frozenset({"none"}), required=True),
        "owner": Condition(truth=True),
        "renter": Condition(truth=False),
    },
    LocalHours("America/New_York", parse_weekly({"mon-fri": "08:00-21:00"})),
)
CALL = CallTerms(
    "+12125550177",
    Decimal("40.00"),
    "Thank you for calling.",
    (
        Step("product", "Press 1 or 2.", {"1": Choice("auto"), "2": Choice("home", "home", Then.VOICEMAIL)}, 3),
        Step("postal_code", "Your postal code?", {}, 1, Then.HANG_UP),
    ),
    (Route(Criteria(states=frozenset({"NY"})), "new-york"), Route(Criteria(), None, Then.VOICEMAIL)),
    LocalHours("America/New_York", parse_weekly({"mon-fri": "08:00-20:00"})),
    "A call about {{ lead.attributes.product }}.",
    QualifiedRule(timedelta(seconds=90), {"product": frozenset({"auto"})}, frozenset({"NY"}), timedelta(days=30)),
)
FULL = Source(
    name="web form",
    accept=Acceptance(
        CRITERIA, ("call", "sms"), True, CertificateTerms(timedelta(days=3), frozenset({"forms.example.com"}))
    ),
    pricing=ByRule((PriceRule(CRITERIA, Decimal("31.5")),), Decimal("0.0001")),
    exclusive=False,
    duplicates=DuplicateRule(timedelta(days=30), (Key.EMAIL, Key.PHONE), Scope.ACCOUNT, OnRepeat.RESTART),
    caps=Caps(1, 2, 3, Decimal("4.4"), Decimal("5.5"), Decimal("6.6")),
    checks=Policy(
        reactions={"names": Reaction(Verdict.PENALTY, 7), "email": Reaction(Verdict.REFUSE)},
        no_answer={"scrub": Reaction(Verdict.ACCEPT)},
        blocked_words=frozenset({"loan shark"}),
        velocity={"ip": Velocity(5, 3600)},
        line_types=frozenset({"mobile"}),
        minimum_seconds_on_form=1.5,
        max_age=timedelta(minutes=10),
    ),
    fit=(FitRule("owner", CRITERIA, -20),),
    ask={Asked.LOOKUP: Budget(timedelta(milliseconds=800)), Asked.LISTS: Budget(timedelta(seconds=2))},
    mapping=IDENTITY,
    connection=Connection("form", (("key", "a-key-that-the-seller-posts"),)),
    reply=Reply("application/xml", "<ok/>", "<no>{{ code }}</no>", 400),
    test_phone="+12125550142",
    returns=ReturnTerms(timedelta(days=7), frozenset(ReturnReason), Decimal("0.15"), Credit.FULL),
    guard=GuardTerms((Rate.CONTACT,), True, 77, timedelta(hours=1)),
    call=CALL,
)
PARTS: tuple[tuple[Any, Any], ...] = (
    (FULL, Source("another")),
    (CALL, CallTerms("+12125550178")),
    (CALL.qualified, QualifiedRule()),
    (FULL.accept, Acceptance()),
    (FULL.accept.criteria, Criteria()),
    (FULL.accept.certificate, CertificateTerms()),
    (FULL.caps, Caps()),
    (FULL.checks, Policy()),
    (FULL.guard, GuardTerms()),
)


@pytest.mark.parametrize(("part", "usual"), PARTS, ids=lambda part: type(part).__name__)
def test_the_full_source_says_something_of_every_term_there_is(part: Any, usual: Any) -> None:
    """A term that is new and not kept would otherwise be read back as what is usual, and nobody would see it."""
    assert [f.name for f in fields(part) if getattr(part, f.name) == getattr(usual, f.name)] == []


def test_the_full_source_is_read_back_unchanged() -> None:
    assert source_from_json(kept(FULL)) == FULL


@pytest.mark.parametrize(
    "pricing",
    [None, Flat(Decimal("25.00")), AsPosted(), AsPosted(Decimal(31)), AsPosted(None, Decimal("0.1"))],
    ids=repr,
)
def test_every_way_of_pricing_is_read_back_unchanged(pricing: Pricing | None) -> None:
    source = replace(FULL, pricing=pricing)
    assert source_from_json(kept(source)) == source


def test_a_source_that_says_nothing_is_read_back_unchanged() -> None:
    source = Source("plain")
    assert source_from_json(kept(source)) == source


def test_a_source_kept_before_there_were_returns_and_guards_takes_what_is_usual() -> None:
    old = {name: part for name, part in kept(FULL).items() if name not in {"returns", "guard"}}
    assert source_from_json(old) == replace(FULL, returns=None, guard=GuardTerms())
