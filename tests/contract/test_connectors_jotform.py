"""Jotform's submissions: a form in either encoding, with the answers in ``rawRequest``; known by our key."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from test_connectors_registry import FORM, USABLE, document, ours, posted, read, read_one

from speedtolead.adapters.connectors import CONNECTORS
from speedtolead.ports.connectors import NotGenuine, Posted, Unreadable

JOTFORM = CONNECTORS["jotform"]
KEY = USABLE["jotform"]
BOUNDARY = "------------------------c0ffee"


def texts(submission: dict[str, Any]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in submission.items()}


def submitted(submission: dict[str, Any], query: dict[str, str] | None = None) -> Posted:
    """As Jotform posts it: multipart."""
    parts = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in texts(submission).items()
    )
    body = f"{parts}--{BOUNDARY}--\r\n".encode()
    query = KEY if query is None else query
    return posted(body, query=query, content_type=f"multipart/form-data; boundary={BOUNDARY}")


def answered(**answers: Any) -> Posted:
    sample = document("jotform_submission.json")
    return submitted(sample | {"rawRequest": answers})


async def test_a_submission_becomes_ours() -> None:
    lead = await read_one(JOTFORM, submitted(document("jotform_submission.json")))
    assert lead.external_id == "6170302841123456789"
    assert lead.submitted_at is None
    assert not lead.test
    fields = ours(JOTFORM, lead)
    attributes = fields.pop("attributes")
    assert fields == {
        "phone": "(303) 555-0146",
        "first_name": "Omar",
        "last_name": "Example",
        "email": "omar@example.com",
        "address": "1 Example Street",
        "city": "Denver",
        "state": "Colorado",
        "postal_code": "80202",
        "external_id": "6170302841123456789",
        "ip": "203.0.113.9",
    }
    assert attributes == {
        "answers.howOld": "20 years",
        "formID": "70936128142151",
        "formTitle": "Roof check",
        "type": "WEB",
    }


async def test_the_other_encoding_is_read_as_well() -> None:
    body = urlencode(texts(document("jotform_submission.json"))).encode()
    lead = await read_one(JOTFORM, posted(body, query=KEY, content_type=FORM))
    assert lead.fields == (await read_one(JOTFORM, submitted(document("jotform_submission.json")))).fields


async def test_the_key_that_jotform_posts_back_is_kept_nowhere() -> None:
    lead = await read_one(JOTFORM, submitted(document("jotform_submission.json")))
    assert KEY["key"] not in json.dumps(lead.fields)
    assert KEY["key"].encode() not in lead.raw
    assert b"/in/roofs?key=[key]" in lead.raw


async def test_a_phone_number_in_two_boxes_is_one_number() -> None:
    lead = await read_one(JOTFORM, answered(q4_phoneNumber={"area": "303", "phone": "555-0146"}))
    assert ours(JOTFORM, lead)["phone"] == "303 555-0146"
    lead = await read_one(JOTFORM, answered(q4_phoneNumber={"country": "1", "area": "303", "phone": "555-0146"}))
    assert ours(JOTFORM, lead)["phone"] == "1 303 555-0146"


async def test_two_questions_of_one_name_keep_their_numbers() -> None:
    lead = await read_one(JOTFORM, answered(q4_phone="1", q5_phone="2", q6_city="Denver"))
    assert lead.fields["answers"] == {"q4_phone": "1", "q5_phone": "2", "city": "Denver"}


async def test_a_preview_is_flagged_as_a_test() -> None:
    lead = await read_one(JOTFORM, answered(q4_phone="3035550146", preview="true"))
    assert lead.test


@pytest.mark.parametrize("query", [{}, {"key": ""}, {"key": "another-key-of-the-address"}])
async def test_a_wrong_key_is_not_genuine_and_nothing_is_read(query: dict[str, str]) -> None:
    with pytest.raises(NotGenuine):
        await read(JOTFORM, submitted(document("jotform_submission.json"), query))
    with pytest.raises(NotGenuine):
        await read(JOTFORM, posted(b"\xff", query=query, content_type=FORM))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rawRequest": "q3_name=Omar"}, "rawRequest"),
        ({"rawRequest": "[]"}, "rawRequest"),
        ({"rawRequest": ""}, "rawRequest"),
        ({"submissionID": ""}, "submissionID"),
    ],
)
async def test_a_submission_of_another_shape_is_unreadable(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Unreadable) as why:
        await read(JOTFORM, submitted(document("jotform_submission.json") | change))
    assert why.value.field == field


async def test_what_is_no_form_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        await read(JOTFORM, posted(document("jotform_submission.json"), query=KEY))
