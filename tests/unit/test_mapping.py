"""The mapping language: what each rule makes of what was posted, and the place of each mistake."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from domain_samples import NY, examples
from hypothesis import example, given
from hypothesis import strategies as st

from speedtolead.domain.mapping import (
    IDENTITY,
    TARGETS,
    Mapped,
    MappingError,
    Traced,
    parse_mapping,
    to_document,
)
from speedtolead.domain.mapping.path import PathError, parse_path, written
from speedtolead.service.intake.fields import LeadBody

NOTHING: dict[str, Any] = {}
QUOTED = "a name with such characters is put in double quotes"


def mapped(posted: Any, fields: dict[str, Any], *, rest: str = "drop", own: str = "drop") -> Mapped:
    return parse_mapping({"fields": fields, "rest": rest, "own": own}).apply(posted)


def made(rule: Any, posted: Any) -> Any:
    """What one rule makes of a posted value."""
    return one(rule, posted).result


def one(rule: Any, posted: Any) -> Traced:
    """One rule's trace; an attribute takes any kind of value."""
    used = parse_mapping({"fields": {"attributes.it": rule}}).apply(posted)
    (traced,) = used.trace
    assert used.fields == ({} if traced.result is None else {"attributes": {"it": traced.result}})
    return traced


# ---- paths --------------------------------------------------------------------------------------------------

VENDOR = {
    "plain": "a",
    "user": {"full_name": "Ada Lovelace", "odd.name": "dotted", 'quo"te\\': "quoted", "first name": "spaced"},
    "zero": 0,
    "no": False,
    "list": ["x", "y", ["z"]],
    "answers": [
        {"field": {"ref": "zip"}, "text": "10001"},
        {"field": {"ref": 7}, "text": "seven", "tags": ["p", "q"]},
        {"field": {"ref": True}, "text": "true", "tags": ["r", ""]},
        {"field": {"ref": "zip"}, "text": "second"},
        {"field": "zip", "text": "flat"},
        {"field": {"ref": "a]b"}, "text": "bracket"},
    ],
    "form": {"0": "first", "1": "second"},
    "mixed": {"5": "five", "x": "not a number"},
    "straße": "ß",
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("plain", "a"),
        (" plain ", "a"),
        ('"plain"', "a"),
        ("user.full_name", "Ada Lovelace"),
        ("user . full_name", "Ada Lovelace"),
        ("user.first name", "spaced"),
        ('user."odd.name"', "dotted"),
        ("user.odd.name", None),
        (r'user."quo\"te\\"', "quoted"),
        ("straße", "ß"),
        ("zero", 0),
        ("no", False),
        ("Plain", None),
        ("plain.a", None),
        ("list", ["x", "y", ["z"]]),
        ("list[0]", "x"),
        ("list[ 1 ]", "y"),
        ("list[2][0]", "z"),
        ("list[3]", None),
        ("list[999999]", None),
        ("list.0", None),
        ("list[*]", ["x", "y", ["z"]]),
        ("list[*][*]", ["x", "y", "z"]),
        ("answers.text", None),
        ("answers[field.ref=zip].text", "10001"),
        ("answers[ field.ref = zip ].text", "10001"),
        ('answers["field"."ref"="zip"].text', "10001"),
        ("answers[field.ref=7].text", "seven"),
        ("answers[field.ref=true].text", "true"),
        ("answers[field.ref=ZIP].text", None),
        ("answers[field=zip].text", "flat"),
        ('answers[field.ref="a]b"].text', "bracket"),
        ('answers[field.ref=""].text', None),
        ("answers[field=x=y].text", None),
        ("answers[*].text", ["10001", "seven", "true", "second", "flat", "bracket"]),
        ("answers[*].tags[*]", ["p", "q", "r"]),
        ("answers[*].none", None),
    ],
)
def test_a_path_names_a_posted_value(path: str, value: object) -> None:
    assert made(path, VENDOR) == value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("plain[0]", "a"),
        ("plain[*]", ["a"]),
        ("plain[1]", None),
        ("form[1]", "second"),
        ("form[*]", ["first", "second"]),
        ("form[2]", None),
        ("mixed[5]", "five"),
        ("mixed[*]", None),
        ("user[0]", None),
        ("user[*]", None),
    ],
)
def test_a_form_has_its_own_ways_to_write_a_list(path: str, value: object) -> None:
    assert made(path, VENDOR) == value


@pytest.mark.parametrize("nothing", [None, "", " \t\n", [], {}])
def test_null_blank_and_empty_are_nothing(nothing: object) -> None:
    assert one("a", {"a": nothing}) == Traced("attributes.it", "a", None, None, "nothing in it")
    assert made({"from": ["a", "b"]}, {"a": nothing, "b": 0}) == 0


def test_a_posted_value_is_looked_at_20_levels_deep() -> None:
    def nested(levels: int) -> dict[str, Any]:
        return {"a": nested(levels - 1)} if levels > 1 else {"a": "bottom"}

    assert made(".".join("a" * 20), nested(20)) == "bottom"
    assert "bottom" in json.dumps(made("a", nested(20)))
    assert "bottom" not in json.dumps(made("a", nested(21)))
    lists: Any = "bottom"
    for _ in range(19):
        lists = [lists]
    assert made("a" + "[0]" * 19, {"a": lists}) == "bottom"


def test_the_first_1000_elements_of_a_list_are_looked_at() -> None:
    posted = {"a": [{"n": n} for n in range(1001)]}
    assert made("a[n=999].n", posted) == made("a[999].n", posted) == 999
    assert made("a[n=1000].n", posted) is made("a[1000].n", posted) is None
    assert made("a[*].n", posted) == list(range(1000))


def test_the_first_10_000_values_are_looked_at() -> None:
    posted = {"a": [[1] * 999] * 11, "b": 1}
    looked_at = json.dumps(made("a", posted)).count("1")
    assert 9_980 < looked_at < 10_000, "lists are values, too"
    assert made("b", posted) is None
    assert made("b", {"a": [[1] * 999] * 9, "b": 1}) == 1


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "expected a name at character 1"),
        (" ", "expected a name at character 2"),
        (".a", "expected a name at character 1"),
        ("a.", "expected a name at character 3"),
        ("a..b", "expected a name at character 3"),
        ("[0]", "expected a name at character 1"),
        ("$.a", "expected a name at character 1"),
        ("a$b", f"unexpected '$' at character 2; {QUOTED}"),
        ("a]", f"unexpected ']' at character 2; {QUOTED}"),
        ('"a"b', f"unexpected 'b' at character 4; {QUOTED}"),
        ('a."b', "the quote at character 3 is not closed"),
        ('a."b\\', "the quote at character 3 is not closed"),
        ("a[", "expected a name at character 3"),
        ("a[]", "expected a name at character 3"),
        ("a[0", 'expected "]" at character 4'),
        ("a[*", 'expected "]" at character 4'),
        ("a[**]", 'expected "]" at character 4'),
        ("a[-1]", 'expected a number, "*" or name=value between the brackets, ending at character 5'),
        ("a[b]", 'expected a number, "*" or name=value between the brackets, ending at character 4'),
        ("a[1.2]", 'expected a number, "*" or name=value between the brackets, ending at character 6'),
        ("a[1234567]", 'expected a number, "*" or name=value between the brackets, ending at character 10'),
        ("a[٣]", 'expected a number, "*" or name=value between the brackets, ending at character 4'),
        ("a[²]", 'expected a number, "*" or name=value between the brackets, ending at character 4'),
        ("a[b=]", 'expected a value and "]" at character 5'),
        ("a[b=c", 'expected a value and "]" at character 5'),
        ('a[b="c"d]', 'expected "]" at character 8'),
        (".".join("a" * 21), "a path has at most 20 steps"),
    ],
)
def test_what_is_no_path_is_refused_with_the_character(path: str, words: str) -> None:
    with pytest.raises(PathError) as refused:
        parse_path(path)
    assert str(refused.value) == words
    assert problems({"fields": {"phone": path}}) == [("fields.phone", words)]


