"""From a due attempt to the carrier's answer: claim, permit, commit ``dialing``, ask once, record.

Owns: the order of these steps. Must not know: who is chosen (routing), what is lawful (permit), how a call is
asked for (the carrier port).

Killed after the claim: the lease runs out and the attempt goes back to the plan. Killed after the commit to
``dialing``: the attempt becomes unknown and the carrier is asked. Nothing here is ever done twice for one lease.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from speedtolead.domain.agent import Missed, Released
from speedtolead.domain.attempt import AttemptState, LostTrack, sources
from speedtolead.domain.call import DialMode, LegEnd, LegKind, LegReport, LegState
from speedtolead.domain.campaign import Campaign
from speedtolead.domain.permit import Facts, Permit, Request, decide, permitted_seconds
from speedtolead.domain.routing import caller_id, pair
from speedtolead.ports import (
    CallOrder,
    Carrier,
    Clock,
    ConnectAgent,
    Indeterminate,
    Instruction,
    OfferLead,
    Permanent,
    PortError,
    Transient,
)
from speedtolead.service import calls
from speedtolead.service.calls import Calls
from speedtolead.service.patience import Patience
from speedtolead.service.whisper import whisper
from speedtolead.store import agents, dial, events
from speedtolead.store import calls as call_rows
from speedtolead.store.database import Database
from speedtolead.store.dial import ClaimedRow, SlotPolicy
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection

log = structlog.get_logger(__name__)

NO_NUMBER = "the account has no number to call from"


@dataclass(frozen=True, slots=True)
class Round:
    """What one look at the plan brought: claimed attempts, and whether more was due than could be claimed."""

    claimed: list[ClaimedRow]
    short_of_slots: bool = False
    more: bool = False
    """More may be due than was looked at, or was not to be had in this moment."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A leg about to be made."""

    leg_id: UUID
    kind: LegKind
    address: str
    agent_id: UUID | None


@dataclass(frozen=True, slots=True)
class _Order:
    """A permitted call, ready to be asked for."""

    claimed: ClaimedRow
    campaign: Campaign
    permit: Permit
    caller_id: str
    asked: Leg
    """The leg that the carrier is asked for."""
    expected: Leg | None
    """In ``lead_first``: the agent's leg, which the carrier rings by itself at the lead's answer."""
    asked_until: datetime
    permitted_wait: float

    def instruction(self) -> Instruction:
        claimed, agent = self.claimed, self.claimed.agent_address
        if self.expected is not None:
            return ConnectAgent(
                claimed.attempt_id,
                self.expected.leg_id,
                agent,
                self.caller_id,
                self.campaign.dial.ring_timeout,
                calls.needs_key(agent),
            )
        words = whisper(self.campaign.whisper, claimed, self.campaign.name, self.campaign.seller)
        return OfferLead(claimed.attempt_id, self.asked.leg_id, words, calls.needs_key(agent))


