"""Reading a phone number, whatever was typed: an E.164 number or none, and one number however it is written."""

from __future__ import annotations

import re
from string import ascii_uppercase, digits

import phonenumbers
import pytest
from domain_samples import examples
from hypothesis import example, given
from hypothesis import strategies as st

from speedtolead.adapters.numbering import OfflineNumbering

E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
FULL_WIDTH = str.maketrans(digits + "+-.() ", "".join(map(chr, range(0xFF10, 0xFF1A))) + "＋－．（）\u3000")
ARABIC = str.maketrans(digits, "٠١٢٣٤٥٦٧٨٩")

numbering = OfflineNumbering()

any_country = st.text(ascii_uppercase, min_size=2, max_size=2)
real_country = st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS))
phone_like = st.text(digits + "０１٣²①𝟙" + "++--..()[]/ ~\u00a0\u200b\x00;=,#*xextisub:tlphone-contex", max_size=40)


@st.composite
def dialled(draw: st.DrawFn) -> str:
    """Digits as they are dialled within some country, or to it from abroad."""
    code = phonenumbers.country_code_for_region(draw(real_country))
    number = draw(st.text(digits, min_size=3, max_size=17))
    return (
        draw(st.sampled_from(["", "0", "00", "+", f"+{code}", f"00{code}", f"011{code}", f"+{code} (0)"])) + number
    )


def area(code: int) -> bool:
    """The form of a North American area code: NXX, without N11 and N9X."""
    return code // 100 >= 2 and code % 100 != 11 and code % 100 // 10 != 9


AREAS = [code for code in range(1000) if area(code)]
NO_AREAS = [code for code in range(1000) if not area(code)]
exchanges = st.sampled_from([code for code in range(200, 1000) if code % 100 != 11])
lines = st.integers(0, 9999)


def parsed(raw: str, country: str = "US") -> str | None:
    found = numbering.parse(raw, country)
    return None if found is None else found.e164


@examples(400)
@given(st.text() | phone_like | dialled(), any_country | real_country)
@example("0415636138323080", "DE")
@example("+49845190174895718", "US")
@example("tel:0142;phone-context=+1212555", "US")
@example("+1" + "٣" * 10, "US")
@example("\ud800+12125550142", "US")
@example("1" * 100_000, "US")
def test_whatever_was_typed_is_a_number_in_the_international_form_or_none(raw: str, country: str) -> None:
    found = numbering.parse(raw, country)
    assert found is None or E164.fullmatch(found.e164)
    assert found is None or found.country is None or re.fullmatch("[A-Z]{2}|001", found.country)


@examples(400)
@given(dialled() | phone_like, any_country | real_country, any_country)
@example("0415636138323080", "DE", "US")
def test_a_number_that_was_read_is_read_again_as_itself_wherever_it_is(raw: str, country: str, other: str) -> None:
    first = parsed(raw, country)
    if first is not None:
        assert parsed(first, country) == first
        assert parsed(first, other) == first


@st.composite
def written(draw: st.DrawFn) -> tuple[str, str]:
    """A North American number, and one of the ways in which people write it."""
    code, exchange, line = draw(st.sampled_from(AREAS)), draw(exchanges), draw(lines)
    gap = st.sampled_from(["", " ", "-", ".", "  ", " - ", "\u00a0", "–"])
    start = draw(
        st.sampled_from(["", "1", "+1", "1 ", "+1 ", "1-", "+1-", "1.", "+1.", "(1) ", "011 1 ", "tel:+1"])
    )
    place = draw(st.sampled_from(["{:03d}", "({:03d})", "({:03d}) ", " {:03d} "])).format(code)
    text = f"{start}{place}{draw(gap)}{exchange:03d}{draw(gap)}{line:04d}"
    text = draw(st.sampled_from(["{}", " {}", "{} ", "\t{}\r\n"])).format(text)
    if not start.startswith("tel"):
        text = draw(st.sampled_from([text, text.translate(FULL_WIDTH), text.translate(ARABIC)]))
    return text, f"+1{code:03d}{exchange:03d}{line:04d}"


@examples(400)
@given(written(), st.sampled_from(["US", "CA"]))
def test_a_number_is_the_same_however_it_is_written(both: tuple[str, str], country: str) -> None:
    text, number = both
    assert parsed(text, country) == number


@examples(200)
@given(st.sampled_from(AREAS), exchanges, lines, any_country | real_country)
def test_with_its_country_code_a_number_is_the_same_everywhere(
    code: int, exchange: int, line: int, country: str
) -> None:
    number = f"+1{code}{exchange}{line:04d}"
    assert parsed(number, country) == number
    assert parsed(f"+1 ({code}) {exchange}-{line:04d}", country) == number


@pytest.mark.parametrize("known", [True, False])
def test_an_area_code_that_no_table_knows_is_not_refused_for_that(known: bool) -> None:
    """New ones are assigned before libphonenumber hears of them."""
    of_kind = [
        number
        for number in (f"+1{code}5550142" for code in AREAS)
        if phonenumbers.is_valid_number(phonenumbers.parse(number)) is known
    ]
    assert len(of_kind) > 100
    assert [number for number in of_kind if parsed(number) != number] == []


@examples(200)
@given(st.sampled_from(NO_AREAS), exchanges, lines)
def test_what_has_not_the_form_of_an_area_code_is_none(code: int, exchange: int, line: int) -> None:
    assert parsed(f"+1{code:03d}{exchange}{line:04d}") is None
    assert parsed(f"({code:03d}) {exchange}-{line:04d}") is None
