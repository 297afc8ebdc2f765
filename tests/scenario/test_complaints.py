"""What people say of other diallers, one test each: every one of these would have been caught here.

One service for all, with a campaign and agents of its own for each test. Its dialer never polls while these run
(``NEVER``): whatever is dialled here was dialled because somebody told the dialer.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from posting import at, key_of, new_database, new_phone
from running import RunningService, configuration, person, running_service, until

from speedtolead.runtime import dialer
from speedtolead.simulator import Fault, Person
from speedtolead.simulator.call import Call
from speedtolead.simulator.people import Does
from speedtolead.store import dial

pytestmark = pytest.mark.asyncio(loop_scope="module")

NEVER = 3600.0
AGENTS = {
    "snapshot": ("ann", "bob"), "decline": ("cat",), "ringing": ("dan",), "early": ("eve",),
    "media": ("fay", "gus"), "silent": ("hal",), "break": ("ida",), "mailbox": ("jim", "kay"),
    "at_once": ("lea",), "asleep": ("max",), "numbers": ("nan",), "clicks": ("oli",),
}  # fmt: skip
"""The agents of each test's campaign."""
PHONES = {name: f"+1212555{112 + n:04}" for n, name in enumerate(n for names in AGENTS.values() for n in names)}
MODES = {"ringing": "hot", "at_once": "both", "silent": "lead_first"}
PRESENCE = {"asleep": "console"}
SAYS: dict[str, dict[str, Any]] = {"clicks": {"minimum_talk": "30s"}, "media": {"routing": {"strategy": "shotgun"}}}
CADENCES: dict[str, Any] = {
    "decline": [{"after": "0s", "channel": "call"}, {"after": "1h", "channel": "call"}],
    "snapshot": [{"after": "0s", "channel": "call"}, {"after": "1d", "channel": "call"}],
}


def text() -> str:
    base = configuration()
    agents = [
        {"name": name, "phone": PHONES[name], "groups": [group], "presence": PRESENCE.get(group, "always")}
        for group, names in AGENTS.items()
        for name in names
    ]
    sources = [{"name": group, "api_key": key_of(group), "campaign": group} for group in AGENTS]
    parts = {"agents": agents, "sources": sources, "campaigns": [campaign(group) for group in AGENTS]}
    return base[: base.index("agents:")] + "".join(f"{key}: {json.dumps(part)}\n" for key, part in parts.items())


def campaign(group: str) -> dict[str, Any]:
    mode, cadence = MODES.get(group, "agent_first"), CADENCES.get(group, [{"after": "0s", "channel": "call"}])
    dials = {"mode": mode, "agents": group, "ring_timeout": "20s", "minimum_talk": "0s"} | SAYS.get(group, {})
    return {"name": group, "seller": "Test Insurance", "dial": dials, "cadence": cadence}


TALKS = Person(pattern="*", ring=1.0, talk=20.0, presses="1")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    folder: Path = tmp_path_factory.mktemp("complaints")
    agents = tuple(person(phone, Does.ANSWER, ring=1.0, presses="1") for phone in PHONES.values())
    settings: dict[str, Any] = {"call_lease": 3.0, "missed_offer_rest": 0.2}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(dialer, "POLL_SECONDS", NEVER)
        async with (
            new_database(server_url) as url,
            running_service(url, folder, text(), (*agents, TALKS), **settings) as running,
        ):
            yield running


def behaves(service: RunningService, phone: str, does: Does, **more: Any) -> None:
    service.simulator.carrier.people.put_first([person(phone, does, **more)])


async def posted(service: RunningService, group: str, phone: str | None = None, **fields: Any) -> tuple[str, str]:
    phone = phone or new_phone()
    status, answer = await at(service, group).post(phone=phone, **fields)
    assert status == 202, answer
    return answer["lead_id"], phone


