"""From a due attempt to the carrier's answer: permit, claim and commit ``dialing``, ask once, record.

Owns: the order of these steps. Must not know: who is chosen (routing), what is lawful (permit), how a call is
asked for (the carrier port).

The permit is decided on facts that were read a moment ago; one statement then claims the attempt and its agent,
takes a carrier slot, records the permit and commits ``dialing``, unless any of it is no longer free or a
suppression came in since. Killed after that commit: the attempt becomes unknown and the carrier is asked. One that
may not be made is claimed under a lease and its refusal recorded; killed there, it goes back to the plan.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Container
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile
from uuid import UUID

import structlog

from speedtolead.domain.attempt import AttemptState
from speedtolead.domain.call import DialMode, LegKind, mode_of
from speedtolead.domain.caller_id import AreaCodes, Choice
from speedtolead.domain.campaign import Campaign
from speedtolead.domain.permit import Permit
from speedtolead.domain.routing import Pairing, pair
from speedtolead.ports import Clock
from speedtolead.service.cadences.follow_up import FollowUp
from speedtolead.service.calling import ending
from speedtolead.service.calling.afterwards import CarryingOut
from speedtolead.service.calling.asking import Asking
from speedtolead.service.calling.carriers import CarrierWatch
from speedtolead.service.calling.order import Attempted, LegOrder
from speedtolead.service.calling.patience import Patience
from speedtolead.service.calling.turns import LastInLine
from speedtolead.service.calling.under_way import load
from speedtolead.service.lawful.permits import Permits
from speedtolead.service.phone_numbers.caller_ids import CallerIdRound, day_ends, numbered, wait_for_a_number
from speedtolead.store import calls as call_rows
from speedtolead.store import dial
from speedtolead.store.database import Database
from speedtolead.store.dial import ClaimedRow, DueRow, LegToPlace, PermittedCall
from speedtolead.store.facts import lead_first_held, version_of
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """A permitted call that was committed to ``dialing``, ready to be asked for."""

    due: DueRow
    agent_id: UUID
    call: PermittedCall
    asked: tuple[LegOrder, ...]
    """The legs that the carrier is asked for, at once."""

    def only(self, legs: Container[UUID]) -> Order:
        """Without those whose agents were free no more."""
        return replace(self, asked=tuple(leg for leg in self.asked if leg.order.leg_id in legs))


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


_ENGAGED_KNOWN = timedelta(seconds=5)
"""A lead that is handed over is dialled within this, or by a look at the plan."""


class Dialing:
    """The dial path of one node."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        asking: Asking,
        afterwards: CarryingOut,
        watch: CarrierWatch,
        patience: Patience,
        permits: Permits,
        area_codes: AreaCodes,
    ) -> None:
        self._database = database
        self._clock = clock
        self._asking = asking
        self._afterwards = afterwards
        self._watch = watch
        self._patience = patience
        self._permits = permits
        self._follow_up = FollowUp(permits)
        self._area_codes = area_codes
        self._engaged: deque[tuple[datetime, UUID]] = deque()
        self._last_in_line = LastInLine()

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
        self._last_in_line.saw(due, {order.due.attempt_id for order in found.orders}, now)
        return replace(found, more=found.more or set_apart)

    async def give_turns(self, tx: Connection) -> None:
        """After the calls of a look were asked for: whoever is last in line may be first in the next."""
        await self._last_in_line.give(tx, self._clock.now())

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
            line = row.line_of(pairing.agent_id)
            if line is not None:
                row = row.numbered_by(line.carrier)
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
                call = _call(row, pairing, campaign, shown, waited, permit)
                told = self._permits.announcement(campaign, facts.candidates, now)
                attempted = Attempted(
                    row.attempt_id,
                    row.lead_id,
                    call.mode,
                    campaign,
                    row,
                    shown.phone,
                    announces=told is not None and told.needed,
                    until=now + self._patience.dialing,
                    carrier=call.carrier,
                    others=numbered(row, campaign.caller_ids),
                    line_id=call.line_id,
                )
                orders.append(Order(row, pairing.agent_id, call, attempted.asked(call.legs)))
            else:
                refused.append(row.attempt_id)
        return orders, refused

    async def _campaign(self, tx: Connection, row: DueRow) -> Campaign:
        found = await dial.campaign(tx, row.account_id, row.campaign_id, row.campaign_version)
        return found.going_by(row.arms) if row.arms else found

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
        now, taken, held = self._clock.now(), dict[UUID, set[UUID]](), list[ClaimedRow]()
        if orders:
            wanted = [order.call for order in orders]
            until = now + self._patience.dialing
            taken = await dial.dial_attempts(tx, wanted, self._watch.policies(now), claimed_at, now, until)
            rung = (leg.agent_id for call in wanted if call.attempt_id in taken for leg in call.legs)
            self._engaged += [(now, agent_id) for agent_id in rung if agent_id is not None]
        if refused:
            held = await dial.claim(tx, refused, now, now + self._patience.claim)
        got = len(taken) + len(held)
        return Round(
            [order.only(taken[order.due.attempt_id]) for order in orders if order.due.attempt_id in taken],
            held,
            short_of_slots=len(taken) < len(orders),
            more=bool(held) or 0 < got < len(due) or (len(due) >= dial.AGENTS_PER_CAMPAIGN and bool(orders)),
        )

    async def record_refusal(self, claimed: ClaimedRow) -> None:
        """The permit said no: decide once more on fresh facts, record that, and do what it says."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            call = await load(tx, claimed.attempt_id)
            if call.row.state != AttemptState.CLAIMED or call.row.lease != claimed.lease:
                return  # the lease was lost: somebody else has the attempt now
            facts = await call_rows.PERMIT_FACTS.one(tx, lead_id=claimed.lead_id)
            known = facts.facts(self._permits.fictional_exempt)
            permit = self._permits.decide("call", call.campaign, known, now)
            if permit.allowed:
                await wait_for_a_number(tx, call.row, call.campaign, permit, now, self._area_codes)
                return
            await call_rows.add_permit(tx, claimed.account_id, claimed.attempt_id, permit)
            await ending.carry_out_refusal(tx, call.row, permit, now, self._follow_up)
        log.info(
            "permit.refused",
            lead_id=str(claimed.lead_id),
            attempt_id=str(claimed.attempt_id),
            decision=permit.decision,
            reasons=permit.reasons,
        )

    async def ask(self, order: Order) -> None:
        """Ask the carrier for each leg, once and all at once, and record what it said of each."""
        with structlog.contextvars.bound_contextvars(
            lead_id=str(order.due.lead_id), attempt_id=str(order.due.attempt_id)
        ):
            if len(order.asked) == 1:
                await self._ask(order.asked[0])
            else:
                await asyncio.gather(*(self._ask(leg) for leg in order.asked))

    async def _ask(self, wanted: LegOrder) -> None:
        await self._afterwards.carry_out(await self._asking.ask(wanted))


def _call(
    due: DueRow, pairing: Pairing, campaign: Campaign, shown: Choice, waited: float, permit: Permit
) -> PermittedCall:
    """The call as it is written before the carrier hears of it; the leg that is asked for comes first."""
    line = due.line_of(pairing.agent_id)
    also_rung = () if line is not None else tuple(other for other in pairing.also if due.line_of(other) is None)
    agent, *also = (
        LegToPlace(new_id(), LegKind.AGENT, due.address_of(agent_id), agent_id)
        for agent_id in (pairing.agent_id, *also_rung)
    )
    mode = mode_of(campaign.dial.mode, on_a_line=line is not None, held=lead_first_held(due.known))
    lead = LegToPlace(new_id(), LegKind.LEAD, due.phone, None)
    legs = (agent, *also) if mode is DialMode.AGENT_FIRST else (lead, agent)
    return PermittedCall(
        attempt_id=due.attempt_id,
        agent_id=pairing.agent_id,
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
        requests=1 if mode in {DialMode.LEAD_FIRST, DialMode.HOT} else len(legs),
        line_id=None if line is None else line.line_id,
    )
