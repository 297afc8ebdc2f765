"""Texts through the official SDK: sending, listing, and what the carrier posts of each.

Owns: the requests, the status words and the sender's two shapes. Must not know: attempts, permits, rows.
A text is sent once. What a failure means is in ``errors``.

Documented: https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from twilio.rest import Client

from speedtolead.adapters.twilio import errors
from speedtolead.adapters.twilio.addresses import Addresses
from speedtolead.adapters.twilio.errors import FAILURES
from speedtolead.adapters.twilio.http import BoundedHttpClient
from speedtolead.domain.message import MessageState
from speedtolead.ports import Indeterminate, Transient
from speedtolead.ports.messages import KnownMessage, OutboundText, Receipt

STATES = {
    "accepted": MessageState.SENT,
    "scheduled": MessageState.SENT,
    "queued": MessageState.SENT,
    "sending": MessageState.SENT,
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "partially_delivered": MessageState.DELIVERED,
    "read": MessageState.READ,
    "undelivered": MessageState.UNDELIVERED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.FAILED,
}
_SENDERS_GROUP = "MG"
_LISTED = 200


class TwilioTexts:
    """The texting port of one account."""

    def __init__(self, client: Client, addresses: Addresses) -> None:
        self._client = client
        self._addresses = addresses

    async def send_text(self, text: OutboundText) -> str:
        group = text.sender.startswith(_SENDERS_GROUP)
        sender: dict[str, Any] = {"messaging_service_sid" if group else "from_": text.sender}
        try:
            made = await self._client.messages.create_async(
                to=text.receiver,
                body=text.body,
                status_callback=self._addresses.of_text(text.message_id),
                **sender,
            )
        except FAILURES as error:
            raise errors.read(error) from error
        if not made.sid:
            raise Indeterminate("the carrier answered without a text's id")
        return str(made.sid)

    async def texts_to(self, receiver: str, since: datetime) -> Sequence[KnownMessage]:
        try:
            listed = await self._client.messages.list_async(to=receiver, limit=_LISTED, page_size=_LISTED)
        except FAILURES as error:
            raise errors.read_only(error) from error
        known = [_known(text) for text in listed if not str(text.direction or "").startswith("inbound")]
        return [text for text in known if text.created_at >= since.replace(microsecond=0)]


def receipt(fields: Mapping[str, str], at: datetime) -> Receipt | None:
    """The news in a status callback; None for a word that is not known."""
    state = STATES.get(fields.get("MessageStatus", fields.get("SmsStatus", "")))
    provider_id = fields.get("MessageSid") or fields.get("SmsSid")
    if state is None or not provider_id:
        return None
    return Receipt(provider_id, state, at, fields.get("ErrorCode") or None)


def _known(text: Any) -> KnownMessage:
    if not text.sid:
        raise Transient("the carrier answered without a text's id")
    created = text.date_created or datetime.now(UTC)
    return KnownMessage(
        provider_id=text.sid,
        receiver=text.to or "",
        sender=text.messaging_service_sid or text.from_ or "",
        body=text.body or "",
        created_at=created.astimezone(UTC),
        state=STATES.get(str(text.status), MessageState.SENT),
        code=None if text.error_code is None else str(text.error_code),
    )


@asynccontextmanager
async def twilio_texts(
    *, account_sid: str, auth_token: str, api_url: str, public_url: str, timeout: float
) -> AsyncIterator[TwilioTexts]:
    http = BoundedHttpClient(api_url, timeout)
    try:
        yield TwilioTexts(Client(account_sid, auth_token, http_client=http), Addresses(public_url))
    finally:
        await http.close()
