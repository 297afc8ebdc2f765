"""Outcomes: taken once, shown with the lead, and what follows from each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
import pytest_asyncio
from posting import TOMORROW, at, key_of, new_database, value, with_sources
from reporting import MANAGER, RETURNS, ask, events_of, report, taken
from running import RunningService, configuration, configure, running_service

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    text = with_sources({"vendor": {"cost_per_lead": 25, **RETURNS}}, cadence=TOMORROW)
    folder: Path = tmp_path_factory.mktemp("outcomes")
    async with new_database(server_url) as url, running_service(url, folder, text) as running:
        yield running


async def states(service: RunningService, lead_id: str) -> list[str]:
    return [attempt["state"] for attempt in (await service.lead(lead_id))["attempts"]]


@pytest.mark.parametrize(("kind", "then"), [("appointment", "cancelled"), ("quote", "scheduled")])
async def test_an_outcome_is_kept_and_shown_and_an_appointment_stops_the_cadence(
    service: RunningService, kind: str, then: str
) -> None:
    lead_id = await taken(service)
    status, answer = await report(
        service, lead_id, kind=kind, value="1250.50", note="on Tuesday", occurred_at="2026-11-01T10:00:00-05:00"
    )
    assert status == 201
    assert set(answer) == {"outcome_id", "lead"}
    assert answer["lead"] == await service.lead(lead_id)
    (outcome,) = answer["lead"]["outcomes"]
    assert outcome.pop("reported_at").endswith("Z")
    assert outcome == {
        "outcome_id": answer["outcome_id"],
        "kind": kind,
        "value": "1250.5",
        "reason": None,
        "note": "on Tuesday",
        "occurred_at": "2026-11-01T15:00:00.000Z",
        "reported_by": "api",
        "not_claimed": None,
    }
    assert answer["lead"]["status"] == "new"
    assert await states(service, lead_id) == [then]
    ((_, data),) = await events_of(service, lead_id, f"outcome.{kind}")
    assert (data["outcome_id"], data["value"]) == (answer["outcome_id"], "1250.5")


async def test_a_sale_converts_the_lead_and_it_is_called_no_more(service: RunningService) -> None:
    lead_id = await taken(service)
    status, answer = await report(service, lead_id, kind="sale", value="0")
    assert (status, answer["lead"]["status"]) == (201, "converted")
    assert answer["lead"]["outcomes"][0]["value"] == "0"
    assert await states(service, lead_id) == ["cancelled"]
    kinds = [kind for kind, _ in await events_of(service, lead_id)]
    assert kinds == ["lead.accepted", "outcome.sale", "lead.converted"]
    status, again = await report(service, lead_id, kind="sale", value="10")
    assert (status, len(again["lead"]["outcomes"])) == (201, 2)
    assert [kind for kind, _ in await events_of(service, lead_id, "lead.converted")] == ["lead.converted"]


async def test_a_return_ends_the_cadence_and_prepares_a_claim(service: RunningService) -> None:
    lead_id = await taken(service, "vendor", external_id="v-1")
    status, answer = await report(service, lead_id, kind="return", reason="did_not_request", note="was upset")
    assert (status, answer["lead"]["status"]) == (201, "closed")
    claim = answer["lead"]["claim"]
    assert (claim["state"], claim["reason"], claim["amount"], claim["suspected"]) == (
        "prepared", "did_not_request", "25", False
    )  # fmt: skip
    assert [one["outcome_id"] for one in claim["evidence"]] == [answer["outcome_id"]]
    assert await states(service, lead_id) == ["cancelled"]
    kinds = [kind for kind, _ in await events_of(service, lead_id)]
    assert kinds == ["lead.accepted", "lead.returned", "lead.closed", "return.prepared"]


async def test_a_return_without_terms_is_kept_and_says_why_nothing_is_claimed(service: RunningService) -> None:
    status, answer = await report(service, await taken(service), kind="return", reason="fraud")
    assert (status, answer["lead"]["claim"]) == (201, None)
    assert answer["lead"]["outcomes"][0]["not_claimed"] == "No return terms are agreed with this source."


async def test_the_same_key_answers_with_the_first_outcome(service: RunningService) -> None:
    lead_id, other_id = await taken(service), await taken(service)
    once = {"Idempotency-Key": "crm-77"}
    status, first = await report(service, lead_id, once, kind="sale", value="100")
    again = await report(service, lead_id, once, kind="quote", value="7")
    assert (status, again[0], again[1]["outcome_id"]) == (201, 201, first["outcome_id"])
    assert len(again[1]["lead"]["outcomes"]) == 1
    _, other = await report(service, other_id, once, kind="sale")
    assert other["outcome_id"] != first["outcome_id"]


async def test_the_same_key_many_times_at_once_makes_one_outcome(service: RunningService) -> None:
    lead_id = await taken(service, "vendor")
    once = {"Idempotency-Key": "at-once"}
    found = await asyncio.gather(*(report(service, lead_id, once, kind="return", reason="fraud") for _ in range(8)))
    assert {status for status, _ in found} == {201}
    assert len({answer["outcome_id"] for _, answer in found}) == 1
    assert await value(service, "SELECT count(*) FROM outcome WHERE lead_id = $1", lead_id) == 1
    assert len(await events_of(service, lead_id, "lead.returned", "return.prepared")) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "kind"),
        ({"kind": "party"}, "kind"),
        ({"kind": "sale", "value": "-0.01"}, "value"),
        ({"kind": "sale", "value": "a lot"}, "value"),
        ({"kind": "sale", "value": "0.00001"}, "value"),
        ({"kind": "sale", "value": "NaN"}, "value"),
        ({"kind": "sale", "value": "99999999999"}, "value"),
        ({"kind": "sale", "reason": "fraud"}, "reason"),
        ({"kind": "return"}, "reason"),
        ({"kind": "return", "reason": "bored"}, "reason"),
        ({"kind": "return", "reason": "fraud", "value": "1"}, "value"),
        ({"kind": "sale", "occurred_at": "yesterday"}, "occurred_at"),
        ({"kind": "sale", "occurred_at": "2026-11-01T10:00:00"}, "occurred_at"),
        ({"kind": "sale", "occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at"),
        ({"kind": "sale", "occurred_at": "9999-12-31T23:59:59-14:00"}, "occurred_at"),
        ({"kind": "sale", "note": "a\x00b"}, "note"),
        ({"kind": "sale", "note": "n" * 1001}, "note"),
        ({"kind": "sale", "amount": "1"}, "amount"),
    ],
)
async def test_what_does_not_fit_is_refused_by_its_field(
    service: RunningService, body: dict[str, Any], field: str
) -> None:
    lead_id = await taken(service, test=True)
    status, problem = await report(service, lead_id, **body)
    assert (status, problem["errors"][0]["field"]) == (422, field)
    assert (await service.lead(lead_id))["outcomes"] == []


async def test_the_future_is_refused_but_a_clock_may_be_a_little_ahead(service: RunningService) -> None:
    lead_id = await taken(service)
    soon, later = (datetime.now(UTC) + timedelta(minutes=m) for m in (1, 60))
    assert (await report(service, lead_id, kind="quote", occurred_at=soon.isoformat()))[0] == 201
    status, problem = await report(service, lead_id, kind="quote", occurred_at=later.isoformat())
    assert (status, problem["errors"][0]["field"]) == (422, "occurred_at")


async def test_only_json_with_a_sound_key_is_read(service: RunningService) -> None:
    path = f"/v1/leads/{await taken(service)}/outcomes"
    headers = {"Authorization": f"Bearer {service.account_key}"}
    for content, body, status in (("text/plain", b"{}", 415), ("application/json", b"{", 400)):
        async with service.http.post(
            service.url + path, data=body, headers=headers | {"Content-Type": content}
        ) as response:
            assert response.status == status
    assert (await ask(service, "POST", path, {"kind": "quote"}, **{"Idempotency-Key": "k" * 201}))[0] == 422


async def test_a_rejected_lead_has_no_outcomes(service: RunningService) -> None:
    _, refused = await service.post(phone="12")
    status, problem = await report(service, refused["lead_id"], kind="sale")
    assert (status, problem["code"]) == (409, "lead_refused")


async def test_a_sources_key_may_not_report_and_is_not_told(service: RunningService) -> None:
    lead_id = await taken(service, "vendor")
    own = key_of("vendor")
    bodies: list[dict[str, Any]] = [{"kind": "sale"}, {"kind": "return", "reason": "fraud"}]
    for body in bodies:
        assert (await report(service, lead_id, key=own, **body))[0] == 403
    assert (await report(service, lead_id, key="stl_nobody_0001", kind="sale"))[0] == 401
    await report(service, lead_id, kind="return", reason="fraud", note="between us")
    seen = await at(service, "vendor").get(f"/v1/leads/{lead_id}", own)
    assert (seen["outcomes"], seen["claim"]) == ([], None)


async def test_another_accounts_lead_is_not_found(service: RunningService) -> None:
    await configure(
        service.database_url,
        configuration(account="other", account_key="stl_acct_other_0001", source_key="stl_other_key_0001"),
    )
    lead_id = await taken(service)
    for asked, key in ((lead_id, "stl_acct_other_0001"), (str(uuid4()), None), ("not-an-id", None)):
        status, problem = await report(service, asked, key=key, kind="sale")
        assert (status, problem["code"]) == (404, "not_found")
    assert (await service.lead(lead_id))["status"] == "new"


async def test_a_manager_who_is_signed_in_may_report_with_the_pages_token(service: RunningService) -> None:
    lead_id = await taken(service)
    url = f"{service.url}/v1/leads/{lead_id}/outcomes"
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as browser:
        async with browser.post(f"{service.url}/login", data=MANAGER, allow_redirects=False) as response:
            assert response.status == 303
        async with browser.get(f"{service.url}/leads/{lead_id}") as page:
            token = (await page.text()).split('name="csrf" value="')[1].partition('"')[0]
        async with browser.post(url, json={"kind": "sale"}) as response:
            assert response.status == 403
        async with browser.post(url, json={"kind": "sale"}, headers={"X-CSRF-Token": token}) as response:
            assert response.status == 201
            answer = await response.json()
    assert answer["lead"]["outcomes"][0]["reported_by"] == MANAGER["email"]
