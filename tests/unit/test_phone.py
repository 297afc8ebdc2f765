"""Numbers that belong to nobody, and numbers as a log may show them."""

from __future__ import annotations

import pytest

from speedtolead.domain.phone import is_fictional, masked


@pytest.mark.parametrize(
    ("phone", "fictional"),
    [
        ("+12125550100", True),
        ("+19995550199", True),
        ("+12125550099", False),
        ("+12125550200", False),
        ("+12125551100", False),
        ("+12125540142", False),
        ("+11125550142", False),
        ("+10125550142", False),
        ("12125550142", False),
        ("+121255501420", False),
        ("+12125550142\n", False),
        (" +12125550142", False),
        ("+442125550142", False),
        ("client:+12125550142", False),
        ("", False),
    ],
)
def test_only_555_0100_to_0199_belong_to_nobody(phone: str, fictional: bool) -> None:
    assert is_fictional(phone) is fictional


@pytest.mark.parametrize(("phone", "shown"), [("+12125550142", "…42"), ("42", "…42"), ("", "…")])
def test_a_log_shows_the_last_two_digits(phone: str, shown: str) -> None:
    assert masked(phone) == shown
