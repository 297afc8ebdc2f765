"""What an account sees of its webhooks, and telling events again.

Owns: which deliveries a replay begins anew. Must not know: HTTP, or how a delivery is made.
A replay sends the message as it was, with the id that it had. A delivery that waits for its next try is tried now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.domain.errors import NotFound, SpeedToLeadError
from speedtolead.domain.webhook import DeliveryState
from speedtolead.ports import Clock
from speedtolead.service.webhooks.relay import enqueue_due
from speedtolead.store import jobs
from speedtolead.store import webhooks as rows
from speedtolead.store.database import Database
from speedtolead.store.query import Connection
from speedtolead.store.webhooks import DeliveryRow, Due, WebhookRow

REPLAYED_AT_MOST = 10_000


class TooMany(SpeedToLeadError):
    """The span holds more events than one replay takes; nothing was replayed."""

    code = "too_many"


@dataclass(frozen=True, slots=True)
class Again:
    """What to tell again: one event, the events of ``since`` ≤ t < ``until``, or whatever was given up."""

    event_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    failed: bool = False


class Webhooks:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def all(self, account_id: UUID) -> list[WebhookRow]:
        """The account's webhooks, by name."""
        async with self._database.connection() as tx:
            return await rows.WEBHOOKS_OF_ACCOUNT.all(tx, account_id=account_id)

    async def deliveries(
        self, account_id: UUID, name: str, state: DeliveryState | None, before: int | None, most: int
    ) -> list[DeliveryRow]:
        """A page, latest event first. Raises NotFound where the account has no such webhook."""
        async with self._database.connection() as tx:
            return await rows.DELIVERIES_OF_WEBHOOK.all(
                tx,
                account_id=account_id,
                webhook_id=await _webhook_id(tx, account_id, name),
                state=state,
                before=before,
                most=most,
            )

    async def replay(self, account_id: UUID, name: str, again: Again) -> int:
        """How many deliveries were begun anew.

        Raises NotFound where the account has no such webhook or event, and TooMany for a span of more than
        ``REPLAYED_AT_MOST`` events.
        """
        async with self._database.transaction() as tx:
            webhook_id = await _webhook_id(tx, account_id, name)
            if again.failed:
                begun = await rows.REVIVE_FAILED.all(
                    tx, account_id=account_id, webhook_id=webhook_id, now=self._clock.now()
                )
            else:
                begun = await self._begin_anew(tx, account_id, webhook_id, again)
            await rows.END_REST.run(tx, webhook_id=webhook_id)
            await enqueue_due(tx, begun)
            await jobs.hasten(tx, jobs.WEBHOOK, [one.delivery_id for one in begun])
        return len(begun)

    async def _begin_anew(self, tx: Connection, account_id: UUID, webhook_id: UUID, again: Again) -> list[Due]:
        found = await rows.EVENTS_TO_REPLAY.all(
            tx,
            account_id=account_id,
            webhook_id=webhook_id,
            event_id=again.event_id,
            since=again.since,
            until=again.until,
            most=REPLAYED_AT_MOST + 1,
        )
        if again.event_id is not None and not found:
            raise NotFound("There is no such event.")
        if len(found) > REPLAYED_AT_MOST:
            raise TooMany(f"More than {REPLAYED_AT_MOST} events; ask for a shorter span.")
        event_ids = [one.event_id for one in found]
        return await rows.ADD_DELIVERIES.all(tx, event_ids=event_ids, replay_of=webhook_id, now=self._clock.now())


async def _webhook_id(tx: Connection, account_id: UUID, name: str) -> UUID:
    found = await rows.WEBHOOK_BY_NAME.first(tx, account_id=account_id, name=name)
    if found is None:
        raise NotFound("There is no such webhook.")
    return found.id
