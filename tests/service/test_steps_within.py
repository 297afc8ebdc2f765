"""Steps of a cadence that reach nobody: a webhook is told once, a to-do is made for an agent, and both go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
import pytest_asyncio
from posting import new_database, new_phone, value
from running import ACCOUNT_KEY, SOURCE_KEY, RunningService, configuration, running_service, until
from telling import SECRET, Receiver, receiving

from speedtolead.service.calling.catching_up import CatchingUp

pytestmark = pytest.mark.asyncio(loop_scope="module")

CADENCE = """[
    {after: 0s, channel: webhook, webhook: crm, name: told, unless: "state = CA"},
    {after: 0s, channel: task, title: "Write to {{ lead.first_name }} by hand", anyone: false, within: 8h},
    {after: 0s, channel: task, title: "{{ lead.attributes.nothing }}", next: {failed: last}},
    {after: 30d, channel: sms, text: "never"},
    {after: 30d, channel: call, name: last}]"""


@dataclass
class Office:
    service: RunningService
    receiver: Receiver


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    async with receiving() as receiver, new_database(server_url) as url:
        text = configuration(cadence=CADENCE).replace('"+12125550100"}', '"+12125550100", sms: true}')
        text += f"webhooks:\n  - {{name: crm, url: '{receiver.url}', secret: {SECRET}, events: [lead.refused]}}\n"
        text += f"  - {{name: other, url: '{receiver.url}/other', secret: {SECRET}, events: [lead.refused]}}\n"
        async with running_service(url, tmp_path_factory.mktemp("within"), text) as service:
            yield Office(service, receiver)


async def posted(service: RunningService, **fields: Any) -> str:
    status, answer = await service.post(**{"phone": new_phone()} | fields)
    assert status == 202, answer
    return str(answer["lead_id"])


async def made(service: RunningService, lead_id: str) -> list[tuple[str, str]]:
    lead = await service.lead_when(lead_id, lambda lead: lead["attempts"][-1]["channel"] == "call")
    return [(attempt["channel"], attempt["state"]) for attempt in lead["attempts"]]


async def tasks(service: RunningService, **query: str) -> list[dict[str, Any]]:
    return list((await service.get("/v1/tasks", **query))["tasks"])


async def act(service: RunningService, path: str, key: str = ACCOUNT_KEY) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    async with service.http.post(f"{service.url}{path}", headers=headers) as response:
        return response.status


async def test_each_step_is_made_at_its_time_and_the_cadence_goes_on(office: Office) -> None:
    lead_id = await posted(office.service)
    assert await made(office.service, lead_id) == [
        ("webhook", "done"),
        ("task", "done"),
        ("task", "failed"),
        ("call", "scheduled"),
    ]


async def test_the_named_webhook_alone_is_told_whatever_else_it_asks_for(office: Office) -> None:
    lead_id = await posted(office.service, external_id="crm-7")

    def told() -> list[Any]:
        return [body for body in office.receiver.bodies if body["data"]["lead_id"] == lead_id]

    async def look() -> list[Any]:
        return told()

    (body,) = await until(look, what="the webhook to be told")
    assert body["type"] == "cadence.webhook"
    assert {name: body["data"][name] for name in ("webhook", "step", "name", "external_id", "status")} == {
        "webhook": "crm",
        "step": 0,
        "name": "told",
        "external_id": "crm-7",
        "status": "new",
    }
    office.receiver.check_signatures()
    deliveries = "SELECT count(*) FROM webhook_delivery WHERE data ->> 'lead_id' = $1"
    assert await value(office.service, deliveries, lead_id) == 1


async def test_a_to_do_is_the_owners_or_anyones_and_is_done_once(office: Office) -> None:
    service = office.service
    lead_id = await posted(service, owner="agent-1", state="CA")
    await made(service, lead_id)
    (task,) = await tasks(service, lead_id=lead_id)
    assert (task["title"], task["agent"], task["agents"]) == ("Write to Ada by hand", "agent-1", "sales")
    assert task["task_id"] in [one["task_id"] for one in await tasks(service, agent="agent-1", limit="1000")]
    path = f"/v1/tasks/{task['task_id']}"
    assert [await act(service, f"{path}/done"), await act(service, f"{path}/done")] == [200, 200]
    assert await tasks(service, lead_id=lead_id) == []
    (done,) = await tasks(service, lead_id=lead_id, state="done")
    assert done["done_by"] == "api"
    assert await act(service, f"{path}/reopen") == 200
    (again,) = await tasks(service, lead_id=lead_id)
    assert (again["done_at"], again["reopened_by"]) == (None, "api")
    kinds = "SELECT array_agg(kind ORDER BY id) FROM event WHERE lead_id = $1 AND kind LIKE 'task.%'"
    assert await value(service, kinds, lead_id) == ["task.made", "task.done", "task.reopened"]


async def test_without_an_owner_it_is_for_anyone_of_the_group(office: Office) -> None:
    lead_id = await posted(office.service, state="CA")
    await made(office.service, lead_id)
    (task,) = await tasks(office.service, lead_id=lead_id)
    assert task["agent"] is None
    assert task["task_id"] in [one["task_id"] for one in await tasks(office.service, agent="agent-1", limit="1000")]


async def test_a_to_do_of_nobody_is_not_found_and_a_sources_key_sees_none(office: Office) -> None:
    assert await act(office.service, f"/v1/tasks/{uuid4()}/done") == 404
    assert await act(office.service, f"/v1/tasks/{uuid4()}/done", SOURCE_KEY) == 403


async def test_pages_follow_one_another(office: Office) -> None:
    for _ in range(3):
        await made(office.service, await posted(office.service, state="CA"))
    first = await office.service.get("/v1/tasks", limit="2")
    second = await office.service.get("/v1/tasks", limit="2", after=first["next"])
    ids = [task["task_id"] for page in (first, second) for task in page["tasks"]]
    assert len(set(ids)) == 4
    dues = [task["due_at"] for page in (first, second) for task in page["tasks"]]
    assert dues == sorted(dues)


async def test_a_step_that_two_nodes_take_at_once_is_made_once(office: Office) -> None:
    lead_ids = await asyncio.gather(*(posted(office.service, state="CA") for _ in range(4)))
    steps = office.service.node.services.steps_within
    await asyncio.gather(*(steps.look() for _ in range(4)))
    for lead_id in lead_ids:
        await made(office.service, lead_id)
        assert len(await tasks(office.service, lead_id=lead_id)) == 1


async def test_a_manager_does_a_to_do_on_its_page_and_sees_it_with_the_lead(office: Office) -> None:
    service = office.service
    lead_id = await posted(service, state="CA")
    await made(service, lead_id)
    (task,) = await tasks(service, lead_id=lead_id)
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(headers={"Accept": "text/html"}, cookie_jar=jar) as browser:
        signed = {"email": "manager@test.example", "password": "change-me-now"}
        async with browser.post(f"{service.url}/login", data=signed, allow_redirects=False) as answer:
            assert answer.status == 303
        async with browser.get(f"{service.url}/leads/{lead_id}") as answer:
            assert "Write to Ada by hand" in await answer.text()
        async with browser.get(f"{service.url}/tasks", params={"limit": "1000"}) as answer:
            page = await answer.text()
        assert f'data-task="{task["task_id"]}"' in page
        csrf = page.split('name="csrf" value="')[1].split('"')[0]
        form = {"csrf": csrf, "action": "done", "back": "/tasks"}
        address = f"{service.url}/tasks/{task['task_id']}"
        async with browser.post(address, data=form, allow_redirects=False) as answer:
            assert answer.status == 303
    (done,) = await tasks(service, lead_id=lead_id, state="done")
    assert done["done_by"] == "manager@test.example"


@dataclass
class At:
    """A clock that stands still."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment


async def test_after_an_absence_calls_are_spread_in_order_of_worth_and_by_one_node(office: Office) -> None:
    service = office.service
    lead_ids = [await posted(service, state="CA") for _ in range(4)]
    for lead_id in lead_ids:
        await made(service, lead_id)
    promised = await posted(service, state="CA")
    await made(service, promised)
    of = "WHERE lead_id = ANY ($1) AND state = 'scheduled' AND channel = 'call'"
    async with service.database.connection() as tx:
        rank = "SELECT array_agg(rank_at - due_at) FROM attempt " + of
        assert await tx.fetchval(rank, lead_ids)
        for n, lead_id in enumerate(lead_ids):  # the last came first, and is worth the least
            await tx.execute(f"UPDATE attempt SET rank_at = rank_at - make_interval(hours => {n}) " + of, [lead_id])
        await tx.execute("UPDATE attempt SET origin = 'callback' " + of, [promised])
        due_at = await tx.fetchval("SELECT min(due_at) FROM attempt " + of, [promised])
    back = datetime.now(UTC) + timedelta(days=30, hours=6)
    nodes = [CatchingUp(service.node.database, At(back)) for _ in range(2)]
    counts = await asyncio.gather(*(node.begin() for node in nodes))
    assert min(counts) == 0, "one node does it"
    assert max(counts) >= len(lead_ids)
    async with service.database.connection() as tx:
        rows = await tx.fetch("SELECT lead_id, due_at, ready, note FROM attempt " + of, lead_ids)
        assert await tx.fetchval("SELECT due_at FROM attempt " + of, [promised]) == due_at
    new = {str(row["lead_id"]): row["due_at"] for row in rows}
    assert sorted(lead_ids, key=lambda lead_id: new[lead_id]) == lead_ids
    assert all(back <= at < back + timedelta(minutes=20) for at in new.values())
    assert len(set(new.values())) == len(lead_ids)
    assert {row["note"] for row in rows} == {"the service was away at its time"}
    assert await CatchingUp(service.node.database, At(back + timedelta(minutes=5))).begin() == 0


async def test_an_erasure_takes_the_words_of_to_dos_and_messages(office: Office) -> None:
    service = office.service
    lead_id = await posted(service, state="CA")
    await made(service, lead_id)
    attempt = "SELECT id FROM attempt WHERE lead_id = $1 ORDER BY number LIMIT 1"
    async with service.database.connection() as tx:
        await tx.execute(
            "INSERT INTO message"
            " (id, account_id, lead_id, attempt_id, channel, sender, receiver, body, state, made_at)"
            f" SELECT $2, account_id, id, ({attempt}), 'sms', 'us', phone, 'Hi Ada', 'sent', now()"
            " FROM lead WHERE id = $1",
            lead_id,
            uuid4(),
        )
    headers = {"Authorization": f"Bearer {ACCOUNT_KEY}"}
    path = f"{service.url}/v1/leads/{lead_id}/erase"
    async with service.http.post(path, json={"reason": "asked for it"}, headers=headers) as answer:
        assert answer.status == 200
    assert await value(service, "SELECT title FROM task WHERE lead_id = $1", lead_id) == "erased"
    left = "SELECT array_agg(receiver || ':' || body) FROM message WHERE lead_id = $1"
    assert await value(service, left, lead_id) == ["erased:"]