# ---- steps of a rule ----------------------------------------------------------------------------------------


def test_the_first_path_that_holds_something_is_taken() -> None:
    rule = {"from": ["email", "contact.email"]}
    posted: dict[str, Any] = {"email": " ", "contact": {"email": "ada@example.com"}}
    assert one(rule, posted) == Traced("attributes.it", "contact.email", "ada@example.com", "ada@example.com")
    assert made(rule, {**posted, "email": "first@example.com"}) == "first@example.com"
    assert one(rule, {}) == Traced("attributes.it", "email, contact.email", None, None, "no such field")
    assert one(rule, {"email": ""}).note == "nothing in it"


@pytest.mark.parametrize("value", ["x", " x ", 7, 7.5, 0, True, False, ["a", 1], {"b": {"c": None}}, 2**1024 - 1])
def test_a_value_stays_as_it_was_posted(value: object) -> None:
    result = made("a", {"a": value})
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("part", "name", "taken"),
    [
        ("first", "Ada Lovelace", "Ada"),
        ("last", "Ada Lovelace", "Lovelace"),
        ("first", "  Ada\tKing  Noel ", "Ada"),
        ("last", "  Ada\tKing  Noel ", "King Noel"),
        ("first", "Ada", "Ada"),
        ("last", "Ada", None),
        ("first", 7, "7"),
        ("last", ["Ada Lovelace", "Ada", "Alan Turing"], ["Lovelace", "Turing"]),
        ("first", {"a": "b"}, None),
    ],
)
def test_a_full_name_is_split_after_its_first_word(part: str, name: object, taken: object) -> None:
    assert made({"from": "name", "part": part}, {"name": name}) == taken


STATES = {"New York": "NY", "new jersey": "NJ", "7": "seven", "true": "yes"}
BOXES = {"Call me": "call", "Text me": ["sms", "email"], "no": None}


@pytest.mark.parametrize(
    ("rest", "posted", "meant", "note"),
    [
        ({}, "New York", "NY", ""),
        ({}, " new YORK\n", "NY", ""),
        ({}, "NEW JERSEY", "NJ", ""),
        ({}, 7, "seven", ""),
        ({}, 7.0, "seven", ""),
        ({}, True, "yes", ""),
        ({}, "NewYork", None, "not in the map: dropped"),
        ({}, "*", None, "not in the map: dropped"),
        ({}, {"New York": 1}, None, "not in the map: dropped"),
        ({"otherwise": "drop"}, "Ohio", None, "not in the map: dropped"),
        ({"otherwise": "keep"}, " Ohio", " Ohio", ""),
        ({"otherwise": "keep"}, 8, 8, ""),
        ({"otherwise": "keep"}, "new york", "NY", ""),
        ({"map": {"Y": True, "*": False}}, "y", True, ""),
        ({"map": {"Y": True, "*": False}}, "?", False, ""),
        ({"map": {"Y": True, "*": False}}, {"a": 1}, False, ""),
        ({"map": {"N": None, "*": "yes"}}, "n", None, "nothing is left"),
        ({"map": {"N": [], "Y": ["call"]}}, "N", None, "nothing is left"),
        ({"map": BOXES}, ["Call me", "text me"], ["call", "sms", "email"], ""),
        ({"map": BOXES}, ["no", "Call me"], ["call"], ""),
        ({"map": BOXES}, ["Fax me", "Call me", {}], ["call"], "2 of 3 left out: not in the map"),
        ({"map": BOXES}, ["Fax me", "Wave"], None, "not in the map: dropped"),
        ({"map": BOXES}, ["no"], None, "nothing is left"),
        ({"map": BOXES, "as": "upper"}, "no", None, "nothing is left"),
        ({"map": {"N": []}, "as": "upper"}, "N", None, "nothing is left"),
        ({"map": {"Straße": 1}}, "STRASSE", 1, ""),
    ],
)
def test_a_map_says_what_a_posted_value_means(rest: Any, posted: Any, meant: Any, note: str) -> None:
    assert one({"from": "st", "map": STATES, **rest}, {"st": posted}) == Traced(
        "attributes.it", "st", posted, meant, note
    )


CAR = {
    "car": {
        "year": 2020,
        "make": " Ford\n Focus ",
        "used": True,
        "tags": ["a", 1, "", {}],
        "x": {"y": 1},
        "odd": [{}],
    }
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ car.year }} {{ car.make }}", "2020 Ford Focus"),
        ("{{car.year}}{{car.year}}", "20202020"),
        ("  a {{ car.used }}  b ", "a true b"),
        ("{{ car.year }} {{ car.none }} x", "2020 x"),
        ("{{ car.tags }}", "a, 1"),
        ("{{ car.tags[*] }}", "a, 1"),
        ("<{{ car.x }}>", None),
        ("<{{ car.odd }}>", None),
        ("{{ none }}, {{ car.none }}", None),
        ("} {{ car.year }} }} {% if a %}", "} 2020 }} {% if a %}"),
    ],
)
def test_a_template_is_text_with_posted_values_in_it(template: str, text: str | None) -> None:
    assert made({"template": template}, CAR) == text


def test_a_template_tells_what_was_missing() -> None:
    rule = {"template": "{{ car.year }} {{ a }} {{ b }}"}
    assert one(rule, CAR) == Traced("attributes.it", rule["template"], "2020", "2020", "nothing at: a, b")
    assert one(rule, {}) == Traced("attributes.it", rule["template"], None, None, "nothing at: car.year, a, b")


def test_a_posted_value_is_never_itself_a_template() -> None:
    assert made({"template": "{{ a }}"}, {"a": "{{ b }}", "b": "secret"}) == "{{ b }}"


def test_a_template_does_not_grow_without_bound() -> None:
    traced = one({"template": "{{ a }}" * 100, "default": "x"}, {"a": "long " * 100})
    assert (traced.result, traced.note) == (None, "longer than 20,000 characters: dropped")
    assert made({"template": "{{ a }}"}, {"a": "x" * 20_000}) == "x" * 20_000


