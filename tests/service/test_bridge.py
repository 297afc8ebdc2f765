"""From a posted lead to two people talking, in each mode, and every way in which it can end otherwise."""

from __future__ import annotations

from datetime import timedelta
from math import exp
from pathlib import Path
from uuid import UUID

import pytest
from running import (
    AGENT_PHONES,
    AGENTS_ANSWER,
    LEAD_ANSWERS,
    LEAD_PHONE,
    RunningService,
    configuration,
    person,
    running_service,
)

from speedtolead.simulator.people import Does

SECOND = timedelta(seconds=1)
HOPS = ["received", "committed", "claimed", "permitted", "requested", "ringing", "answered", "bridged"]


async def test_a_posted_lead_talks_to_an_agent(service: RunningService) -> None:
    status, answer = await service.post()
    assert status == 202
    assert answer["status"] == "accepted"
    lead = await service.ended(answer["lead_id"])
    assert lead["status"] == "contacted"
    attempt = lead["attempts"][0]
    assert attempt["state"] == "connected"
    assert attempt["contact"] is True
    assert service.rung() == 1
    await service.agents_free()


async def test_every_hop_is_stored_in_order(service: RunningService) -> None:
    _, answer = await service.post()
    lead = await service.lead_when(
        answer["lead_id"], lambda lead: lead["hops"]["bridged"] and lead["hops"]["committed"]
    )
    times = [lead["hops"][hop] for hop in HOPS]
    assert None not in times
    assert times == sorted(times)
    assert lead["slowest_hop"] in HOPS


async def test_lead_first_rings_the_lead_before_the_agent(database_url: str, tmp_path: Path) -> None:
    async with running_service(database_url, tmp_path, configuration(mode="lead_first")) as service:
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"])
        legs = {leg["kind"]: leg for leg in lead["attempts"][0]["legs"]}
        assert lead["status"] == "contacted"
        assert legs["lead"]["ringing_at"] < legs["agent"]["ringing_at"]
        assert legs["agent"]["accepted_at"]
        await service.agents_free()


async def test_an_agent_is_reserved_before_the_leads_phone_rings(database_url: str, tmp_path: Path) -> None:
    text = configuration(mode="lead_first", agents=1)
    never_answers = person(LEAD_PHONE, Does.NO_ANSWER)
    async with running_service(database_url, tmp_path, text, (AGENTS_ANSWER, never_answers)) as service:
        _, first = await service.post()
        lead = await service.lead_when(first["lead_id"], lambda lead: lead["attempts"][0]["ringing_at"])
        _, second = await service.post(phone="+12125550143")
        assert lead["attempts"][0]["agent"] == "agent-1"
        assert service.rung("+12125550143") == 0
        assert (await service.lead(second["lead_id"]))["attempts"][0]["state"] == "scheduled"


async def test_an_agent_who_does_not_press_1_is_passed_by(database_url: str, tmp_path: Path) -> None:
    mailbox = person(AGENT_PHONES[0], Does.ANSWER, ring=1.0, presses="")
    async with running_service(
        database_url, tmp_path, configuration(agents=2), (mailbox, AGENTS_ANSWER, LEAD_ANSWERS)
    ) as service:
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"])
        assert lead["status"] == "contacted"
        assert lead["attempts"][0]["agent"] == "agent-2"
        assert service.rung() == 1
        states = await service.agents()
        assert states["agent-1"] == "paused"


async def test_lead_first_rings_the_next_agent_while_the_lead_waits(database_url: str, tmp_path: Path) -> None:
    busy = person(AGENT_PHONES[0], Does.DECLINE, ring=1.0)
    text = configuration(mode="lead_first", agents=2)
    async with running_service(database_url, tmp_path, text, (busy, AGENTS_ANSWER, LEAD_ANSWERS)) as service:
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"])
        assert lead["status"] == "contacted"
        assert lead["attempts"][0]["agent"] == "agent-2"
        assert service.rung() == 1


