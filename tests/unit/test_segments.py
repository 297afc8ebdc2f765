"""How many segments a text has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.domain.segments import GSM_7, UCS_2, segments


@pytest.mark.parametrize(
    ("text", "encoding", "count"),
    [
        ("", GSM_7, 1),
        ("a" * 160, GSM_7, 1),
        ("a" * 161, GSM_7, 2),
        ("a" * 306, GSM_7, 2),
        ("a" * 307, GSM_7, 3),
        ("€" * 80, GSM_7, 1),
        ("€" * 81, GSM_7, 2),
        # 76 euro signs fill 152 of 153; the next one is not split.
        ("€" * 153, GSM_7, 3),
        ("ñ" * 160, GSM_7, 1),
        ("á" * 70, UCS_2, 1),
        ("á" * 71, UCS_2, 2),
        ("a" * 69 + "’", UCS_2, 1),
        ("a" * 70 + "’", UCS_2, 2),
        ("😀" * 35, UCS_2, 1),
        ("😀" * 36, UCS_2, 2),
        # 33 of them fill 66 of 67.
        ("😀" * 67, UCS_2, 3),
    ],
)
def test_a_text_is_counted_as_the_carrier_charges_it(text: str, encoding: str, count: int) -> None:
    counted = segments(text)
    assert (counted.encoding, counted.count) == (encoding, count)


def test_it_says_which_characters_make_a_text_longer() -> None:
    assert segments("Hi – it’s us – again").odd == "–’"
    assert segments("Hi [you]").odd == ""


@given(st.text(max_size=500))
def test_every_character_fits(text: str) -> None:
    counted = segments(text)
    room = {GSM_7: (160, 153), UCS_2: (70, 67)}[counted.encoding]
    assert counted.units <= (room[0] if counted.count == 1 else room[1] * counted.count)
