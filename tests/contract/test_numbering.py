"""The numbering port: what is a phone number, and every place that a number, postal code or state suggests."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from speedtolead.adapters.numbering import OfflineNumbering
from speedtolead.domain.phone import is_north_american
from speedtolead.domain.place import Candidate
from speedtolead.ports import Numbering, ParsedPhone

NY, CHICAGO, DENVER = "America/New_York", "America/Chicago", "America/Denver"
PHOENIX, GUAM, HONOLULU = "America/Phoenix", "Pacific/Guam", "Pacific/Honolulu"
NOBODY = "+12215550142"
"""Of an area code that no table knows."""


@pytest.fixture(scope="module")
def numbering() -> Numbering:
    return OfflineNumbering()


@given(st.from_regex(r"\+1[2-9][0-9]{9}", fullmatch=True))
@settings(max_examples=300, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
def test_a_number_that_may_be_assigned_in_north_america_is_read_as_it_is(phone: str) -> None:
    """So that a long list of numbers in E.164 need not be parsed one by one."""
    if is_north_american(phone):
        parsed = OfflineNumbering().parse(phone, "US")
        assert parsed is not None
        assert parsed.e164 == phone


@pytest.mark.parametrize(
    "phone",
    [
        "+12112360142",
        "+12912360142",
        "+12121360142",
        "+12129110142",
        "+1212236014",
        "+12122360142\n",
        "2122360142",
        "+1２122360142",
    ],
)
def test_a_number_that_cannot_be_assigned_is_none_of_north_america(phone: str) -> None:
    assert not is_north_american(phone)


# ---- numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "country", "e164", "region"),
    [
        ("2125550142", "US", "+12125550142", "US"),
        ("12125550142", "US", "+12125550142", "US"),
        ("+12125550142", "US", "+12125550142", "US"),
        ("+1 (212) 555-0142", "GB", "+12125550142", "US"),
        ("(212) 555-0142", "US", "+12125550142", "US"),
        ("212.555.0142", "US", "+12125550142", "US"),
        ("  212 555 0142 ", "US", "+12125550142", "US"),
        ("tel:+1-212-555-0142", "US", "+12125550142", "US"),
        ("011 1 212 555 0142", "US", "+12125550142", "US"),
        ("＋12125550142", "US", "+12125550142", "US"),
        ("4165550142", "US", "+14165550142", "CA"),
        ("4165550142", "CA", "+14165550142", "CA"),
        ("8005550142", "US", "+18005550142", None),
        ("6715550142", "US", "+16715550142", "GU"),
        ("020 7946 0142", "GB", "+442079460142", "GB"),
        ("+442079460142", "US", "+442079460142", "GB"),
        ("1-800-FLOWERS", "US", "+18003569377", None),
    ],
)
def test_a_number_is_read_as_dialled_there(
    numbering: Numbering, raw: str, country: str, e164: str, region: str | None
) -> None:
    found = numbering.parse(raw, country)
    assert found is not None
    assert found.e164 == e164
    if region is not None:
        assert found.country == region


@pytest.mark.parametrize(
    ("raw", "country"),
    [
        ("", "US"),
        (" ", "US"),
        ("abc", "US"),
        ("+", "US"),
        ("\x00", "US"),
        ("5550142", "US"),
        ("911", "US"),
        ("0125550142", "US"),
        ("1125550142", "US"),
        ("9115550142", "US"),
        ("2995550142", "US"),
        ("2121550142", "US"),
        ("2120550142", "US"),
        ("21255501422", "US"),
        ("212555014", "US"),
        ("2125550142 ext 5", "US"),
        ("2125550142;ext=7", "US"),
        ("212-555-0142 or 305-555-0142", "US"),
        ("2125550142.0", "US"),
        ("2125550142", "ZZ"),
        ("2125550142", ""),
        ("+999999999999", "US"),
        ("07946 0142", "GB"),
        ("ann@example.com", "US"),
        ("1" * 300, "US"),
    ],
)
def test_what_cannot_be_called_is_no_number(numbering: Numbering, raw: str, country: str) -> None:
    assert numbering.parse(raw, country) is None


def test_an_unknown_area_code_alone_makes_no_number_unusable(numbering: Numbering) -> None:
    assert numbering.parse("221-555-0142", "US") == ParsedPhone(NOBODY, None, assigned=False)


# ---- places -------------------------------------------------------------------------------------------------


def zones(found: tuple[Candidate, ...], origin: str | None = None) -> set[str]:
    return {c.zone for c in found if origin in (None, c.origin)}


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        ("+12125550142", {NY}),
        ("+18505550142", {NY, CHICAGO}),
        ("+13125550142", {CHICAGO}),
        ("+16025550142", {PHOENIX}),
        ("+18085550142", {HONOLULU}),
        ("+16715550142", {GUAM}),
        ("+17875550142", {"America/Puerto_Rico"}),
        ("+14165550142", {"America/Toronto"}),
    ],
)
def test_an_area_code_suggests_every_zone_it_serves(numbering: Numbering, phone: str, expected: set[str]) -> None:
    found = numbering.candidates(phone, None, None)
    assert zones(found) == expected
    assert {c.origin for c in found} == {"area_code"}


def test_area_code_850_is_in_florida_on_both_sides_of_the_line(numbering: Numbering) -> None:
    found = numbering.candidates("+18505550142", None, None)
    assert {(c.state, c.zone) for c in found} >= {("FL", NY), ("FL", CHICAGO)}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("FL", {NY, CHICAGO}),
        ("TX", {CHICAGO, DENVER}),
        ("TN", {NY, CHICAGO}),
        ("NY", {NY}),
        ("HI", {HONOLULU}),
        ("GU", {GUAM}),
    ],
)
def test_a_state_alone_suggests_all_its_zones(numbering: Numbering, state: str, expected: set[str]) -> None:
    found = numbering.candidates("+18005550142", state, None)
    assert zones(found) == expected
    assert {(c.state, c.origin) for c in found} == {(state, "state")}


def test_arizona_keeps_its_own_time_but_not_all_of_it(numbering: Numbering) -> None:
    assert zones(numbering.candidates("+18005550142", "AZ", "85001")) == {PHOENIX}
    assert zones(numbering.candidates("+18005550142", "AZ", "86515")) == {DENVER}  # the Navajo Nation
    assert zones(numbering.candidates("+18005550142", "AZ", None)) == {PHOENIX, DENVER}


def test_a_postal_code_narrows_its_state(numbering: Numbering) -> None:
    assert zones(numbering.candidates("+18005550142", "FL", "33101")) == {NY}
    assert zones(numbering.candidates("+18005550142", "FL", "32501")) == {CHICAGO}


def test_a_postal_code_may_have_four_more_digits(numbering: Numbering) -> None:
    assert numbering.candidates("+18005550142", None, "33101-1234") == (Candidate(NY, "FL", "postal_code"),)


def test_a_postal_code_in_another_state_does_not_hide_the_state(numbering: Numbering) -> None:
    found = numbering.candidates("+18005550142", "TX", "33101")
    assert zones(found, "postal_code") == {NY}
    assert zones(found, "state") == {CHICAGO, DENVER}


def test_the_number_counts_beside_what_was_said(numbering: Numbering) -> None:
    """A number's area code says New York and its owner lives in Guam."""
    found = numbering.candidates("+12125550142", "GU", "96910")
    assert zones(found, "area_code") == {NY}
    assert zones(found, "postal_code") == {GUAM}


