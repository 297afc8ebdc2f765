"""What the carrier posts, taken once each: the inbox, and the answers that tell a call how to go on.

Owns: the inbox row and what follows from it, in one transaction. Must not know: TwiML, signatures, HTTP.

A callback that was received before changes nothing; where the carrier waits for an instruction, it gets the same
one again, read from the state (its first answer may have been lost on the way).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from speedtolead.domain.attempt import AttemptState
from speedtolead.domain.call import AnsweredBy, DialMode, LegKind, LegReport, LegState
from speedtolead.domain.carrier import CarrierName
from speedtolead.domain.errors import SpeedToLeadError
from speedtolead.domain.lead import OPEN_STATES, LeadState
from speedtolead.domain.recording import Announcement, RecordingReport
from speedtolead.ports import (
    Announce,
    Clock,
    ConnectAgent,
    ConnectLead,
    Goodbye,
    Instruction,
    JoinNow,
    OfferLead,
)
from speedtolead.ports.conference import Greet
from speedtolead.ports.voicemail import AskWhoAnswered
from speedtolead.service.calling import ending, machine, offering, recordings
from speedtolead.service.calling.afterwards import Afterwards, SendElsewhere
from speedtolead.service.calling.calls import Calls
from speedtolead.service.calling.letting_go import A_MACHINE, NOT_REACHED
from speedtolead.service.calling.order import agent_joins, lead_joins, lead_joins_line
from speedtolead.service.calling.patience import Patience
from speedtolead.service.calling.under_way import Call, load, needs_key, take_offer
from speedtolead.service.calling.whisper import greeting, whisper
from speedtolead.service.controls import following, joining
from speedtolead.service.inbound.going_on import GoingOn
from speedtolead.service.lawful.permits import Permits
from speedtolead.store import agents, dial, events
from speedtolead.store import calls as rows
from speedtolead.store import recordings as recording_rows
from speedtolead.store.calls import CallRow
from speedtolead.store.database import Database
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection
from speedtolead.store.settings_json import candidates_from_json

TAKEN = "This lead is no longer available. Goodbye."
NOT_PERMITTED = "This person may not be called right now. Goodbye."
CALLING_US = "This person is calling us at this moment. Goodbye."


@dataclass(frozen=True, slots=True)
class Callback:
    """One genuine callback. ``fingerprint`` is the same exactly for a repeat of the same callback.

    ``signers``: the carrier accounts whose signature it bears.
    """

    attempt_id: UUID
    leg_id: UUID
    kind: str
    fingerprint: bytes
    fields: dict[str, str]
    received_at: datetime
    signers: frozenset[CarrierName]


class NotOfThisLeg(SpeedToLeadError):
    """A callback about a leg that is another carrier account's than the one that signed it: nothing is changed."""

    code = "not_genuine"


@dataclass(frozen=True, slots=True)
class Told:
    """The instruction that answers a callback, and what must be done at the carrier."""

    instruction: Instruction
    afterwards: Sequence[Afterwards]


async def received(tx: Connection, callback: Callback) -> bool:
    """Insert or nothing: False where this very callback was received before. Raises NotOfThisLeg."""
    signers = sorted(callback.signers)
    row = await rows.RECEIVE_CALLBACK.first(
        tx,
        attempt_id=callback.attempt_id,
        leg_id=callback.leg_id,
        signers=signers,
        fingerprint=callback.fingerprint,
        kind=callback.kind,
        fields=callback.fields,
        now=callback.received_at,
    )
    if row is None and await rows.LEG_OF_OTHERS.first(tx, leg_id=callback.leg_id, signers=signers) is not None:
        raise NotOfThisLeg("the leg is another carrier account's")
    return row is not None


