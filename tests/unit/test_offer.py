"""How soon a call would start."""

from __future__ import annotations

import pytest

from speedtolead.domain.offer import USUAL_CALL, Desk, seconds_until_agent


@pytest.mark.parametrize(
    ("desk", "seconds"),
    [
        (Desk(free=3, at_work=5, waiting=0), 0.0),
        (Desk(free=3, at_work=5, waiting=2), 0.0),
        (Desk(free=2, at_work=4, waiting=2, seconds_each=100.0), 25.0),
        (Desk(free=0, at_work=4, waiting=0, seconds_each=100.0), 25.0),
        (Desk(free=0, at_work=4, waiting=7, seconds_each=100.0), 200.0),
        (Desk(free=0, at_work=2, waiting=0), USUAL_CALL / 2),
        (Desk(free=0, at_work=0, waiting=0), None),
    ],
)
def test_the_wait_for_an_agent(desk: Desk, seconds: float | None) -> None:
    assert seconds_until_agent(desk) == seconds


def test_more_waiting_never_shortens_the_wait_and_more_agents_never_lengthen_it() -> None:
    waits = [seconds_until_agent(Desk(0, 3, waiting, 60.0)) or 0 for waiting in range(20)]
    assert waits == sorted(waits)
    by_agents = [seconds_until_agent(Desk(0, at_work, 5, 60.0)) or 0 for at_work in range(1, 20)]
    assert by_agents == sorted(by_agents, reverse=True)
