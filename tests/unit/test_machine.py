"""Which calls are labelled, whose word counts, and what every message says."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from domain_samples import NOON

from speedtolead.domain.call import AnsweredBy, Leg, LegKind, LegState
from speedtolead.domain.machine import Label, MachinePolicy, Unknown, counted, hangs_up, in_sample, treated
from speedtolead.domain.voicemail import is_toll_free, message


def t(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


CALLS = [UUID(int=n) for n in range(20_000)]


def test_the_sample_is_the_share_and_always_the_same_calls() -> None:
    chosen = {call for call in CALLS if in_sample(call, 0.05)}
    assert 0.045 < len(chosen) / len(CALLS) < 0.055
    assert chosen == {call for call in CALLS if in_sample(call, 0.05)}
    assert chosen < {call for call in CALLS if in_sample(call, 0.2)}
    assert not any(in_sample(call, 0.0) for call in CALLS)
    assert all(in_sample(call, 1.0) for call in CALLS)


def lead(detected: AnsweredBy | None, at: float | None, ended: float | None = None) -> Leg:
    """A leg that was answered at 0; the verdict came at ``at``."""
    state = LegState.LIVE if ended is None else LegState.ENDED
    told, over = (None if x is None else t(x) for x in (at, ended))
    return Leg(LegKind.LEAD, state, t(-5), live_at=t(0), ended_at=over, answered_by=detected, detected_at=told)


HUMAN, MACHINE, UNKNOWN = AnsweredBy.HUMAN, AnsweredBy.MACHINE, AnsweredBy.UNKNOWN
POLICY = MachinePolicy(late=timedelta(seconds=10), unknown=Unknown.HANG_UP)


@pytest.mark.parametrize(
    ("leg", "bridged", "label", "who"),
    [
        (lead(MACHINE, 4), 0, None, MACHINE),
        (lead(MACHINE, 4), None, None, MACHINE),
        (lead(MACHINE, 9.9), 0, None, MACHINE),
        (lead(MACHINE, 10), 0, None, UNKNOWN),
        (lead(MACHINE, 30), None, None, MACHINE),
        (lead(MACHINE, 30), 25, None, MACHINE),
        (lead(MACHINE, 30, ended=29), 0, None, MACHINE),
        (lead(MACHINE, 30, ended=31), 0, None, UNKNOWN),
        (lead(HUMAN, 30), 0, None, HUMAN),
        (lead(MACHINE, 4), 0, Label.HUMAN, HUMAN),
        (lead(HUMAN, 4), 0, Label.MACHINE, MACHINE),
        (lead(MACHINE, 30), 0, Label.MACHINE, MACHINE),
        (lead(UNKNOWN, 4), 0, Label.HUMAN, HUMAN),
        (lead(None, None), 0, Label.HUMAN, HUMAN),
        (lead(None, None), 0, None, None),
    ],
)
def test_who_heard_the_call_knows_better_than_detection_and_a_late_machine_leaves_it_open(
    leg: Leg, bridged: float | None, label: Label | None, who: AnsweredBy | None
) -> None:
    assert treated(POLICY, leg, None if bridged is None else t(bridged), label).answered_by is who


@pytest.mark.parametrize(
    ("policy", "leg", "bridged", "ends"),
    [
        (POLICY, lead(UNKNOWN, 4), 0, True),
        (POLICY, lead(UNKNOWN, 4), None, True),
        (POLICY, lead(UNKNOWN, 11), 0, False),
        (POLICY, lead(HUMAN, 4), 0, False),
        (POLICY, lead(None, None), 0, False),
        (MachinePolicy(), lead(UNKNOWN, 4), 0, False),
    ],
)
def test_an_unknown_is_hung_up_on_where_the_campaign_says_so_and_early_only(
    policy: MachinePolicy, leg: Leg, bridged: float | None, ends: bool
) -> None:
    assert hangs_up(policy, leg, None if bridged is None else t(bridged)) is ends


def test_without_detection_a_talk_counts_by_itself_unless_somebody_says_that_it_was_a_machine() -> None:
    undetected = MachinePolicy(detect=False)
    assert counted(undetected, lead(None, None)).answered_by is HUMAN
    assert counted(undetected, treated(undetected, lead(None, None), t(0), Label.MACHINE)).answered_by is MACHINE
    assert counted(MachinePolicy(), lead(None, None)).answered_by is None


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
