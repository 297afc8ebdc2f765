"""What every connector holds, whoever the provider is. The other modules on connectors take their means here."""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
from collections.abc import Callable
from collections.abc import Mapping as AnyMapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from speedtolead.adapters.connectors import CONNECTORS
from speedtolead.adapters.connectors.request import signed
from speedtolead.domain.mapping import Mapping, parse_mapping
from speedtolead.ports.connectors import Connector, Incoming, NotGenuine, Posted, Unreadable

NOW = datetime(2025, 3, 5, 9, 0, tzinfo=UTC)
NOWHERE = cast(aiohttp.ClientSession, object())
"""For connectors that ask nobody: any use of it fails."""
PAYLOADS = Path(__file__).parent / "payloads"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

examples = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For property tests: how long one takes says nothing here."""

USABLE: dict[str, dict[str, str]] = {
    "meta": {
        "verify_token": "a-token-to-verify-us",
        "app_secret": "0123456789abcdef0123456789abcdef",
        "access_token": "EAAB-page-token-of-the-account",
    },
    "google": {"google_key": "a-key-of-the-advertisers-form"},
    "tiktok": {"token": "a-token-in-the-callback-address"},
    "typeform": {"secret": "a-secret-of-the-webhook"},
    "jotform": {"key": "a-key-in-the-webhooks-address"},
    "form": {"key": "a-key-that-the-seller-posts"},
    "hmac_signed": {"secret": "a-secret-to-sign-with"},
}


def payload(name: str) -> bytes:
    return (PAYLOADS / name).read_bytes().rstrip(b"\n")


def document(name: str) -> dict[str, Any]:
    found = json.loads(payload(name))
    assert isinstance(found, dict)
    return found


def posted(
    body: bytes | dict[str, Any] = b"",
    *,
    method: str = "POST",
    query: AnyMapping[str, str] | None = None,
    content_type: str = JSON,
    **headers: str,
) -> Posted:
    """``headers`` are written with _ for -."""
    raw = json.dumps(body).encode() if isinstance(body, dict) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Posted(method, tuple((query or {}).items()), named, content_type, raw)


async def read(
    connector: Connector, post: Posted, configured: AnyMapping[str, str] | None = None, now: datetime = NOW
) -> list[Incoming]:
    used = USABLE[connector.name] if configured is None else configured
    leads = await connector.read(post, used, NOWHERE, now)
    assert isinstance(leads, list)
    return leads


async def read_one(
    connector: Connector, post: Posted, configured: AnyMapping[str, str] | None = None, now: datetime = NOW
) -> Incoming:
    (lead,) = await read(connector, post, configured, now)
    return lead


def ours(connector: Connector, lead: Incoming) -> dict[str, Any]:
    """Our fields, by the connector's default mapping."""
    return dict(default_mapping(connector.name).apply(lead.fields).fields)


@cache
def default_mapping(name: str) -> Mapping:
    return parse_mapping(CONNECTORS[name].default_mapping)


@pytest.fixture(params=sorted(CONNECTORS))
def connector(request: pytest.FixtureRequest) -> Connector:
    return CONNECTORS[str(request.param)]


def test_every_connector_is_known_by_its_own_name() -> None:
    assert {name: connector.name for name, connector in CONNECTORS.items()} == {name: name for name in USABLE}
    assert len({connector.title for connector in CONNECTORS.values()}) == len(CONNECTORS)


def test_the_default_mapping_is_one_and_gives_a_phone(connector: Connector) -> None:
    parse_mapping(connector.default_mapping)
    assert "phone" in connector.default_mapping["fields"]


def test_no_default_mapping_makes_up_a_consent(connector: Connector) -> None:
    """The channels come from the payload's own list of them, or from the operator; never from a constant."""
    rules = connector.default_mapping["fields"]
    for target, rule in rules.items():
        assert "const" not in rule, target
        assert "default" not in rule, target
    assert ("consent.channels" in rules) == (connector.name in {"form", "hmac_signed"})


def test_usable_settings_have_no_problem(connector: Connector) -> None:
    assert connector.check_settings(USABLE[connector.name]) == []


def test_required_settings_are_asked_for(connector: Connector) -> None:
    required = {field.name for field in connector.settings if field.required}
    assert required
    problems = connector.check_settings({})
    assert {name for name, words in problems if words == "is required"} == required


def test_unknown_and_short_settings_are_refused(connector: Connector) -> None:
    (secret, *_) = [field.name for field in connector.settings if field.secret]
    given_ = USABLE[connector.name] | {secret: "short", "nonsense": "x"}
    assert {name for name, _ in connector.check_settings(given_)} == {secret, "nonsense"}


def test_secrets_are_marked_as_such(connector: Connector) -> None:
    for name in USABLE[connector.name]:
        (field,) = [field for field in connector.settings if field.name == name]
        assert field.secret


