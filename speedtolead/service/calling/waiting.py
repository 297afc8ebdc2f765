"""Leads that wait for an agent longer than their campaign says: told once, and called back where it says so.

Owns: when such a lead is called instead, and what it is told of that. Must not know: who is rung when an agent is
free; the dialer looks.

A lead keeps its place as long as anybody who may take it is at work. Where nobody is, and the campaign says
``callback`` or ``text``, its attempt is planned for when the next of them is scheduled to be, at a lawful moment.
Looking twice, or on two nodes at once, plans once: the attempt is locked.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import structlog

from speedtolead.domain.agent import AgentState, Presence
from speedtolead.domain.cadence.plan import Channel
from speedtolead.domain.campaign import Campaign, NoAgentThen
from speedtolead.domain.desk_hours import AgentHours, earliest
from speedtolead.domain.inbound import FIRST_IN_LINE
from speedtolead.domain.permit import Decision
from speedtolead.domain.promise import said
from speedtolead.domain.routing.fitting import suits
from speedtolead.domain.shift import Shift
from speedtolead.ports import Clock
from speedtolead.service.calling.choosing import needs_of_call
from speedtolead.service.lawful.permits import Permits
from speedtolead.service.messages.wording import Unwritable, filled
from speedtolead.store import agents, dial, events
from speedtolead.store import calls as rows
from speedtolead.store.agents import HoursRow
from speedtolead.store.calls import CallRow, Waiting
from speedtolead.store.database import Database
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection
from speedtolead.store.routing_json import agents_of
from speedtolead.store.settings_json import schedule_from_json

log = structlog.get_logger(__name__)

_ROUNDS = 4
"""So often the law's next moment and the agents' are brought together; where that is not enough, it is looked at
again when it is due."""


class WaitingLeads:
    def __init__(self, database: Database, clock: Clock, permits: Permits) -> None:
        self._database = database
        self._clock = clock
        self._permits = permits

    async def look(self) -> int:
        """Tell of each that has waited too long, and plan those to be called back; how many there were."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            found = await rows.WAITING_TOO_LONG.all(tx, now=now)
            for row in found:
                await self._tell(tx, row, "attempt.waiting", now, {})
                await self._call_back(tx, row, now)
        return len(found)

    async def _call_back(self, tx: Connection, row: Waiting, now: datetime) -> None:
        call = await rows.LOCK_CALL.one(tx, attempt_id=row.attempt_id)
        campaign = await dial.campaign(tx, row.account_id, call.campaign_id, call.campaign_version)
        if campaign.dial.no_agent_then is NoAgentThen.KEEP:
            return
        at = await self._next(tx, call, campaign, now)
        if at is None or at <= now:
            return
        planned = await rows.PLAN_CALLBACK.first(
            tx,
            attempt_id=row.attempt_id,
            due_at=at,
            rank_at=at + FIRST_IN_LINE,
            note="nobody is at work who may take it: called back then",
        )
        if planned is not None:
            told = campaign.dial.no_agent_then is NoAgentThen.TEXT and await self._promise(
                tx, call, campaign, at, now
            )
            await self._tell(tx, row, "attempt.callback_planned", now, {"at": at.isoformat(), "text": told})

    async def _promise(
        self, tx: Connection, call: CallRow, campaign: Campaign, at: datetime, now: datetime
    ) -> bool:
        """Plan the text that says when; not where it could lawfully come only after that.

        The sender decides the permit anew, and records a refusal.
        """
        facts = (await rows.PERMIT_FACTS.one(tx, lead_id=call.lead_id)).facts(self._permits.fictional_exempt)
        permit = self._permits.decide(Channel.SMS, campaign, facts, now)
        due_at = permit.not_before if permit.decision is Decision.NOT_BEFORE and permit.not_before else now
        if due_at >= at:
            return False
        zone = call.candidates[0]["zone"] if call.candidates else campaign.timezone
        try:
            words = filled(campaign.dial.no_agent_text, call, campaign, at=said(at, due_at, zone))
        except Unwritable as error:
            log.warning("promise.unwritable", lead_id=str(call.lead_id), error=str(error))
            return False
        planned = await rows.PLAN_PROMISE.first(
            tx,
            attempt_id=new_id(),
            lead_id=call.lead_id,
            account_id=call.account_id,
            due_at=due_at,
            words=words,
            not_after=at,
        )
        if planned is not None:
            await events.wake(tx)
        return planned is not None

    async def _next(self, tx: Connection, call: CallRow, campaign: Campaign, now: datetime) -> datetime | None:
        """The first lawful moment at which somebody who may take it is at work; None where nobody knows of one."""
        desk = await self._desk(tx, call, campaign, now)
        facts = (await rows.PERMIT_FACTS.one(tx, lead_id=call.lead_id)).facts(self._permits.fictional_exempt)
        moment = earliest(desk, now)
        for _ in range(_ROUNDS):
            if moment is None or moment <= now:
                return moment
            permit = self._permits.decide("call", campaign, facts, moment)
            if permit.decision is not Decision.NOT_BEFORE or permit.not_before is None:
                return moment
            moment = earliest([replace(one, state=None) for one in desk], permit.not_before)
        return moment

    async def _desk(self, tx: Connection, call: CallRow, campaign: Campaign, now: datetime) -> list[AgentHours]:
        """Those who may take this lead, whatever they are doing."""
        needs = await needs_of_call(tx, call, campaign.dial)
        routing = campaign.dial.routing
        found = []
        for row in await agents.HOURS_OF_DESK.all(tx, campaign_id=call.campaign_id, now=now):
            (agent,) = agents_of(row.traits, campaign.dial.agents, routing.fallback)
            owned = needs.owner is None or agent.agent_id == needs.owner or agent.fallback
            if owned and suits(agent, needs):
                found.append(_hours(row))
        return found

    async def _tell(self, tx: Connection, row: Waiting, kind: str, now: datetime, data: dict[str, object]) -> None:
        await events.add(tx, row.account_id, kind, now, lead_id=row.lead_id, attempt_id=row.attempt_id, data=data)


def _hours(row: HoursRow) -> AgentHours:
    shift = None if row.schedule is None else Shift(row.timezone, schedule_from_json(row.schedule))
    return AgentHours(Presence(row.presence), AgentState(row.state), shift, row.capped_until)
