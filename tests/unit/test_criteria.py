"""Acceptance criteria: how values are read, what misses and in which words, and the document they are kept in."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from math import inf, nan

import pytest
from domain_samples import CHICAGO, NOON, NY, at, examples
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.domain.criteria import (
    Condition,
    Criteria,
    CriteriaError,
    LeadValues,
    Miss,
    from_document,
    judge,
    number,
    plain,
    postal_code,
    to_document,
    truth,
)
from speedtolead.domain.hours import ALWAYS, LocalHours, Span, WeeklyHours, parse_weekly

D = Decimal

# ---- how values are read ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (17, "17"),
        (0, "0"),
        (-3, "-3"),
        (17.5, "17.5"),
        (0.1, "0.1"),
        ("17", "17"),
        (" 17 ", "17"),
        ("+17", "17"),
        ("-17.25", "-17.25"),
        ("$1,200", "1200"),
        ("$ 1,200.50", "1200.50"),
        ("-$5", "-5"),
        ("1,234,567", "1234567"),
        ("007", "7"),
        (D("2.50"), "2.50"),
        (10**30, "1" + "0" * 30),
        (10**40 - 1, "9" * 40),
        ("9" * 40, "9" * 40),
    ],
)
def test_a_number_is_read_from_text_too(value: object, expected: str) -> None:
    assert str(number(value)) == expected


@pytest.mark.parametrize(
    "value",
    [
        *(
            "25-34",
            "25 - 34",
            "",
            " ",
            "abc",
            "17 years",
            "1,20",
            "12,00",
            "1,2345",
            ",100",
            "1.",
            ".5",
            "1e5",
            "--1",
        ),
        *("$", "$-5", "17%", "Infinity", "NaN", "٣", "1_000", "0x10", "9" * 41),
        *(True, False, None, nan, inf, -inf, 1e300, 10**40, 10**4000, D("NaN"), D("Infinity"), [17], {"age": 17}),
    ],
)
def test_what_is_not_a_number_is_not_read_as_one(value: object) -> None:
    assert number(value) is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([True, "true", "YES", " y ", "On", "1", 1, 1.0, "t"], True),
        ([False, "false", "No", "n", "off", "0", 0, 0.0, "F"], False),
        ([None, "", "maybe", 2, "2", "yes please", [], [True]], None),
    ],
)
def test_yes_and_no_are_read_as_forms_say_them(values: list[object], expected: bool | None) -> None:
    for value in values:
        assert truth(value) is expected, value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("33101", "33101"),
        (" 33101 ", "33101"),
        ("33101-1234", "33101"),
        ("331011234", "33101"),
        (33101, "33101"),
        (99999, "99999"),
        (2134, "02134"),  # a JSON number has lost its zero
        ("2134", None),
        ("331", None),
        ("33101-12", None),
        ("3310a", None),
        ("٣٣١٠١", None),
        (123456, None),
        (0, None),
        (True, None),
        (33101.0, None),
        (None, None),
        ("", None),
    ],
)
def test_a_postal_code_is_five_digits(value: object, expected: str | None) -> None:
    assert postal_code(value) == expected


@examples(200)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12))
def test_a_number_survives_its_plain_form(value: Decimal) -> None:
    assert number(json.loads(json.dumps(plain(value)))) == value


# ---- what is taken, and what misses -------------------------------------------------------------------------

AUTO = from_document(
    {
        "states": ["FL", "GA"],
        "postal_codes": ["33101", "30*", "331*"],
        "attributes": {
            "age": {"between": [25, 64]},
            "credit": {"one_of": ["good", "Excellent"]},
            "homeowner": {"is_true": True},
            "coverage": {"at_least": 100_000, "required": False},
        },
        "hours": {"zone": NY, "week": {"mon-fri": "08:00-21:00"}},
    }
)
FITS = {"age": "64", "credit": "EXCELLENT", "homeowner": "yes"}


def lead(state: str | None = "fl", postal: str | int | None = "33101", **attributes: object) -> LeadValues:
    return LeadValues(state, postal, FITS | attributes)


@pytest.mark.parametrize(
    "values",
    [
        lead(),
        lead(" GA ", "30301-1234"),
        lead(postal=33199),
        lead(age=25, credit=" excellent "),
        lead(age=64.0, coverage="$100,000"),
        lead(coverage=None),
        lead(coverage="  "),
        lead(unheard_of="anything"),
    ],
)
def test_a_lead_that_meets_every_criterion_is_taken(values: LeadValues) -> None:
    assert judge(AUTO, values, NOON) == []


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        (lead("TX"), "state", "state is TX; this source takes FL, GA"),
        (lead(None), "state", "state is not given; this source takes FL, GA"),
        (lead(postal="90210"), "postal_code", "postal code is 90210; this source takes 30*, 331*, 33101"),
        (lead(postal=None), "postal_code", "postal code is not given; this source takes 30*, 331*, 33101"),
        (
            lead(postal="331"),
            "postal_code",
            "postal code is 331, which is no postal code; this source takes 30*, 331*, 33101",
        ),
        (lead(age=17), "attributes.age", "age is 17; this source takes 25 to 64"),
        (lead(age="64.5"), "attributes.age", "age is 64.5; this source takes 25 to 64"),
        (lead(age=24.99), "attributes.age", "age is 24.99; this source takes 25 to 64"),
        (lead(age="25-34"), "attributes.age", "age is 25-34, which is not a number; this source takes 25 to 64"),
        (lead(age=True), "attributes.age", "age is true, which is not a number; this source takes 25 to 64"),
        (
            lead(age=[30]),
            "attributes.age",
            "age is no plain value, which is not a number; this source takes 25 to 64",
        ),
        (lead(age=None), "attributes.age", "age is not given; this source takes 25 to 64"),
        (lead(age=" "), "attributes.age", "age is not given; this source takes 25 to 64"),
        (lead(credit="poor"), "attributes.credit", "credit is poor; this source takes Excellent, good"),
        (lead(homeowner="no"), "attributes.homeowner", "homeowner is no; this source takes yes only"),
        (
            lead(homeowner="renting"),
            "attributes.homeowner",
            "homeowner is renting, which is neither yes nor no; this source takes yes only",
        ),
        (lead(coverage=99_999), "attributes.coverage", "coverage is 99999; this source takes 100000 or more"),
    ],
)
def test_a_miss_is_told_by_its_field_and_in_words(values: LeadValues, field: str, words: str) -> None:
    (miss,) = judge(AUTO, values, NOON)
    assert (miss.field, miss.words) == (field, words)


def test_every_miss_is_told_with_its_inputs() -> None:
    saturday = at(NY, 2026, 6, 13, 7, 30)
    misses = judge(AUTO, LeadValues("TX", None, {"age": "17", "homeowner": 0, "coverage": 5.5}), saturday)
    assert [(miss.field, miss.inputs) for miss in misses] == [
        ("state", {"value": "TX", "states": ["FL", "GA"]}),
        ("postal_code", {"value": None, "count": 3}),
        ("attributes.age", {"value": "17", "between": [25, 64]}),
        ("attributes.credit", {"value": None, "one_of": ["Excellent", "good"]}),
        ("attributes.homeowner", {"value": 0, "is_true": True}),
        ("attributes.coverage", {"value": "5.5", "at_least": 100_000, "required": False}),
        (
            "hours",
            {
                "zone": NY,
                "local_time": "2026-06-13T07:30:00-04:00",
                "hours": "; ".join(f"{day} 08:00-21:00" for day in ("mon", "tue", "wed", "thu", "fri")),
                "opens_at": "2026-06-15T08:00:00-04:00",
            },
        ),
    ]
    assert misses[-1].words.startswith(f"it is Saturday 07:30 at {NY}; this source takes leads mon 08:00-21:00;")
    json.dumps([miss.inputs for miss in misses])


@pytest.mark.parametrize(
    ("when", "taken"),
    [
        (at(NY, 2026, 6, 10, 8), True),
        (at(NY, 2026, 6, 10, 20, 59), True),
        (at(NY, 2026, 6, 10, 21), False),
        (at(CHICAGO, 2026, 6, 10, 20), False),  # the source's clock counts, and shows 21:00
    ],
)
def test_leads_are_taken_in_the_sources_hours(when: datetime, taken: bool) -> None:
    assert (judge(AUTO, lead(), when) == []) is taken


def test_a_source_that_never_opens_names_no_opening() -> None:
    never = Criteria(hours=LocalHours(NY, parse_weekly({})))
    (miss,) = judge(never, LeadValues(), NOON)
    assert miss.inputs["opens_at"] is None
    assert miss.words == f"it is Wednesday 12:00 at {NY}; this source takes leads closed"


def test_without_criteria_every_lead_is_taken() -> None:
    assert judge(Criteria(), LeadValues(), NOON) == []
    assert judge(from_document({}), lead("TX", "nonsense", age="?"), NOON) == []


NAN = ", which is not a number"
SPECIAL: dict[str, object] = {"is_false": True, "required": False}


@pytest.mark.parametrize(
    ("condition", "value", "words"),
    [
        ({"not_one_of": ["bad", "poor"]}, "fair", None),
        ({"not_one_of": ["bad", "poor"]}, None, None),  # what is not given is none of them
        ({"not_one_of": ["bad", "poor"]}, " POOR", "x is POOR; this source does not take bad, poor"),
        ({"not_one_of": ["bad"]}, [1], "x is no plain value; this source does not take bad"),
        ({"not_one_of": ["bad"], "required": True}, "", "x is not given; this source does not take bad"),
        ({"required": True}, "anything", None),
        ({"required": True}, 0, None),
        ({"required": True}, False, None),
        ({"required": True}, None, "x is not given; this source asks for it"),
        ({"at_most": 3}, 3, None),
        ({"at_most": 3}, "3.01", "x is 3.01; this source takes 3 or less"),
        ({"at_least": "0.5"}, 0.5, None),
        ({"at_least": "0.5"}, 0.49, "x is 0.49; this source takes 0.5 or more"),
        ({"between": [0, 0]}, "0", None),
        ({"is_false": True}, "no", None),
        ({"is_false": True}, True, "x is true; this source takes no only"),
        (SPECIAL, None, None),
        (SPECIAL, "yes", "x is yes; this source takes no only"),
        ({"one_of": [2, 3]}, 2.0, None),
        ({"one_of": ["2", "3"]}, 3, None),
        ({"one_of": ["two  cars"]}, "Two cars", None),
        ({"one_of": ["true"]}, True, None),
        ({"one_of": ["STRASSE"]}, "straße", None),
        ({"one_of": ["2"]}, "2.0", "x is 2.0; this source takes 2"),  # text is compared as it is written
        ({"one_of": ["a"], "at_least": 1}, "a", f"x is a{NAN}; this source takes a and takes 1 or more"),
    ],
)  # fmt: skip
def test_what_a_condition_takes(condition: dict[str, object], value: object, words: str | None) -> None:
    criteria = from_document({"attributes": {"x": condition}})
    assert [miss.words for miss in judge(criteria, LeadValues(attributes={"x": value}), NOON)] == (
        [] if words is None else [words]
    )


def test_an_attribute_that_is_absent_is_not_given() -> None:
    criteria = from_document({"attributes": {"x": {"required": True}}})
    assert judge(criteria, LeadValues(), NOON) == [
        Miss("attributes.x", "x is not given; this source asks for it", {"value": None, "required": True})
    ]


def test_long_values_and_lists_are_cut_short_in_words() -> None:
    criteria = from_document({"states": [f"A{letter}" for letter in "ABCDEFGHIJKLMNO"]})
    (miss,) = judge(criteria, LeadValues("TX"), NOON)
    assert miss.words.endswith("AJ, AK, AL and 3 more")
    criteria = from_document({"attributes": {"x": {"one_of": ["a"]}}})
    (miss,) = judge(criteria, LeadValues(attributes={"x": "b\n" * 40_000}), NOON)
    assert miss.inputs["value"] == "b " * 30 + "…"


scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just([1]))


@examples(300)
@given(st.dictionaries(st.sampled_from([*FITS, "coverage"]), scalars), st.one_of(st.none(), st.text(max_size=6)))
def test_any_posted_values_are_judged_and_told_plainly(attributes: dict[str, object], text: str | None) -> None:
    misses = judge(AUTO, LeadValues(text, text, attributes), NOON)
    json.dumps([miss.inputs for miss in misses], allow_nan=False)
    assert all(miss.words and "\n" not in miss.words for miss in misses)


# ---- the document -------------------------------------------------------------------------------------------

words = st.text("abcXYZ 019-", min_size=1, max_size=6).map(lambda text: " ".join(text.split())).filter(bool)
amounts = st.decimals(-(10**9), 10**9, places=2)


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    one_of = draw(st.one_of(st.none(), st.frozensets(words.map("+".__add__), min_size=1, max_size=3)))
    not_one_of = draw(st.one_of(st.none(), st.frozensets(words.map("!".__add__), min_size=1, max_size=3)))
    low, high = sorted((draw(amounts), draw(amounts)))
    condition = Condition(
        one_of,
        not_one_of,
        draw(st.sampled_from([None, low])),
        draw(st.sampled_from([None, high])),
        draw(st.sampled_from([None, True, False])),
        draw(st.sampled_from([None, True, False])),
    )
    says = any(x is not None for x in (one_of, not_one_of, condition.at_least, condition.at_most, condition.truth))
    return condition if says else Condition(required=True)


spans = st.sampled_from([(), (Span(480, 1260),), (Span(0, 60), Span(60, 61), Span(1439, 1440))])
hours = st.one_of(st.builds(WeeklyHours, st.tuples(*[spans] * 7)), st.just(ALWAYS))
codes = st.one_of(st.from_regex(r"[0-9]{5}", fullmatch=True), st.from_regex(r"[0-9]{1,4}\*", fullmatch=True))
criteria_of_any_kind = st.builds(
    Criteria,
    states=st.one_of(st.none(), st.frozensets(st.from_regex(r"[A-Z]{2}", fullmatch=True), min_size=1, max_size=4)),
    postal_codes=st.one_of(st.none(), st.frozensets(codes, min_size=1, max_size=4)),
    attributes=st.dictionaries(words, conditions(), max_size=3),
    hours=st.one_of(st.none(), st.builds(LocalHours, st.sampled_from([NY, CHICAGO]), hours)),
)


@examples(300)
@given(criteria_of_any_kind)
def test_criteria_survive_their_document(criteria: Criteria) -> None:
    assert from_document(json.loads(json.dumps(to_document(criteria)))) == criteria


def test_the_document_is_short_and_in_order() -> None:
    assert to_document(Criteria()) == {}
    assert to_document(AUTO) == {
        "states": ["FL", "GA"],
        "postal_codes": ["30*", "331*", "33101"],
        "attributes": {
            "age": {"between": [25, 64]},
            "credit": {"one_of": ["Excellent", "good"]},
            "homeowner": {"is_true": True},
            "coverage": {"at_least": 100_000, "required": False},
        },
        "hours": {"zone": NY, "week": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "08:00-21:00")},
    }


LIST = "expected a list with at least one entry; leave it out to take all"
STATE, POSTAL = "expected a state's two letters, like FL", "expected five digits, or like 331*"
PAIR = "expected two numbers, like [25, 64]"
WEEK = 'expected hours by day, like {"mon-fri": "08:00-21:00"}'
ZONE = "expected an IANA time zone, like America/New_York"
MAPPING, NUMBER = "expected a mapping with any of", "expected a number"
NO_HOURS = [("hours.zone", ZONE), ("hours.week", WEEK)]
KNOWN = "states, postal_codes, attributes, hours"


@pytest.mark.parametrize(
    ("document", "problems"),
    [
        (None, [("", f"{MAPPING} {KNOWN}")]),
        ([], [("", f"{MAPPING} {KNOWN}")]),
        ({"state": ["FL"]}, [("state", f"is not known; known are {KNOWN}")]),
        ({"states": "FL"}, [("states", LIST)]),
        ({"states": []}, [("states", LIST)]),
        ({"states": ["FL", "fl", "Florida", True, 12, None]}, [(f"states[{i}]", STATE) for i in range(1, 6)]),
        (
            {"postal_codes": [33101, "*", "33101*", "3310", 1116, "331**", "331-*"]},
            [(f"postal_codes[{i}]", POSTAL) for i in range(1, 7)],
        ),
        ({"attributes": ["age"]}, [("attributes", "expected conditions by attribute name")]),
        ({"hours": "08:00-21:00"}, [("hours", f"{MAPPING} zone, week"), *NO_HOURS]),
        ({"hours": {"zone": "New York", "week": {}}}, NO_HOURS),
        ({"hours": {"zone": "America", "week": {"mon": "closed"}}}, [("hours.zone", ZONE)]),
        ({"hours": {"zone": "../../etc/passwd", "week": {"mon": "closed"}}}, [("hours.zone", ZONE)]),
        ({"hours": {"zone": "", "week": {"mon": 8}}}, NO_HOURS),
        (
            {"hours": {"zone": NY, "week": {"mon": "21:00-08:00"}}},
            [("hours.week.mon", "21:00-08:00 does not end after it starts, within one day")],
        ),
    ],
)  # fmt: skip
def test_a_problem_is_named_by_its_place(document: object, problems: list[tuple[str, str]]) -> None:
    with pytest.raises(CriteriaError) as refused:
        from_document(document)
    assert refused.value.problems == problems
    assert refused.value.code == "bad_criteria"


NOTHING = "says nothing; it may say"
KNOWN_TERMS = "one_of, not_one_of, at_least, at_most, between, is_true, is_false, required"


@pytest.mark.parametrize(
    ("condition", "problems"),
    [
        (25, [("", f"{MAPPING} {KNOWN_TERMS}")]),
        ({}, [("", f"{NOTHING} {KNOWN_TERMS}")]),
        ({"required": False}, [("", f"{NOTHING} {KNOWN_TERMS}")]),
        ({"min": 2}, [(".min", f"is not known; known are {KNOWN_TERMS}"), ("", f"{NOTHING} {KNOWN_TERMS}")]),
        ({"required": "yes", "at_most": 5}, [(".required", "expected true or false")]),
        ({"between": [25]}, [(".between", PAIR)]),
        ({"between": "25-64"}, [(".between", PAIR)]),
        ({"between": [25, "old"]}, [(".between", PAIR)]),
        ({"between": [64, 25]}, [(".between", "64 is more than 25: no value is between them")]),
        ({"at_least": 64, "at_most": 25}, [(".at_most", "64 is more than 25: no value is between them")]),
        ({"between": [1, 2], "at_least": 1}, [(".between", "say either between or at_least and at_most")]),
        ({"at_least": "25-34"}, [(".at_least", NUMBER)]),
        ({"at_most": True, "at_least": {}}, [(".at_least", NUMBER), (".at_most", NUMBER)]),
        ({"is_true": False}, [(".is_true", "expected true, or leave it out")]),
        ({"is_false": "yes"}, [(".is_false", "expected true, or leave it out")]),
        ({"is_true": True, "is_false": True}, [(".is_false", "say either is_true or is_false")]),
        ({"one_of": "good"}, [(".one_of", LIST)]),
        ({"one_of": ["good", "", True, None, []]}, [(f".one_of[{i}]", "expected text") for i in range(1, 5)]),
        ({"one_of": ["good", "bad"], "not_one_of": ["BAD"]}, [(".not_one_of", "bad: is in one_of too")]),
    ],
)  # fmt: skip
def test_a_condition_that_makes_no_sense_is_refused(condition: object, problems: list[tuple[str, str]]) -> None:
    with pytest.raises(CriteriaError) as refused:
        from_document({"attributes": {"age": condition}})
    assert refused.value.problems == [(f"attributes.age{place}", words) for place, words in problems]


def test_all_problems_are_told_at_once_below_the_place_that_was_asked_for() -> None:
    document = {"states": ["Florida"], "attributes": {"age": {"at_least": "x"}, "credit": {}}, "extra": 1}
    with pytest.raises(CriteriaError) as refused:
        from_document(document, "sources[2].accept")
    assert [place for place, _ in refused.value.problems] == [
        "sources[2].accept.extra",
        "sources[2].accept.states[0]",
        "sources[2].accept.attributes.age.at_least",
        "sources[2].accept.attributes.credit",
    ]
    assert f"sources[2].accept.states[0]: {STATE}; " in str(refused.value)
