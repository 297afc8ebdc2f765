"""TikTok's lead deliveries: known by our token in the address and, where asked for, by their signature too."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from test_connectors_registry import NOW, USABLE, document, hmac_hex, ours, payload, posted, read, read_one

from speedtolead.adapters.connectors import CONNECTORS
from speedtolead.ports.connectors import NotGenuine, Posted, Unreadable

TIKTOK = CONNECTORS["tiktok"]
TOKEN = USABLE["tiktok"]
SIGNED = TOKEN | {"app_secret": "0123456789abcdef0123456789abcdef"}


def delivered(body: bytes | dict[str, Any], **headers: str) -> Posted:
    return posted(body, query=TOKEN, **headers)


def signature(body: bytes, at: datetime = NOW, secret: str = SIGNED["app_secret"]) -> str:
    seconds = int(at.timestamp())
    return f"t={seconds},s={hmac_hex(secret, f'{seconds}.'.encode() + body)}"


async def test_a_lead_becomes_ours() -> None:
    lead = await read_one(TIKTOK, delivered(payload("tiktok_lead.json")))
    assert lead.external_id == "7478201256781923841"
    assert lead.submitted_at == datetime(2025, 3, 5, 8, 30, tzinfo=UTC)
    assert lead.raw == payload("tiktok_lead.json")
    fields = ours(TIKTOK, lead)
    attributes = fields.pop("attributes")
    assert fields == {
        "phone": "+13035550144",
        "first_name": "Zoë",
        "last_name": "Example",
        "email": "zoe@example.com",
        "city": "Aurora",
        "external_id": "7478201256781923841",
        "submitted_at": "2025-03-05T08:30:00Z",
    }
    assert {"How old is your roof?", "20 years", 7470000000000000001} <= set(attributes.values())


async def test_several_leads_come_each_with_its_own_evidence() -> None:
    whole = document("tiktok_lead.json")
    (first,) = whole["entry"]
    second = first | {"id": "2", "changes": [{"field": "phone_number", "value": "+13035550150"}]}
    leads = await read(TIKTOK, delivered(whole | {"entry": [first, second]}))
    assert [lead.external_id for lead in leads] == ["7478201256781923841", "2"]
    assert [json.loads(lead.raw) for lead in leads] == [first, second]
    assert [ours(TIKTOK, lead)["phone"] for lead in leads] == ["+13035550144", "+13035550150"]


async def test_other_news_on_the_same_address_is_no_lead() -> None:
    assert await read(TIKTOK, delivered({"object": 2, "entry": "anything"})) == []
    assert await read(TIKTOK, delivered({})) == []


@pytest.mark.parametrize(
    "query", [{}, {"token": ""}, {"token": "another-token-of-the-address"}, {"TOKEN": TOKEN["token"]}]
)
async def test_a_wrong_token_is_not_genuine_and_nothing_is_read(query: dict[str, str]) -> None:
    for body in (payload("tiktok_lead.json"), b"\xff"):
        with pytest.raises(NotGenuine):
            await read(TIKTOK, posted(body, query=query))


async def test_a_token_given_twice_is_not_genuine() -> None:
    pair = ("token", TOKEN["token"])
    with pytest.raises(NotGenuine):
        await read(TIKTOK, Posted("POST", (pair, pair), {}, "application/json", payload("tiktok_lead.json")))


async def test_a_signature_is_asked_for_once_the_app_secret_is_set() -> None:
    body = payload("tiktok_lead.json")
    assert len(await read(TIKTOK, delivered(body, tiktok_signature=signature(body)), SIGNED)) == 1
    spaced = signature(body).replace(",", ", ")
    assert len(await read(TIKTOK, delivered(body, tiktok_signature=spaced), SIGNED)) == 1
    late = signature(body, NOW - timedelta(seconds=301))
    other = signature(body, secret="another-secret-of-another-app")
    for wrong in ("", "t=,s=", "s=1", signature(body + b" "), late, other, signature(body).replace("t=", "t=1")):
        with pytest.raises(NotGenuine):
            await read(TIKTOK, delivered(body, tiktok_signature=wrong), SIGNED)
    with pytest.raises(NotGenuine):
        await read(TIKTOK, delivered(body), SIGNED)


async def test_a_right_signature_does_not_make_up_for_the_token() -> None:
    body = payload("tiktok_lead.json")
    with pytest.raises(NotGenuine):
        await read(TIKTOK, posted(body, tiktok_signature=signature(body)), SIGNED)


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (None, "entry"),
        ("x", "entry"),
        (["x"], "entry"),
        ([{"changes": []}], "entry.id"),
        ([{"id": None, "changes": []}], "entry.id"),
        ([{"id": 1}], "entry.changes"),
        ([{"id": 1, "changes": [1]}], "entry.changes"),
    ],
)
async def test_a_lead_of_another_shape_is_unreadable(entry: object, field: str) -> None:
    with pytest.raises(Unreadable) as why:
        await read(TIKTOK, delivered({"object": 1, "entry": entry}))
    assert why.value.field == field


async def test_what_is_no_json_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        await read(TIKTOK, delivered(b"object=1"))
