"""When a campaign may no longer ring leads before an agent is on the line."""

from __future__ import annotations

import pytest

from speedtolead.domain.abandonment import Answers, lead_first_held

SWITCH_AT = 0.025


@pytest.mark.parametrize(
    ("live", "abandoned", "held"),
    [
        (0, 0, False),
        (1, 1, False),  # one is borne: a share of few answers says little
        (2, 2, True),
        (39, 2, True),
        (40, 1, False),
        (80, 2, False),  # exactly the share
        (80, 3, True),
        (1000, 25, False),
        (1000, 26, True),
    ],
)
def test_it_is_held_above_the_share_of_at_least_forty_answers(live: int, abandoned: int, held: bool) -> None:
    assert lead_first_held(False, Answers(live, abandoned), SWITCH_AT) is held


@pytest.mark.parametrize(
    ("live", "abandoned", "held"),
    [(40, 1, True), (66, 1, True), (67, 1, False), (1000, 15, True), (1000, 14, False)],
)
def test_once_held_it_is_allowed_again_only_well_below(live: int, abandoned: int, held: bool) -> None:
    assert lead_first_held(True, Answers(live, abandoned), SWITCH_AT) is held


def test_the_share_of_no_answers_is_no_number() -> None:
    assert Answers(0, 0).share is None
    assert Answers(8, 2).share == 0.25


@pytest.mark.parametrize("live", range(0, 2000, 7))
def test_what_is_held_stays_held_at_the_same_count(live: int) -> None:
    for abandoned in range(live + 1):
        if lead_first_held(False, Answers(live, abandoned), SWITCH_AT):
            assert lead_first_held(True, Answers(live, abandoned), SWITCH_AT)
