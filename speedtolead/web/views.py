"""Rows as the API shows them: ISO 8601 UTC with Z, money as decimal strings, E.164 numbers.

Owns: the shape of every answer, as pydantic models, from which ``/openapi.json`` is made as well.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, PlainSerializer

from speedtolead.domain.metrics import Hops
from speedtolead.service.reports import Speed, rate, shares
from speedtolead.service.times import iso
from speedtolead.store.agents import AgentRow
from speedtolead.store.leads import AttemptRow, LeadLine, LeadStory, SuppressionRow
from speedtolead.store.returns import ClaimRow
from speedtolead.store.stats import ContactRow

Instant = Annotated[datetime, PlainSerializer(lambda at: iso(at.astimezone(UTC)), return_type=str)]
Money = Annotated[Decimal, PlainSerializer(lambda amount: format(amount.normalize(), "f"), return_type=str)]


class FieldError(BaseModel):
    field: str
    code: str
    message: str


class ProblemView(BaseModel):
    """An error (RFC 9457). ``code`` is stable."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldError] = []
    lead_id: UUID | None = None


class Links(BaseModel):
    self: str


class AcceptedView(BaseModel):
    lead_id: UUID
    status: str
    next_attempt_at: Instant | None
    links: Links


class ConsentView(BaseModel):
    channels: list[str]
    text: str | None
    seller: str | None
    captured_at: Instant | None
    url: str | None
    ip: str | None
    user_agent: str | None
    trustedform_cert_url: str | None
    leadid_token: str | None


class LegView(BaseModel):
    kind: str
    state: str
    agent: str | None
    carrier_call_id: str | None
    placed_at: Instant
    ringing_at: Instant | None
    live_at: Instant | None
    accepted_at: Instant | None
    ended_at: Instant | None
    ended_as: str | None
    answered_by: str | None
    carrier_code: str | None


class RuleView(BaseModel):
    name: str
    verdict: str
    reason: str
    inputs: dict[str, Any]
    citation: str | None
    not_before: str | None = None


class DecisionView(BaseModel):
    decided_at: Instant
    verdict: str
    not_before: Instant | None
    rule_set: str
    rules: list[RuleView]


class AttemptView(BaseModel):
    attempt_id: UUID
    number: int
    channel: str
    state: str
    due_at: Instant
    mode: str | None
    agent: str | None
    caller_id: str | None
    tries: int
    claimed_at: Instant | None
    permitted_at: Instant | None
    requested_at: Instant | None
    ringing_at: Instant | None
    answered_at: Instant | None
    bridged_at: Instant | None
    ended_at: Instant | None
    contact: bool
    talk_seconds: float | None
    note: str | None
    legs: list[LegView]
    decisions: list[DecisionView]


class HopsView(BaseModel):
    """Milliseconds since the lead was received, for the attempt that got furthest; null: not (yet)."""

    received: float | None
    committed: float | None
    claimed: float | None
    permitted: float | None
    requested: float | None
    ringing: float | None
    answered: float | None
    bridged: float | None


class ScorePartView(BaseModel):
    name: str
    points: int
    words: str
    inputs: dict[str, Any]


class FindingView(BaseModel):
    """One check at intake: what it looked at, and what follows."""

    check: str
    verdict: str
    field: str
    reason: str = ""
    words: str = ""
    points: int = 0
    inputs: dict[str, Any] = {}


class OutcomeView(BaseModel):
    """``not_claimed``: why a return led to no claim."""

    outcome_id: UUID
    kind: str
    value: Money | None
    reason: str | None
    note: str | None
    occurred_at: Instant
    reported_at: Instant
    reported_by: str
    not_claimed: str | None


class ReturnView(BaseModel):
    """A claim for a bad lead. ``suspected``: by what the carrier said only; from ``deadline`` on it is too late."""

    return_id: UUID
    lead_id: UUID
    external_id: str | None
    source: str
    received_at: Instant
    phone: str | None
    state: str
    reason: str
    suspected: bool
    evidence: list[dict[str, Any]]
    amount: Money | None
    note: str | None
    prepared_at: Instant
    deadline: Instant
    sent_at: Instant | None
    decided_at: Instant | None


