"""The breaker of a carrier account: when it opens, how it begins again, and what it does not count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.domain import breaker as breakers
from speedtolead.domain.breaker import FAILURES, LONGEST_PAUSE, Breaker, BreakerState, Outcome

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def outcomes(text: str, first: float = 1, step: float = 0.1) -> list[Outcome]:
    """``x`` failed, ``.`` went well; one after another."""
    return [Outcome(at(first + n * step), mark == "x") for n, mark in enumerate(text)]


def after(text: str, first: float = 1, step: float = 0.1) -> Breaker:
    """A new breaker after these, each heard of as it was sent."""
    breaker = breakers.new(NOW)
    for outcome in outcomes(text, first, step):
        breaker = breakers.heard(breaker, [outcome], outcome.at)
    return breaker


def opened(seconds: float = 1.4) -> Breaker:
    breaker = after("xxxxx")
    assert breaker.state is OPEN
    assert breaker.since == at(seconds)
    return breaker


def half_opened(seconds: float = 10) -> Breaker:
    return breakers.answered(opened(), well=True, now=at(seconds))


@pytest.mark.parametrize(
    ("told", "step", "state"),
    [
        pytest.param("", 0.1, CLOSED, id="nothing was asked"),
        pytest.param("....................", 0.1, CLOSED, id="all went well"),
        pytest.param("xxxx", 0.1, CLOSED, id="four failures may be chance"),
        pytest.param("xxxxx", 0.1, OPEN, id="five in a row are not"),
        pytest.param("xxxxx", 60, OPEN, id="five in a row, a minute apart each"),
        pytest.param("xxxx.xxxx", 60, CLOSED, id="a call that went well begins the row anew"),
        pytest.param("x.x.x.x.x", 0.1, OPEN, id="five of nine within the window"),
        pytest.param("x.x.x.x.x", 10, CLOSED, id="five of nine, but over more than the window"),
        pytest.param("xx...xx....x", 0.1, CLOSED, id="five of twelve are less than half"),
    ],
)
def test_it_opens_by_what_failed(told: str, step: float, state: BreakerState) -> None:
    assert after(told, step=step).state is state


def test_a_batch_counts_as_the_same_outcomes_one_by_one() -> None:
    told = outcomes("x.xx.xx")
    assert breakers.heard(breakers.new(NOW), reversed(told), at(2)).state is after("x.xx.xx").state is OPEN


def test_requests_that_were_sent_before_it_closed_do_not_open_it_again() -> None:
    closed = breakers.heard(half_opened(10), [Outcome(at(11), failed=False)], at(11.5))
    assert closed.state is CLOSED
    late = [Outcome(at(9), failed=True)] * 20
    assert breakers.heard(closed, late, at(12)).state is CLOSED


def test_open_it_lets_nothing_through_until_the_carrier_answers_something_harmless() -> None:
    breaker = opened()
    assert breaker.passes() == 0
    assert not breaker.is_due(at(1.4 + 4.9))
    assert breaker.is_due(at(1.4 + 5))
    assert breakers.heard(breaker, [Outcome(at(7), failed=False)], at(7)) == breaker
    assert breakers.answered(breaker, well=True, now=at(7)).state is HALF_OPEN


def test_while_one_node_asks_the_others_do_not() -> None:
    assert not breakers.asking(opened(), at(30)).is_due(at(29))


def test_each_pause_is_longer_than_the_one_before_up_to_a_minute() -> None:
    breaker, now, pauses = opened(), at(1.4), []
    for _ in range(6):
        assert breaker.try_at is not None
        pauses.append((breaker.try_at - now).total_seconds())
        now = breaker.try_at
        breaker = breakers.answered(breaker, well=False, now=now)
    assert pauses == [5, 10, 20, 40, 60, 60]
    assert breaker.opened_at == at(1.4)


def test_half_open_lets_one_call_through_and_closes_when_it_goes_well() -> None:
    breaker = half_opened()
    assert breaker.passes() == 1
    closed = breakers.heard(breaker, [Outcome(at(11), failed=False)], at(11.2))
    assert (closed.state, closed.passes(), closed.opened_at) == (CLOSED, None, None)


def test_half_open_it_opens_again_for_longer_when_that_call_fails() -> None:
    breaker = breakers.heard(half_opened(), [Outcome(at(11), failed=True)], at(12))
    assert (breaker.state, breaker.try_at, breaker.opened_at) == (OPEN, at(12 + 10), at(1.4))


def test_a_failure_from_before_it_was_half_open_says_nothing_of_the_one_call() -> None:
    breaker = half_opened(10)
    assert breakers.heard(breaker, [Outcome(at(1.3), failed=True)], at(12)) == breaker


def test_the_one_call_tells_even_where_its_nodes_clock_is_behind() -> None:
    assert breakers.heard(half_opened(10), [Outcome(at(8.5), failed=False)], at(12)).state is CLOSED


def test_half_open_it_waits_for_a_call_as_long_as_there_is_none() -> None:
    assert breakers.heard(half_opened(), [], at(100_000)).state is HALF_OPEN


def test_a_call_that_was_let_through_and_never_heard_of_is_given_up() -> None:
    """Its node died: nobody can tell how it went, so nobody may say that it went well."""
    breaker = breakers.let_through(half_opened(), at(30))
    assert breakers.let_through(breaker, at(99)) == breaker
    assert breakers.heard(breaker, [], at(29)).state is HALF_OPEN
    assert breakers.heard(breaker, [], at(30)).state is OPEN


def test_opened_again_soon_it_pauses_longer_and_after_a_steady_minute_it_begins_anew() -> None:
    closed = breakers.heard(half_opened(10), [Outcome(at(11), failed=False)], at(11))
    soon = breakers.heard(closed, outcomes("xxxxx", first=20), at(21))
    late = breakers.heard(closed, outcomes("xxxxx", first=80), at(81))
    assert (soon.try_at, late.try_at) == (at(21 + 10), at(81 + 5))


def test_an_answer_that_comes_when_others_have_moved_it_changes_nothing() -> None:
    for breaker in (breakers.new(NOW), half_opened()):
        assert breakers.answered(breaker, well=False, now=at(20)) == breaker


Step = tuple[str, float]
STEPS = st.lists(st.tuples(st.sampled_from("x.?!gt"), st.floats(0.01, 40)), max_size=40)


@given(STEPS)
def test_whatever_comes_it_is_in_one_of_its_states_and_its_way_back_is_open(steps: list[Step]) -> None:
    """Closed: too few failed in a row. Open: there is a time at which it is asked. Half open: one call passes."""
    breaker, now = breakers.new(NOW), NOW
    for what, seconds in steps:
        now += timedelta(seconds=seconds)
        if what in "x.":
            breaker = breakers.heard(breaker, [Outcome(now, what == "x")], now)
        elif what == "t":
            breaker = breakers.heard(breaker, [], now)
        elif what == "g":
            breaker = breakers.let_through(breaker, now + timedelta(seconds=20))
        elif breaker.is_due(now):
            breaker = breakers.answered(breaker, what == "?", now)
        match breaker.state:
            case BreakerState.CLOSED:
                assert breaker.in_a_row < FAILURES
                assert breaker.opened_at is None
            case BreakerState.OPEN:
                assert breaker.try_at is not None
                assert breaker.try_at - now <= LONGEST_PAUSE
            case BreakerState.HALF_OPEN:
                assert breaker.passes() == 1
