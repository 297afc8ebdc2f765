"""One lead's story in words: what happened, and why it was or was not called.

Owns: the story's sentences; a decision's are the domain's. The facts are those that were stored when they happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from speedtolead.domain.permit.words import Told, decision_words, known_by
from speedtolead.domain.phone import masked
from speedtolead.domain.states import state_code
from speedtolead.store.leads import AttemptRow, LeadRow, LeadStory, LegLine, PermitRow

_ENDED = {
    "completed": "ended",
    "busy": "was busy",
    "no_answer": "was not answered",
    "failed": "failed",
    "cancelled": "was cancelled",
}


def explain(story: LeadStory) -> list[tuple[datetime, str]]:
    """Moments and sentences, in order. The phone is masked."""
    return sorted(_all(story), key=lambda line: line[0])


def _all(story: LeadStory) -> Iterator[tuple[datetime, str]]:
    lead = story.lead
    phone = masked(lead.phone) if lead.phone else "no usable phone"
    yield lead.received_at, f"Received from {lead.source} for campaign {lead.campaign} ({phone})."
    if lead.refusal:
        yield lead.received_at, f"Refused: {lead.refusal}."
    if lead.test:
        yield lead.received_at, "A test: it is called by nobody."
    for attempt in story.attempts:
        yield from _attempt(attempt)
    attempts = {attempt.attempt_id: attempt for attempt in story.attempts}
    for permit in story.permits:
        yield permit.decided_at, _permit(permit, attempts[permit.attempt_id], lead)
    for leg in story.legs:
        yield from _leg(leg)


def _attempt(attempt: AttemptRow) -> Iterator[tuple[datetime, str]]:
    name = f"Attempt {attempt.number}"
    if attempt.direction == "inbound":
        name = f"Call from the person {attempt.number}"
        yield attempt.due_at, f"{name} came in."
    if attempt.gives_back and attempt.state == "scheduled":
        yield attempt.due_at, f"{name} gives a missed call back."
    if attempt.state == "scheduled":
        yield attempt.due_at, f"{name} is due" + (f" ({attempt.note})." if attempt.note else ".")
    if attempt.claimed_at:
        yield attempt.claimed_at, f"{name} was claimed and an agent reserved."
    if attempt.bridged_at:
        yield attempt.bridged_at, f"{name}: bridged with {attempt.agent}."
    if attempt.announced_at:
        yield attempt.announced_at, f"{name}: the lead was told that the call may be recorded."
    if attempt.notice_at:
        yield attempt.notice_at, f"{name}: no agent was free; the lead was told who called, and how to stop it."
    if attempt.voicemail_left_at:
        yield attempt.voicemail_left_at, f"{name}: the message was left with the machine."
    if attempt.ended_at:
        yield attempt.ended_at, f"{name} ended: {_result(attempt)}."


def _result(attempt: AttemptRow) -> str:
    said = f"; whoever heard it says a {attempt.labelled_as} answered" if attempt.labelled_as else ""
    return _state(attempt) + said


def _state(attempt: AttemptRow) -> str:
    if attempt.contact:
        return f"contact, {attempt.talk_seconds or 0:.0f} s of talk"
    if attempt.state == "connected":
        return f"a talk of {attempt.talk_seconds or 0:.0f} s, which does not count as contact"
    return attempt.state.replace("_", " ") + (f" ({attempt.note})" if attempt.note else "")


def _permit(permit: PermitRow, attempt: AttemptRow, lead: LeadRow) -> str:
    if permit.decision == "allowed":
        return f"Attempt {attempt.number} was permitted (rule set {permit.rule_set})."
    words = why(permit, attempt, lead)
    return f"Attempt {attempt.number}: {words[:1].lower()}{words[1:]}"


def why(permit: PermitRow, attempt: AttemptRow, lead: LeadRow) -> str:
    """One decision in words, on the clock of the place that closed it."""
    told = Told(
        attempt.channel,
        permit.decision,
        permit.decided_at,
        permit.rule_set,
        permit.rules,
        permit.not_before,
        lead.timezone,
        origins(lead),
    )
    return decision_words(told)


def origins(lead: LeadRow) -> dict[str, str]:
    """What makes places candidates of this lead, by origin."""
    return known_by(lead.phone, lead.region and state_code(lead.region), lead.postal_code)


def _leg(leg: LegLine) -> Iterator[tuple[datetime, str]]:
    who = "The lead's phone" if leg.kind == "lead" else f"{leg.agent}'s phone"
    if leg.ringing_at:
        yield leg.ringing_at, f"{who} rang."
    if leg.accepted_at:
        came_later = leg.part is not None or leg.kind == "supervisor"
        yield leg.accepted_at, f"{leg.agent} {'came into the talk' if came_later else 'took the lead'}."
    if leg.live_at:
        yield leg.live_at, f"{who} was answered" + (f" by {leg.answered_by}." if leg.answered_by else ".")
    if leg.ended_at:
        code = f" (code {leg.carrier_code})" if leg.carrier_code else ""
        yield leg.ended_at, f"{who} {_ENDED[leg.ended_as or 'completed']}{code}."
