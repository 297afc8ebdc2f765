"""Evidence that a connector kept is read again into the fields that it was read into, without anybody's secret."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from test_connectors_jotform import submitted
from test_connectors_registry import FORM, GENUINE, JSON, SAMPLES, USABLE, document, payload, posted, read, read_one

from speedtolead.adapters.connectors import CONNECTORS
from speedtolead.adapters.connectors.kept import read_again
from speedtolead.ports.connectors import Posted, Unreadable


@pytest.mark.parametrize("name", sorted(SAMPLES))
async def test_what_was_kept_reads_as_it_read_when_it_came(name: str) -> None:
    sample = payload(SAMPLES[name])
    post = posted(sample) if name == "google" else GENUINE[name](sample)  # Google's sample has the key in it
    came = await read_one(CONNECTORS[name], post)
    again = await read_again(name, {}, post.content_type, came.raw)
    assert again == came
    assert not any(secret.encode() in again.raw for secret in USABLE[name].values())


def test_every_connector_is_read_again() -> None:
    assert {*SAMPLES, "meta"} == set(CONNECTORS)


async def test_a_multipart_submission_is_read_again() -> None:
    post = submitted(document("jotform_submission.json"))
    came = await read_one(CONNECTORS["jotform"], post)
    assert await read_again("jotform", {}, post.content_type, came.raw) == came


async def test_what_the_graph_api_answered_is_read_again() -> None:
    raw = payload("meta_lead.json")
    again = await read_again("meta", {}, JSON, raw)
    assert (again.fields, again.raw) == (document("meta_lead.json"), raw)
    assert again.external_id == document("meta_lead.json")["id"]
    with pytest.raises(Unreadable, match="field_data"):
        await read_again("meta", {}, JSON, payload("meta_leadgen.json"))


async def test_one_entry_of_a_delivery_of_several_is_read_again() -> None:
    delivery = document("tiktok_lead.json")
    other = delivery["entry"][0] | {"id": "another"}
    several = delivery | {"entry": [delivery["entry"][0], other]}
    leads = await read(CONNECTORS["tiktok"], posted(several, query=USABLE["tiktok"]))
    assert len(leads) == 2
    for lead in leads:
        assert await read_again("tiktok", {}, JSON, lead.raw) == lead


@pytest.mark.parametrize("settings", [{}, {"key_field": "Key"}])
async def test_a_form_with_its_key_anywhere_is_read_again(settings: dict[str, str]) -> None:
    key = settings.get("key_field", "api_key")
    given = {key: USABLE["form"]["key"], "phone": "+12125550142", "lead_id": "7"}
    in_body = posted(urlencode(given).encode(), content_type=FORM)
    in_query = Posted("GET", tuple(given.items()), {}, "", b"")
    for post in (in_body, in_query):
        came = await read_one(CONNECTORS["form"], post, USABLE["form"] | settings)
        again = await read_again("form", settings, post.content_type, came.raw)
        assert again == came
        assert USABLE["form"]["key"].encode() not in again.raw


@pytest.mark.parametrize("name", sorted(CONNECTORS))
@pytest.mark.parametrize("raw", [b"", b"\xff\x00", b"[]", b"{}", json.dumps({"entry": [], "object": 1}).encode()])
async def test_bytes_without_a_lead_are_unreadable(name: str, raw: bytes) -> None:
    own: dict[str, Any] = {"form": {}, "hmac_signed": {}}  # any object, or an empty form, may be a lead here
    try:
        again = await read_again(name, {}, JSON, raw)
    except Unreadable:
        return
    assert name in own
    assert again.external_id is None


async def test_an_unknown_connector_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="no connector"):
        await read_again("nobody", {}, JSON, b"{}")
