"""When two posts are the same person's same request, and what is done with the second."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.domain.duplicate import (
    STUTTER,
    Answer,
    DuplicateRule,
    Key,
    OnRepeat,
    Person,
    answer,
    digests,
)
from speedtolead.domain.lead import OPEN_STATES, LeadState

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
EVERY_KEY = DuplicateRule(timedelta(days=30), tuple(Key))
ADA = Person("+12125550143", "Ada@Example.com", "x-1", "José-María", "O'Brien", "10001-1234")


def test_any_shared_key_makes_a_duplicate() -> None:
    for other in (
        Person(phone=ADA.phone),
        Person(email="ada@example.COM "),
        Person(external_id="x-1"),
        Person(first_name="jose maria", last_name="OBRIEN", postal_code="10001"),
    ):
        assert set(digests(EVERY_KEY, ADA)) & set(digests(EVERY_KEY, other)), other


def test_people_who_share_nothing_are_no_duplicates() -> None:
    other = Person("+12125550144", "eve@example.com", "x-2", "José María", "O'Brien", "10002")
    assert not set(digests(EVERY_KEY, ADA)) & set(digests(EVERY_KEY, other))


def test_only_the_rules_own_keys_count() -> None:
    by_phone = DuplicateRule(timedelta(days=1))
    assert len(digests(by_phone, ADA)) == 1
    assert digests(by_phone, Person(email="ada@example.com")) == ()


@pytest.mark.parametrize(
    "half",
    [
        Person(first_name="Ada", last_name="Lovelace"),
        Person(first_name="Ada", postal_code="10001"),
        Person(first_name="?", last_name="!", postal_code="10001"),
    ],
)
def test_half_a_name_is_no_key(half: Person) -> None:
    assert digests(EVERY_KEY, half) == ()


def test_a_value_of_one_kind_is_not_mistaken_for_another() -> None:
    assert digests(EVERY_KEY, Person(external_id="ada@example.com")) != digests(
        EVERY_KEY, Person(email="ada@example.com")
    )


def test_a_phones_digest_is_the_one_that_the_migration_made() -> None:
    assert digests(DuplicateRule(timedelta(days=1)), ADA) == (hashlib.sha256(b"phone:+12125550143").digest(),)


@pytest.mark.parametrize("state", [*LeadState, None])
@pytest.mark.parametrize("after", [timedelta(0), STUTTER - timedelta(seconds=1), STUTTER, timedelta(days=3)])
@pytest.mark.parametrize("on_repeat", list(OnRepeat))
def test_what_is_done_with_a_repeat(state: LeadState | None, after: timedelta, on_repeat: OnRepeat) -> None:
    rule = DuplicateRule(timedelta(days=30), on_repeat=on_repeat)
    wanted = {
        OnRepeat.REFUSE: Answer.REFUSE,
        OnRepeat.TOUCH: Answer.TOUCH if state is None or state in OPEN_STATES else Answer.TAKE_ANEW,
        OnRepeat.RESTART: Answer.TOUCH if after < STUTTER else Answer.TAKE_ANEW,
    }[on_repeat]
    assert answer(rule, state, NOW - after, NOW) is wanted


@given(st.builds(Person, *[st.none() | st.text(max_size=30)] * 6))
def test_digests_are_sorted_single_and_short(person: Person) -> None:
    found = digests(EVERY_KEY, person)
    assert list(found) == sorted(set(found))
    assert all(len(key) == 32 for key in found)
