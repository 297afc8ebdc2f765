"""A person who comes again: by which keys that is known, how far, for how long, and what becomes of it.

A repeat is refused, refreshes the running lead (touch), or begins anew in its place (restart). Whatever happens at
the same moment, on however many nodes: one lead runs, and nobody is called by two.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from posting import TOMORROW, at, finding, new_database, new_phone, on, value, with_sources
from running import (
    AGENTS_ANSWER,
    LEAD_ANSWERS,
    RunningService,
    person,
    running_node,
    running_service,
    settings_for,
    until,
)

from speedtolead.simulator.people import Does

pytestmark = pytest.mark.asyncio(loop_scope="module")

RING_ON = person("+1845555019?", Does.MANUAL)
"""Their phones ring until the test decides."""
IN_AN_HOUR = timedelta(hours=1)
TWINS = 20


def rule(on_repeat: str = "refuse", scope: str = "source", keys: tuple[str, ...] = ("phone",)) -> dict[str, Any]:
    return {"duplicates": {"window": "30d", "keys": list(keys), "scope": scope, "on_repeat": on_repeat}}


@dataclass(frozen=True)
class Pair:
    """Two posts. ``twins``: the second is a repeat of the first."""

    key: str
    first: dict[str, Any]
    second: dict[str, Any]
    twins: bool = True


PAIRS = {
    "the number, written otherwise": Pair(
        "phone", {"phone": "+12125550142"}, {"phone": "(212) 555-0142", "first_name": "Eve"}
    ),
    "another number": Pair("phone", {"phone": "+12125550143"}, {"phone": "+12125550144"}, twins=False),
    "the address in other letters": Pair("email", {"email": "Ada@Firm.org"}, {"email": " ada@firm.ORG "}),
    "another address": Pair("email", {"email": "eve@firm.org"}, {"email": "eva@firm.org"}, twins=False),
    "no address at all": Pair("email", {}, {}, twins=False),
    "the same name and postal code": Pair(
        "name_and_postal_code",
        {"first_name": "José-María", "last_name": "O'Neill", "postal_code": "10001"},
        {"first_name": "jose maria", "last_name": "ONEILL", "postal_code": "10001-1234"},
    ),
    "the same name elsewhere": Pair(
        "name_and_postal_code",
        {"first_name": "Ada", "last_name": "Lovelace", "postal_code": "10001"},
        {"first_name": "Ada", "last_name": "Lovelace", "postal_code": "10002"},
        twins=False,
    ),
    "half a name": Pair(
        "name_and_postal_code",
        {"last_name": None, "postal_code": "10003"},
        {"last_name": None, "postal_code": "10003"},
        twins=False,
    ),
    "either key": Pair("phone or email", {"email": "bea@firm.org"}, {"email": "bea@firm.org"}),
    "neither key": Pair("phone or email", {"email": "bob@firm.org"}, {"email": "bab@firm.org"}, twins=False),
}
KEYS = {
    "phone": ("phone",),
    "email": ("email",),
    "name_and_postal_code": ("name_and_postal_code",),
    "phone or email": ("phone", "email"),
}

SCOPES = {
    "source": ("here",),
    "campaign": ("here", "beside"),
    "account": ("here", "beside", "elsewhere"),
}
"""By scope, the sources in which one that was accepted at ``here`` is known."""


def sources() -> dict[str, dict[str, Any]]:
    found = {f"by {key}": rule(keys=names) for key, names in KEYS.items()}
    for scope in SCOPES:
        terms = rule(scope=scope, keys=("phone", "external_id"))
        found |= {
            f"{scope} here": terms,
            f"{scope} beside": terms,
            f"{scope} elsewhere": terms | {"campaign": "now"},
        }
    for on_repeat in ("refuse", "touch", "restart"):
        found[on_repeat] = rule(on_repeat)
        found[f"{on_repeat} capped"] = rule(on_repeat) | {"caps": {"daily": 1}}
        found[f"{on_repeat} by two"] = rule(on_repeat, keys=("phone", "email"))
        found[f"{on_repeat} now"] = rule(on_repeat) | {"campaign": "now"}
    return found | {"touch limited": rule("touch") | {"checks": {"velocity": {"phone": "2/1h"}}}}


NOW_CAMPAIGN = """
  - name: now
    seller: Test Insurance
    hours: {mon-sun: "00:00-24:00"}
    dial: {mode: agent_first, agents: sales, ring_timeout: 600s, minimum_talk: 0s}
    cadence: [{after: 0s, channel: call}, {after: 1d, channel: call}]
