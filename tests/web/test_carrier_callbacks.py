"""Carrier callbacks: only genuine ones count, each once, in any order, even before our own request is answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

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
    until,
)
from twilio.request_validator import RequestValidator

from speedtolead.simulator import SIMULATED_ACCOUNT_SID, SIMULATED_AUTH_TOKEN, Fault
from speedtolead.simulator.people import Does


class Post:
    """The carrier's side of a callback, signed as the carrier does or not."""

    def __init__(self, service: RunningService, lead: Any, leg_index: int = 0) -> None:
        self.service = service
        self.attempt = lead["attempts"][0]
        self.leg_index = leg_index

    async def leg_id(self) -> str:
        async with self.service.database.connection() as tx:
            rows = await tx.fetch(
                "SELECT id FROM leg WHERE attempt_id = $1 ORDER BY placed_at, id", self.attempt["attempt_id"]
            )
        return str(rows[self.leg_index]["id"])

    async def __call__(
        self, kind: str, fields: dict[str, str], signature: str | None = None, token: str | None = None
    ) -> tuple[int, str]:
        path = f"/carrier/twilio/attempts/{self.attempt['attempt_id']}/legs/{await self.leg_id()}/{kind}"
        fields = {"AccountSid": SIMULATED_ACCOUNT_SID, "CallSid": "CA" + "1" * 32} | fields
        url = self.service.url + path
        if signature is None:
            signature = RequestValidator(SIMULATED_AUTH_TOKEN).compute_signature(url, fields)
        headers = {"X-Twilio-Signature": signature} if signature else {}
        if token:
            headers["I-Twilio-Idempotency-Token"] = token
        async with self.service.http.post(url, data=fields, headers=headers) as response:
            return response.status, await response.text()


@pytest.fixture
async def offered(database_url: str, tmp_path: Path) -> AsyncIterator[tuple[RunningService, Any]]:
    """A service in which an agent's phone rings and is answered by nobody but the test."""
    people = (person(AGENT_PHONES[0], Does.MANUAL), LEAD_ANSWERS)
    async with running_service(database_url, tmp_path, configuration(), people, speed=1.0) as service:
        _, answer = await service.post()
        lead = await service.lead_when(
            answer["lead_id"],
            lambda lead: lead["attempts"][0]["legs"] and lead["attempts"][0]["legs"][0]["ringing_at"],
        )
        yield service, lead


async def table(service: RunningService, sql: str) -> Any:
    async with service.database.connection() as tx:
        return await tx.fetchval(sql)


@pytest.mark.parametrize("signature", ["", "bm9wZQ=="])
async def test_an_unsigned_or_wrongly_signed_callback_changes_nothing(
    offered: tuple[RunningService, Any], signature: str
) -> None:
    service, lead = offered
    before = await table(service, "SELECT count(*) FROM carrier_callback")
    status, body = await Post(service, lead)("status", {"CallStatus": "completed"}, signature)
    assert status == 403
    assert "not_genuine" in body
    assert await table(service, "SELECT count(*) FROM carrier_callback") == before
    after = await service.lead(lead["lead_id"])
    assert after["attempts"][0]["state"] == "dialing"


async def test_a_signature_for_other_fields_is_not_genuine(offered: tuple[RunningService, Any]) -> None:
    service, lead = offered
    post = Post(service, lead)
    url = f"{service.url}/carrier/twilio/attempts/{post.attempt['attempt_id']}/legs/{await post.leg_id()}/status"
    signed = RequestValidator(SIMULATED_AUTH_TOKEN).compute_signature(url, {"CallStatus": "ringing"})
    assert (await post("status", {"CallStatus": "completed"}, signed))[0] == 403


async def test_a_repeated_callback_makes_one_inbox_row(offered: tuple[RunningService, Any]) -> None:
    service, lead = offered
    post = Post(service, lead)
    before = await table(service, "SELECT count(*) FROM carrier_callback")
    for _ in range(3):
        assert (await post("status", {"CallStatus": "ringing", "SequenceNumber": "77"}))[0] == 204
    assert await table(service, "SELECT count(*) FROM carrier_callback") == before + 1