# ---- as -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "posted", "wanted"),
    [
        ("text", 7, "7"),
        ("text", 7.0, "7"),
        ("text", 7.25, "7.25"),
        ("text", True, "true"),
        ("text", " a ", " a "),
        ("text", ["a", 1, False], "a, 1, false"),
        ("lower", " ADA ", "ada"),
        ("upper", " ny ", "NY"),
        ("upper", ["a", 1], ["A", "1"]),
        ("number", "12", 12),
        ("number", " -12.50 ", -12.5),
        ("number", "$1,234,567.5", 1234567.5),
        ("number", "+007", 7),
        ("number", 1.5, 1.5),
        ("number", ["1", "x", 3], [1, 3]),
        ("bool", "Yes", True),
        ("bool", " TRUE ", True),
        ("bool", 1, True),
        ("bool", "off", False),
        ("bool", 0.0, False),
        ("bool", False, False),
        ("list", "call, sms, ,", ["call", "sms"]),
        ("list", 7, [7]),
        ("list", ["a,b", 1], ["a,b", 1]),
        ("epoch", 1767225600, "2026-01-01T00:00:00Z"),
        ("epoch", "1767225600", "2026-01-01T00:00:00Z"),
        ("epoch", 1767225600.25, "2026-01-01T00:00:00.250Z"),
        ("epoch", 1767225600250, "2026-01-01T00:00:00.250Z"),
        ("epoch", "1767225600000", "2026-01-01T00:00:00Z"),
        ("epoch", 99_999_999_999, "5138-11-16T09:46:39Z"),
        ("epoch", 100_000_000_000, "1973-03-03T09:46:40Z"),
        ("epoch", -1, "1969-12-31T23:59:59Z"),
    ],
)
def test_a_value_is_made_into_another_kind(kind: str, posted: object, wanted: object) -> None:
    result = made({"from": "a", "as": kind}, {"a": posted})
    assert result == wanted
    assert type(result) is type(wanted)


@pytest.mark.parametrize(
    ("kind", "posted", "note"),
    [
        ("text", {"b": 1}, "not a single value"),
        ("text", [{"b": 1}, ["c"]], "not a single value"),
        ("lower", {"b": 1}, "not a single value"),
        ("list", {"b": 1}, "not a single value"),
        ("number", "twelve", "'twelve' is not a number"),
        ("number", ["one", "two"], "'one' is not a number"),
        ("number", "1,23", "'1,23' is not a number"),
        ("number", "1e5", "'1e5' is not a number"),
        ("number", "inf", "'inf' is not a number"),
        ("number", "٣", "'٣' is not a number"),
        ("number", "9" * 31, f"'{'9' * 31}' is not a number"),
        ("number", True, "'true' is not a number"),
        ("number", {"b": 1}, "this is not a number"),
        ("number", "x" * 41, f"'{'x' * 39}…' is not a number"),
        ("bool", "maybe", "'maybe' is neither true nor false"),
        ("bool", 2, "'2' is neither true nor false"),
        ("epoch", "2026-01-01", "'2026-01-01' is not a number"),
        ("epoch", 1e300, "'1e+300' is not a moment"),
        ("epoch", 10**17, "'100000000000000000' is not a moment"),
        ("epoch", -(10**17), "'-100000000000000000' is not a moment"),
        ("date", "x" * 101, "too long for a date"),
        ("date", "yesterday", "'yesterday' is not a date of this format"),
        ("date", "2026-01-01", "'2026-01-01' has no offset, and the rule names no zone"),
        ("date", "0001-01-01T00:00:00+01:00", "not a moment in UTC"),
    ],
)
def test_what_cannot_be_made_into_it_is_left_out(kind: str, posted: object, note: str) -> None:
    assert one({"from": "a", "as": kind, "default": "never"}, {"a": posted}) == Traced(
        "attributes.it", "a", posted, None, f"{note}: dropped"
    )


@pytest.mark.parametrize(
    ("form", "zone", "posted", "moment"),
    [
        (None, None, "2026-06-10T12:00:00-04:00", "2026-06-10T16:00:00Z"),
        (None, None, "2026-06-10T16:00:00.5Z", "2026-06-10T16:00:00.500Z"),
        (None, NY, "2026-06-10 12:00", "2026-06-10T16:00:00Z"),
        (None, NY, "2026-06-10", "2026-06-10T04:00:00Z"),
        (None, NY, "2026-06-10T12:00:00+00:00", "2026-06-10T12:00:00Z"),
        ("%m/%d/%Y %H:%M", NY, " 01/10/2026 12:30 ", "2026-01-10T17:30:00Z"),
        ("%m/%d/%Y %H:%M", NY, "11/01/2026 01:30", "2026-11-01T05:30:00Z"),
        ("%m/%d/%Y %H:%M", NY, "03/08/2026 02:30", "2026-03-08T07:30:00Z"),
        ("%d %B %y, %I:%M %p", NY, "10 June 26, 12:05 AM", "2026-06-10T04:05:00Z"),
        ("%Y%m%d", NY, 20260610, "2026-06-10T04:00:00Z"),
        ("%Y-%j", "UTC", "2026-032", "2026-02-01T00:00:00Z"),
        ("%Y-%m-%d %z", None, "2026-06-10 -0400", "2026-06-10T04:00:00Z"),
        ("%m/%d/%Y", NY, "13/01/2026", None),
        ("%m/%d/%Y", NY, "01/10/2026 12:30", None),
        ("%m/%d/%Y", NY, "01/01/0001", "0001-01-01T04:56:02Z"),
    ],
)
def test_a_date_is_read_on_the_clock_of_its_zone(
    form: str | None, zone: str | None, posted: object, moment: str | None
) -> None:
    said = {"format": form, "zone": zone}
    rule: dict[str, Any] = {"from": "a", "as": "date", **{key: value for key, value in said.items() if value}}
    assert made(rule, {"a": posted}) == moment


def test_the_steps_are_taken_in_their_order() -> None:
    rule = {"template": "{{ day }} {{ hour }}", "as": "date", "format": "%d.%m.%Y %H", "zone": "UTC"}
    assert made(rule, {"day": "01.02.2026", "hour": 7}) == "2026-02-01T07:00:00Z"
    by_name = {"from": "who", "part": "last", "map": {"de la Cruz": "CRUZ"}, "as": "lower"}
    assert made(by_name, {"who": "Ana de la Cruz"}) == "cruz"
    several = {"who": ["Ada", "Ana de la Cruz", "Alan Turing"]}
    assert one(by_name, several).note == "1 of 3 left out: no last name in it; 1 of 2 left out: not in the map"


# ---- constants and defaults ---------------------------------------------------------------------------------


def test_a_constant_does_not_depend_on_what_is_posted() -> None:
    text = "I agree to be called by Acme."
    assert one({"const": text}, {}) == Traced("attributes.it", text, text, text, "a constant")
    assert one({"const": ["a", {"é": 1}]}, {}).source == '["a", {"é": 1}]'


def test_a_default_is_taken_when_nothing_was_posted() -> None:
    rule = {"from": "zip", "default": "10001"}
    assert made(rule, {"zip": "94105"}) == "94105"
    assert one(rule, {}) == Traced("attributes.it", "zip", None, "10001", "no such field: the default")
    assert one(rule, {"zip": " "}) == Traced("attributes.it", "zip", None, "10001", "nothing in it: the default")
    assert made({"template": "{{ a }}-{{ b }}", "default": "none"}, {}) == "none"


