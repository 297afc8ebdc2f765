"""The numbers to call from over HTTP: how they stand and are answered, letting one rest, on the pages as well."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from running import SOURCE_KEY, RunningService, configuration, configure

from speedtolead.store.ids import new_id

HTML = {"Accept": "text/html"}
NEW_YORK, MIAMI = "+12125550100", "+13055550100"


@pytest.fixture
async def browser(service: RunningService) -> AsyncIterator[aiohttp.ClientSession]:
    """Signed in as the manager."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), headers=HTML) as session:
        given = {"email": "manager@test.example", "password": "change-me-now"}
        async with session.post(f"{service.url}/login", data=given, allow_redirects=False) as response:
            assert response.status == 303
        yield session


async def ask(
    service: RunningService, method: str, path: str, key: str | None = None, **more: Any
) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {key or service.account_key}"}
    async with service.http.request(method, f"{service.url}{path}", headers=headers, **more) as response:
        return response.status, await response.json(content_type=None)


async def raise_alert(service: RunningService) -> str:
    alert_id = new_id()
    facts = {
        "recent": {"calls": 150, "answered": 30},
        "others": {"calls": 300, "answered": 120},
        "before": {"calls": 400, "answered": 160},
        "past": {"first": [400, 160]},
        "p_others": 1e-5,
        "p_past": 2e-5,
        "interval_95": [0.14, 0.27],
        "benched": True,
    }
    async with service.database.connection() as tx:
        await tx.execute(
            "INSERT INTO number_alert (id, account_id, campaign_id, kind, phone, opened_at, words, facts)"
            " SELECT $1, account_id, id, 'answer_rate', $2, now(), 'Its answers dropped.', $3 FROM campaign",
            alert_id,
            MIAMI,
            facts,
        )
    return str(alert_id)


async def test_a_number_rests_and_comes_back_by_the_api(service: RunningService) -> None:
    _, found = await ask(service, "GET", "/v1/numbers")
    assert [(one["phone"], one["state"], one["calls_today"]) for one in found["numbers"]] == [
        (NEW_YORK, "in_use", 0),
        (MIAMI, "in_use", 0),
    ]
    assert found["numbers"][0]["shown_by"] == [{"campaign": "auto", "per_day": None}]

    status, rests = await ask(service, "POST", f"/v1/numbers/{NEW_YORK}/bench", json={"days": 3, "why": "spam"})
    assert (status, rests["state"], rests["benched_by"], rests["benched_why"]) == (200, "resting", "api", "spam")
    status, forever = await ask(service, "POST", "/v1/numbers/12125550100/bench")
    assert (status, forever["state"], forever["benched_until"]) == (200, "resting", None)
    _, answer = await service.post()
    lead = await service.ended(answer["lead_id"])
    assert lead["attempts"][0]["caller_id"] == MIAMI

    status, back = await ask(service, "POST", f"/v1/numbers/{NEW_YORK}/unbench")
    assert (status, back["state"], back["benched_at"]) == (200, "in_use", None)
    assert (await ask(service, "POST", f"/v1/numbers/{NEW_YORK}/unbench"))[0] == 200, "twice is no harm"

    for path in (
        "/v1/numbers/+19995550100/bench",
        "/v1/numbers/+19995550100/unbench",
        f"/v1/numbers/alerts/{new_id()}/acknowledge",
    ):
        assert (await ask(service, "POST", path))[0] == 404, path
    status, problem = await ask(service, "POST", f"/v1/numbers/{MIAMI}/bench", json={"days": 0})
    assert (status, problem["errors"][0]["field"]) == (422, "days")
    for path in ("/v1/numbers", "/v1/stats/numbers"):
        assert (await ask(service, "GET", path, SOURCE_KEY))[0] == 403, path
    assert (await ask(service, "POST", f"/v1/numbers/{MIAMI}/bench", SOURCE_KEY))[0] == 403

    _, stats = await ask(service, "GET", "/v1/stats/numbers?campaign=auto")
    told = {one["phone"]: one for one in stats["numbers"]}
    assert told[MIAMI]["answer_rate"]["numerator"] == told[MIAMI]["answer_rate"]["denominator"] == 1
    assert told[NEW_YORK]["answer_rate"] == {"value": None, "numerator": 0, "denominator": 0, "interval_95": None}
    headers = {"Authorization": f"Bearer {service.account_key}", "Accept": "text/csv"}
    async with service.http.get(f"{service.url}/v1/stats/numbers", headers=headers) as response:
        assert response.content_type == "text/csv"
        head, *rows = (await response.text()).splitlines()
    assert "answer_rate.denominator" in head.split(",")
    assert [row.split(",")[0] for row in rows] == [NEW_YORK, MIAMI]
    status, problem = await ask(
        service, "GET", "/v1/stats/numbers?from=2026-06-02T00:00:00Z&to=2026-06-01T00:00:00Z"
    )
    assert (status, problem["errors"][0]["field"]) == (422, "from")


async def test_the_pages_show_the_numbers_and_let_a_manager_act(
    service: RunningService, browser: aiohttp.ClientSession
) -> None:
    alert_id = await raise_alert(service)
    text = await page(service, browser, "/")
    assert "Its answers dropped." in text
    assert "Recent rate, 95 %: 14.0 % to 27.0 %" in text
    token = re.search(r'name="csrf" value="([^"]+)"', text)
    assert token is not None
    form = {"csrf": token[1]}

    text = await page(service, browser, "/settings")
    assert 'data-number="+12125550100"' in text
    assert "all numbers, the nearest, the same one again" in text
    for path, given, state in (
        (f"/settings/numbers/{NEW_YORK}/bench", {"days": "3"}, "resting"),
        (f"/settings/numbers/{NEW_YORK}/bench", {"days": ""}, "resting"),
        (f"/settings/numbers/{NEW_YORK}/unbench", {}, "in_use"),
    ):
        async with browser.post(f"{service.url}{path}", data=form | given, allow_redirects=False) as response:
            assert (response.status, response.headers["Location"]) == (303, "/settings#numbers-title")
        _, found = await ask(service, "GET", "/v1/numbers")
        assert found["numbers"][0]["state"] == state
    async with browser.post(f"{service.url}/settings/numbers/{NEW_YORK}/bench", data={}) as response:
        assert response.status == 403, "a form of another site"

    async with browser.post(f"{service.url}/numbers/alerts/{alert_id}/acknowledge", data=form) as response:
        assert response.status == 200
    _, alerts = await ask(service, "GET", "/v1/alerts")
    assert alerts["numbers"][0]["acknowledged_by"] == "manager@test.example"
    assert alerts["numbers"][0]["recent"] == {"calls": 150, "answered": 30}
    status, again = await ask(service, "POST", f"/v1/numbers/alerts/{alert_id}/acknowledge")
    assert (status, again["acknowledged_by"]) == (200, "manager@test.example"), "who was first stays"
    other = configuration(account="other", account_key="stl_acct_other_0001", source_key="stl_other_0001")
    await configure(service.database_url, other.replace("manager@test", "manager@other"))
    assert (await ask(service, "GET", "/v1/alerts", "stl_acct_other_0001"))[1]["numbers"] == []
    path = f"/v1/numbers/alerts/{alert_id}/acknowledge"
    assert (await ask(service, "POST", path, "stl_acct_other_0001"))[0] == 404


async def page(service: RunningService, browser: aiohttp.ClientSession, path: str) -> str:
    async with browser.get(f"{service.url}{path}") as response:
        assert response.status == 200
        return await response.text()
