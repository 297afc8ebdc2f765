"""What an agent says came of a call: taken, taken back in time, and carried out.

Owns: taking it once a call, and what follows from each kind, by the use cases that the API has for it. Must not
know: keys, HTTP. Until the time for taking it back is over nothing has followed; then any node carries it out, and
what was begun and cut short is begun again: each step is known by the disposition's id, or changes nothing then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import structlog

from speedtolead.domain.disposition import UNDO, Kind, undo_for
from speedtolead.domain.errors import NotFound, SpeedToLeadError
from speedtolead.domain.machine import Label
from speedtolead.domain.outcome import OutcomeKind
from speedtolead.domain.returned import ReturnReason
from speedtolead.domain.talk import NotNow
from speedtolead.ports import Clock
from speedtolead.service.cadences.asked_calls import AskedCalls, CallbackRefused, Wish
from speedtolead.service.calling.afterwards import Afterwards
from speedtolead.service.calling.labels import Labels, NotAnswered
from speedtolead.service.lawful.suppressions import Stop, Suppressions
from speedtolead.service.leads import Leads
from speedtolead.service.outcomes import Outcomes, Refused, Report
from speedtolead.service.times import iso
from speedtolead.store import console as rows
from speedtolead.store import events
from speedtolead.store.console import DispositionRow, SeatRow
from speedtolead.store.database import Database
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection
from speedtolead.store.settings_json import Json

log = structlog.get_logger(__name__)

BY_AGENT = "agent"
"""The origin of a suppression that an agent asked for."""
_AGAIN = timedelta(seconds=30)
_CLOCKS_APART = timedelta(seconds=1)
"""Of the nodes that take it back and carry it out."""
AT_ONCE = 50
_OUTCOMES = {
    Kind.APPOINTMENT: OutcomeKind.APPOINTMENT,
    Kind.QUOTE: OutcomeKind.QUOTE,
    Kind.SALE: OutcomeKind.SALE,
    Kind.WRONG_NUMBER: OutcomeKind.RETURN,
    Kind.BAD_LEAD: OutcomeKind.RETURN,
}


@dataclass(frozen=True, slots=True)
class Said:
    """What an agent says. ``at``: of an appointment or a callback; ``mine``: the callback is this agent's."""

    kind: Kind
    note: str | None = None
    value: Decimal | None = None
    at: datetime | None = None
    reason: ReturnReason | None = None
    mine: bool = False

    def to_json(self) -> Json:
        given = {
            "note": self.note,
            "value": None if self.value is None else format(self.value.normalize(), "f"),
            "at": None if self.at is None else iso(self.at),
            "reason": self.reason,
            "mine": self.mine or None,
        }
        return {name: value for name, value in given.items() if value is not None}


