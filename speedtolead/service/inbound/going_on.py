"""What a caller is told next: a question, an agent's phone, music, or the voicemail.

Owns: reading that from the state of the call, and moving it on, in one transaction under the attempt's lock.
Must not know: how keys come in, TwiML, or what a call that is over leads to (``ending``).

The same state is always told the same: a carrier that asks twice, or asks the other node, loses nothing and rings
nobody twice. Killed after the commit, the carrier asks again and gets what was committed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from speedtolead.domain.call import Leg, LegKind, LegState
from speedtolead.domain.hours import is_open
from speedtolead.domain.inbound import InboundPolicy, Stage, takers
from speedtolead.domain.ivr import POSTAL_CODE, Progress, Then, Way, asking, pressed, way
from speedtolead.domain.tracking import CallTerms
from speedtolead.ports import Announce, Clock, ConnectAgent, Goodbye, Instruction, Numbering
from speedtolead.ports.incoming import AskKeys, HoldOn, SayFirst, TakeMessage
from speedtolead.service.calling.patience import Patience
from speedtolead.service.calling.under_way import Call, needs_key
from speedtolead.service.calling.whisper import whisper
from speedtolead.service.lawful.permits import Permits
from speedtolead.store import agents, events
from speedtolead.store import calls as call_rows
from speedtolead.store import inbound as rows
from speedtolead.store.ids import new_id
from speedtolead.store.inbound import AgentForCall, IncomingRow
from speedtolead.store.query import Connection
from speedtolead.store.recordings import ASK_RECORDING
from speedtolead.store.settings_json import candidates_from_json, candidates_to_json

CLOSED = "Thank you for calling. Goodbye."
_SENT_ELSEWHERE = timedelta(seconds=5)
"""A caller whom somebody is sending to an agent's phone just now is not sent there a second time."""


