"""A lead as the API and the pages show it: its attempts, hops, decisions, findings and outcomes.

Owns: the shape, and which attempt's hops stand for the lead. Made of rows; asks nothing.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import BaseModel

from speedtolead.domain.metrics import Hops
from speedtolead.service.lawful.explain import why
from speedtolead.store.leads import AttemptRow, LeadLine, LeadStory
from speedtolead.web.views import FindingView, Instant, Money, OutcomeView, ReturnView, ScorePartView, return_view


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
    part: str | None
    carrier: str
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
    """``words``: the decision in a sentence or two, with the place that closed it and the next lawful time."""

    decided_at: Instant
    verdict: str
    not_before: Instant | None
    rule_set: str
    rules: list[RuleView]
    words: str


class RecordingView(BaseModel):
    """``state``: asked, running, kept (it can be played), absent or refused. A source's key is told of none."""

    recording_id: UUID
    state: str
    started_at: Instant | None
    seconds: int | None
    announcement: dict[str, Any]
    """Whether the lead had to be told first, why, and the rule set that says so."""
    announced_at: Instant | None


class VoicemailView(BaseModel):
    """A message that was begun, and if ``left_at``, said to its end. A source's key is told of none.

    ``sha256``: of the file that was played instead of the words; ``digest``: of all that was heard.
    """

    opening: str
    words: str
    closing: str
    sha256: str | None
    digest: str
    begun_at: Instant
    left_at: Instant | None


class AttemptView(BaseModel):
    attempt_id: UUID
    number: int
    """Counted in each direction by itself."""
    direction: str
    """``outbound``, or ``inbound``: the person called."""
    gives_back: bool
    """It gives a missed call back."""
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
    announced_at: Instant | None
    notice_at: Instant | None
    label_asked: str | None
    labelled_as: str | None
    voicemail_left_at: Instant | None
    timed_by: str | None
    """``learned``: its hour was chosen by when people answered; ``holdout``: the planned one was kept."""
    legs: list[LegView]
    decisions: list[DecisionView]
    recordings: list[RecordingView]
    voicemails: list[VoicemailView]


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


class MessageView(BaseModel):
    """``direction``: ``out`` or ``in``. ``state`` of one that came in is what it was read as."""

    message_id: UUID
    direction: str
    channel: str
    at: Instant
    sender: str
    receiver: str
    subject: str | None
    body: str
    encoding: str | None
    segments: int | None
    state: str
    provider_code: str | None
    media: list[str]


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
    owner: str | None
    """The agent to whom it was given, or who talked with the person last."""
    arms: dict[str, str] | None
    """Of each experiment that the lead is in, its arm; not told to a source."""
    score: int | None
    score_parts: list[ScorePartView]
    findings: list[FindingView]
    hops: HopsView
    slowest_hop: str | None
    attempts: list[AttemptView]
    outcomes: list[OutcomeView]
    claim: ReturnView | None
    messages: list[MessageView]
    """Texts and mails, ours and theirs; not told to a source."""


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
        messages=[MessageView(**{n: getattr(row, n) for n in MessageView.model_fields}) for row in story.thread],
        claim=None if story.claim is None else return_view(story.claim),
    )


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
                words=why(permit, attempt, story.lead),
            )
            for permit in story.permits
            if permit.attempt_id == attempt.attempt_id
        ],
        recordings=[
            RecordingView(**{name: getattr(recording, name) for name in RecordingView.model_fields})
            for recording in story.recordings
            if recording.attempt_id == attempt.attempt_id
        ],
        voicemails=[
            VoicemailView(**{name: getattr(voicemail, name) for name in VoicemailView.model_fields})
            for voicemail in story.voicemails
            if voicemail.attempt_id == attempt.attempt_id
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
