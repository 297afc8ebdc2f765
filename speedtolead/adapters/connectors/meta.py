"""Meta Lead Ads, of Facebook and Instagram: a webhook that names leads, and the Graph API that holds them.

Owns: the handshake, the signature, the fetching of each lead, and what the Graph API's errors mean. Must not know:
what is done with a lead.

Meta repeats a notification that was not answered with 200, for hours: so what is away raises ``Transient`` and
nothing of the notification is taken; those fetched already come again, with the same ``external_id``. A refused
token raises ``Permanent``. A lead that the Graph API does not know (deleted, or of a page that the token may not
read) raises ``Permanent`` with ``code`` "unknown_lead" where no other was named; next to others it is left out and
logged, for otherwise it would hold back the others until Meta gives up.

A lead carries no consent to calls by itself. Where the form has a custom disclaimer, the boxes that were ticked
are in ``custom_disclaimer_responses`` (``checkbox_key``, ``is_checked``), for the operator's own mapping to use.

https://developers.facebook.com/docs/graph-api/webhooks/getting-started
https://developers.facebook.com/docs/marketing-api/guides/lead-ads/retrieving
https://developers.facebook.com/docs/graph-api/guides/error-handling
https://developers.facebook.com/docs/graph-api/guides/secure-requests
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog

from speedtolead.adapters.connectors.request import (
    chosen,
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
from speedtolead.ports import Permanent, PortError, Transient
from speedtolead.ports.connectors import Challenge, Incoming, Posted, SettingField, Unreadable

log = structlog.get_logger(__name__)

FIELDS = "id,created_time,ad_id,ad_name,form_id,field_data,is_organic,custom_disclaimer_responses,platform"
SECONDS = 5.0
AT_ONCE = 8
MAX_ANSWER = 1024 * 1024
UNKNOWN_LEAD = "unknown_lead"
TOKEN_CODES = frozenset({102, 190})
RATE_CODES = frozenset({4, 17, 32, 613})
AWAY_CODES = frozenset({1, 2, 341, 368})
UNKNOWN_CODES = frozenset({100, 803})
_TEST = "<test lead:"
"""How every answer of a lead from the Lead Ads Testing Tool begins, unless the form has an example for it."""


class GraphAway(Transient):
    """The Graph API is away, busy, or answered what nobody can read."""

    code = "provider_away"


def _answer(name: str) -> str:
    return f"field_data[name={name}].values[0]"


MAPPING: dict[str, Any] = {
    "fields": {
        "phone": {"from": [_answer("phone_number"), _answer("phone")]},
        **name_rules(_answer("first_name"), _answer("last_name"), _answer("full_name")),
        "email": {"from": [_answer("email"), _answer("work_email")]},
        "address": {"from": _answer("street_address")},
        "city": {"from": _answer("city")},
        "state": {"from": [_answer("state"), _answer("province")]},
        "postal_code": {"from": [_answer("zip_code"), _answer("post_code"), _answer("zip")]},
        "external_id": {"from": "id"},
        "submitted_at": {"from": "created_time", "as": "date"},
    },
    "rest": "attributes",
}


class Meta:
    name = "meta"
    title = "Meta Lead Ads (Facebook, Instagram)"
    settings: tuple[SettingField, ...] = (
        SettingField("verify_token", "Verify token, as entered in the app's webhook settings", secret=True),
        SettingField("app_secret", "App secret", secret=True),
        SettingField("access_token", "Page or system user access token with leads_retrieval", secret=True),
        SettingField("graph_url", "Graph API", required=False, default="https://graph.facebook.com/v23.0"),
    )
    default_mapping = MAPPING

    def check_settings(self, given: Mapping[str, str]) -> list[tuple[str, str]]:
        problems = settings_problems(self.settings, given)
        if not _is_safe(chosen(self.settings, given, "graph_url")):
            problems.append(("graph_url", "must be an https address without query, user or fragment"))
        return problems

    async def read(
        self, posted: Posted, settings: Mapping[str, str], http: aiohttp.ClientSession, now: datetime
    ) -> Challenge | list[Incoming]:
        if posted.method == "GET":
            return _challenge(posted, settings.get("verify_token", ""))
        secret = settings.get("app_secret", "")
        signature = posted.headers.get("x-hub-signature-256")
        require(bool(secret) and is_same(signature, "sha256=" + signed(secret, posted.body).hex()))
        named = _named(json_object(posted.body))
        graph = _Graph(http, chosen(self.settings, settings, "graph_url"), settings.get("access_token", ""), secret)
        return await _fetch_all(graph, named)


def _is_safe(address: str) -> bool:
    """The token is sent there: only over TLS, except to this very machine."""
    try:
        parts = urlsplit(address)
        port_is_usable = parts.port is None or parts.port > 0
    except ValueError:
        return False
    local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    safe = parts.scheme == "https" or (parts.scheme == "http" and local)
    return bool(parts.hostname) and port_is_usable and plain and safe


def _challenge(posted: Posted, verify_token: str) -> Challenge:
    answer = posted.asked("hub.challenge") or ""
    require(posted.asked("hub.mode") == "subscribe" and is_same(posted.asked("hub.verify_token"), verify_token))
    if not answer or len(answer) > 256:
        raise Unreadable("expected a challenge", field="hub.challenge")
    return Challenge(answer)


def _named(document: dict[str, Any]) -> list[str]:
    """The ids of the leads that a notification names, each once. Other objects and fields are ignored."""
    if document.get("object") != "page":
        return []
    found: dict[str, None] = {}
    for entry in objects(document.get("entry"), "entry"):
        for change in objects(entry.get("changes", []), "entry.changes"):
            if change.get("field") != "leadgen":
                continue
            value = change.get("value")
            lead_id = identifier(value.get("leadgen_id")) if isinstance(value, dict) else None
            # It becomes a part of an address that the token is sent to.
            if lead_id is None or not (lead_id.isascii() and lead_id.isdecimal()):
                raise Unreadable("expected a number", field="entry.changes.value.leadgen_id")
            found[lead_id] = None
    return list(found)


async def _fetch_all(graph: _Graph, lead_ids: list[str]) -> list[Incoming]:
    leads: list[Incoming] = []
    unknown: list[Permanent] = []
    for start in range(0, len(lead_ids), AT_ONCE):
        some = lead_ids[start : start + AT_ONCE]
        for lead_id, found in zip(some, await asyncio.gather(*map(graph.fetch, some)), strict=True):
            if isinstance(found, Incoming):
                leads.append(found)
            elif isinstance(found, Permanent) and found.code == UNKNOWN_LEAD:
                log.warning("meta.unknown_lead", leadgen_id=lead_id, provider_code=found.provider_code)
                unknown.append(found)
            else:
                raise found
    if unknown and not leads:
        raise unknown[0]
    return leads


class _Graph:
    """The Graph API, asked with one account's token."""

    def __init__(self, http: aiohttp.ClientSession, url: str, token: str, app_secret: str) -> None:
        self._http = http
        self._url = url.rstrip("/")
        proof = signed(app_secret, token.encode()).hex()
        self._params = {"access_token": token, "appsecret_proof": proof, "fields": FIELDS}

    async def fetch(self, lead_id: str) -> Incoming | PortError:
        """The lead, or why there is none. The address holds the token: no error may carry it along."""
        try:
            async with self._http.get(
                f"{self._url}/{lead_id}",
                params=self._params,
                timeout=aiohttp.ClientTimeout(total=SECONDS),
                allow_redirects=False,
            ) as response:
                return _read(lead_id, response.status, await _bounded(response))
        except (aiohttp.ClientError, OSError, ValueError) as reason:  # OSError: TimeoutError as well
            return GraphAway(f"the Graph API could not be asked: {type(reason).__name__}")


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    raw = bytearray()
    async for chunk in response.content.iter_chunked(64 * 1024):
        raw += chunk
        if len(raw) > MAX_ANSWER:
            raise ValueError("the answer is too large")
    return bytes(raw)


