"""From a due attempt to the carrier's answer: permit, claim and commit ``dialing``, ask once, record.

Owns: the order of these steps. Must not know: who is chosen (routing), what is lawful (permit), how a call is
asked for (the carrier port).

The permit is decided on facts that were read a moment ago; one statement then claims the attempt and its agent,
takes a carrier slot, records the permit and commits ``dialing``, unless any of it is no longer free or a
suppression came in since. Killed after that commit: the attempt becomes unknown and the carrier is asked. One that
may not be made is claimed under a lease and its refusal recorded; killed there, it goes back to the plan.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Container
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Protocol
from uuid import UUID

import structlog

from speedtolead.domain.agent import Missed, Released
from speedtolead.domain.attempt import AttemptState, LostTrack, sources
from speedtolead.domain.call import DialMode, LegEnd, LegKind, LegReport, LegState
from speedtolead.domain.caller_id import AreaCodes, Choice
from speedtolead.domain.campaign import Campaign
from speedtolead.domain.permit import Permit
from speedtolead.domain.routing import pair
from speedtolead.ports import (
    Announce,
    CallOrder,
    Clock,
    ConnectAgent,
    Indeterminate,
    Instruction,
    OfferLead,
    Permanent,
    PortError,
    Transient,
)
from speedtolead.ports.carriers import Carriers
from speedtolead.service import calls, ending
from speedtolead.service.caller_ids import CallerIdRound, day_ends, numbered, wait_for_a_number
from speedtolead.service.calls import Calls
from speedtolead.service.carriers import CarrierWatch
from speedtolead.service.patience import Patience
from speedtolead.service.permits import Permits
from speedtolead.service.whisper import whisper
from speedtolead.store import agents, dial, events
from speedtolead.store import calls as call_rows
from speedtolead.store.database import Database
from speedtolead.store.dial import ClaimedRow, DueRow, LegToPlace, PermittedCall, PlacedCall
from speedtolead.store.facts import lead_first_held, version_of
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """A permitted call that was committed to ``dialing``, ready to be asked for."""

    due: DueRow
    agent_id: UUID
    campaign: Campaign
    call: PermittedCall
    asked_until: datetime
    announces: bool = False
    """Whether the lead is told first that the call may be recorded."""

    @property
    def asked(self) -> LegToPlace:
        """The leg that the carrier is asked for; in ``lead_first`` the second one is rung by the carrier itself."""
        return self.call.legs[0]

    def instruction(self) -> Instruction:
        due, agent = self.due, self.due.address_of(self.agent_id)
        if self.asked.kind is LegKind.LEAD and self.announces:
            return Announce(due.attempt_id, self.asked.leg_id, self.campaign.recording.words)
        if self.asked.kind is LegKind.LEAD:
            return ConnectAgent(
                due.attempt_id,
                self.call.legs[1].leg_id,
                agent,
                self.call.caller.phone,
                self.campaign.dial.ring_timeout,
                calls.needs_key(agent),
            )
        words = whisper(self.campaign.whisper, due, self.campaign.name, self.campaign.seller)
        return OfferLead(due.attempt_id, self.asked.leg_id, words, calls.needs_key(agent))


@dataclass(frozen=True, slots=True)
class Round:
    """What one look at the plan brought."""

    orders: list[Order]
    """Committed to ``dialing``: each must now be asked for."""
    refused: list[ClaimedRow]
    """May not be made now: each refusal must now be recorded."""
    short_of_slots: bool = False
    """No carrier places a call in this moment."""
    slot_in: float = 0.0
    """Then: the seconds until one may."""
    more: bool = False
    """More may be due than was looked at, or was not to be had in this moment."""


NOTHING = Round([], [])


class Placements(Protocol):
    """Records a call that the carrier took; False where its attempt was not waiting for it any more."""

    async def record(self, call: PlacedCall) -> bool: ...


_ENGAGED_KNOWN = timedelta(seconds=5)
"""A lead that is handed over is dialled within this, or by a look at the plan."""


class Dialing:
    """The dial path of one node."""

    def __init__(
        self,
        database: Database,
        carriers: Carriers,
        clock: Clock,
        calls_under_way: Calls,
        placements: Placements,
        watch: CarrierWatch,
        patience: Patience,
        permits: Permits,
        area_codes: AreaCodes,
    ) -> None:
        self._database = database
        self._carriers = carriers
        self._clock = clock
        self._calls = calls_under_way
        self._placements = placements
        self._watch = watch
        self._patience = patience
        self._permits = permits
        self._area_codes = area_codes
        self._engaged: deque[tuple[datetime, UUID]] = deque()

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Connection]:
        """The connection that the plan is looked at through, with the look planned before the first lead needs it.

        It is kept: on a fresh one the first look is slow, and a lead that comes meanwhile would not be in it.
        """
        async with self._database.connection() as tx:
            now = self._clock.now()
            await self._watch.ensure(tx)
            await dial.dial_candidates(tx, now)
            yield tx

    async def look(self, tx: Connection) -> Round:
        """Commit to dialing what is due and permitted, as far as there are agents and carrier slots."""
        now = self._clock.now()
        due = await dial.dial_candidates(tx, now)
        if not due:
            return NOTHING
        await self._watch.refresh(tx)
        slot_at = self._watch.slot_at()
        if slot_at is None:
            return NOTHING  # no breaker lets a call through: the one that closes wakes the nodes
        if slot_at > now:
            return Round([], [], short_of_slots=True, slot_in=(slot_at - now).total_seconds())
        set_apart = await self._set_apart(tx, due)
        orders, refused = await self._decide(tx, due, self._clock.now())
        found = await self._commit(tx, due, orders, refused, now)
        return replace(found, more=found.more or set_apart)

    async def take_up(self, tx: Connection, handed: list[DueRow]) -> Round:
        """Commit fresh leads to dialing that this node's intake has just stored, with the agents it saw free.

        Whichever is not in the round, because of an agent or a slot that is gone, has to be looked for in the plan.
        """
        now = self._clock.now()
        orders, refused = await self._decide(tx, handed, now, self._engaged_since(handed, now))
        return await self._commit(tx, handed, orders, refused, now)

    def _engaged_since(self, handed: list[DueRow], now: datetime) -> set[UUID]:
        """Agents whom this node has reserved since it read who was free."""
        while self._engaged and now - self._engaged[0][0] >= _ENGAGED_KNOWN:
            self._engaged.popleft()
        read_at = min(due.lead_received_at for due in handed)
        return {agent for _, agent in takewhile(lambda known: known[0] >= read_at, reversed(self._engaged))}

    async def next_due(self, tx: Connection) -> datetime | None:
        return (await dial.NEXT_DUE.one(tx)).due_at

    async def _decide(
        self, tx: Connection, due: list[DueRow], now: datetime, engaged: Container[UUID] = ()
    ) -> tuple[list[Order], list[UUID]]:
        """Pair leads with agents, and ask the permit about each pair: calls to be made, attempts refused."""
        by_id = {row.attempt_id: row for row in due}
        waiting = [row.due((await self._campaign(tx, row)).dial, now, engaged) for row in due]
        orders: list[Order] = []
        refused: list[UUID] = []
        persons: set[str] = set()
        callers = CallerIdRound(self._area_codes, self._watch, now)
        for pairing in pair(waiting):
            row = by_id[pairing.attempt_id]
            campaign = await self._campaign(tx, row)
            facts = row.facts(self._permits.fictional_exempt)
            permit = self._permits.decide("call", campaign, facts, now)
            if permit.allowed and callers.left(campaign.caller_ids, row):
                shown = callers.choose(campaign.caller_ids, row)
                if shown is None:
                    continue  # its numbers are of accounts that are left alone now: it waits
                if not persons.isdisjoint(row.person):
                    continue  # one call to a person in a round: the next looks at what this one changed
                persons |= row.person
                callers.take(row, shown)
                waited = self._permits.waited(row.lead_received_at, now, campaign, facts)
                call = _call(row, pairing.agent_id, campaign, shown, waited, permit)
                told = self._permits.announcement(campaign, facts.candidates, now)
                announces = told is not None and told.needed
                until = now + self._patience.dialing
                orders.append(Order(row, pairing.agent_id, campaign, call, until, announces))
            else:
                refused.append(row.attempt_id)
        return orders, refused

    async def _campaign(self, tx: Connection, row: DueRow) -> Campaign:
        return await dial.campaign(tx, row.account_id, row.campaign_id, row.campaign_version)

    async def _set_apart(self, tx: Connection, due: list[DueRow]) -> bool:
        """Note who may take the attempts that were not yet looked at, or whose lead has changed; whether any was.

        From then on, one whom nobody free may take holds up none of the others.
        """
        found = []
        for row in due:
            audience = row.needs((await self._campaign(tx, row)).dial.routing).audience
            if audience != row.audience:
                found.append((row, audience))
        if found:
            await dial.SET_AUDIENCES.run(
                tx,
                attempt_ids=[row.attempt_id for row, _ in found],
                audiences=[audience for _, audience in found],
                versions=[row.campaign_version for row, _ in found],
            )
        return bool(found)

    async def _commit(
        self, tx: Connection, due: list[DueRow], orders: list[Order], refused: list[UUID], claimed_at: datetime
    ) -> Round:
        now, taken, held = self._clock.now(), set[UUID](), list[ClaimedRow]()
        if orders:
            wanted = [order.call for order in orders]
            until = now + self._patience.dialing
            taken = await dial.dial_attempts(tx, wanted, self._watch.policies(now), claimed_at, now, until)
            self._engaged += [(now, call.agent_id) for call in wanted if call.attempt_id in taken]
        if refused:
            held = await dial.claim(tx, refused, now, now + self._patience.claim)
        got = len(taken) + len(held)
        return Round(
            [order for order in orders if order.due.attempt_id in taken],
            held,
            short_of_slots=len(taken) < len(orders),
            more=bool(held) or 0 < got < len(due) or (len(due) >= dial.AGENTS_PER_CAMPAIGN and bool(orders)),
        )

    async def record_refusal(self, claimed: ClaimedRow) -> None:
        """The permit said no: decide once more on fresh facts, record that, and do what it says."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            call = await calls.load(tx, claimed.attempt_id)
            if call.row.state != AttemptState.CLAIMED or call.row.lease != claimed.lease:
                return  # the lease was lost: somebody else has the attempt now
            facts = await call_rows.PERMIT_FACTS.one(tx, lead_id=claimed.lead_id)
            known = facts.facts(self._permits.fictional_exempt)
            permit = self._permits.decide("call", call.campaign, known, now)
            if permit.allowed:
                await wait_for_a_number(tx, call.row, call.campaign, permit, now, self._area_codes)
                return
            await call_rows.add_permit(tx, claimed.account_id, claimed.attempt_id, permit)
            await ending.carry_out_refusal(tx, call.row, permit, now, self._calls.follow_up)
        log.info(
            "permit.refused",
            lead_id=str(claimed.lead_id),
            attempt_id=str(claimed.attempt_id),
            decision=permit.decision,
            reasons=permit.reasons,
        )

    async def ask(self, order: Order) -> None:
        """Ask the carrier, once, and record what it said."""
        with structlog.contextvars.bound_contextvars(
            lead_id=str(order.due.lead_id), attempt_id=str(order.due.attempt_id)
        ):
            await self._ask(order)

    async def _ask(self, order: Order) -> None:
        call = CallOrder(
            attempt_id=order.due.attempt_id,
            leg_id=order.asked.leg_id,
            address=order.asked.address,
            caller_id=order.call.caller.phone,
            ring_timeout=order.campaign.dial.ring_timeout,
            instruction=order.instruction(),
            detect_machine=order.asked.kind is LegKind.LEAD and order.campaign.machine.detect,
            detection=order.campaign.machine.detection,
            reason=order.campaign.call_reason if order.asked.kind is LegKind.LEAD else None,
        )
        requested_at = self._clock.now()
        if requested_at >= order.asked_until:
            return  # this node slept past its own lease: others may hold the attempt, so it is not asked for
        try:
            call_id = await self._carriers.of(order.call.carrier).place_call(call)
        except (Transient, Permanent) as error:
            await self._watch.went(order.call.carrier, requested_at, error)
            await self._definite_no(order, error)
        except Indeterminate as error:
            await self._unclear(order, error)
            await self._watch.went(order.call.carrier, requested_at, error)
        else:
            await self._placed(order, call_id, requested_at)
            await self._watch.went(order.call.carrier, requested_at, None)

    async def _placed(self, order: Order, call_id: str, requested_at: datetime) -> None:
        attempt_id, leg_id = order.due.attempt_id, order.asked.leg_id
        log.info("attempt.requested", leg=order.asked.kind)
        until = requested_at + self._patience.call
        if not await self._placements.record(PlacedCall(attempt_id, leg_id, call_id, requested_at, until)):
            # The answer took so long that the attempt had been given up: the call exists, so it is adopted.
            await self._calls.heard(attempt_id, leg_id, LegReport(requested_at, carrier_call_id=call_id))

    async def _definite_no(self, order: Order, error: Transient | Permanent) -> None:
        """Nothing happened at the carrier: the leg is over, and what follows depends on whose leg it was."""
        log.warning("carrier.refused", code=error.code, provider_code=error.provider_code, leg=order.asked.kind)
        now, attempt_id, agent_id = self._clock.now(), order.due.attempt_id, order.agent_id
        async with self._database.transaction() as tx:
            call = await calls.load(tx, attempt_id)
            report = LegReport(now, LegState.ENDED, LegEnd.FAILED, carrier_code=error.provider_code)
            await call.apply(tx, order.asked.leg_id, report)
            agents_fault = order.asked.kind is LegKind.AGENT and isinstance(error, Permanent)
            await agents.move_engaged(
                tx,
                agent_id,
                attempt_id,
                Missed(self._patience.missed_offer_rest) if agents_fault else Released(),
                now,
            )
            if isinstance(error, Transient):
                carrier = order.call.carrier
                elsewhere = self._watch.elsewhere(numbered(order.due, order.campaign.caller_ids), carrier)
                again = now if elsewhere else now + error.retry_after
                await ending.put_back(
                    tx, call.row, again, str(error.code), refused_by=carrier if elsewhere else None
                )
            elif agents_fault:
                await ending.put_back(tx, call.row, now, "the agent's number was refused", agent_id)
            else:
                await ending.conclude_unplaced(tx, call.row, call.leg(LegKind.LEAD), error, now)
            await events.wake(tx)
        if order.asked.kind is LegKind.LEAD:
            await self._calls.uncount(order.due.lead_id, order.asked.leg_id)

    async def _unclear(self, order: Order, error: PortError) -> None:
        """It may be ringing: unknown, until the carrier or a callback tells."""
        log.warning("carrier.unclear", code=error.code, provider_code=error.provider_code)
        now = self._clock.now()
        async with self._database.connection() as tx:
            await call_rows.MARK_UNKNOWN.first(
                tx,
                attempt_id=order.due.attempt_id,
                now=now,
                lease_until=now,
                note=str(error.code),
                sources=list(sources(LostTrack)),
            )


def _call(
    due: DueRow, agent_id: UUID, campaign: Campaign, shown: Choice, waited: float, permit: Permit
) -> PermittedCall:
    """The call as it is written before the carrier hears of it; the leg that is asked for comes first."""
    agent = LegToPlace(new_id(), LegKind.AGENT, due.address_of(agent_id), agent_id)
    mode = DialMode.AGENT_FIRST if lead_first_held(due.known) else campaign.dial.mode
    lead_first = mode is DialMode.LEAD_FIRST
    legs = (LegToPlace(new_id(), LegKind.LEAD, due.phone, None), agent) if lead_first else (agent,)
    return PermittedCall(
        attempt_id=due.attempt_id,
        agent_id=agent_id,
        account_id=due.account_id,
        phone=due.phone,
        email=due.email,
        version=version_of(due.known),
        mode=mode,
        caller=shown,
        day_ends=day_ends(permit.decided_at, campaign.timezone),
        permitted_wait=waited,
        permit=permit,
        legs=legs,
    )