async def test_callbacks_of_one_attempt_that_come_at_once_wait_for_each_other(
    offered: tuple[RunningService, Any],
) -> None:
    service, lead = offered
    post = Post(service, lead)
    answers = await asyncio.gather(
        *(post("status", {"CallStatus": "ringing", "SequenceNumber": str(n)}) for n in range(100, 130))
    )
    assert {status for status, _ in answers} == {204}


async def test_unknown_words_and_fields_are_ignored(offered: tuple[RunningService, Any]) -> None:
    service, lead = offered
    status, _ = await Post(service, lead)("status", {"CallStatus": "teleported", "NewField": "x"})
    assert status == 204
    assert (await service.lead(lead["lead_id"]))["attempts"][0]["state"] == "dialing"


async def test_a_callback_for_nothing_is_taken_and_dropped(offered: tuple[RunningService, Any]) -> None:
    service, lead = offered
    lead["attempts"][0]["attempt_id"] = lead["lead_id"]  # an id, but no attempt's
    post = Post(service, lead)
    post.leg_index = 0
    url = f"{service.url}/carrier/twilio/attempts/{lead['lead_id']}/legs/{lead['lead_id']}/status"
    fields = {"CallStatus": "completed"}
    signed = RequestValidator(SIMULATED_AUTH_TOKEN).compute_signature(url, fields)
    async with service.http.post(url, data=fields, headers={"X-Twilio-Signature": signed}) as response:
        assert response.status == 204


async def test_pressing_1_answers_with_the_call_to_the_lead_and_again_with_the_same(
    offered: tuple[RunningService, Any],
) -> None:
    service, lead = offered
    post = Post(service, lead)
    status, first = await post("accept", {"Digits": "1"}, token="t-1")
    assert status == 200
    assert LEAD_PHONE in first
    assert "#rc=3" in first
    again = await post("accept", {"Digits": "1"}, token="t-1")
    assert again == (200, first)
    assert await table(service, "SELECT count(*) FROM leg WHERE kind = 'lead'") == 1
    permits = (await service.lead(lead["lead_id"]))["attempts"][0]["decisions"]
    assert [permit["verdict"] for permit in permits] == ["allowed", "allowed"]


@pytest.mark.parametrize("digits", ["", "2"])
async def test_any_other_key_does_not_take_the_lead(offered: tuple[RunningService, Any], digits: str) -> None:
    service, lead = offered
    status, twiml = await Post(service, lead)("accept", {"Digits": digits})
    assert status == 200
    assert LEAD_PHONE not in twiml
    assert "Hangup" in twiml
    assert await table(service, "SELECT count(*) FROM leg WHERE kind = 'lead'") == 0


async def test_a_stop_that_lands_before_the_agent_presses_1_wins(offered: tuple[RunningService, Any]) -> None:
    service, lead = offered
    async with service.http.post(
        f"{service.url}/v1/suppressions",
        json={"phone": LEAD_PHONE},
        headers={"Authorization": f"Bearer {service.account_key}"},
    ) as response:
        assert response.status == 201
    _, twiml = await Post(service, lead)("accept", {"Digits": "1"})
    assert LEAD_PHONE not in twiml
    after = await service.lead(lead["lead_id"])
    assert after["status"] == "suppressed"
    assert after["attempts"][0]["state"] == "cancelled"
    assert service.rung() == 0


async def test_a_callback_that_comes_before_the_requests_own_answer_is_matched(
    database_url: str, tmp_path: Path
) -> None:
    text = configuration(mode="lead_first")
    people = (AGENTS_ANSWER, person(LEAD_PHONE, Does.MANUAL))
    async with running_service(database_url, tmp_path, text, people, carrier_timeout=10.0) as service:
        service.simulator.carrier.faults.order(
            [Fault(does="timeout_after", path="*/Calls.json", method="POST", seconds=3)]
        )
        _, answer = await service.post()
        lead = await service.lead_when(answer["lead_id"], lambda lead: lead["attempts"][0]["ringing_at"])
        attempt = lead["attempts"][0]
        assert attempt["requested_at"] is None
        (lead_leg,) = [leg for leg in attempt["legs"] if leg["kind"] == "lead"]
        assert lead_leg["carrier_call_id"] == service.simulator.carrier.calls_to(LEAD_PHONE)[0].sid


