"""Both phones ring at once, into one conference: who is first hears somebody, and nobody is left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from running import (
    AGENT_PHONES,
    AGENTS_ANSWER,
    LEAD_PHONE,
    RunningService,
    configuration,
    person,
    running_service,
    until,
)

from speedtolead.simulator import Fault, Person
from speedtolead.simulator.call import Call
from speedtolead.simulator.people import Does

BOTH = configuration(mode="both")
TALKS = person(LEAD_PHONE, Does.ANSWER, ring=2.0, talk=20.0)
RINGS_ON = person(LEAD_PHONE, Does.MANUAL)
ANSWERS_AT_ONCE = person(LEAD_PHONE, Does.ANSWER, ring=0.1, talk=20.0)
AGENT_SLOW = person(AGENT_PHONES[0], Does.ANSWER, ring=12.0, presses="1")
DECLINES = person(AGENT_PHONES[0], Does.DECLINE, ring=1.0)
GREETING = "Hello, this is Test Insurance about your request. One moment, please."
IMPATIENT: dict[str, Any] = {"claim_lease": 1.0, "call_lease": 2.0, "carrier_consistency_window": 2.0,
                             "carrier_timeout": 1.0, "missed_offer_rest": 0.5}  # fmt: skip


def calls(service: RunningService, phone: str) -> list[Call]:
    return service.simulator.carrier.calls_to(phone)


def requests(service: RunningService) -> list[str]:
    """The requests that the carrier was sent, but for questions."""
    return [a.path.rsplit("/", 1)[1] for a in service.simulator.gate.arrivals if a.method == "POST"]


async def all_over(service: RunningService) -> None:
    carrier = service.simulator.carrier
    await carrier.wait_for(lambda: not any(call.is_live for call in carrier.calls.values()))


async def hang_up(service: RunningService, call: Call) -> None:
    async with service.http.post(f"{service.simulator.url}/simulator/calls/{call.sid}/hangup") as response:
        assert response.status == 200


async def rings(service: RunningService, lead_id: str) -> Call:
    """The lead's call, once its phone rings and the agent waits for it."""
    await service.lead_when(lead_id, lambda lead: [leg for leg in legs(lead) if leg["accepted_at"]])
    await service.lead_when(lead_id, lambda lead: lead["attempts"][0]["ringing_at"])
    (call,) = calls(service, LEAD_PHONE)
    return call


def legs(lead: Any, kind: str = "agent") -> list[Any]:
    return [leg for leg in lead["attempts"][0]["legs"] if leg["kind"] == kind]


async def test_both_phones_ring_at_once_and_talk_with_two_requests(database_url: str, tmp_path: Path) -> None:
    async with running_service(database_url, tmp_path, BOTH, (AGENTS_ANSWER, TALKS)) as service:
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"])
        assert lead["status"] == "contacted"
        (attempt,) = lead["attempts"]
        assert attempt["mode"] == "both"
        assert requests(service) == ["Calls.json", "Calls.json"]
        (agent,), (person_,) = legs(lead), legs(lead, "lead")
        assert agent["ringing_at"] < person_["live_at"], "neither waits for the other"
        assert attempt["bridged_at"] == max(person_["live_at"], agent["accepted_at"])
        await service.agents_free()
        await all_over(service)


@pytest.mark.parametrize("first", ["lead", "agent"])
async def test_whoever_answers_first_never_hears_silence(database_url: str, tmp_path: Path, first: str) -> None:
    people = (AGENT_SLOW, ANSWERS_AT_ONCE) if first == "lead" else (AGENTS_ANSWER, person(
        LEAD_PHONE, Does.ANSWER, ring=15.0, talk=20.0))  # fmt: skip
    async with running_service(database_url, tmp_path, BOTH, people) as service:
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"])
        assert lead["status"] == "contacted"
        (of_lead,), (of_agent,) = calls(service, LEAD_PHONE), calls(service, AGENT_PHONES[0])
        waited = of_lead if first == "lead" else of_agent
        assert waited.said[-1:] == [GREETING] if first == "lead" else waited.said[-1:] != [GREETING]
        assert [sound.rsplit("/", 1)[1] for sound in waited.played] == ["ringing.wav"]
        assert max(of_lead.longest_silence, of_agent.longest_silence) < 2.0
        await service.agents_free()


