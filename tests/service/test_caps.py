"""Caps and budgets: exact to the lead and the cent, whoever posts how much at once, and in the account's calendar.

The calendar's own arithmetic is in tests/unit/test_price.py; here it is what the rows come to.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from posting import TOMORROW, at, finding, key_of, new_database, new_phone, on, value, with_sources
from running import RunningService, configure, running_node, running_service, settings_for

from speedtolead.domain.lead import Consent
from speedtolead.service.intake.post import LeadPost

pytestmark = pytest.mark.asyncio(loop_scope="module")

MANY = 40


@dataclass(frozen=True)
class Case:
    """A source's limits at a price of 25.00 a lead, and how many leads fit. ``full``: the periods that refuse."""

    name: str
    caps: dict[str, Any]
    fit: int
    full: tuple[str, ...]


CASES = (
    Case("leads of a day", {"daily": 7}, 7, ("day",)),
    Case("leads of a month", {"monthly": 6}, 6, ("month",)),
    Case("all leads", {"total": 5}, 5, ("total",)),
    Case("money of a day", {"daily_budget": 100}, 4, ("day",)),
    Case("money of a month", {"monthly_budget": "99.99"}, 3, ("month",)),
    Case("all money", {"total_budget": 51}, 2, ("total",)),
    Case("money for none", {"daily_budget": "24.99"}, 0, ("day",)),
    Case("leads before money", {"daily": 3, "daily_budget": 100}, 3, ("day",)),
    Case("money before leads", {"daily": 5, "daily_budget": 100}, 4, ("day",)),
    Case("month before day", {"daily": 5, "monthly": 4, "total": 6}, 4, ("month",)),
    Case("day before month", {"daily": 4, "monthly_budget": 125}, 4, ("day",)),
    Case("all three at once", {"daily": 2, "monthly": 2, "total_budget": 50}, 2, ("day", "month", "total")),
)

PRICE = {"price": {"flat": 25}}


def sources() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {case.name: PRICE | {"caps": case.caps} for case in CASES}
    all_caps = {"daily": 7, "monthly": 20, "total": 30, "total_budget": 1000}
    return found | {
        "in the same moment": PRICE | {"caps": all_caps},
        "one by one": PRICE | {"caps": {"daily": 3, "monthly": 100}, "duplicate_window": "30d"},
        "tests": PRICE | {"caps": {"daily": 1}},
        "uneven": {"price": {"from_post": True}, "caps": {"total_budget": 10}},
        "by the calendar": PRICE | {"caps": {"daily": 2, "monthly": 3, "total": 5}},
        "without a limit": PRICE,
        "a price of none": {"caps": {"daily_budget": 1}},
        "limited later": PRICE,
    }


@dataclass(frozen=True)
class Nodes:
    service: RunningService
    other: RunningService


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def nodes(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Nodes]:
    text, folder = with_sources(sources(), cadence=TOMORROW), tmp_path_factory.mktemp("caps")
    async with new_database(server_url) as url, running_service(url, folder, text) as running:
        other = settings_for(url, folder, running.simulator.port)
        async with running_node(other):
            yield Nodes(running, on(running, other.own_url))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(nodes: Nodes) -> RunningService:
    return nodes.service


Answers = list[tuple[int, dict[str, Any]]]


async def at_once(nodes: Nodes, source: str, count: int = MANY) -> Answers:
    """So many posts at once, half of them at either node."""
    both = (nodes.service, nodes.other)
    return await asyncio.gather(*(at(both[n % 2], source).post(phone=new_phone()) for n in range(count)))


async def spent(service: RunningService, source: str) -> dict[str, tuple[int, Decimal]]:
    """What is counted of a source: leads and money by period, ``day`` and ``month`` for those of now."""
    sql = """SELECT period, accepted, spent FROM source_period p JOIN source s ON s.id = p.source_id
              WHERE s.name = $1 ORDER BY period"""
    async with service.database.connection() as tx:
        found = await tx.fetch(sql, source)
    return {row["period"].partition(":")[0]: (row["accepted"], row["spent"]) for row in found}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_the_lowest_of_the_limits_is_held(service: RunningService, case: Case) -> None:
    answers = [await at(service, case.name).post(phone=new_phone()) for _ in range(case.fit + 1)]
    assert [status for status, _ in answers] == [202] * case.fit + [422]
    refused = finding(await service.lead(answers[-1][1]["lead_id"]), "over_cap")
    assert answers[-1][1]["code"] == "over_cap"
    assert tuple(period.partition(":")[0] for period in refused["inputs"]["full"]) == case.full
    assert all(period in refused["words"] for period in refused["inputs"]["full"])
    periods = {name.split("_")[0].replace("daily", "day").replace("monthly", "month") for name in case.caps}
    counted = {period: (case.fit, 25 * Decimal(case.fit)) for period in periods}
    assert await spent(service, case.name) == (counted if case.fit else {})


