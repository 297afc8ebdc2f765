"""Reading a posted lead: JSON or a form, into the intake's ``LeadPost``.

Owns: the body's size, type and encoding. Must not know: our fields, or what makes a lead acceptable.
What cannot be read is refused with the field's name, and nothing of it is stored.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from pydantic_core import from_json

from speedtolead.domain.mapping import Mapping
from speedtolead.service.intake import fields as fields_of_lead
from speedtolead.service.intake.fields import FieldErrors
from speedtolead.service.intake.post import LeadPost
from speedtolead.web import reading
from speedtolead.web.problems import field_problem, of_fields
from speedtolead.web.reading import unreadable

MAX_BODY = 256 * 1024
_FORM = "application/x-www-form-urlencoded"
_PLACE = re.compile(r"[^.\[\]]+")


async def read(request: web.Request, mapping: Mapping | None = None) -> LeadPost:
    """The posted lead, by the source's mapping if it has one. Raises a Problem: 400, 408, 413, 415 or 422."""
    raw = await body(request)
    posted = fields_of(request.content_type, raw)
    ours = posted if mapping is None else mapping.apply(posted).fields
    return lead_of(ours, request.content_type, raw, idempotency_key(request))


async def body(request: web.Request) -> bytes:
    """The body, unread. Raises a Problem: 408, 413 or 415."""
    kind = request.content_type
    if kind != _FORM and kind != "application/json" and not kind.endswith("+json"):
        raise reading.unsupported("Post application/json or application/x-www-form-urlencoded.")
    return await reading.body(request)


def fields_of(kind: str, raw: bytes) -> dict[str, Any]:
    """The fields of a JSON object or a form. Raises a Problem: 400."""
    return _form(raw) if kind == _FORM else _json(raw)


def lead_of(ours: dict[str, Any], kind: str, raw: bytes, key: str | None = None) -> LeadPost:
    """The lead of these fields. Raises a Problem: 422."""
    try:
        return fields_of_lead.read(ours, raw_type=kind, raw_body=raw, via="api", key=key)
    except FieldErrors as error:
        raise of_fields(error) from None


def _json(raw: bytes) -> dict[str, Any]:
    try:
        value = from_json(raw, allow_inf_nan=False)
    except ValueError:
        raise unreadable("The body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise unreadable("The body is not a JSON object.")
    return value


def _form(raw: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(
            raw.decode("utf-8"), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=500
        )
    except ValueError:
        raise unreadable("The body is not a valid form.") from None
    fields: dict[str, Any] = {}
    for name, value in pairs:
        _put(fields, _PLACE.findall(name)[:3], value)
    return fields


def _put(fields: dict[str, Any], place: list[str], value: str) -> None:
    """``consent[channels][]`` and ``consent.channels`` name a nested field; a repeated one becomes a list."""
    if not place:
        return
    for part in place[:-1]:
        inner = fields.setdefault(part, {})
        if not isinstance(inner, dict):
            raise unreadable(f"The form gives {part} both a value and fields of its own.")
        fields = inner
    name = place[-1]
    before = fields.get(name)
    if isinstance(before, dict):
        raise unreadable(f"The form gives {name} both a value and fields of its own.")
    if before is None:
        fields[name] = value
    else:
        fields[name] = [*before, value] if isinstance(before, list) else [before, value]


def idempotency_key(request: web.Request) -> str | None:
    """The header of that name. Raises a Problem: 422."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    try:
        fields_of_lead.check_text(key)
    except ValueError as error:
        raise field_problem("Idempotency-Key", str(error)) from None
    if not 1 <= len(key) <= 200:
        raise field_problem("Idempotency-Key", "expected 1 to 200 characters")
    return key
