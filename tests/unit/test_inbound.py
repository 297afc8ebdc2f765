"""Who takes an incoming call, and what a missed one leads to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from speedtolead.domain.inbound import Follow, FreeAgent, InboundPolicy, after_missed, takers
from speedtolead.domain.lead import LeadState

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
ANN, BEN, CAT, DAN = (UUID(int=n) for n in range(1, 5))


def free(agent: UUID, idle: int = 0, in_group: bool = True) -> FreeAgent:
    return FreeAgent(agent, NOW - timedelta(seconds=idle), in_group)


GROUP = [free(ANN, 10), free(BEN, 30), free(CAT, 20)]


@pytest.mark.parametrize(
    ("case", "agents", "owner", "last", "asked", "rung"),
    [
        ("a stranger goes to the longest idle", GROUP, None, None, (), [BEN, CAT, ANN]),
        ("the owner comes first", GROUP, ANN, None, (), [ANN, BEN, CAT]),
        ("then who talked last", GROUP, ANN, CAT, (), [ANN, CAT, BEN]),
        ("an owner who is busy is passed by", GROUP, DAN, CAT, (), [CAT, BEN, ANN]),
        ("the owner may be of another group", [free(DAN, 0, False), *GROUP], DAN, None, (), [DAN, BEN, CAT, ANN]),
        ("others of another group are not rung", [free(DAN, 99, False), *GROUP], None, None, (), [BEN, CAT, ANN]),
        ("nobody is asked twice", GROUP, ANN, BEN, (ANN, BEN), [CAT]),
        ("owner and last are the same", GROUP, ANN, ANN, (), [ANN, BEN, CAT]),
        ("nobody is free", [], ANN, BEN, (), []),
        (
            "equally idle: always in the same order",
            [free(CAT), free(ANN), free(BEN)],
            None,
            None,
            (),
            [ANN, BEN, CAT],
        ),
    ],
)
def test_owner_then_last_agent_then_the_group(
    case: str,
    agents: list[FreeAgent],
    owner: UUID | None,
    last: UUID | None,
    asked: tuple[UUID, ...],
    rung: list[UUID],
) -> None:
    assert takers(agents, owner, last, asked) == rung, case


PHONE = "+12125550142"
YES, NO = InboundPolicy(callback=True), InboundPolicy()


@pytest.mark.parametrize(
    ("case", "state", "phone", "new", "planned", "policy", "follows"),
    [
        ("planned for later: now", LeadState.WORKING, PHONE, False, True, NO, Follow.BRING_FORWARD),
        ("none is planned", LeadState.WORKING, PHONE, False, False, NO, Follow.CALL_BACK),
        ("had been contacted before", LeadState.CONTACTED, PHONE, False, False, NO, Follow.CALL_BACK),
        ("the cadence had ended", LeadState.EXHAUSTED, PHONE, False, False, NO, Follow.CALL_BACK),
        ("must not be contacted", LeadState.SUPPRESSED, PHONE, False, False, YES, Follow.NOTHING),
        ("closed by the account", LeadState.CLOSED, PHONE, False, False, YES, Follow.NOTHING),
        ("was never accepted", LeadState.REJECTED, PHONE, False, False, YES, Follow.NOTHING),
        ("unknown, and the campaign does not say so", LeadState.WORKING, PHONE, True, False, NO, Follow.NOTHING),
        ("unknown, and the campaign says so", LeadState.WORKING, PHONE, True, False, YES, Follow.CALL_BACK),
        ("the number was withheld", LeadState.WORKING, None, True, False, YES, Follow.NOTHING),
    ],
)
def test_a_missed_call_is_given_back_where_it_may_be(
    case: str,
    state: LeadState,
    phone: str | None,
    new: bool,
    planned: bool,
    policy: InboundPolicy,
    follows: Follow,
) -> None:
    assert after_missed(state, phone, new, planned, policy) is follows, case
