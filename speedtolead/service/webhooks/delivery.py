"""One delivery: signed, sent, and what came of it written down.

Owns: whether it is still to be made, each try's record, and when the next one is. Must not know: the queue, HTTP.
The row is the truth: asked about one that was delivered, or is not due yet, nothing is sent. Nobody can know
whether a try whose answer was lost has arrived; it is made again, with the same id.
"""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from speedtolead.domain.webhook import backoff, given_up, message_id, signature
from speedtolead.ports import Clock, Permanent, PortError, Transient, WebhookSender
from speedtolead.service.times import iso
from speedtolead.service.webhooks import postback
from speedtolead.service.webhooks.postback import Told, Unmakable
from speedtolead.store import webhooks as rows
from speedtolead.store.database import Database
from speedtolead.store.query import Connection
from speedtolead.store.webhooks import ToMake

log = structlog.get_logger(__name__)

PATIENCE = 5
"""So many tries of a webhook may fail in a row before it gets a rest, of one second and then ever longer."""
TRY = timedelta(seconds=30)
"""Longer than a request may take: so long nobody else tries the same delivery."""
GONE = 410
ERROR_CHARACTERS = 200


class Deliveries:
    def __init__(self, database: Database, sender: WebhookSender, clock: Clock) -> None:
        self._database = database
        self._sender = sender
        self._clock = clock

    async def deliver(self, delivery_id: UUID) -> timedelta | None:
        """Make a delivery, if it is to be made. How long to wait before it is looked at again; None: never."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            found = await rows.DELIVERY_TO_MAKE.first(tx, delivery_id=delivery_id)
            if found is None or found.paused:
                return None
            if found.removed:
                await self._failed_try(tx, found, None, "the webhook was retired", None, now)
                return None
            wait = _not_yet(found, now)
            if wait is not None:
                return wait
            begun = await rows.BEGIN_TRY.first(tx, delivery_id=delivery_id, now=now, ahead=now + TRY)
            if begun is None:  # another worker runs this job as well
                return TRY
            if given_up(begun.tries):
                await self._failed_try(tx, found, None, "no try came to an end", None, now)
                return None
        return await self._send(found, begun.tries, now)

    async def _send(self, found: ToMake, tries: int, now: datetime) -> timedelta | None:
        webhook_id = message_id(found.delivery_id)
        timestamp = int(now.timestamp())
        try:
            told = _told(found, webhook_id)
            headers = told.headers | {"webhook-id": webhook_id, "webhook-timestamp": str(timestamp)}
            if found.secret is not None:
                headers["webhook-signature"] = signature(found.secret, webhook_id, timestamp, told.body)
            status = await self._sender.send(told.url, headers, told.body, told.method)
        except Unmakable as error:
            return await self._not_delivered(found, tries, Permanent(str(error), code=error.code))
        except PortError as error:
            return await self._not_delivered(found, tries, error)
        async with self._database.transaction() as tx:
            await rows.RECORD_DELIVERED.run(
                tx,
                delivery_id=found.delivery_id,
                webhook_id=found.webhook_id,
                status=status,
                now=self._clock.now(),
            )
        return None

    async def _not_delivered(self, found: ToMake, tries: int, error: PortError) -> timedelta | None:
        """Indeterminate is tried again like Transient: a webhook may arrive twice."""
        now = self._clock.now()
        status = int(error.provider_code) if error.provider_code else None
        asked = error.retry_after if isinstance(error, Transient) else timedelta(0)
        wait = None if isinstance(error, Permanent) else backoff(tries, random.random(), asked)
        log.info(
            "webhook.not_delivered",
            webhook_id=message_id(found.delivery_id),
            tries=tries,
            error=str(error),
            again_in=None if wait is None else round(wait.total_seconds()),
        )
        async with self._database.transaction() as tx:
            await self._failed_try(tx, found, status, str(error), None if wait is None else now + wait, now)
            if status == GONE:
                await rows.PAUSE_WEBHOOK.run(tx, webhook_id=found.webhook_id, why="the receiver answered 410 Gone")
                log.warning("webhook.paused", webhook=str(found.webhook_id))
        return wait

    async def _failed_try(
        self,
        tx: Connection,
        found: ToMake,
        status: int | None,
        error: str,
        next_at: datetime | None,
        now: datetime,
    ) -> None:
        await rows.RECORD_FAILED_TRY.run(
            tx,
            delivery_id=found.delivery_id,
            webhook_id=found.webhook_id,
            status=status,
            error=error[:ERROR_CHARACTERS],
            next_at=next_at,
            patience=PATIENCE,
            now=now,
        )


def _not_yet(found: ToMake, now: datetime) -> timedelta | None:
    """How long until this delivery may be tried; spread out where a whole webhook rests."""
    if found.next_at is not None and found.next_at > now:
        return found.next_at - now
    if found.rest_until is not None and found.rest_until > now:
        return (found.rest_until - now) * (1 + random.random())
    return None


def _told(found: ToMake, webhook_id: str) -> Told:
    """The request. Raises Unmakable, for a postback whose template fails on this lead."""
    if found.request is None:
        return Told("POST", found.url, {"Content-Type": "application/json"}, _body(found))
    if found.lead is None:
        raise Unmakable("the lead is not kept any more")
    facts = postback.facts(found.kind, found.at, webhook_id, found.data, found.lead)
    return postback.told(postback.postback(found.url, found.request), facts)


def _body(found: ToMake) -> bytes:
    """The same bytes on every try."""
    told = {"type": found.kind, "timestamp": iso(found.at), "data": found.data}
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()
