"""The API around the leads: documentation, keys, pages of leads, numbers, events, health, configuration."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from running import (
    AGENTS_ANSWER,
    LEAD_PHONE,
    SOURCE_KEY,
    RunningService,
    configuration,
    configure,
    person,
    running_service,
    until,
)

from speedtolead import sample
from speedtolead.clock import SystemClock
from speedtolead.service.configuration.apply import Changes, apply
from speedtolead.service.configuration.document import ConfigurationError, read
from speedtolead.simulator.people import Does
from speedtolead.store.database import Database
from speedtolead.web import openapi
from speedtolead.web.app import create_app


async def get(service: RunningService, path: str, key: str | None = None, **headers: str) -> aiohttp.ClientResponse:
    told = {"Authorization": f"Bearer {key}"} if key else {}
    return await service.http.get(f"{service.url}{path}", headers=told | headers)


async def test_every_v1_route_is_documented(service: RunningService) -> None:
    app = create_app(service.node.services)
    served = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.resource.canonical.startswith("/v1/") and route.method != "HEAD"
    }
    documented = {
        (method.upper(), path)
        for path, operations in app[openapi.DOCUMENT]["paths"].items()
        for method in operations
    }
    assert served == documented


async def test_the_documentation_is_served_and_names_every_answer(service: RunningService) -> None:
    async with await get(service, "/openapi.json") as response:
        document = await response.json()
    assert document["openapi"].startswith("3.1")
    post = document["paths"]["/v1/leads"]["post"]
    assert {"202", "400", "401", "413", "415", "422", "503"} <= set(post["responses"])
    lead = document["components"]["schemas"]["LeadBody"]["properties"]
    assert {"phone", "consent", "external_id", "schedule_at", "test"} <= set(lead)
    for reference in _references(document):
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"]


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for inner in value.values() for found in _references(inner)]
    return [found for inner in value for found in _references(inner)] if isinstance(value, list) else []


@pytest.mark.parametrize("path", ["/v1/leads", "/v1/agents", "/v1/stats/speed", "/v1/suppressions", "/v1/events"])
async def test_without_a_key_nothing_is_told(service: RunningService, path: str) -> None:
    async with await get(service, path) as response:
        assert response.status == 401
        assert response.content_type == "application/problem+json"
        assert (await response.json(content_type=None))["code"] == "unauthorized"


async def test_an_unknown_path_is_a_problem_document(service: RunningService) -> None:
    async with await get(service, "/v1/nothing", service.account_key) as response:
        assert response.status == 404
        assert (await response.json(content_type=None))["code"] == "not_found"
    async with await get(service, "/v1/leads/not-an-id", service.account_key) as response:
        assert response.status == 404


async def test_leads_come_in_pages_newest_first(service: RunningService) -> None:
    made = [(await service.post(phone=f"+121255501{n}", test=True))[1]["lead_id"] for n in range(30, 35)]
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = await service.get("/v1/leads", limit="2", **after)
        seen += [lead["lead_id"] for lead in page["leads"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert seen == made[::-1]
    async with await get(service, "/v1/leads?after=nonsense", service.account_key) as response:
        assert response.status == 422


async def test_a_stopped_lead_is_not_called_any_more(database_url: str, tmp_path: Path) -> None:
    text = configuration(cadence="[{after: 0s, channel: call}, {after: 1d, channel: call}]")
    people = (AGENTS_ANSWER, person(LEAD_PHONE, Does.BUSY))
    async with running_service(database_url, tmp_path, text, people) as service:
        _, answer = await service.post()
        await service.lead_when(answer["lead_id"], lambda lead: len(lead["attempts"]) == 2)
        headers = {"Authorization": f"Bearer {SOURCE_KEY}"}
        url = f"{service.url}/v1/leads/{answer['lead_id']}/stop"
        async with service.http.post(url, headers=headers) as response:
            assert await response.json() == {"lead_id": answer["lead_id"], "status": "closed"}
        lead = await service.lead(answer["lead_id"])
        assert (lead["status"], lead["next_attempt_at"]) == ("closed", None)
        assert [a["state"] for a in lead["attempts"]] == ["busy", "cancelled"]


async def test_speed_tells_percentiles_shares_and_denominators(service: RunningService) -> None:
    for phone in (LEAD_PHONE, "+12125550143"):
        _, answer = await service.post(phone=phone)
        await service.ended(answer["lead_id"])
    await service.post(phone="12")
    report = await service.get("/v1/stats/speed")
    speeds = {row["speed"]: row for row in report["speeds"]}
    dial = speeds["speed_to_dial"]
    assert (dial["accepted"], dial["counted"]) == (2, 2)
    assert 0 < dial["p50"] <= dial["p90"] <= dial["p99"]
    assert dial["within"]["300s"] == 1.0
    assert speeds["speed_to_contact"]["p50"] > speeds["speed_to_ring"]["p50"] > dial["p50"]
    assert speeds["speed_to_dial_permitted"]["p50"] == pytest.approx(dial["p50"], abs=0.05)
    hops = {hop["hop"]: hop for hop in report["hops"]}
    assert list(hops) == ["committed", "claimed", "permitted", "requested", "ringing", "answered", "bridged"]
    assert hops["requested"]["counted"] == 2
    assert report["slowest_hop"] in hops


async def test_contact_tells_rates_with_denominators_and_groups(service: RunningService) -> None:
    _, answer = await service.post()
    await service.ended(answer["lead_id"])
    await service.post(phone="12")
    report = await service.get("/v1/stats/contact", group_by="source")
    (group,) = report["groups"]
    assert group["group"] == "form"
    assert (group["received"], group["accepted"], group["dialled"], group["contacted"]) == (2, 1, 1, 1)
    assert group["contact_rate"]["denominator"] == 1
    assert group["acceptance_rate"] == {
        "value": 0.5,
        "numerator": 1,
        "denominator": 2,
        "interval_95": group["acceptance_rate"]["interval_95"],
    }
    async with await get(service, "/v1/stats/contact", service.account_key, Accept="text/csv") as response:
        assert response.content_type == "text/csv"
        (row,) = csv.DictReader(io.StringIO(await response.text()))
    assert row["contact_rate.denominator"] == "1"
    async with await get(service, "/v1/stats/contact?group_by=shoe", service.account_key) as response:
        assert response.status == 422


async def test_events_of_the_account_are_streamed_as_they_happen(service: RunningService) -> None:
    await configure(service.database_url, configuration(account="other", account_key="stl_acct_other_key_1",
                                                        source_key="stl_other_key_0001"))  # fmt: skip
    async with await get(service, "/v1/events", service.account_key) as stream:
        assert stream.content_type == "text/event-stream"
        async with await get(service, "/v1/events", "stl_acct_other_key_1") as others:
            assert (await others.content.readuntil(b"\n\n")).startswith(b"retry")
            _, answer = await service.post()
            kinds: list[str] = []
            async with asyncio.timeout(20):
                while "attempt.contact" not in kinds:
                    block = (await stream.content.readuntil(b"\n\n")).decode()
                    data = [line[6:] for line in block.splitlines() if line.startswith("data: ")]
                    if data:
                        event = json.loads(data[0])
                        assert event["lead_id"] in {answer["lead_id"], None}
                        kinds.append(event["kind"])
            assert kinds.index("lead.accepted") < kinds.index("attempt.dialing") < kinds.index("attempt.bridged")
            assert others.content.total_bytes < 200  # news of another account never comes


async def test_health_and_metrics(service: RunningService) -> None:
    for path in ("/healthz", "/readyz"):
        async with await get(service, path) as response:
            assert (response.status, await response.json()) == (200, {"status": "ok"})
    await service.post()
    async with await get(service, "/metrics") as response:
        text = await response.text()
    assert 'speedtolead_leads_total{result="accepted"}' in text
    assert LEAD_PHONE not in text


# The configuration file


async def applied(database: Database, text: str) -> Changes:
    return await apply(database, SystemClock(), read(text))


async def test_applying_the_same_file_again_changes_nothing(database: Database) -> None:
    first = await applied(database, sample.text())
    assert "+ account acme" in first.lines
    assert (await applied(database, sample.text())).lines == []


async def test_a_change_is_told_with_its_place_and_both_values(database: Database) -> None:
    await applied(database, sample.text())
    changed = sample.text().replace("ring_timeout: 25s, minimum_talk: 10s, wrap_up: 5s, no_agent",
                                    "ring_timeout: 30s, minimum_talk: 10s, wrap_up: 5s, no_agent")  # fmt: skip
    lines = (await applied(database, changed)).lines
    assert lines == ["~ campaign auto: dial.ring_timeout: 25.0 → 30.0"]


async def test_what_the_file_no_longer_names_is_taken_out_of_use_and_kept(database: Database) -> None:
    await applied(database, configuration(agents=2))
    lines = (await applied(database, configuration(agents=1))).lines
    assert lines == ["- agent agent-2"]
    async with database.connection() as tx:
        assert await tx.fetchval("SELECT count(*) FROM agent") == 2


async def test_a_key_that_is_left_out_is_made_and_shown_once(database: Database) -> None:
    text = configuration().replace(f"api_key: {SOURCE_KEY}, ", "")
    made = await applied(database, text)
    assert made.keys["source form"].startswith("stl_")
    again = await applied(database, text)
    assert again.keys == {}
    assert again.lines == []


async def test_a_key_of_another_account_is_refused_and_nothing_is_applied(database: Database) -> None:
    await applied(database, configuration())
    with pytest.raises(ConfigurationError, match="key"):
        await applied(database, configuration(account="other", account_key="stl_acct_other_key_1"))
    async with database.connection() as tx:
        assert await tx.fetchval("SELECT count(*) FROM account") == 1


async def test_a_replaced_key_stops_working_within_a_moment(service: RunningService) -> None:
    assert (await service.post())[0] == 202
    await configure(service.database_url, configuration(source_key="stl_new_key_00001"))

    async def refused() -> bool:
        return (await service.post(phone="12"))[0] == 401

    await until(refused, 5)
    status, _ = await service.post(headers={"Authorization": "Bearer stl_new_key_00001"})
    assert status == 202


async def test_apply_works_while_the_service_runs(service: RunningService) -> None:
    await configure(service.database_url, configuration(agents=3))

    async def three() -> bool:
        return len(await service.agents()) == 3

    await until(three)


async def test_an_agents_session_sees_nothing_of_the_account(database_url: str, tmp_path: Path) -> None:
    text = configuration().replace("role: manager", "role: agent")
    async with running_service(database_url, tmp_path, text) as service:
        form = {"email": "manager@test.example", "password": "change-me-now"}
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as browser:
            async with browser.post(f"{service.url}/login", data=form, allow_redirects=False) as response:
                assert response.status == 303
            async with browser.get(f"{service.url}/", allow_redirects=False) as response:
                assert (response.status, response.headers["Location"]) == (303, "/agent")
            for path in ("/board/fragment", "/v1/leads", "/v1/agents", "/v1/stats/speed", "/v1/events"):
                async with browser.get(f"{service.url}{path}") as response:
                    assert response.status == 403, path
