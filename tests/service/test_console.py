"""What agents do at their console: presence, what came of a call and taking it back, texts, and being stuck."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
import pytest_asyncio
from posting import new_database, value
from running import AGENTS_ANSWER, RunningService, configuration, running_service, until

from speedtolead.domain.disposition import UNDO
from speedtolead.simulator import Person
from speedtolead.simulator.people import Does
from speedtolead.web.console import routes

pytestmark = pytest.mark.asyncio(loop_scope="module")
CALL_ENDS = ["connected", "no_answer", "failed", "machine"]
BOSS = "+12125550129"
_phones = itertools.count(20)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    """Two agents with a phone and a console each; leads pick up, and stay on the line."""
    folder: Path = tmp_path_factory.mktemp("console")
    text = configuration(agents=2, dial=", wrap_up: 60s, attempts_per_24h: 10").replace(
        'numbers: [{phone: "+12125550100"}', 'numbers: [{phone: "+12125550100", sms: true}'
    )
    for n in (1, 2):
        login = f"presence: console, email: agent-{n}@test.example, password: change-me-now"
        text = text.replace(
            f'{{name: agent-{n}, phone: "+1212555011{n}",', f'{{name: agent-{n}, phone: "+1212555011{n}", {login},'
        )
    boss = f'{{email: boss@test.example, role: supervisor, password: change-me-now, phone: "{BOSS}"}}'
    text = text.replace("users: [", f"users: [{boss}, ")
    text = text.replace("    cadence:", "    qualification: [{name: vehicles, kind: number}]\n    cadence:")
    people = (AGENTS_ANSWER, Person(pattern="+1718555????", does=Does.ANSWER, ring=0.2))
    async with new_database(server_url) as url, running_service(url, folder, text, people) as running:
        yield running


@dataclass
class Agent:
    """Signed in at a console of their own."""

    service: RunningService
    name: str
    http: aiohttp.ClientSession
    csrf: str

    async def do(self, method: str, path: str, **body: Any) -> tuple[int, Any]:
        given: Any = {} if method == "GET" else {"json": body}
        headers = {"X-CSRF-Token": self.csrf}
        async with self.http.request(
            method, f"{self.service.url}/v1/agent/{path}", headers=headers, **given
        ) as answer:
            return answer.status, await answer.json(content_type=None)

    async def ready(self) -> None:
        assert (await self.do("PUT", "state", state="available"))[0] == 200

    async def state(self) -> str:
        return (await self.service.agents())[self.name]

    async def is_in(self, state: str) -> None:
        async def look() -> bool:
            return await self.state() == state

        await until(look, what=f"{self.name} is {state}")

    async def talk(self, **fields: Any) -> tuple[str, str]:
        """In a talk with a new lead; the lead and the attempt."""
        await self.ready()
        _, taken = await self.service.post(phone=f"+171855501{next(_phones):02d}", **fields)
        lead = await self.service.lead_when(taken["lead_id"], lambda lead: lead["attempts"][0]["bridged_at"])
        return taken["lead_id"], lead["attempts"][0]["attempt_id"]

    async def page(self) -> str:
        async with self.http.get(f"{self.service.url}/agent/fragment") as answer:
            assert answer.status == 200
            return await answer.text()


@asynccontextmanager
async def console(service: RunningService, name: str) -> AsyncIterator[Agent]:
    """An agent at the console; gone, off and off the phone afterwards."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        form = {"email": f"{name}@test.example", "password": "change-me-now"}
        async with http.post(f"{service.url}/login", data=form) as answer:
            csrf = (await answer.text()).split('name="csrf" value="')[1].split('"')[0]
        agent = Agent(service, name, http, csrf)
        yield agent
        await agent.do("POST", "stuck")
        await agent.do("PUT", "state", state="offline")


@pytest_asyncio.fixture(loop_scope="module")
async def agent(service: RunningService) -> AsyncIterator[Agent]:
    async with console(service, "agent-1") as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def other(service: RunningService) -> AsyncIterator[Agent]:
    async with console(service, "agent-2") as found:
        yield found


async def later(service: RunningService, seconds: float) -> None:
    """What was said of calls was said so much earlier."""
    async with service.database.connection() as tx:
        back = "UPDATE disposition SET made_at = made_at - $1::interval, settles_at = settles_at - $1::interval"
        await tx.execute(back, timedelta(seconds=seconds))


async def said(service: RunningService, attempt_id: str, state: str) -> Any:
    async def look() -> Any:
        found = "SELECT why FROM disposition WHERE attempt_id = CAST($1 AS uuid) AND state = $2"
        async with service.database.connection() as tx:
            return await tx.fetchrow(found, attempt_id, state)

    return (await until(look, what=f"the disposition is {state}"))["why"]