def test_a_no_never_becomes_the_default_yes() -> None:
    rule = {"from": "tcpa", "map": {"Y": ["call"], "N": []}, "default": ["call"]}
    assert made(rule, {"tcpa": "N"}) is None
    assert made(rule, {"tcpa": "never"}) is None
    assert made(rule, {}) == ["call"]


def test_what_comes_out_may_be_changed_without_changing_the_mapping() -> None:
    mapping = parse_mapping({"fields": {"consent.channels": {"const": ["call"]}, "attributes.a": "a"}})
    posted = {"a": [1]}
    fields = mapping.apply(posted).fields
    fields["consent"]["channels"].append("sms")
    fields["attributes"]["a"].append(2)
    assert mapping.apply(posted).fields == {"consent": {"channels": ["call"]}, "attributes": {"a": [1]}}


# ---- where results and leftovers go -------------------------------------------------------------------------


def test_results_are_nested_as_our_api_takes_them() -> None:
    used = mapped(
        {"tel": "+12125550142", "ok": "Y", "car": "Ford", "gone": ""},
        {
            "phone": "tel",
            "consent.channels": {"from": "ok", "map": {"Y": ["call"]}},
            "attributes.my car": "car",
            "consent.text": "gone",
            "city": "none",
        },
    )
    assert used.fields == {
        "phone": "+12125550142",
        "consent": {"channels": ["call"]},
        "attributes": {"my car": "Ford"},
    }
    assert [traced.target for traced in used.trace] == [
        "phone", "consent.channels", "attributes.my car", "consent.text", "city"
    ]  # fmt: skip


def test_a_rule_for_one_field_goes_into_the_object_that_was_taken_whole() -> None:
    rules = {"consent.seller": {"const": "Acme"}, "consent": "agreed", "attributes.x": "x", "attributes": "odd"}
    posted = {"agreed": {"text": "Yes.", "seller": "?"}, "x": 1, "odd": "no object"}
    assert mapped(posted, rules).fields == {
        "consent": {"text": "Yes.", "seller": "Acme"},
        "attributes": {"x": 1},
    }


LEFT = {
    "phone": "1",
    "car": {"make": "Ford", "owners": ["Ada", "Alan"], "a.b": {"blank": " ", "null": None, "year": 2020}},
    "answers": [{"ref": "zip", "text": "10001", "kind": "text"}, "lone", [1]],
    "ok": False,
}


def test_posted_values_that_no_rule_used_are_told_as_paths() -> None:
    rules = {"phone": "phone", "city": "answers[ref=zip].text", "state": {"from": ["none", "ok", "car.make"]}}
    used = mapped(LEFT, rules)
    assert used.unused == (
        "car.make", "car.owners", 'car."a.b".year', "answers[0].kind", "answers[1]", "answers[2]"
    )  # fmt: skip
    assert mapped(LEFT, {"city": "car", "state": "car.owners[1]"}).unused[:2] == ("phone", "answers[0].ref")
    assert mapped({"a": ["x", "y"]}, {"city": "a[0]"}).unused == ("a[1]",)
    assert "attributes" not in used.fields, "the rest is dropped unless it is asked for"


def test_the_rest_is_kept_under_attributes() -> None:
    posted = {
        "a": {"b": 10**30, "c": ["x", None], "d": [{"e": True}]},
        "a.b": "later",
        "car": "posted",
        "z": "used",
    }
    used = mapped(posted, {"attributes.car": {"const": "set by a rule"}, "city": "z"}, rest="attributes")
    assert used.fields == {
        "city": "used",
        "attributes": {"car": "set by a rule", "a.b": 10**30, "a.c": ["x", None], "a.d.0.e": True},
    }


def test_the_rest_is_at_most_200() -> None:
    posted = {f"field {n}": n for n in range(201)}
    used = mapped(posted, {}, rest="attributes")
    assert used.fields["attributes"] == {f"field {n}": n for n in range(200)}
    assert len(used.unused) == 200


def test_a_leftover_with_a_name_too_long_for_an_attribute_or_a_path_is_not_kept_or_told() -> None:
    posted = {"a" * 199: 1, "b" * 200: 2, "c" * 1999: 3, "d" * 2000: 4}
    used = mapped(posted, {}, rest="attributes")
    assert used.fields == {"attributes": {"a" * 199: 1}}
    assert [path[0] for path in used.unused] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "posted",
    [
        {"a": "\x00"}, {"a": "\ud800"}, {"a": 10**30 + 1}, {"a": ["fine", "\x1b"]}, {"\x00": "a"},
    ],
)  # fmt: skip
def test_a_leftover_that_the_api_would_refuse_does_not_cost_the_lead(posted: dict[str, Any]) -> None:
    used = mapped(posted, {}, rest="attributes")
    assert used.fields == {}
    assert len(used.unused) == 1


def test_a_posted_value_without_leftovers_gets_no_attributes() -> None:
    assert mapped({"a": 1}, {"city": "a"}, rest="attributes").fields == {"city": 1}


# ---- our own names ------------------------------------------------------------------------------------------

OWN: dict[str, Any] = {
    "phone": "+12125550142",
    "first_name": "",
    "email": None,
    "city": ["wrong", {}],
    "cost": 12.5,
    "test": False,
    "honeypot": "x",
    "attributes": {"car": {"year": 2020, "none": None}, "": []},
    "consent": {"channels": "call,sms", "unheard": {"of": 1}},
}


def test_the_identity_takes_our_own_names_exactly_as_they_are() -> None:
    used = IDENTITY.apply({**OWN, "else": 1, "consent.text": "not nested"})
    assert used.fields == OWN
    assert used.unused == ("else", '"consent.text"')
    assert {traced.target: traced.result for traced in used.trace} == OWN


def test_the_identity_leaves_wrong_values_to_the_api() -> None:
    deep: Any = {}
    for _ in range(30):
        deep = {"a": deep}
    for wrong in [None, [], {}, "", deep, float("inf")]:
        assert IDENTITY.apply({"consent": wrong}).fields == {"consent": wrong}


def test_our_own_names_are_the_base_and_rules_come_before_them() -> None:
    posted = {**OWN, "tel": "2", "agreed": "N"}
    rules = {"phone": "tel", "cost": "none", "consent.channels": {"from": "agreed", "map": {"Y": ["call"]}}}
    before = deepcopy(posted)
    fields = mapped(posted, rules, own="keep").fields
    assert fields == {
        **{name: value for name, value in OWN.items() if name != "cost"},
        "phone": "2",
        "consent": {"unheard": {"of": 1}},
    }, "a field that has a rule is the rule's alone, also when the rule leaves it out"
    assert posted == before
    assert mapped(posted, rules).fields == {"phone": "2"}, "they are dropped unless they are asked for"


def test_every_field_of_the_api_can_be_filled() -> None:
    api = set(LeadBody.model_fields)
    consent = LeadBody.model_fields["consent"].annotation
    assert consent is not None
    assert {*api, *(f"consent.{name}" for name in consent.model_fields)} <= TARGETS
    hints = {"ip", "user_agent", "device", "seconds_on_form", "honeypot"}
    assert hints <= TARGETS
    parse_mapping({"fields": {**dict.fromkeys(TARGETS, "x"), "attributes.x-Y_z 1": "x"}})


