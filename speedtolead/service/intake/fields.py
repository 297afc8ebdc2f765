"""Reading a lead's fields, however they came, into the intake's ``LeadPost``.

Owns: the names, sizes and types of our fields. Must not know: HTTP, mappings, or what makes a lead acceptable.
What cannot be read raises ``FieldErrors``, with every field that did not fit.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

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

from speedtolead.domain.errors import SpeedToLeadError
from speedtolead.domain.lead import Consent
from speedtolead.service.intake.post import LeadPost

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CHANNELS = ("call", "sms", "email")


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that did not fit. Nothing in it repeats what was sent."""

    field: str
    code: str
    message: str


class FieldErrors(SpeedToLeadError):
    """The fields that did not fit, at least one."""

    code = "invalid_field"

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(f"{errors[0].field}: {errors[0].message}", code=errors[0].code)
        self.errors = errors


def _text(value: object) -> object:
    """Numbers are taken as text; blank is nothing."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("not a finite number")
    if isinstance(value, int | float):
        return str(value)
    return (value.strip() or None) if isinstance(value, str) else value


def _clean(value: str | None) -> str | None:
    if value is not None:
        check_text(value)
    return value


def check_text(value: str) -> None:
    """Raises ValueError for what no field may hold."""
    if value.isprintable():  # then it has neither
        return
    if _CONTROL.search(value):
        raise ValueError("control characters are not allowed")
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise ValueError("not valid Unicode")


def media_type(header: str) -> str:
    """A Content-Type as it is kept: not too long, and without the bytes that were no UTF-8."""
    return header.encode("utf-8", "replace").decode()[:200]


def _this_century(value: datetime | None) -> datetime | None:
    if value is not None and not 2000 <= value.year <= 2099:
        raise ValueError("expected a date between 2000 and 2099")
    return value


def _amount(value: Decimal | None) -> Decimal | None:
    """A zero may have any exponent: no limit of digits holds it, and no database takes it."""
    return None if value is None else value or Decimal(0)


def _json_value(value: object, depth: int = 0) -> object:
    if depth > 8:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("not a finite number")
    elif isinstance(value, int) and abs(value) > 10**30:
        raise ValueError("the number is too large")
    elif isinstance(value, dict):
        for key, inner in value.items():
            check_text(str(key))
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
    owner: Short = None
    submitted_at: Moment = None
    schedule_at: Moment = None
    cost: Annotated[
        Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=4)] | None,
        BeforeValidator(_text),
        AfterValidator(_amount),
    ] = None
    attributes: dict[str, Any] = {}
    ip: Short = None
    user_agent: Long = None
    device: Short = None
    seconds_on_form: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] | None = None
    honeypot: Long = None
    ping_id: UUID | None = None
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


def read(fields: dict[str, Any], *, raw_type: str, raw_body: bytes, via: str, key: str | None = None) -> LeadPost:
    """A lead of these fields. ``key`` is the post's idempotency key. Raises FieldErrors."""
    try:
        body = LeadBody.model_validate(fields)
    except ValidationError as error:
        raise FieldErrors([_error(found) for found in error.errors(include_input=False)]) from None
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
        raw_type=media_type(raw_type),
        raw_body=raw_body,
        first_name=body.first_name,
        last_name=body.last_name,
        email=body.email.lower() if body.email else None,
        address=body.address,
        city=body.city,
        state=body.state,
        postal_code=body.postal_code,
        country=body.country.upper(),
        external_id=body.external_id,
        owner=body.owner,
        idempotency_key=key,
        submitted_at=body.submitted_at,
        schedule_at=body.schedule_at,
        cost=body.cost,
        attributes=body.attributes,
        test=body.test,
        ip=body.ip or given.ip,
        user_agent=body.user_agent or given.user_agent,
        device=body.device,
        seconds_on_form=body.seconds_on_form,
        honeypot=body.honeypot,
        ping_id=body.ping_id,
        via=via,
    )


def _error(found: Any) -> FieldError:
    place = ".".join(str(part) for part in found["loc"]) or "body"
    code = "invalid_phone" if place == "phone" else "invalid_field"
    return FieldError(place, code, found["msg"].removeprefix("Value error, "))
