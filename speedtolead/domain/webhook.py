"""Outgoing webhooks: what may be told, how a message is signed, and when a failed one is tried again.

Owns: the known kinds of event, the Standard Webhooks signature, the backoff. Must not know: HTTP, the database, or
who asks for a moment or a random number.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from speedtolead.domain.agent import AgentState
from speedtolead.domain.attempt import Result
from speedtolead.domain.lead import LeadState
from speedtolead.domain.returned import ClaimState

SECRET_PREFIX = "whsec_"
SECRET_BYTES = 32

EVENT_KINDS = frozenset(
    {
        "lead.accepted",
        "lead.refused",
        "lead.touched",
        "lead.owned",
        "lead.erased",
        "lead.ringing",
        "lead.answered",
        "attempt.dialing",
        "attempt.bridged",
        "attempt.contact",
        "attempt.connected",
        "attempt.refused",
        "cadence.webhook",
        "task.made",
        "task.done",
        "task.reopened",
        "mail.bounced",
        "mail.complained",
        "mail.replied",
        "callback.planned",
        "callback.moved",
        "callback.cancelled",
        "disposition.said",
        "disposition.undone",
        "disposition.done",
        "disposition.failed",
        "text.typed",
        "agent.stuck",
        "attempt.sending",
        "attempt.sent",
        "attempt.expired",
        "message.delivered",
        "message.undelivered",
        "attempt.waiting",
        "call.changed",
        "attempt.callback_planned",
        "call.received",
        "call.missed",
        "call.voicemail",
        "call.qualified",
        "call.not_qualified",
        "voicemail.left",
        "offer.taken",
        "offer.missed",
        "recording.announced",
        "recording.kept",
        "recording.removed",
        "notice.given",
        "label.asked",
        "attempt.labelled",
        "outcome.appointment",
        "outcome.quote",
        "outcome.sale",
        "lead.returned",
        "campaign.lead_first_held",
        "line.opened",
        "line.closed",
        "campaign.lead_first_allowed",
        "person.suppressed",
        "person.unsuppressed",
        "text.received",
        "numbers.used_up",
        "carrier.paused",
        "carrier.resumed",
        "number.alert",
        "number.alert_acknowledged",
        "number.benched",
        "number.unbenched",
        "alarm.opened",
        "alarm.ended",
        "alarm.acknowledged",
        "list.ageing",
        "list.stale",
        "source.alert",
        "source.alert_acknowledged",
        "source.alert_ended",
        *(f"return.{state}" for state in ClaimState),
        *(f"lead.{state}" for state in LeadState if state not in {LeadState.NEW, LeadState.REJECTED}),
        *(f"attempt.{result}" for result in Result),
        *(f"agent.{state}" for state in AgentState),
    }
)
"""Every kind that the product writes; a test holds the code to it."""

_BACKOFF = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 3600, 3 * 3600, 6 * 3600, 12 * 3600))
_JITTER = 0.2
LONGEST_WAIT = _BACKOFF[-1]


class DeliveryState(StrEnum):
    """Where a delivery is."""

    PENDING = "pending"
    """To be tried, now or at its time; held while its webhook is paused."""
    DELIVERED = "delivered"
    """The receiver said 2xx."""
    FAILED = "failed"
    """Given up: tried for about a day, the webhook was retired, or the receiver never wants it again."""


def backoff(tries: int, chance: float, asked: timedelta = timedelta(0)) -> timedelta | None:
    """How long to wait after so many failed tries; None when it is time to give up, after about a day.

    ``chance`` from 0 to 1 spreads the wait by a fifth either way, so that what failed together does not come back
    together. ``asked`` is the wait that the receiver asked for; it counts where it is longer, up to half a day.
    """
    if tries > len(_BACKOFF):
        return None
    wait = _BACKOFF[max(tries, 1) - 1] * (1 + _JITTER * (2 * chance - 1))
    return max(wait, min(asked, LONGEST_WAIT))


def given_up(tries: int) -> bool:
    """True after more tries than the backoff allows: each of the last ones ended its worker."""
    return tries > len(_BACKOFF) + 1


def message_id(delivery_id: UUID) -> str:
    """The ``webhook-id``: the same on every try and replay of one event to one webhook."""
    return f"msg_{delivery_id.hex}"


def secret_of(key: bytes) -> str:
    """A secret as it is shown and configured."""
    return SECRET_PREFIX + base64.b64encode(key).decode()


def key_of(secret: str) -> bytes:
    """The key in a secret. Raises ValueError for what is no secret: ``whsec_`` and the base64 of 24 to 64 bytes."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except ValueError:
        key = b""
    if not secret.startswith(SECRET_PREFIX) or not 24 <= len(key) <= 64:
        raise ValueError("expected whsec_ and the base64 of 24 to 64 bytes")
    return key


def signature(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """The ``webhook-signature`` (Standard Webhooks 1.0): ``v1,`` and the base64 of HMAC-SHA256."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key_of(secret), signed, hashlib.sha256).digest()).decode()