# ---- what vendors post --------------------------------------------------------------------------------------


def test_google_ads() -> None:
    columns = {"FULL_NAME": "Ada Lovelace", "EMAIL": "ada@example.com", "PHONE_NUMBER": "+12125550142"}
    posted = {
        "lead_id": "TeSter-123",
        "user_column_data": [
            {"column_name": key.title(), "string_value": value, "column_id": key} for key, value in columns.items()
        ],
        "api_version": "1.0",
        "form_id": 40000000000,
        "google_key": "secret",
        "is_test": True,
    }
    column = "user_column_data[column_id={}].string_value".format
    rules = {
        "phone": column("PHONE_NUMBER"),
        "first_name": {"from": column("FULL_NAME"), "part": "first"},
        "last_name": {"from": column("FULL_NAME"), "part": "last"},
        "email": column("EMAIL"),
        "postal_code": column("POSTAL_CODE"),
        "external_id": "lead_id",
        "test": "is_test",
        "consent.channels": {"const": ["call"]},
        "attributes.form": "form_id",
    }
    used = mapped(posted, rules)
    assert used.fields == {
        "phone": "+12125550142",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": "ada@example.com",
        "external_id": "TeSter-123",
        "test": True,
        "consent": {"channels": ["call"]},
        "attributes": {"form": 40000000000},
    }
    names = tuple(f"user_column_data[{n}].column_name" for n in range(3))
    assert used.unused == (*names, "api_version", "google_key")


def test_typeform() -> None:
    answers = [
        {"type": "phone_number", "phone_number": "+12125550142", "field": {"id": "1", "ref": "phone"}},
        {"type": "choice", "choice": {"label": "New Jersey"}, "field": {"id": "2", "ref": "state"}},
        {"type": "choices", "choices": {"labels": ["Call me", "Text me"]}, "field": {"id": "3", "ref": "how"}},
        {"type": "boolean", "boolean": True, "field": {"id": "4", "ref": "own a car?"}},
    ]
    posted = {
        "event_id": "01",
        "form_response": {"token": "a3a1", "submitted_at": "2026-06-10T16:00:00Z", "answers": answers},
    }
    answer = "form_response.answers[field.ref={}]".format
    rules = {
        "phone": f"{answer('phone')}.phone_number",
        "state": {"from": f"{answer('state')}.choice.label", "map": STATES, "otherwise": "keep"},
        "submitted_at": "form_response.submitted_at",
        "external_id": {"template": "typeform-{{ form_response.token }}"},
        "consent.channels": {
            "from": f"{answer('how')}.choices.labels[*]",
            "map": {"Call me": "call", "Text me": "sms"},
        },
        "attributes.car": f"{answer('own a car?')}.boolean",
    }
    fields = mapped(posted, rules).fields
    assert fields == {
        "phone": "+12125550142",
        "state": "NJ",
        "submitted_at": "2026-06-10T16:00:00Z",
        "external_id": "typeform-a3a1",
        "consent": {"channels": ["call", "sms"]},
        "attributes": {"car": True},
    }


def test_meta() -> None:
    posted = {
        "created_time": 1781107200,
        "field_data": [{"name": "email", "values": ["ada@example.com"]}, {"name": "zip", "values": []}],
    }
    rules = {
        "email": "field_data[name=email].values[0]",
        "postal_code": "field_data[name=zip].values[0]",
        "submitted_at": {"from": "created_time", "as": "epoch"},
    }
    used = mapped(posted, rules)
    assert used.fields == {"email": "ada@example.com", "submitted_at": "2026-06-10T16:00:00Z"}
    assert used.unused == ()


# ---- mistakes -----------------------------------------------------------------------------------------------


def problems(document: object) -> list[tuple[str, str]]:
    with pytest.raises(MappingError) as refused:
        parse_mapping(document)
    assert refused.value.code == "mapping"
    found = refused.value.problems
    assert str(refused.value) == "\n".join(f"{place}: {words}" for place, words in found)
    assert all(place and words and "\n" not in place + words for place, words in found), "one line a mistake"
    return found


EXPECTED_KEYS = "known are: from, const, template, part, map, otherwise, as, format, zone, default"
DATE = {"from": "a", "as": "date", "zone": NY}
NO_ZONE = "is no IANA time zone, like America/New_York"
A_DATE_NEEDS = "a date needs one year (%Y or %y), and either a month (%m, %b or %B) with %d, or %j"
AN_HOUR_NEEDS = "the hour is either %H, or %I with %p"
YAML_READS = "YAML reads yes, no, on, off so unless they are quoted"
A_NAME = "a name must be a text: put it in quotes (YAML reads yes, no, on, off, 7 otherwise)"
LONG = "longer than 2,000 characters"