async def test_a_sale_is_reported_when_it_can_no_longer_be_taken_back(
    service: RunningService, agent: Agent
) -> None:
    lead_id, attempt_id = await agent.talk()
    of_call = f"calls/{attempt_id}/disposition"
    first = await agent.do("POST", of_call, kind="sale", value="1200.50", note="both cars")
    again = await agent.do("POST", of_call, kind="sale", value="1200.50", note="both cars")
    assert first == again, "the same key twice is one"
    assert (await agent.do("POST", of_call, kind="talked"))[0] == 409
    assert (await service.lead(lead_id))["outcomes"] == []
    await later(service, UNDO.total_seconds() + 2)
    await said(service, attempt_id, "done")
    (outcome,) = (await service.lead(lead_id))["outcomes"]
    assert (outcome["kind"], outcome["value"], outcome["note"]) == ("sale", "1200.5", "both cars")
    assert (await agent.do("DELETE", of_call))[0] == 409, "too late"
    await service.node.services.dispositions.look()
    assert len((await service.lead(lead_id))["outcomes"]) == 1


async def test_what_was_taken_back_has_no_effect_and_something_else_can_be_said(
    service: RunningService, agent: Agent
) -> None:
    lead_id, attempt_id = await agent.talk()
    of_call = f"calls/{attempt_id}/disposition"
    assert (await agent.do("POST", of_call, kind="bad_lead", reason="did_not_request"))[0] == 201
    assert (await agent.do("DELETE", of_call))[0] == 200
    at = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)
    status, answer = await agent.do("POST", of_call, kind="callback", at=at.isoformat(), mine=True)
    assert status == 201, answer
    await later(service, UNDO.total_seconds() + 2)
    await said(service, attempt_id, "done")
    lead = await service.lead(lead_id)
    assert (lead["owner"], lead["outcomes"]) == ("agent-1", [])
    assert datetime.fromisoformat(lead["next_attempt_at"]) == at


async def test_what_cannot_take_effect_says_why(service: RunningService, agent: Agent) -> None:
    lead_id, attempt_id = await agent.talk()
    at = datetime.now(UTC) + timedelta(days=2)
    assert (await agent.do("POST", f"calls/{attempt_id}/disposition", kind="callback", at=at.isoformat()))[0] == 201
    async with service.http.post(
        f"{service.url}/v1/leads/{lead_id}/stop", headers={"Authorization": f"Bearer {service.account_key}"}
    ) as answer:
        assert answer.status == 200
    await later(service, UNDO.total_seconds() + 2)
    assert "nobody calls it any more" in await said(service, attempt_id, "failed")


async def test_nobody_who_wants_no_calls_is_called_or_texted(service: RunningService, agent: Agent) -> None:
    lead_id, attempt_id = await agent.talk(consent={"channels": ["call", "sms"], "text": "Yes."})
    assert (await agent.do("POST", f"calls/{attempt_id}/disposition", kind="do_not_call"))[1]["state"] == "done"
    assert (await service.lead(lead_id))["status"] == "suppressed", "in the same answer"
    assert (await agent.do("DELETE", f"calls/{attempt_id}/disposition"))[0] == 409
    status, problem = await agent.do("POST", f"leads/{lead_id}/texts", text="Just one more thing")
    assert (status, problem["code"]) == (409, "not_now")
    assert "Nothing can be written to this person." in await agent.page()
    status, problem = await agent.do(
        "POST", f"calls/{attempt_id}/disposition", kind="callback", at=(datetime.now(UTC) + UNDO).isoformat()
    )
    assert status in {409, 422}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "sale"}, "value"),
        ({"kind": "talked", "value": "1"}, "value"),
        ({"kind": "callback"}, "at"),
        ({"kind": "callback", "at": "2020-01-01T00:00:00Z"}, "at"),
        ({"kind": "bad_lead"}, "reason"),
        ({"kind": "nonsense"}, "kind"),
        ({"kind": "talked", "mine": True}, "mine"),
    ],
)
async def test_what_does_not_fit_is_named(agent: Agent, body: dict[str, Any], field: str) -> None:
    status, problem = await agent.do("POST", f"calls/{uuid4()}/disposition", **body)
    assert (status, problem["errors"][0]["field"]) == (422, field)


HOSTILE: tuple[Any, ...] = (
    "a\x00b", "x" * 20_000, "\x1b[2J", "", -1, 10**30, 1e308, True, None, [], {}, {"a\x00": "\x00"},
    "9999-12-31T23:59:59Z", "2026-01-01", {"vehicles": "\ud800"},
)  # fmt: skip


