"""Leads after they were taken: read, stop, suppress.

Owns: ending a lead's cadence and honouring a stop at once. Must not know: who asked (web checks that).
Rows are locked in one order everywhere, attempts before leads, so that a stop and a dial never wait in a circle.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.domain.errors import NotFound
from speedtolead.domain.lead import LeadEvent, LeadState, advance
from speedtolead.ports import Clock
from speedtolead.service.intake.taking import key_hash
from speedtolead.store import calls as call_rows
from speedtolead.store import events
from speedtolead.store import leads as rows
from speedtolead.store.database import Database
from speedtolead.store.events import Event
from speedtolead.store.ids import new_id
from speedtolead.store.intake import KEY_OWNER, KeyOwner
from speedtolead.store.leads import LeadLine, LeadStory, SuppressionRow
from speedtolead.store.query import Connection


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """Which leads; None is: all."""

    source_id: UUID | None = None
    state: str | None = None
    phone: str | None = None
    external_id: str | None = None
    before_at: datetime | None = None
    before_id: UUID | None = None


class Leads:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def key_owner(self, key: str) -> KeyOwner | None:
        """Whom a key speaks for; None for one that is unknown or revoked."""
        async with self._database.connection() as tx:
            return await KEY_OWNER.first(tx, key_hash=key_hash(key))

    async def story(self, account_id: UUID, lead_id: UUID, source_id: UUID | None = None) -> LeadStory:
        """Raises NotFound where this account, or source, has no such lead."""
        async with self._database.snapshot() as tx:
            story = await rows.story(tx, account_id, lead_id, source_id)
        if story is None:
            raise NotFound("There is no such lead.")
        return story

    async def story_for_operator(self, lead_id: UUID) -> LeadStory:
        """The same for whoever holds the machine; never reached by a request."""
        async with self._database.connection() as tx:
            owner = await rows.ACCOUNT_OF_LEAD.first(tx, lead_id=lead_id)
        if owner is None:
            raise NotFound("There is no such lead.")
        return await self.story(owner.account_id, lead_id)

    async def timeline(self, account_id: UUID, lead_id: UUID) -> list[Event]:
        async with self._database.connection() as tx:
            return await events.EVENTS_OF_LEAD.all(tx, account_id=account_id, lead_id=lead_id)

    async def page(self, account_id: UUID, wanted: LeadFilter, most: int) -> list[LeadLine]:
        async with self._database.connection() as tx:
            return await rows.LEADS_PAGE.all(
                tx,
                account_id=account_id,
                source_id=wanted.source_id,
                state=wanted.state,
                phone=wanted.phone,
                external_id=wanted.external_id,
                before_at=wanted.before_at,
                before_id=wanted.before_id,
                most=most,
            )

    async def stop(self, account_id: UUID, lead_id: UUID, source_id: UUID | None = None) -> str:
        """End the lead's cadence; a call that is under way goes on. The lead's state after it."""
        await self.story(account_id, lead_id, source_id)
        async with self._database.transaction() as tx:
            return await self._end(tx, account_id, lead_id, LeadEvent.STOPPED, "stopped")

    async def _end(self, tx: Connection, account_id: UUID, lead_id: UUID, event: LeadEvent, why: str) -> str:
        now = self._clock.now()
        await call_rows.CANCEL_SCHEDULED.all(tx, lead_id=lead_id, account_id=account_id, now=now, note=why)
        row = await call_rows.LEAD_STATE.one(tx, lead_id=lead_id, account_id=account_id)
        before = LeadState(row.state)
        after = before if before is LeadState.REJECTED else advance(before, event)
        if after is not before:
            await call_rows.SET_LEAD_STATE.first(tx, lead_id=lead_id, state=after)
            await events.add(tx, account_id, f"lead.{after.value}", now, lead_id=lead_id, data={"why": why})
        return after.value

    async def suppress(
        self, account_id: UUID, kind: str, value: str, reason: str, origin: str, campaign: str | None = None
    ) -> UUID:
        """From the commit on, nobody of this number or address is contacted; leads under way are ended.

        Raises NotFound for a campaign that the account does not have.
        """
        suppression_id = new_id()
        async with self._database.transaction() as tx:
            campaign_id = await self._campaign_id(tx, account_id, campaign)
            await rows.SUPPRESS.run(
                tx,
                suppression_id=suppression_id,
                account_id=account_id,
                campaign_id=campaign_id,
                kind=kind,
                value=value,
                reason=reason,
                origin=origin,
                now=self._clock.now(),
            )
            found = await rows.OPEN_LEADS_OF_PERSON.all(
                tx, account_id=account_id, value=value, campaign_id=campaign_id
            )
            for lead in found:
                await self._end(tx, account_id, lead.lead_id, LeadEvent.SUPPRESSED, reason)
        return suppression_id

    async def _campaign_id(self, tx: Connection, account_id: UUID, campaign: str | None) -> UUID | None:
        if campaign is None:
            return None
        row = await rows.CAMPAIGN_BY_NAME.first(tx, account_id=account_id, name=campaign)
        if row is None:
            raise NotFound(f"There is no campaign {campaign!r}.")
        return row.campaign_id

    async def suppressions(self, account_id: UUID, value: str | None, most: int) -> list[SuppressionRow]:
        async with self._database.connection() as tx:
            return await rows.SUPPRESSIONS_OF_ACCOUNT.all(tx, account_id=account_id, value=value, most=most)

    async def lift(self, account_id: UUID, suppression_id: UUID) -> None:
        """End a suppression; its row stays. Raises NotFound where none is in force."""
        async with self._database.connection() as tx:
            lifted = await rows.LIFT_SUPPRESSION.first(
                tx, account_id=account_id, suppression_id=suppression_id, now=self._clock.now()
            )
        if lifted is None:
            raise NotFound("There is no such suppression.")
