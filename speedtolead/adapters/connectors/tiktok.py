"""TikTok Lead Generation: instant forms, by a subscription of the API for Business (``subscribe_entity`` LEAD).

Owns: how a delivery is known to be TikTok's, and the shape of its leads. Must not know: what is done with them.
What is not genuine or cannot be read raises, whole: one lead that cannot be read refuses the delivery.

What was found. By the accounts of several integrations that agree, the lead comes whole: ``{"object": 1, "time":
…, "entry": [{"id": …, "page_id": …, "advertiser_id": …, "campaign_id": …, "adgroup_id": …, "ad_id": …,
"create_time": …, "lead_source": "INSTANT_FORM", "changes": [{"field": …, "value": …}]}]}``. Other values of
``object`` are other news on the same address. On whether these deliveries are signed, the accounts differ:
https://business-api.tiktok.com/portal/docs/create-a-subscription/v1.3
TikTok documents ``TikTok-Signature: t=…,s=…`` (HMAC-SHA256 of ``t.body`` by the app's secret), and deliveries that
repeat for 72 hours until 200 is answered, for the webhooks of its other platform:
https://developers.tiktok.com/doc/webhooks-verification

So the callback address must carry a token of ours, ``?token=…``. With ``app_secret`` set, a valid TikTok-Signature
of the last five minutes is required besides; set it only once a delivery has been seen to carry one.

No flag marks a test lead. A lead carries no consent to calls: that is for the operator's own mapping.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import aiohttp

from speedtolead.adapters.connectors.request import (
    identifier,
    in_time,
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

LEAD = 1
TOLERANCE = 300


def _answer(name: str) -> str:
    return f"changes[field={name}].value"


MAPPING: dict[str, Any] = {
    "fields": {
        "phone": {"from": [_answer("phone_number"), _answer("phone")]},
        **name_rules(_answer("first_name"), _answer("last_name"), _answer("name")),
        "email": {"from": _answer("email")},
        "address": {"from": _answer("address")},
        "city": {"from": _answer("city")},
        "state": {"from": [_answer("state"), _answer("province")]},
        "postal_code": {"from": [_answer("zip_code"), _answer("postal_code")]},
        "external_id": {"from": "id", "as": "text"},
        "submitted_at": {"from": "create_time", "as": "epoch"},
    },
    "rest": "attributes",
}


class TikTok:
    name = "tiktok"
    title = "TikTok Lead Generation"
    settings: tuple[SettingField, ...] = (
        SettingField("token", "Token, as in the callback address (?token=…)", secret=True),
        SettingField("app_secret", "App secret, to require TikTok-Signature as well", required=False, secret=True),
    )
    default_mapping = MAPPING

    def check_settings(self, given: Mapping[str, str]) -> list[tuple[str, str]]:
        return settings_problems(self.settings, given)

    async def read(
        self, posted: Posted, settings: Mapping[str, str], http: aiohttp.ClientSession, now: datetime
    ) -> list[Incoming]:
        require(is_same(posted.asked("token"), settings.get("token", "")))
        secret = settings.get("app_secret", "")
        require(not secret or _is_signed(posted, secret, now))
        document = json_object(posted.body)
        if document.get("object") != LEAD:
            return []
        entries = objects(document.get("entry"), "entry")
        return [_lead(entry, posted.body if len(entries) == 1 else None) for entry in entries]


def _is_signed(posted: Posted, secret: str, now: datetime) -> bool:
    parts = [part.partition("=") for part in posted.headers.get("tiktok-signature", "").split(",")]
    given = {name.strip(): value.strip() for name, _, value in parts}
    seconds = given.get("t", "")
    if not in_time(seconds, now, TOLERANCE):
        return False
    return is_same(given.get("s"), signed(secret, f"{seconds}.".encode() + posted.body).hex())


def _lead(entry: dict[str, Any], raw: bytes | None) -> Incoming:
    """``raw`` is the whole delivery, unless it holds other people's leads too."""
    lead_id = identifier(entry.get("id"))
    if lead_id is None:
        raise Unreadable("expected an id", field="entry.id")
    objects(entry.get("changes"), "entry.changes")
    return Incoming(
        fields=entry,
        external_id=lead_id,
        test=False,
        submitted_at=moment(entry.get("create_time")),
        raw=json.dumps(entry, ensure_ascii=False).encode() if raw is None else raw,
    )
