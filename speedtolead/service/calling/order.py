"""What the carrier is asked for, leg by leg: who is rung, from which number, and what the call does once answered.

Owns: the reading of mode, campaign and lead into the carrier's instruction for a leg. Must not know: when it is
asked, and what the answer means. Everything here is decided before the carrier is asked, and fails in no way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.domain.call import DialMode, LegKind
from speedtolead.domain.campaign import Campaign
from speedtolead.domain.carrier import CarrierName
from speedtolead.ports import Announce, CallOrder, ConnectAgent, Instruction, OfferLead
from speedtolead.ports.conference import Alone, JoinConference
from speedtolead.ports.line import line_conference
from speedtolead.service.calling.carriers import Numbered
from speedtolead.service.calling.under_way import needs_key
from speedtolead.service.calling.whisper import LeadWords, whisper
from speedtolead.store.dial import LegToPlace


@dataclass(frozen=True, slots=True)
class LegOrder:
    """A leg that is committed and has to be asked for, once, before ``until``."""

    order: CallOrder
    kind: LegKind
    lead_id: UUID
    agent_id: UUID | None
    until: datetime
    carrier: CarrierName
    others: Numbered | None = None
    """By which numbers another carrier account could make the call, should this one refuse it for now."""
    into: str | None = None
    """The conference that the call is dialled into; None: it does what its instruction says."""
    spends_slot: bool = False
    """Whether the place in the carrier's rate is taken as it is asked for; else it was with the commit."""


@dataclass(frozen=True, slots=True)
class Attempted:
    """What the legs of one attempt have in common."""

    attempt_id: UUID
    lead_id: UUID
    mode: DialMode
    campaign: Campaign
    lead: LeadWords
    caller_id: str
    announces: bool
    """Whether the lead is told first that the call may be recorded."""
    until: datetime
    carrier: CarrierName
    others: Numbered | None = None
    line_id: UUID | None = None
    """``hot``: the agent's line."""

    def asked(self, legs: tuple[LegToPlace, ...]) -> tuple[LegOrder, ...]:
        """Of the first legs those that we ask for; in ``lead_first`` the carrier rings the agent itself."""
        rung = legs if self.mode in {DialMode.BOTH, DialMode.AGENT_FIRST} else legs[:1]
        return tuple(self._order(leg, legs) for leg in rung)

    def for_agent(self, leg: LegToPlace, *, spends_slot: bool) -> LegOrder:
        """Another agent, for an attempt whose agent did not take it."""
        return self._order(leg, (leg,), spends_slot)

    def _order(self, leg: LegToPlace, legs: tuple[LegToPlace, ...], spends_slot: bool = False) -> LegOrder:
        of_lead = leg.kind is LegKind.LEAD
        order = CallOrder(
            attempt_id=self.attempt_id,
            leg_id=leg.leg_id,
            address=leg.address,
            caller_id=self.caller_id,
            ring_timeout=self.campaign.dial.ring_timeout,
            instruction=self._for_lead(leg, legs) if of_lead else self._for_agent(leg),
            detect_machine=of_lead and self.campaign.machine.detect,
            detection=self.campaign.machine.detection,
            reason=self.campaign.call_reason if of_lead else None,
        )
        into = None
        if of_lead and self.line_id is not None and not self.announces:
            into = line_conference(self.line_id)
        return LegOrder(
            order, leg.kind, self.lead_id, leg.agent_id, self.until, self.carrier, self.others, into, spends_slot
        )

    def _for_lead(self, leg: LegToPlace, legs: tuple[LegToPlace, ...]) -> Instruction:
        if self.announces:
            return Announce(self.attempt_id, leg.leg_id, self.campaign.recording.words)
        if self.mode is DialMode.BOTH:
            return lead_joins(self.attempt_id, leg.leg_id)
        if self.line_id is not None:
            return lead_joins_line(self.attempt_id, leg.leg_id, line_conference(self.line_id))
        agent = next(other for other in legs if other.kind is LegKind.AGENT)
        return ConnectAgent(
            self.attempt_id,
            agent.leg_id,
            agent.address,
            self.caller_id,
            self.campaign.dial.ring_timeout,
            needs_key(agent.address),
        )

    def _for_agent(self, leg: LegToPlace) -> Instruction:
        key = needs_key(leg.address)
        if self.mode is DialMode.BOTH and not key:
            return agent_joins(self.attempt_id, leg.leg_id)
        words = whisper(self.campaign.whisper, self.lead, self.campaign.name, self.campaign.seller)
        return OfferLead(self.attempt_id, leg.leg_id, words, key)


def lead_joins(attempt_id: UUID, leg_id: UUID) -> JoinConference:
    """``both``: the lead, who is greeted until the agent is there."""
    return JoinConference(attempt_id, leg_id, conference_of(attempt_id), Alone.GREETING, ends_it=True)


def lead_joins_line(attempt_id: UUID, leg_id: UUID, conference: str) -> JoinConference:
    """``hot``: the lead, after an announcement; the agent is there."""
    return JoinConference(attempt_id, leg_id, conference, Alone.RINGING, ends_it=True)


def agent_joins(attempt_id: UUID, leg_id: UUID) -> JoinConference:
    """``both``: the agent, who hears ringing until the lead answers."""
    return JoinConference(attempt_id, leg_id, conference_of(attempt_id), Alone.RINGING, ends_it=True)


def conference_of(attempt_id: UUID) -> str:
    return str(attempt_id)
