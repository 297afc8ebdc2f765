"""``POST /v1/sources/{name}/dry-run``: how a post would be mapped and judged, with nothing stored."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import asyncpg
import pytest
from running import RunningService, configuration, configure, running_service

GOOGLE_KEY = "a-key-of-the-advertisers-form"
SOURCES = f"""
  - {{name: partner, api_key: stl_partner_key_0001, campaign: auto, price: {{flat: 31.50}},
     accept: {{states: [NY], consent: {{channels: [call]}}}}, checks: {{velocity: {{phone: 1/1h}}}},
     ask: {{lookup: 1s, lists: 1s}},
     mapping: {{fields: {{phone: mobile, state: st, consent.channels: {{const: [call]}}, external_id: ref}}}}}}
  - {{name: ads, campaign: auto, connector: {{type: google, google_key: {GOOGLE_KEY}}}}}
"""
LEAD = {"phone": "+12125550142", "first_name": "Ada", "state": "NY", "consent": {"channels": ["call"]}}
MOBILE = {"mobile": "(212) 555-0143", "st": "NY", "ref": "r-1", "car": "Subaru"}


@pytest.fixture
async def partners(database_url: str, tmp_path: Path) -> AsyncIterator[RunningService]:
    """A node whose account has a source with a mapping, and one with a connector."""
    text = configuration().replace("campaigns:\n", f"{SOURCES.strip(chr(10))}\ncampaigns:\n")
    async with running_service(database_url, tmp_path, text) as running:
        yield running


async def dry_run(
    service: RunningService, source: str, body: Any, key: str | None = None, **more: Any
) -> tuple[int, Any]:
    async with service.http.post(
        f"{service.url}/v1/sources/{source}/dry-run",
        json={"body": body} | more,
        headers={"Authorization": f"Bearer {key or service.account_key}"},
    ) as response:
        return response.status, await response.json(content_type=None)


async def rows(service: RunningService) -> dict[str, int]:
    """How many rows each table has that a lead might leave something in."""
    connection = await asyncpg.connect(service.database_url)
    try:
        tables = ("lead", "lead_touch", "attempt", "consent", "event", "source_post", "source_period")
        more = ("recent_key", "provider_answer", "sighting", "ping")
        return {t: await connection.fetchval(f"SELECT count(*) FROM {t}") for t in (*tables, *more)}
    finally:
        await connection.close()


async def test_a_lead_that_would_be_taken_has_a_score_that_adds_up_and_a_price(service: RunningService) -> None:
    status, found = await dry_run(service, "form", LEAD)
    assert (status, found["verdict"], found["code"], found["errors"]) == (200, "accepted", None, [])
    assert found["price"] == "25"
    assert found["score"] == sum(part["points"] for part in found["score_parts"])
    assert found["fields"]["phone"] == "+12125550142"
    assert {one["check"] for one in found["findings"] if one["verdict"] == "accept"} >= {"no_consent", "area_code"}


async def test_the_score_is_the_one_that_the_lead_then_gets(service: RunningService) -> None:
    lead = LEAD | {"email": "ada@mailinator.com", "city": "New York"}
    _, tried = await dry_run(service, "form", lead)
    _, taken = await service.post(**lead)
    real = await service.lead(taken["lead_id"])
    assert (tried["score"], tried["score_parts"]) == (real["score"], real["score_parts"])
    assert [one["check"] for one in tried["findings"]] == [one["check"] for one in real["findings"]]


async def test_nothing_is_stored_and_nobody_is_asked_or_called(partners: RunningService) -> None:
    before = await rows(partners)
    for body in (MOBILE, MOBILE | {"st": "NJ"}, {"mobile": "555"}, {"nothing": "of ours"}):
        assert (await dry_run(partners, "partner", body))[0] == 200
    _, found = await dry_run(partners, "partner", MOBILE)
    assert (found["verdict"], found["price"], found["not_asked"]) == ("accepted", "31.5", ["lists", "lookup"])
    assert await rows(partners) == before
    assert partners.simulator.carrier.calls_to("+12125550143") == []


async def test_a_refusal_is_told_with_its_reason_and_findings(partners: RunningService) -> None:
    _, found = await dry_run(partners, "partner", MOBILE | {"st": "NJ"})
    assert (found["verdict"], found["code"]) == ("refused", "outside_criteria")
    assert "takes NY" in found["detail"]
    assert (found["score"], found["price"]) == (None, None)
    (objection,) = [one for one in found["findings"] if one["verdict"] == "refuse"]
    assert objection["inputs"]["value"] == "NJ"


async def test_fields_that_cannot_be_read_are_named(partners: RunningService) -> None:
    _, found = await dry_run(partners, "partner", MOBILE | {"mobile": None})
    assert (found["verdict"], found["code"], found["findings"]) == ("refused", "invalid_phone", [])
    assert [error["field"] for error in found["errors"]] == ["phone"]


async def test_the_trace_tells_how_each_field_was_found_and_what_was_not_used(partners: RunningService) -> None:
    _, found = await dry_run(partners, "partner", MOBILE)
    trace = {one["field"]: one for one in found["trace"]}
    assert trace["phone"] == {
        "field": "phone",
        "taken_from": "mobile",
        "raw": "(212) 555-0143",
        "result": "(212) 555-0143",
        "note": "",
    }
    assert trace["consent.channels"]["note"] == "a constant"
    assert found["unused"] == ["car"]


async def test_a_mapping_that_is_given_is_used_instead(partners: RunningService) -> None:
    mapping = {"fields": {"phone": "m", "first_name": {"from": "n", "part": "first"}}, "rest": "attributes"}
    body = {"m": "+12125550142", "n": "Ada Example", "car": "Subaru"}
    _, found = await dry_run(partners, "partner", body, mapping=mapping)
    assert found["fields"] == {
        "phone": "+12125550142",
        "first_name": "Ada",
        "attributes": {"car": "Subaru"},
    }
    assert found["code"] == "no_consent"


async def test_mistakes_in_a_mapping_are_told_with_their_places(service: RunningService) -> None:
    mapping = {"fields": {"phone": {"from": "a", "as": "nonsense"}, "no_such": "b"}, "rest": "burn"}
    status, problem = await dry_run(service, "form", LEAD, mapping=mapping)
    assert (status, problem["code"]) == (422, "invalid_mapping")
    fields = {error["field"] for error in problem["errors"]}
    assert fields == {"mapping.fields.phone.as", "mapping.fields.no_such", "mapping.rest"}


async def test_text_is_read_as_it_would_be_posted(partners: RunningService) -> None:
    form = urlencode({"phone": "+12125550142", "consent[channels]": "call"})
    _, found = await dry_run(partners, "form", form)
    assert (found["verdict"], found["fields"]["consent"]) == ("accepted", {"channels": "call"})
    _, found = await dry_run(partners, "form", '{"phone": "+12125550142"}')
    assert found["code"] == "no_consent"
    status, problem = await dry_run(partners, "form", "a", content_type="text/plain")
    assert (status, problem["code"]) == (400, "unreadable_body")
    assert (await dry_run(partners, "form", '{"phone":'))[0] == 400
    assert (await dry_run(partners, "form", LEAD, content_type="text/plain"))[0] == 422


async def test_a_connectors_source_reads_what_its_provider_delivers(partners: RunningService) -> None:
    column = {"column_id": "PHONE_NUMBER", "string_value": "+12125550142"}
    delivered = {"lead_id": "g-7", "user_column_data": [column], "google_key": "[key]"}
    _, found = await dry_run(partners, "ads", delivered)
    assert (found["fields"]["phone"], found["fields"]["external_id"]) == ("+12125550142", "g-7")
    assert found["code"] == "no_consent"
    status, problem = await dry_run(partners, "ads", {"user_column_data": [column]})
    assert (status, problem["code"]) == (400, "unreadable_body")


async def test_only_the_accounts_key_and_the_sources_own_may_try(partners: RunningService) -> None:
    assert (await dry_run(partners, "partner", MOBILE, "stl_partner_key_0001"))[0] == 200
    assert (await dry_run(partners, "form", LEAD, "stl_partner_key_0001"))[0] == 404
    assert (await dry_run(partners, "form", LEAD, "stl_no_such_key_0001"))[0] == 401
    assert (await dry_run(partners, "nowhere", LEAD))[0] == 404
    other = configuration(account="other", account_key="stl_acct_other_0001", source_key="stl_other_key_0001")
    await configure(partners.database_url, other)
    assert (await dry_run(partners, "partner", MOBILE, "stl_acct_other_0001"))[0] == 404


@pytest.mark.parametrize("more", [{"mapping": []}, {"content_type": 7}, {"else": 1}])
async def test_a_request_of_another_shape_is_refused(service: RunningService, more: dict[str, Any]) -> None:
    assert (await dry_run(service, "form", LEAD, **more))[0] == 422