async def test_a_cap_holds_exactly_under_many_posts_at_once_on_two_nodes(nodes: Nodes) -> None:
    answers = await at_once(nodes, "in the same moment")
    assert sorted(status for status, _ in answers) == [202] * 7 + [422] * (MANY - 7)
    assert {answer["code"] for status, answer in answers if status == 422} == {"over_cap"}
    assert set((await spent(nodes.service, "in the same moment")).values()) == {(7, Decimal(175))}


async def test_what_is_refused_takes_no_place(service: RunningService) -> None:
    source, phone = at(service, "one by one"), new_phone()
    assert (await source.post(phone=phone, external_id="o-1"))[0] == 202
    refused: list[tuple[dict[str, Any], str]] = [
        ({"phone": phone}, "duplicate"),
        ({"consent": None}, "no_consent"),
        ({"honeypot": "filled in"}, "bot"),
        ({"phone": "12"}, "invalid_phone"),
    ]
    for fields, code in refused:
        assert (await source.post(**{"phone": new_phone()} | fields))[1]["code"] == code
    assert (await source.post(phone=new_phone(), external_id="o-1"))[0] == 202  # the same request once more
    assert await spent(service, "one by one") == {"day": (1, Decimal(25)), "month": (1, Decimal(25))}
    assert [(await source.post(phone=new_phone()))[0] for _ in range(3)] == [202, 202, 422]


async def test_tests_take_no_place_and_need_none(service: RunningService) -> None:
    source = at(service, "tests")
    posts: list[dict[str, Any]] = [{"test": True}, {"test": True}, {}, {"test": True}, {}]
    answers = [(await source.post(phone=new_phone(), **fields))[0] for fields in posts]
    assert answers == [202, 202, 202, 202, 422]
    assert await spent(service, "tests") == {"day": (1, Decimal(25))}


async def test_a_budget_takes_a_smaller_lead_where_a_larger_one_does_not_fit(service: RunningService) -> None:
    costs = ("6.00", "4.01", "3.9999", "0.0002", "0.0001", "0")
    answers = [(await at(service, "uneven").post(phone=new_phone(), cost=cost))[0] for cost in costs]
    assert answers == [202, 422, 202, 422, 202, 202]
    assert await spent(service, "uneven") == {"total": (4, Decimal(10))}


async def test_a_lead_of_which_no_price_is_known_spends_nothing(service: RunningService) -> None:
    assert [(await at(service, "a price of none").post(phone=new_phone()))[0] for _ in range(3)] == [202] * 3
    assert await spent(service, "a price of none") == {"day": (3, Decimal(0))}


async def test_nothing_is_counted_where_nothing_is_limited(service: RunningService) -> None:
    assert (await at(service, "without a limit").post(phone=new_phone()))[0] == 202
    assert await spent(service, "without a limit") == {}


async def test_a_limit_that_is_set_within_a_period_counts_what_came_before(service: RunningService) -> None:
    """Under another key, so that no node goes on with what it knew of the source."""
    for _ in range(2):
        assert (await at(service, "limited later").post(phone=new_phone()))[0] == 202
    terms = PRICE | {"api_key": key_of("limited_now"), "caps": {"daily": 3, "total_budget": 75}}
    await configure(service.database_url, with_sources(sources() | {"limited later": terms}, cadence=TOMORROW))
    answers = [await at(service, "limited_now").post(phone=new_phone()) for _ in range(2)]
    assert [(status, answer.get("code")) for status, answer in answers] == [(202, None), (422, "over_cap")]
    assert await spent(service, "limited later") == {"day": (3, Decimal(75)), "total": (3, Decimal(75))}


async def test_periods_begin_at_midnight_in_the_accounts_zone(service: RunningService) -> None:
    """Two leads fit in a day, three in a month, five in all. New York is four hours behind in June, UTC in none."""
    intake = service.node.services.intake
    row = await intake.source(key_of("by the calendar"))
    assert row is not None
    midnight = datetime(2026, 7, 1, 4, tzinfo=UTC)
    moments = [
        (-timedelta(hours=2), 202),
        (-timedelta(seconds=1), 202),  # 23:59:59 of 30 June there, 1 July already in UTC
        (-timedelta(microseconds=1), 422),
        (timedelta(0), 202),  # 1 July: another day, and another month
        (timedelta(hours=20), 202),
        (timedelta(hours=23), 422),
        (timedelta(days=1), 202),
        (timedelta(days=1, hours=1), 422),  # the month would take none either, and all that there may be were taken
    ]
    for after, status in moments:
        post = LeadPost(new_phone(), Consent(("call",)), "application/json", b"{}", state="NY")
        assert (await intake.take(row, replace(post), midnight + after)).status == status, after
    sql = """SELECT array_agg(period || ' ' || accepted ORDER BY period) FROM source_period p
               JOIN source s ON s.id = p.source_id WHERE s.name = $1"""
    assert await value(service, sql, "by the calendar") == [
        "day:2026-06-30 2",
        "day:2026-07-01 2",
        "day:2026-07-02 1",
        "month:2026-06 2",
        "month:2026-07 3",
        "total 5",
    ]
