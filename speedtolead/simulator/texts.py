"""Text messages, out and in.

Owns their records, what becomes of them, their callbacks and who has opted out. Must not know calls. A text
that would not be taken raises ApiError and leaves no record.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .engine import Carrier
from .people import Does, Texts
from .twiml import BadDocument, messages
from .wire import API_VERSION, ApiError, is_phone_number, new_sid, rfc2822, wall_now

log = logging.getLogger(__name__)
LONGEST = 1600
STOP_WORDS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
START_WORDS = frozenset({"start", "yes", "unstop"})


@dataclass(eq=False, slots=True)
class Text:
    sid: str
    account_sid: str
    to: str
    from_: str
    body: str
    direction: str
    status: str
    created: datetime
    callback: str = ""
    media: int = 0
    messaging_service_sid: str | None = None
    sent: datetime | None = None
    updated: datetime | None = None
    error_code: int | None = None
    created_at: float = 0.0

    def as_json(self, base: str) -> dict[str, object]:
        uri = f"{base}/Messages/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "messaging_service_sid": self.messaging_service_sid,
            "api_version": API_VERSION,
            "body": self.body,
            "num_segments": str(max(-(-len(self.body) // 153), 1) if len(self.body) > 160 else 1),
            "num_media": str(self.media),
            "direction": self.direction,
            "from": self.from_,
            "to": self.to,
            "status": self.status,
            "error_code": self.error_code,
            "error_message": None if self.error_code is None else "The message was not delivered",
            "date_created": rfc2822(self.created),
            "date_sent": rfc2822(self.sent),
            "date_updated": rfc2822(self.updated or self.created),
            "price": None,
            "price_unit": "USD",
            "uri": f"{uri}.json",
            "subresource_uris": {"media": f"{uri}/Media.json", "feedback": f"{uri}/Feedback.json"},
        }


class Messages:
    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self.by_sid: dict[str, Text] = {}
        self._opted_out: set[tuple[str, str]] = set()
        self._journeys: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        for journey in list(self._journeys):
            journey.cancel()
        await asyncio.gather(*self._journeys, return_exceptions=True)

    async def reset(self) -> None:
        await self.close()
        self.by_sid.clear()
        self._opted_out.clear()

    def send(self, to: str, from_: str, body: str, *, service: str, callback: str, media: int) -> Text:
        if not to:
            raise ApiError(21604)
        if not from_ and not service:
            raise ApiError(21603)
        if not body and not media:
            raise ApiError(21602)
        if len(body) > LONGEST:
            raise ApiError(21617)
        person = self._carrier.people.behind(to)
        if not is_phone_number(to) or person.does is Does.INVALID:
            raise ApiError(21211, to)
        own = self._carrier.numbers
        from_ = from_ or next(iter(own), "+15005550006")
        if not self._carrier.may_show(from_):
            raise ApiError(21606, from_)
        if from_ not in own and not is_phone_number(from_):
            raise ApiError(21212, from_)
        if person.texts is Texts.LANDLINE:
            raise ApiError(21614, to)
        if person.texts is Texts.OPTED_OUT or (to, from_) in self._opted_out:
            raise ApiError(21610)
        text = self._record(to, from_, body, "outbound-api", "queued", callback=callback, media=media)
        text.messaging_service_sid = service or None
        self._start(self._travel(text, person.texts))
        return text

    def receive(self, from_: str, to: str, body: str) -> Text:
        """A person writes to one of the account's numbers; its SmsUrl is told."""
        own = self._carrier.numbers.get(to)
        if own is None:
            raise ApiError(20404, to)
        text = self._record(to, from_, body, "inbound", "received", callback="", media=0)
        word = body.strip().lower()
        if word in STOP_WORDS:
            self._opted_out.add((from_, to))
        elif word in START_WORDS:
            self._opted_out.discard((from_, to))
        if own.sms_url:
            self._tell(text, own.sms_url, own.sms_method)
        return text

    def _record(
        self, to: str, from_: str, body: str, direction: str, status: str, *, callback: str, media: int
    ) -> Text:
        text = Text(
            new_sid("MM" if media else "SM", self._carrier.config.account_sid),
            self._carrier.config.account_sid,
            to,
            from_,
            body,
            direction,
            status,
            wall_now(),
            callback=callback,
            media=media,
            created_at=self._carrier.clock.now(),
        )
        self.by_sid[text.sid] = text
        while len(self.by_sid) > self._carrier.config.kept_calls:
            del self.by_sid[next(iter(self.by_sid))]
        self._carrier.signals.changed()
        return text

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        journey = asyncio.get_running_loop().create_task(work)
        self._journeys.add(journey)
        journey.add_done_callback(self._journeys.discard)

    async def _travel(self, text: Text, fate: Texts) -> None:
        """queued → sent → delivered, or where the person's script ends it."""
        self._report(text, "queued")
        await self._carrier.clock.pause(0.5)
        if fate is Texts.FAILED:
            text.error_code = 30008
            self._report(text, "failed")
            return
        text.sent = wall_now()
        self._report(text, "sent")
        await self._carrier.clock.pause(1.0)
        if fate is Texts.UNDELIVERED:
            text.error_code = 30003
        self._report(text, "undelivered" if fate is Texts.UNDELIVERED else "delivered")

    def _report(self, text: Text, status: str) -> None:
        text.status, text.updated = status, wall_now()
        described = {
            "AccountSid": text.account_sid,
            "ApiVersion": API_VERSION,
            "From": text.from_,
            "To": text.to,
            "MessageSid": text.sid,
            "SmsSid": text.sid,
            "MessageStatus": status,
            "SmsStatus": status,
        }
        if text.error_code is not None:
            described["ErrorCode"] = str(text.error_code)
        last = status in ("delivered", "undelivered", "failed")
        self._carrier.callbacks.post(text.callback, described, about=text.sid, last=last)
        self._carrier.signals.changed()

    def _tell(self, text: Text, url: str, method: str) -> None:
        described = {
            "AccountSid": text.account_sid,
            "ApiVersion": API_VERSION,
            "MessageSid": text.sid,
            "SmsSid": text.sid,
            "SmsMessageSid": text.sid,
            "From": text.from_,
            "To": text.to,
            "Body": text.body,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsStatus": "received",
        }
        self._carrier.callbacks.post(
            url, described, about=text.sid, method=method, last=True, answered=lambda said: self._reply(text, said)
        )

    def _reply(self, text: Text, document: str) -> None:
        """Send back what its address answered; to somebody who opted out nothing is sent (21610)."""
        try:
            replies = messages(document)
        except BadDocument as bad:
            log.warning("text not answered: %s", bad)
            return
        for words in replies:
            if (text.from_, text.to) in self._opted_out:
                log.warning("text not answered: error 21610")
                return
            reply = self._record(text.from_, text.to, words, "outbound-reply", "queued", callback="", media=0)
            self._start(self._travel(reply, self._carrier.people.behind(text.from_).texts))