async def test_an_agent_who_declines_is_replaced_while_the_leads_phone_rings_on(
    database_url: str, tmp_path: Path
) -> None:
    text = configuration(mode="both", agents=2)
    slow = person(LEAD_PHONE, Does.ANSWER, ring=15.0, talk=20.0)
    async with running_service(database_url, tmp_path, text, (DECLINES, AGENTS_ANSWER, slow)) as service:
        _, answer = await service.post()
        await service.ended(answer["lead_id"])
        await all_over(service)
        lead = await service.lead_when(answer["lead_id"], lambda lead: all(leg["ended_at"] for leg in legs(lead)))
        assert lead["status"] == "contacted"
        assert lead["attempts"][0]["agent"] == "agent-2"
        assert [leg["ended_as"] for leg in legs(lead)] == ["busy", "completed"]
        assert service.rung() == 1
        assert (await service.agents())["agent-1"] == "paused"
        assert requests(service) == ["Calls.json"] * 3


async def test_with_nobody_left_the_leads_phone_stops_ringing_and_rings_no_second_time(
    database_url: str, tmp_path: Path
) -> None:
    async with running_service(database_url, tmp_path, BOTH, (DECLINES, RINGS_ON)) as service:
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"])
        assert lead["attempts"][0]["state"] == "cancelled"
        await all_over(service)
        assert service.rung() == 1, "an attempt rings nobody twice"


async def test_a_person_who_answers_and_gets_nobody_hears_who_called_within_two_seconds(
    database_url: str, tmp_path: Path
) -> None:
    late_no = person(AGENT_PHONES[0], Does.DECLINE, ring=6.0)
    people = (late_no, ANSWERS_AT_ONCE)
    async with running_service(database_url, tmp_path, BOTH, people, speed=8.0) as service:
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"])
        (attempt,) = lead["attempts"]
        assert attempt["state"] == "abandoned"
        assert attempt["notice_at"]
        (of_lead,) = calls(service, LEAD_PHONE)
        assert of_lead.said[0] == GREETING
        assert of_lead.said[1].startswith("This is Test Insurance. We called about")
        assert of_lead.longest_silence < 2.0
        report = await service.get("/v1/stats/contact")
        assert report["groups"][0]["abandonment_rate"]["value"] == 1.0


async def test_complaint_4_an_agent_who_leaves_before_the_answer_stops_the_leads_phone(
    database_url: str, tmp_path: Path
) -> None:
    text = configuration(mode="both", agents=2)
    async with running_service(database_url, tmp_path, text, (AGENTS_ANSWER, RINGS_ON)) as service:
        _, answer = await service.post()
        of_lead = await rings(service, answer["lead_id"])
        await hang_up(service, calls(service, AGENT_PHONES[0])[0])
        lead = await service.ended(answer["lead_id"])
        assert lead["attempts"][0]["state"] == "cancelled"
        assert not of_lead.is_live
        await service.agents_free()


@pytest.mark.parametrize(("does", "state"), [(Does.BUSY, "busy"), (Does.VOICEMAIL, "machine")])
async def test_an_agent_who_waits_for_a_lead_not_reached_is_told_and_freed(
    database_url: str, tmp_path: Path, does: Does, state: str
) -> None:
    nobody = person(LEAD_PHONE, does, ring=6.0)
    async with running_service(database_url, tmp_path, BOTH, (AGENTS_ANSWER, nobody)) as service:
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"])
        assert lead["attempts"][0]["state"] == state
        await service.agents_free()
        await all_over(service)


async def test_a_lead_who_hangs_up_waiting_ends_the_agents_ringing(database_url: str, tmp_path: Path) -> None:
    impatient = person(LEAD_PHONE, Does.ANSWER, ring=0.1, hangs_up_after_answer=2.0)
    slow = person(AGENT_PHONES[0], Does.MANUAL)
    async with running_service(database_url, tmp_path, BOTH, (slow, impatient)) as service:
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"])
        assert lead["attempts"][0]["state"] == "abandoned"
        await service.agents_free()
        await all_over(service)


async def test_a_leads_number_that_is_refused_lets_the_agent_go(database_url: str, tmp_path: Path) -> None:
    async with running_service(database_url, tmp_path, BOTH) as service:
        _, answer = await service.post(phone="+12125550195")  # the carrier knows no such number
        lead = await service.ended(answer["lead_id"])
        assert lead["attempts"][0]["state"] == "failed"
        await service.agents_free()
        await all_over(service)


