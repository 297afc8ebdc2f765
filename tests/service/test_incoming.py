"""Calls that come in: recognised, put through, waited for, recorded, given back; on one node and on two."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from calling import OURS, STRANGER, TRACKING, answered_service, call_us, calls_in, over, tracking
from running import (
    AGENTS_ANSWER,
    LEAD_PHONE,
    RunningService,
    configuration,
    person,
    running_node,
    settings_for,
    until,
)
from twilio.request_validator import RequestValidator

from speedtolead.simulator import SIMULATED_AUTH_TOKEN, Person
from speedtolead.simulator.call import Call, Status, Verdict
from speedtolead.simulator.people import Does

RINGS = Person(pattern="+121255501[1-2]?", does=Does.MANUAL, presses="1")
"""Agents whose phones ring until a test takes or declines the call."""
NOBODY = Person(pattern=LEAD_PHONE, does=Does.NO_ANSWER)


def with_inbound(text: str, **terms: str) -> str:
    said = ", ".join(f"{name}: {value}" for name, value in terms.items())
    return f"{text}    inbound: {{{said}}}\n"


async def waits(service: RunningService, call: Call) -> None:
    """The caller was told that nobody is free."""

    async def told() -> bool:
        return "stay on the line" in " ".join(call.said)

    await until(told)


async def agent_rings(service: RunningService, phone: str = "+12125550111") -> Call:
    async def look() -> Call | None:
        rung = service.simulator.carrier.calls_to(phone)
        return next((call for call in rung if call.status is Status.RINGING), None)

    return await until(look, what=f"{phone} rings")


async def test_a_lead_who_calls_back_talks_with_the_agent_who_knows_them_and_the_cadence_stops(
    database_url: str, tmp_path: Path
) -> None:
    cadence = "[{after: 0s, channel: call}, {after: 1h, channel: call}, {after: 2h, channel: call}]"
    text = with_inbound(configuration(agents=2, cadence=cadence), wait="30s")
    async with answered_service(database_url, tmp_path, text, (AGENTS_ANSWER, NOBODY)) as service:
        _, answer = await service.post()
        lead_id = answer["lead_id"]
        await service.lead_when(lead_id, lambda lead: lead["attempts"][0]["state"] == "no_answer")
        first = await over(service, await call_us(service))
        assert (first["lead_id"], first["new_lead"], first["outcome"]) == (lead_id, False, "talk")
        lead = await service.lead(lead_id)
        assert lead["status"] == "contacted"
        told = [(a["direction"], a["number"], a["state"], a["contact"]) for a in lead["attempts"]]
        assert told == [
            ("outbound", 1, "no_answer", False),
            ("inbound", 1, "connected", True),
            ("outbound", 2, "cancelled", False),
        ]
        await service.agents_free()
        again = await over(service, await call_us(service))
        assert again["agent"] == first["agent"]  # not the one who is longer idle
        assert service.rung() == 1
        (contact,) = (await service.get("/v1/stats/contact"))["groups"]
        assert contact["abandonment_rate"]["denominator"] == 0  # nobody whom we rang answered


async def test_an_unknown_caller_becomes_a_lead_and_a_withheld_number_too(
    database_url: str, tmp_path: Path
) -> None:
    async with answered_service(database_url, tmp_path, configuration()) as service:
        call = await over(service, await call_us(service, from_=STRANGER))
        assert (call["new_lead"], call["source"], call["outcome"]) == (True, "inbound auto", "talk")
        lead = await service.lead(call["lead_id"])
        assert (lead["phone"], lead["status"], lead["consent"]["channels"]) == (STRANGER, "contacted", [])
        await service.agents_free()
        withheld = await over(service, await call_us(service, from_="anonymous"))
        assert (withheld["from_phone"], withheld["outcome"]) == (None, "talk")
        assert withheld["lead_id"] != call["lead_id"]


async def test_while_nobody_is_free_there_is_music_and_the_caller_comes_before_a_fresh_lead(
    database_url: str, tmp_path: Path
) -> None:
    text = with_inbound(configuration(), wait="600s")
    async with answered_service(database_url, tmp_path, text) as service:
        carrier = service.simulator.carrier
        first = await call_us(service, from_=STRANGER, talk=None)
        await carrier.wait_for(lambda: first.is_connected)
        second = await call_us(service)
        await waits(service, second)
        _, posted = await service.post(phone="+12125550144")
        carrier.end(first, Status.COMPLETED)
        await carrier.wait_for(lambda: second.is_connected)
        lead = await service.lead(posted["lead_id"])
        assert [a["state"] for a in lead["attempts"]] == ["scheduled"]
        (waited,) = await calls_in(service, live="true")
        assert (waited["carrier_call_id"], waited["talking"]) == (second.sid, True)
        assert (await over(service, second))["outcome"] == "talk"


async def test_whoever_hung_up_while_waiting_is_called_back_before_anybody_else(
    database_url: str, tmp_path: Path
) -> None:
    cadence = "[{after: 1h, channel: call}, {after: 2h, channel: call}]"
    text = with_inbound(configuration(cadence=cadence), wait="600s")
    async with answered_service(database_url, tmp_path, text, (AGENTS_ANSWER, NOBODY)) as service:
        carrier = service.simulator.carrier
        _, posted = await service.post()
        lead = await service.lead(posted["lead_id"])
        planned_for = lead["attempts"][0]["due_at"]
        busy = await call_us(service, from_=STRANGER, talk=None)
        await carrier.wait_for(lambda: busy.is_connected)
        for _ in range(2):  # twice missed is called back once
            call = await call_us(service)
            await waits(service, call)
            carrier.end(call, Status.COMPLETED)
            assert (await over(service, call))["outcome"] == "missed"
        lead = await service.lead(posted["lead_id"])
        (planned,) = [a for a in lead["attempts"] if a["direction"] == "outbound"]
        assert (planned["gives_back"], planned["number"]) == (True, 1)
        assert planned["due_at"] < planned_for
        carrier.end(busy, Status.COMPLETED)
        lead = await service.lead_when(posted["lead_id"], lambda lead: service.rung() == 1)


async def test_a_stranger_who_was_missed_is_called_back_once_and_only_where_the_campaign_says_so(
    database_url: str, tmp_path: Path
) -> None:
    nobody = person(STRANGER, Does.NO_ANSWER)
    text = with_inbound(configuration(), wait="600s", callback="true")
    async with answered_service(database_url, tmp_path, text, (AGENTS_ANSWER, nobody)) as service:
        carrier = service.simulator.carrier
        busy = await call_us(service, from_="+19175550144", talk=None)
        await carrier.wait_for(lambda: busy.is_connected)
        call = await call_us(service, from_=STRANGER)
        await waits(service, call)
        carrier.end(call, Status.COMPLETED)
        found = await over(service, call)
        carrier.end(busy, Status.COMPLETED)
        lead = await service.lead_when(found["lead_id"], lambda lead: lead["status"] == "exhausted")
        told = [(a["direction"], a["gives_back"], a["state"]) for a in lead["attempts"]]
        assert told == [("inbound", False, "no_answer"), ("outbound", True, "no_answer")]
        (permit,) = [d for d in lead["attempts"][1]["decisions"] if d["verdict"] == "allowed"][:1]
        consent = next(rule for rule in permit["rules"] if rule["name"] == "consent_written")
        assert consent["inputs"]["written"] is False
        assert service.rung(STRANGER) == 1


async def test_who_got_through_meanwhile_is_not_called_back(database_url: str, tmp_path: Path) -> None:
    cadence = "[{after: 1h, channel: call}, {after: 2h, channel: call}]"
    text = with_inbound(configuration(cadence=cadence, minimum_talk="60s"), wait="600s")
    async with answered_service(database_url, tmp_path, text, (AGENTS_ANSWER, NOBODY)) as service:
        carrier = service.simulator.carrier
        _, posted = await service.post()
        planned_for = (await service.lead(posted["lead_id"]))["attempts"][0]["due_at"]
        busy = await call_us(service, from_=STRANGER, talk=None)
        await carrier.wait_for(lambda: busy.is_connected)
        missed = await call_us(service)
        await waits(service, missed)
        carrier.end(missed, Status.COMPLETED)
        await over(service, missed)
        again = await call_us(service, talk=5.0)  # too short for a contact, but a talk
        await waits(service, again)
        carrier.end(busy, Status.COMPLETED)
        assert (await over(service, again))["outcome"] == "talk"
        lead = await service.lead(posted["lead_id"])
        (planned,) = [a for a in lead["attempts"] if a["direction"] == "outbound"]
        assert (planned["state"], planned["gives_back"], planned["due_at"]) == ("scheduled", False, planned_for)
        assert service.rung() == 0


async def test_nobody_at_work_means_a_message_that_waits_until_somebody_takes_care_of_it(
    database_url: str, tmp_path: Path
) -> None:
    async with answered_service(database_url, tmp_path, configuration()) as service:
        carrier = service.simulator.carrier
        headers = {"Authorization": f"Bearer {service.account_key}"}
        away = f"{service.url}/v1/agents/agent-1/state"
        async with service.http.put(away, json={"state": "offline"}, headers=headers) as response:
            assert response.status == 200
        call = await call_us(service, from_=STRANGER)
        await carrier.wait_for(lambda: carrier.recordings.by_sid)
        assert "leave your name" in call.said[-1]
        found = await over(service, call, waiting="true")
        assert (found["outcome"], found["message_seconds"] >= 2, found["seen_at"]) == ("voicemail", True, None)
        lead = await service.lead(found["lead_id"])
        assert [(r["state"], r["recording_id"]) for r in lead["attempts"][0]["recordings"]] == [
            ("kept", found["recording_id"])
        ]
        async with service.database.connection() as tx:
            kinds = [row["kind"] for row in await tx.fetch("SELECT kind FROM event WHERE kind LIKE 'voice%'")]
        assert kinds == ["voicemail.left"]
        seen = f"{service.url}/v1/inbound-calls/{found['id']}/seen"
        for expected in (204, 404):
            async with service.http.post(seen, headers=headers) as response:
                assert response.status == expected
        assert await calls_in(service, waiting="true") == []
        assert service.rung(STRANGER) == 0  # nobody agreed to that


async def test_an_outgoing_call_that_rings_gives_way_to_the_person_who_calls(
    database_url: str, tmp_path: Path
) -> None:
    rings = person(LEAD_PHONE, Does.MANUAL)
    text = configuration(cadence="[{after: 0s, channel: call}, {after: 1h, channel: call}]")
    async with answered_service(database_url, tmp_path, text, (AGENTS_ANSWER, rings)) as service:
        carrier = service.simulator.carrier
        _, posted = await service.post()
        await carrier.wait_for(lambda: [c for c in carrier.calls_to(LEAD_PHONE) if c.status is Status.RINGING])
        (ringing,) = carrier.calls_to(LEAD_PHONE)
        call = await call_us(service)
        await carrier.wait_for(lambda: not ringing.is_live)
        assert ringing.answered_at is None
        found = await over(service, call)
        assert (found["outcome"], found["lead_id"]) == ("talk", posted["lead_id"])
        lead = await service.lead(posted["lead_id"])
        states = [(a["direction"], a["state"]) for a in lead["attempts"]]
        assert states == [("outbound", "cancelled"), ("inbound", "connected"), ("outbound", "cancelled")]
        assert service.rung() == 1
        await service.agents_free()


async def test_an_offer_to_an_agent_gives_way_too_and_counts_as_no_missed_offer(
    database_url: str, tmp_path: Path
) -> None:
    async with answered_service(database_url, tmp_path, configuration(), (RINGS, NOBODY)) as service:
        carrier = service.simulator.carrier
        _, posted = await service.post()
        offered = await agent_rings(service)
        call = await call_us(service)
        await carrier.wait_for(lambda: not offered.is_live)
        taken = await agent_rings(service)
        carrier.decide(taken, Verdict.ANSWER)
        assert (await over(service, call))["outcome"] == "talk"
        (agent,) = (await service.get("/v1/agents"))["agents"]
        assert agent["missed_in_a_row"] == 0
        assert (service.rung(), (await service.lead(posted["lead_id"]))["status"]) == (0, "contacted")


def fetch(service: RunningService, call_id: str) -> tuple[dict[str, str], dict[str, str]]:
    """The form and the headers of the carrier's fetch for a call."""
    fields = {"CallSid": call_id, "From": STRANGER, "To": OURS, "CallStatus": "ringing", "Direction": "inbound"}
    address = f"{service.url}/carrier/twilio/voice"
    signature = RequestValidator(SIMULATED_AUTH_TOKEN).compute_signature(address, fields)
    return fields, {"X-Twilio-Signature": signature}