async def test_after_the_lead_hangs_up_the_agent_is_free_at_once(service: RunningService) -> None:
    _, answer = await service.post()
    await service.lead_when(answer["lead_id"], lambda lead: lead["attempts"][0]["bridged_at"])
    call = service.simulator.carrier.calls_to(LEAD_PHONE)[0]
    await service.http.post(f"{service.simulator.url}/simulator/calls/{call.sid}/hangup")
    await service.ended(answer["lead_id"])
    await service.agents_free(5)


async def test_a_person_who_opts_out_by_suppression_is_not_called_again(database_url: str, tmp_path: Path) -> None:
    text = configuration(cadence="[{after: 0s, channel: call}, {after: 1d, channel: call}]")
    people = (AGENTS_ANSWER, person(LEAD_PHONE, Does.BUSY))
    async with running_service(database_url, tmp_path, text, people) as service:
        _, answer = await service.post()
        await service.lead_when(answer["lead_id"], lambda lead: len(lead["attempts"]) == 2)
        headers = {"Authorization": f"Bearer {service.account_key}"}
        await service.http.post(f"{service.url}/v1/suppressions", json={"phone": LEAD_PHONE}, headers=headers)
        lead = await service.lead(answer["lead_id"])
        assert lead["status"] == "suppressed"
        assert [a["state"] for a in lead["attempts"]] == ["busy", "cancelled"]


async def test_a_refused_permit_is_recorded_and_nobody_is_called(database_url: str, tmp_path: Path) -> None:
    """Suppressed behind the API's back between planning and dialling: the permit of the last moment refuses."""
    async with running_service(database_url, tmp_path, configuration(mode="lead_first")) as service:
        headers = {"Authorization": f"Bearer {service.account_key}"}
        state = f"{service.url}/v1/agents/agent-1/state"
        await service.http.put(state, json={"state": "paused"}, headers=headers)
        _, answer = await service.post()
        async with service.database.connection() as tx:
            await tx.execute(
                "INSERT INTO suppression (id, account_id, kind, value, reason, origin, created_at)"
                " SELECT gen_random_uuid(), id, 'phone', $1, 'said stop', 'test', now() FROM account",
                LEAD_PHONE,
            )
        await service.http.put(state, json={"state": "available"}, headers=headers)
        lead = await service.ended(answer["lead_id"])
        attempt = lead["attempts"][0]
        assert (lead["status"], attempt["state"]) == ("suppressed", "refused")
        refusal = attempt["decisions"][-1]
        assert refusal["verdict"] == "refused"
        assert {rule["name"]: rule["verdict"] for rule in refusal["rules"]}["suppression"] == "refused"
        assert service.rung() == 0
        await service.agents_free()


async def test_the_cap_of_24_hours_holds_over_leads_of_one_person(database_url: str, tmp_path: Path) -> None:
    text = configuration(mode="lead_first", dial=", attempts_per_24h: 2")
    people = (AGENTS_ANSWER, person(LEAD_PHONE, Does.BUSY))
    async with running_service(database_url, tmp_path, text, people) as service:
        ids = []
        for _ in range(2):
            _, answer = await service.post()
            await service.ended(answer["lead_id"])
        _, third = await service.post()
        ids.append(third["lead_id"])

        async def put_off() -> Any:
            lead = await service.lead(third["lead_id"])
            decisions = lead["attempts"][0]["decisions"]
            return decisions if decisions else None

        decisions = await until(put_off)
        assert decisions[-1]["verdict"] == "not_before"
        assert {rule["name"]: rule["verdict"] for rule in decisions[-1]["rules"]}["attempt_cap"] == "not_before"
        assert service.rung() == 2
