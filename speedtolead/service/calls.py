"""A call under way: what the news about its legs adds up to, and what follows from it.

Owns: taking one report, callback or end at a time under the attempt's lock, and writing the attempt, the agent,
the lead and the next attempt in the same transaction. Must not know: where the news came from.

Whatever is reported late, twice or in any order, the state is the same: legs only rise, and the attempt is read
from its legs anew each time. What must be done at the carrier (``Afterwards``) is returned, and done after the
commit; if that fails, the attempt's lease brings it back to attention.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from speedtolead.domain import call as legs_of_call
from speedtolead.domain.agent import Accepted, AgentEvent, AgentState, Leaving, Missed, Released, Ringing
from speedtolead.domain.attempt import (
    Adopted,
    AttemptState,
    Bridged,
    Concluded,
    Result,
    sources,
)
from speedtolead.domain.call import DialMode, Fate, Leg, LegKind, LegReport, LegState, is_contact
from speedtolead.domain.campaign import Campaign
from speedtolead.domain.inbound import Direction
from speedtolead.domain.lead import OPEN_STATES, LeadEvent, LeadState
from speedtolead.ports import Clock
from speedtolead.service import ending, recordings, returns
from speedtolead.service.afterwards import Afterwards, EndCall, StartRecording
from speedtolead.service.controls import following
from speedtolead.service.follow_up import FollowUp
from speedtolead.service.inbound import ending as incoming_ends
from speedtolead.service.patience import Patience
from speedtolead.service.permits import Permits
from speedtolead.store import agents, dial, events
from speedtolead.store import calls as rows
from speedtolead.store.calls import CallRow, LegRow
from speedtolead.store.database import Database
from speedtolead.store.query import Connection
from speedtolead.store.settings_json import candidates_from_json

log = structlog.get_logger(__name__)

_LIVE = {AttemptState.DIALING, AttemptState.UNKNOWN, AttemptState.CONNECTED}


def needs_key(address: str) -> bool:
    """A phone must press 1, because a voicemail box answers too; a browser client answers only by hand."""
    return not address.startswith("client:")


@dataclass(slots=True)
class Call:
    """One attempt with its legs, locked; ``legs`` are replaced as reports are applied."""

    row: CallRow
    campaign: Campaign
    legs: dict[UUID, Leg]
    leg_rows: dict[UUID, LegRow]

    @property
    def mode(self) -> DialMode:
        return DialMode(self.row.mode or self.campaign.dial.mode)

    @property
    def carrier(self) -> str:
        """The carrier account of the present try: all its legs are there."""
        return next(reversed(self.leg_rows.values())).carrier

    def present(self) -> list[UUID]:
        """The legs of the present try, in order; those of earlier tries do not count."""
        since = self.row.permitted_at
        return [leg_id for leg_id, leg in self.legs.items() if since is not None and leg.placed_at >= since]

    def current(self, kind: LegKind) -> tuple[UUID, Leg] | None:
        """The latest leg of a kind in the present try; a party rung into the talk counts once it took over."""
        found = [leg_id for leg_id in self.present() if self.legs[leg_id].kind is kind and self._leads(leg_id)]
        return (found[-1], self.legs[found[-1]]) if found else None

    def opening(self, kind: LegKind) -> tuple[UUID, Leg] | None:
        """The latest leg of a kind that was to bring agent and lead together, whoever took over since."""
        found = [leg_id for leg_id in self.present() if self.legs[leg_id].kind is kind and self._opens(leg_id)]
        return (found[-1], self.legs[found[-1]]) if found else None

    def _leads(self, leg_id: UUID) -> bool:
        return self._opens(leg_id) or self.leg_rows[leg_id].took_over_at is not None

    def _opens(self, leg_id: UUID) -> bool:
        row = self.leg_rows.get(leg_id)
        return row is None or row.from_the_start

    def leg(self, kind: LegKind) -> Leg | None:
        found = self.current(kind)
        return found[1] if found else None

    @property
    def incoming(self) -> bool:
        """The person called us."""
        return self.row.direction == Direction.INBOUND

    def fate(self) -> Fate:
        opening = self.opening(LegKind.AGENT)
        found = legs_of_call.fate(self.mode, self.leg(LegKind.LEAD), opening[1] if opening else None)
        if self.incoming and found.result is Result.ABANDONED:
            return replace(found, result=Result.NO_ANSWER)  # nobody of ours took it
        return found

    async def apply(self, tx: Connection, leg_id: UUID, report: LegReport) -> bool:
        """Advance a leg and write it; False where the report told nothing new, or of no leg of this attempt."""
        before = self.legs.get(leg_id)
        if before is None:
            return False
        after = legs_of_call.advance(before, report)
        if after == before:
            return False
        row = self.leg_rows[leg_id]
        if after.kind is LegKind.AGENT and after.live_at and not after.accepted_at and not needs_key(row.address):
            after = legs_of_call.accepted(after, after.live_at)
        self.legs[leg_id] = after
        await rows.save_leg(tx, leg_id, after)
        return True


async def load(tx: Connection, attempt_id: UUID) -> Call:
    """Lock an attempt and read its legs."""
    row = await rows.LOCK_CALL.one(tx, attempt_id=attempt_id)
    return await _with_legs(tx, row)


async def _with_legs(tx: Connection, row: CallRow) -> Call:
    campaign = await dial.campaign(tx, row.account_id, row.campaign_id, row.campaign_version)
    leg_rows = await rows.LEGS_OF_ATTEMPT.all(tx, attempt_id=row.attempt_id)
    return Call(row, campaign, {leg.leg_id: leg.leg() for leg in leg_rows}, {leg.leg_id: leg for leg in leg_rows})


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

    async def uncount(self, lead_id: UUID, leg_id: UUID) -> None:
        """The carrier never had this call, so the person was not contacted by it.

        In a transaction of its own, because the person's rows are locked after all others: killed before it, one
        contact too many is counted, which is lawful.
        """
        async with self._database.connection() as tx:
            await rows.UNCOUNT_CONTACT.run(tx, lead_id=lead_id, contact_id=str(leg_id))

    async def settle(self, tx: Connection, call: Call) -> Sequence[Afterwards]:
        """Read the attempt from its legs and write what follows."""
        now, fate, row = self._clock.now(), call.fate(), call.row
        agent = call.leg(LegKind.AGENT)
        if row.ended_at is not None or AttemptState(row.state) not in _LIVE:
            await self._revise(tx, call, fate, now)
        elif fate.offer_missed:
            await self._offer_missed(tx, call, agent, now)
        elif fate.ended_at is not None:
            await self._conclude(tx, call, fate, now)
        else:
            await self._progress(tx, call, fate, now)
        await self._agent_follows(tx, call, fate, now)
        await returns.hear_of_number(tx, call.row, call.leg(LegKind.LEAD), now)
        followed = await following.follow(tx, call, fate, self._patience, now)
        return [*followed, *self._to_end(call, fate), *await self._to_record(tx, call, fate, now)]

    async def _renew(self, tx: Connection, call: Call) -> None:
        if AttemptState(call.row.state) in _LIVE and call.row.ended_at is None:
            until = self._clock.now() + self._patience.call
            await rows.RENEW_LEASE.run(tx, attempt_ids=[call.row.attempt_id], lease_until=until)

    async def adopt(self, tx: Connection, call: Call, leg_id: UUID) -> None:
        """The carrier knows a call of an attempt that was unknown, or even given up: it is under way."""
        state = AttemptState(call.row.state)
        leg = call.legs[leg_id]
        if state not in {AttemptState.UNKNOWN, AttemptState.SCHEDULED} or leg.carrier_call_id is None:
            return
        present = call.current(leg.kind)
        over = leg.state is LegState.ENDED or present is None or present[0] != leg_id
        if over and state is AttemptState.SCHEDULED:
            return
        now, agent_id = self._clock.now(), call.leg_rows[leg_id].agent_id
        adopted = await rows.ADOPT_ATTEMPT.first(
            tx,
            attempt_id=call.row.attempt_id,
            agent_id=agent_id,
            placed_at=leg.placed_at,
            lease_until=now + self._patience.call,
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
            lease_until=now + self._patience.call,
            unknown_since=call.row.unknown_since if state is AttemptState.UNKNOWN else None,
            note=None,
            sources=sorted(sources(Bridged) | sources(Concluded) | {state}),
        )

    async def _conclude(self, tx: Connection, call: Call, fate: Fate, now: datetime) -> None:
        """The lead's leg is over: the result, the lead, the next attempt."""
        lead = call.leg(LegKind.LEAD)
        assert lead is not None
        minimum = call.campaign.dial.minimum_talk.total_seconds()
        contact = fate.result is None and is_contact(lead, fate.bridged_at, minimum)
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
        minimum = call.campaign.dial.minimum_talk.total_seconds()
        contact = is_contact(lead, fate.bridged_at, minimum)
        if contact and not call.row.contact:
            await self._save(tx, call, fate, AttemptState.CONNECTED, now, contact=True)
            await self._lead_follows(tx, call, True, now)

    async def _caller_follows(self, tx: Connection, call: Call, fate: Fate, contact: bool, now: datetime) -> None:
        """The person called: what was planned stays so, unless they talked with us or are called back."""
        ended = await incoming_ends.end(tx, call.row, call.campaign, fate, contact, now)
        if contact or ended.idle:
            await self._lead_follows(tx, call, contact, now)

    async def _offer_missed(self, tx: Connection, call: Call, agent: Leg | None, now: datetime) -> None:
        """The agent did not take it, and the lead's phone never rang: on to the next agent at once."""
        if call.row.gave_way_at is not None:
            await ending.put_back(tx, call.row, now, "the person was calling us")
            return
        taken = agent is not None and agent.accepted_at is not None
        why = "the agent left before the lead was rung" if taken else "the agent did not take the offer"
        await ending.put_back(tx, call.row, now, why, call.row.agent_id)
        await self._event(tx, call, "offer.missed", now)
        await events.wake(tx)

    async def _lead_follows(self, tx: Connection, call: Call, contact: bool, now: datetime) -> None:
        row = call.row
        lead = await rows.LEAD_STATE.one(tx, lead_id=row.lead_id, account_id=row.account_id)
        state = LeadState(lead.state)
        if contact:
            await ending.move_lead(tx, row, state, LeadEvent.CONTACTED, now)
            await rows.CANCEL_SCHEDULED.all(
                tx, lead_id=row.lead_id, account_id=row.account_id, now=now, note="contacted"
            )
        if contact or state in OPEN_STATES:
            await self.follow_up.go_on(tx, row.account_id, row.lead_id, now)

    async def _agent_follows(self, tx: Connection, call: Call, fate: Fate, now: datetime) -> None:
        """Free the agent as soon as the agent's own call is over, and at the latest shortly after the lead's."""
        agent = call.current(LegKind.AGENT)
        if agent is None:
            return
        leg_id, leg = agent
        event: AgentEvent | None = None
        lead_over = fate.ended_at is not None
        if leg.state is LegState.ENDED or (lead_over and leg.state is LegState.PLACING):
            refused = leg.accepted_at is None and not lead_over and call.row.gave_way_at is None
            if refused and leg.state is LegState.ENDED:
                event = Missed(self._patience.missed_offer_rest)
            else:
                wrap_up = call.campaign.dial.wrap_up if fate.bridged_at else timedelta(0)
                event = Released(wrap_up)
        elif lead_over:
            event = Leaving(now + self._patience.hang_up)
        elif leg.state is LegState.RINGING and leg.accepted_at is None:
            event = Ringing(now + self._patience.call)
        if event is None:
            return
        moved = await agents.move_engaged(tx, call.leg_rows[leg_id].agent_id, call.row.attempt_id, event, now)
        if moved is AgentState.AVAILABLE:
            await events.wake(tx)

    def _to_end(self, call: Call, fate: Fate) -> list[EndCall]:
        """Calls that must not go on: a machine's, and a phone that rings for an agent who has left."""
        found, agent = call.current(LegKind.LEAD), call.leg(LegKind.AGENT)
        if call.row.gave_way_at is not None:
            return _still_there(call)
        if found is None or found[1].state is LegState.ENDED or found[1].carrier_call_id is None:
            return []
        agent_left = call.mode is DialMode.AGENT_FIRST and agent is not None and agent.state is LegState.ENDED
        if call.row.controlled and call.row.conference is not None:
            agent_left = False  # the talk may have been handed over: see service.controls
        if agent_left or fate.result is Result.MACHINE:
            return [EndCall(found[1].carrier_call_id, call.carrier)]
        return []

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


def _still_there(call: Call) -> list[EndCall]:
    """Those calls of the present try that are not over."""
    there = [leg for leg in (call.leg(LegKind.LEAD), call.leg(LegKind.AGENT)) if leg is not None]
    live = [leg for leg in there if leg.state is not LegState.ENDED]
    return [EndCall(leg.carrier_call_id, call.carrier) for leg in live if leg.carrier_call_id is not None]


async def take_offer(tx: Connection, call: Call, agent_leg_id: UUID, now: datetime) -> None:
    """The agent pressed 1: talking, as far as the agent is concerned."""
    leg = legs_of_call.accepted(call.legs[agent_leg_id], now)
    call.legs[agent_leg_id] = leg
    await rows.save_leg(tx, agent_leg_id, leg)
    await agents.move_engaged(tx, call.leg_rows[agent_leg_id].agent_id, call.row.attempt_id, Accepted(), now)