async def test_a_call_that_is_fetched_again_or_from_the_other_node_is_one_call_with_one_answer(
    database_url: str, tmp_path: Path
) -> None:
    async with answered_service(database_url, tmp_path, configuration(agents=3)) as service:
        other = settings_for(database_url, tmp_path, service.simulator.port, public_url=service.url)
        async with running_node(other, frozenset({"web"})):
            fields, headers = fetch(service, "CA" + "1" * 32)
            own, theirs = (
                f"http://127.0.0.1:{port}/carrier/twilio/voice" for port in (service.settings.port, other.port)
            )

            async def told(address: str) -> str:
                async with service.http.post(address, data=fields, headers=headers) as response:
                    assert response.status == 200
                    return await response.text()

            answers = set(await asyncio.gather(*(told(address) for address in (own, theirs) * 3)))
            answers |= {await told(own), await told(theirs)}
            assert len(answers) == 1
            assert "<Dial" in answers.pop()
        async with service.database.connection() as tx:
            counted = await tx.fetchrow(
                "SELECT (SELECT count(*) FROM lead) AS leads, (SELECT count(*) FROM attempt) AS attempts,"
                " (SELECT count(*) FROM inbound_call) AS calls, (SELECT count(*) FROM leg) AS legs,"
                " (SELECT count(*) FROM agent WHERE state <> 'available') AS engaged"
            )
        assert tuple(counted) == (1, 1, 1, 2, 1)


