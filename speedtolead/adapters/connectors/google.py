"""Google Ads lead forms: one lead a post, with the key that the advertiser chose for the form inside the body.

Owns: the key and the shape of a lead. Must not know: what is done with it. Without the key, or where the lead
cannot be read, it raises and keeps nothing.

The key is in the JSON, so the JSON must be read before the key can be compared; nothing else of it is looked at
until then. Google expects 200, and ``lead_id`` is what it says twins are to be known by. A lead carries no consent
to calls: that is for the operator's own mapping, from what the form was set up to say.

https://developers.google.com/google-ads/webhook/docs/implementation
"""

from __future__ import annotations

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
    without_secret,
)
from speedtolead.ports.connectors import Incoming, Posted, SettingField, Unreadable


def _column(name: str) -> str:
    return f"user_column_data[column_id={name}].string_value"


MAPPING: dict[str, Any] = {
    "fields": {
        "phone": {"from": [_column("PHONE_NUMBER"), _column("WORK_PHONE")]},
        **name_rules(_column("FIRST_NAME"), _column("LAST_NAME"), _column("FULL_NAME")),
        "email": {"from": [_column("EMAIL"), _column("WORK_EMAIL")]},
        "address": {"from": _column("STREET_ADDRESS")},
        "city": {"from": _column("CITY")},
        "state": {"from": _column("REGION")},
        "postal_code": {"from": _column("POSTAL_CODE")},
        "external_id": {"from": "lead_id"},
        "submitted_at": {"from": "lead_submit_time", "as": "date"},
        "test": {"from": "is_test"},
    },
    "rest": "attributes",
}


class Google:
    name = "google"
    title = "Google Ads lead forms"
    settings: tuple[SettingField, ...] = (
        SettingField("google_key", "Webhook key, as entered with the form", secret=True),
    )
    default_mapping = MAPPING

    def check_settings(self, given: Mapping[str, str]) -> list[tuple[str, str]]:
        return settings_problems(self.settings, given)

    async def read(
        self, posted: Posted, settings: Mapping[str, str], http: aiohttp.ClientSession, now: datetime
    ) -> list[Incoming]:
        key = settings.get("google_key", "")
        lead = json_object(posted.body)
        require(is_same(lead.pop("google_key", None), key))
        objects(lead.get("user_column_data"), "user_column_data")
        lead_id = identifier(lead.get("lead_id"))
        if lead_id is None:
            raise Unreadable("expected an id", field="lead_id")
        return [
            Incoming(
                fields=lead,
                external_id=lead_id,
                test=lead.get("is_test") is True,
                submitted_at=moment(lead.get("lead_submit_time")),
                raw=without_secret(posted.body, key),
            )
        ]