def _read(lead_id: str, status: int, raw: bytes) -> Incoming | PortError:
    try:
        document = json_object(raw)
        answers = objects(document.get("field_data", []), "field_data")
    except Unreadable:
        return GraphAway(f"the Graph API answered {status} with what nobody can read")
    if status != 200 or "error" in document:
        return _error(status, document.get("error"))
    if identifier(document.get("id")) != lead_id:
        return GraphAway("the Graph API answered without the lead")
    return Incoming(
        fields=document,
        external_id=lead_id,
        test=any(_is_test(answer.get("values")) for answer in answers),
        submitted_at=moment(document.get("created_time")),
        raw=raw,
    )


def _is_test(values: object) -> bool:
    return isinstance(values, list) and any(isinstance(v, str) and v.startswith(_TEST) for v in values)


def _error(status: int, error: object) -> PortError:
    """What an error means. Its message is not passed on: of a malformed token, it quotes the token."""
    told = error if isinstance(error, dict) else {}
    code = told.get("code")
    number = code if isinstance(code, int) and not isinstance(code, bool) else 0
    words = f"the Graph API answered {status}, code {number}"
    if number in RATE_CODES or 80000 <= number < 80100 or status == 429:
        return GraphAway(words, retry_after=timedelta(minutes=1), provider_code=str(number))
    if told.get("is_transient") is True or number in AWAY_CODES or status >= 500:
        return GraphAway(words, provider_code=str(number))
    if number in TOKEN_CODES:
        return Permanent(f"{words}: the access token is refused", code="token_refused", provider_code=str(number))
    if number in (3, 10) or 200 <= number < 300:
        words = f"{words}: the access token lacks a permission"
        return Permanent(words, code="token_refused", provider_code=str(number))
    if number in UNKNOWN_CODES:
        return Permanent(f"{words}: no such lead", code=UNKNOWN_LEAD, provider_code=str(number))
    return GraphAway(words, provider_code=str(number))
