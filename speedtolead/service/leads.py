"""Leads after they were taken: read and stopped.

Owns: ending a lead's cadence. Must not know: who asked (web checks that).
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
from speedtolead.store import agents, dial, events
from speedtolead.store import calls as call_rows
from speedtolead.store import leads as rows
from speedtolead.store.database import Database
from speedtolead.store.events import Event
from speedtolead.store.intake import KEY_OWNER, KeyOwner
from speedtolead.store.leads import LeadLine, LeadStory
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

    async def give(self, account_id: UUID, lead_id: UUID, agent: str | None) -> None:
        """The lead is this agent's from now on; None: of whoever talks with the person last.

        Raises NotFound, with the code ``unknown_agent`` where it is the agent who is not there.
        """
        await self.story(account_id, lead_id)
        now = self._clock.now()
        async with self._database.transaction() as tx:
            agent_id = None
            if agent is not None:
                found = await agents.AGENT_ID.first(tx, account_id=account_id, name=agent)
                if found is None:
                    raise NotFound("there is no such agent", code="unknown_agent")
                agent_id = found.id
            await dial.FORGET_AUDIENCE_OF_LEAD.run(tx, lead_id=lead_id)
            await rows.GIVE_LEAD.run(tx, account_id=account_id, lead_id=lead_id, agent_id=agent_id)
            data: dict[str, object] = {"agent": agent}
            await events.add(tx, account_id, "lead.owned", now, lead_id=lead_id, agent_id=agent_id, data=data)
            await events.wake(tx)

    async def stop(self, account_id: UUID, lead_id: UUID, source_id: UUID | None = None) -> str:
        """End the lead's cadence; a call that is under way goes on. The lead's state after it."""
        await self.story(account_id, lead_id, source_id)
        async with self._database.transaction() as tx:
            return await end_lead(tx, account_id, lead_id, LeadEvent.STOPPED, "stopped", self._clock.now())


async def end_lead(
    tx: Connection, account_id: UUID, lead_id: UUID, event: LeadEvent, why: str, now: datetime
) -> str:
    """Withdraw what is planned for a lead, and end it; its state after that."""
    await call_rows.CANCEL_SCHEDULED.all(tx, lead_id=lead_id, account_id=account_id, now=now, note=why)
    row = await call_rows.LEAD_STATE.one(tx, lead_id=lead_id, account_id=account_id)
    before = LeadState(row.state)
    after = before if before is LeadState.REJECTED else advance(before, event)
    if after is not before:
        await call_rows.SET_LEAD_STATE.first(tx, lead_id=lead_id, state=after)
        await events.add(tx, account_id, f"lead.{after.value}", now, lead_id=lead_id, data={"why": why})
    return after.value
