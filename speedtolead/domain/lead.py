"""A lead: one person's one request, and the states it goes through.

Owns: the lead's states, why a lead is refused, and the consent as it was captured.
Must not know: how a lead arrives (HTTP) or is kept (SQL).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from speedtolead.domain.errors import IllegalTransition


class LeadState(StrEnum):
    """``new → working → contacted → converted``, or one of the four ways in which a lead ends unreached."""

    NEW = "new"
    """Accepted; no attempt has been made yet."""
    WORKING = "working"
    """An attempt has been made; the cadence goes on."""
    CONTACTED = "contacted"
    """A verified two-way talk took place."""
    CONVERTED = "converted"
    """A sale was reported."""
    REJECTED = "rejected"
    """Refused at intake; kept with its reason, never contacted."""
    EXHAUSTED = "exhausted"
    """The cadence has no step left."""
    SUPPRESSED = "suppressed"
    """The person must not be contacted."""
    CLOSED = "closed"
    """Ended by the account (``stop``) or because no lawful contact is possible."""


OPEN_STATES = frozenset({LeadState.NEW, LeadState.WORKING})


class Refusal(StrEnum):
    """Why a lead was refused: the ``code`` of the 422 answer. Checked in this order; the first one answers."""

    INVALID_PHONE = "invalid_phone"
    NO_CONSENT = "no_consent"
    NO_CERTIFICATE = "no_certificate"
    TOO_OLD = "too_old"
    OUTSIDE_CRITERIA = "outside_criteria"
    UNKNOWN_LOCATION = "unknown_location"
    SOURCE_PAUSED = "source_paused"
    SUPPRESSED = "suppressed"
    DUPLICATE = "duplicate"
    OVER_CAP = "over_cap"


@dataclass(frozen=True, slots=True)
class Consent:
    """What the person agreed to, as captured. ``channels`` are ``call``, ``sms``, ``email``."""

    channels: tuple[str, ...]
    text: str | None = None
    seller: str | None = None
    captured_at: datetime | None = None
    url: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    trustedform_cert_url: str | None = None
    leadid_token: str | None = None

    @property
    def has_certificate(self) -> bool:
        return bool(self.trustedform_cert_url or self.leadid_token)


class LeadEvent(StrEnum):
    """What can happen to a lead."""

    ATTEMPTED = "attempted"
    CONTACTED = "contacted"
    SOLD = "sold"
    CADENCE_ENDED = "cadence_ended"
    SUPPRESSED = "suppressed"
    STOPPED = "stopped"


def advance(state: LeadState, event: LeadEvent) -> LeadState:
    """The lead's next state. A lead that has ended stays ended, except that talk and sales still count.

    Raises IllegalTransition for a rejected lead: nothing may happen to it.
    """
    if state is LeadState.REJECTED:
        raise IllegalTransition(f"a rejected lead cannot be {event}")
    match event:
        case LeadEvent.SOLD:
            return LeadState.CONVERTED
        case LeadEvent.CONTACTED:
            return state if state is LeadState.CONVERTED else LeadState.CONTACTED
        case LeadEvent.ATTEMPTED:
            return LeadState.WORKING if state is LeadState.NEW else state
        case LeadEvent.CADENCE_ENDED:
            return LeadState.EXHAUSTED if state in OPEN_STATES else state
        case LeadEvent.SUPPRESSED:
            return LeadState.SUPPRESSED if state in OPEN_STATES else state
        case LeadEvent.STOPPED:
            return LeadState.CLOSED if state in OPEN_STATES else state
        case _:
            assert_never(event)