class GoingOn:
    def __init__(self, clock: Clock, patience: Patience, permits: Permits, numbering: Numbering) -> None:
        self._clock = clock
        self._patience = patience
        self._permits = permits
        self._numbering = numbering

    async def next(self, tx: Connection, call: Call, *, first: bool = False) -> Instruction:
        """What the caller is told now. ``first``: nothing was said to the caller yet."""
        lead = call.leg(LegKind.LEAD)
        if lead is None or lead.state is LegState.ENDED or call.row.ended_at is not None:
            return Goodbye()
        if call.fate().bridged_at is not None:
            return Goodbye()  # the agent has left the talk
        incoming = await rows.INCOMING_CALL.one(tx, attempt_id=call.row.attempt_id)
        match Stage(incoming.stage):
            case Stage.ASKING:
                return await self._ask(tx, call, incoming, first)
            case Stage.WAITING | Stage.WITH_AGENT:
                return await self._agent(tx, call, incoming)
            case Stage.MESSAGE:
                return self._message(call, incoming)
            case Stage.OVER:
                return Goodbye(CLOSED)

    async def keys(self, tx: Connection, call: Call, digits: str, mark: str) -> Instruction:
        """The caller pressed keys, or none; those that were meant for another question change nothing."""
        incoming = await rows.INCOMING_CALL.one(tx, attempt_id=call.row.attempt_id)
        progress = rows.progress_of(incoming.progress)
        if incoming.stage == Stage.ASKING and progress.mark == mark:
            steps = _terms(incoming).steps
            progress = pressed(steps, progress, digits, self._is_postal_code)
            await rows.save(tx, replace(incoming, progress=rows.progress_to_json(progress)))
        return await self.next(tx, call)

    async def waited(self, tx: Connection, call: Call) -> Instruction:
        """The music has come to its end: go on waiting, or not."""
        found = call.current(LegKind.AGENT)
        if found is not None and found[1].state is LegState.PLACING:
            sent = self._clock.now() - found[1].placed_at < _SENT_ELSEWHERE
            if sent and call.row.ended_at is None:
                return HoldOn(call.row.attempt_id, self.lead_leg(call))
        return await self.next(tx, call)

    async def serve(self, tx: Connection, call: Call) -> Instruction | None:
        """Somebody may be free for a caller who waits; None: nobody is, or the caller waits no more."""
        lead = call.leg(LegKind.LEAD)
        if lead is None or lead.state is LegState.ENDED or call.row.ended_at is not None:
            return None
        incoming = await rows.INCOMING_CALL.one(tx, attempt_id=call.row.attempt_id)
        return await self._ring(tx, call, incoming) if incoming.stage == Stage.WAITING else None

    async def whisper(self, tx: Connection, call: Call) -> str:
        """What the agent hears who picks up: the tracking number's words, or the campaign's, after who calls."""
        incoming = await rows.INCOMING_CALL.one(tx, attempt_id=call.row.attempt_id)
        terms, campaign = incoming.source.call, call.campaign
        said = terms.whisper if terms is not None else None
        return whisper(said or f"A call to you. {campaign.whisper}", call.row, campaign.name, campaign.seller)

    def lead_leg(self, call: Call) -> UUID:
        """The caller's leg."""
        found = call.current(LegKind.LEAD)
        assert found is not None
        return found[0]

    # ---- questions ----------------------------------------------------------------------------------------------

    async def _ask(self, tx: Connection, call: Call, incoming: IncomingRow, first: bool) -> Instruction:
        row, terms, now = call.row, _terms(incoming), self._clock.now()
        told = self._permits.announcement(call.campaign, candidates_from_json(row.candidates), now)
        if told is not None and told.needed and row.announced_at is None:
            return Announce(row.attempt_id, incoming.leg_id, call.campaign.recording.words)
        greeting = (terms.greeting or call.campaign.inbound.greeting) if first else None
        progress = rows.progress_of(incoming.progress)
        step = asking(terms.steps, progress)
        if step is not None:
            words = f"{greeting} {step.say}" if greeting else step.say
            return AskKeys(row.attempt_id, incoming.leg_id, words, step.digits, progress.mark)
        queued = await self._queued(tx, call, incoming, progress, now)
        following = await self._agent(tx, call, queued, new_here=True)
        return SayFirst(greeting, following) if greeting else following

    async def _queued(
        self, tx: Connection, call: Call, incoming: IncomingRow, progress: Progress, now: datetime
    ) -> IncomingRow:
        """The questions are over: where the call goes, with what is known of the caller."""
        terms, postal = _terms(incoming), progress.answers.get(POSTAL_CODE)
        states = self._numbering.states_of_postal_code(postal) if postal else self._states_of(incoming.from_phone)
        state = next(iter(states)) if len(states) == 1 else None
        goes = way(terms.routes, progress, state, postal, call.campaign.dial.agents, now)
        if goes.then is Then.GO_ON and terms.hours is not None and not is_open(now, terms.hours):
            goes = Way(goes.agents, Then.VOICEMAIL, goes.route)
        stages = {Then.GO_ON: Stage.WAITING, Then.VOICEMAIL: Stage.MESSAGE, Then.HANG_UP: Stage.OVER}
        found = replace(
            incoming,
            stage=stages[goes.then],
            agent_group=goes.agents,
            route=goes.route,
            region=state,
            postal_code=postal,
            queued_at=now,
        )
        await rows.save(tx, found)
        if progress.answers:
            await self._keep(tx, incoming, progress, state, postal)
        return found

    async def _keep(
        self, tx: Connection, incoming: IncomingRow, progress: Progress, state: str | None, postal: str | None
    ) -> None:
        await rows.KEEP_ANSWERS.run(
            tx,
            account_id=incoming.account_id,
            lead_id=incoming.lead_id,
            answers={name: value for name, value in progress.answers.items() if name != POSTAL_CODE},
            postal_code=postal,
            region=state if postal else None,
            made_lead=incoming.made_lead,
            candidates=candidates_to_json(self._numbering.candidates(incoming.from_phone, None, postal)),
        )

    def _is_postal_code(self, digits: str) -> bool:
        return bool(self._numbering.states_of_postal_code(digits))

    def _states_of(self, phone: str | None) -> frozenset[str]:
        return frozenset() if phone is None else self._numbering.states_of_area_code(phone)

    # ---- an agent -----------------------------------------------------------------------------------------------

    async def _agent(
        self, tx: Connection, call: Call, incoming: IncomingRow, new_here: bool = False
    ) -> Instruction:
        """Ring somebody, or wait; ``new_here``: the caller was not told yet to wait."""
        if incoming.stage == Stage.OVER:
            return Goodbye(CLOSED)
        if incoming.stage == Stage.MESSAGE:
            return await self._ask_for_message(tx, call, incoming)
        found = call.current(LegKind.AGENT)
        if found is not None and found[1].state is not LegState.ENDED:
            return self._connect(call, found[0], call.leg_rows[found[0]].address)
        ringing = await self._ring(tx, call, incoming)
        if ringing is not None:
            return ringing
        now, policy = self._clock.now(), call.campaign.inbound
        asked = _asked(call)
        group = {"account_id": incoming.account_id, "agent_group": incoming.agent_group}
        may_come = (await rows.SOMEBODY_MAY_COME.one(tx, **group, asked=asked)).may
        if not may_come or incoming.queued_at is None or now - incoming.queued_at >= policy.wait:
            return await self._ask_for_message(tx, call, incoming)
        says = new_here or incoming.stage != Stage.WAITING
        if incoming.stage != Stage.WAITING:
            await rows.save(tx, replace(incoming, stage=Stage.WAITING))
        until = now + self._patience.call
        await call_rows.RENEW_LEASE.run(tx, attempt_ids=[call.row.attempt_id], lease_until=until)
        return HoldOn(call.row.attempt_id, incoming.leg_id, policy.hold if says else None)

    async def _ring(self, tx: Connection, call: Call, incoming: IncomingRow) -> ConnectAgent | None:
        """Reserve the first free agent who should take it and write the leg; None: nobody is free."""
        now, row, policy = self._clock.now(), call.row, call.campaign.inbound
        taker = await self._reserve(tx, call, incoming, policy, now)
        if taker is None:
            return None
        await agents.ASSIGN_AGENT.run(tx, attempt_id=row.attempt_id, agent_id=taker.agent_id)
        leg_id = new_id()
        await call_rows.ADD_LEG.run(
            tx,
            leg_id=leg_id,
            account_id=row.account_id,
            attempt_id=row.attempt_id,
            kind=LegKind.AGENT,
            address=taker.address,
            caller_id=incoming.to_phone,
            agent_id=taker.agent_id,
            now=now,
        )
        call.legs[leg_id] = Leg(LegKind.AGENT, LegState.PLACING, now)
        await rows.save(tx, replace(incoming, stage=Stage.WITH_AGENT))
        until = now + self._patience.call
        await call_rows.RENEW_LEASE.run(tx, attempt_ids=[row.attempt_id], lease_until=until)
        return self._connect(call, leg_id, taker.address)

    async def _reserve(
        self, tx: Connection, call: Call, incoming: IncomingRow, policy: InboundPolicy, now: datetime
    ) -> AgentForCall | None:
        account_id, until = incoming.account_id, now + policy.ring + self._patience.claim
        who = await rows.AGENTS_KNOWN_TO_CALLER.one(tx, lead_id=incoming.lead_id)
        known = [agent for agent in (who.owner_id, who.last_id) if agent is not None]
        free = await rows.AGENTS_FOR_CALL.all(
            tx, account_id=account_id, agent_group=incoming.agent_group, known=known, now=now
        )
        by_id = {agent.agent_id: agent for agent in free}
        order = takers([agent.free() for agent in free], who.owner_id, who.last_id, _asked(call))
        for agent_id in order:
            reserved = await rows.RESERVE_FOR_CALL.first(
                tx, agent_id=agent_id, attempt_id=call.row.attempt_id, now=now, until=until
            )
            if reserved is not None:
                return by_id[agent_id]
        return None

    def _connect(self, call: Call, leg_id: UUID, address: str) -> ConnectAgent:
        row = call.row
        return ConnectAgent(
            row.attempt_id,
            leg_id,
            address,
            row.caller_id or "",
            call.campaign.inbound.ring,
            needs_key(address),
        )

    # ---- a message ----------------------------------------------------------------------------------------------

    async def _ask_for_message(self, tx: Connection, call: Call, incoming: IncomingRow) -> Instruction:
        """The voicemail answers. The recording's row is written first, as for a talk."""
        now = self._clock.now()
        if incoming.message_at is None:
            incoming = replace(incoming, stage=Stage.MESSAGE, message_at=now)
            await rows.save(tx, incoming)
            await ASK_RECORDING.first(
                tx,
                recording_id=new_id(),
                account_id=incoming.account_id,
                attempt_id=incoming.attempt_id,
                leg_id=incoming.leg_id,
                now=now,
                announcement={"message": True, "words": call.campaign.inbound.voicemail},
            )
            await events.wake(tx)
        return self._message(call, incoming)

    def _message(self, call: Call, incoming: IncomingRow) -> Instruction:
        return TakeMessage(incoming.attempt_id, incoming.leg_id, call.campaign.inbound.voicemail)


def _terms(incoming: IncomingRow) -> CallTerms:
    return incoming.source.call or CallTerms(incoming.to_phone)


def _asked(call: Call) -> list[UUID]:
    return [leg.agent_id for leg in call.leg_rows.values() if leg.agent_id is not None]