class Dispositions:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        outcomes: Outcomes,
        leads: Leads,
        suppressions: Suppressions,
        labels: Labels,
        asked_calls: AskedCalls,
    ) -> None:
        self._database = database
        self._clock = clock
        self._outcomes = outcomes
        self._leads = leads
        self._suppressions = suppressions
        self._labels = labels
        self._asked_calls = asked_calls

    async def say(
        self, seat: SeatRow, attempt_id: UUID, said: Said, by: str
    ) -> tuple[DispositionRow, Sequence[Afterwards]]:
        """Take it; the row as it is now, and what must be done at the carrier.

        Raises NotFound for a call that this agent was not rung for, NotNow where something else was said of it.
        """
        now, undo = self._clock.now(), undo_for(said.kind)
        async with self._database.transaction() as tx:
            of = {"account_id": seat.account_id, "attempt_id": attempt_id}
            attempt = await rows.ATTEMPT_OF_AGENT.first(tx, agent_id=seat.agent_id, **of)
            if attempt is None:
                raise NotFound("There is no such call of yours.")
            added = await rows.ADD_DISPOSITION.first(
                tx,
                disposition_id=new_id(),
                lead_id=attempt.lead_id,
                agent_id=seat.agent_id,
                by=by,
                kind=said.kind,
                given=said.to_json(),
                now=now,
                settles_at=now + (undo + _CLOCKS_APART if undo else undo),
                **of,
            )
            row = await rows.DISPOSITION_OF_ATTEMPT.one(tx, **of)
            if added is None:
                if (row.kind, row.given, row.agent_id) == (said.kind, said.to_json(), seat.agent_id):
                    return row, []  # the same key twice
                raise NotNow(f"It was said before: {row.kind.replace('_', ' ')}.")
            await self._tell(tx, row, "disposition.said", now)
        afterwards = await self._settle(row) if not undo else []
        return await self.of(seat.account_id, attempt_id) or row, afterwards

    async def of(self, account_id: UUID, attempt_id: UUID) -> DispositionRow | None:
        """What was said of a call, and not taken back."""
        async with self._database.connection() as tx:
            return await rows.DISPOSITION_OF_ATTEMPT.first(tx, account_id=account_id, attempt_id=attempt_id)

    async def undo(self, seat: SeatRow, attempt_id: UUID) -> None:
        """Take back what this agent said. Raises NotNow where it has taken effect, or nothing was said."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            of = {"account_id": seat.account_id, "attempt_id": attempt_id}
            row = await rows.DISPOSITION_OF_ATTEMPT.first(tx, **of)
            undone = await rows.UNDO_DISPOSITION.first(tx, agent_id=seat.agent_id, since=now - UNDO, **of)
            if undone is None or row is None:
                raise NotNow("It can no longer be taken back.")
            await self._tell(tx, row, "disposition.undone", now)

    async def look(self) -> None:
        """Carry out what can no longer be taken back."""
        now = self._clock.now()
        async with self._database.connection() as tx:
            due = await rows.DISPOSITIONS_DUE.all(tx, now=now, again=now + _AGAIN, most=AT_ONCE)
        for row in due:
            await self._settle(row)

    async def _settle(self, row: DispositionRow) -> Sequence[Afterwards]:
        """Do what follows, and say that it is done; one that cannot be done says why, and stands."""
        with structlog.contextvars.bound_contextvars(attempt_id=str(row.attempt_id), kind=row.kind):
            try:
                afterwards = await self._follow(row)
            except (Refused, NotFound, NotAnswered, CallbackRefused) as error:
                log.warning("disposition.failed", code=error.code)
                await self._end(row, "failed", error)
                return []
            await self._end(row, "done")
            return afterwards

    async def _end(self, row: DispositionRow, state: str, error: SpeedToLeadError | None = None) -> None:
        why = None if error is None else str(error)
        async with self._database.transaction() as tx:
            ended = await rows.SETTLE_DISPOSITION.first(tx, disposition_id=row.disposition_id, state=state, why=why)
            if ended is not None:
                await self._tell(tx, row, f"disposition.{state}", self._clock.now())

    async def _follow(self, row: DispositionRow) -> Sequence[Afterwards]:
        """What a kind does. Rows are locked by each use case in the order of all others."""
        account_id, lead_id, kind = row.account_id, row.lead_id, Kind(row.kind)
        if kind is Kind.MACHINE:
            return (await self._labels.label(account_id, row.attempt_id, Label.MACHINE, row.said_by)).afterwards
        if kind in {Kind.DO_NOT_CALL, Kind.WRONG_NUMBER}:
            await self._never_again(row, kind)
        if kind in _OUTCOMES:
            await self._outcomes.report(account_id, lead_id, _report(row, kind))
        elif kind is Kind.NOT_INTERESTED:
            await self._leads.stop(account_id, lead_id)
        elif kind is Kind.CALLBACK:
            await self._call_back(row)
        return []

    async def _never_again(self, row: DispositionRow, kind: Kind) -> None:
        async with self._database.transaction() as tx:
            attempt = await rows.ATTEMPT_OF_AGENT.one(
                tx, account_id=row.account_id, attempt_id=row.attempt_id, agent_id=row.agent_id
            )
            if attempt.phone is None:
                return  # erased meanwhile: nobody can be called
            wrong = kind is Kind.WRONG_NUMBER
            reason = "wrong number, said to an agent" if wrong else "asked an agent for no more calls"
            stop = Stop("phone", attempt.phone, reason, BY_AGENT, lead_id=row.lead_id)
            await self._suppressions.add_within(tx, row.account_id, stop)

    async def _call_back(self, row: DispositionRow) -> None:
        """A promise takes the place of an earlier one: done twice, it is one call."""
        agent = None
        if row.given.get("mine"):
            async with self._database.connection() as tx:
                agent = (await rows.NAME_OF_AGENT.one(tx, agent_id=row.agent_id)).name
        wish = Wish(datetime.fromisoformat(row.given["at"]), row.said_by, agent, row.given.get("note"))
        await self._asked_calls.plan(row.account_id, row.lead_id, wish)

    async def _tell(self, tx: Connection, row: DispositionRow, kind: str, now: datetime) -> None:
        data: dict[str, object] = {"kind": row.kind, "by": row.said_by}
        await events.add(
            tx,
            row.account_id,
            kind,
            now,
            lead_id=row.lead_id,
            attempt_id=row.attempt_id,
            agent_id=row.agent_id,
            data=data,
        )
        await events.wake(tx)


def _report(row: DispositionRow, kind: Kind) -> Report:
    """The outcome, known by the disposition: it is reported once however often this runs."""
    given = row.given
    reason = ReturnReason.WRONG_PERSON if kind is Kind.WRONG_NUMBER else given.get("reason")
    note = given.get("note")
    if kind is Kind.APPOINTMENT:
        note = f"For {given['at']}." + (f" {note}" if note else "")
    return Report(
        _OUTCOMES[kind],
        row.said_by,
        Decimal(given["value"]) if "value" in given else None,
        None if reason is None else ReturnReason(reason),
        note,
        row.made_at,
        f"disposition-{row.disposition_id}",
    )
