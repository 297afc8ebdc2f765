"""Lead sellers' posts: LeadConduit's and boberdoo's ways, and the places where the key may stand."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from test_connectors_registry import FORM, USABLE, document, ours, payload, posted, read, read_one

from speedtolead.adapters.connectors import CONNECTORS
from speedtolead.ports.connectors import NotGenuine, Posted, Unreadable

SELLER = CONNECTORS["form"]
KEY = USABLE["form"]["key"]
BOBERDOO = USABLE["form"] | {"key_field": "Key"}


def form(body: bytes, **more: Any) -> Posted:
    return posted(body, content_type=FORM, **more)


async def test_a_leadconduit_form_becomes_ours() -> None:
    lead = await read_one(SELLER, form(payload("leadconduit_form.txt")))
    assert lead.external_id == "65f0c0ffee0ddba11c0ffee0"
    assert not lead.test
    fields = ours(SELLER, lead)
    assert fields == {
        "phone": "3035550147",
        "first_name": "Ruth",
        "last_name": "Example",
        "email": "ruth@example.com",
        "address": "1 Example Street",
        "city": "Denver",
        "state": "CO",
        "postal_code": "80202",
        "external_id": "65f0c0ffee0ddba11c0ffee0",
        "ip": "203.0.113.10",
        "consent": {
            "ip": "203.0.113.10",
            "url": "https://roofs.example.com/",
            "trustedform_cert_url": "https://cert.trustedform.com/0123456789abcdef0123456789abcdef01234567",
            "leadid_token": "00000000-0000-0000-0000-00000000ABCD",
        },
        "attributes": {"roof_age": "20"},
    }


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_boberdoo_query_becomes_ours(method: str) -> None:
    query = dict(parse_qsl(payload("boberdoo_query.txt").decode()))
    lead = await read_one(SELLER, posted(method=method, query=query, content_type=""), BOBERDOO)
    assert lead.test
    fields = ours(SELLER, lead)
    attributes = fields.pop("attributes")
    assert fields == {
        "phone": "3035550148",
        "first_name": "Sam",
        "last_name": "Example",
        "email": "sam@example.com",
        "address": "1 Example Street",
        "city": "Denver",
        "state": "CO",
        "postal_code": "80202",
        "test": True,
        "ip": "203.0.113.11",
        "consent": {
            "text": "I agree to be called by Example Roofing",
            "ip": "203.0.113.11",
            "url": "https://roofs.example.com/",
            "trustedform_cert_url": "https://cert.trustedform.com/89abcdef0123456789abcdef0123456789abcdef",
        },
    }
    assert attributes == {"API_Action": "pingPostLead", "Mode": "full", "SRC": "Vendor123", "TYPE": "33"}
    assert dict(parse_qsl(lead.raw.decode())) == {name: value for name, value in query.items() if name != "Key"}


async def test_channels_are_taken_where_the_post_lists_them() -> None:
    body = f"api_key={KEY}&phone=3035550147&consent[channels][]=call&consent[channels][]=sms&consent[text]=Yes"
    lead = await read_one(SELLER, form(body.encode()))
    assert ours(SELLER, lead)["consent"] == {"channels": ["call", "sms"], "text": "Yes"}
    lead = await read_one(SELLER, form(f"api_key={KEY}&phone=3035550147&consent_channels=call,sms".encode()))
    assert ours(SELLER, lead)["consent"] == {"channels": ["call", "sms"]}


async def test_json_is_read_as_well() -> None:
    lead = await read_one(SELLER, posted(document("signed_lead.json") | {"api_key": KEY}))
    assert lead.fields == document("signed_lead.json")
    assert lead.external_id == "L-7781"


async def test_a_multipart_form_is_read_as_well() -> None:
    parts = {"api_key": KEY, "phone": "3035550147"}
    body = "".join(f'--b\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in parts.items())
    post = posted(f"{body}--b--\r\n".encode(), content_type="multipart/form-data; boundary=b")
    assert (await read_one(SELLER, post)).fields == {"phone": "3035550147"}


PLACES: dict[str, Posted] = {
    "in the form": form(f"phone=3035550147&api_key={KEY}".encode()),
    "in the JSON": posted({"phone": "3035550147", "api_key": KEY}),
    "in the query, beside a form": form(b"phone=3035550147", query={"api_key": KEY}),
    "in the query, beside JSON": posted({"phone": "3035550147"}, query={"api_key": KEY}),
    "in the query, with everything": posted(query={"phone": "3035550147", "api_key": KEY}),
    "in a header": posted({"phone": "3035550147"}, authorization=f"Bearer {KEY}"),
    "in a header, in small letters": form(b"phone=3035550147", authorization=f"bearer {KEY}"),
    "in a header and the form": form(f"phone=3035550147&api_key={KEY}".encode(), authorization=f"Bearer {KEY}"),
}


@pytest.mark.parametrize("place", PLACES)
async def test_the_key_may_stand_anywhere_and_is_kept_nowhere(place: str) -> None:
    lead = await read_one(SELLER, PLACES[place])
    assert lead.fields == {"phone": "3035550147"}
    assert KEY.encode() not in lead.raw


async def test_the_body_counts_before_the_query() -> None:
    post = form(b"phone=3035550147", query={"api_key": KEY, "phone": "3035550199", "src": "v1"})
    assert (await read_one(SELLER, post)).fields == {"phone": "3035550147", "src": "v1"}


WRONG: dict[str, Posted] = {
    "nowhere": form(b"phone=3035550147"),
    "nothing at all": posted(),
    "another in the form": form(b"api_key=another-key-of-the-seller"),
    "twice in the form": form(f"api_key={KEY}&api_key={KEY}".encode()),
    "a number": posted({"api_key": 7}),
    "a list": posted({"api_key": [KEY]}),
    "in another case": form(f"api_key={KEY.upper()}".encode()),
    "in another field": form(f"key={KEY}".encode()),
    "another in the header": form(f"api_key={KEY}".encode(), authorization="Bearer another-key-of-the-seller"),
    "another in the query": form(f"api_key={KEY}".encode(), query={"api_key": "another-key-of-the-seller"}),
    "as another scheme": posted({"phone": "1"}, authorization=f"Basic {KEY}"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_a_wrong_key_is_not_genuine(case: str) -> None:
    with pytest.raises(NotGenuine):
        await read(SELLER, WRONG[case])


async def test_a_wrong_key_outside_the_body_leaves_the_body_unread() -> None:
    with pytest.raises(NotGenuine):
        await read(SELLER, form(b"\xff", query={"api_key": "another-key-of-the-seller"}))
    with pytest.raises(NotGenuine):
        await read(SELLER, form(b"\xff", authorization="Bearer another-key-of-the-seller"))


@pytest.mark.parametrize("said", ["1", "true", "Yes", " TRUE "])
@pytest.mark.parametrize("name", ["Test_Lead", "test", "is_test"])
async def test_a_test_lead_is_flagged(name: str, said: str) -> None:
    assert (await read_one(SELLER, form(f"api_key={KEY}&{name}={said}".encode()))).test
    assert not (await read_one(SELLER, form(f"api_key={KEY}&{name}=0".encode()))).test


@pytest.mark.parametrize(
    "post",
    [
        form(b"phone=%ff", query={"api_key": KEY}),
        posted(b"{", query={"api_key": KEY}),
        posted(b"[]", query={"api_key": KEY}),
        posted(b"<lead/>", query={"api_key": KEY}, content_type="text/xml"),
        posted(query={"api_key": KEY, "phone": "\x00"}),
        posted(query={"api_key": KEY, "phone": "\udcff"}),
        form(b"consent=1&consent.ip=2", query={"api_key": KEY}),
    ],
)
async def test_what_cannot_be_read_is_unreadable(post: Posted) -> None:
    with pytest.raises(Unreadable):
        await read(SELLER, post)


def test_the_keys_field_must_be_a_plain_name() -> None:
    assert SELLER.check_settings(BOBERDOO) == []
    for name in ("a.b", "a[b]", "a b", "x" * 65):
        assert [field for field, _ in SELLER.check_settings(BOBERDOO | {"key_field": name})] == ["key_field"]


async def test_the_evidence_is_the_body_as_it_came() -> None:
    body = json.dumps({"phone": "3035550147", "note": "é"}).encode()
    assert (await read_one(SELLER, posted(body, query={"api_key": KEY}))).raw == body
