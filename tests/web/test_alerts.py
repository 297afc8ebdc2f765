"""The source guard over HTTP: its alerts, the banner on the board, and resuming a source."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from running import SOURCE_KEY, RunningService, until

from speedtolead.store.ids import new_id

HTML = {"Accept": "text/html"}
WORDS = "The contact rate fell to 10 % (15 of 150) from 40 % (376 of 940)."
FACTS = {
    "recent": {"leads": 150, "hits": 15},
    "baseline": {"leads": 940, "hits": 376},
    "p_value": 1e-14,
    "interval_95": [0.0615, 0.1583],
}


@pytest.fixture
async def browser(service: RunningService) -> AsyncIterator[aiohttp.ClientSession]:
    """Signed in as the manager."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), headers=HTML) as session:
        given = {"email": "manager@test.example", "password": "change-me-now"}
        async with session.post(f"{service.url}/login", data=given, allow_redirects=False) as response:
            assert response.status == 303
        yield session


async def raise_alert(service: RunningService, *, paused: bool = True, ended: bool = False) -> str:
    alert_id = new_id()
    async with service.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO source_alert (id, account_id, source_id, rate, began_at, opened_at, ended_at, words,"
            " facts, paused)"
            " SELECT $1, account_id, id, 'contact', now(), now(), CASE WHEN $2 THEN now() END, $3, $4, $5"
            " FROM source",
            alert_id,
            ended,
            WORDS,
            FACTS,
            paused,
        )
        if paused:
            await tx.execute("UPDATE source SET guard_pause = 'contact rate fell'")
    return str(alert_id)


async def ask(service: RunningService, path: str, method: str = "GET", key: str | None = None) -> tuple[int, Any]:
    headers = {} if key == "" else {"Authorization": f"Bearer {key or service.account_key}"}
    async with service.http.request(method, f"{service.url}{path}", headers=headers) as response:
        return response.status, await response.json(content_type=None)


async def board(service: RunningService, browser: aiohttp.ClientSession) -> str:
    async with browser.get(f"{service.url}/") as response:
        assert response.status == 200
        return await response.text()


async def test_open_alerts_are_listed_with_their_numbers_and_ended_ones_when_asked_for(
    service: RunningService,
) -> None:
    assert await ask(service, "/v1/alerts") == (200, {"alerts": []})
    ended = await raise_alert(service, paused=False, ended=True)
    opened = await raise_alert(service)
    status, answer = await ask(service, "/v1/alerts")
    (alert,) = answer["alerts"]
    assert status == 200
    assert (alert["alert_id"], alert["source"], alert["rate"], alert["words"]) == (opened, "form", "contact", WORDS)
    assert {name: alert[name] for name in FACTS} == FACTS
    assert (alert["ended_at"], alert["paused"], alert["source_paused"]) == (None, True, True)
    _, answer = await ask(service, "/v1/alerts?state=all")
    assert [one["alert_id"] for one in answer["alerts"]] == [opened, ended]


@pytest.mark.parametrize(
    ("path", "method", "key", "status"),
    [
        ("/v1/alerts?state=shut", "GET", None, 422),
        ("/v1/alerts", "GET", "", 401),
        ("/v1/alerts", "GET", SOURCE_KEY, 403),
        ("/v1/sources/form/resume", "POST", SOURCE_KEY, 403),
        ("/v1/sources/nothing/resume", "POST", None, 404),
    ],
)
async def test_what_cannot_be_asked_is_refused(
    service: RunningService, path: str, method: str, key: str | None, status: int
) -> None:
    found, answer = await ask(service, path, method, key)
    assert (found, answer["status"]) == (status, status)


async def test_the_board_shows_an_alert_and_its_button_resumes_the_source(
    service: RunningService, browser: aiohttp.ClientSession
) -> None:
    assert WORDS not in await board(service, browser)
    await raise_alert(service)
    page = await board(service, browser)
    assert WORDS in page
    assert "6.2 % to 15.8 %" in page or "6.1 % to 15.8 %" in page
    assert 'action="/sources/form/resume"' in page
    token = re.search(r'name="csrf" value="(\w+)"', page)
    assert token

    async def press(csrf: str) -> int:
        url = f"{service.url}/sources/form/resume"
        async with browser.post(url, data={"csrf": csrf}, allow_redirects=False) as response:
            return response.status

    assert await press("wrong") == 403
    assert (await service.post())[1]["code"] == "source_paused"
    assert await press(token[1]) == 303

    async def accepted() -> bool:
        status, _ = await service.post()
        return status == 202

    await until(accepted)  # a node believes what it read of a source for a while
    page = await board(service, browser)
    assert WORDS in page, "the alert goes on"
    assert "/sources/form/resume" not in page


async def test_a_supervisor_sees_alerts_and_resumes_nothing(
    service: RunningService, browser: aiohttp.ClientSession
) -> None:
    await raise_alert(service)
    manager = await board(service, browser)
    token = re.search(r'name="csrf" value="(\w+)"', manager)
    assert token
    async with service.database.connection() as tx:
        await tx.execute("UPDATE app_user SET role = 'supervisor'")
    page = await board(service, browser)
    assert WORDS in page
    assert "/sources/form/resume" not in page
    for path in ("/sources/form/resume", "/v1/sources/form/resume"):
        headers = {"X-CSRF-Token": token[1]}
        url = f"{service.url}{path}"
        async with browser.post(url, data={"csrf": token[1]}, headers=headers) as response:
            assert response.status == 403