class Dialing:
    """The dial path of one node."""

    def __init__(
        self,
        database: Database,
        carrier: Carrier,
        clock: Clock,
        calls_under_way: Calls,
        slots: SlotPolicy,
        patience: Patience,
        fictional_exempt: bool,
    ) -> None:
        self._database = database
        self._carrier = carrier
        self._clock = clock
        self._calls = calls_under_way
        self._slots = slots
        self._patience = patience
        self._fictional_exempt = fictional_exempt

    async def prepare(self) -> None:
        """Make the carrier's slot row, once."""
        async with self._database.connection() as tx:
            await dial.ENSURE_SLOT.run(tx, carrier=self._slots.carrier, now=self._clock.now())

    async def claim(self) -> Round:
        """Claim what is due, as far as there are agents and carrier slots."""
        now = self._clock.now()
        async with self._database.connection() as tx:
            due = await dial.dial_candidates(tx, self._slots, now)
            if not due:
                return Round([])
            if due[0].slot_at is not None and due[0].slot_at > now:
                return Round([], short_of_slots=True)
            pairs = pair([row.due() for row in due])
            claimed = await dial.claim(tx, pairs, self._slots, now, now + self._patience.claim)
        more = len(claimed) < len(due) or len(due) >= dial.CANDIDATES_PER_CAMPAIGN
        return Round(claimed, short_of_slots=len(claimed) < len(pairs), more=more and bool(claimed))

    async def next_due(self) -> datetime | None:
        async with self._database.connection() as tx:
            return (await dial.NEXT_DUE.one(tx, now=self._clock.now())).due_at

    async def make(self, claimed: ClaimedRow) -> None:
        """Take a claimed attempt to the carrier, or back to the plan with the reason recorded."""
        with structlog.contextvars.bound_contextvars(
            lead_id=str(claimed.lead_id), attempt_id=str(claimed.attempt_id)
        ):
            order = await self._permit(claimed)
            if order is not None:
                await self._ask(order)

    async def _permit(self, claimed: ClaimedRow) -> _Order | None:
        """Decide, and commit to ``dialing``. None: the attempt is refused, put back, or no longer ours."""
        now = self._clock.now()
        async with self._database.connection() as tx:
            campaign = await dial.campaign(tx, claimed.account_id, claimed.campaign_id, claimed.campaign_version)
            facts = claimed.facts(self._fictional_exempt)
            permit = decide(Request("call", campaign, facts, now))
            if permit.allowed:
                order = self._order(claimed, campaign, permit, facts, now)
                if order is None:
                    await self._put_back(claimed, now + self._patience.call, NO_NUMBER)
                    return None
                if await self._begin(tx, order, now):
                    return order
        await self._not_now(claimed, campaign)
        return None

    def _order(
        self, claimed: ClaimedRow, campaign: Campaign, permit: Permit, facts: Facts, now: datetime
    ) -> _Order | None:
        shown = caller_id(claimed.numbers, claimed.phone)
        if shown is None:
            return None
        agent_leg = Leg(new_id(), LegKind.AGENT, claimed.agent_address, claimed.agent_id)
        lead_leg = Leg(new_id(), LegKind.LEAD, claimed.phone, None)
        lead_first = campaign.dial.mode is DialMode.LEAD_FIRST
        return _Order(
            claimed,
            campaign,
            permit,
            shown,
            lead_leg if lead_first else agent_leg,
            agent_leg if lead_first else None,
            now + self._patience.dialing,
            permitted_seconds(claimed.received_at, now, campaign, facts),
        )

    async def _begin(self, tx: Connection, order: _Order, now: datetime) -> bool:
        claimed = order.claimed
        legs = [order.asked] if order.expected is None else [order.asked, order.expected]
        begun = await dial.BEGIN_DIALING.first(
            tx,
            attempt_id=claimed.attempt_id,
            lease=claimed.lease,
            now=now,
            lease_until=order.asked_until,
            mode=order.campaign.dial.mode,
            caller_id=order.caller_id,
            permitted_wait=order.permitted_wait,
            permit_id=new_id(),
            rule_set=order.permit.rule_set,
            rules=call_rows.rules_json(order.permit),
            leg_ids=[leg.leg_id for leg in legs],
            leg_kinds=[leg.kind for leg in legs],
            addresses=[leg.address for leg in legs],
            leg_agents=[leg.agent_id for leg in legs],
            agent_id=claimed.agent_id,
        )
        return begun is not None

    async def _not_now(self, claimed: ClaimedRow, campaign: Campaign) -> None:
        """The permit said no, or a stop came in since: decide once more on fresh facts and record that."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            row = await call_rows.LOCK_CALL.one(tx, attempt_id=claimed.attempt_id)
            if row.state != AttemptState.CLAIMED or row.agent_id != claimed.agent_id:
                return  # the lease was lost: somebody else has the attempt now
            facts = await call_rows.PERMIT_FACTS.one(tx, lead_id=claimed.lead_id, now=now)
            permit = decide(Request("call", campaign, facts.facts(self._fictional_exempt), now))
            await call_rows.add_permit(tx, claimed.account_id, claimed.attempt_id, permit)
            await agents.move_engaged(tx, claimed.agent_id, claimed.attempt_id, Released(), now)
            await calls.carry_out_refusal(tx, row, permit, now)
            await events.wake(tx)
        log.info("attempt.not_permitted", decision=permit.decision, reasons=permit.reasons)

    async def _ask(self, order: _Order) -> None:
        claimed = order.claimed
        call = CallOrder(
            attempt_id=claimed.attempt_id,
            leg_id=order.asked.leg_id,
            address=order.asked.address,
            caller_id=order.caller_id,
            ring_timeout=order.campaign.dial.ring_timeout,
            instruction=order.instruction(),
            detect_machine=order.asked.kind is LegKind.LEAD,
        )
        requested_at = self._clock.now()
        if requested_at >= order.asked_until:
            return  # this node slept past its own lease: others may hold the attempt, so it is not asked for
        try:
            call_id = await self._carrier.place_call(call)
        except Transient as error:
            await self._definite_no(order, error)
        except Permanent as error:
            await self._definite_no(order, error)
        except Indeterminate as error:
            await self._unclear(order, error)
        else:
            await self._placed(order, call_id, requested_at)

    async def _placed(self, order: _Order, call_id: str, requested_at: datetime) -> None:
        async with self._database.connection() as tx:
            recorded = await dial.RECORD_PLACED.first(
                tx,
                leg_id=order.asked.leg_id,
                carrier_call_id=call_id,
                requested_at=requested_at,
                lease_until=requested_at + self._patience.call,
            )
        log.info("attempt.requested", leg=order.asked.kind)
        if recorded is None:
            # The answer took so long that the attempt had been given up: the call exists, so it is adopted.
            await self._calls.heard(
                order.claimed.attempt_id, order.asked.leg_id, LegReport(requested_at, carrier_call_id=call_id)
            )

    async def _definite_no(self, order: _Order, error: Transient | Permanent) -> None:
        """Nothing happened at the carrier: the leg is over, and what follows depends on whose leg it was."""
        log.warning("carrier.refused", code=error.code, provider_code=error.provider_code, leg=order.asked.kind)
        now, claimed = self._clock.now(), order.claimed
        async with self._database.transaction() as tx:
            call = await calls.load(tx, claimed.attempt_id)
            report = LegReport(now, LegState.ENDED, LegEnd.FAILED, carrier_code=error.provider_code)
            await call.apply(tx, order.asked.leg_id, report)
            agents_fault = order.asked.kind is LegKind.AGENT and isinstance(error, Permanent)
            await agents.move_engaged(
                tx,
                claimed.agent_id,
                claimed.attempt_id,
                Missed(self._patience.missed_offer_rest) if agents_fault else Released(),
                now,
            )
            if isinstance(error, Transient):
                if error.provider_code == "20429" or "429" in str(error)[:4]:
                    await dial.HOLD_SLOTS.run(tx, carrier=self._slots.carrier, until=now + error.retry_after)
                await calls.put_back(tx, call.row, now + error.retry_after, str(error.code))
            elif agents_fault:
                await calls.put_back(tx, call.row, now, "the agent's number was refused", claimed.agent_id)
            else:
                await calls.conclude_unplaced(tx, call, error, now)
            await events.wake(tx)

    async def _unclear(self, order: _Order, error: PortError) -> None:
        """It may be ringing: unknown, until the carrier or a callback tells."""
        log.warning("carrier.unclear", code=error.code, provider_code=error.provider_code)
        now = self._clock.now()
        async with self._database.connection() as tx:
            await call_rows.MARK_UNKNOWN.first(
                tx,
                attempt_id=order.claimed.attempt_id,
                now=now,
                lease_until=now,
                note=str(error.code),
                sources=list(sources(LostTrack)),
            )

    async def _put_back(self, claimed: ClaimedRow, due_at: datetime, why: str) -> None:
        now = self._clock.now()
        async with self._database.transaction() as tx:
            row = await call_rows.LOCK_CALL.one(tx, attempt_id=claimed.attempt_id)
            await agents.move_engaged(tx, claimed.agent_id, claimed.attempt_id, Released(), now)
            await calls.put_back(tx, row, due_at, why)
