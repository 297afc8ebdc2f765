"""Reading a posted lead: JSON or a form, into the intake's ``LeadPost``.

Owns: sizes, types and encodings, field by field. Must not know: what makes a lead acceptable.
What cannot be read is refused with the field's name, and nothing of it is stored.
"""

from __future__ import annotations

import math
import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import parse_qsl

from aiohttp import web
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)
from pydantic_core import from_json

from speedtolead.domain.lead import Consent
from speedtolead.service.intake import LeadPost
from speedtolead.web.problems import Problem, field_problem, of_validation

MAX_BODY = 256 * 1024
_FORM = "application/x-www-form-urlencoded"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_PLACE = re.compile(r"[^.\[\]]+")
_CHANNELS = ("call", "sms", "email")


def _text(value: object) -> object:
    """Numbers are taken as text; blank is nothing."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return str(value)
    return (value.strip() or None) if isinstance(value, str) else value


def _clean(value: str | None) -> str | None:
    if value is not None:
        _check_text(value)
    return value


def _check_text(value: str) -> None:
    if _CONTROL.search(value):
        raise ValueError("control characters are not allowed")
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise ValueError("not valid Unicode")


def _this_century(value: datetime | None) -> datetime | None:
    if value is not None and not 2000 <= value.year <= 2099:
        raise ValueError("expected a date between 2000 and 2099")
    return value


def _json_value(value: object, depth: int = 0) -> object:
    if depth > 8:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("not a finite number")
    elif isinstance(value, int) and abs(value) > 10**30:
        raise ValueError("the number is too large")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_text(str(key))
            _json_value(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _json_value(inner, depth + 1)
    return value


def _listed(value: object) -> object:
    """``call,sms`` and repeated form fields are lists as well."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _channel(value: str) -> str:
    lowered = value.strip().lower()
    if lowered not in _CHANNELS:
        raise ValueError(f"expected one of {', '.join(_CHANNELS)}")
    return lowered


Short = Annotated[Annotated[str, Field(max_length=120)] | None, BeforeValidator(_text), AfterValidator(_clean)]
Long = Annotated[Annotated[str, Field(max_length=2000)] | None, BeforeValidator(_text), AfterValidator(_clean)]
Wording = Annotated[Annotated[str, Field(max_length=20_000)] | None, BeforeValidator(_text), AfterValidator(_clean)]
Moment = Annotated[AwareDatetime | None, BeforeValidator(_text), AfterValidator(_this_century)]
Channel = Annotated[str, AfterValidator(_channel)]


class ConsentBody(BaseModel):
    """What the person agreed to, as it was shown to them."""

    model_config = ConfigDict(extra="ignore")

    channels: Annotated[list[Channel], BeforeValidator(_listed), Field(max_length=10)] = []
    text: Wording = None
    captured_at: Moment = None
    url: Long = None
    ip: Short = None
    user_agent: Long = None
    seller: Long = None
    trustedform_cert_url: Long = None
    leadid_token: Short = None


class LeadBody(BaseModel):
    """A lead. Fields that are not named here are kept with the raw body and otherwise ignored."""

    model_config = ConfigDict(extra="ignore")

    phone: Annotated[str, BeforeValidator(_text), Field(max_length=60), AfterValidator(_clean)]
    first_name: Short = None
    last_name: Short = None
    email: Annotated[
        Annotated[str, Field(max_length=254)] | None, BeforeValidator(_text), AfterValidator(_clean)
    ] = None
    address: Long = None
    city: Short = None
    state: Short = None
    postal_code: Annotated[
        Annotated[str, Field(max_length=16)] | None, BeforeValidator(_text), AfterValidator(_clean)
    ] = None
    country: Annotated[str, BeforeValidator(_text), Field(pattern=r"^[A-Za-z]{2}$")] = "US"
    external_id: Annotated[
        Annotated[str, Field(max_length=200)] | None, BeforeValidator(_text), AfterValidator(_clean)
    ] = None
    submitted_at: Moment = None
    schedule_at: Moment = None
    cost: Annotated[
        Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=4)] | None, BeforeValidator(_text)
    ] = None
    attributes: dict[str, Any] = {}
    consent: ConsentBody = ConsentBody()
    test: bool = False

    @field_validator("attributes")
    @classmethod
    def _plain(cls, value: dict[str, Any]) -> dict[str, Any]:
        _json_value(value)
        return value

    @field_validator("country", mode="before")
    @classmethod
    def _default_country(cls, value: object) -> object:
        return "US" if value is None or (isinstance(value, str) and not value.strip()) else value