@pytest.mark.parametrize("refused", ["lead", "agent"])
async def test_a_refusal_for_now_of_one_call_ends_the_other(
    database_url: str, tmp_path: Path, refused: str
) -> None:
    to, does = (LEAD_PHONE, TALKS) if refused == "lead" else (AGENT_PHONES[0], RINGS_ON)
    async with running_service(database_url, tmp_path, BOTH, (AGENTS_ANSWER, does)) as service:
        fault = Fault(does="status", path="*/Calls.json", method="POST", to=to, status=429, code=20429)
        service.simulator.carrier.faults.order([fault])
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"])
        if refused == "lead":  # it did not ring, so it is dialled again
            assert lead["status"] == "contacted"
            assert lead["attempts"][0]["tries"] == 2
        else:  # it rang
            assert lead["attempts"][0]["state"] == "cancelled"
        assert service.rung() == 1
        await service.agents_free()
        await all_over(service)


@pytest.mark.parametrize("kind", ["timeout_after", "reset_after"])
@pytest.mark.parametrize("unclear", ["lead", "agent"])
async def test_a_request_of_one_leg_that_is_unclear_is_found_and_the_two_talk(
    database_url: str, tmp_path: Path, unclear: str, kind: str
) -> None:
    to = LEAD_PHONE if unclear == "lead" else AGENT_PHONES[0]
    async with running_service(database_url, tmp_path, BOTH, (AGENTS_ANSWER, TALKS), **IMPATIENT) as service:
        fault = Fault(does=kind, path="*/Calls.json", method="POST", to=to, seconds=5)
        service.simulator.carrier.faults.order([fault])
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"])
        assert lead["status"] == "contacted"
        assert (service.rung(), service.rung(AGENT_PHONES[0])) == (1, 1)
        await service.agents_free()


@pytest.mark.parametrize("lost", ["lead", "agent"])
async def test_a_leg_that_the_carrier_never_had_lets_the_other_go(
    database_url: str, tmp_path: Path, lost: str
) -> None:
    """A lead who never rang is dialled again; one whose phone rings is let go, with nobody to talk to."""
    to = LEAD_PHONE if lost == "lead" else AGENT_PHONES[0]
    async with running_service(database_url, tmp_path, BOTH, (AGENTS_ANSWER, RINGS_ON), **IMPATIENT) as service:
        fault = Fault(does="status", path="*/Calls.json", method="POST", to=to, status=500)
        service.simulator.carrier.faults.order([fault])
        _, answer = await service.post()
        if lost == "lead":
            tried = await service.lead_when(answer["lead_id"], lambda lead: lead["attempts"][0]["tries"] == 2, 30)
            assert tried
            await hang_up(service, await rings(service, answer["lead_id"]))
        lead = await service.ended(answer["lead_id"], 30)
        assert lead["attempts"][0]["state"] in {"busy", "cancelled", "no_answer"}
        assert service.rung() == 1
        await service.agents_free()
        await all_over(service)


async def test_a_lead_is_told_of_the_recording_before_the_agent_is_there(database_url: str, tmp_path: Path) -> None:
    text = BOTH + "    recording: {record: true, agents_in: [CA]}\n"
    async with running_service(database_url, tmp_path, text, (AGENTS_ANSWER, TALKS)) as service:
        _, answer = await service.post()

        def kept(lead: Any) -> bool:
            return [one["state"] for one in lead["attempts"][0]["recordings"]] == ["kept"]

        await service.lead_when(answer["lead_id"], kept)
        lead = await service.ended(answer["lead_id"])
        (of_lead,) = calls(service, LEAD_PHONE)
        assert of_lead.said[0] == "This call may be recorded."
        assert lead["attempts"][0]["announced_at"]
        assert lead["status"] == "contacted"


async def test_a_campaign_that_may_let_no_lead_wait_rings_its_agents_first(
    database_url: str, tmp_path: Path
) -> None:
    async with running_service(database_url, tmp_path, BOTH, (AGENTS_ANSWER, TALKS)) as service:
        async with service.database.connection() as tx:
            await tx.execute("UPDATE campaign SET lead_first_held_at = now()")
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"])
        assert lead["attempts"][0]["mode"] == "agent_first"
        assert lead["status"] == "contacted"


async def test_a_browser_agent_comes_in_without_a_key_or_a_fetch(database_url: str, tmp_path: Path) -> None:
    text = BOTH.replace('phone: "+12125550111"', "client: agent_1")
    people = (Person(pattern="client:agent_1", ring=1.0), TALKS)
    async with running_service(database_url, tmp_path, text, people) as service:
        _, answer = await service.post()
        lead = await service.ended(answer["lead_id"])
        assert lead["status"] == "contacted"
        (agent,) = legs(lead)
        assert agent["accepted_at"] == agent["live_at"]
        await until(lambda: free(service))


async def free(service: RunningService) -> bool:
    return set((await service.agents()).values()) == {"available"}
