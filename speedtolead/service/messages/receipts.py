"""What becomes of texts after they were handed over: receipts, and those of which nobody can say.

Owns: taking a receipt, and asking the carrier for a text whose answer never came. Must not know: the carrier's
words.

A receipt may come before our own request is answered, late, twice or in any order: a message's state only rises. A
text that is unknown is looked for among the carrier's, again and again over its consistency window; one that is
found is taken for sent, and only when none was ever found is the attempt planned again. A mail cannot be asked for:
one whose answer never came is taken for sent, because a second one would be worse than none.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog

from speedtolead.domain.attempt import AttemptState
from speedtolead.domain.cadence.plan import Channel
from speedtolead.domain.message import FINAL, MessageState, advance
from speedtolead.ports import Clock, PortError
from speedtolead.ports.messages import Receipt, Texter
from speedtolead.service.calling.patience import Patience
from speedtolead.service.messages.sending import Sending
from speedtolead.store import calls as call_rows
from speedtolead.store import events
from speedtolead.store import sends as rows
from speedtolead.store.database import Database
from speedtolead.store.sends import SendRow

log = structlog.get_logger(__name__)

AT_ONCE = 100
_CLOCKS_APART = timedelta(seconds=5)
_TOLD = {MessageState.DELIVERED: "message.delivered", MessageState.UNDELIVERED: "message.undelivered"}
_TOLD[MessageState.FAILED] = "message.undelivered"


class Receipts:
    def __init__(
        self, database: Database, clock: Clock, patience: Patience, sending: Sending, texter: Texter
    ) -> None:
        self._database = database
        self._clock = clock
        self._patience = patience
        self._sending = sending
        self._texter = texter

    async def take(self, message_id: UUID, receipt: Receipt) -> None:
        """News of a message; of one that does not exist it is dropped."""
        async with self._database.transaction() as tx:
            row = await rows.MESSAGE_BY_ID.first(tx, message_id=message_id)
            if row is None:
                return
            before = MessageState(row.state)
            after = advance(before, receipt.state)
            waits = before in {MessageState.SENDING, MessageState.UNKNOWN}
            if after is not before:
                await rows.RECEIPT_TAKEN.run(
                    tx,
                    message_id=message_id,
                    state=after,
                    provider_code=receipt.code,
                    provider_id=receipt.provider_id,
                    final=after in FINAL,
                    at=receipt.at,
                )
                if after in _TOLD:
                    data = {"message_id": str(message_id), "channel": row.channel, "provider_code": receipt.code}
                    await events.add(
                        tx,
                        row.account_id,
                        _TOLD[after],
                        receipt.at,
                        lead_id=row.lead_id,
                        attempt_id=row.attempt_id,
                        data=data,
                    )
        if waits:
            await self._sending.sent(row.attempt_id, receipt.provider_id)

    async def sweep(self) -> int:
        """Look after texts and mails whose lease has run out; how many there were."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            overdue = await rows.OVERDUE_SENDS.all(tx, now=now, most=AT_ONCE)
            if overdue:
                again = now + self._patience.ask_again
                ids = [row.attempt_id for row in overdue]
                await call_rows.RENEW_LEASE.run(tx, attempt_ids=ids, lease_until=again)
        for row in overdue:
            with structlog.contextvars.bound_contextvars(attempt_id=str(row.attempt_id)):
                try:
                    await self._look_after(row.attempt_id, AttemptState(row.state))
                except PortError as error:
                    log.warning("receipts.carrier", code=error.code, error=str(error))
        return len(overdue)

    async def _look_after(self, attempt_id: UUID, state: AttemptState) -> None:
        if state is AttemptState.SENDING:
            await self._sending.lost_track(attempt_id, "the answer never came")
            return
        async with self._database.connection() as tx:
            row = await rows.LOCK_SEND.one(tx, attempt_id=attempt_id)
        if row.state != AttemptState.UNKNOWN or row.message_id is None:
            return
        if row.channel == Channel.EMAIL:
            await self._sending.sent(attempt_id, str(row.message_id))
            return
        found = await self._find(row)
        if found is not None:
            log.info("message.found_at_carrier")
            await self._sending.sent(attempt_id, found)
            return
        now = self._clock.now()
        if now - (row.unknown_since or now) >= self._patience.consistency:
            log.info("message.never_made")
            await self._sending.unsent(attempt_id, now, "the carrier knows of no text")

    async def _find(self, row: SendRow) -> str | None:
        """The carrier's text of these words to this number, since then, that is no other message's."""
        assert row.receiver is not None
        assert row.made_at is not None
        listed = await self._texter.texts_to(row.receiver, row.made_at - _CLOCKS_APART)
        async with self._database.connection() as tx:
            ids = [text.provider_id for text in listed]
            taken = {known.provider_message_id for known in await rows.KNOWN_MESSAGE_IDS.all(tx, provider_ids=ids)}
        free = [text for text in listed if text.provider_id not in taken and text.body == row.body]
        return min(free, key=lambda text: text.created_at).provider_id if free else None
