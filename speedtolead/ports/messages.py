"""Texts and mails that we send: who carries them, and what is heard of them.

Owns: the protocols and the values that pass through them. Must not know: any provider. A sender raises Permanent,
Transient or Indeterminate, as every port, and never sends twice by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from speedtolead.domain.message import MessageState

OPTED_OUT = "opted_out"
"""The code of a Permanent: whoever carries texts knows that this person wants none from this sender."""
BAD_ADDRESS = "invalid_number"
"""The code of a Permanent: nothing can ever reach this number or address."""


@dataclass(frozen=True, slots=True)
class OutboundText:
    """``sender`` is one of the account's numbers, E.164, or the id of a group of senders at the carrier."""

    message_id: UUID
    receiver: str
    sender: str
    body: str


@dataclass(frozen=True, slots=True)
class OutboundMail:
    """``sender`` and ``reply_to`` as written in a header; ``unsubscribe`` answers a POST without a question;
    empty: a mail to the account's own people.
    ``calendar``: an entry that goes with it (RFC 5545)."""

    message_id: UUID
    receiver: str
    sender: str
    reply_to: str | None
    subject: str
    text: str
    html: str
    unsubscribe: str
    calendar: str | None = None


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """A message that who carries it knows."""

    provider_id: str
    receiver: str
    sender: str
    body: str
    created_at: datetime
    state: MessageState
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """News of a message. ``code`` is the provider's own, for the record."""

    provider_id: str
    state: MessageState
    at: datetime
    code: str | None = None


class Texter(Protocol):
    """Carries texts, and tells what became of them."""

    async def send_text(self, text: OutboundText) -> str:
        """Hand it over; the carrier's id.

        Raises Permanent (``OPTED_OUT``, ``BAD_ADDRESS``, or another), Transient or Indeterminate.
        """
        ...

    async def texts_to(self, receiver: str, since: datetime) -> Sequence[KnownMessage]:
        """Texts to a number that were made at or after ``since``. May lag behind by the consistency window."""
        ...


class ReceiptReader(Protocol):
    """The carrier's callbacks on texts."""

    def receipt(self, fields: Mapping[str, str], at: datetime) -> Receipt | None:
        """None for what is no receipt, or of a state that is not known."""
        ...


class Mailer(Protocol):
    """Carries mails."""

    async def send_mail(self, mail: OutboundMail) -> str:
        """Hand it over; the id that it carries, and by which a bounce or a reply names it. Raises Permanent,
        Transient or Indeterminate. A mail that may have been taken cannot be asked for.
        """
        ...
