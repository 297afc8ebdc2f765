"""Typeform's responses, by https://www.typeform.com/developers/webhooks/ (signature and example payload)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from test_connectors_registry import document, genuine_typeform, ours, payload, posted, read, read_one

from speedtolead.adapters.connectors import CONNECTORS
from speedtolead.domain.mapping import parse_mapping
from speedtolead.ports.connectors import NotGenuine, Posted, Unreadable

TYPEFORM = CONNECTORS["typeform"]


def responded(document: dict[str, Any]) -> Posted:
    return genuine_typeform(posted(document).body)


async def test_a_response_becomes_ours() -> None:
    lead = await read_one(TYPEFORM, genuine_typeform(payload("typeform_response.json")))
    assert lead.external_id == "a3a12ec67a1365927098a606107fac15"
    assert lead.submitted_at == datetime(2025, 3, 5, 18, 17, 2, tzinfo=UTC)
    assert lead.raw == payload("typeform_response.json")
    assert not lead.test
    fields = ours(TYPEFORM, lead)
    attributes = fields.pop("attributes")
    assert fields == {
        "phone": "+13035550145",
        "first_name": "Lena",
        "last_name": "Example",
        "email": "lena@example.com",
        "state": "CO",
        "postal_code": "80202",
        "external_id": "a3a12ec67a1365927098a606107fac15",
        "submitted_at": "2025-03-05T18:17:02Z",
    }
    assert attributes["form_response.hidden.utm_source"] == "newsletter"


async def test_the_operators_mapping_takes_the_consent_from_the_answer_and_its_wording_from_the_form() -> None:
    """As the connector's documentation says; the default mapping does not."""
    lead = await read_one(TYPEFORM, genuine_typeform(payload("typeform_response.json")))
    assert "consent" not in ours(TYPEFORM, lead)
    mapping = parse_mapping(
        {
            "fields": {
                "consent.channels": {
                    "from": "form_response.answers[field.ref=may_call].boolean",
                    "map": {"true": ["call"]},
                },
                "consent.text": "form_response.definition.fields[ref=may_call].title",
            }
        }
    )
    assert mapping.apply(lead.fields).fields["consent"] == {
        "channels": ["call"],
        "text": "May Example Roofing call you at this number?",
    }


async def test_a_partial_response_is_no_lead() -> None:
    partial = document("typeform_response.json") | {"event_type": "form_response_partial"}
    assert await read(TYPEFORM, responded(partial)) == []


async def test_a_wrong_signature_is_not_genuine_and_nothing_is_read() -> None:
    body = payload("typeform_response.json")
    right = genuine_typeform(body).headers["typeform-signature"]
    for post in (
        posted(body),
        posted(body, typeform_signature=""),
        posted(body, typeform_signature=right.removeprefix("sha256=")),
        posted(body, typeform_signature=right.swapcase()),
        posted(body + b" ", typeform_signature=right),
        posted(b"\xff", typeform_signature=right),
    ):
        with pytest.raises(NotGenuine):
            await read(TYPEFORM, post)


@pytest.mark.parametrize(
    ("response", "field"),
    [
        (None, "form_response"),
        ([], "form_response"),
        ({"answers": {}}, "form_response.answers"),
        ({"answers": []}, "form_response.token"),
    ],
)
async def test_a_response_of_another_shape_is_unreadable(response: object, field: str) -> None:
    with pytest.raises(Unreadable) as why:
        await read(TYPEFORM, responded({"event_type": "form_response", "form_response": response}))
    assert why.value.field == field


async def test_what_is_no_json_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        await read(TYPEFORM, genuine_typeform(b"event_type=form_response"))
