"""Rows of the dial path: due attempts, the commit to dialing, what the carrier answered.

Owns: the statements of ``sql/queries/dial.sql``. Must not know: who gets which lead, and what is lawful.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from speedtolead.domain.call import DialMode, LegKind
from speedtolead.domain.caller_id import Choice, Number
from speedtolead.domain.campaign import Campaign, Dial
from speedtolead.domain.carrier import CarrierName
from speedtolead.domain.permit import Facts, Permit
from speedtolead.domain.routing import DueAttempt, Needs, Routing, best_first, needs_of
from speedtolead.store.calls import rules_json
from speedtolead.store.facts import facts_of
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection, Id, Nothing, Query
from speedtolead.store.routing_json import agents_of
from speedtolead.store.settings_json import Json, campaign_of, candidates_from_json

AGENTS_PER_CAMPAIGN = 32
"""Of each campaign, one look sees at most so many free agents; the number stands in ``dial_candidates`` too."""


@dataclass(frozen=True, slots=True)
class OnLine:
    """An agent's open line, and the carrier account that has it: leads must be dialled by the same."""

    line_id: UUID
    carrier: CarrierName


@dataclass(frozen=True, slots=True)
class DueRow:
    """A due attempt, its campaign's free agents, and what the permit and the whisper need."""

    attempt_id: UUID
    account_id: UUID
    lead_id: UUID
    campaign_id: UUID
    campaign_version: int
    lead_received_at: datetime
    rank_at: datetime
    due_at: datetime
    passed_by: list[UUID]
    refused_by: str | None
    audience: str
    agents: list[UUID]
    addresses: list[str]
    """Of the same agents; of one who is on a line, that line (``line_of``)."""
    traits: str | None
    """Of the same agents; None where the campaign's routing asks for none."""
    owner_id: UUID | None
    phone: str
    email: str | None
    candidates: list[Json]
    known: Json
    numbers: list[str]
    """The account's that do not rest: whose each is, how many calls showed it today, and whether it is on trial."""
    number_carriers: list[str]
    number_calls: list[int]
    number_trials: list[bool]
    saw: str | None
    """Our number that last rang at the person's."""
    first_name: str | None
    last_name: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    attributes: Json
    source_name: str
    arms: Json | None
    """Of each experiment that the lead is in."""

    def needs(self, routing: Routing) -> Needs:
        states = [candidate["state"] for candidate in self.candidates]
        return needs_of(routing, self.region, states, self.attributes, self.owner_id)

    def due(self, dial: Dial, now: datetime, engaged: Container[UUID] = ()) -> DueAttempt:
        """As routing sees it; ``engaged``: agents who are known to be free no more."""
        free = self._best_first(dial, now)
        if dial.mode is DialMode.HOT:
            free = sorted(free, key=lambda agent: self.line_of(agent) is None)
        agents = tuple(agent for agent in free if agent not in engaged)
        passed = frozenset(self.passed_by)
        return DueAttempt(self.attempt_id, self.rank_at, self.lead_received_at, agents, passed, dial.routing.rings)

    def _best_first(self, dial: Dial, now: datetime) -> list[UUID]:
        if self.traits is None:
            return sorted(self.agents, key=lambda agent: agent != self.owner_id)
        routing, waited = dial.routing, now - self.due_at
        free = agents_of(self.traits, dial.agents, routing.fallback)
        found = best_first(routing, free, self.attempt_id, self.needs(routing), self.owner_id, waited)
        return sorted((agent.agent_id for agent in found), key=lambda agent: agent != self.owner_id)

    @property
    def person(self) -> frozenset[str]:
        """By what the person is known, in this account."""
        return frozenset(f"{self.account_id} {key}" for key in (self.phone, self.email) if key is not None)

    def line_of(self, agent_id: UUID) -> OnLine | None:
        """The open line on which an agent is reached; None for one who is rung."""
        kind, _, rest = self.address_of(agent_id).partition(":")
        if kind != "line":
            return None
        carrier, _, line_id = rest.partition(":")
        return OnLine(UUID(line_id), CarrierName(carrier))

    def numbered_by(self, carrier: CarrierName) -> DueRow:
        """With the numbers of one carrier account only."""
        kept = [n for n, owner in enumerate(self.number_carriers) if owner == carrier]
        return replace(
            self,
            numbers=[self.numbers[n] for n in kept],
            number_carriers=[self.number_carriers[n] for n in kept],
            number_calls=[self.number_calls[n] for n in kept],
            number_trials=[self.number_trials[n] for n in kept],
        )

    def address_of(self, agent_id: UUID) -> str:
        return self.addresses[self.agents.index(agent_id)]

    @property
    def day(self) -> list[Number]:
        """The numbers that may be shown, as they stand today."""
        return numbers_of(self.numbers, self.number_carriers, self.number_calls, self.number_trials)

    def facts(self, fictional_exempt: bool) -> Facts:
        candidates = candidates_from_json(self.candidates)
        return facts_of(self.known, self.phone, candidates, self.lead_received_at, fictional_exempt)


