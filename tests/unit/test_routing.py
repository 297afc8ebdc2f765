"""Who gets which lead."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from domain_samples import NOON, examples
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.domain.routing import DueAttempt, Pairing, pair

A, B, C = (UUID(int=n) for n in (1, 2, 3))


def due(
    n: int, agents: tuple[UUID, ...], *, age: int = 0, back: int = 0, passed: frozenset[UUID] = frozenset()
) -> DueAttempt:
    """``back``: the seconds by which the lead's score sets it back."""
    received_at = NOON - timedelta(seconds=age)
    return DueAttempt(UUID(int=100 + n), received_at - timedelta(seconds=back), received_at, agents, passed)


def pairs(*attempts: DueAttempt) -> dict[int, UUID]:
    return {p.attempt_id.int - 100: p.agent_id for p in pair(attempts)}


def test_nobody_due_and_nobody_free_pair_nobody() -> None:
    assert pair([]) == []
    assert pair([due(1, ())]) == []


def test_the_freshest_lead_goes_first() -> None:
    assert pairs(due(1, (A,), age=60), due(2, (A,), age=5), due(3, (A,), age=30)) == {2: A}


def test_a_lead_that_is_worth_more_goes_before_a_fresher_one() -> None:
    assert pairs(due(1, (A,), age=60), due(2, (A,), age=5, back=80), due(3, (A,), age=30, back=31)) == {1: A}


def test_of_two_leads_of_one_rank_the_fresher_goes_first() -> None:
    older, fresher = due(1, (A,), age=60), due(2, (A,), age=5, back=55)
    assert pairs(older, fresher) == pairs(fresher, older) == {2: A}


def test_leads_are_paired_in_the_order_of_their_freshness() -> None:
    found = pair([due(1, (A, B), age=60), due(2, (A, B), age=5)])
    assert found == [Pairing(UUID(int=102), A), Pairing(UUID(int=101), B)]


def test_the_longest_idle_agent_is_taken() -> None:
    assert pairs(due(1, (C, A, B))) == {1: C}


def test_one_agent_is_never_given_twice() -> None:
    assert pairs(due(1, (A, B), age=1), due(2, (A, B), age=2), due(3, (A, B), age=3)) == {1: A, 2: B}


def test_agents_who_passed_it_by_are_passed_over() -> None:
    assert pairs(due(1, (A, B, C), passed=frozenset({A}))) == {1: B}


def test_when_all_free_agents_passed_it_by_the_longest_idle_is_asked_again() -> None:
    assert pairs(due(1, (B, A), passed=frozenset({A, B, C}))) == {1: B}


def test_an_agent_who_passed_one_lead_by_gets_another() -> None:
    fresh, old = due(1, (A, B), age=1, passed=frozenset({A})), due(2, (A, B), age=9)
    assert pairs(fresh, old) == {1: B, 2: A}


def test_a_lead_of_another_group_is_not_kept_waiting() -> None:
    assert pairs(due(1, (A,), age=1), due(2, (A,), age=2), due(3, (B,), age=3)) == {1: A, 3: B}


def rung(*attempts: DueAttempt) -> dict[int, tuple[int, ...]]:
    return {p.attempt_id.int - 100: tuple(a.int for a in (p.agent_id, *p.also)) for p in pair(attempts)}


@pytest.mark.parametrize(
    ("free", "ring", "others", "asked"),
    [
        (5, 3, 0, {1: (1, 2, 3)}),
        (2, 3, 0, {1: (1, 2)}),
        (5, 3, 1, {1: (1, 3, 4), 2: (2, 5)}),
        (3, 3, 2, {1: (1,), 2: (2,), 3: (3,)}),
        (3, 1, 0, {1: (1,)}),
    ],
)
def test_shotgun_rings_several_and_takes_nobody_whom_another_lead_waits_for(
    free: int, ring: int, others: int, asked: dict[int, tuple[int, ...]]
) -> None:
    agents = tuple(UUID(int=n) for n in range(1, free + 1))
    leads = [replace(due(n, agents, age=n), ring=ring) for n in range(1, others + 2)]
    assert rung(*leads) == asked


def test_shotgun_does_not_ring_again_who_passed_it_by_while_there_are_others() -> None:
    lead = replace(due(1, (A, B, C), passed=frozenset({A})), ring=3)
    assert rung(lead) == {1: (B.int, C.int)}


agents = st.permutations([UUID(int=n) for n in range(1, 6)]).flatmap(
    lambda order: st.integers(0, 5).map(lambda n: tuple(order[:n]))
)
attempts = st.lists(
    st.builds(
        due,
        st.integers(0, 10_000),
        agents,
        age=st.integers(0, 100),
        back=st.integers(0, 100),
        passed=st.frozensets(st.builds(UUID, int=st.integers(1, 5))),
    ),
    max_size=12,
    unique_by=lambda a: a.attempt_id,
)


@examples(60)
@given(attempts)
def test_every_pairing_is_fair(waiting: list[DueAttempt]) -> None:
    found = pair(waiting)
    by_id = {attempt.attempt_id: attempt for attempt in waiting}
    taken = [p.agent_id for p in found]
    assert len(set(taken)) == len(taken)
    assert len({p.attempt_id for p in found}) == len(found)
    for p in found:
        assert p.agent_id in by_id[p.attempt_id].agents
    order = [(by_id[p.attempt_id].rank_at, by_id[p.attempt_id].received_at) for p in found]
    assert order == sorted(order, reverse=True)
    for attempt in waiting:
        if attempt.attempt_id in {p.attempt_id for p in found}:
            continue
        # Whoever could have taken it has a lead of at least its rank.
        for agent in attempt.agents:
            (other,) = [p for p in found if p.agent_id == agent]
            assert by_id[other.attempt_id].rank_at >= attempt.rank_at
