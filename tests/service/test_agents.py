"""Agents as managers and the API see them: missed offers, pauses with a reason, and what each may take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
from running import (
    ACCOUNT_KEY,
    AGENT_PHONES,
    LEAD_ANSWERS,
    LEAD_PHONE,
    RunningService,
    configuration,
    person,
    running_service,
    until,
)

from speedtolead.simulator.people import Does


async def put_state(service: RunningService, name: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {ACCOUNT_KEY}"}
    async with service.http.put(f"{service.url}/v1/agents/{name}/state", json=body, headers=headers) as response:
        return response.status, await response.json(content_type=None)


async def page(service: RunningService, path: str) -> str:
    form = {"email": "manager@test.example", "password": "change-me-now"}
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        await (await browser.post(f"{service.url}/login", data=form)).read()
        async with browser.get(f"{service.url}{path}") as response:
            assert response.status == 200
            return await response.text()


async def test_an_agent_whose_mailbox_answers_is_paused_after_so_many_offers_until_somebody_ends_it(
    database_url: str, tmp_path: Path
) -> None:
    """An agent's own voicemail picks up every time, presses nothing, and never takes the lead."""
    mailbox = person(AGENT_PHONES[0], Does.VOICEMAIL, ring=1.0, talk=5.0)
    text = configuration().replace("users:", "pauses: {reasons: [lunch, training], after_missed: 2}\nusers:", 1)
    text = text.replace("groups: [sales]", "groups: [sales], licensed: [NY], caps: {hourly: 9}")
    async with running_service(
        database_url, tmp_path, text, (mailbox, LEAD_ANSWERS), missed_offer_rest=0.0
    ) as service:
        _, answer = await service.post()

        async def paused() -> Any:
            (agent,) = (await service.get("/v1/agents"))["agents"]
            return agent if agent["state_reason"] == "missed_offers" else None

        agent = await until(paused, what="the pause")
        assert (agent["state"], agent["state_until"], agent["missed_in_a_row"]) == ("paused", None, 2)
        assert (agent["licensed"], agent["hourly"]) == (["NY"], {"most": 9, "offered": 2})
        assert service.rung(AGENT_PHONES[0]) == 2
        assert service.rung(LEAD_PHONE) == 0
        assert (await service.lead(answer["lead_id"]))["attempts"][0]["state"] == "scheduled"
        async with service.database.connection() as tx:
            told = await tx.fetchval("SELECT data FROM event WHERE kind = 'agent.paused'")
        assert told == {"reason": "missed_offers", "missed": 2}

        assert "missed offers: 2 in a row, until somebody ends it" in await page(service, "/")
        settings = await page(service, "/settings")
        assert "misses 2 offers in a row is paused until somebody ends it" in settings
        assert "licensed in NY; at most 9 offers an hour" in settings

        for body in ({"state": "paused"}, {"state": "paused", "reason": "tired"}):
            status, problem = await put_state(service, "agent-1", body)
            assert (status, problem["code"], problem["errors"][0]["field"]) == (422, "unknown_reason", "reason")
        assert (await put_state(service, "agent-1", {"state": "paused", "reason": "lunch"}))[0] == 200
        async with service.database.connection() as tx:
            reasons = await tx.fetch("SELECT data FROM event WHERE kind = 'agent.paused' ORDER BY id")
        assert reasons[-1]["data"] == {"reason": "lunch"}