@pytest.mark.parametrize(
    ("target", "rule", "key", "words"),
    [
        ("city", 7, "", "expected a path, or an object like {from: path}"),
        ("city", None, "", "expected a path, or an object like {from: path}"),
        ("city", ["a"], "", "expected a path, or an object like {from: path}"),
        ("city", {}, "", "say exactly one of from, const, template"),
        ("city", {"from": "a", "const": "b"}, "", "say exactly one of from, const, template"),
        ("city", {"from": "a", "template": "{{ b }}"}, "", "say exactly one of from, const, template"),
        ("city", {"from": "a", "frm": "b"}, ".frm", f"unknown key; {EXPECTED_KEYS}"),
        ("city", {"from": 7}, ".from", "expected a path, like user.email"),
        ("city", {"from": None}, ".from", "expected a path, like user.email"),
        ("city", {"from": "a..b"}, ".from", "expected a name at character 3"),
        ("city", {"from": ["a", "b.", "c"]}, ".from[1]", "expected a name at character 3"),
        ("city", {"from": ["a", 7]}, ".from[1]", "expected a path, like user.email"),
        ("city", {"from": []}, ".from", "expected 1 to 20 paths"),
        ("city", {"from": ["a"] * 21}, ".from", "expected 1 to 20 paths"),
        ("city", {"template": 7}, ".template", 'expected a text, like "{{ street }} {{ house }}"'),
        ("city", {"template": "{{ a"}, ".template", '"{{" is not closed by "}}"'),
        ("city", {"template": "{{ }}"}, ".template", "in {{ }}: expected a name at character 1"),
        (
            "city", {"template": "{{ a | upper }}"}, ".template",
            f"in {{{{ a | upper }}}}: unexpected '|' at character 3; {QUOTED}",
        ),
        (
            "city", {"template": "Acme"}, ".template",
            "there is no {{ path }} in it; a text that is always the same is a const",
        ),
        ("city", {"from": "a", "part": "middle"}, ".part", "expected first or last"),
        ("city", {"from": "a", "part": ["first"]}, ".part", "expected first or last"),
        ("city", {"from": "a", "part": None}, ".part", "expected first or last"),
        (
            "city", {"from": "a", "map": ["b"]}, ".map",
            "expected values as they are posted, each with ours, like {New York: NY}",
        ),
        (
            "city", {"from": "a", "map": {}}, ".map",
            "expected values as they are posted, each with ours, like {New York: NY}",
        ),
        (
            "city", {"from": "a", "map": {"a": "1", " A": "2"}}, ".map. A",
            "is in the map twice: letter case and blanks around do not count",
        ),
        (
            "city", {"from": "a", "map": {" ": "1"}}, ".map. ",
            "a blank value is nothing, and never compared; use default",
        ),
        ("city", {"from": "a", "map": {"x": True}}, ".map.x", f"expected a text, got true; {YAML_READS}"),
        ("city", {"from": "a", "map": {True: "x"}}, ".map.True", A_NAME),
        ("city", {"from": "a", "map": {7001: "x"}}, ".map.7001", A_NAME),
        ("test", {"from": "a", "map": {"x": "true"}}, ".map.x", "expected true or false"),
        (
            "city", {"from": "a", "map": {"x": "1"}, "otherwise": {"const": "y"}}, ".otherwise",
            'expected keep or drop; a constant goes into the map, under "*"',
        ),
        ("city", {"from": "a", "otherwise": "keep"}, ".otherwise", "only with a map"),
        (
            "city", {"from": "a", "map": {"*": "1"}, "otherwise": "drop"}, ".otherwise",
            'does nothing beside "*" in the map',
        ),
        (
            "city", {"from": "a", "as": "integer"}, ".as",
            "expected one of: text, lower, upper, number, bool, list, epoch, date",
        ),
        (
            "city", {"from": "a", "as": None}, ".as",
            "expected one of: text, lower, upper, number, bool, list, epoch, date",
        ),
        ("city", {"from": "a", "format": "%Y"}, ".format", "only with as: date"),
        ("city", {"from": "a", "as": "epoch", "zone": NY}, ".zone", "only with as: date"),
        ("city", {**DATE, "zone": "America/Gotham"}, ".zone", f"America/Gotham {NO_ZONE}"),
        ("city", {**DATE, "zone": 7}, ".zone", f"7 {NO_ZONE}"),
        ("city", {**DATE, "zone": [NY]}, ".zone", f"['{NY}'] {NO_ZONE}"),
        ("city", {**DATE, "zone": "localtime"}, ".zone", f"localtime {NO_ZONE}"),
        ("city", {**DATE, "format": 7}, ".format", "expected a format, like %m/%d/%Y %H:%M"),
        ("city", {**DATE, "format": None}, ".format", "expected a format, like %m/%d/%Y %H:%M"),
        ("city", {**DATE, "format": ""}, ".format", A_DATE_NEEDS),
        ("city", {**DATE, "format": "%d.%m."}, ".format", A_DATE_NEEDS),
        ("city", {**DATE, "format": "%Y %y-%m-%d"}, ".format", A_DATE_NEEDS),
        ("city", {**DATE, "format": "%Y-%m"}, ".format", A_DATE_NEEDS),
        ("city", {**DATE, "format": "%Y-%d"}, ".format", A_DATE_NEEDS),
        ("city", {**DATE, "format": "%Y-%m-%b-%d"}, ".format", A_DATE_NEEDS),
        ("city", {**DATE, "format": "%Y-%m-%d %j"}, ".format", A_DATE_NEEDS),
        ("city", {**DATE, "format": "%Y-%m-%d %I"}, ".format", AN_HOUR_NEEDS),
        ("city", {**DATE, "format": "%Y-%m-%d %H %p"}, ".format", AN_HOUR_NEEDS),
        ("city", {**DATE, "format": "%Y-%m-%d %H %I %p"}, ".format", AN_HOUR_NEEDS),
        ("city", {**DATE, "format": "%Y-%m-%d %Y"}, ".format", "a directive is said twice"),
        (
            "city", {"from": "a", "as": "date", "format": "%Y-%m-%d"}, ".format", "without %z in it, say the zone",
        ),
        ("city", {"const": "a", "default to": "b"}, ".default to", f"unknown key; {EXPECTED_KEYS}"),
        ("city", {"const": "a", "default": "b"}, ".default", "does nothing to a constant"),
        ("city", {"const": "a", "as": "lower"}, ".as", "does nothing to a constant"),
        ("city", {"const": None}, ".const", "expected a value; this is nothing"),
        ("city", {"const": " "}, ".const", "expected a value; this is nothing"),
        ("city", {"from": "a", "default": []}, ".default", "expected a value; this is nothing"),
        ("city", {"const": False}, ".const", f"expected a text, got false; {YAML_READS}"),
        ("city", {"from": "a", "default": ["b"]}, ".default", "expected a text or a number"),
        ("consent.channels", {"const": ["fax"]}, ".const", "expected channels, of call, email, sms"),
        ("consent.channels", {"const": ["call", 7]}, ".const", "expected channels, of call, email, sms"),
        ("consent.channels", {"const": "call, fax"}, ".const", "expected channels, of call, email, sms"),
        ("consent.channels", {"const": {"call": 1}}, ".const", "expected channels, of call, email, sms"),
        ("consent", {"const": "yes"}, ".const", "expected an object"),
        ("consent", {"const": {"colour": "x"}}, ".const", "colour: there is no such field"),
        ("consent", {"const": {"text": ["x"]}}, ".const", "text: expected a text or a number"),
        ("city", {"const": "x" * 2001}, ".const", LONG),
        ("city", "x" * 2001, "", LONG),
        ("city", {"from": "a", "map": {"x" * 2001: "y"}}, f".map.{'x' * 59}…", LONG),
        ("city", {"from": "a", "map": {"x": "\x00"}}, ".map.x", "control characters are not allowed"),
        ("city", {"from": "a", "map": {"x\n": "\x00"}}, ".map.'x\\n'", "control characters are not allowed"),
        ("city", {"const": float("nan")}, ".const", "not a finite number"),
        ("city", {"const": 10**31}, ".const", "the number is too large"),
        ("attributes.a", {"const": [[[[[[[["deep"]]]]]]]]}, ".const" + "[0]" * 8, "nested too deeply"),
        ("attributes.a", {"const": list(range(1001))}, ".const", "at most 1,000 values; there are 1,001"),
        (
            "attributes.a", {"const": {1, 2}}, ".const",
            "a set is not plain; put it in quotes if a text is meant",
        ),
    ],
)  # fmt: skip
def test_a_mistake_in_a_rule_has_its_place(target: str, rule: object, key: str, words: str) -> None:
    assert problems({"fields": {"phone": "p", target: rule}}) == [(f"fields.{target}{key}", words)]


@pytest.mark.parametrize(
    ("form", "named"), [("%Z", "%Z"), ("%c", "%c"), ("%", "%"), ("%%%", "%"), ("%-d", "%-"), ("%é", "%é")]
)
def test_a_directive_that_differs_from_machine_to_machine_is_refused(form: str, named: str) -> None:
    words = f"{named} is not available; known are: %% %A %B %H %I %M %S %Y %a %b %d %f %j %m %p %y %z"
    assert problems({"fields": {"city": {**DATE, "format": f"%Y-%m-%d {form}"}}}) == [("fields.city.format", words)]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("attributes.", "the name of an attribute has 1 to 120 characters, no blanks around it"),
        ("attributes. a", "the name of an attribute has 1 to 120 characters, no blanks around it"),
        ("attributes.a.b", 'the name of an attribute has letters, digits, "_", "-" and blanks'),
    ],
)
def test_the_name_of_an_attribute_is_one_plain_name(target: str, words: str) -> None:
    assert problems({"fields": {target: "a"}}) == [(f"fields.{target}", words)]