class LeadView(BaseModel):
    lead_id: UUID
    status: str
    refusal: str | None
    source: str
    campaign: str
    received_at: Instant
    next_attempt_at: Instant | None
    phone: str | None
    email: str | None
    first_name: str | None
    last_name: str | None
    address: str | None
    city: str | None
    state: str | None
    postal_code: str | None
    country: str
    external_id: str | None
    submitted_at: Instant | None
    cost: Money | None
    attributes: dict[str, Any]
    test: bool
    candidates: list[dict[str, Any]]
    consent: ConsentView | None
    raw_sha256: str
    via: str
    touches: int
    score: int | None
    score_parts: list[ScorePartView]
    findings: list[FindingView]
    hops: HopsView
    slowest_hop: str | None
    attempts: list[AttemptView]
    outcomes: list[OutcomeView]
    claim: ReturnView | None


class LeadLineView(BaseModel):
    lead_id: UUID
    status: str
    refusal: str | None
    source: str
    campaign: str
    received_at: Instant
    next_attempt_at: Instant | None
    phone: str | None
    first_name: str | None
    last_name: str | None
    state: str | None
    external_id: str | None
    speed_to_dial: float | None
    last_attempt: str | None


class LeadPage(BaseModel):
    leads: list[LeadLineView]
    next: str | None


class SuppressionView(BaseModel):
    id: UUID
    kind: str
    value: str
    scope: str
    reason: str
    origin: str
    created_at: Instant


class SuppressionPage(BaseModel):
    suppressions: list[SuppressionView]


class AgentView(BaseModel):
    name: str
    address: str
    presence: str
    groups: list[str]
    state: str
    state_since: Instant
    state_until: Instant | None
    state_reason: str | None


class AgentList(BaseModel):
    agents: list[AgentView]


class Rate(BaseModel):
    """A share with its denominator and 95 % Wilson interval."""

    value: float | None
    numerator: int
    denominator: int
    interval_95: list[float] | None


class SpeedView(BaseModel):
    """Seconds. ``counted`` of ``accepted`` leads got that far; percentiles and shares are over ``counted``."""

    group: str
    speed: str
    accepted: int
    counted: int
    p50: float | None
    p90: float | None
    p99: float | None
    within: dict[str, float | None]


class HopView(BaseModel):
    """Milliseconds between a hop and the one before it."""

    hop: str
    counted: int
    p50: float | None
    p90: float | None
    p99: float | None


class SpeedReport(BaseModel):
    since: Instant
    until: Instant
    speeds: list[SpeedView]
    hops: list[HopView]
    slowest_hop: str | None


class ContactView(BaseModel):
    group: str
    received: int
    accepted: int
    dialled: int
    contacted: int
    contact_rate: Rate
    contact_rate_of_dialled: Rate
    acceptance_rate: Rate
    abandonment_rate: Rate
    attempts_to_contact: float | None
    short_talk_only: int
    machine_unknown_only: int
    machine_only: int


class ContactReport(BaseModel):
    since: Instant
    until: Instant
    groups: list[ContactView]


def lead_view(story: LeadStory) -> LeadView:
    lead = story.lead
    hops = hops_of(story)
    shown = {
        name: getattr(lead, name)
        for name in LeadView.model_fields
        if hasattr(lead, name) and name not in {"state", "consent"}
    }
    return LeadView(
        **shown,
        status=lead.state,
        state=lead.region,
        next_attempt_at=min((a.due_at for a in story.attempts if a.state == "scheduled"), default=None),
        consent=_consent(story),
        hops=HopsView(**hops.milliseconds()),
        slowest_hop=hops.slowest(),
        attempts=[_attempt(story, attempt) for attempt in story.attempts],
        outcomes=[OutcomeView(**{n: getattr(row, n) for n in OutcomeView.model_fields}) for row in story.outcomes],
        claim=None if story.claim is None else return_view(story.claim),
    )


def return_view(row: ClaimRow) -> ReturnView:
    fields = {name: getattr(row, name) for name in ReturnView.model_fields if name != "return_id"}
    return ReturnView(return_id=row.claim_id, **fields)