@pytest.mark.parametrize("code", ["800", "833", "844", "855", "866", "877", "888"])
def test_a_toll_free_number_tells_no_place(numbering: Numbering, code: str) -> None:
    assert numbering.candidates(f"+1{code}5550142", None, None) == ()


@pytest.mark.parametrize(
    ("state", "postal_code"), [(None, None), ("", ""), ("XX", None), (None, "00000"), ("XX", "x"), (None, "331")]
)
def test_where_nothing_tells_there_is_no_place(
    numbering: Numbering, state: str | None, postal_code: str | None
) -> None:
    assert numbering.candidates(NOBODY, state, postal_code) == ()


def test_an_unknown_area_code_leaves_the_state_to_tell(numbering: Numbering) -> None:
    assert zones(numbering.candidates(NOBODY, "FL", None)) == {NY, CHICAGO}


def test_every_place_has_a_zone_and_the_same_question_the_same_answer(numbering: Numbering) -> None:
    for area in range(200, 1000):
        found = numbering.candidates(f"+1{area}5550142", None, None)
        assert list(found) == sorted(set(found), key=lambda c: (c.zone, c.state or "", c.origin))
        for candidate in found:
            assert ZoneInfo(candidate.zone)
    again = OfflineNumbering().candidates("+18505550142", "FL", "32501")
    assert again == numbering.candidates("+18505550142", "FL", "32501")
