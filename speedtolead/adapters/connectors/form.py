"""Lead sellers' posts: fields in a form, a JSON object or the query, and a key among them (LeadConduit, boberdoo).

Owns: where the key may stand, and where the fields may. Must not know: what is done with a lead. Without the key,
or where the fields cannot be read, it raises and keeps nothing.

The key is looked for as ``Authorization: Bearer``, in the query, and in the body, in this order; the first one
decides. Only where it is in the body is the body read before the key is known. The key is left out of the fields
and of the evidence, which is the body or, where there is none, the query. Where a name is in both, the body's is
taken.

The default mapping knows the names of LeadConduit's and boberdoo's specifications. What a post says of consent
(its wording, the page, the address, the certificates) is taken; to which channels the person agreed is not, unless
the post itself lists them as ``consent_channels`` or ``consent[channels]``: that is for the operator's own
mapping.

https://support.activeprospect.com/hc/en-us/articles/44098223438612-Generic-POST-Instructions-for-LeadConduit
https://www.boberdoo.com/ping-post-specifications-video (and a seller's own specification)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp

from speedtolead.adapters.connectors.request import (
    chosen,
    form_pairs,
    identifier,
    is_json,
    is_same,
    json_object,
    kept,
    moment,
    nested,
    require,
    settings_problems,
    without_secret,
)
from speedtolead.ports.connectors import Incoming, Posted, SettingField

_FIELD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_IDS = ("external_id", "lead_id", "Lead_ID", "Unique_Identifier")
_TESTS = ("test", "is_test", "test_lead", "Test_Lead")


MAPPING: dict[str, Any] = {
    "fields": {
        "phone": {"from": ["phone", "phone_1", "phone_number", "Primary_Phone", "Phone"]},
        "first_name": {"from": ["first_name", "First_Name"]},
        "last_name": {"from": ["last_name", "Last_Name"]},
        "email": {"from": ["email", "Email"]},
        "address": {"from": ["address", "address_1", "Address"]},
        "city": {"from": ["city", "City"]},
        "state": {"from": ["state", "State"]},
        "postal_code": {"from": ["postal_code", "zip", "Zip"]},
        "external_id": {"from": list(_IDS)},
        "submitted_at": {"from": ["submitted_at", "timestamp"], "as": "date"},
        "test": {"from": list(_TESTS), "as": "bool"},
        "ip": {"from": ["ip_address", "IP_Address"]},
        "user_agent": {"from": ["user_agent", "User_Agent"]},
        "consent.channels": {"from": ["consent_channels", "consent.channels"], "as": "list"},
        "consent.text": {"from": ["consent_text", "consent.text", "TCPA_Language", "Disclaimer"]},
        "consent.url": {"from": ["consent_url", "consent.url", "landing_page", "Landing_Page"]},
        "consent.ip": {"from": ["ip_address", "consent.ip", "IP_Address"]},
        "consent.user_agent": {"from": ["user_agent", "consent.user_agent", "User_Agent"]},
        "consent.trustedform_cert_url": {
            "from": [
                "trustedform_cert_url",
                "consent.trustedform_cert_url",
                "xxTrustedFormCertUrl",
                "Trusted_Form_URL",
            ]
        },
        "consent.leadid_token": {
            "from": ["leadid_token", "consent.leadid_token", "universal_leadid", "LeadiD_Token"]
        },
    },
    "rest": "attributes",
}


class Form:
    name = "form"
    title = "Form, query or JSON post with a key (LeadConduit, boberdoo)"
    settings: tuple[SettingField, ...] = (
        SettingField("key", "Key that the sender posts", secret=True),
        SettingField("key_field", "Name of the field with the key", required=False, default="api_key"),
    )
    default_mapping = MAPPING

    def check_settings(self, given: Mapping[str, str]) -> list[tuple[str, str]]:
        problems = settings_problems(self.settings, given)
        if not _FIELD.fullmatch(chosen(self.settings, given, "key_field")):
            problems.append(("key_field", "must be a name of letters, digits, - and _"))
        return problems

    async def read(
        self, posted: Posted, settings: Mapping[str, str], http: aiohttp.ClientSession, now: datetime
    ) -> list[Incoming]:
        key, name = settings.get("key", ""), chosen(self.settings, settings, "key_field")
        outside = _bearer(posted) or posted.asked(name)
        require(outside is None or is_same(outside, key))
        body = _body(posted)
        require(outside is not None or is_same(body.get(name), key))
        query = [(field, value) for field, value in kept(posted.query) if field != name]
        fields = nested(query) | body
        fields.pop(name, None)
        return [
            Incoming(
                fields=fields,
                external_id=next((found for one in _IDS if (found := identifier(fields.get(one)))), None),
                test=any(_is_yes(fields.get(one)) for one in _TESTS),
                submitted_at=moment(fields.get("submitted_at")) or moment(fields.get("timestamp")),
                raw=without_secret(posted.body or urlencode(query).encode(), key),
            )
        ]


def _bearer(posted: Posted) -> str | None:
    scheme, _, value = posted.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None


def _body(posted: Posted) -> dict[str, Any]:
    """The body's fields; none where everything is in the query."""
    if not posted.body.strip():
        return {}
    return json_object(posted.body) if is_json(posted) else nested(form_pairs(posted))


def _is_yes(value: object) -> bool:
    return value is True or value == 1 or (isinstance(value, str) and value.strip().lower() in {"1", "true", "yes"})
