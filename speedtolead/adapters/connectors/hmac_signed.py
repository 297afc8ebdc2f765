"""Any sender that signs its posts: a plain HMAC in a header, or Standard Webhooks.

Owns: the ways of signing. Must not know: who the sender is, or what is done with a lead. A wrong signature raises
before the body is read, a body that cannot be read after that.

The plain way: ``header`` holds ``prefix`` and the HMAC, in hex or base64, of ``payload``, a template of ``{body}``
and ``{timestamp}``. With a ``timestamp_header`` (Unix seconds) the timestamp must be signed and of the last five
minutes. SHA-1 is refused. The standard way (https://www.standardwebhooks.com): ``webhook-id``,
``webhook-timestamp`` and ``webhook-signature``, with a ``whsec_…`` secret.

The body is a JSON object, or a form. The default mapping takes our own API's names, the consent's channels among
them: there they stand in the payload.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import aiohttp

from speedtolead.adapters.connectors.request import (
    FORM,
    MULTIPART,
    chosen,
    form_pairs,
    identifier,
    in_time,
    is_same,
    json_object,
    media_type,
    moment,
    nested,
    require,
    settings_problems,
    signed,
)
from speedtolead.ports.connectors import Incoming, Posted, SettingField

PLAIN = "hmac"
STANDARD = "standard-webhooks"
TOLERANCE = 300
_HEADER = re.compile(r"[a-z0-9-]{1,100}")
_SLOT = re.compile(r"(\{[a-z]*\})")
_CONSENT = (
    "text",
    "seller",
    "captured_at",
    "url",
    "ip",
    "user_agent",
    "trustedform_cert_url",
    "leadid_token",
)


MAPPING: dict[str, Any] = {
    "fields": {
        "phone": {"from": ["phone", "phone_number"]},
        "first_name": {"from": "first_name"},
        "last_name": {"from": "last_name"},
        "email": {"from": "email"},
        "address": {"from": "address"},
        "city": {"from": "city"},
        "state": {"from": "state"},
        "postal_code": {"from": ["postal_code", "zip"]},
        "external_id": {"from": ["external_id", "id"]},
        "submitted_at": {"from": "submitted_at", "as": "date"},
        "test": {"from": "test", "as": "bool"},
        "consent.channels": {"from": "consent.channels", "as": "list"},
        **{f"consent.{name}": {"from": f"consent.{name}"} for name in _CONSENT},
    },
    "rest": "attributes",
}


class HmacSigned:
    name = "hmac_signed"
    title = "Signed webhook (HMAC, Standard Webhooks)"
    settings: tuple[SettingField, ...] = (
        SettingField("secret", "Signing secret", secret=True),
        SettingField("scheme", "hmac or standard-webhooks", required=False, default=PLAIN),
        SettingField("header", "Header with the signature", required=False, default="x-signature"),
        SettingField("prefix", "What stands before the signature, such as sha256=", required=False),
        SettingField("algorithm", "sha256 or sha512", required=False, default="sha256"),
        SettingField("encoding", "hex or base64", required=False, default="hex"),
        SettingField("timestamp_header", "Header with the time of signing", required=False),
        SettingField("payload", "What is signed, of {timestamp} and {body}", required=False, default="{body}"),
    )
    default_mapping = MAPPING

    def check_settings(self, given: Mapping[str, str]) -> list[tuple[str, str]]:
        problems = settings_problems(self.settings, given)
        value = {field.name: chosen(self.settings, given, field.name) for field in self.settings}
        for name, words in (
            ("scheme", (PLAIN, STANDARD)),
            ("algorithm", ("sha256", "sha512")),
            ("encoding", ("hex", "base64")),
        ):
            if value[name] not in words:
                problems.append((name, f"must be {' or '.join(words)}"))
        for name in ("header", "timestamp_header"):
            if value[name] and not _HEADER.fullmatch(value[name].lower()):
                problems.append((name, "must be the name of a header"))
        if value["scheme"] == STANDARD and value["secret"] and _standard_key(value["secret"]) is None:
            problems.append(("secret", "must be whsec_ and base64"))
        slots = {slot for slot in _SLOT.split(value["payload"]) if _SLOT.fullmatch(slot)}
        wanted = {"{body}", "{timestamp}"} if value["timestamp_header"] else {"{body}"}
        if slots != wanted:
            problems.append(("payload", f"must hold {' and '.join(sorted(wanted))}, and nothing else in braces"))
        return problems

    async def read(
        self, posted: Posted, settings: Mapping[str, str], http: aiohttp.ClientSession, now: datetime
    ) -> list[Incoming]:
        value = {field.name: chosen(self.settings, settings, field.name) for field in self.settings}
        standard = value["scheme"] == STANDARD
        require(_is_standard(posted, value["secret"], now) if standard else _is_plain(posted, value, now))
        lead = nested(form_pairs(posted)) if media_type(posted) in {FORM, MULTIPART} else json_object(posted.body)
        own_id = identifier(lead.get("external_id")) or identifier(lead.get("id"))
        return [
            Incoming(
                fields=lead,
                # A message keeps its id when it is sent again, so it guards against twins as a lead's id does.
                external_id=own_id or (identifier(posted.headers.get("webhook-id")) if standard else None),
                test=lead.get("test") is True or lead.get("test") == "true",
                submitted_at=moment(lead.get("submitted_at")),
                raw=posted.body,
            )
        ]


def _is_plain(posted: Posted, value: Mapping[str, str], now: datetime) -> bool:
    given = posted.headers.get(value["header"].lower(), "")
    seconds = ""
    if value["timestamp_header"]:
        seconds = posted.headers.get(value["timestamp_header"].lower(), "")
        if not in_time(seconds, now, TOLERANCE):
            return False
    # What the settings' check refuses is not trusted here either: they may have been stored by other means.
    if not value["secret"] or value["algorithm"] not in {"sha256", "sha512"} or "{body}" not in value["payload"]:
        return False
    filled = {"{body}": posted.body, "{timestamp}": seconds.encode()}
    message = b"".join(filled.get(part, part.encode()) for part in _SLOT.split(value["payload"]))
    digest = signed(value["secret"], message, value["algorithm"])
    if value["encoding"] == "base64":
        return is_same(given, value["prefix"] + base64.b64encode(digest).decode())
    return is_same(given.lower(), value["prefix"].lower() + digest.hex())


def _is_standard(posted: Posted, secret: str, now: datetime) -> bool:
    key = _standard_key(secret)
    seconds = posted.headers.get("webhook-timestamp", "")
    message_id = posted.headers.get("webhook-id", "")
    if key is None or not message_id or not in_time(seconds, now, TOLERANCE):
        return False
    head = f"{message_id}.{seconds}.".encode("utf-8", "surrogatepass")
    expected = "v1," + base64.b64encode(signed(key, head + posted.body)).decode()
    # Several, while the sender changes its secret.
    given = posted.headers.get("webhook-signature", "").split(" ")
    return any(is_same(one, expected) for one in given)


def _standard_key(secret: str) -> bytes | None:
    if not secret.startswith("whsec_"):
        return None
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True) or None
    except (binascii.Error, ValueError):
        return None
