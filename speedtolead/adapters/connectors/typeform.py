"""Typeform: one response a post, signed.

Owns: the signature and the shape of a response. Must not know: what is done with it. A wrong signature raises
before the body is read, a response that cannot be read after that.

A response names its answers by the fields' types and by ``ref``s that the form's author may choose: the default
mapping takes phone and email by type, and all else where the refs (or hidden fields) are called as ours are. Only
finished responses are taken; partial ones are no request of anybody's. No flag marks a test.

A response carries no consent that could be recognised as such: where the form asks for it, the operator's own
mapping takes it from that field's ref, and its wording from ``form_response.definition``.

https://www.typeform.com/developers/webhooks/secure-your-webhooks/
https://www.typeform.com/developers/webhooks/example-payload/
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import aiohttp

from speedtolead.adapters.connectors.request import (
    identifier,
    is_same,
    json_object,
    moment,
    name_rules,
    objects,
    require,
    settings_problems,
    signed,
)
from speedtolead.ports.connectors import Incoming, Posted, SettingField, Unreadable


def _text(ref: str) -> str:
    return f"form_response.answers[field.ref={ref}].text"


def _texts(*names: str) -> list[str]:
    """A text by its ref, or a hidden field."""
    return [*map(_text, names), *(f"form_response.hidden.{name}" for name in names)]


MAPPING: dict[str, Any] = {
    "fields": {
        "phone": {
            "from": [
                "form_response.answers[type=phone_number].phone_number",
                *_texts("phone", "phone_number"),
            ]
        },
        "email": {"from": ["form_response.answers[type=email].email", *_texts("email")]},
        **name_rules(_text("first_name"), _text("last_name"), _text("full_name")),
        "address": {"from": _texts("address")},
        "city": {"from": _texts("city")},
        "state": {"from": _texts("state")},
        "postal_code": {"from": _texts("postal_code", "zip")},
        "external_id": {"from": "form_response.token"},
        "submitted_at": {"from": "form_response.submitted_at", "as": "date"},
    },
    "rest": "attributes",
}


class Typeform:
    name = "typeform"
    title = "Typeform"
    settings: tuple[SettingField, ...] = (SettingField("secret", "Secret of the webhook", secret=True),)
    default_mapping = MAPPING

    def check_settings(self, given: Mapping[str, str]) -> list[tuple[str, str]]:
        return settings_problems(self.settings, given)

    async def read(
        self, posted: Posted, settings: Mapping[str, str], http: aiohttp.ClientSession, now: datetime
    ) -> list[Incoming]:
        secret = settings.get("secret", "")
        expected = "sha256=" + base64.b64encode(signed(secret, posted.body)).decode()
        require(bool(secret) and is_same(posted.headers.get("typeform-signature"), expected))
        event = json_object(posted.body)
        if event.get("event_type") != "form_response":
            return []
        response = event.get("form_response")
        if not isinstance(response, dict):
            raise Unreadable("expected an object", field="form_response")
        objects(response.get("answers", []), "form_response.answers")
        token = identifier(response.get("token"))
        if token is None:
            raise Unreadable("expected an id", field="form_response.token")
        return [
            Incoming(
                fields=event,
                external_id=token,
                test=False,
                submitted_at=moment(response.get("submitted_at")),
                raw=posted.body,
            )
        ]