@pytest.mark.parametrize("target", ["fone", "Phone", "", "consent.colour", "phone.x", "consent.", "attribute.a"])
def test_a_field_that_a_lead_does_not_have_is_refused(target: str) -> None:
    ((place, words),) = problems({"fields": {target: "a"}})
    assert place == f"fields.{target}"
    assert words.startswith("a lead has no such field; it has address, attributes, city, ")
    assert words.endswith(", user_agent and attributes.NAME")


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (None, [("mapping", "expected an object, like {fields: {phone: phone_number}}")]),
        ([], [("mapping", "expected an object, like {fields: {phone: phone_number}}")]),
        ({}, [("fields", "expected our fields, each with its rule, like {phone: phone_number}")]),
        ({"fields": []}, [("fields", "expected our fields, each with its rule, like {phone: phone_number}")]),
        ({"fields": {}, "rset": 1}, [("rset", "unknown key; known are: fields, own, rest")]),
        ({"fields": {}, 7: 1}, [("7", "unknown key; known are: fields, own, rest")]),
        ({"fields": {}, "rest": "keep"}, [("rest", "expected attributes or drop")]),
        ({"fields": {}, "rest": None}, [("rest", "expected attributes or drop")]),
        ({"fields": {}, "own": True}, [("own", "expected keep or drop")]),
        ({"fields": {7: "a"}}, [("fields.7", A_NAME)]),
    ],
)
def test_a_mistake_around_the_rules_has_its_place(document: object, found: list[tuple[str, str]]) -> None:
    assert problems(document) == found


def test_every_mistake_is_told_at_once() -> None:
    fields = {
        "phone": "a..b",
        "city": {"from": ["a.", "b."], "part": "x", "as": "y", "default": [], "zone": NY, "z": 1},
        "state": {"from": "st", "map": {"a": False, "b": True}, "otherwise": "?"},
        "email": "fine",
    }
    assert [place for place, _ in problems({"fields": fields, "rest": 1, "more": 2})] == [
        "more", "fields.phone", "fields.city.z", "fields.city.from[0]", "fields.city.from[1]", "fields.city.part",
        "fields.city.zone", "fields.city.as", "fields.city.default", "fields.state.otherwise",
        "fields.state.map.a", "fields.state.map.b", "rest",
    ]  # fmt: skip


def test_a_mapping_has_at_most_200_rules_and_400_paths() -> None:
    def rules(count: int, rule: object) -> dict[str, Any]:
        return {"fields": {f"attributes.{n}": rule for n in range(count)}}

    parse_mapping(rules(200, "a"))
    assert problems(rules(201, "a")) == [("fields", "at most 200 rules; there are 201")]
    parse_mapping(rules(200, {"from": ["a", "b"]}))
    parse_mapping(rules(100, {"template": "{{ a }}{{ b }}{{ c }}{{ d }}"}))
    for three in [{"template": "{{ a }}{{ b }}{{ c }}"}, {"from": ["a", "b", "c"]}]:
        assert problems(rules(134, three)) == [("fields", "at most 400 paths in all rules together; there are 402")]


def test_what_is_just_within_the_limits_is_taken() -> None:
    fields = {
        "city": {"const": "x" * 2000},
        "cost": {"const": 10**30},
        "state": {"from": "st", "map": {f"state {n}": "NY" for n in range(1000)}},
        "attributes." + "n" * 120: {"const": [[[[[[["deep"]]]]]]]},
    }
    used = mapped({"st": "State 999"}, fields)
    assert (used.fields["city"], used.fields["cost"], used.fields["state"]) == ("x" * 2000, 10**30, "NY")
    assert used.fields["attributes"] == {"n" * 120: [[[[[[["deep"]]]]]]]}


def test_a_constant_need_fit_only_where_it_arrives() -> None:
    fields = {
        "test": {"from": "t", "map": {"?": "yes"}, "as": "bool"},
        "city": {"from": "c", "map": {"none": None, "*": "Boston"}},
        "consent.channels": {"const": [" Call ", "SMS"]},
        "attributes": {"const": {"any": True}},
    }
    assert mapped({"t": "?", "c": "none"}, fields).fields == {
        "test": True,
        "consent": {"channels": [" Call ", "SMS"]},
        "attributes": {"any": True},
    }


# ---- whatever is posted -------------------------------------------------------------------------------------


def test_a_posted_value_that_contains_itself_comes_to_an_end() -> None:
    knot: list[Any] = []
    knot.extend([knot] * 10)
    tangle: dict[str, Any] = {"a": knot}
    tangle["b"] = tangle
    used = mapped(tangle, {"city": "a[*][*]", "state": "b.b.b.a[0]"}, rest="attributes")
    json.dumps(used.fields)


@pytest.mark.parametrize(
    "odd", [None, 7, "text", [1], [{"a": 1}], {7: 1}, {"a": {1, 2}}, {"a": object()}, {"a": b"b"}]
)
def test_what_is_not_json_is_not_there(odd: Any) -> None:
    used = mapped(odd, {"city": "a", "state": {"template": "{{ a }}"}}, rest="attributes")
    assert (used.fields, used.unused) == ({}, ())


@pytest.mark.parametrize(
    "odd", [float("nan"), float("inf"), 2**1024, pytest.param(-(10**5000), id="longer than Python writes")]
)
@pytest.mark.parametrize("kind", ["text", "number", "bool", "list", "epoch", "date"])
def test_a_number_that_is_none_is_not_there(odd: object, kind: str) -> None:
    assert mapped({"a": odd}, {"attributes.a": {"from": "a", "as": kind}}).fields == {}


NAMES = ["a", "b", "odd.name", 'q"\\', " c ", "0", "1", "é", ""]
texts = st.one_of(
    st.sampled_from(
        ["x", "Y", "no", "Ada Lovelace", "1", "2026-06-10", "06/10/2026 12:30", "$1,000.5", "a,b", " "]
    ),
    st.text(max_size=12),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, 1, 1767225600, 1767225600000, 10**18, 10**400]),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
)
names = st.one_of(st.sampled_from(NAMES), st.text(max_size=4))
json_values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=4)),
    max_leaves=12,
)
posts = st.builds(
    lambda ours, theirs, both: {**ours, **theirs, **both},
    st.dictionaries(st.sampled_from(sorted(TARGETS)), json_values, max_size=3),
    st.dictionaries(names, json_values, max_size=3),
    st.fixed_dictionaries({"a": json_values, "b": scalars}),
)


def quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


