"""The agent's console in a real browser, beside the lead's phone: both of the simulated carrier, played by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from browsing import NEEDS_BROWSER, fill_sign_in, fresh_page
from posting import new_database, value
from running import RunningService, configuration, running_service, until

pytestmark = [*NEEDS_BROWSER, pytest.mark.asyncio(loop_scope="module")]
AGENT = "agent@test.example"
CAMPAIGN = """
    script: {say: "Hello {{ lead.first_name }}, this is {{ campaign.seller }}.", objections: [{label: "No time", say: "When is better, {{ lead.first_name }}?"}]}
    qualification: [{name: vehicles, kind: number}, {name: insured, label: "Insured now", kind: yes_no}]
    agent_texts: [{label: "Sorry I missed you", say: "Hi {{ lead.first_name }}, I tried to call you."}]
    cadence:"""  # noqa: E501
AGENTS = f"""agents:
  - {{name: agent-1, client: agent_1, presence: console, groups: [sales], email: {AGENT}, password: change-me-now}}
sources:"""


def text() -> str:
    lines = configuration(dial=", wrap_up: 30s").split("\n")
    plain = "\n".join(line for line in lines if not line.startswith("  - {name: agent-"))
    plain = plain.replace("agents:\n\nsources:", AGENTS).replace("agents:\nsources:", AGENTS)
    return plain.replace("\n    cadence:", CAMPAIGN)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    folder: Path = tmp_path_factory.mktemp("console")
    async with (
        new_database(server_url) as url,
        running_service(url, folder, text(), people=(), speed=1.0) as running,
    ):
        yield running


@asynccontextmanager
async def console_and_phone(service: RunningService, number: str) -> AsyncIterator[tuple[Any, Any]]:
    """Two pages side by side: the agent, who is ready, and the person with this number."""
    async with fresh_page() as agent:
        await fill_sign_in(agent, service.url, AGENT)
        await agent.wait_for_selector("[data-connection][data-state=live]")
        person = await agent.context.new_page()
        await person.goto(f"{service.url}/simulator/phones")
        await person.fill("#number", number)
        await agent.wait_for_selector("[data-softphone]:has-text('ready')")
        await agent.keyboard.press("g")
        await agent.wait_for_selector("[data-seat=available]")
        yield agent, person
        await agent.keyboard.press("o")
        await agent.wait_for_selector("[data-seat=offline]")


async def offered(service: RunningService, agent: Any, phone: str, **fields: Any) -> str:
    """A lead is posted, and offered."""
    status, taken = await service.post(phone=phone, **fields)
    assert status == 202
    await agent.wait_for_selector("[data-phase=offer]")
    return str(taken["lead_id"])


async def test_a_lead_from_the_form_to_the_next_one(service: RunningService) -> None:
    async with console_and_phone(service, "+12125550142") as (agent, person):
        lead_id = await offered(service, agent, "+12125550142", last_name="Lovelace")
        assert "Ada Lovelace" in await agent.inner_text("#call-title")
        assert "Hello Ada, this is Test Insurance." in await agent.inner_text("[data-part=card]"), "before hello"
        await agent.keyboard.press("y")
        await person.click("[data-act=answer]")
        await agent.wait_for_selector("[data-phase=talk]")
        assert "reached in" in await agent.inner_text("[data-phase=talk]")
        await agent.fill("#q-vehicles", "2")
        await agent.fill("#note", "has two cars")
        await agent.wait_for_selector("[data-saved]:text-is('Saved')")

        await agent.reload()  # in the middle of the call
        await agent.wait_for_selector("[data-phase=talk]")
        assert await agent.input_value("#note") == "has two cars"
        await person.click("[data-act=hangup]")
        await agent.wait_for_selector("[data-phase=over]")
        await agent.keyboard.press("3")
        await agent.keyboard.type("1200")
        await agent.keyboard.press("Enter")
        await agent.wait_for_selector("[data-said=sale]")
        assert await value(service, "SELECT count(*) FROM outcome") == 0, "it can be taken back"
        await agent.keyboard.press("u")
        await agent.wait_for_selector("[data-said='']")
        await agent.keyboard.press("5")
        await agent.wait_for_selector("[data-said=talked]")
        assert await value(service, "SELECT answers ->> 'vehicles' FROM lead_card") == "2"

        await agent.keyboard.press("g")  # the wrap-up need not be waited for
        grace = await offered(service, agent, "+12125550143", first_name="Grace")
        assert "Grace" in await agent.inner_text("#call-title")
        await agent.keyboard.press("x")
        await agent.wait_for_selector("[data-seat=paused]")
        key = {"Authorization": f"Bearer {service.account_key}"}
        async with service.http.post(f"{service.url}/v1/leads/{grace}/stop", headers=key) as response:
            assert response.status == 200
        told = await service.node.services.leads.timeline(await service.account_id(), UUID(lead_id))
        kinds = {event.kind for event in told}
        assert {"disposition.said", "disposition.undone", "attempt.bridged"} <= kinds


async def test_a_person_who_wants_no_more_calls_is_out_of_reach_at_once(service: RunningService) -> None:
    async with console_and_phone(service, "+12125550144") as (agent, person):
        await offered(service, agent, "+12125550144")
        await agent.keyboard.press("y")
        await person.click("[data-act=answer]")
        await agent.wait_for_selector("[data-phase=talk]")
        await agent.keyboard.press("0")

        async def suppressed() -> bool:
            return bool(await value(service, "SELECT count(*) FROM suppression WHERE value = '+12125550144'"))

        await until(suppressed)
        await agent.wait_for_selector("[data-said=do_not_call]")
        await agent.keyboard.press("e")
        await agent.wait_for_selector("[data-phase=over]")
        assert (await service.post(phone="+12125550144"))[1]["code"] == "suppressed"