async def read(request: web.Request) -> LeadPost:
    """The posted lead. Raises a Problem: 400, 413, 415 or 422."""
    kind = request.content_type
    if kind != _FORM and kind != "application/json" and not kind.endswith("+json"):
        detail = "Post application/json or application/x-www-form-urlencoded."
        raise Problem(415, "unsupported_type", detail, [_error("Content-Type", "unsupported_type", detail)])
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge:
        detail = f"The body is larger than {MAX_BODY // 1024} KiB."
        raise Problem(413, "too_large", detail, [_error("body", "too_large", detail)]) from None
    fields = _form(raw) if kind == _FORM else _json(raw)
    try:
        body = LeadBody.model_validate(fields)
    except ValidationError as error:
        raise of_validation(error, {"phone": "invalid_phone"}) from None
    return _post(body, kind, raw, _idempotency_key(request))


def _json(raw: bytes) -> dict[str, Any]:
    try:
        value = from_json(raw, allow_inf_nan=False)
    except ValueError:
        raise _unreadable("The body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise _unreadable("The body is not a JSON object.")
    return value


def _form(raw: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(
            raw.decode("utf-8"), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=500
        )
    except ValueError:
        raise _unreadable("The body is not a valid form.") from None
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
            raise _unreadable(f"The form gives {part} both a value and fields of its own.")
        fields = inner
    name = place[-1]
    before = fields.get(name)
    if isinstance(before, dict):
        raise _unreadable(f"The form gives {name} both a value and fields of its own.")
    if before is None:
        fields[name] = value
    else:
        fields[name] = [*before, value] if isinstance(before, list) else [before, value]


def _unreadable(detail: str) -> Problem:
    return Problem(400, "unreadable_body", detail, [_error("body", "unreadable_body", detail)])


def _error(field: str, code: str, message: str) -> dict[str, str]:
    return {"field": field, "code": code, "message": message}


def _idempotency_key(request: web.Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    try:
        _check_text(key)
    except ValueError as error:
        raise field_problem("Idempotency-Key", str(error)) from None
    if not 1 <= len(key) <= 200:
        raise field_problem("Idempotency-Key", "expected 1 to 200 characters")
    return key


def _post(body: LeadBody, kind: str, raw: bytes, idempotency_key: str | None) -> LeadPost:
    given = body.consent
    consent = Consent(
        channels=tuple(dict.fromkeys(given.channels)),
        text=given.text,
        seller=given.seller,
        captured_at=given.captured_at,
        url=given.url,
        ip=given.ip,
        user_agent=given.user_agent,
        trustedform_cert_url=given.trustedform_cert_url,
        leadid_token=given.leadid_token,
    )
    return LeadPost(
        phone=body.phone,
        consent=consent,
        raw_type=kind,
        raw_body=raw,
        first_name=body.first_name,
        last_name=body.last_name,
        email=body.email.lower() if body.email else None,
        address=body.address,
        city=body.city,
        state=body.state,
        postal_code=body.postal_code,
        country=body.country.upper(),
        external_id=body.external_id,
        idempotency_key=idempotency_key,
        submitted_at=body.submitted_at,
        schedule_at=body.schedule_at,
        cost=body.cost,
        attributes=body.attributes,
        test=body.test,
    )