async def test_a_person_who_answers_and_gets_no_agent_is_abandoned(database_url: str, tmp_path: Path) -> None:
    nobody = person("+121255501[1-2]?", Does.DECLINE, ring=1.0)
    text = configuration(mode="lead_first")
    async with running_service(database_url, tmp_path, text, (nobody, LEAD_ANSWERS)) as service:
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"])
        assert lead["attempts"][0]["state"] == "abandoned"
        assert lead["status"] == "exhausted"
        report = await service.get("/v1/stats/contact")
        assert report["groups"][0]["abandonment_rate"] == {
            "value": 1.0,
            "numerator": 1,
            "denominator": 1,
            "interval_95": report["groups"][0]["abandonment_rate"]["interval_95"],
        }


@pytest.mark.parametrize("mode", ["agent_first", "lead_first"])
@pytest.mark.parametrize(
    ("does", "state"),
    [
        (Does.NO_ANSWER, "no_answer"),
        (Does.BUSY, "busy"),
        (Does.DECLINE, "busy"),
        (Does.VOICEMAIL, "machine"),
        (Does.UNREACHABLE, "failed"),
    ],
)
async def test_a_call_that_reaches_nobody_says_why(
    database_url: str, tmp_path: Path, mode: str, does: Does, state: str
) -> None:
    people = (AGENTS_ANSWER, person(LEAD_PHONE, does))
    async with running_service(database_url, tmp_path, configuration(mode=mode), people) as service:
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"])
        assert lead["attempts"][0]["state"] == state
        assert lead["attempts"][0]["contact"] is False
        assert lead["status"] == "exhausted"
        assert service.rung() == 1
        await service.agents_free()


async def test_a_machine_is_hung_up_on_and_the_agent_freed(database_url: str, tmp_path: Path) -> None:
    people = (AGENTS_ANSWER, person(LEAD_PHONE, Does.VOICEMAIL))
    async with running_service(database_url, tmp_path, configuration(), people) as service:
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"])
        assert lead["attempts"][0]["state"] == "machine"
        await service.agents_free()
        assert not [call for call in service.simulator.carrier.calls.values() if call.is_live]


async def test_an_agent_who_hangs_up_early_stops_the_leads_phone(database_url: str, tmp_path: Path) -> None:
    people = (AGENTS_ANSWER, person(LEAD_PHONE, Does.MANUAL))
    async with running_service(database_url, tmp_path, configuration(), people) as service:
        _, answer = await service.post()
        await service.lead_when(answer["lead_id"], lambda lead: lead["attempts"][0]["ringing_at"])
        carrier = service.simulator.carrier
        for call in carrier.calls_to(AGENT_PHONES[0]):
            await service.http.post(f"{service.simulator.url}/simulator/calls/{call.sid}/hangup")
        lead = await service.ended(answer["lead_id"])
        assert lead["attempts"][0]["state"] in {"cancelled", "no_answer"}
        assert not any(call.is_live for call in carrier.calls_to(LEAD_PHONE))


async def test_a_talk_under_the_minimum_is_no_contact(database_url: str, tmp_path: Path) -> None:
    short = person(LEAD_PHONE, Does.ANSWER, ring=1.0, talk=10.0)
    async with running_service(
        database_url, tmp_path, configuration(minimum_talk="30s"), (AGENTS_ANSWER, short)
    ) as service:
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"])
        assert lead["attempts"][0]["state"] == "connected"
        assert lead["attempts"][0]["contact"] is False
        report = await service.get("/v1/stats/contact")
        assert report["groups"][0]["contacted"] == 0
        assert report["groups"][0]["short_talk_only"] == 1


async def test_the_cadence_goes_on_after_no_answer(database_url: str, tmp_path: Path) -> None:
    text = configuration(
        cadence="[{after: 0s, channel: call}, {after: 1s, channel: call}, {after: 1d, channel: call}]"
    )
    people = (AGENTS_ANSWER, person(LEAD_PHONE, Does.BUSY))
    async with running_service(database_url, tmp_path, text, people) as service:
        _, answer = await service.post()
        lead = await service.lead_when(answer["lead_id"], lambda lead: len(lead["attempts"]) == 3)
        assert [a["state"] for a in lead["attempts"]] == ["busy", "busy", "scheduled"]
        assert service.rung() == 2
        assert lead["status"] == "working"


