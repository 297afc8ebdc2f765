"""Outcomes: what a lead's buyer reports of it after the talk.

Owns: taking a report once, and what follows from it, in one transaction: a lead that is sold or bad is called no
more, and a bad one is claimed back where its source's terms allow. Must not know: who may report (web checks that).
A report that comes again under its key changes nothing, and is answered with the outcome that it made.
Rows are locked in the order of the other use cases, attempts before leads, so that nobody waits in a circle.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from speedtolead.domain.errors import NotFound, SpeedToLeadError
from speedtolead.domain.lead import LeadState, advance
from speedtolead.domain.outcome import OutcomeKind, follows
from speedtolead.domain.returned import ReturnReason
from speedtolead.ports import Clock
from speedtolead.service import returns
from speedtolead.service.cadences.follow_up import FollowUp
from speedtolead.service.times import iso
from speedtolead.store import calls, events, leads
from speedtolead.store import outcomes as rows
from speedtolead.store.database import Database
from speedtolead.store.ids import new_id
from speedtolead.store.leads import LeadStory
from speedtolead.store.query import Connection
from speedtolead.store.settings_json import Json

_EVENTS = {
    OutcomeKind.APPOINTMENT: "outcome.appointment",
    OutcomeKind.QUOTE: "outcome.quote",
    OutcomeKind.SALE: "outcome.sale",
    OutcomeKind.RETURN: "lead.returned",
}


_WHY = {OutcomeKind.SALE: "sold", OutcomeKind.RETURN: "returned"}


class Refused(SpeedToLeadError):
    """The lead was refused when it came: nothing can become of it."""

    code = "lead_refused"


@dataclass(frozen=True, slots=True)
class Report:
    """``reason`` is a return's, and only a return's. ``occurred_at`` None: now. ``by``: an email, or ``api``."""

    kind: OutcomeKind
    by: str
    value: Decimal | None = None
    reason: ReturnReason | None = None
    note: str | None = None
    occurred_at: datetime | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    outcome_id: UUID
    story: LeadStory


class Outcomes:
    def __init__(self, database: Database, clock: Clock, follow_up: FollowUp) -> None:
        self._database = database
        self._clock = clock
        self._follow_up = follow_up

    async def report(self, account_id: UUID, lead_id: UUID, report: Report) -> Reported:
        """The outcome, and the lead as it now is. Raises NotFound, and Refused for a lead that was refused."""
        async with self._database.transaction() as tx:
            lead = await rows.LEAD_OF_OUTCOME.first(tx, account_id=account_id, lead_id=lead_id)
            if lead is None:
                raise NotFound("There is no such lead.")
            if lead.state == LeadState.REJECTED:
                raise Refused("This lead was refused when it came; nothing can become of it.")
            outcome_id = await self._keep(tx, account_id, lead_id, report)
            story = await leads.story(tx, account_id, lead_id, None)
        assert story is not None
        return Reported(outcome_id, story)

    async def _keep(self, tx: Connection, account_id: UUID, lead_id: UUID, report: Report) -> UUID:
        """The row decides who was first with this key; only who makes it does what follows."""
        now = self._clock.now()
        occurred_at = report.occurred_at or now
        made = await rows.ADD_OUTCOME.first(
            tx,
            outcome_id=new_id(),
            account_id=account_id,
            lead_id=lead_id,
            kind=report.kind,
            value=report.value,
            reason=report.reason,
            note=report.note,
            occurred_at=occurred_at,
            now=now,
            reported_by=report.by,
            idempotency_key=report.key,
        )
        if made is None:
            before = await rows.OUTCOME_BY_KEY.one(
                tx, account_id=account_id, lead_id=lead_id, idempotency_key=report.key
            )
            return before.id
        said: Json = {
            "outcome_id": str(made.id),
            "kind": report.kind.value,
            "value": None if report.value is None else format(report.value.normalize(), "f"),
            "reason": report.reason,
            "note": report.note,
            "occurred_at": iso(occurred_at),
        }
        await events.add(tx, account_id, _EVENTS[report.kind], now, lead_id=lead_id, data=said)
        await self._follow_up.reconsider(tx, account_id, lead_id, _WHY.get(report.kind, report.kind.value), now)
        await self._lead_follows(tx, account_id, lead_id, report.kind, now)
        if report.reason is None:
            await returns.was_reached(tx, lead_id, f"{report.kind.value} reported", now)
        else:
            evidence: Json = {"kind": "report", "outcome_id": str(made.id), "reason": report.reason}
            evidence |= {"note": report.note, "at": iso(occurred_at)}
            why_not = await returns.claim(tx, account_id, lead_id, report.reason, evidence, now)
            if why_not is not None:
                await rows.SAY_NOT_CLAIMED.run(tx, outcome_id=made.id, why=why_not)
        return made.id

    async def _lead_follows(
        self, tx: Connection, account_id: UUID, lead_id: UUID, kind: OutcomeKind, now: datetime
    ) -> None:
        event = follows(kind)
        if event is None:
            return
        why = _WHY[kind]
        await calls.CANCEL_SCHEDULED.all(tx, lead_id=lead_id, account_id=account_id, now=now, note=why)
        row = await calls.LEAD_STATE.one(tx, lead_id=lead_id, account_id=account_id)
        before = LeadState(row.state)
        after = advance(before, event)
        if after is not before:
            await calls.SET_LEAD_STATE.first(tx, lead_id=lead_id, state=after)
            await events.add(tx, account_id, f"lead.{after.value}", now, lead_id=lead_id, data={"why": why})
