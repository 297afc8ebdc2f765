"""Legs: single carrier calls, and what two of them add up to.

Owns: the leg's states and their order, and the reading of a set of legs as the attempt's fate.
Must not know: a carrier's status words (an adapter translates), rows, or callbacks' transport.

A leg's state only ever rises (``placing → ringing → live → ended``): reports that come late, twice or reversed
change nothing. ``start of conference`` or of any other container is never read as an answer: only the report of
the lead's own leg is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from speedtolead.domain.attempt import Result


class LegState(StrEnum):
    PLACING = "placing"
    RINGING = "ringing"
    LIVE = "live"
    ENDED = "ended"


RANK = {LegState.PLACING: 0, LegState.RINGING: 1, LegState.LIVE: 2, LegState.ENDED: 3}


class LegKind(StrEnum):
    AGENT = "agent"
    LEAD = "lead"
    THIRD = "third"
    """Somebody outside, whom the campaign names: the target of a transfer, or a third party."""
    SUPERVISOR = "supervisor"


class LegEnd(StrEnum):
    """How a leg ended."""

    COMPLETED = "completed"
    """It was answered, and is over."""
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    CANCELLED = "cancelled"
    """Our side, or the other leg, ended it before an answer."""


class AnsweredBy(StrEnum):
    HUMAN = "human"
    MACHINE = "machine"
    UNKNOWN = "unknown"
    """Detection ran and could not tell: shown apart, never counted as contact."""


class DialMode(StrEnum):
    """The order in which the two phones ring."""

    AGENT_FIRST = "agent_first"
    LEAD_FIRST = "lead_first"
    BOTH = "both"
    """Both at once, into one conference."""
    HOT = "hot"
    """The agent's line is up already, in a conference; the lead is dialled into it."""


_LEAD_MAY_WAIT = frozenset({DialMode.LEAD_FIRST, DialMode.BOTH})
"""Modes in which a lead may answer before an agent has taken the call."""


def mode_of(wanted: DialMode, *, on_a_line: bool, held: bool) -> DialMode:
    """How an agent and a lead are called.

    An agent on a line of their own cannot be rung on another, so leads are dialled into it, whatever the campaign
    says; without one, ``hot`` rings the agent first. ``held``: the campaign may let no lead wait for an agent now.
    """
    if on_a_line:
        return DialMode.HOT
    if wanted is DialMode.HOT or (held and wanted in _LEAD_MAY_WAIT):
        return DialMode.AGENT_FIRST
    return wanted


@dataclass(frozen=True, slots=True)
class LegReport:
    """One piece of news about a leg, from a callback or from asking the carrier. All but ``at`` may be None."""

    at: datetime
    state: LegState | None = None
    end: LegEnd | None = None
    answered_by: AnsweredBy | None = None
    carrier_call_id: str | None = None
    carrier_code: str | None = None
    seconds: int | None = None
    """The carrier's own count of seconds between answer and end."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A leg as it is known. Times are when the news reached us; None is: not heard of."""

    kind: LegKind
    state: LegState
    placed_at: datetime
    carrier_call_id: str | None = None
    ringing_at: datetime | None = None
    live_at: datetime | None = None
    ended_at: datetime | None = None
    end: LegEnd | None = None
    answered_by: AnsweredBy | None = None
    carrier_code: str | None = None
    accepted_at: datetime | None = None
    """Agent legs: when the agent took the lead (pressed 1)."""
    seconds: int | None = None
    detected_at: datetime | None = None
    """When ``answered_by`` was first told."""


def advance(leg: Leg, report: LegReport) -> Leg:
    """The leg after a report. Lower or equal rank changes no state; a missing earlier time stays missing."""
    leg = replace(
        leg,
        carrier_call_id=leg.carrier_call_id or report.carrier_call_id,
        answered_by=leg.answered_by or report.answered_by,
        detected_at=_first_told(leg, report),
        carrier_code=report.carrier_code or leg.carrier_code,
        seconds=leg.seconds if report.seconds is None else report.seconds,
    )
    if report.state is None or RANK[report.state] <= RANK[leg.state]:
        return _late(leg, report)
    match report.state:
        case LegState.RINGING:
            return replace(leg, state=LegState.RINGING, ringing_at=report.at)
        case LegState.LIVE:
            return replace(leg, state=LegState.LIVE, live_at=report.at)
        case LegState.ENDED:
            return _ended(leg, report)
        case LegState.PLACING:
            return leg


def _first_told(leg: Leg, report: LegReport) -> datetime | None:
    if report.answered_by is None or leg.answered_by not in {None, report.answered_by}:
        return leg.detected_at
    return report.at if leg.detected_at is None else min(leg.detected_at, report.at)


