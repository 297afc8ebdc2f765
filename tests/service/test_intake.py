"""Taking leads: every reasonable post is accepted, every refusal says why, a repeat is answered as before."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest
from processes import node_process
from running import (
    LEAD_PHONE,
    SOURCE_KEY,
    RunningService,
    configuration,
    configure,
    free_port,
    running_node,
    running_service,
    settings_for,
)


async def count(service: RunningService, table: str, where: str = "true") -> int:
    async with service.database.connection() as tx:
        found: int = await tx.fetchval(f"SELECT count(*) FROM {table} WHERE {where}")
        return found


async def raw_post(
    service: RunningService, body: bytes, kind: str = "application/json", key: str | None = SOURCE_KEY
) -> tuple[int, dict[str, Any]]:
    headers = {"Content-Type": kind}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    async with service.http.post(f"{service.url}/v1/leads", data=body, headers=headers) as response:
        assert response.content_type in {"application/json", "application/problem+json"}
        return response.status, await response.json(content_type=None)


async def test_a_json_lead_is_accepted_and_stored_with_its_consent_and_raw_body(service: RunningService) -> None:
    status, answer = await service.post(
        last_name="Lovelace",
        email="Ada@Example.com",
        postal_code="10001",
        external_id="crm-7",
        cost="31.50",
        attributes={"vehicle_year": 2019},
        submitted_at="2026-11-22T10:00:00-05:00",
    )
    assert status == 202
    assert answer["links"] == {"self": f"/v1/leads/{answer['lead_id']}"}
    lead = await service.lead(answer["lead_id"])
    assert lead["phone"] == LEAD_PHONE
    assert lead["email"] == "ada@example.com"
    assert lead["cost"] == "31.5"
    assert lead["attributes"] == {"vehicle_year": 2019}
    assert lead["submitted_at"] == "2026-11-22T15:00:00.000Z"
    assert lead["consent"]["channels"] == ["call"]
    assert len(lead["raw_sha256"]) == 64


async def test_a_form_lead_is_accepted(service: RunningService) -> None:
    form = (
        b"phone=(212)+555-0142&first_name=Ada&state=ny&consent[channels][]=call&consent.text=yes&attributes[age]=36"
    )
    status, answer = await raw_post(service, form, "application/x-www-form-urlencoded")
    assert status == 202
    lead = await service.lead(answer["lead_id"])
    assert (lead["phone"], lead["state"], lead["attributes"]) == (LEAD_PHONE, "NY", {"age": "36"})


async def test_the_answer_comes_only_after_the_lead_is_stored(service: RunningService) -> None:
    _, answer = await service.post()
    assert await count(service, "lead", f"id = '{answer['lead_id']}'") == 1
    assert await count(service, "consent") == 1
    assert await count(service, "attempt") == 1


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"phone": "12"}, "invalid_phone", "phone"),
        ({"phone": "call me"}, "invalid_phone", "phone"),
        ({"consent": {"channels": ["email"]}}, "no_consent", "consent.channels"),
        ({"consent": None}, "no_consent", "consent.channels"),
        ({"phone": "+18005551212", "state": None}, "unknown_location", "state"),
    ],
)
async def test_a_refused_lead_is_stored_with_its_reason(
    service: RunningService, fields: dict[str, Any], code: str, field: str
) -> None:
    status, answer = await service.post(**fields)
    assert status == 422
    assert answer["code"] == code
    assert answer["errors"][0]["field"] == field
    lead = await service.lead(answer["lead_id"])
    assert (lead["status"], lead["refusal"], lead["attempts"]) == ("rejected", code, [])


@pytest.mark.parametrize(
    ("source", "fields", "code"),
    [
        (", accept: {states: [NJ]}", {}, "outside_criteria"),
        (", accept: {states: [NJ]}", {"state": None, "postal_code": "10001"}, "outside_criteria"),
        (", accept: {consent: {channels: [call], certificate: required}}", {}, "no_certificate"),
        (", accept: {max_age: 10m}", {"submitted_at": "2020-01-01T00:00:00Z"}, "too_old"),
        (", paused: true", {}, "source_paused"),
    ],
)
async def test_a_source_refuses_what_it_does_not_accept(
    database_url: str, tmp_path: Path, source: str, fields: dict[str, Any], code: str
) -> None:
    async with running_service(database_url, tmp_path, configuration(source=source)) as service:
        status, answer = await service.post(**fields)
        assert (status, answer["code"]) == (422, code)


async def test_a_source_accepts_what_fits(database_url: str, tmp_path: Path) -> None:
    source = ", accept: {states: [NY], max_age: 10m, consent: {channels: [call], certificate: required}}"
    async with running_service(database_url, tmp_path, configuration(source=source)) as service:
        status, _ = await service.post(
            submitted_at=(datetime.now(UTC) - timedelta(minutes=1)).isoformat(),
            consent={"channels": ["call", "sms"], "leadid_token": "A" * 36},
        )
        assert status == 202


async def test_a_second_lead_with_the_same_phone_is_a_duplicate_within_the_window(
    database_url: str, tmp_path: Path
) -> None:
    async with running_service(database_url, tmp_path, configuration(source=", duplicate_window: 30d")) as service:
        assert (await service.post())[0] == 202
        status, answer = await service.post()
        assert (status, answer["code"]) == (422, "duplicate")
        assert (await service.post(phone="+12125550143"))[0] == 202


async def test_of_twins_in_the_same_moment_on_two_nodes_one_is_accepted(database_url: str, tmp_path: Path) -> None:
    text = configuration(source=", duplicate_window: 30d", agents=3)
    async with running_service(database_url, tmp_path, text) as service:
        other = settings_for(database_url, tmp_path, service.simulator.port)
        async with running_node(other):
            answers = await asyncio.gather(*(post_to(service, url) for url in (service.url, other.own_url) * 10))
        assert sorted(status for status, _ in answers) == [202] + [422] * 19
        assert {answer["code"] for status, answer in answers if status == 422} == {"duplicate"}


async def test_a_daily_cap_holds_exactly_under_concurrent_posts(database_url: str, tmp_path: Path) -> None:
    text = configuration(source=", caps: {daily: 7}", agents=3)
    async with running_service(database_url, tmp_path, text) as service:
        answers = await asyncio.gather(*(service.post(phone=f"+121255501{n:02d}") for n in range(20, 60)))
        assert sum(status == 202 for status, _ in answers) == 7
        assert {answer["code"] for status, answer in answers if status == 422} == {"over_cap"}


async def test_a_suppressed_person_is_refused(service: RunningService) -> None:
    headers = {"Authorization": f"Bearer {service.account_key}"}
    body = {"phone": "(212) 555-0142", "reason": "said stop"}
    async with service.http.post(f"{service.url}/v1/suppressions", json=body, headers=headers) as response:
        assert response.status == 201
        made = await response.json()
    status, answer = await service.post()
    assert (status, answer["code"]) == (422, "suppressed")
    async with service.http.delete(f"{service.url}/v1/suppressions/{made['id']}", headers=headers) as response:
        assert response.status == 204
    assert (await service.post())[0] == 202


async def test_a_person_who_only_wants_no_texts_may_still_be_called(service: RunningService) -> None:
    headers = {"Authorization": f"Bearer {service.account_key}"}
    body = {"phone": LEAD_PHONE, "channels": ["sms"], "words": "no texts please"}
    async with service.http.post(f"{service.url}/v1/suppressions", json=body, headers=headers) as response:
        assert response.status == 201
    status, answer = await service.post()
    assert status == 202
    assert (await service.ended(answer["lead_id"]))["status"] == "contacted"


@pytest.mark.parametrize("by", ["external_id", "Idempotency-Key"])
async def test_a_repeat_is_answered_as_the_first_time(service: RunningService, by: str) -> None:
    more: dict[str, Any] = {"external_id": "x-1"} if by == "external_id" else {"headers": {by: "k-1"}}
    first = await service.post(**more)
    again = await service.post(first_name="Somebody else", **more)
    assert again == first
    assert await count(service, "lead") == 1
    refused = await service.post(phone="12", external_id="x-2")
    assert await service.post(external_id="x-2") == refused
    assert await count(service, "attempt") == 1


async def test_a_repeat_that_races_on_two_nodes_gets_one_lead_and_the_same_answer(
    database_url: str, tmp_path: Path
) -> None:
    text = configuration(source=", duplicate_window: 30d, caps: {daily: 5}", agents=2)
    async with running_service(database_url, tmp_path, text) as service:
        other = settings_for(database_url, tmp_path, service.simulator.port)
        async with running_node(other):
            urls = (service.url, other.own_url) * 10
            answers = await asyncio.gather(*(post_to(service, url, external_id="same") for url in urls))
        assert {status for status, _ in answers} == {202}
        assert len({answer["lead_id"] for _, answer in answers}) == 1
        assert await count(service, "lead") == 1
        assert await count(service, "source_period", "accepted = 1") == 1


async def post_to(service: RunningService, url: str, **more: Any) -> tuple[int, dict[str, Any]]:
    lead = {"phone": LEAD_PHONE, "state": "NY", "consent": {"channels": ["call"]}} | more
    headers = {"Authorization": f"Bearer {SOURCE_KEY}"}
    async with service.http.post(f"{url}/v1/leads", json=lead, headers=headers) as response:
        return response.status, await response.json(content_type=None)


async def test_a_test_lead_runs_through_and_is_called_by_nobody(service: RunningService) -> None:
    status, answer = await service.post(test=True)
    assert (status, answer["next_attempt_at"]) == (202, None)
    assert (await service.lead(answer["lead_id"]))["attempts"] == []


async def test_a_scheduled_lead_is_called_at_its_time(service: RunningService) -> None:
    at = (datetime.now(UTC) + timedelta(hours=1)).replace(microsecond=0)
    _, answer = await service.post(schedule_at=at.isoformat())
    assert answer["next_attempt_at"] == at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert (await service.lead(answer["lead_id"]))["attempts"][0]["state"] == "scheduled"


async def test_a_lead_outside_the_campaigns_hours_waits_for_its_opening(database_url: str, tmp_path: Path) -> None:
    tomorrow = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(datetime.now(UTC).weekday() + 2) % 7]
    text = configuration().replace('mon-sun: "00:00-24:00"', f'{tomorrow}: "10:00-11:00"')
    async with running_service(database_url, tmp_path, text) as service:
        _, answer = await service.post()
        due = datetime.fromisoformat(answer["next_attempt_at"])
        assert timedelta(hours=1) < due - datetime.now(UTC) < timedelta(days=3)
        assert due.minute == 0


# Bad input


@pytest.mark.parametrize(
    ("body", "kind", "key", "status", "code"),
    [
        (b"{not json", "application/json", SOURCE_KEY, 400, "unreadable_body"),
        (b"\xff\xfe", "application/json", SOURCE_KEY, 400, "unreadable_body"),
        (b"[1]", "application/json", SOURCE_KEY, 400, "unreadable_body"),
        (b"[" * 100_000, "application/json", SOURCE_KEY, 400, "unreadable_body"),
        (b"phone=%ff", "application/x-www-form-urlencoded", SOURCE_KEY, 400, "unreadable_body"),
        (b'{"phone": "1"}', "application/json", "stl_unknown_key", 401, "unauthorized"),
        (b'{"phone": "1"}', "application/json", None, 401, "unauthorized"),
        (b'{"phone": "1"}', "text/plain", SOURCE_KEY, 415, "unsupported_type"),
        (b'{"x": "' + b"y" * (256 * 1024) + b'"}', "application/json", SOURCE_KEY, 413, "too_large"),
        (b"{}", "application/json", SOURCE_KEY, 422, "invalid_phone"),
        (b'{"phone": {"a": 1}}', "application/json", SOURCE_KEY, 422, "invalid_phone"),
        (b'{"phone": "2125550142", "cost": "x"}', "application/json", SOURCE_KEY, 422, "invalid_field"),
        (b'{"phone": "2125550142", "city": "a\\u0000b"}', "application/json", SOURCE_KEY, 422, "invalid_field"),
        (b'{"phone": "2125550142", "attributes": {"a": "\\u0000"}}', "application/json", SOURCE_KEY, 422,
         "invalid_field"),
    ],
)  # fmt: skip
async def test_what_cannot_be_read_is_refused_and_nothing_is_stored(
    service: RunningService, body: bytes, kind: str, key: str | None, status: int, code: str
) -> None:
    found, problem = await raw_post(service, body, kind, key)
    assert (found, problem["code"]) == (status, code)
    assert problem["status"] == status
    if status != 401:
        assert problem["errors"][0]["field"]
    assert await count(service, "lead") == 0


async def test_an_account_key_posts_no_leads_and_a_source_key_reads_only_its_own(service: RunningService) -> None:
    status, _ = await raw_post(service, b'{"phone": "2125550142"}', key=service.account_key)
    assert status == 401
    headers = {"Authorization": f"Bearer {SOURCE_KEY}"}
    async with service.http.get(f"{service.url}/v1/agents", headers=headers) as response:
        assert response.status == 403


async def test_logs_have_a_reason_and_no_personal_data(database_url: str, tmp_path: Path) -> None:
    await configure(database_url, configuration())
    settings = settings_for(database_url, tmp_path, free_port(), log_format="json")
    headers = {"Authorization": f"Bearer {SOURCE_KEY}"}
    async with node_process(settings), aiohttp.ClientSession(headers=headers) as http:
        posts: list[dict[str, Any]] = [{}, {"phone": "12"}, {"consent": {"channels": []}}, {"cost": "Zebediah"}]
        for fields in posts:
            lead: dict[str, Any] = {"phone": LEAD_PHONE, "first_name": "Zebediah", "email": "zebediah@example.com"}
            lead |= {"state": "NY", "consent": {"channels": ["call"]}} | fields
            async with http.post(f"{settings.own_url}/v1/leads", json=lead) as response:
                assert response.status in {202, 422}
    written = (tmp_path / f"node-{settings.port}.log").read_text()
    for reason in ("invalid_phone", "no_consent", "invalid_field"):
        assert reason in written
    for secret in ("Zebediah", "zebediah", LEAD_PHONE[-7:], SOURCE_KEY):
        assert secret not in written


async def test_without_the_database_a_post_is_answered_503_with_retry_after(
    database_url: str, tmp_path: Path, server_url: str
) -> None:
    async with running_service(database_url, tmp_path) as service:
        await service.post()
        name = database_url.split("?")[0].rpartition("/")[2]
        admin = await asyncpg.connect(server_url)
        try:
            await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
            async with service.http.post(
                f"{service.url}/v1/leads",
                json={"phone": LEAD_PHONE, "state": "NY", "consent": {"channels": ["call"]}},
                headers={"Authorization": f"Bearer {SOURCE_KEY}"},
            ) as response:
                assert response.status == 503
                assert response.headers["Retry-After"]
                assert (await response.json(content_type=None))["code"] == "database_away"
            async with service.http.get(f"{service.url}/readyz") as response:
                assert response.status == 503
            async with service.http.get(f"{service.url}/healthz") as response:
                assert response.status == 200
        finally:
            await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
            await admin.close()
        status, _ = await service.post(phone="+12125550143")
        assert status == 202


async def test_one_account_never_reaches_anothers_leads(database_url: str, tmp_path: Path) -> None:
    other = configuration(account="other", account_key="stl_acct_other_key_1", source_key="stl_other_key_0001")
    async with running_service(database_url, tmp_path) as service:
        await configure(database_url, other)
        _, answer = await service.post()
        path = f"{service.url}/v1/leads/{answer['lead_id']}"
        for key in ("stl_acct_other_key_1", "stl_other_key_0001"):
            headers = {"Authorization": f"Bearer {key}"}
            for method, url in (("GET", path), ("POST", f"{path}/stop")):
                async with service.http.request(method, url, headers=headers) as response:
                    assert response.status == 404
            async with service.http.get(f"{service.url}/v1/leads", headers=headers) as response:
                assert (await response.json())["leads"] == []
        found: aiohttp.ClientResponse
        async with service.http.put(
            f"{service.url}/v1/agents/agent-1/state",
            json={"state": "paused"},
            headers={"Authorization": "Bearer stl_acct_other_key_1"},
        ) as found:
            assert found.status == 200
        await service.ended(answer["lead_id"])