path_names = st.sampled_from(["a", "b", *map(quoted, NAMES)])
selectors = st.one_of(
    st.integers(0, 3).map(lambda n: f"[{n}]"),
    st.just("[*]"),
    st.builds(lambda name, value: f"[{name}={quoted(value)}]", path_names, st.sampled_from(["x", "1", "no", "]"])),
)
paths = st.builds(
    lambda first, steps: first + "".join(steps),
    st.one_of(st.sampled_from(["a", "b"]), path_names),
    st.one_of(st.just([]), st.lists(st.one_of(path_names.map(lambda name: f".{name}"), selectors), max_size=4)),
)
constants = st.one_of(st.sampled_from(["x", 7, 2.5, True, ["call"], {"a": [None, 1]}]))
conversions = st.one_of(
    st.just(NOTHING),
    st.sampled_from(["text", "lower", "upper", "number", "bool", "list", "epoch", "date"]).map(lambda k: {"as": k}),
    st.sampled_from(["%m/%d/%Y %H:%M", "%Y-%m-%d", "%d %b %y %I%p", "%Y%j"]).map(
        lambda form: {"as": "date", "format": form, "zone": NY}
    ),
)
maps = st.one_of(
    st.just(NOTHING),
    st.builds(
        lambda entries, otherwise: {"map": entries, **otherwise},
        st.dictionaries(
            st.sampled_from(["x", "Y", " no", "1", "true"]), st.one_of(st.none(), constants), min_size=1
        ),
        st.sampled_from([NOTHING, {"otherwise": "keep"}, {"otherwise": "drop"}]),
    ),
    st.builds(lambda value: {"map": {"x": None, "*": value}}, constants),
)
sources = st.one_of(
    paths.map(lambda path: {"from": path}),
    st.lists(paths, min_size=1, max_size=3).map(lambda several: {"from": several}),
    st.lists(st.sampled_from(["{{a}}", "{{ b[*] }} ", "{{ a.b }}", " and "]), max_size=4).map(
        lambda parts: {"template": "".join([*parts, "{{ b }}"])}
    ),
)
changed_values = st.builds(
    lambda source, part, table, conversion, default: {**source, **part, **table, **conversion, **default},
    sources,
    st.sampled_from([NOTHING, {"part": "first"}, {"part": "last"}]),
    maps,
    conversions,
    st.one_of(st.just(NOTHING), constants.map(lambda value: {"default": value})),
)
any_rules = st.one_of(paths, changed_values, constants.map(lambda value: {"const": value}))
unchanged = st.one_of(paths, sources)
documents = st.builds(
    lambda attributes, others, rest, own: {"fields": {**others, **attributes}, "rest": rest, "own": own},
    st.dictionaries(st.sampled_from([f"attributes.{name}" for name in "abcdef"]), any_rules, max_size=6),
    st.dictionaries(st.sampled_from(sorted(TARGETS)), unchanged, max_size=6),
    st.sampled_from(["attributes", "drop"]),
    st.sampled_from(["keep", "drop"]),
)


def assert_plain(value: object) -> None:
    """Plain JSON all through: of these types exactly, and not of their children."""
    if type(value) is dict:
        for name, inner in value.items():
            assert type(name) is str
            assert_plain(inner)
    elif type(value) is list:
        for inner in value:
            assert_plain(inner)
    else:
        assert value is None or type(value) in (str, int, float, bool)


@examples(200)
@given(documents, posts)
def test_any_mapping_takes_any_post_and_gives_plain_json(document: dict[str, Any], posted: dict[str, Any]) -> None:
    mapping = parse_mapping(document)
    before = deepcopy(posted)
    used = mapping.apply(posted)
    assert_plain(used.fields)
    assert set(used.fields) <= {target.partition(".")[0] for target in TARGETS}
    assert [traced.target for traced in used.trace][: len(mapping.rules)] == list(document["fields"])
    for traced in used.trace:
        assert_plain([traced.raw, traced.result])
        assert traced.result is not None or traced.note, "the trace says why a field is left out"
    assert len(used.unused) <= 200
    assert mapping.apply(posted) == used, "applying twice gives the same"
    assert posted == before


@examples(100)
@given(documents)
def test_a_mapping_is_written_as_it_is_read(document: dict[str, Any]) -> None:
    mapping = parse_mapping(document)
    again = to_document(mapping)
    assert parse_mapping(json.loads(json.dumps(again))) == mapping
    assert to_document(parse_mapping(again)) == again


def test_a_written_mapping_says_all_of_it() -> None:
    fields = {
        "phone": "tel",
        "first_name": {"from": ["name", "full_name"], "part": "first", "default": "friend"},
        "state": {"from": "st", "map": {" New York": "NY"}, "otherwise": "keep", "as": "upper"},
        "submitted_at": {"template": "{{ a }} {{ b }}", "as": "date", "format": "%Y-%m-%d %H", "zone": NY},
        "schedule_at": {"from": "later", "as": "date"},
        "cost": {"const": 2.5},
    }
    document = {"fields": fields, "own": "keep", "rest": "attributes"}
    assert to_document(parse_mapping(document)) == document


def test_a_written_mapping_is_in_its_short_form() -> None:
    fields = {"phone": {"from": ["tel"]}, "state": {"from": ["a", "b"], "map": {" Y": "NY"}, "otherwise": "drop"}}
    assert to_document(parse_mapping({"fields": fields})) == {
        "fields": {"phone": "tel", "state": {"from": ["a", "b"], "map": {" Y": "NY"}}},
        "own": "drop",
        "rest": "drop",
    }
    assert parse_mapping(to_document(IDENTITY)) == IDENTITY


rule_like = st.dictionaries(
    st.sampled_from(["from", "const", "template", "part", "map", "otherwise", "as", "format", "zone", "default"]),
    st.one_of(json_values, st.sampled_from(["date", "%Y-%m-%d", "%Y %", NY, "first", "keep", "a[", "{{a}}"])),
)
document_like = st.fixed_dictionaries(
    {"fields": st.dictionaries(st.sampled_from(["phone", "test", "consent", "attributes.x", "?"]), rule_like)}
)


@examples(150)
@given(st.one_of(json_values, document_like))
@example({"fields": {"phone": {"from": "a", "as": "date", "format": "%Y %(%m%d"}}})
def test_any_document_is_a_mapping_or_a_list_of_mistakes(document: object) -> None:
    try:
        mapping = parse_mapping(document)
    except MappingError:
        return
    assert parse_mapping(to_document(mapping)) == mapping
    mapping.apply({"a": "x"})


@examples(100)
@given(posts)
def test_the_identity_keeps_our_fields(posted: dict[str, Any]) -> None:
    assert IDENTITY.apply(posted).fields == {
        name: posted[name] for name in posted if name in TARGETS and "." not in name
    }


@examples(150)
@given(st.lists(st.one_of(names, st.integers(0, 999_999)), max_size=8), names)
def test_a_written_place_is_the_path_to_it(steps: list[str | int], first: str) -> None:
    place = (first, *steps)
    assert parse_path(written(place)).steps == place


@examples(300)
@given(st.text(alphabet='a."[]*=1 \\$', max_size=12))
def test_any_text_is_a_path_or_no_path(text: str) -> None:
    try:
        path = parse_path(text)
    except PathError:
        return
    assert path.text == text