"""


@dataclass(frozen=True)
class Nodes:
    """Two nodes of one account."""

    service: RunningService
    other: RunningService


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def nodes(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Nodes]:
    text = with_sources(sources(), cadence=TOMORROW, agents=2).rstrip() + NOW_CAMPAIGN
    folder, people = tmp_path_factory.mktemp("duplicates"), (AGENTS_ANSWER, RING_ON, LEAD_ANSWERS)
    async with new_database(server_url) as url, running_service(url, folder, text, people) as running:
        other = settings_for(url, folder, running.simulator.port)
        async with running_node(other):
            yield Nodes(running, on(running, other.own_url))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(nodes: Nodes) -> RunningService:
    return nodes.service


async def accepted(service: RunningService, source: str, **fields: Any) -> str:
    """The id of a new lead."""
    status, answer = await at(service, source).post(**fields)
    assert (status, answer.get("status")) == (202, "accepted"), answer
    return str(answer["lead_id"])


async def older(service: RunningService, lead_id: str, by: timedelta = timedelta(minutes=2)) -> None:
    """As if a lead had been accepted so much earlier."""
    sql = (
        "WITH k AS (UPDATE recent_key SET accepted_at = accepted_at - $2::interval WHERE lead_id = $1 RETURNING 1)"
    )
    assert await value(service, f"{sql} SELECT count(*) FROM k", lead_id, by) > 0


async def stopped(service: RunningService, lead_id: str) -> None:
    headers = {"Authorization": f"Bearer {service.account_key}"}
    async with service.http.post(f"{service.url}/v1/leads/{lead_id}/stop", headers=headers) as response:
        assert (await response.json())["status"] == "closed"


async def running_leads(service: RunningService, phone: str) -> list[str]:
    """The leads of a number that would be called, or are."""
    async with service.database.connection() as tx:
        found = await tx.fetch("SELECT id FROM lead WHERE phone = $1 AND state IN ('new', 'working')", phone)
        return [str(row["id"]) for row in found]


async def plan(service: RunningService, lead_id: str) -> list[tuple[str, str | None]]:
    return [(one["state"], one["note"]) for one in (await service.lead(lead_id))["attempts"]]


# ---- by which keys, and how far -------------------------------------------------------------------------------


@pytest.mark.parametrize("case", PAIRS)
async def test_a_repeat_is_known_by_the_keys_of_the_rule(service: RunningService, case: str) -> None:
    pair = PAIRS[case]
    source = f"by {pair.key}"
    first = await accepted(service, source, **{"phone": new_phone()} | pair.first)
    status, answer = await at(service, source).post(**{"phone": new_phone()} | pair.second)
    assert (status, answer.get("code")) == ((422, "duplicate") if pair.twins else (202, None))
    if pair.twins:
        found = finding(await service.lead(answer["lead_id"]), "duplicate")
        assert found["inputs"]["duplicate_of"] == first
        assert datetime.fromisoformat(found["inputs"]["accepted_at"]) <= datetime.now(UTC)


@pytest.mark.parametrize("place", ["here", "beside", "elsewhere"])
@pytest.mark.parametrize("scope", SCOPES)
async def test_a_repeat_is_known_as_far_as_the_rule_reaches(
    service: RunningService, scope: str, place: str
) -> None:
    phone = new_phone()
    await accepted(service, f"{scope} here", phone=phone)
    status, answer = await at(service, f"{scope} {place}").post(phone=phone, schedule_at=hence(IN_AN_HOUR))
    assert (status, answer.get("code")) == ((422, "duplicate") if place in SCOPES[scope] else (202, None))


async def test_an_external_id_is_known_at_another_source(service: RunningService) -> None:
    """At the same source it is the same request, which is answered as before."""
    first = await at(service, "campaign here").post(phone=new_phone(), external_id="crm-1")
    assert await at(service, "campaign here").post(phone=new_phone(), external_id="crm-1") == first
    status, answer = await at(service, "campaign beside").post(phone=new_phone(), external_id="crm-1")
    assert (status, answer["code"]) == (422, "duplicate")


async def test_after_the_window_it_is_a_new_lead(service: RunningService) -> None:
    phone = new_phone()
    first = await accepted(service, "refuse", phone=phone)
    await older(service, first, timedelta(days=30, minutes=-1))
    assert (await at(service, "refuse").post(phone=phone))[0] == 422
    await older(service, first, timedelta(minutes=2))
    assert await accepted(service, "refuse", phone=phone) != first


async def test_a_refused_lead_makes_nobody_a_duplicate(service: RunningService) -> None:
    phone = new_phone()
    status, _ = await at(service, "refuse").post(phone=phone, consent=None)
    assert status == 422
    await accepted(service, "refuse", phone=phone)


# ---- refuse ---------------------------------------------------------------------------------------------------


async def test_refuse_refuses_also_once_the_first_lead_has_ended(service: RunningService) -> None:
    phone = new_phone()
    await stopped(service, await accepted(service, "refuse", phone=phone))
    assert (await at(service, "refuse").post(phone=phone))[1]["code"] == "duplicate"


# ---- touch ----------------------------------------------------------------------------------------------------


def hence(after: timedelta) -> str:
    return (datetime.now(UTC) + after).isoformat()


async def test_touch_refreshes_the_running_lead(service: RunningService) -> None:
    phone = new_phone()
    first = await accepted(service, "touch", phone=phone, attributes={"car": "old", "age": 36}, city=None)
    status, answer = await at(service, "touch").post(
        phone=phone,
        first_name="Augusta",
        last_name="King",
        email="ada@king.org",
        city="Albany",
        attributes={"car": "new", "roof": "flat"},
        consent={"channels": ["call"], "text": "Call me again."},
    )
    assert (status, answer["lead_id"], answer["status"]) == (202, first, "touched")
    assert answer["links"] == {"self": f"/v1/leads/{first}"}
    lead = await service.lead(first)
    assert lead["touches"] == 1
    assert lead["attributes"] == {"car": "new", "age": 36, "roof": "flat"}
    assert (lead["first_name"], lead["last_name"]) == ("Ada", "King")  # what was known stays
    assert (lead["email"], lead["city"]) == ("ada@king.org", "Albany")
    assert lead["consent"]["text"] == "Call me."
    kept = "SELECT consent ->> 'text' FROM lead_touch WHERE lead_id = $1"
    assert await value(service, kept, first) == "Call me again."
    assert (
        await value(service, "SELECT count(*) FROM event WHERE lead_id = $1 AND kind = 'lead.touched'", first) == 1
    )
    assert await value(service, "SELECT count(*) FROM lead WHERE phone = $1", phone) == 1


async def test_touch_brings_the_next_call_forward(service: RunningService) -> None:
    phone = new_phone()
    first = await accepted(service, "touch now", phone=phone, schedule_at=hence(IN_AN_HOUR))
    assert service.rung(phone) == 0
    _, answer = await at(service, "touch now").post(phone=phone)
    assert datetime.fromisoformat(answer["next_attempt_at"]) <= datetime.now(UTC)
    await service.lead_when(first, lambda lead: lead["attempts"][0]["ended_at"])
    assert service.rung(phone) == 1


async def test_touch_never_puts_the_next_call_off(service: RunningService) -> None:
    phone = new_phone()
    first = await accepted(service, "touch now", phone=phone, schedule_at=hence(IN_AN_HOUR))
    await at(service, "touch now").post(phone=phone, schedule_at=hence(2 * IN_AN_HOUR))
    due = datetime.fromisoformat((await service.lead(first))["next_attempt_at"])
    assert due < datetime.now(UTC) + IN_AN_HOUR


async def test_touch_wakes_the_dialers(nodes: Nodes) -> None:
    """Its call is due now: nobody shall wait until somebody looks at the plan by himself."""
    phone = new_phone()
    await accepted(nodes.service, "touch now", phone=phone, schedule_at=hence(IN_AN_HOUR))
    heard = asyncio.Event()
    listener = await asyncpg.connect(nodes.service.database_url)
    async with paused_agents(nodes.service):
        try:
            await listener.add_listener("speedtolead", lambda *_: heard.set())
            await at(nodes.service, "touch now").post(phone=phone)
            await asyncio.wait_for(heard.wait(), 5)
        finally:
            await listener.close()


@asynccontextmanager
async def paused_agents(service: RunningService) -> AsyncIterator[None]:
    """So that nothing happens but what is posted."""
    await service.agents_free()
    names = [agent["name"] for agent in (await service.get("/v1/agents"))["agents"]]
    headers = {"Authorization": f"Bearer {service.account_key}"}

    async def make(state: str) -> None:
        for name in names:
            url = f"{service.url}/v1/agents/{name}/state"
            async with service.http.put(url, json={"state": state}, headers=headers) as response:
                assert response.status == 200

    await make("paused")
    try:
        yield
    finally:
        await make("available")


async def test_touch_again_is_another_touch_and_the_same_request_is_not(service: RunningService) -> None:
    phone = new_phone()
    first = await accepted(service, "touch", phone=phone)
    answers = [await at(service, "touch").post(phone=phone, external_id=name) for name in ("t-1", "t-1", "t-2")]
    assert answers[0] == answers[1]
    assert (await service.lead(first))["touches"] == 2


@pytest.mark.parametrize("by", ["external_id", "Idempotency-Key"])
async def test_touch_is_answered_alike_when_it_comes_again_although_it_would_be_refused_by_now(
    service: RunningService, by: str
) -> None:
    """The sender missed our answer. Meanwhile the number has come as often as it may."""
    phone, source = new_phone(), at(service, "touch limited")
    again: dict[str, Any] = {"external_id": "t-3"} if by == "external_id" else {"headers": {by: "t-3"}}
    first = await accepted(service, "touch limited", phone=phone)
    touched = await source.post(phone=phone, **again)
    assert (touched[0], touched[1]["lead_id"]) == (202, first)
    assert await source.post(phone=phone, **again) == touched
    assert (await source.post(phone=phone))[1]["code"] == "velocity"


async def test_touch_takes_an_ended_lead_anew(service: RunningService) -> None:
    phone = new_phone()
    first = await accepted(service, "touch", phone=phone)
    await stopped(service, first)
    second = await accepted(service, "touch", phone=phone)
    assert second != first
    assert await running_leads(service, phone) == [second]
    assert (await service.lead(first))["touches"] == 0


async def test_touch_goes_to_the_lead_that_runs_where_another_key_names_an_ended_one(
    service: RunningService,
) -> None:
    phone, source = new_phone(), "touch by two"
    await stopped(service, await accepted(service, source, phone=phone, email="one@two.org"))
    runs = await accepted(service, source, phone=new_phone(), email="two@two.org")
    status, answer = await at(service, source).post(phone=phone, email="two@two.org")
    assert (status, answer.get("lead_id"), answer.get("status")) == (202, runs, "touched")


async def test_touch_is_answered_although_the_cap_is_reached(service: RunningService) -> None:
    phone = new_phone()
    first = await accepted(service, "touch capped", phone=phone)
    assert (await at(service, "touch capped").post(phone=new_phone()))[1]["code"] == "over_cap"
    status, answer = await at(service, "touch capped").post(phone=phone)
    assert (status, answer["lead_id"]) == (202, first)


async def test_touch_does_not_reach_a_suppressed_person(service: RunningService) -> None:
    phone = new_phone()
    await accepted(service, "touch", phone=phone)
    headers = {"Authorization": f"Bearer {service.account_key}"}
    async with service.http.post(
        f"{service.url}/v1/suppressions", json={"phone": phone}, headers=headers
    ) as response:
        assert response.status == 201
    assert (await at(service, "touch").post(phone=phone))[1]["code"] == "suppressed"


async def test_touch_and_a_stop_at_the_same_moment_never_wait_in_a_circle(service: RunningService) -> None:
    """Attempts are locked before leads, by everybody: here by a stop that has got half of the way."""
    phone = new_phone()
    first = await accepted(service, "touch now", phone=phone, schedule_at=hence(IN_AN_HOUR))
    async with service.database.transaction() as tx:
        await tx.execute("UPDATE attempt SET note = 'held' WHERE lead_id = $1", first)
        touching = asyncio.create_task(at(service, "touch now").post(phone=phone))
        await waits(service)
        await tx.fetchval("SELECT state FROM lead WHERE id = $1 FOR NO KEY UPDATE", first)
    status, answer = await touching
    assert (status, answer.get("status")) == (202, "touched")


async def waits(service: RunningService) -> None:
    """Some statement waits for a lock that another holds."""

    async def look() -> Any:
        return await value(service, "SELECT count(*) FROM pg_locks WHERE NOT granted")

    await until(look, what="somebody to wait for a lock")


# ---- restart --------------------------------------------------------------------------------------------------


async def test_restart_begins_anew_in_place_of_the_first(service: RunningService) -> None:
    phone = new_phone()
    first = await accepted(service, "restart", phone=phone)
    await older(service, first)
    second = await accepted(service, "restart", phone=phone)
    assert (await service.lead(first))["status"] == "closed"
    assert await plan(service, first) == [("cancelled", "the person came again")]
    assert await plan(service, second) == [("scheduled", None)]
    assert await running_leads(service, phone) == [second]
    assert (
        await value(service, "SELECT count(*) FROM event WHERE lead_id = $1 AND kind = 'lead.closed'", first) == 1
    )


async def test_restart_within_a_minute_is_a_touch(service: RunningService) -> None:
    phone = new_phone()
    first = await accepted(service, "restart", phone=phone)
    status, answer = await at(service, "restart").post(phone=phone)
    assert (status, answer["lead_id"], answer["status"]) == (202, first, "touched")
    assert await running_leads(service, phone) == [first]


async def test_restart_takes_an_ended_lead_anew_and_leaves_it_as_it_ended(service: RunningService) -> None:
    phone = new_phone()
    first = await accepted(service, "restart", phone=phone)
    await stopped(service, first)
    await older(service, first)
    before = await service.lead_when(first, lambda lead: lead["hops"]["committed"] is not None)
    assert await accepted(service, "restart", phone=phone) != first
    assert await service.lead(first) == before


async def test_restart_over_a_cap_is_refused_by_the_cap_and_closes_nothing(service: RunningService) -> None:
    phone = new_phone()
    first = await accepted(service, "restart capped", phone=phone)
    await older(service, first)
    status, answer = await at(service, "restart capped").post(phone=phone)
    assert (status, answer["code"]) == (422, "over_cap")
    assert await running_leads(service, phone) == [first]
    assert await plan(service, first) == [("scheduled", None)]


async def test_restart_closes_all_whom_the_person_was_before(service: RunningService) -> None:
    """One lead by the number, another by the address: it turns out now that they are the same person's."""
    source, phone = "restart by two", new_phone()
    one = await accepted(service, source, phone=phone, email="uno@dos.org")
    two = await accepted(service, source, phone=new_phone(), email="dos@dos.org")
    for lead_id in (one, two):
        await older(service, lead_id)
    await accepted(service, source, phone=phone, email="dos@dos.org")
    assert [(await service.lead(lead_id))["status"] for lead_id in (one, two)] == ["closed", "closed"]


