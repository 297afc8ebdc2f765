"""A call under way: what the news about its legs adds up to, and what follows from it.

Owns: taking one report, callback or end at a time under the attempt's lock, and writing the attempt, the agent,
the lead and the next attempt in the same transaction. Must not know: where the news came from.

Whatever is reported late, twice or in any order, the state is the same: legs only rise, and the attempt is read
from its legs anew each time. What must be done at the carrier (``Afterwards``) is returned, and done after the
commit; if that fails, the attempt's lease brings it back to attention.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from speedtolead.domain.agent import Accepted, AgentEvent, AgentState, Leaving, Missed, Released, Ringing
from speedtolead.domain.attempt import (
    Adopted,
    AttemptState,
    Bridged,
    Concluded,
    Result,
    sources,
)
from speedtolead.domain.call import DialMode, Fate, LegKind, LegReport, LegState
from speedtolead.domain.lead import OPEN_STATES, LeadEvent, LeadState
from speedtolead.ports import Clock
from speedtolead.service import returns
from speedtolead.service.cadences.follow_up import FollowUp
from speedtolead.service.calling import ending, machine, recordings
from speedtolead.service.calling.afterwards import Afterwards, StartRecording
from speedtolead.service.calling.letting_go import let_go
from speedtolead.service.calling.line_legs import off_the_line
from speedtolead.service.calling.patience import Patience
from speedtolead.service.calling.under_way import Call, load, needs_key
from speedtolead.service.controls import following
from speedtolead.service.inbound import ending as incoming_ends
from speedtolead.service.lawful.permits import Permits
from speedtolead.store import agents, events
from speedtolead.store import calls as rows
from speedtolead.store.callbacks import CANCEL_UNPROMISED
from speedtolead.store.database import Database
from speedtolead.store.query import Connection
from speedtolead.store.settings_json import candidates_from_json

log = structlog.get_logger(__name__)

_LIVE = {AttemptState.DIALING, AttemptState.UNKNOWN, AttemptState.CONNECTED}


class Calls:
    """Takes the news about calls."""

    def __init__(self, database: Database, clock: Clock, patience: Patience, permits: Permits) -> None:
        self._database = database
        self._clock = clock
        self._patience = patience
        self._permits = permits
        self.follow_up = FollowUp(permits)

    async def heard(self, attempt_id: UUID, leg_id: UUID, report: LegReport) -> Sequence[Afterwards]:
        """News that did not come by a callback: the carrier was asked."""
        async with self._database.transaction() as tx:
            return await self.take(tx, attempt_id, leg_id, report)

    async def take(self, tx: Connection, attempt_id: UUID, leg_id: UUID, report: LegReport) -> Sequence[Afterwards]:
        """Apply one report and settle what it changes."""
        call = await load(tx, attempt_id)
        if not await call.apply(tx, leg_id, report):
            await self._renew(tx, call)
            return []
        await self.adopt(tx, call, leg_id)
        return await self.settle(tx, call)

    async def look_again(self, attempt_id: UUID) -> Sequence[Afterwards]:
        """What must be done at the carrier, by the legs as they are known: it may not have been done before."""
        async with self._database.transaction() as tx:
            call, now = await load(tx, attempt_id), self._clock.now()
            back = await off_the_line(tx, call, now)
            return [*back, *await let_go(tx, call, self._patience, self._permits, now, trusting=False)]

    async def sent_to_message(self, attempt_id: UUID, leg_id: UUID) -> Sequence[Afterwards]:
        """The carrier took the lead's call, which a machine answered, away from the agent."""
        async with self._database.transaction() as tx:
            call = await load(tx, attempt_id)
            await machine.sent(tx, leg_id, self._clock.now())
            return await self.settle(tx, call)

    async def uncount(self, lead_id: UUID, leg_id: UUID) -> None:
        """The carrier never had this call, so the person was not contacted by it.

        In a transaction of its own, because the person's rows are locked after all others: killed before it, one
        contact too many is counted, which is lawful.
        """
        async with self._database.connection() as tx:
            await rows.UNCOUNT_CONTACT.run(tx, lead_id=lead_id, contact_id=str(leg_id))

    async def settle(self, tx: Connection, call: Call) -> Sequence[Afterwards]:
        """Read the attempt from its legs and write what follows."""
        now, row = self._clock.now(), call.row
        back = await off_the_line(tx, call, now)
        fate = call.fate()
        if row.ended_at is not None or AttemptState(row.state) not in _LIVE:
            await self._revise(tx, call, fate, now)
        elif fate.offer_missed:
            await self._offer_missed(tx, call, now)
        elif fate.ended_at is not None:
            await self._conclude(tx, call, fate, now)
        else:
            await self._progress(tx, call, fate, now)
        await self._agents_follow(tx, call, fate, now)
        await returns.hear_of_number(tx, call.row, call.leg(LegKind.LEAD), now)
        followed = await following.follow(tx, call, fate, self._patience, now)
        await machine.ask_agent(tx, call, fate, now)
        left = await let_go(tx, call, self._patience, self._permits, now)
        return [*followed, *left, *back, *await self._to_record(tx, call, fate, now)]

    async def let_others_go(self, tx: Connection, call: Call, leg_id: UUID) -> Sequence[Afterwards]:
        """An agent took the lead: the phones of all others who were rung at once stop, and nothing is held against
        them."""
        now, fate, rung = self._clock.now(), call.fate(), call.rung(LegKind.AGENT)
        if len(rung) < 2:
            return []
        for other in rung:
            if other != leg_id and (event := self._what_follows(call, fate, other, now)) is not None:
                await agents.move_engaged(tx, call.leg_rows[other].agent_id, call.row.attempt_id, event, now)
        return await let_go(tx, call, self._patience, self._permits, now)

    async def _renew(self, tx: Connection, call: Call) -> None:
        if AttemptState(call.row.state) in _LIVE and call.row.ended_at is None:
            until = self._until(call, self._clock.now())
            await rows.RENEW_LEASE.run(tx, attempt_ids=[call.row.attempt_id], lease_until=until)

    def _until(self, call: Call, now: datetime) -> datetime:
        """When to look the call up, if nothing is heard of it: soon, where a leg's request was unclear."""
        return now + (self._patience.ask_again if call.unclear else self._patience.call)

    async def adopt(self, tx: Connection, call: Call, leg_id: UUID) -> None:
        """The carrier knows a call of an attempt that was unknown, or even given up: it is under way."""
        state = AttemptState(call.row.state)
        leg = call.legs[leg_id]
        if state not in {AttemptState.UNKNOWN, AttemptState.SCHEDULED} or leg.carrier_call_id is None:
            return
        present = call.current(leg.kind)
        if state is AttemptState.SCHEDULED and leg.kind is LegKind.AGENT and call.leg(LegKind.LEAD) is not None:
            return  # of a lead who was rung too, and whom the carrier refused or never had: the agent is let go
        over = leg.state is LegState.ENDED or present is None or present[0] != leg_id
        if over and state is AttemptState.SCHEDULED:
            return
        now, agent_id = self._clock.now(), call.leg_rows[leg_id].agent_id
        adopted = await rows.ADOPT_ATTEMPT.first(
            tx,
            attempt_id=call.row.attempt_id,
            agent_id=agent_id,
            placed_at=leg.placed_at,
            lease_until=self._until(call, now),
            sources=list(sources(Adopted)),
        )
        if adopted is not None:
            log.info("attempt.adopted", attempt_id=str(call.row.attempt_id))
            call.row = await rows.LOCK_CALL.one(tx, attempt_id=call.row.attempt_id)

    async def _progress(self, tx: Connection, call: Call, fate: Fate, now: datetime) -> None:
        state = AttemptState(call.row.state)
        lead = call.leg(LegKind.LEAD)
        bridged_now = fate.bridged_at is not None and state is not AttemptState.CONNECTED
        await self._save(tx, call, fate, AttemptState.CONNECTED if bridged_now else state, now)
        if bridged_now:
            await self._event(tx, call, "attempt.bridged", fate.bridged_at or now)
        elif lead is not None and lead.state is LegState.LIVE:
            await self._event(tx, call, "lead.answered", lead.live_at or now)
        elif lead is not None and lead.state is LegState.RINGING:
            await self._event(tx, call, "lead.ringing", lead.ringing_at or now)

    async def _save(
        self,
        tx: Connection,
        call: Call,
        fate: Fate,
        state: AttemptState,
        now: datetime,
        contact: bool = False,
    ) -> None:
        lead = call.leg(LegKind.LEAD)
        talk = None
        if fate.bridged_at is not None and fate.ended_at is not None and state is AttemptState.CONNECTED:
            talk = (fate.ended_at - fate.bridged_at).total_seconds()
        await rows.SAVE_CALL.first(
            tx,
            attempt_id=call.row.attempt_id,
            state=state,
            ringing_at=lead.ringing_at if lead else None,
            answered_at=fate.answered_at,
            bridged_at=fate.bridged_at,
            ended_at=fate.ended_at,
            contact=contact,
            talk_seconds=talk,
            lease_until=self._until(call, now),
            unknown_since=call.row.unknown_since if state is AttemptState.UNKNOWN else None,
            note=None,
            sources=sorted(sources(Bridged) | sources(Concluded) | {state}),
        )

    async def _conclude(self, tx: Connection, call: Call, fate: Fate, now: datetime) -> None:
        """The lead's leg is over: the result, the lead, the next attempt."""
        lead = call.leg(LegKind.LEAD)
        assert lead is not None
        contact = call.is_contact()
        state = AttemptState.CONNECTED if fate.result is None else AttemptState(fate.result.value)
        await self._save(tx, call, fate, state, now, contact)
        kind = "attempt.contact" if contact else f"attempt.{state.value}"
        await self._event(tx, call, kind, now, {"answered_by": lead.answered_by, "ended_as": lead.end})
        if call.incoming:
            await self._caller_follows(tx, call, fate, contact, now)
        else:
            await self._lead_follows(tx, call, contact, now)
        await events.wake(tx)

    async def _revise(self, tx: Connection, call: Call, fate: Fate, now: datetime) -> None:
        """News after the end: only what kind of answer it was can still change, and with it the contact."""
        state, lead = AttemptState(call.row.state), call.leg(LegKind.LEAD)
        if lead is None or fate.ended_at is None or state not in {AttemptState.CONNECTED, AttemptState.ABANDONED}:
            return
        if fate.result is Result.MACHINE:
            await self._save(tx, call, fate, AttemptState.MACHINE, now)
            return
        contact = call.is_contact()
        if contact and not call.row.contact:
            await self._save(tx, call, fate, AttemptState.CONNECTED, now, contact=True)
            await self._lead_follows(tx, call, True, now)

    async def _caller_follows(self, tx: Connection, call: Call, fate: Fate, contact: bool, now: datetime) -> None:
        """The person called: what was planned stays so, unless they talked with us or are called back."""
        ended = await incoming_ends.end(tx, call.row, call.campaign, fate, contact, now)
        if contact or ended.idle:
            await self._lead_follows(tx, call, contact, now)

    async def _offer_missed(self, tx: Connection, call: Call, now: datetime) -> None:
        """No agent who was rung took it, and the lead's phone never rang: on to the next at once."""
        agent = call.leg(LegKind.AGENT)
        if call.row.gave_way_at is not None:
            await ending.put_back(tx, call.row, now, "the person was calling us")
            return
        taken = agent is not None and agent.accepted_at is not None
        why = "the agent left before the lead was rung" if taken else "the agent did not take the offer"
        rung = [call.leg_rows[leg_id].agent_id for leg_id in call.rung(LegKind.AGENT)]
        await ending.put_back(tx, call.row, now, why, [agent_id for agent_id in rung if agent_id is not None])
        await self._event(tx, call, "offer.missed", now)
        await events.wake(tx)

    async def _lead_follows(self, tx: Connection, call: Call, contact: bool, now: datetime) -> None:
        row = call.row
        lead = await rows.LEAD_STATE.one(tx, lead_id=row.lead_id, account_id=row.account_id)
        state = LeadState(lead.state)
        if contact:
            await ending.move_lead(tx, row, state, LeadEvent.CONTACTED, now)
            since = row.bridged_at or now
            await CANCEL_UNPROMISED.all(
                tx, lead_id=row.lead_id, account_id=row.account_id, now=now, note="contacted", since=since
            )
        if contact or state in OPEN_STATES:
            await self.follow_up.go_on(tx, row.account_id, row.lead_id, now)

    async def _agents_follow(self, tx: Connection, call: Call, fate: Fate, now: datetime) -> None:
        """Free an agent as soon as the agent's own call is over, and at the latest shortly after the lead's."""
        current = call.current(LegKind.AGENT)
        theirs = call.rung(LegKind.AGENT) if not call.row.controlled else dict([current] if current else [])
        for leg_id in theirs:
            event = self._what_follows(call, fate, leg_id, now)
            if event is None:
                continue
            agent_id = call.leg_rows[leg_id].agent_id
            moved = await agents.move_engaged(tx, agent_id, call.row.attempt_id, event, now)
            if moved is AgentState.AVAILABLE:
                await events.wake(tx)

    def _what_follows(self, call: Call, fate: Fate, leg_id: UUID, now: datetime) -> AgentEvent | None:
        leg, machine_answered = call.legs[leg_id], fate.result is Result.MACHINE
        lead_over = fate.ended_at is not None or machine_answered
        taken_at = call.taken_by_another(leg_id)
        if taken_at is not None and (leg.ended_at is None or leg.ended_at >= taken_at):
            # Somebody else was quicker: no offer was missed.
            return Leaving(now + self._patience.hang_up) if leg.ended_at is None else Released()
        if leg.state is LegState.ENDED or (lead_over and leg.state is LegState.PLACING):
            refused = leg.accepted_at is None and not lead_over and call.row.gave_way_at is None
            if refused and leg.state is LegState.ENDED:
                return Missed(self._patience.missed_offer_rest)
            talked = fate.bridged_at is not None and not machine_answered
            return Released(call.campaign.dial.wrap_up if talked else timedelta(0))
        if lead_over:
            return Leaving(now + self._patience.hang_up)
        if call.mode is DialMode.HOT and leg.state is LegState.LIVE and fate.bridged_at is None:
            return Accepted()  # on the line from the start
        if leg.state is LegState.RINGING and leg.accepted_at is None:
            return Ringing(now + self._patience.call)
        by_hand = leg.state is LegState.LIVE and not needs_key(call.leg_rows[leg_id].address)
        return Accepted() if by_hand else None  # a browser takes the lead by answering: no key tells of it

    async def _to_record(self, tx: Connection, call: Call, fate: Fate, now: datetime) -> list[StartRecording]:
        lead = call.current(LegKind.LEAD)
        if lead is None or not call.campaign.recording.record:
            return []
        told = self._permits.announcement(call.campaign, candidates_from_json(call.row.candidates), now)
        return await recordings.begin(tx, call.row, *lead, call.carrier, fate, told, now)

    async def _event(
        self, tx: Connection, call: Call, kind: str, at: datetime, data: dict[str, object] | None = None
    ) -> None:
        row = call.row
        await events.add(
            tx,
            row.account_id,
            kind,
            at,
            lead_id=row.lead_id,
            attempt_id=row.attempt_id,
            agent_id=row.agent_id,
            data=data,
        )
