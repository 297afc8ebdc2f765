"""Jotform: one submission a post, as a form whose field ``rawRequest`` holds the answers in JSON.

Owns: the key and the shape of a submission. Must not know: what is done with it. Without the key it raises before
the body is read, and where the answers cannot be read, after that.

Jotform does not sign. The address given to it must carry a key of ours, ``?key=…``, and Jotform posts that address
back as ``webhookURL``, which is therefore left out of the fields; in the evidence the key is blanked.

The answers are named ``q<number>_<name>``, by numbers that differ from form to form. They are given to the mapping
as ``answers.<name>``; two of the same name keep their numbers. The default mapping takes the names that Jotform
gives by itself (``name``, ``email``, ``phoneNumber``, ``address``). A submission carries no consent that could be
recognised as such: that is for the operator's own mapping.

https://www.jotform.com/help/245-how-to-setup-a-webhook-with-jotform/
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import aiohttp

from speedtolead.adapters.connectors.request import (
    form_pairs,
    identifier,
    is_same,
    json_object,
    require,
    settings_problems,
    without_secret,
)
from speedtolead.ports.connectors import Incoming, Posted, SettingField, Unreadable

_QUESTION = re.compile(r"q\d{1,6}_(.+)", re.DOTALL)
_KEPT = ("formID", "submissionID", "formTitle", "ip", "type")


MAPPING: dict[str, Any] = {
    "fields": {
        "phone": {"from": ["answers.phoneNumber.full", "answers.phone.full", "answers.phone"]},
        "first_name": {"from": ["answers.name.first", "answers.fullName.first", "answers.firstName"]},
        "last_name": {"from": ["answers.name.last", "answers.fullName.last", "answers.lastName"]},
        "email": {"from": ["answers.email", "answers.emailAddress"]},
        "address": {"from": "answers.address.addr_line1"},
        "city": {"from": ["answers.address.city", "answers.city"]},
        "state": {"from": ["answers.address.state", "answers.state"]},
        "postal_code": {"from": ["answers.address.postal", "answers.zipCode", "answers.postalCode"]},
        "external_id": {"from": "submissionID"},
        "ip": {"from": "ip"},
    },
    "rest": "attributes",
}


class Jotform:
    name = "jotform"
    title = "Jotform"
    settings: tuple[SettingField, ...] = (
        SettingField("key", "Key, as in the webhook's address (?key=…)", secret=True),
    )
    default_mapping = MAPPING

    def check_settings(self, given: Mapping[str, str]) -> list[tuple[str, str]]:
        return settings_problems(self.settings, given)

    async def read(
        self, posted: Posted, settings: Mapping[str, str], http: aiohttp.ClientSession, now: datetime
    ) -> list[Incoming]:
        key = settings.get("key", "")
        require(is_same(posted.asked("key"), key))
        given = dict(form_pairs(posted))
        request = json_object(given.get("rawRequest", ""), "rawRequest")
        submission_id = identifier(given.get("submissionID"))
        if submission_id is None:
            raise Unreadable("expected an id", field="submissionID")
        fields: dict[str, Any] = {name: given[name] for name in _KEPT if name in given}
        return [
            Incoming(
                fields=fields | {"answers": _answers(request)},
                external_id=submission_id,
                # What Jotform's own preview of a form sends; seen, not documented.
                test=request.get("preview") == "true",
                submitted_at=None,
                raw=without_secret(posted.body, key),
            )
        ]


def _answers(request: dict[str, Any]) -> dict[str, Any]:
    """The questions' answers by name; what the form's page tells of itself is left out."""
    named = {full: found[1] for full in request if (found := _QUESTION.fullmatch(full))}
    times = Counter(named.values())
    return {name if times[name] == 1 else full: _whole(request[full]) for full, name in named.items()}


def _whole(answer: object) -> object:
    """A phone number that was asked for in two boxes is given as one as well, as where one box asks for it."""
    if not isinstance(answer, dict) or "full" in answer or not {"area", "phone"} <= answer.keys():
        return answer
    parts = [answer.get(name) for name in ("country", "area", "phone")]
    return answer | {"full": " ".join(part for part in parts if isinstance(part, str) and part)}
