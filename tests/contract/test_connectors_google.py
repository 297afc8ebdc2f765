"""Google Ads lead forms, by the schema of https://developers.google.com/google-ads/webhook/docs/implementation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from test_connectors_registry import USABLE, document, ours, payload, posted, read, read_one

from speedtolead.adapters.connectors import CONNECTORS
from speedtolead.ports.connectors import NotGenuine, Unreadable

GOOGLE = CONNECTORS["google"]


async def test_a_lead_becomes_ours() -> None:
    lead = await read_one(GOOGLE, posted(payload("google_lead.json")))
    assert lead.external_id == document("google_lead.json")["lead_id"]
    assert lead.submitted_at == datetime(2025, 3, 5, 12, 30, tzinfo=UTC)
    assert not lead.test
    fields = ours(GOOGLE, lead)
    attributes = fields.pop("attributes")
    assert fields == {
        "phone": "+13035550143",
        "first_name": "Jonas",
        "last_name": "Example",
        "email": "jonas@example.com",
        "city": "Boulder",
        "state": "Colorado",
        "postal_code": "80301",
        "external_id": lead.external_id,
        "submitted_at": "2025-03-05T12:30:00Z",
    }
    assert {"Solar", "which_service_are_you_interested_in", 123498746} <= set(attributes.values())


async def test_the_key_is_neither_in_the_fields_nor_in_the_evidence() -> None:
    lead = await read_one(GOOGLE, posted(payload("google_lead.json")))
    assert "google_key" not in lead.fields
    assert lead.raw == payload("google_lead.json").replace(USABLE["google"]["google_key"].encode(), b"[key]")


async def test_a_name_asked_for_in_two_boxes_is_taken_as_well() -> None:
    columns = [
        {"column_id": "LAST_NAME", "string_value": "Van Dyke"},
        {"column_id": "FIRST_NAME", "string_value": "Ada"},
        {"column_id": "PHONE_NUMBER", "string_value": "+13035550143"},
    ]
    lead = await read_one(GOOGLE, posted(document("google_lead.json") | {"user_column_data": columns}))
    fields = ours(GOOGLE, lead)
    assert (fields["first_name"], fields["last_name"]) == ("Ada", "Van Dyke")


async def test_a_test_lead_is_flagged() -> None:
    lead = await read_one(GOOGLE, posted(document("google_lead.json") | {"is_test": True}))
    assert lead.test
    assert ours(GOOGLE, lead)["test"] is True


@pytest.mark.parametrize("key", ["", "a-key-of-the-advertisers-forn", None, 7, ["a-key-of-the-advertisers-form"]])
async def test_a_wrong_key_is_not_genuine(key: object) -> None:
    with pytest.raises(NotGenuine):
        await read(GOOGLE, posted(document("google_lead.json") | {"google_key": key}))


async def test_without_the_key_nothing_more_is_looked_at() -> None:
    with pytest.raises(NotGenuine):
        await read(GOOGLE, posted({"user_column_data": "nonsense"}))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"user_column_data": None}, "user_column_data"),
        ({"user_column_data": {}}, "user_column_data"),
        ({"user_column_data": ["x"]}, "user_column_data"),
        ({"lead_id": None}, "lead_id"),
        ({"lead_id": ""}, "lead_id"),
    ],
)
async def test_a_lead_of_another_shape_is_unreadable(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Unreadable) as why:
        await read(GOOGLE, posted(document("google_lead.json") | change))
    assert why.value.field == field


async def test_what_is_no_json_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        await read(GOOGLE, posted(b"google_key=a-key-of-the-advertisers-form"))
