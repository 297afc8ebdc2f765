"""The source guard over HTTP: its alerts, the banner on the board, and resuming a source."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from running import SOURCE_KEY, RunningService, configuration, configure, until

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
    assert await ask(service, "/v1/alerts") == (200, {"alerts": [], "carriers": [], "numbers": []})
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
        ("/v1/alerts/0/acknowledge", "POST", None, 404),
        ("/v1/alerts/0/acknowledge", "POST", SOURCE_KEY, 403),
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


async def test_an_alert_is_acknowledged_once_and_goes_on(
    service: RunningService, browser: aiohttp.ClientSession
) -> None:
    alert_id = await raise_alert(service)
    path = f"/v1/alerts/{alert_id}/acknowledge"
    page = await board(service, browser)
    token = re.search(r'name="csrf" value="(\w+)"', page)
    assert token
    url = f"{service.url}/alerts/{alert_id}/acknowledge"
    async with browser.post(url, data={"csrf": "wrong"}, allow_redirects=False) as response:
        assert response.status == 403
    async with browser.post(url, data={"csrf": token[1]}, allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (303, "/")
    page = await board(service, browser)
    assert "Acknowledged by manager@test.example" in page
    assert WORDS in page
    assert f"/alerts/{alert_id}/acknowledge" not in page
    assert "/sources/form/resume" in page, "the pause stays as it is"
    status, again = await ask(service, path, "POST")
    assert (status, again["acknowledged_by"]) == (200, "manager@test.example"), "who was first"
    assert again["acknowledged_at"] is not None
    assert again["source_paused"]
    async with service.database.connection() as tx:
        told = await tx.fetch("SELECT data FROM event WHERE kind = 'source.alert_acknowledged'")
    assert [row["data"] for row in told] == [
        {"alert_id": alert_id, "source": "form", "rate": "contact", "words": WORDS, "by": "manager@test.example"}
    ]


async def test_an_alert_of_another_account_is_not_found(service: RunningService) -> None:
    alert_id = await raise_alert(service)
    other = configuration(account="other", account_key="stl_acct_other_key_1", source_key="stl_other_key_0001")
    await configure(service.database_url, other)
    found, answer = await ask(service, f"/v1/alerts/{alert_id}/acknowledge", "POST", "stl_acct_other_key_1")
    assert (found, answer["code"]) == (404, "not_found")
    (alert,) = (await ask(service, "/v1/alerts"))[1]["alerts"]
    assert alert["acknowledged_at"] is None


async def test_the_sources_page_says_why_the_guard_paused_it_and_resumes_it(
    service: RunningService, browser: aiohttp.ClientSession
) -> None:
    place = f"{service.url}/sources/form"

    async def shown() -> str:
        async with browser.get(place) as response:
            assert response.status == 200
            return await response.text()

    assert 'id="guard-pause"' not in await shown()
    alert_id = await raise_alert(service)
    page = await shown()
    assert "paused by the guard" in page
    assert re.search(r"since <time[^>]+>[\d:]+</time></small>: contact rate fell\.", page)
    assert WORDS in page
    token = re.search(r'name="csrf" value="(\w+)"', page)
    assert token
    for path in (f"/alerts/{alert_id}/acknowledge", "/sources/form/resume"):
        given = {"csrf": token[1], "back": "/sources/form"}
        async with browser.post(f"{service.url}{path}", data=given, allow_redirects=False) as response:
            assert (response.status, response.headers["Location"]) == (303, "/sources/form")
    page = await shown()
    assert 'id="guard-pause"' not in page
    assert "taking leads" in page
    assert "Acknowledged by manager@test.example" in page


async def test_a_supervisor_sees_alerts_and_resumes_nothing(
    service: RunningService, browser: aiohttp.ClientSession
) -> None:
    alert_id = await raise_alert(service)
    acknowledge = f"/alerts/{alert_id}/acknowledge"
    manager = await board(service, browser)
    token = re.search(r'name="csrf" value="(\w+)"', manager)
    assert token
    async with service.database.connection() as tx:
        await tx.execute("UPDATE app_user SET role = 'supervisor'")
    page = await board(service, browser)
    assert WORDS in page
    assert "/sources/form/resume" not in page
    assert acknowledge not in page
    for path in ("/sources/form/resume", "/v1/sources/form/resume", acknowledge, f"/v1{acknowledge}"):
        headers = {"X-CSRF-Token": token[1]}
        url = f"{service.url}{path}"
        async with browser.post(url, data={"csrf": token[1]}, headers=headers) as response:
            assert response.status == 403