async def test_freshest_lead_first_when_agents_are_scarce(database_url: str, tmp_path: Path) -> None:
    async with running_service(database_url, tmp_path, configuration(agents=1)) as service:
        assert await set_state(service, "paused") == "paused"
        older = (await service.post(phone="+12125550121"))[1]["lead_id"]
        newer = (await service.post(phone="+12125550122"))[1]["lead_id"]
        assert await set_state(service, "available") == "available"
        await service.lead_when(newer, lambda lead: lead["attempts"][0]["claimed_at"])
        waiting = await service.lead(older)
        assert waiting["attempts"][0]["state"] == "scheduled"


FIT = """, score: [
  {name: good, points: 35, when: {attributes: {kind: {one_of: [good]}}}},
  {name: poor, points: -10, when: {attributes: {kind: {one_of: [poor]}}}}]"""
WAITED = {"fair": timedelta(seconds=30), "good": timedelta(minutes=10), "poor": timedelta(0)}
"""In the order in which they become due. Neither that, nor freshness, age or score alone, is the order of worth."""


async def test_scarce_agents_take_the_lead_that_is_worth_most_now(database_url: str, tmp_path: Path) -> None:
    """Its score, which waiting brings down to 1/e in five minutes."""
    text = configuration(agents=1, mode="lead_first", source=FIT)
    nobody = person("+1212555013?", Does.BUSY, ring=0.2)
    async with running_service(database_url, tmp_path, text, (AGENTS_ANSWER, nobody)) as service:
        assert await set_state(service, "paused") == "paused"
        leads, worth = {}, {}
        for n, (kind, waited) in enumerate(WAITED.items()):
            _, answer = await service.post(phone=f"+1212555013{n}", attributes={"kind": kind})
            leads[kind] = answer["lead_id"]
            await wait_longer(service, answer["lead_id"], waited)
            score = (await service.lead(answer["lead_id"]))["score"]
            worth[kind] = score * exp(-(waited / timedelta(minutes=5)))
        assert await set_state(service, "available") == "available"
        ended = {kind: await service.ended(lead_id) for kind, lead_id in leads.items()}
        claimed = {kind: lead["attempts"][0]["claimed_at"] for kind, lead in ended.items()}
        assert sorted(claimed, key=claimed.__getitem__) == ["fair", "poor", "good"]
        assert sorted(worth, key=worth.__getitem__, reverse=True) == ["fair", "poor", "good"]

        # Who is last in line has a turn once in a while: here with every pick.
        service.node.dialer._dialing._last_in_line._turns.every = 1
        await set_state(service, "paused")
        waiting = {}
        for n, (kind, waited) in enumerate({"poor": timedelta(hours=1), "fair": SECOND, "good": SECOND}.items()):
            _, answer = await service.post(phone=f"+1212555013{5 + n}", attributes={"kind": kind})
            waiting[kind] = answer["lead_id"]
            await wait_longer(service, answer["lead_id"], waited)
            await due_earlier(service, answer["lead_id"], waited)
        await set_state(service, "available")
        ended = {kind: await service.ended(lead_id) for kind, lead_id in waiting.items()}
        claimed = {kind: lead["attempts"][0]["claimed_at"] for kind, lead in ended.items()}
        assert sorted(claimed, key=claimed.__getitem__) == ["good", "poor", "fair"]


async def due_earlier(service: RunningService, lead_id: str, earlier: timedelta) -> None:
    async with service.database.connection() as tx:
        await tx.execute(
            "UPDATE attempt SET due_at = due_at - $2::interval WHERE lead_id = $1", UUID(lead_id), earlier
        )


