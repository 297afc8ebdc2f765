"""Replies that ask for a call, and when; whatever is not certain is left to a person."""

from __future__ import annotations

import pytest
from domain_samples import NOON, NY, at
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.domain.reply import CallMe, read

# NOON is Wednesday, 10 June 2026, 12:00 in New York.


@pytest.mark.parametrize(
    "text",
    [
        "call me",
        "Call me!",
        "Call",
        "Yes please call me",
        "ok call me now",
        "call me back asap",
        "Can you call me right now?",
        "please give me a call",
        "CALL ME ANYTIME",
        "Llámame por favor",
        "call me, thanks",
    ],
)
def test_who_asks_for_a_call_is_called_at_once(text: str) -> None:
    assert read(text, NOON, NY) == CallMe()


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("call me at 5", at(NY, 2026, 6, 10, 17)),
        ("Call me at 5pm", at(NY, 2026, 6, 10, 17)),
        ("call me at 5:30 p.m.", at(NY, 2026, 6, 10, 17, 30)),
        ("call me around 9", at(NY, 2026, 6, 11, 9)),
        ("call at 9am", at(NY, 2026, 6, 11, 9)),
        ("call me at 8", at(NY, 2026, 6, 10, 20)),
        ("call me at 14:15", at(NY, 2026, 6, 10, 14, 15)),
        ("Call me tomorrow", at(NY, 2026, 6, 11, 9, 30)),
        ("tomorrow morning", at(NY, 2026, 6, 11, 9, 30)),
        ("tomorrow afternoon please", at(NY, 2026, 6, 11, 14)),
        ("Call me tomorrow at 10", at(NY, 2026, 6, 11, 10)),
        ("call me at 10 tomorrow", at(NY, 2026, 6, 11, 10)),
        ("tomorrow at 3", at(NY, 2026, 6, 11, 15)),
        ("call me tonight", at(NY, 2026, 6, 10, 18, 30)),
        ("call me this evening", at(NY, 2026, 6, 10, 18)),
        ("call me on friday at 11", at(NY, 2026, 6, 12, 11)),
        ("friday afternoon", at(NY, 2026, 6, 12, 14)),
        ("monday", at(NY, 2026, 6, 15, 9, 30)),
        ("call me in 20 minutes", at(NY, 2026, 6, 10, 12, 20)),
        ("call me in an hour", at(NY, 2026, 6, 10, 13)),
        ("call me in 2 hrs", at(NY, 2026, 6, 10, 14)),
    ],
)
def test_who_names_a_time_is_called_then_on_the_persons_clock(text: str, when: object) -> None:
    assert read(text, NOON, NY) == CallMe(when)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yes",
        "ok",
        "who is this?",
        "don't call me",
        "do not call me at 5",
        "please don't call, text me",
        "never call me again",
        "call me never",
        "Why did you call me?",
        "did you call me",
        "call me maybe",
        "call my wife at 5",
        "call me at 25",
        "call me at 3am or so",
        "call me today at 9",
        "I will call you",
        "5",
        "at 5",
        "how much is it?",
        "call 911",
        "call me at 212 555 0142",
    ],
)
def test_whatever_is_not_certain_is_left_to_a_person(text: str) -> None:
    assert read(text, NOON, NY) is None


@given(st.text(max_size=120))
def test_any_text_is_read_or_left(text: str) -> None:
    found = read(text, NOON, NY)
    assert found is None or found.at is None or found.at > NOON


@given(st.sampled_from(["call me", "tomorrow"]), st.integers(0, 40), st.sampled_from(["", "am", "pm"]))
def test_a_time_that_is_read_is_to_come(begin: str, hour: int, half: str) -> None:
    found = read(f"{begin} at {hour}{half}", NOON, NY)
    assert found is None or (found.at is not None and found.at > NOON)