@pytest.mark.parametrize("body", [b"", b"{}", b'{"api_key": "", "google_key": ""}'])
async def test_without_settings_nothing_is_genuine(connector: Connector, body: bytes) -> None:
    """An unset secret equals nothing, above all not a signature made with an empty one."""
    query = {"key": "", "token": "", "api_key": "", "hub.mode": "subscribe", "hub.verify_token": ""}
    digest = signed("", body)
    headers = {
        "x_signature": digest.hex(),
        "x_hub_signature_256": f"sha256={digest.hex()}",
        "typeform_signature": f"sha256={base64.b64encode(digest).decode()}",
        "authorization": "Bearer ",
    }
    for method in ("GET", "POST"):
        with pytest.raises((NotGenuine, Unreadable)) as refused:
            await read(connector, posted(body, method=method, query=query, **headers), {})
        assert isinstance(refused.value, NotGenuine) or (connector.name, body) == ("google", b"")


TYPES = [JSON, FORM, "multipart/form-data; boundary=b", "multipart/form-data", "text/plain", ""]
NAMES = ["key", "token", "api_key", "hub.mode", "x"]


@examples
@given(
    body=st.binary(max_size=300) | st.text(max_size=100).map(str.encode),
    content_type=st.sampled_from(TYPES),
    method=st.sampled_from(["GET", "POST"]),
    query=st.lists(st.tuples(st.sampled_from(NAMES), st.text(max_size=20)), max_size=3),
)
@pytest.mark.parametrize("name", sorted(CONNECTORS))
async def test_a_stranger_gets_nothing_but_a_refusal(
    name: str, body: bytes, content_type: str, method: str, query: list[tuple[str, str]]
) -> None:
    post = Posted(method, tuple(query), {"content-type": content_type}, content_type, body)
    with pytest.raises((NotGenuine, Unreadable)):
        await CONNECTORS[name].read(post, USABLE[name], NOWHERE, NOW)


# ---- genuine posts that hold anything -----------------------------------------------------------------------


def hmac_hex(secret: str, message: bytes, algorithm: str = "sha256") -> str:
    return hmac.new(secret.encode(), message, getattr(hashlib, algorithm)).hexdigest()


def genuine_google(body: bytes) -> Posted:
    """The key is in the body itself: as long as that is an object, it gets the key."""
    return posted(body[:1] + b'"google_key": "a-key-of-the-advertisers-form", ' + body[1:])


def genuine_typeform(body: bytes) -> Posted:
    digest = hmac.new(USABLE["typeform"]["secret"].encode(), body, hashlib.sha256).digest()
    return posted(body, typeform_signature="sha256=" + base64.b64encode(digest).decode())


def genuine_jotform(body: bytes) -> Posted:
    form = urlencode({"submissionID": "1", "rawRequest": body.decode("utf-8", "replace")}).encode()
    return posted(form, query=USABLE["jotform"], content_type=FORM)


GENUINE: dict[str, Callable[[bytes], Posted]] = {
    "google": genuine_google,
    "tiktok": lambda body: posted(body, query=USABLE["tiktok"]),
    "typeform": genuine_typeform,
    "jotform": genuine_jotform,
    "form": lambda body: posted(body, authorization=f"Bearer {USABLE['form']['key']}"),
    "hmac_signed": lambda body: posted(body, x_signature=hmac_hex(USABLE["hmac_signed"]["secret"], body)),
}
"""A post of this body that passes as genuine. Meta's is in a module of its own: it asks the Graph API."""
SAMPLES = {
    "google": "google_lead.json",
    "tiktok": "tiktok_lead.json",
    "typeform": "typeform_response.json",
    "jotform": "jotform_submission.json",
    "form": "signed_lead.json",
    "hmac_signed": "signed_lead.json",
}
ODD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def spoilt(draw: st.DrawFn, sample: dict[str, Any]) -> dict[str, Any]:
    """The sample with something odd in one place of it."""
    whole = copy.deepcopy(sample)
    place: Any = whole
    while True:
        name = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        inner = place[name]
        if isinstance(inner, dict | list) and inner and draw(st.booleans()):
            place = inner
            continue
        place[name] = draw(ODD)
        return whole


@examples
@given(body=st.binary(max_size=300))
@pytest.mark.parametrize("name", sorted(GENUINE))
async def test_a_genuine_post_of_any_bytes_is_read_or_unreadable(name: str, body: bytes) -> None:
    with suppress(Unreadable, NotGenuine):
        await read(CONNECTORS[name], GENUINE[name](body))


@examples
@given(data=st.data())
@pytest.mark.parametrize("name", sorted(GENUINE))
async def test_a_genuine_post_with_something_odd_in_it_is_read_and_mapped_or_unreadable(
    name: str, data: st.DataObject
) -> None:
    sample = document(SAMPLES[name])
    body = data.draw(spoilt(sample["rawRequest"] if name == "jotform" else sample))
    with suppress(Unreadable, NotGenuine):
        for lead in await read(CONNECTORS[name], GENUINE[name](json.dumps(body).encode())):
            ours(CONNECTORS[name], lead)
