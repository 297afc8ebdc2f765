"""Who answered a call, as somebody says who heard it.

Owns: keeping that word, and settling the call by it. Must not know: who may say it, or how it was asked for.
Said of a call that is under way, a machine is treated as if it had been detected. The same word again changes
nothing; another one replaces it, and both stay in the evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from speedtolead.domain.call import LegKind
from speedtolead.domain.errors import NotFound, SpeedToLeadError
from speedtolead.domain.machine import Label
from speedtolead.ports import Clock
from speedtolead.service.calling.afterwards import Afterwards
from speedtolead.service.calling.calls import Calls
from speedtolead.service.calling.under_way import Call, load
from speedtolead.store import events
from speedtolead.store import machine as rows
from speedtolead.store.database import Database
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection

BY_KEY = "keypad"


class NotAnswered(SpeedToLeadError):
    """Nobody heard the lead's phone being answered."""

    code = "not_answered"


@dataclass(frozen=True, slots=True)
class Labelled:
    """``detected``: what detection said. ``asked``: the call is of the sample. ``contact``: whether it is one."""

    detected: str | None
    asked: bool
    contact: bool
    afterwards: Sequence[Afterwards]


class Labels:
    def __init__(self, database: Database, clock: Clock, under_way: Calls) -> None:
        self._database = database
        self._clock = clock
        self._calls = under_way

    async def label(self, account_id: UUID, attempt_id: UUID, label: Label, by: str) -> Labelled:
        """Raises NotFound, and NotAnswered for a call that nobody can know of."""
        async with self._database.transaction() as tx:
            if await rows.ATTEMPT_TO_LABEL.first(tx, attempt_id=attempt_id, account_id=account_id) is None:
                raise NotFound("There is no such attempt.")
            return await self.within(tx, await load(tx, attempt_id), label, by)

    async def within(self, tx: Connection, call: Call, label: Label, by: str) -> Labelled:
        """The same in a transaction that holds the attempt."""
        row, lead = call.row, call.leg(LegKind.LEAD)
        if call.incoming:
            raise NotAnswered("The person called us: nobody else answered.")
        if lead is None or lead.live_at is None:
            raise NotAnswered("The lead's phone was not answered, so there is nothing to say of who answered.")
        detected = None if lead.answered_by is None else lead.answered_by.value
        afterwards: Sequence[Afterwards] = []
        if row.labelled_as != label:
            now = self._clock.now()
            await rows.ADD_LABEL.run(
                tx,
                label_id=new_id(),
                account_id=row.account_id,
                attempt_id=row.attempt_id,
                label=label,
                detected=detected,
                sampled=row.label_asked is not None,
                now=now,
                by=by,
            )
            call.labelled(label)
            data = {"label": label.value, "detected": detected, "by": by}
            await events.add(
                tx,
                row.account_id,
                "attempt.labelled",
                now,
                lead_id=row.lead_id,
                attempt_id=row.attempt_id,
                agent_id=row.agent_id,
                data=data,
            )
            afterwards = await self._calls.settle(tx, call)
        now_is = await rows.COUNTS_AS_CONTACT.one(tx, attempt_id=row.attempt_id)
        return Labelled(detected, row.label_asked is not None, now_is.contact, afterwards)
