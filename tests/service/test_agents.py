"""Agents as managers and the API see them: missed offers, pauses with a reason, and what each may take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
from running import (
    ACCOUNT_KEY,
    AGENT_PHONES,
    AGENTS_ANSWER,
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


async def put_owner(service: RunningService, lead_id: str, agent: str | None) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {ACCOUNT_KEY}"}
    url = f"{service.url}/v1/leads/{lead_id}/owner"
    async with service.http.put(url, json={"agent": agent}, headers=headers) as response:
        return response.status, await response.json(content_type=None)


async def test_a_lead_goes_to_its_owner_who_is_licensed_in_its_state_and_holds_up_no_other(
    database_url: str, tmp_path: Path
) -> None:
    text = configuration(agents=2, dial=", routing: {strategy: owner_only, licensed: true}")
    text = text.replace("groups: [sales]}", "groups: [sales], licensed: [NY]}", 1)
    text = text.replace("groups: [sales]}", "groups: [sales], licensed: [NY, NJ]}", 1)
    async with running_service(database_url, tmp_path, text) as service:
        _, first = await service.post(owner="agent-2")
        lead = await service.ended(first["lead_id"])
        assert (lead["owner"], lead["attempts"][0]["agent"], lead["status"]) == ("agent-2", "agent-2", "contacted")

        _, held = await service.post(phone="+12125550143", state="NJ", owner="agent-1")
        _, other = await service.post(phone="+12125550144", state="NY", owner="nobody")
        lead = await service.ended(other["lead_id"])
        assert (lead["attempts"][0]["agent"] is not None, lead["owner"]) == (True, lead["attempts"][0]["agent"])
        assert (await service.lead(held["lead_id"]))["attempts"][0]["state"] == "scheduled"
        assert service.rung("+12125550143") == 0

        status, problem = await put_owner(service, held["lead_id"], "nobody")
        assert (status, problem["code"], problem["errors"][0]["field"]) == (422, "unknown_agent", "agent")
        assert (await put_owner(service, "00000000-0000-4000-8000-000000000000", "agent-2"))[0] == 404
        assert (await put_owner(service, held["lead_id"], "agent-2"))[1]["owner"] == "agent-2"
        lead = await service.ended(held["lead_id"])
        assert lead["attempts"][0]["agent"] == "agent-2"


async def test_in_lead_first_an_agent_without_the_licence_never_replaces_one_who_did_not_answer(
    database_url: str, tmp_path: Path
) -> None:
    text = configuration(agents=2, mode="lead_first", dial=", routing: {licensed: true}")
    text = text.replace("groups: [sales]}", "groups: [sales], licensed: [NY]}", 1)
    text = text.replace("groups: [sales]}", "groups: [sales], licensed: [NJ]}", 1)
    people = (person(AGENT_PHONES[0], Does.DECLINE, ring=1.0), AGENTS_ANSWER, LEAD_ANSWERS)
    async with running_service(database_url, tmp_path, text, people) as service:
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"])
        assert lead["attempts"][0]["state"] == "abandoned"
        assert service.rung(AGENT_PHONES[0]) == 1
        assert service.rung(AGENT_PHONES[1]) == 0


async def test_an_agent_in_the_browser_who_answers_talks_and_has_missed_nothing(
    database_url: str, tmp_path: Path
) -> None:
    text = configuration(mode="lead_first", dial=", wrap_up: 600s")
    text = text.replace('phone: "+12125550111"', "client: agent_1")
    people = (person("client:agent_1", Does.ANSWER, ring=1.0), LEAD_ANSWERS)
    async with running_service(database_url, tmp_path, text, people) as service:
        async with service.database.connection() as tx:
            await tx.execute("UPDATE agent SET misses = 2")
        _, answer = await service.post()

        async def talking() -> Any:
            (agent,) = (await service.get("/v1/agents"))["agents"]
            return agent["state"] == "talking" and agent["missed_in_a_row"] == 0

        await until(talking, what="the agent to talk")
        await service.ended(answer["lead_id"])

        async def writing_up() -> bool:
            return await service.agents() == {"agent-1": "wrap_up"}

        await until(writing_up, what="the time for notes")