async def agent(service: RunningService, name: str) -> Any:
    found = (await service.get("/v1/agents"))["agents"]
    return next(one for one in found if one["name"] == name)


async def free(service: RunningService, *names: str) -> None:
    for name in names:

        async def look(name: str = name) -> bool:
            return bool((await agent(service, name))["state"] == "available")

        await until(look, what=f"{name} free")


async def ask(service: RunningService, method: str, path: str, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {service.account_key}"}
    async with service.http.request(method, f"{service.url}{path}", json=body, headers=headers) as response:
        answer = await response.json(content_type=None)
        assert response.status < 300, answer
        return answer


async def told(service: RunningService, call: Call, does: str) -> None:
    """Somebody does something with a phone."""
    async with service.http.post(f"{service.simulator.url}/simulator/calls/{call.sid}/{does}") as response:
        assert response.status == 200


async def rings(service: RunningService, phone: str) -> Call:
    carrier = service.simulator.carrier
    await carrier.wait_for(lambda: any(call.status == "ringing" for call in carrier.calls_to(phone)))
    return carrier.calls_to(phone)[-1]


async def over(service: RunningService, *phones: str) -> None:
    """No call to any of these is left."""
    carrier = service.simulator.carrier
    await carrier.wait_for(lambda: not any(call.is_live for phone in phones for call in carrier.calls_to(phone)))


async def test_complaint_1_schedulers_on_one_stale_snapshot_call_a_customer_once(service: RunningService) -> None:
    """51 of them act upon what was read before any of them acted, each with an agent who was free then."""
    later = datetime.now(UTC) + timedelta(hours=1)
    lead_id, phone = await posted(service, "snapshot", schedule_at=later.isoformat())
    dialing = service.node.dialer._dialing
    async with service.database.connection() as tx:
        (stale,) = [row for row in await dial.dial_candidates(tx, later) if str(row.lead_id) == lead_id]
        await tx.execute("UPDATE attempt SET due_at = now() WHERE lead_id = $1", UUID(lead_id))
    assert len(stale.agents) == 2

    async def scheduler(n: int) -> int:
        seen = replace(stale, agents=stale.agents[:: 1 - n % 2 * 2], addresses=stale.addresses[:: 1 - n % 2 * 2])
        async with service.database.connection() as tx:
            found = await dialing.take_up(tx, [seen])
        for order in found.orders:
            await dialing.ask(order)
        return len(found.orders)

    took = await asyncio.gather(*(scheduler(n) for n in range(51)))
    lead = await service.lead_when(lead_id, lambda lead: lead["attempts"][0]["ended_at"])
    assert sum(took) <= 1  # 0: the node's own dialer came first
    assert service.rung(phone) == 1
    assert lead["attempts"][0]["state"] == "connected"
    await free(service, "ann", "bob")


async def test_complaint_2_who_declines_is_not_dialled_again_at_once(service: RunningService) -> None:
    phone = new_phone()
    behaves(service, phone, Does.DECLINE, ring=1.0)
    lead_id, _ = await posted(service, "decline", phone)
    lead = await service.lead_when(lead_id, lambda lead: len(lead["attempts"]) == 2)
    first, second = lead["attempts"]
    assert (first["state"], first["tries"], second["state"]) == ("busy", 1, "scheduled")
    waits = datetime.fromisoformat(second["due_at"]) - datetime.fromisoformat(first["ended_at"])
    assert waits > timedelta(minutes=59)
    await free(service, "cat")
    assert service.rung(phone) == 1


async def test_complaint_3_a_conference_that_began_is_no_answer_while_the_phone_still_rings(
    service: RunningService,
) -> None:
    await free(service, "dan")
    await ask(service, "POST", "/v1/agents/dan/line")

    async def up() -> bool:
        return bool((await agent(service, "dan"))["line"] == "open")

    await until(up, what="the line open")
    phone = new_phone()
    behaves(service, phone, Does.MANUAL)
    lead_id, _ = await posted(service, "ringing", phone)
    call = await rings(service, phone)
    rooms = service.simulator.carrier.rooms.by_sid.values()
    await service.simulator.carrier.wait_for(lambda: any(room.status == "in-progress" for room in rooms))
    lead = await service.lead_when(lead_id, lambda lead: lead["attempts"][0]["ringing_at"])
    (attempt,) = lead["attempts"]
    assert (attempt["mode"], attempt["answered_at"], attempt["bridged_at"]) == ("hot", None, None)
    await told(service, call, "answer")
    await service.lead_when(lead_id, lambda lead: lead["attempts"][0]["bridged_at"])
    await told(service, call, "hangup")
    await service.ended(lead_id)
    await ask(service, "DELETE", "/v1/agents/dan/line")


async def test_complaint_4_an_agent_who_hangs_up_before_the_answer_stops_the_persons_phone(
    service: RunningService,
) -> None:
    phone = new_phone()
    behaves(service, phone, Does.MANUAL)
    lead_id, _ = await posted(service, "early", phone)
    await rings(service, phone)
    await told(service, service.simulator.carrier.calls_to(PHONES["eve"])[-1], "hangup")
    await over(service, phone)
    lead = await service.ended(lead_id)
    assert lead["attempts"][0]["answered_at"] is None
    await free(service, "eve")


async def test_complaint_5_an_agent_who_claims_a_lead_and_has_no_media_leaves_nothing_stuck(
    service: RunningService,
) -> None:
    """The others were told that it is taken; then the claimer's call is gone before there was a talk."""
    phone = new_phone()
    behaves(service, phone, Does.MANUAL)
    behaves(service, PHONES["gus"], Does.MANUAL)
    lead_id, _ = await posted(service, "media", phone)
    await rings(service, phone)
    await over(service, PHONES["gus"])  # claimed: the other's phone has stopped
    await told(service, service.simulator.carrier.calls_to(PHONES["fay"])[-1], "hangup")
    lead = await service.ended(lead_id)
    assert lead["attempts"][0]["bridged_at"] is None
    await over(service, phone, PHONES["fay"], PHONES["gus"])
    await free(service, "fay", "gus")
    behaves(service, PHONES["gus"], Does.ANSWER, ring=1.0, presses="1")
    behaves(service, PHONES["fay"], Does.DECLINE, ring=0.2)
    lead_id, _ = await posted(service, "media")
    lead = await service.ended(lead_id)
    assert (lead["attempts"][0]["agent"], lead["status"]) == ("gus", "contacted")


async def test_complaint_6_a_call_whose_end_nobody_tells_is_over_and_its_agent_free(
    service: RunningService,
) -> None:
    phone = new_phone()
    lost = [Fault(does="drop", on="callback", to=to, event="completed", times=-1) for to in (phone, PHONES["hal"])]
    service.simulator.carrier.faults.order(lost)
    lead_id, _ = await posted(service, "silent", phone)
    lead = await service.ended(lead_id)
    assert (lead["attempts"][0]["state"], service.rung(phone)) == ("connected", 1)
    await free(service, "hal")
    assert any(fault.applied for fault in lost)
    service.simulator.carrier.faults.reset()


async def test_complaint_7_an_offer_that_is_not_answered_leaves_an_agent_on_the_break(
    service: RunningService,
) -> None:
    behaves(service, PHONES["ida"], Does.MANUAL)
    lead_id, _ = await posted(service, "break")
    call = await rings(service, PHONES["ida"])
    await ask(service, "PUT", "/v1/agents/ida/state", {"state": "paused", "reason": "lunch"})
    await told(service, call, "decline")
    await service.lead_when(lead_id, lambda lead: lead["attempts"][0]["state"] == "scheduled")
    async with service.database.connection() as tx:
        later = datetime.now(UTC) + timedelta(hours=3)
        assert not await tx.fetchval(
            "SELECT count(*) FROM agent WHERE name = 'ida' AND state_until <= $1", later
        )  # nothing will ever end the break by itself
    ida = await agent(service, "ida")
    assert (ida["state"], ida["state_reason"]) == ("paused", "lunch")


async def test_complaint_8_a_mailbox_takes_no_lead_and_nobody_waits_for_detection(service: RunningService) -> None:
    behaves(service, PHONES["jim"], Does.VOICEMAIL, ring=0.5)
    lead_id, phone = await posted(service, "mailbox")
    lead = await service.ended(lead_id)
    (attempt,) = lead["attempts"]
    assert (attempt["agent"], lead["status"]) == ("kay", "contacted")
    accepted = [leg["agent"] for leg in attempt["legs"] if leg["kind"] == "agent" and leg["accepted_at"]]
    assert (accepted, service.rung(PHONES["jim"]), service.rung(phone)) == (["kay"], 1, 1)
    (call,) = service.simulator.carrier.calls_to(phone)
    asked = [one.detection for one in (call, call.parent) if one is not None and one.detection is not None]
    assert all(one.is_asynchronous for one in asked)


async def test_complaint_9_a_lead_is_dialled_without_a_poll_and_simultaneous_means_at_once(
    service: RunningService,
) -> None:
    assert dialer.POLL_SECONDS == NEVER
    lead_id, phone = await posted(service, "at_once")
    lead = await service.ended(lead_id)
    (attempt,) = lead["attempts"]
    assert (attempt["mode"], lead["status"], service.rung(phone)) == ("both", "contacted", 1)
    assert len({leg["placed_at"] for leg in attempt["legs"]}) == 1  # committed together, and asked for in parallel


async def test_complaint_10_a_browser_that_says_nothing_for_hours_logs_nobody_out(service: RunningService) -> None:
    await ask(service, "PUT", "/v1/agents/max/state", {"state": "available"})
    async with service.database.connection() as tx:
        await tx.execute("UPDATE agent SET state_since = state_since - interval '9 hours' WHERE name = 'max'")
    for look in (service.node.services.shifts.change, service.node.services.sweeping.sweep):
        await look()
    lead_id, _ = await posted(service, "asleep")
    lead = await service.ended(lead_id)
    assert lead["attempts"][0]["agent"] == "max"
    await free(service, "max")


async def test_complaint_11_several_numbers_of_one_lead_are_one_call(service: RunningService) -> None:
    others = [new_phone() for _ in range(2)]
    lead_id, phone = await posted(service, "numbers", phone2=others[0], attributes={"work_phone": others[1]})
    lead = await service.ended(lead_id)
    assert len(lead["attempts"]) == 1
    assert [service.rung(one) for one in (phone, *others)] == [1, 0, 0]


async def test_complaint_12_speed_and_contact_are_measured_by_talk_and_not_by_clicks(
    service: RunningService,
) -> None:
    """The agent pressed 1, and reported a quote; but nobody talked for the time that makes a contact."""
    phone = new_phone()
    behaves(service, phone, Does.ANSWER, ring=1.0, talk=10.0)
    lead_id, _ = await posted(service, "clicks", phone)
    lead = await service.ended(lead_id)
    assert lead["attempts"][0]["bridged_at"], lead["attempts"][0]
    await ask(service, "POST", f"/v1/leads/{lead_id}/outcomes", {"kind": "quote", "value": "100"})
    (contact,) = (await service.get("/v1/stats/contact", campaign="clicks"))["groups"]
    assert (contact["accepted"], contact["contacted"], contact["short_talk_only"]) == (1, 0, 1)
    speeds = (await service.get("/v1/stats/speed", campaign="clicks"))["speeds"]
    counted = {one["speed"]: one["counted"] for one in speeds}
    assert (counted["speed_to_dial"], counted["speed_to_contact"]) == (1, 0)
