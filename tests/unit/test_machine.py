"""Which calls are labelled, whose word counts, and what every message says."""

from __future__ import annotations

from uuid import UUID

import pytest

from speedtolead.domain.call import AnsweredBy
from speedtolead.domain.machine import Label, in_sample, who_answered
from speedtolead.domain.voicemail import is_toll_free, message

CALLS = [UUID(int=n) for n in range(20_000)]


def test_the_sample_is_the_share_and_always_the_same_calls() -> None:
    chosen = {call for call in CALLS if in_sample(call, 0.05)}
    assert 0.045 < len(chosen) / len(CALLS) < 0.055
    assert chosen == {call for call in CALLS if in_sample(call, 0.05)}
    assert chosen < {call for call in CALLS if in_sample(call, 0.2)}
    assert not any(in_sample(call, 0.0) for call in CALLS)
    assert all(in_sample(call, 1.0) for call in CALLS)


@pytest.mark.parametrize(
    ("detected", "label", "who"),
    [
        (AnsweredBy.MACHINE, None, AnsweredBy.MACHINE),
        (AnsweredBy.MACHINE, Label.HUMAN, AnsweredBy.HUMAN),
        (AnsweredBy.HUMAN, Label.MACHINE, AnsweredBy.MACHINE),
        (AnsweredBy.UNKNOWN, Label.HUMAN, AnsweredBy.HUMAN),
        (None, Label.HUMAN, AnsweredBy.HUMAN),
        (None, None, None),
    ],
)
def test_who_heard_the_call_knows_better_than_detection(
    detected: AnsweredBy | None, label: Label | None, who: AnsweredBy | None
) -> None:
    assert who_answered(detected, label) is who


def test_a_message_says_first_who_calls_then_how_to_stop_it_and_last_a_toll_free_number() -> None:
    said = message("Acme Insurance", "We got your request.", "+18005550199")
    assert said.opening == "This is Acme Insurance. Press 9 to be called no more."
    assert said.words == "We got your request."
    assert said.closing == "To be called no more, call us toll free at 8 0 0, 5 5 5, 0 1 9 9."


def test_the_digest_of_a_message_is_of_all_that_is_heard() -> None:
    one = message("Acme", "Hello.", "+18005550199")
    others = [
        message("Bcme", "Hello.", "+18005550199"),
        message("Acme", "Hello!", "+18005550199"),
        message("Acme", "Hello.", "+18885550199"),
        message("Acme", "Hello.", "+18005550199", "ab" * 32),
    ]
    assert message("Acme", "Hello.", "+18005550199").digest == one.digest
    assert len({one.digest, *(other.digest for other in others)}) == 5


@pytest.mark.parametrize(
    ("phone", "free"),
    [("+18005550199", True), ("+18885550100", True), ("+18225550100", False), ("+12125550100", False),
     ("+448005550199", False), ("+1800555019", False)],
)  # fmt: skip
def test_a_toll_free_number_is_known_by_its_code(phone: str, free: bool) -> None:
    assert is_toll_free(phone) is free