async def wait_longer(service: RunningService, lead_id: str, longer: timedelta) -> None:
    """As if the lead had come so much earlier; when it became due stays."""
    async with service.database.connection() as tx:
        await tx.execute(
            "UPDATE lead SET received_at = received_at - $2::interval, rank_at = rank_at - $2::interval"
            " WHERE id = $1",
            UUID(lead_id),
            longer,
        )
        await tx.execute(
            "UPDATE attempt SET lead_received_at = lead_received_at - $2::interval,"
            " rank_at = rank_at - $2::interval WHERE lead_id = $1",
            UUID(lead_id),
            longer,
        )


async def set_state(service: RunningService, state: str) -> str:
    async with service.http.put(
        f"{service.url}/v1/agents/agent-1/state",
        json={"state": state},
        headers={"Authorization": f"Bearer {service.account_key}"},
    ) as response:
        assert response.status == 200
        return str((await response.json())["state"])


async def test_an_agent_who_pauses_during_a_talk_stays_on_it_and_on_pause_after_it(service: RunningService) -> None:
    _, answer = await service.post()
    await service.lead_when(answer["lead_id"], lambda lead: lead["attempts"][0]["bridged_at"])
    assert await set_state(service, "paused") == "paused"
    await service.ended(answer["lead_id"])
    assert await service.agents() == {"agent-1": "paused"}


async def test_an_agent_who_resumes_during_a_talk_is_offered_nothing_until_it_ends(service: RunningService) -> None:
    _, answer = await service.post()
    await service.lead_when(answer["lead_id"], lambda lead: lead["attempts"][0]["bridged_at"])
    await set_state(service, "paused")
    assert await set_state(service, "available") == "talking"
    await service.ended(answer["lead_id"])
    await service.agents_free()


async def test_an_agent_who_paused_while_ringing_may_still_take_the_call(database_url: str, tmp_path: Path) -> None:
    people = (person(AGENT_PHONES[0], Does.MANUAL), LEAD_ANSWERS)
    async with running_service(database_url, tmp_path, configuration(), people) as service:
        _, answer = await service.post()
        await service.lead_when(
            answer["lead_id"],
            lambda lead: lead["attempts"][0]["legs"] and lead["attempts"][0]["legs"][0]["ringing_at"],
        )
        await set_state(service, "paused")
        call = service.simulator.carrier.calls_to(AGENT_PHONES[0])[0]
        control = f"{service.simulator.url}/simulator/calls/{call.sid}"
        await service.http.post(f"{control}/answer")
        await service.http.post(f"{control}/press", json={"digits": "1"})
        lead = await service.lead_when(answer["lead_id"], lambda lead: lead["attempts"][0]["bridged_at"])
        assert lead["attempts"][0]["agent"] == "agent-1"
        await service.ended(answer["lead_id"])
        assert await service.agents() == {"agent-1": "paused"}


async def test_a_campaign_that_abandons_too_many_rings_its_agents_first_and_says_so(
    database_url: str, tmp_path: Path
) -> None:
    nobody = person("+121255501[1-2]?", Does.DECLINE, ring=1.0)
    text = configuration(mode="lead_first")
    people = (nobody, LEAD_ANSWERS)
    async with running_service(database_url, tmp_path, text, people, missed_offer_rest=0.0) as service:
        watch = service.node.services.abandonment
        for phone in ("+12125550140", "+12125550141"):
            assert await watch.held(await service.account_id()) == []
            _, answer = await service.post(phone=phone)
            lead = await service.ended(answer["lead_id"])
            assert lead["attempts"][0]["mode"] == "lead_first"
            await watch.look()
        _, answer = await service.post(phone="+12125550148")
        held = await service.lead_when(answer["lead_id"], lambda lead: lead["attempts"][0]["mode"])
        assert held["attempts"][0]["mode"] == "agent_first"
        assert service.rung("+12125550148") == 0
        (seen,) = await watch.held(await service.account_id())
        assert (seen.campaign.name, seen.answers.live, seen.answers.abandoned) == ("auto", 2, 2)
        async with service.database.connection() as tx:
            told = await tx.fetchval("SELECT data FROM event WHERE kind = 'campaign.lead_first_held'")
        assert told == {"campaign": "auto", "live_answers": 2, "abandoned": 2}