PHONES_THAT_RING_ON = {"refuse": "+18455550197", "touch": "+18455550198", "restart": "+18455550199"}


@pytest.mark.parametrize("on_repeat", ["refuse", "touch", "restart"])
async def test_a_person_who_is_being_called_is_not_called_by_a_second_lead(
    service: RunningService, on_repeat: str
) -> None:
    phone, source = PHONES_THAT_RING_ON[on_repeat], f"{on_repeat} now"
    first = await accepted(service, source, phone=phone)
    await service.lead_when(first, lambda lead: lead["attempts"][0]["ringing_at"])
    await older(service, first)
    told = [await at(service, source).post(phone=phone)]
    await let_go(service, phone, "answer")
    await service.lead_when(first, lambda lead: lead["attempts"][0]["bridged_at"])
    told.append(await at(service, source).post(phone=phone))
    assert await running_leads(service, phone) == [first]
    await let_go(service, phone, "hangup")
    await service.lead_when(first, lambda lead: lead["attempts"][0]["ended_at"])
    again = (422, 422) if on_repeat == "refuse" else (202, "touched")
    assert [(status, answer["status"]) for status, answer in told] == [again, again]
    assert service.rung(phone) == 1
    await service.agents_free()


async def let_go(service: RunningService, phone: str, does: str) -> None:
    call = service.simulator.carrier.calls_to(phone)[-1]
    async with service.http.post(f"{service.simulator.url}/simulator/calls/{call.sid}/{does}") as response:
        assert response.status == 200, await response.text()