async def test_no_field_of_a_body_breaks_the_console_and_a_refusal_names_it(agent: Agent) -> None:
    good = {"set_state": {"state": "paused"}, "choose_line": {"on": "phone"}, "dispose": {"kind": "talked"},
            "save_card": {}, "send_text": {"text": "Hello"}}  # fmt: skip
    wrong = []
    for endpoint in (one for one in routes.endpoints if one.body is not None):
        assert endpoint.body is not None
        path = endpoint.path.removeprefix("/v1/agent/").format(attempt_id=uuid4(), lead_id=uuid4())
        for name in endpoint.body.model_fields:
            for given in HOSTILE:
                status, problem = await agent.do(
                    endpoint.method, path, **good[endpoint.handler.__name__] | {name: given}
                )
                if status >= 500 or (status == 422 and not problem.get("errors")):
                    wrong.append((path, name, str(given)[:40], status))
    assert wrong == []


async def test_agents_see_and_touch_their_own_leads_only(
    service: RunningService, agent: Agent, other: Agent
) -> None:
    lead_id, attempt_id = await agent.talk(last_name="Lovelace")
    assert "Ada Lovelace" in await agent.page()
    assert (await agent.do("PUT", f"leads/{lead_id}/card", answers={"vehicles": "2"}, note="n"))[0] == 200
    assert (await agent.do("PUT", f"leads/{lead_id}/card", answers={"horses": "2"}))[0] == 409
    status, times = await agent.do("GET", f"leads/{lead_id}/callback-times")
    assert (status, times["zone"], len(times["at"]) > 100) == (200, "America/New_York", True)
    assert "Lovelace" not in await other.page()
    assert (await other.do("GET", f"leads/{lead_id}/callback-times"))[0] == 404
    assert (await other.do("PUT", f"leads/{lead_id}/card", note="x"))[0] == 404
    assert (await other.do("POST", f"leads/{lead_id}/texts", text="x"))[0] == 404
    assert (await other.do("POST", f"calls/{attempt_id}/disposition", kind="talked"))[0] == 404
    assert (await other.do("POST", f"calls/{attempt_id}/decline"))[0] == 409
    assert await value(service, "SELECT note FROM lead_card WHERE lead_id = CAST($1 AS uuid)", lead_id) == "n"


async def test_a_typed_text_goes_out_when_the_call_is_over(service: RunningService, agent: Agent) -> None:
    lead_id, attempt_id = await agent.talk(consent={"channels": ["call", "sms"], "text": "Yes."})
    assert (await agent.do("POST", f"leads/{lead_id}/texts", text="Here is {{ my }} address."))[0] == 202
    assert "goes out when the call is over" in await agent.page()
    async with agent.http.post(
        f"{service.url}/v1/calls/{attempt_id}/end", json={}, headers={"X-CSRF-Token": agent.csrf}
    ) as answer:
        assert answer.status == 202
    lead = await service.lead_when(lead_id, lambda lead: lead["messages"])
    assert lead["messages"][0]["body"] == "Here is {{ my }} address.", "as it was typed"
    permits = [a["decisions"] for a in lead["attempts"] if a["channel"] == "sms"]
    assert permits[0][-1]["verdict"] == "allowed"


async def test_a_page_that_is_gone_takes_its_agent_off_and_one_that_comes_back_is_in_the_call_again(
    service: RunningService, agent: Agent
) -> None:
    await agent.talk()
    seats = service.node.services.seats
    await agent.do("POST", "presence")
    await seats.look()
    assert await agent.state() == "talking", "within its grace"
    async with service.database.connection() as tx:
        await tx.execute("UPDATE console SET until = now() - interval '1 second'")
    await agent.is_in("offline")
    assert "you were taken off" in await agent.page()
    assert (await agent.do("POST", "presence"))[0] == 200
    assert await agent.state() == "talking"
    assert "you were taken off" not in await agent.page()
    async with service.database.connection() as tx:
        await tx.execute("UPDATE console SET until = now() - interval '1 second'")
        await tx.execute("UPDATE agent SET presence = 'always' WHERE name = 'agent-1'")
    await seats.look()
    assert await agent.state() == "talking", "who is rung without a login needs no page"
    async with service.database.connection() as tx:
        await tx.execute("UPDATE agent SET presence = 'console'")