def numbers_of(phones: list[str], carriers: list[str], calls: list[int], trials: list[bool]) -> list[Number]:
    told = zip(phones, calls, trials, map(CarrierName, carriers), strict=True)
    return [Number(*one) for one in told]


@dataclass(frozen=True, slots=True)
class DueAt:
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClaimedRow:
    """An attempt that is held under a lease while its refusal is recorded."""

    attempt_id: UUID
    account_id: UUID
    lead_id: UUID
    campaign_id: UUID
    lease: UUID


@dataclass(frozen=True, slots=True)
class LegToPlace:
    """A leg about to be made."""

    leg_id: UUID
    kind: LegKind
    address: str
    agent_id: UUID | None


@dataclass(frozen=True, slots=True)
class PermittedCall:
    """What is written of a call before the carrier hears of it."""

    attempt_id: UUID
    agent_id: UUID
    account_id: UUID
    phone: str
    email: str | None
    version: int
    """How often the person was contacted or suppressed when the permit was decided."""
    mode: DialMode
    caller: Choice
    day_ends: datetime
    """When the day ends in whose count the caller ID stands, if no count of it is open."""
    permitted_wait: float
    permit: Permit
    legs: tuple[LegToPlace, ...]
    requests: int
    """How many calls the carrier is asked for."""
    line_id: UUID | None = None
    """The agent's line that the lead is dialled into."""

    @property
    def carrier(self) -> CarrierName:
        """The account that is asked."""
        return self.caller.carrier


@dataclass(frozen=True, slots=True)
class DialledRow:
    """An attempt that was committed to dialing, with those of its legs that are to be asked for."""

    id: UUID
    legs: list[UUID]


@dataclass(frozen=True, slots=True)
class PlacedCall:
    """A call that the carrier took."""

    attempt_id: UUID
    leg_id: UUID
    carrier_call_id: str
    requested_at: datetime
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class CampaignSettings:
    settings: Json
    version: int


@dataclass(frozen=True)
class SlotPolicy:
    """Calls per second as a spacing and a burst: never more than ``per_second`` in any one second, over all nodes.

    From ten a second on, a tenth of the rate may go out at once and the spacing makes up for it; below that, the
    calls are simply spaced (a generic cell rate, ITU-T I.371).
    """

    carrier: str
    per_second: float

    @property
    def _burst_calls(self) -> float:
        return self.per_second / 10 if self.per_second >= 10 else 0.0

    @cached_property
    def spacing(self) -> timedelta:
        return timedelta(seconds=1 / (self.per_second - self._burst_calls))

    @cached_property
    def burst(self) -> timedelta:
        return self.spacing * self._burst_calls


PROMOTE_DUE = Query("promote_due", Nothing)
DIAL_CANDIDATES = Query("dial_candidates", DueRow)
GIVE_TURN = Query("give_turn", Id)
SET_AUDIENCES = Query("set_audiences", Nothing)
FORGET_AUDIENCES = Query("forget_audiences", Nothing)
FORGET_AUDIENCE_OF_LEAD = Query("forget_audience_of_lead", Nothing)
NEXT_DUE = Query("next_due", DueAt)
DIAL_ATTEMPTS = Query("dial_attempts", DialledRow)
CLAIM_ATTEMPTS = Query("claim_attempts", ClaimedRow)
CAMPAIGN_SETTINGS = Query("campaign_settings", CampaignSettings)
RECORD_PLACED = Query("record_placed", Id)
SPEND_SLOT = Query("spend_slot", Nothing)

