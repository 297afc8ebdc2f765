"""Cadences over HTTP: the calendar of one for a sample lead, by the API and on its page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from posting import new_database
from running import ACCOUNT_KEY, SOURCE_KEY, RunningService, configuration, running_service

pytestmark = pytest.mark.asyncio(loop_scope="module")

FRIDAY = "2026-11-20T14:00:00-05:00"
STEPS = [{"after": "0s", "channel": "call"}, {"after": "2d", "at": "09:30", "channel": "call"}]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    folder = tmp_path_factory.mktemp("cadences")
    text = configuration(cadence='[{after: 1d, channel: call}, {after: 2d, at: "09:30", channel: call}]')
    async with new_database(server_url) as url, running_service(url, folder, text) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def manager(service: RunningService) -> AsyncIterator[aiohttp.ClientSession]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(headers={"Accept": "text/html"}, cookie_jar=jar) as session:
        given = {"email": "manager@test.example", "password": "change-me-now"}
        async with session.post(f"{service.url}/login", data=given, allow_redirects=False) as answer:
            assert answer.status == 303
        yield session


async def ask(service: RunningService, path: str, body: Any, key: str = ACCOUNT_KEY) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {key}"}
    async with service.http.post(f"{service.url}{path}", json=body, headers=headers) as response:
        return response.status, await response.json()


async def preview(service: RunningService, **said: Any) -> tuple[int, Any]:
    return await ask(service, "/v1/cadences/preview", {"campaign": "auto", "from": FRIDAY} | said)


async def test_a_cadence_is_shown_as_a_calendar_and_nothing_is_stored(service: RunningService) -> None:
    status, found = await preview(service)
    assert status == 200
    assert [(day["step"], day["local"]) for day in found["days"]] == [
        (0, "2026-11-21T14:00:00-05:00"),
        (1, "2026-11-22T09:30:00-05:00"),
    ]
    assert found["days"][0]["why"] == ["1 day after the lead's arrival"]
    async with service.database.connection() as tx:
        assert await tx.fetchval("SELECT count(*) FROM lead") == 0


async def test_other_steps_and_another_lead_are_shown_before_they_are_applied(service: RunningService) -> None:
    lead = {"phone": "+15045550142", "state": "LA", "consent": {"channels": ["call"], "text": "Call me."}}
    status, found = await preview(service, cadence=STEPS, lead=lead)
    assert (status, found["timezone"]) == (200, "America/Chicago")
    assert [day["local"][:13] for day in found["days"]] == ["2026-11-20T13", "2026-11-23T08"], "closed on Sundays"


@pytest.mark.parametrize(
    ("said", "status", "field"),
    [
        ({"campaign": "nowhere"}, 404, None),
        ({"from": "yesterday"}, 422, "from"),
        ({"score": 101}, 422, "score"),
        ({"cadence": [{"after": "0s", "channel": "fax"}]}, 422, "cadence[0].channel"),
        ({"cadence": [*STEPS, {"after": "3d", "at": "22:00", "channel": "call"}]}, 422, "cadence[2].at"),
        ({"lead": {"phone": "12"}}, 422, "lead.phone"),
        ({"lead": {"phone": "+12125550142", "email": "x" * 300}}, 422, "lead.email"),
    ],
)
async def test_what_cannot_be_shown_is_refused_by_name(
    service: RunningService, said: dict[str, Any], status: int, field: str | None
) -> None:
    got, problem = await preview(service, **said)
    assert got == status
    assert [error["field"] for error in problem.get("errors", [])] == ([] if field is None else [field])


async def test_a_sources_key_sees_no_cadence(service: RunningService) -> None:
    status, _ = await ask(service, "/v1/cadences/preview", {"campaign": "auto"}, SOURCE_KEY)
    assert status == 403


async def test_the_calendar_is_on_a_page_that_the_settings_lead_to(
    service: RunningService, manager: aiohttp.ClientSession
) -> None:
    async with manager.get(f"{service.url}/settings") as answer:
        assert 'href="/settings/campaigns/auto"' in await answer.text()
    asked = {"state": "HI", "arrives": "2026-11-20T14:00", "score": "70", "agreed": "write"}
    async with manager.get(f"{service.url}/settings/campaigns/auto", params=asked) as answer:
        text = await answer.text()
    assert answer.status == 200
    assert "Pacific/Honolulu" in text
    assert "no consent to be called" in text
    async with manager.get(f"{service.url}/settings/campaigns/auto", params={"arrives": "soon"}) as answer:
        assert answer.status == 422
        assert "Arrives: a day and a time" in await answer.text()
    async with manager.get(f"{service.url}/settings/campaigns/nowhere") as answer:
        assert answer.status == 404