async def test_restart_waits_for_a_dialer_that_is_just_taking_the_first_lead(service: RunningService) -> None:
    phone = new_phone()
    first = await accepted(service, "restart", phone=phone)
    await older(service, first)
    async with service.database.transaction() as tx:
        dial = "UPDATE attempt SET state = 'dialing', lease_until = now() + interval '1 hour' WHERE lead_id = $1"
        await tx.execute(dial, first)
        posting = asyncio.create_task(at(service, "restart").post(phone=phone))
        await waits(service)
    status, answer = await posting
    assert (status, answer.get("lead_id"), answer.get("status")) == (202, first, "touched")
    assert await running_leads(service, phone) == [first]


# ---- at the same moment ---------------------------------------------------------------------------------------


async def together(nodes: Nodes, source: str, **fields: Any) -> list[tuple[int, dict[str, Any]]]:
    """Twins at once, half of them at either node."""
    both = (nodes.service, nodes.other) * (TWINS // 2)
    return await asyncio.gather(*(at(node, source).post(**fields) for node in both))


@pytest.mark.parametrize("on_repeat", ["refuse", "touch", "restart"])
async def test_of_twins_in_the_same_moment_on_two_nodes_one_lead_runs(nodes: Nodes, on_repeat: str) -> None:
    phone = new_phone()
    answers = await together(nodes, on_repeat, phone=phone)
    (runs,) = await running_leads(nodes.service, phone)
    told = sorted((status, answer.get("status"), answer.get("code")) for status, answer in answers)
    again = (422, 422, "duplicate") if on_repeat == "refuse" else (202, "touched", None)
    assert told == sorted([(202, "accepted", None), *[again] * (TWINS - 1)])
    assert {answer["lead_id"] for status, answer in answers if status == 202} == {runs}
    assert (await nodes.service.lead(runs))["touches"] == (0 if on_repeat == "refuse" else TWINS - 1)
    assert await plan(nodes.service, runs) == [("scheduled", None)]


async def test_of_twins_that_restart_in_the_same_moment_one_does(nodes: Nodes) -> None:
    phone = new_phone()
    first = await accepted(nodes.service, "restart", phone=phone)
    await older(nodes.service, first)
    answers = await together(nodes, "restart", phone=phone)
    (runs,) = await running_leads(nodes.service, phone)
    told = sorted((status, answer["status"], answer["lead_id"]) for status, answer in answers)
    assert told == sorted([(202, "accepted", runs), *[(202, "touched", runs)] * (TWINS - 1)])
    assert (await nodes.service.lead(first))["status"] == "closed"
    assert (await nodes.service.lead(runs))["touches"] == TWINS - 1


async def test_of_twins_by_different_keys_in_the_same_moment_one_lead_runs(nodes: Nodes) -> None:
    """Each shares one key with the next: they would wait for each other's keys in a circle, were there no order."""
    phones, emails = [new_phone() for _ in range(4)], [f"ring-{n}@ring.org" for n in range(4)]
    ring = [(phones[n % 4], emails[(n + n // 4) % 4]) for n in range(TWINS)]
    posts = [
        at((nodes.service, nodes.other)[n % 2], "refuse by two").post(phone=phone, email=email)
        for n, (phone, email) in enumerate(ring)
    ]
    answers = await asyncio.gather(*posts)
    assert {(status, answer.get("code")) for status, answer in answers} <= {(202, None), (422, "duplicate")}
    taken = [pair for pair, (status, _) in zip(ring, answers, strict=True) if status == 202]
    assert 1 <= len(taken) <= 4
    for n in (0, 1):
        assert len({pair[n] for pair in taken}) == len(taken)
