"""What follows when a person writes back: the cadence pauses, or the call that they ask for is planned.

Owns: what follows from a reply that is no stop. Must not know: how a text arrives, or what a stop is.

A wish to be called that is understood is a call at once, or at its time, in place of what was planned; any other
reply stops what the campaign says it stops, and waits for a person to look at it. All of it is written in the
transaction that stores the text.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from speedtolead.domain import reply
from speedtolead.service.cadences.asked_calls import Promises
from speedtolead.service.cadences.follow_up import FollowUp
from speedtolead.service.lawful.permits import Permits
from speedtolead.store import events
from speedtolead.store import suppressions as suppression_rows
from speedtolead.store import texts as rows
from speedtolead.store.callbacks import HOLD_REPLACEABLE
from speedtolead.store.query import Connection

_WROTE = "the person wrote back"


class Replies:
    def __init__(self, permits: Permits) -> None:
        self._follow_up = FollowUp(permits)
        self._promises = Promises(permits)

    async def follow(
        self, tx: Connection, account_id: UUID, lead_id: UUID, text_id: UUID, body: str, now: datetime
    ) -> None:
        """A reply of a lead's person. The caller holds no attempt's and no lead's row yet."""
        zone = await rows.ZONE_OF_LEAD.one(tx, lead_id=lead_id)
        wish = None if zone.zone is None else reply.read(body, now, zone.zone)
        await HOLD_REPLACEABLE.all(tx, lead_id=lead_id, account_id=account_id)
        if zone.phone is not None:
            # Whatever was permitted before the reply came is decided anew. Locked are attempts, person, lead.
            await suppression_rows.BAR_PERSON.run(tx, account_id=account_id, value=zone.phone)
        if wish is None:
            await self._follow_up.reconsider(tx, account_id, lead_id, _WROTE, now)
        else:
            made = await self._promises.for_the_person(tx, account_id, lead_id, wish.at or now, now)
            if made is not None:
                await rows.WISH_FOLLOWED.run(tx, text_id=text_id)
                data = {"at": (wish.at or now).isoformat(), "text_id": str(text_id)}
                await events.add(
                    tx, account_id, "callback.planned", now, lead_id=lead_id, attempt_id=made, data=data
                )
                await events.wake(tx)
