"""Which number a person sees: table tests of the choice."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.adapters.numbering import OfflineNumbering
from speedtolead.domain.caller_id import (
    TRIAL_PER_DAY,
    AreaCodes,
    CallerIds,
    Choice,
    Local,
    Number,
    Person,
    choose,
    limit_of,
)

NEW_YORK, BROOKLYN, MIAMI, DALLAS = "+12125550100", "+17185550100", "+13055550100", "+12145550100"
AREA_CODES = AreaCodes(
    {
        "212": (40.76, -73.98),
        "718": (40.69, -73.90),
        "305": (25.77, -80.25),
        "214": (32.80, -96.80),
        "561": (26.66, -80.18),
        "973": (40.80, -74.25),
    }
)


def numbers(**calls: int) -> list[Number]:
    """Numbers by their area codes, with the calls of today."""
    return [Number(f"+1{name[1:]}5550100", n) for name, n in calls.items()]


@pytest.mark.parametrize(
    ("pool", "person", "day", "shown"),
    [
        ("its own area code", Person("+13055550142"), numbers(a212=0, a305=9), MIAMI),
        ("the nearest area code", Person("+15615550142"), numbers(a212=0, a214=0, a305=9), MIAMI),
        ("the nearest of two near ones", Person("+19735550142"), numbers(a718=0, a212=9), NEW_YORK),
        ("of one place, the one with fewer calls", Person("+14165550142"), numbers(a212=4, a305=3), MIAMI),
        ("as few, the lower", Person("+14165550142"), numbers(a305=3, a212=3), NEW_YORK),
    ],
)
def test_a_near_number_is_shown(pool: str, person: Person, day: list[Number], shown: str) -> None:
    assert choose(CallerIds(), person, day, AREA_CODES) == Choice(shown, None), pool


@pytest.mark.parametrize(
    ("why", "pool", "saw", "day", "shown"),
    [
        ("the one they know, though another is near", CallerIds(), DALLAS, numbers(a212=0, a214=9), DALLAS),
        ("not sticky", CallerIds(sticky=False), DALLAS, numbers(a212=0, a214=9), NEW_YORK),
        ("the one they know is used up", CallerIds(per_day=9), DALLAS, numbers(a212=0, a214=9), NEW_YORK),
        ("the one they know rests or is gone", CallerIds(), DALLAS, numbers(a212=0, a305=0), NEW_YORK),
        ("another campaign's", CallerIds((NEW_YORK, MIAMI)), DALLAS, numbers(a212=0, a214=0), NEW_YORK),
    ],
)
def test_a_person_sees_the_number_that_they_know(
    why: str, pool: CallerIds, saw: str, day: list[Number], shown: str
) -> None:
    found = choose(pool, Person("+12125550142", saw), day, AREA_CODES)
    assert found is not None
    assert found.phone == shown, why


@pytest.mark.parametrize(
    ("why", "pool", "day", "shown"),
    [
        ("the campaign's only", CallerIds((MIAMI,)), numbers(a212=0, a305=0), MIAMI),
        ("no local presence: they take turns", CallerIds(local=Local.OFF), numbers(a212=2, a305=1), MIAMI),
        ("the near one is used up", CallerIds(per_day=50), numbers(a212=50, a305=49), MIAMI),
        ("all used up", CallerIds(per_day=50), numbers(a212=50, a305=51), None),
        ("none of the campaign's", CallerIds((DALLAS,)), numbers(a212=0), None),
        ("the account has none", CallerIds(), [], None),
        ("without a limit", CallerIds(), numbers(a212=10_000), NEW_YORK),
        (
            "the near one has had its trial today",
            CallerIds(),
            [Number(NEW_YORK, 20, True), Number(MIAMI, 90)],
            MIAMI,
        ),
        ("the near one is on trial", CallerIds(per_day=50), [Number(NEW_YORK, 19, True), Number(MIAMI)], NEW_YORK),
    ],
)
def test_only_what_is_left_of_the_pool_is_shown(
    why: str, pool: CallerIds, day: list[Number], shown: str | None
) -> None:
    found = choose(pool, Person("+12125550142"), day, AREA_CODES)
    assert (None if found is None else found.phone) == shown, why


@pytest.mark.parametrize(
    ("per_day", "on_trial", "limit"),
    [(None, False, None), (50, False, 50), (None, True, TRIAL_PER_DAY), (50, True, TRIAL_PER_DAY), (5, True, 5)],
)
def test_a_trial_is_the_stricter_limit(per_day: int | None, on_trial: bool, limit: int | None) -> None:
    assert limit_of(CallerIds(per_day=per_day), Number(NEW_YORK, 0, on_trial)) == limit


@given(st.lists(st.integers(0, 6), min_size=1, max_size=6), st.integers(1, 5), st.integers(0, 40))
def test_calls_in_turn_keep_every_number_at_its_limit(before: list[int], per_day: int, calls: int) -> None:
    """Chosen one after another, no number is over its limit, and nothing is left unused while calls are refused."""
    used = {f"+1{200 + n}5550100": count for n, count in enumerate(before)}
    pool = CallerIds(per_day=per_day)
    made = 0
    for _ in range(calls):
        found = choose(pool, Person("+12125550142"), [Number(*one) for one in used.items()], AREA_CODES)
        if found is None:
            break
        used[found.phone] += 1
        made += 1
        assert used[found.phone] <= per_day
    assert made == min(calls, sum(max(0, per_day - count) for count in before))


def test_distances_come_from_the_postal_codes() -> None:
    area_codes = OfflineNumbering().area_codes()
    assert area_codes.between("+12125550100", "+12125550199") == 0
    assert area_codes.between("+12125550100", "+16465550199") < 15  # an overlay: the same island
    assert 1_700 < area_codes.between("+12125550100", "+13055550100") < 1_800  # New York and Miami
    assert area_codes.between("+18005550100", "+12125550100") == inf
    assert area_codes.between("+442071838750", "+442071838751") == inf