def accepted(leg: Leg, at: datetime) -> Leg:
    """The agent's leg once the agent took the lead; a second acceptance changes nothing."""
    return leg if leg.accepted_at else replace(leg, accepted_at=at)


def _ended(leg: Leg, report: LegReport) -> Leg:
    """The leg at its end. One that was completed was answered: the carrier's count of seconds tells when."""
    end = report.end or LegEnd.COMPLETED
    live_at = leg.live_at
    if end is LegEnd.COMPLETED and live_at is None:
        live_at = max(report.at - timedelta(seconds=leg.seconds or 0), leg.ringing_at or leg.placed_at)
    return replace(leg, state=LegState.ENDED, ended_at=report.at, end=end, live_at=live_at)


def _late(leg: Leg, report: LegReport) -> Leg:
    """A report that came after a higher one fills in the time it tells of, and no state."""
    ceiling = leg.live_at or leg.ended_at
    at = min(report.at, ceiling) if ceiling else report.at
    if report.state is LegState.RINGING and leg.ringing_at is None:
        return replace(leg, ringing_at=at)
    if report.state is LegState.LIVE and leg.live_at is None and leg.end is LegEnd.COMPLETED:
        return replace(leg, live_at=at)
    return leg


@dataclass(frozen=True, slots=True)
class Fate:
    """What the legs add up to, as of now. ``offer_missed``: the agent did not take it and the lead never rang."""

    answered_at: datetime | None = None
    bridged_at: datetime | None = None
    ended_at: datetime | None = None
    result: Result | None = None
    offer_missed: bool = False

    @property
    def over(self) -> bool:
        return self.offer_missed or self.ended_at is not None


def fate(mode: DialMode, lead: Leg | None, agents: Sequence[Leg]) -> Fate:
    """Read the legs of one attempt. ``agents`` are the legs of all offers of this try, oldest first.

    Bridged: the lead's leg and one of an agent who took the call were live together. Where the agent waits on the
    line that is the lead's answer; in ``lead_first`` the agent's press of 1; in ``both`` the later of the two.
    """
    if lead is None:
        return Fate(offer_missed=bool(agents) and all(leg.state is LegState.ENDED for leg in agents))
    answered = lead.live_at
    bridges = [at for agent in agents if (at := _bridged_at(mode, lead, agent)) is not None]
    bridged = min(bridges, default=None)
    ended = lead.ended_at
    if ended is None:
        early = Result.MACHINE if lead.answered_by is AnsweredBy.MACHINE else None
        return Fate(answered, bridged, None, early)
    return Fate(answered, bridged, ended, _result(lead, bridged))


def _bridged_at(mode: DialMode, lead: Leg, agent: Leg) -> datetime | None:
    if lead.live_at is None or agent.accepted_at is None:
        return None
    # In lead_first only a lead who is on the line can be taken, whatever is told late.
    if agent.ended_at is not None and agent.ended_at < _answered_at(lead) and mode is not DialMode.LEAD_FIRST:
        return None
    bridged = max(lead.live_at, agent.accepted_at)
    return None if lead.ended_at is not None and bridged > lead.ended_at else bridged


def _answered_at(lead: Leg) -> datetime:
    """When the lead answered, as near as is known: an answer that was told late is put right by the call's end."""
    assert lead.live_at is not None
    if lead.ended_at is None or lead.seconds is None:
        return lead.live_at
    return min(lead.live_at, lead.ended_at - timedelta(seconds=lead.seconds))


def _result(lead: Leg, bridged: datetime | None) -> Result | None:
    """How an ended lead leg ended; None for a talk."""
    if lead.answered_by is AnsweredBy.MACHINE:
        return Result.MACHINE
    match lead.end:
        case LegEnd.BUSY:
            return Result.BUSY
        case LegEnd.NO_ANSWER:
            return Result.NO_ANSWER
        case LegEnd.FAILED:
            return Result.FAILED
        case LegEnd.CANCELLED:
            return Result.CANCELLED
        case LegEnd.COMPLETED | None:
            return None if bridged is not None else Result.ABANDONED


def is_contact(lead: Leg, bridged_at: datetime | None, minimum_talk: float) -> bool:
    """True for a verified two-way talk: a human, bridged with an agent for at least ``minimum_talk`` seconds."""
    if bridged_at is None or lead.ended_at is None or lead.answered_by is not AnsweredBy.HUMAN:
        return False
    return (lead.ended_at - bridged_at).total_seconds() >= minimum_talk
