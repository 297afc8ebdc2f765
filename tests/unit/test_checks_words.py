"""Leads that look like a test, words that a source blocks, and people who only have an unlucky name."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest

from speedtolead.domain.checks import Facts, Policy, Reason, Verdict, words

ACCEPT, REFUSE, NOTHING = Verdict.ACCEPT, Verdict.REFUSE, Verdict.NOT_APPLICABLE


def lead(**known: Any) -> Facts:
    return Facts(received_at=datetime(2026, 6, 10, 16, tzinfo=UTC), **known)


def named(first: str | None, last: str | None, **known: Any) -> Facts:
    return lead(first_name=first, last_name=last, **known)


# ---- tests --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "known",
    [
        named("Test", "Test"),
        named("TEST", "test2"),
        named("Test Test", None),
        named(None, "Test Test"),
        named("John Doe", None, address="123 Main St"),
        named("Ann", "Test", address="asdf"),
        named("Ann", "Test", city="asdf"),
        named("Ann", "Test", texts={"attributes.comments": "This is a TEST!"}),
        named("Test", "Lead"),
        named("Test", "User"),
        named("asdf", "asdf"),
        named("Asdf", "Qwerty"),
        named("ｔｅｓｔ", "te\u200bst"),
        named("Foo", "Bar"),
        named("Firstname", "Lastname"),
        named("Do Not", "Call"),
        named("DON'T", "CALL"),
        named("Don’t", "call"),
        named("Ann", "Lee", texts={"attributes.comments": "Do not call!"}),
        named("Ann", "Test", city="Testville"),
        named("Test", "Smith", address="123 Test St"),
        named("Ann", "Test", email="qwerty@acme.com"),
        named("John", "Doe", address="123 Main Street"),
        named("Jane", "Doe", email="test@gmail.com"),
        named("Mickey", "Mouse", city="Anytown"),
        named("Ann", "Test", texts={"attributes.comments": "this is a test"}),
        named(None, None, email="test@acme.com", city="Test City"),
    ],
)
def test_a_known_pattern_or_two_signs_make_a_test(known: Facts) -> None:
    finding = words.test_data(known, Policy())
    assert (finding.verdict, finding.reason) == (REFUSE, Reason.TEST_DATA)
    assert finding.inputs["pattern"] or len(finding.inputs["signs"]) >= 2  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "known",
    [
        named("Hans", "Test"),
        named("Test", None),
        named(None, None, city="Testville"),
        named("Hans", "Test", email="test@gmail.com"),
        named("Hans", "Sample", email="Sample@samplefamily.com"),
        named("Tester", "Smith"),
        named("John", "Doe"),
        named("Jane", "Doe", email="jane.doe@gmail.com"),
        named("Testa", "Testarossa", email="testa@gmail.com"),
        named("Ann", "Lee", address="123 Main St", email="ann@acme.com"),
        named("Ann", "Lee", email="test@gmail.com"),
        named("Ann", "Lee", city="Sample"),
        named("Ann", "Lee", texts={"attributes.comments": "this is a test"}),
        named("Ann", "Lee", texts={"attributes.a": "test lead", "attributes.b": "test lead"}),
        named("Ann", "Lee", texts={"attributes.utm_campaign": "test", "attributes.utm_content": "test"}),
        named("Hans", "Test", texts={"attributes.utm_campaign": "test", "last_name": "test lead"}),
        named("Ann", "Lee", texts={"attributes.comments": "Please do not call before nine."}),
        named("Ann", "Callahan", texts={"attributes.comments": "I test drove it already"}),
        named("Ada", "Example", email="ada@example.com"),
        named("Do", "Nguyen"),
        named("Null", "Null"),
    ],
)
def test_one_sign_is_a_persons_bad_luck(known: Facts) -> None:
    finding = words.test_data(known, Policy())
    assert (finding.verdict, finding.inputs["pattern"]) == (ACCEPT, None)


@pytest.mark.parametrize(
    ("known", "field", "signs"),
    [
        (named("Ann", "Test", city="Testville"), "last_name", ["last_name", "city"]),
        (named("Test", "Test"), "first_name", ["first_name", "last_name"]),
        (named("Ann", "Lee", texts={"attributes.note": "do not call"}), "attributes.note", []),
        (named("Ann", "Lee", texts={"": "do not call"}), "", []),
    ],
)
def test_the_field_that_gave_it_away_is_named(known: Facts, field: str, signs: list[str]) -> None:
    finding = words.test_data(known, Policy())
    assert (finding.field, finding.inputs["signs"]) == (field, signs)


def test_a_declared_test_is_no_offence() -> None:
    assert words.test_data(named("Test", "Test", declared_test=True), Policy()).verdict is NOTHING
    assert words.test_data(named(None, None), Policy()).verdict is NOTHING


@pytest.mark.parametrize(
    ("text", "is_word"),
    [
        ("test", True),
        (" TEST ", True),
        ("test123", True),
        ("Test!", True),
        ("asdf", True),
        ("testa", False),
        ("contest", False),
        ("test drive", False),
        ("123", False),
        ("", False),
    ],
)
def test_a_test_word_is_the_whole_text(text: str, is_word: bool) -> None:
    assert words.is_test_word(text) is is_word


# ---- blocked words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("blocked", "text", "found"),
    [
        ("loan", "I want a loan", True),
        ("loan", "LOAN!", True),
        ("Loan", "loan", True),
        ("loan", "loans", False),
        ("loan", "sloan", False),
        ("loan", "Sloan wants a loan", True),
        ("loan", "loan_sharks", True),
        ("loan", "ｌｏａｎ", True),
        ("loan", "lo\u200ban", True),
        ("café", "the cafe\u0301 bar", True),
        ("cafe", "café", False),
        ("cafe", "cafe\u0301", False),
        ("straße", "STRASSE", True),
        ("free money", "get FREE\n  money now", True),
        ("free money", "freemoney", False),
        ("$$$", "win $$$ now", True),
        ("$$$", "win $$ now", False),
        ("$$$", "win$$$now", True),
        ("a$$", "ba$$", False),
        ("$$a", "$$ab", False),
        ("कर", "करना", False),
        ("कर", "यह कर है", True),
        ("", "anything", None),
        (" ", "anything", None),
        ("loan", "", None),
    ],
)
def test_a_blocked_word_stands_alone_in_any_case_and_form(blocked: str, text: str, found: bool | None) -> None:
    texts = {"attributes.comments": text} if text else {}
    finding = words.blocked_words(lead(texts=texts), Policy(blocked_words=frozenset({blocked})))
    assert finding.verdict is {True: REFUSE, False: ACCEPT, None: NOTHING}[found]
    assert finding.reason == (Reason.BLOCKED_WORDS if found else "")


@pytest.mark.parametrize("field", ["first_name", "last_name", "email", "address", "city"])
def test_names_and_addresses_are_texts_as_well(field: str) -> None:
    finding = words.blocked_words(lead(**{field: "my loan"}), Policy(blocked_words=frozenset({"loan"})))
    assert (finding.verdict, finding.field) == (REFUSE, field)
    assert finding.inputs["found"] == [{"field": field, "word": "loan"}]


def test_what_was_found_is_kept_but_not_without_end() -> None:
    many = frozenset(f"w{number}" for number in range(50))
    finding = words.blocked_words(lead(texts={"a": " ".join(many)}), Policy(blocked_words=many))
    assert finding.inputs["blocked"] == 50
    assert len(finding.inputs["found"]) == 20  # type: ignore[arg-type]


def test_without_a_list_nothing_is_blocked() -> None:
    assert words.blocked_words(named("Ann", "Lee"), Policy()).verdict is NOTHING


def by_the_book(text: str) -> tuple[str, str]:
    """``normal`` and ``bare`` as they are for any text, with no shorter way for ASCII."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    compared = " ".join("".join(char for char in folded if unicodedata.category(char) != "Cf").split())
    joined = compared.replace("'", "").replace("’", "")
    in_words = (char if unicodedata.category(char)[0] in "LNM" else " " for char in joined)
    return compared, " ".join("".join(in_words).split())


@pytest.mark.parametrize("around", ["{}", "Ab{}1", " x {}", "{}{} Z", "é{}", "ﬁ{}", "a\u00ad{}’s"])
def test_ascii_is_compared_as_any_other_text_is(around: str) -> None:
    for char in map(chr, range(128)):
        text = around.replace("{}", char)
        assert (words.normal(text), words.bare(text)) == by_the_book(text), repr(text)
