"""What comes into the intake, and what goes out: a lead as it was posted, and its answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from speedtolead.domain.lead import Consent


@dataclass(frozen=True, slots=True)
class LeadPost:
    """A lead as it was posted, read but not yet judged."""

    phone: str
    consent: Consent
    raw_type: str
    raw_body: bytes
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    address: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str = "US"
    external_id: str | None = None
    owner: str | None = None
    """The name of the agent whose lead it is; one whom nobody knows is passed over."""
    idempotency_key: str | None = None
    submitted_at: datetime | None = None
    schedule_at: datetime | None = None
    cost: Decimal | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    test: bool = False
    ip: str | None = None
    user_agent: str | None = None
    device: str | None = None
    """What the form's page calls the visitor's device or session."""
    seconds_on_form: float | None = None
    honeypot: str | None = None
    """A field that people cannot see: whoever fills it in is a machine."""
    ping_id: UUID | None = None
    via: str = "api"
    """How it came: api, import, or the name of a connector."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the poster is told. ``repeated``: the same as the first time, and nothing was stored now."""

    status: int
    body: dict[str, Any]
    lead_id: UUID
    refusal: str | None = None
    repeated: bool = False
    price: Decimal | None = None
    """What the lead costs, for a vendor who wants to be told."""