async def test_who_signs_out_is_off_and_who_comes_back_late_is_told(service: RunningService, agent: Agent) -> None:
    await agent.ready()
    async with service.database.connection() as tx:
        await tx.execute("UPDATE console SET until = now() - interval '1 second'")
    await agent.is_in("offline")
    await agent.do("POST", "presence")
    assert "you were taken off" in await agent.page(), "until the agent says what they do"
    await agent.ready()
    assert "you were taken off" not in await agent.page()
    async with console(service, "agent-1") as again:
        form = {"csrf": again.csrf}
        async with again.http.post(f"{service.url}/logout", data=form) as answer:
            assert answer.status == 200
        await agent.is_in("offline")


async def test_whoever_is_stuck_is_free_and_a_report_tells_of_the_call(
    service: RunningService, agent: Agent
) -> None:
    lead_id, attempt_id = await agent.talk()
    assert (await agent.do("POST", "stuck"))[0] == 200
    assert await agent.state() == "paused"
    (report, *_) = await service.node.services.seats.reports(
        await service.account_id(), datetime.now(UTC) - timedelta(minutes=5)
    )
    assert (report.agent, report.state, str(report.attempt_id)) == ("agent-1", "talking", attempt_id)
    assert {"attempt.bridged", "lead leg placed, now live"} <= {line["what"] for line in report.timeline}
    await service.lead_when(lead_id, lambda lead: lead["attempts"][0]["ended_at"])
    await agent.ready()
    assert await agent.state() == "available"


async def test_an_agent_may_be_rung_in_the_browser_instead_and_an_apply_leaves_that(
    service: RunningService, agent: Agent
) -> None:
    async def addresses() -> dict[str, str]:
        return {one["name"]: one["address"] for one in (await service.get("/v1/agents"))["agents"]}

    phone = (await addresses())["agent-1"]
    assert (await agent.do("PUT", "line", on="browser"))[0] == 200
    assert (await addresses())["agent-1"].startswith("client:agent_")
    status, token = await agent.do("GET", "token")
    assert (status, token["kind"], token["identity"]) == (
        200, "simulated", (await addresses())["agent-1"].removeprefix("client:"),
    )  # fmt: skip
    applied = await service.node.services.sources.setup(await service.account_id())
    assert {one.name: one.address for one in applied.agents}["agent-1"] == phone, "as the file says"
    assert (await agent.do("PUT", "line", on="phone"))[0] == 200
    assert (await addresses())["agent-1"] == phone
    await agent.talk()
    assert (await agent.do("PUT", "line", on="browser"))[0] == 409, "not in a call"


async def test_a_phone_in_the_browser_is_for_agents_who_are_rung_there(agent: Agent) -> None:
    status, problem = await agent.do("GET", "token")
    assert (status, problem["code"]) == (409, "no_client")


async def test_a_supervisor_listens_hands_over_and_ends_from_the_board_and_each_act_is_written_down(
    service: RunningService, agent: Agent, other: Agent
) -> None:
    lead_id, attempt_id = await agent.talk()
    await other.ready()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        form = {"email": "boss@test.example", "password": "change-me-now"}
        async with http.post(f"{service.url}/login", data=form) as answer:
            page = await answer.text()
        assert "Barge in" in page
        csrf = page.split('name="csrf" value="')[1].split('"')[0]

        async def act(action: str, name: str = "agent-1", **more: str) -> int:
            given = {"csrf": csrf, "action": action, "attempt_id": attempt_id} | more
            async with http.post(f"{service.url}/agents/{name}", data=given, allow_redirects=False) as answer:
                return answer.status

        assert await act("listen") == 303
        boss = service.simulator.carrier
        await boss.wait_for(lambda: boss.calls_to(BOSS))
        assert await act("transfer", agent="agent-2") == 303
        await other.is_in("talking")
        assert await act("nonsense") == 400
        assert await act("transfer", name="agent-2") == 400, "to nobody"
        assert await act("end", name="agent-2") == 303
        await service.lead_when(lead_id, lambda lead: lead["attempts"][0]["ended_at"])
        assert await act("paused", name="agent-2", reason="talk to me") == 303
        assert await other.state() == "paused"
        assert await act("free", name="agent-2") == 303
        given = {"csrf": csrf, "agent": "agent-2"}
        async with http.post(f"{service.url}/leads/{lead_id}/owner", data=given) as answer:
            assert (answer.status, "agent-2</option>" in await answer.text()) == (200, True)
        assert (await service.lead(lead_id))["owner"] == "agent-2"
    acts = "SELECT count(*) FROM audit WHERE who = 'boss@test.example' AND route = 'POST /agents/{name}'"
    assert await value(service, acts) == 7
    assert await value(service, "SELECT count(*) FROM control WHERE asked_by = 'boss@test.example'") == 3