def hops_of(story: LeadStory) -> Hops:
    """The hops of the attempt that got furthest; of several, the first."""
    lead = story.lead
    made = sorted(story.attempts, key=lambda a: (-_progress(a), a.number))
    if not made:
        return Hops(lead.received_at, lead.committed_at)
    best = made[0]
    known = [at for at in (lead.committed_at, best.claimed_at) if at is not None]
    return Hops(
        lead.received_at,
        min(known) if lead.committed_at else None,  # what was claimed had been committed
        best.claimed_at,
        best.permitted_at,
        best.requested_at,
        best.ringing_at,
        best.answered_at,
        best.bridged_at,
    )


def _progress(attempt: AttemptRow) -> int:
    times = (attempt.claimed_at, attempt.requested_at, attempt.ringing_at, attempt.answered_at, attempt.bridged_at)
    return sum(at is not None for at in times)


def _consent(story: LeadStory) -> ConsentView | None:
    kept = story.consent
    if kept is None:
        return None
    fields = {name: getattr(kept, name) for name in ConsentView.model_fields if name != "text"}
    return ConsentView(**fields, text=kept.wording)


def _attempt(story: LeadStory, attempt: AttemptRow) -> AttemptView:
    fields = {name: getattr(attempt, name) for name in AttemptView.model_fields if hasattr(attempt, name)}
    return AttemptView(
        **fields,
        legs=[
            LegView(**{name: getattr(leg, name) for name in LegView.model_fields})
            for leg in story.legs
            if leg.attempt_id == attempt.attempt_id
        ],
        decisions=[
            DecisionView(
                decided_at=permit.decided_at,
                verdict=permit.decision,
                not_before=permit.not_before,
                rule_set=permit.rule_set,
                rules=[RuleView(**rule) for rule in permit.rules],
            )
            for permit in story.permits
            if permit.attempt_id == attempt.attempt_id
        ],
    )


def lead_line(row: LeadLine) -> LeadLineView:
    return LeadLineView(
        lead_id=row.lead_id,
        status=row.state,
        refusal=row.refusal,
        source=row.source,
        campaign=row.campaign,
        received_at=row.received_at,
        next_attempt_at=row.next_attempt_at,
        phone=row.phone,
        first_name=row.first_name,
        last_name=row.last_name,
        state=row.region,
        external_id=row.external_id,
        speed_to_dial=row.speed_to_dial,
        last_attempt=row.attempt_state,
    )


def suppression_view(row: SuppressionRow) -> SuppressionView:
    return SuppressionView(
        id=row.suppression_id,
        kind=row.kind,
        value=row.value,
        scope=row.campaign or "account",
        reason=row.reason,
        origin=row.origin,
        created_at=row.created_at,
    )


def agent_view(row: AgentRow) -> AgentView:
    return AgentView(**{name: getattr(row, name) for name in AgentView.model_fields})


def speed_report(since: datetime, until: datetime, speed: Speed) -> SpeedReport:
    return SpeedReport(
        since=since,
        until=until,
        speeds=[
            SpeedView(
                group=row.grouped,
                speed=row.speed,
                accepted=row.accepted,
                counted=row.counted,
                p50=row.p50,
                p90=row.p90,
                p99=row.p99,
                within=shares(row),
            )
            for row in speed.rows
        ],
        hops=[HopView(**{name: getattr(hop, name) for name in HopView.model_fields}) for hop in speed.hops],
        slowest_hop=speed.slowest_hop,
    )


def contact_report(since: datetime, until: datetime, rows: list[ContactRow]) -> ContactReport:
    return ContactReport(since=since, until=until, groups=[_contact(row) for row in rows])


def _contact(row: ContactRow) -> ContactView:
    counts = {name: getattr(row, name) for name in ContactView.model_fields if hasattr(row, name)}
    return ContactView(
        **counts,
        group=row.grouped,
        contact_rate=Rate(**rate(row.contacted, row.accepted)),
        contact_rate_of_dialled=Rate(**rate(row.contacted, row.dialled)),
        acceptance_rate=Rate(**rate(row.accepted, row.received)),
        abandonment_rate=Rate(**rate(row.abandoned, row.live_answers)),
    )