async def test_only_the_carrier_can_say_that_somebody_calls(database_url: str, tmp_path: Path) -> None:
    async with answered_service(database_url, tmp_path, configuration()) as service:
        fields, headers = fetch(service, "CA" + "2" * 32)
        address = f"{service.url}/carrier/twilio/voice"
        for wrong in ({}, {"X-Twilio-Signature": "bm90aGluZw=="}):
            async with service.http.post(address, data=fields, headers=wrong) as response:
                assert response.status == 403
        async with service.http.post(address, data=fields | {"To": "+12125550199"}, headers=headers) as response:
            assert response.status == 403
        assert await calls_in(service) == []


@pytest.mark.parametrize("stage", ["asking", "waiting", "with_agent", "message"])
async def test_a_caller_who_hangs_up_leaves_nobody_engaged(database_url: str, tmp_path: Path, stage: str) -> None:
    text = tracking(
        ', ivr: [{ask: product, say: "Press 1.", keys: {1: auto, 9: {value: message, then: voicemail}}, tries: 5}]'
    )
    async with answered_service(database_url, tmp_path, text, (RINGS,)) as service:
        carrier = service.simulator.carrier
        answers = {"asking": [""] * 9, "message": ["9"]}.get(stage, ["1"])
        others: list[Call] = []
        for phone in ("+12125550111", "+12125550112") if stage == "waiting" else ():
            others.append(await call_us(service, TRACKING, f"+1917555015{len(others)}", answers=["1"]))
            carrier.decide(await agent_rings(service, phone), Verdict.ANSWER)
        call = await call_us(service, TRACKING, STRANGER, answers=answers)

        async def there() -> bool:
            return [
                c["stage"] for c in await calls_in(service, live="true") if c["carrier_call_id"] == call.sid
            ] == [stage]

        await until(there, what=stage)
        carrier.end(call, Status.COMPLETED)
        found = await over(service, call)
        assert (found["outcome"], found["billable"], found["price"]) == ("missed", False, "0")
        for one in others:
            carrier.end(one, Status.COMPLETED)
        await service.agents_free()