class Callbacks:
    """Takes callbacks that are known to be genuine."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        under_way: Calls,
        patience: Patience,
        permits: Permits,
        going_on: GoingOn,
    ) -> None:
        self._database = database
        self._clock = clock
        self._calls = under_way
        self._patience = patience
        self._permits = permits
        self._going_on = going_on

    async def report(self, callback: Callback, report: LegReport) -> Sequence[Afterwards]:
        """A status or a detection. One for an attempt that does not exist is dropped."""
        async with self._database.transaction() as tx:
            if not await received(tx, callback):
                return []
            return await self._calls.take(tx, callback.attempt_id, callback.leg_id, report)

    async def accept(self, callback: Callback, digits: str, call_id: str | None) -> Told:
        """The agent answered the offer: pressed a key, or none."""
        async with self._database.transaction() as tx:
            await received(tx, callback)
            call = await self._load(tx, callback)
            if call is None:
                return Told(Goodbye(TAKEN), [])
            agent = call.legs[callback.leg_id]
            report = LegReport(callback.received_at, LegState.LIVE, carrier_call_id=call_id)
            await call.apply(tx, callback.leg_id, report)
            if following.is_guest(call, callback.leg_id):
                answer = await joining.accept(tx, call, callback.leg_id, digits, self._clock.now())
                return Told(answer, await self._calls.settle(tx, call))
            if not self._still_offered(call, callback.leg_id):
                return Told(Goodbye(TAKEN), await self._calls.settle(tx, call))
            key = needs_key(call.leg_rows[callback.leg_id].address)
            if key and digits != "1" and agent.accepted_at is None:
                return Told(Goodbye(), [])
            if call.mode is not DialMode.AGENT_FIRST:
                await take_offer(tx, call, callback.leg_id, self._clock.now())
                joins = JoinNow() if call.mode is DialMode.LEAD_FIRST else agent_joins(*_leg_of(callback))
                return Told(joins, await self._calls.settle(tx, call))
            told = await self._dial_lead(tx, call, callback.leg_id)
            return Told(told.instruction, await self._calls.let_others_go(tx, call, callback.leg_id))

    async def whisper(self, callback: Callback) -> Told:
        """``lead_first``: the agent's phone was picked up; say who waits."""
        async with self._database.transaction() as tx:
            await received(tx, callback)
            call = await self._load(tx, callback)
            if call is None or not self._still_offered(call, callback.leg_id):
                return Told(Goodbye(TAKEN), [])
            row, campaign = call.row, call.campaign
            if call.incoming:
                words = await self._going_on.whisper(tx, call)
            else:
                words = whisper(campaign.whisper, row, campaign.name, campaign.seller)
            return Told(OfferLead(row.attempt_id, callback.leg_id, words), [])

    async def announce(self, callback: Callback, call_id: str | None) -> Told:
        """``agent_first``: the lead's phone was picked up; say that the call may be recorded, before the bridge."""
        async with self._database.transaction() as tx:
            await received(tx, callback)
            call = await self._load(tx, callback)
            if call is None or call.legs[callback.leg_id].kind is not LegKind.LEAD:
                return Told(Goodbye(), [])
            words = call.campaign.recording.words
            afterwards = await self._picked_up(tx, call, callback, call_id)
            return Told(Announce(callback.attempt_id, callback.leg_id, words), afterwards)

    async def announced(self, callback: Callback, call_id: str | None) -> Told:
        """The lead has heard the announcement to its end: nothing else is taken for that."""
        async with self._database.transaction() as tx:
            await received(tx, callback)
            call = await self._load(tx, callback)
            if call is not None and following.is_guest(call, callback.leg_id):
                answer = await joining.let_in(tx, call, callback.leg_id, self._clock.now())
                return Told(answer, await self._calls.settle(tx, call))
            if call is None or call.legs[callback.leg_id].kind is not LegKind.LEAD:
                return Told(Goodbye(), [])
            await self._mark_announced(tx, call, callback.received_at)
            afterwards = await self._picked_up(tx, call, callback, call_id)
            if call.row.conference is not None and call.row.bridged_at is not None:
                return Told(joining.rejoin(call, LegKind.LEAD), afterwards)
            if call.incoming:
                return Told(await self._going_on.next(tx, call, first=True), afterwards)
            if call.mode is DialMode.AGENT_FIRST:
                return Told(JoinNow(), afterwards)
            if call.mode in {DialMode.BOTH, DialMode.HOT}:
                return self._lead_joins(call, callback, afterwards)
            return Told(await self._next_agent(tx, call), afterwards)

    async def greet(self, callback: Callback) -> Greet:
        """The lead is alone in the conference: says who calls. Reads only; what comes again is said again."""
        async with self._database.connection() as tx:
            row = await rows.GREETED.first(tx, leg_id=callback.leg_id, attempt_id=callback.attempt_id)
            if row is None:
                return Greet()
            campaign = await dial.campaign(tx, row.account_id, row.campaign_id, row.campaign_version)
        return Greet(greeting(campaign.greeting, row, campaign.name, campaign.seller))

    async def recording(self, callback: Callback, report: RecordingReport | None) -> None:
        """News of a recording, long after the call as well."""
        async with self._database.transaction() as tx:
            if await received(tx, callback) and report is not None:
                await recordings.hear(tx, callback.attempt_id, callback.leg_id, report)

    async def dialed(self, callback: Callback, report: LegReport, lead_over: LegReport | None = None) -> Told:
        """A phone that was rung from the other's call is done, reached or not: how does that other call go on?

        ``lead_over``: the caller's own call is over, as the carrier says in the same breath.
        """
        async with self._database.transaction() as tx:
            new = await received(tx, callback)
            call = await self._load(tx, callback)
            if call is None:
                return Told(Goodbye(), [])
            if call.row.conference is not None and call.row.bridged_at is not None:
                # The talk is being taken there: what left this call was sent, and is not over for that.
                left = LegKind.AGENT if call.mode is DialMode.AGENT_FIRST else LegKind.LEAD
                return Told(joining.rejoin(call, left), await self._calls.settle(tx, call))
            away = machine.is_machine(call.lead) and await machine.sent_away(tx, callback.leg_id)
            if new and not away:  # a machine that was sent to its message has left this call, and is not over
                await call.apply(tx, callback.leg_id, report)
            if call.incoming and lead_over is not None:
                await call.apply(tx, self._going_on.lead_leg(call), lead_over)
            afterwards = await self._calls.settle(tx, call)
            if call.incoming:
                return Told(await self._going_on.next(tx, call), afterwards)
            if call.mode is DialMode.AGENT_FIRST:
                return Told(self._agents_end(call), afterwards)
            return Told(await self._next_agent(tx, call), afterwards)

    def _agents_end(self, call: Call) -> Instruction:
        """``agent_first``: the lead's call is over, or elsewhere; the last that the agent hears of it."""
        found = call.current(LegKind.AGENT)
        if found is not None and machine.asks_by_key(call, call.leg_rows[found[0]].address):
            return AskWhoAnswered(call.row.attempt_id, found[0])
        if machine.is_machine(call.lead):
            return Goodbye(A_MACHINE)
        return Goodbye(None if call.fate().bridged_at is not None else NOT_REACHED)

    def _lead_joins(self, call: Call, callback: Callback, afterwards: Sequence[Afterwards]) -> Told:
        """The lead has heard the announcement; what was to be sent after the call is answered here."""
        if call.row.notice_at is None and call.row.conference is not None:
            return Told(lead_joins_line(*_leg_of(callback), call.row.conference), afterwards)
        if call.row.notice_at is None:
            return Told(lead_joins(*_leg_of(callback)), afterwards)
        return Told(offering.apologise(call), [one for one in afterwards if not isinstance(one, SendElsewhere)])

    async def _load(self, tx: Connection, callback: Callback) -> Call | None:
        if await rows.LOCK_CALL.first(tx, attempt_id=callback.attempt_id) is None:
            return None
        call = await load(tx, callback.attempt_id)
        return call if callback.leg_id in call.legs else None

    async def _picked_up(
        self, tx: Connection, call: Call, callback: Callback, call_id: str | None
    ) -> Sequence[Afterwards]:
        """The lead's call runs our instructions, so it was answered, whatever else was heard of it."""
        report = LegReport(callback.received_at, LegState.LIVE, carrier_call_id=call_id)
        await call.apply(tx, callback.leg_id, report)
        await self._calls.adopt(tx, call, callback.leg_id)
        return await self._calls.settle(tx, call)

    async def _mark_announced(self, tx: Connection, call: Call, at: datetime) -> None:
        row = call.row
        if await recording_rows.MARK_ANNOUNCED.first(tx, attempt_id=row.attempt_id, now=at) is None:
            return
        call.row = replace(row, announced_at=at)
        told = self._announcement(call, at)
        await events.add(
            tx,
            row.account_id,
            "recording.announced",
            at,
            lead_id=row.lead_id,
            attempt_id=row.attempt_id,
            agent_id=row.agent_id,
            data={"words": call.campaign.recording.words} | ({} if told is None else told.as_inputs()),
        )

    def _announcement(self, call: Call, now: datetime) -> Announcement | None:
        return self._permits.announcement(call.campaign, candidates_from_json(call.row.candidates), now)

    def _still_offered(self, call: Call, agent_leg_id: UUID) -> bool:
        """The offer stands: this is an agent of the present try, the attempt is being dialled, and nobody else of
        those who were rung at once took it."""
        if not call.dialing or call.row.gave_way_at is not None:
            return False
        if call.mode is DialMode.AGENT_FIRST:
            return agent_leg_id in call.rung(LegKind.AGENT) and call.taken_by_another(agent_leg_id) is None
        present = call.current(LegKind.AGENT)
        return present is not None and present[0] == agent_leg_id

    async def _dial_lead(self, tx: Connection, call: Call, agent_leg_id: UUID) -> Told:
        """``agent_first``: decide once more, commit the lead's leg, and only then tell the carrier to ring it."""
        now, row = self._clock.now(), call.row
        ringing = call.current(LegKind.LEAD)
        if ringing is not None:
            return Told(self._connect(call, ringing[0]), [])
        await take_offer(tx, call, agent_leg_id, now)
        row = await self._assign(tx, call, agent_leg_id)
        if LeadState(row.lead_state) not in OPEN_STATES and row.calls_back is None:
            await ending.withdraw(tx, row, f"the lead is {row.lead_state}", now)
            return Told(Goodbye(TAKEN), [])
        await rows.LOCK_PERSON.all(tx, lead_id=row.lead_id)  # a stop that was committed before this is seen below
        facts = await rows.PERMIT_FACTS.one(tx, lead_id=row.lead_id)
        if facts.on_the_line:
            await ending.put_back(tx, row, now, "the person was calling us")
            return Told(Goodbye(CALLING_US), [])
        permit = self._permits.decide("call", call.campaign, facts.facts(self._permits.fictional_exempt), now)
        await rows.add_permit(tx, row.account_id, row.attempt_id, permit)
        if not permit.allowed:
            await ending.carry_out_refusal(tx, row, permit, now, self._calls.follow_up)
            return Told(Goodbye(NOT_PERMITTED), [])
        leg_id = new_id()
        await call.add_leg(tx, leg_id, LegKind.LEAD, row.phone, None, now)
        await rows.COUNT_CONTACT.run(tx, lead_id=row.lead_id, now=now, channel="call", contact_id=leg_id)
        until = now + self._patience.call
        await rows.RENEW_LEASE.run(tx, attempt_ids=[row.attempt_id], lease_until=until)
        await events.add(
            tx,
            row.account_id,
            "offer.taken",
            now,
            lead_id=row.lead_id,
            attempt_id=row.attempt_id,
            agent_id=row.agent_id,
        )
        return Told(self._connect(call, leg_id), [])

    async def _assign(self, tx: Connection, call: Call, agent_leg_id: UUID) -> CallRow:
        """The attempt is this agent's, who took it first of all who were rung."""
        agent_id = call.leg_rows[agent_leg_id].agent_id
        if agent_id is not None and agent_id != call.row.agent_id:
            await agents.ASSIGN_AGENT.run(tx, attempt_id=call.row.attempt_id, agent_id=agent_id)
            call.row = replace(call.row, agent_id=agent_id)
        return call.row

    def _connect(self, call: Call, leg_id: UUID) -> ConnectLead:
        row, told = call.row, self._announcement(call, self._clock.now())
        return ConnectLead(
            row.attempt_id,
            leg_id,
            row.phone,
            call.shown,
            call.campaign.dial.ring_timeout,
            announce=told is not None and told.needed,
            detect=call.campaign.machine.detection if call.campaign.machine.detect else None,
            reason=call.campaign.call_reason,
        )

    async def _next_agent(self, tx: Connection, call: Call) -> Instruction:
        """``lead_first``: the lead waits on the line; ring the next free agent, or say who called."""
        now, row = self._clock.now(), call.row
        lead, agent = call.leg(LegKind.LEAD), call.leg(LegKind.AGENT)
        talked = call.fate().bridged_at is not None
        lead_gone = lead is None or lead.state is LegState.ENDED or lead.answered_by is AnsweredBy.MACHINE
        if talked or lead_gone or AttemptState(row.state) not in {AttemptState.DIALING, AttemptState.UNKNOWN}:
            return Goodbye()
        if row.notice_at is not None:
            return offering.apologise(call)
        if agent is not None and agent.state is not LegState.ENDED:
            waiting = call.current(LegKind.AGENT)
            assert waiting is not None
            return self._ring_agent(call, waiting[0], call.leg_rows[waiting[0]].address)
        next_one = await offering.next_agent(tx, call, self._patience, now)
        if next_one is None:
            return await offering.give_notice(tx, call, now) or offering.apologise(call)
        return self._ring_agent(call, next_one.leg_id, next_one.address)

    def _ring_agent(self, call: Call, leg_id: UUID, address: str) -> ConnectAgent:
        return ConnectAgent(
            call.row.attempt_id,
            leg_id,
            address,
            call.shown,
            call.campaign.dial.ring_timeout,
            needs_key(address),
        )


def _leg_of(callback: Callback) -> tuple[UUID, UUID]:
    return callback.attempt_id, callback.leg_id