_campaigns: dict[tuple[UUID, int], Campaign] = {}


async def campaign(tx: Connection, account_id: UUID, campaign_id: UUID, version: int) -> Campaign:
    """The campaign, read once per version and process."""
    known = _campaigns.get((campaign_id, version))
    if known is None:
        row = await CAMPAIGN_SETTINGS.one(tx, account_id=account_id, campaign_id=campaign_id)
        known = campaign_of(campaign_id, row.version, row.settings)
        _campaigns[campaign_id, row.version] = known
    return known


async def dial_candidates(tx: Connection, now: datetime) -> list[DueRow]:
    """The due attempts of the latest rank, as many per campaign as it has free agents.

    Whatever is due, however it became so, is found by asking: nobody has to be told. What became due since the
    last look is made ready first, so many at a time; ``next_due`` says when there are more.
    """
    await PROMOTE_DUE.run(tx, now=now)
    return await DIAL_CANDIDATES.all(tx, now=now)


async def dial_attempts(
    tx: Connection,
    calls: list[PermittedCall],
    policies: Sequence[SlotPolicy],
    claimed_at: datetime,
    now: datetime,
    lease_until: datetime,
) -> dict[UUID, set[UUID]]:
    """Commit to dialing what is still free of these calls, as far as each carrier has slots: attempts with legs."""
    legs = [(call.attempt_id, leg) for call in calls for leg in call.legs]
    taken = await DIAL_ATTEMPTS.all(
        tx,
        attempt_ids=[call.attempt_id for call in calls],
        agent_ids=[call.agent_id for call in calls],
        leases=[new_id() for _ in calls],
        permit_ids=[new_id() for _ in calls],
        modes=[call.mode for call in calls],
        caller_ids=[call.caller.phone for call in calls],
        caller_limits=[call.caller.limit for call in calls],
        day_ends=[call.day_ends for call in calls],
        permitted_waits=[call.permitted_wait for call in calls],
        phones=[call.phone for call in calls],
        emails=[call.email for call in calls],
        account_ids=[call.account_id for call in calls],
        versions=[call.version for call in calls],
        requests=[call.requests for call in calls],
        line_ids=[call.line_id for call in calls],
        rule_set=calls[0].permit.rule_set,
        rules=[rules_json(call.permit) for call in calls],
        leg_ids=[leg.leg_id for _, leg in legs],
        leg_attempts=[attempt_id for attempt_id, _ in legs],
        leg_kinds=[leg.kind for _, leg in legs],
        addresses=[leg.address for _, leg in legs],
        leg_agents=[leg.agent_id for _, leg in legs],
        carriers=[call.caller.carrier for call in calls],
        slot_carriers=[policy.carrier for policy in policies],
        bursts=[policy.burst for policy in policies],
        spacings=[policy.spacing for policy in policies],
        claimed_at=claimed_at,
        now=now,
        lease_until=lease_until,
    )
    return {row.id: set(row.legs) for row in taken}


async def record_placed(tx: Connection, calls: Sequence[PlacedCall]) -> set[UUID]:
    """Record what the carrier took; the attempts that were still waiting for it."""
    rows = await RECORD_PLACED.all(
        tx,
        attempt_ids=[call.attempt_id for call in calls],
        leg_ids=[call.leg_id for call in calls],
        carrier_call_ids=[call.carrier_call_id for call in calls],
        requested_ats=[call.requested_at for call in calls],
        lease_untils=[call.lease_until for call in calls],
    )
    return {row.id for row in rows}


async def claim(tx: Connection, attempt_ids: list[UUID], now: datetime, lease_until: datetime) -> list[ClaimedRow]:
    """Hold attempts that may not be made now, so that their refusal is recorded once."""
    leases = [new_id() for _ in attempt_ids]
    return await CLAIM_ATTEMPTS.all(tx, attempt_ids=attempt_ids, leases=leases, now=now, lease_until=lease_until)
