"""Each routing strategy: a table of desks, and who is asked in which order."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
from domain_samples import NOON, examples
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.domain.routing import FreeAgent, Needs, Order, Routing, Strategy, best_first, needs_of
from speedtolead.domain.routing.fitting import language_of, suits
from speedtolead.domain.routing.longest_idle import longest_idle
from speedtolead.domain.routing.owner import owner_first, owner_only
from speedtolead.domain.routing.performance import LEAST, MOST, performance, weights
from speedtolead.domain.routing.round_robin import round_robin
from speedtolead.domain.routing.tiers import by_tier
from speedtolead.domain.routing.weighted import weighted

LEAD = UUID(int=1000)
SECOND = timedelta(seconds=1)


def agent(n: int, idle: float = 0, offered: float | None = None, **more: object) -> FreeAgent:
    """``idle`` and ``offered``: seconds ago."""
    given = {name: frozenset(value) if isinstance(value, set) else value for name, value in more.items()}
    offered_at = None if offered is None else NOON - offered * SECOND
    return FreeAgent(UUID(int=n), NOON - idle * SECOND, offered_at, **given)  # type: ignore[arg-type]


def numbers(agents: list[FreeAgent]) -> list[int]:
    return [one.agent_id.int for one in agents]


@pytest.mark.parametrize(
    ("desk", "asked"),
    [
        ([], []),
        ([agent(1, idle=5), agent(2, idle=60), agent(3, idle=30)], [2, 3, 1]),
        ([agent(2, idle=5), agent(1, idle=5)], [1, 2]),
        ([agent(1, idle=5, offered=900), agent(2, idle=6, offered=1)], [2, 1]),
    ],
)
def test_longest_idle(desk: list[FreeAgent], asked: list[int]) -> None:
    assert numbers(longest_idle(desk)) == asked


@pytest.mark.parametrize(
    ("desk", "asked"),
    [
        ([], []),
        ([agent(1, idle=900, offered=10), agent(2, idle=1, offered=60), agent(3, idle=5, offered=30)], [2, 3, 1]),
        ([agent(1, offered=900), agent(2)], [2, 1]),
        ([agent(1, idle=1), agent(2, idle=2)], [2, 1]),
    ],
)
def test_round_robin(desk: list[FreeAgent], asked: list[int]) -> None:
    assert numbers(round_robin(desk)) == asked


def firsts(desk: list[FreeAgent], leads: int = 4000) -> Counter[int]:
    return Counter(weighted(desk, UUID(int=n))[0].agent_id.int for n in range(leads))


@pytest.mark.parametrize(
    ("by_weight", "shares"),
    [
        ({1: 1.0, 2: 1.0}, {1: 0.5, 2: 0.5}),
        ({1: 3.0, 2: 1.0}, {1: 0.75, 2: 0.25}),
        ({1: 1.0, 2: 2.0, 3: 7.0}, {1: 0.1, 2: 0.2, 3: 0.7}),
        ({1: 0.001, 2: 1000.0}, {1: 0.0, 2: 1.0}),
    ],
)
def test_weighted(by_weight: dict[int, float], shares: dict[int, float]) -> None:
    desk = [agent(n, weight=weight) for n, weight in by_weight.items()]
    found = firsts(desk)
    for n, share in shares.items():
        assert found[n] / 4000 == pytest.approx(share, abs=0.03)  # four standard deviations of 4,000 draws


def test_a_draw_is_the_same_whenever_and_in_whatever_order_it_is_made() -> None:
    desk = [agent(n, weight=n) for n in range(1, 6)]
    assert weighted(desk, LEAD) == weighted(desk[::-1], LEAD)
    without = [one for one in desk if one is not weighted(desk, LEAD)[0]]
    assert weighted(without, LEAD) == weighted(desk, LEAD)[1:]


@pytest.mark.parametrize(
    ("ordered", "asked"),
    [
        ([], []),
        ([agent(1, tier=2), agent(2), agent(3, tier=9), agent(4)], [2, 4, 1, 3]),
        ([agent(2), agent(1)], [2, 1]),
    ],
)
def test_tiers(ordered: list[FreeAgent], asked: list[int]) -> None:
    assert numbers(by_tier(ordered)) == asked


DESK = [agent(1), agent(2), agent(3, fallback=True)]


@pytest.mark.parametrize(
    ("owner", "first", "only"),
    [
        (None, [1, 2, 3], [1, 2, 3]),
        (2, [2, 1, 3], [2, 3]),
        (9, [1, 2, 3], [3]),
    ],
)
def test_owner_first_and_owner_only(owner: int | None, first: list[int], only: list[int]) -> None:
    owner_id = None if owner is None else UUID(int=owner)
    assert numbers(owner_first(DESK, owner_id)) == first
    assert numbers(owner_only(DESK, owner_id)) == only


FACTS = {"spoken": "es-MX", "colour": "red"}


@pytest.mark.parametrize(
    ("routing", "region", "states", "owner", "audience"),
    [
        (Routing(), "NY", ["NY"], 7, ""),
        (Routing(licensed=True), "NY", ["NJ"], None, "state:NY"),
        (Routing(licensed=True), None, ["NJ", None, "NY"], None, "state:NJ,state:NY"),
        (Routing(licensed=True), None, [None], None, "state:?"),
        (Routing(skills=("life", "auto")), "NY", [], None, "skill:auto,skill:life"),
        (Routing(language="spoken"), "NY", [], None, "language:es"),
        (Routing(language="colour"), "NY", [], None, ""),
        (Routing(language="nothing"), "NY", [], None, ""),
        (Routing(Strategy.OWNER_ONLY), "NY", [], 7, f"owner:{UUID(int=7)}"),
        (Routing(Strategy.OWNER_FIRST), "NY", [], 7, ""),
    ],
)
def test_what_a_lead_asks(
    routing: Routing, region: str | None, states: list[str | None], owner: int | None, audience: str
) -> None:
    owner_id = None if owner is None else UUID(int=owner)
    assert needs_of(routing, region, states, FACTS, owner_id).audience == audience


@pytest.mark.parametrize(
    ("said", "code"),
    [("es", "es"), ("ES-mx", "es"), ("pt_BR", "pt"), ("Spanish", "es"), ("Español", "es"), (" English ", "en"),
     ("Klingon", None), ("xx", None), ("red", None), ("", None), (None, None), (5, None), (["es"], None)],
)  # fmt: skip
def test_a_language_is_a_code_or_a_name(said: object, code: str | None) -> None:
    assert language_of(said) == code


@pytest.mark.parametrize(
    ("one", "needs", "may"),
    [
        (agent(1), Needs(), True),
        (agent(1, skills={"life"}), Needs(frozenset({"life"})), True),
        (agent(1, skills={"life"}), Needs(frozenset({"life", "auto"})), False),
        (agent(1, licensed={"NY", "NJ"}), Needs(states=frozenset({"NY"})), True),
        (agent(1, licensed={"NY"}), Needs(states=frozenset({"NY", "NJ"})), False),
        (agent(1, licensed={"NY"}), Needs(states=frozenset({"?"})), False),
        (agent(1, languages={"en"}), Needs(language="es"), False),
        (agent(1, languages={"en", "es"}), Needs(language="es"), True),
    ],
)
def test_skills_licences_and_languages(one: FreeAgent, needs: Needs, may: bool) -> None:
    assert suits(one, needs) is may


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ({1: (0, 0), 2: (0, 0)}, {1: 1.0, 2: 1.0}),
        ({1: (100, 0), 2: (50, 0)}, {1: 1.0, 2: 1.0}),
        ({1: (1000, 200), 2: (1000, 0)}, {1: 1.952, 2: LEAST}),
        # three lucky sales of three are a start, and no more
        ({1: (3, 3), 2: (997, 97)}, {1: 1.509, 2: 0.974}),
    ],
)
def test_performance_is_smoothed_and_bounded(
    records: dict[int, tuple[int, int]], expected: dict[int, float]
) -> None:
    desk = [agent(n, contacts=contacts, sales=sales) for n, (contacts, sales) in records.items()]
    found = weights(desk)
    assert {n.int: round(weight, 3) for n, weight in found.items()} == expected


@examples(60)
@given(st.lists(st.tuples(st.integers(0, 500), st.floats(0, 1)), min_size=1, max_size=8))
def test_nobody_starves_by_performance(records: list[tuple[int, float]]) -> None:
    desk = [agent(n, contacts=c, sales=int(c * share)) for n, (c, share) in enumerate(records, 1)]
    found = weights(desk).values()
    assert LEAST <= min(found) <= max(found) <= MOST
    assert sorted(numbers(performance(desk, LEAD))) == sorted(numbers(desk))


CLOSER = agent(3, fallback=True, licensed={"NY"})


@pytest.mark.parametrize(
    ("waited", "needs", "asked"),
    [
        (0, Needs(), [1, 2]),
        (19, Needs(), [1, 2]),
        (20, Needs(), [1, 2, 3]),
        (20, Needs(states=frozenset({"NY"})), [3]),
        (20, Needs(states=frozenset({"NJ"})), []),
    ],
)
def test_the_fallback_group_is_asked_after_all_others_and_not_before_its_time(
    waited: float, needs: Needs, asked: list[int]
) -> None:
    routing = Routing(fallback="closers", fallback_after=20 * SECOND)
    desk = [CLOSER, agent(1, idle=2), agent(2, idle=1)]
    assert numbers(best_first(routing, desk, LEAD, needs, None, waited * SECOND)) == asked


@pytest.mark.parametrize(
    ("routing", "asked"),
    [
        (Routing(), [3, 2, 1, 4]),
        (Routing(Strategy.ROUND_ROBIN), [4, 1, 2, 3]),
        (Routing(Strategy.TIERS), [3, 1, 4, 2]),
        (Routing(Strategy.TIERS, Order.ROUND_ROBIN), [4, 1, 3, 2]),
        (Routing(Strategy.OWNER_FIRST), [2, 3, 1, 4]),
        (Routing(Strategy.OWNER_ONLY), [2]),
        (Routing(Strategy.SHOTGUN), [3, 2, 1, 4]),
        (Routing(Strategy.SHOTGUN, Order.ROUND_ROBIN), [4, 1, 2, 3]),
    ],
)
def test_a_campaign_names_its_strategy(routing: Routing, asked: list[int]) -> None:
    desk = [
        agent(1, idle=3, offered=300),
        agent(2, idle=4, offered=200, tier=2),
        agent(3, idle=5, offered=100),
        agent(4, idle=1, offered=400),
    ]
    assert numbers(best_first(routing, desk, LEAD, Needs(), UUID(int=2))) == asked


@pytest.mark.parametrize("strategy", list(Strategy))
@pytest.mark.parametrize("within", list(Order))
def test_every_strategy_asks_everybody_who_may_once(strategy: Strategy, within: Order) -> None:
    desk = [agent(n, idle=n, tier=n % 3 + 1, weight=n) for n in range(1, 8)]
    found = numbers(best_first(Routing(strategy, within), desk, LEAD, Needs()))
    assert sorted(found) == sorted(numbers(desk))
