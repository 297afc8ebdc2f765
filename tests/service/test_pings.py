"""A ping: would this lead be taken, at what price, how soon called; and a post that names it gets what was said."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from running import RunningService, configuration, running_service, until

SOURCE = (
    ", accept: {states: [NY, FL], attributes: {age: {between: [25, 64]}}}, caps: {daily: 2}, "
    "price: {rules: [{when: {states: [NY]}, price: 40}], otherwise: 20}"
)
GOOD: dict[str, Any] = {
    "state": "NY",
    "postal_code": "10001",
    "attributes": {"age": 41},
    "consent": {"channels": ["call"]},
}


@pytest.fixture
async def service(database_url: str, tmp_path: Path) -> AsyncIterator[RunningService]:
    text = re.sub(r", cost_per_lead: [0-9.]+", "", configuration(source=SOURCE, agents=2))
    async with running_service(database_url, tmp_path, text) as running:
        yield running


async def ping(service: RunningService, **more: Any) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {service.source_key}"}
    async with service.http.post(f"{service.url}/v1/leads/ping", json=GOOD | more, headers=headers) as response:
        return response.status, await response.json()


def until_open() -> float:
    """Seconds until people in New York may be called: a ping names no number, so the law's hours hold for it."""
    now = datetime.now(ZoneInfo("America/New_York"))
    if 8 <= now.hour < 21:
        return 0.0
    day = now if now.hour < 8 else now + timedelta(days=1)
    return (day.replace(hour=8, minute=0, second=0, microsecond=0) - now).total_seconds()


async def counted(service: RunningService) -> int:
    async with service.node.database.connection() as tx:
        found: int = await tx.fetchval("SELECT coalesce(sum(accepted), 0)::int FROM source_period")
        return found


async def expire_pings(service: RunningService) -> None:
    async with service.node.database.connection() as tx:
        await tx.execute("UPDATE ping SET expires_at = $1", service.node.clock.now() - timedelta(seconds=1))


async def test_a_good_lead_is_offered_a_price_and_an_immediate_call(service: RunningService) -> None:
    status, offer = await ping(service)
    assert status == 200
    assert (offer["status"], offer["price"]) == ("accepted", "40")
    assert offer["starts_in_seconds"] == pytest.approx(until_open(), abs=20)
    assert offer["ping_id"]
    assert datetime.fromisoformat(offer["expires_at"]) > datetime.now(UTC)
    assert offer["code"] is None


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"state": "TX", "postal_code": "73301"}, "outside_criteria", "state"),
        ({"attributes": {"age": 17}}, "outside_criteria", "attributes.age"),
        ({"attributes": {}}, "outside_criteria", "attributes.age"),
        ({"consent": {"channels": ["sms"]}}, "no_consent", "consent.channels"),
    ],
)
async def test_a_lead_that_would_be_refused_is_told_why(
    service: RunningService, more: dict[str, Any], code: str, field: str
) -> None:
    status, offer = await ping(service, **more)
    assert status == 200
    assert (offer["status"], offer["code"], offer["field"], offer["ping_id"]) == ("refused", code, field, None)
    assert await counted(service) == 0


async def test_a_post_that_names_the_ping_gets_its_price_although_the_source_changed_meanwhile(
    service: RunningService,
) -> None:
    _, offer = await ping(service)
    async with service.node.database.connection() as tx:
        await tx.execute(
            """UPDATE source SET version = version + 1,
               settings = jsonb_set(settings, '{accept,criteria}', '{"states": ["FL"]}')"""
        )

    async def refused_by_now() -> bool:
        return (await service.post(**GOOD))[1].get("code") == "outside_criteria"

    await until(refused_by_now)
    status, answer = await service.post(**GOOD, ping_id=offer["ping_id"])
    assert status == 202
    assert (await service.lead(answer["lead_id"]))["cost"] == "40"


async def test_a_ping_holds_its_place_under_the_cap(service: RunningService) -> None:
    _, first = await ping(service)
    _, second = await ping(service)
    assert (await ping(service))[1]["code"] == "over_cap"
    assert (await service.post(**GOOD))[1]["code"] == "over_cap"
    assert (await service.post(**GOOD, ping_id=first["ping_id"]))[0] == 202
    assert (await service.post(**GOOD, phone="+12125550143", ping_id=second["ping_id"]))[0] == 202
    assert await counted(service) == 2


async def test_a_ping_serves_one_post_however_many_come_at_once(service: RunningService) -> None:
    _, offer = await ping(service)
    await ping(service)
    posts = (service.post(**GOOD, phone=f"+121255501{n}", ping_id=offer["ping_id"]) for n in range(20, 32))
    answers = await asyncio.gather(*posts)
    assert sorted(status for status, _ in answers) == [202] + [422] * 11
    assert await counted(service) == 2


async def test_a_place_whose_post_never_comes_is_given_back(service: RunningService) -> None:
    _, used = await ping(service)
    _, unused = await ping(service)
    assert (await service.post(**GOOD, ping_id=used["ping_id"]))[0] == 202
    await expire_pings(service)
    await service.node.services.pings.release()
    await service.node.services.pings.release()
    assert await counted(service) == 1
    assert (await service.post(**GOOD, phone="+12125550143", ping_id=unused["ping_id"]))[0] == 202  # as any post
    assert (await service.post(**GOOD, phone="+12125550144"))[1]["code"] == "over_cap"


async def test_a_post_that_says_something_else_than_its_ping_is_judged_as_any_post(service: RunningService) -> None:
    _, offer = await ping(service)
    status, answer = await service.post(
        **GOOD | {"attributes": {"age": 90}}, phone="+12125550143", ping_id=offer["ping_id"]
    )
    assert (status, answer["code"]) == (422, "outside_criteria")
    assert (await service.post(**GOOD, ping_id=offer["ping_id"]))[0] == 202


async def test_the_wait_grows_with_the_queue_and_is_unknown_with_nobody_at_work(service: RunningService) -> None:
    async with service.node.database.connection() as tx:
        await tx.execute("UPDATE agent SET state = 'talking', state_until = NULL")
    waited = (await ping(service))[1]["starts_in_seconds"]
    assert waited == pytest.approx(max(90.0, until_open()), abs=20)
    async with service.node.database.connection() as tx:
        await tx.execute("UPDATE agent SET state = 'offline'")
    offer = (await ping(service))[1]
    assert (offer["status"], offer["starts_in_seconds"]) == ("accepted", None)


async def test_the_tick_gives_places_back_by_itself(service: RunningService) -> None:
    await ping(service)
    await expire_pings(service)

    async def given_back() -> bool:
        return await counted(service) == 0

    await until(given_back, 15)


@pytest.mark.parametrize(
    ("body", "status"), [(b"{", 400), (b"[]", 400), (b'{"attributes": 7}', 422), (b'{"cost": -1}', 422)]
)
async def test_a_question_that_cannot_be_read_is_refused(service: RunningService, body: bytes, status: int) -> None:
    headers = {"Authorization": f"Bearer {service.source_key}", "Content-Type": "application/json"}
    async with service.http.post(f"{service.url}/v1/leads/ping", data=body, headers=headers) as response:
        assert response.status == status
        assert (await response.json())["code"]
    async with service.http.post(f"{service.url}/v1/leads/ping", json=GOOD) as response:
        assert response.status == 401
