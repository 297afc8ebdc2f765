"""Messages that callers left, until somebody took care of them; and the calls that came in, as they are listed.

Owns: that each message is told once. Must not know: how a message is recorded or played (``recordings``).
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from speedtolead.domain.errors import NotFound
from speedtolead.ports import Clock
from speedtolead.store import events
from speedtolead.store import inbound as rows
from speedtolead.store import inbound_lists as lists
from speedtolead.store.database import Database
from speedtolead.store.inbound_lists import ListedCall
from speedtolead.store.query import Connection


async def left(tx: Connection, attempt_id: UUID, now: datetime, seconds: int) -> None:
    """The caller left a message; told to the account once, whoever heard of it first."""
    found = await rows.MARK_MESSAGE.first(tx, attempt_id=attempt_id, now=now)
    if found is None:
        return
    await events.add(
        tx,
        found.account_id,
        "voicemail.left",
        now,
        lead_id=found.lead_id,
        attempt_id=attempt_id,
        data={"seconds": seconds},
    )
    await events.wake(tx)


class Messages:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def calls(
        self,
        account_id: UUID,
        *,
        source: str | None = None,
        waiting: bool = False,
        live: bool = False,
        before: datetime | None = None,
        most: int = 50,
    ) -> list[ListedCall]:
        """Calls that came in, newest first. ``waiting``: with a message that nobody took care of; ``live``: on the
        line now."""
        async with self._database.connection() as tx:
            return await lists.INCOMING_CALLS.all(
                tx, account_id=account_id, source=source, waiting=waiting, live=live, before=before, most=most
            )

    async def seen(self, account_id: UUID, call_id: UUID, by: str) -> None:
        """Somebody took care of a message. Raises NotFound, also where somebody had before."""
        async with self._database.transaction() as tx:
            done = await lists.MESSAGE_SEEN.first(
                tx, account_id=account_id, call_id=call_id, by=by, now=self._clock.now()
            )
            if done is None:
                raise NotFound("There is no such message to take care of.")
            await events.wake(tx)
