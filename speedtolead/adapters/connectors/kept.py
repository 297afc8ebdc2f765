"""Evidence read once more: the bytes that a connector kept of a lead, back into the fields that it read in them.

Owns: what each connector's evidence is. Must not know: sources, mappings, or anybody's secrets.

What was kept has been verified when it came, and the signature is not kept. So the connector reads it as it reads
every request, with a key of our own on both sides: its own reading, and nothing else, decides what the fields are.
This is for looking at what came and for taking it again by hand; no request from outside may ever come here. Bytes
that hold no lead raise ``Unreadable``.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import aiohttp

from speedtolead.adapters.connectors import CONNECTORS, meta
from speedtolead.adapters.connectors.request import FORM, MULTIPART, identifier, json_object, signed
from speedtolead.adapters.connectors.tiktok import LEAD
from speedtolead.ports.connectors import Incoming, NotGenuine, Posted, Unreadable

_KEY = "a-key-for-both-sides"
_NOWHERE = cast(aiohttp.ClientSession, None)
"""Nobody is asked: Meta's evidence is what Meta had answered."""
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
"""No way of signing that is used here has a time."""
Request = tuple[Posted, dict[str, str]]


async def read_again(connector: str, settings: Mapping[str, str], content_type: str, raw: bytes) -> Incoming:
    """The lead in these bytes. ``settings`` are the source's; none of their secrets is used. Raises Unreadable."""
    if connector == "meta":
        return _of_meta(raw)
    if connector not in _REQUESTS:
        raise Unreadable(f"there is no connector {connector!r} to read this with")
    posted, ours = _REQUESTS[connector](settings, content_type, raw)
    try:
        found = await CONNECTORS[connector].read(posted, ours, _NOWHERE, _ANY_TIME)
    except NotGenuine:
        raise Unreadable("this is not what this connector receives") from None
    if not isinstance(found, list) or not found:
        raise Unreadable("there is no lead in it")
    return replace(found[0], raw=raw)


def _of_meta(raw: bytes) -> Incoming:
    """What is kept is the Graph API's answer; the webhook only names the lead."""
    lead_id = identifier(json_object(raw).get("id"))
    found = None if lead_id is None else meta._read(lead_id, 200, raw)
    if not isinstance(found, Incoming) or not found.fields.get("field_data"):
        raise Unreadable("expected a lead as the Graph API gives it, with its field_data")
    return found


def _google(_: Mapping[str, str], content_type: str, raw: bytes) -> Request:
    body = json.dumps(json_object(raw) | {"google_key": _KEY}, ensure_ascii=False).encode()
    return _posted(content_type, body), {"google_key": _KEY}


def _tiktok(_: Mapping[str, str], content_type: str, raw: bytes) -> Request:
    """The whole delivery, or one entry of a delivery that held several."""
    document = json_object(raw)
    delivery = document if "entry" in document else {"object": LEAD, "entry": [document]}
    body = json.dumps(delivery, ensure_ascii=False).encode()
    return _posted(content_type, body, query=(("token", _KEY),)), {"token": _KEY}


def _typeform(_: Mapping[str, str], content_type: str, raw: bytes) -> Request:
    signature = "sha256=" + base64.b64encode(signed(_KEY, raw)).decode()
    return _posted(content_type, raw, {"typeform-signature": signature}), {"secret": _KEY}


def _jotform(_: Mapping[str, str], content_type: str, raw: bytes) -> Request:
    return _posted(content_type, raw, query=(("key", _KEY),)), {"key": _KEY}


def _form(settings: Mapping[str, str], content_type: str, raw: bytes) -> Request:
    """The body, or the query of a request without one: that is written as a form's fields are."""
    kind = content_type.partition(";")[0].strip().lower()
    known = kind in {FORM, MULTIPART} or kind == "application/json" or kind.endswith("+json")
    ours = {"key": _KEY} | {name: value for name, value in settings.items() if name == "key_field"}
    return _posted(content_type if known else FORM, raw, {"authorization": f"Bearer {_KEY}"}), ours


def _hmac_signed(_: Mapping[str, str], content_type: str, raw: bytes) -> Request:
    """Signed the plain way. The id in a standard webhook's header is not kept."""
    return _posted(content_type, raw, {"x-signature": signed(_KEY, raw).hex()}), {"secret": _KEY}


_REQUESTS: dict[str, Callable[[Mapping[str, str], str, bytes], Request]] = {
    "google": _google,
    "tiktok": _tiktok,
    "typeform": _typeform,
    "jotform": _jotform,
    "form": _form,
    "hmac_signed": _hmac_signed,
}


def _posted(content_type: str, body: bytes, headers: Mapping[str, str] | None = None, **more: Any) -> Posted:
    return Posted("POST", more.get("query", ()), headers or {}, content_type, body)
