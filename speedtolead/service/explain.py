"""One lead's story in words: what happened, and why it was or was not called.

Owns: the sentences. The facts are those that were stored when they happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from speedtolead.domain.hours import zone_info
from speedtolead.domain.phone import masked
from speedtolead.store.leads import AttemptRow, LeadStory, LegLine, PermitRow

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
    numbers = {attempt.attempt_id: attempt.number for attempt in story.attempts}
    for permit in story.permits:
        yield _permit(permit, numbers[permit.attempt_id], story.lead.timezone)
    for leg in story.legs:
        yield from _leg(leg)


def _attempt(attempt: AttemptRow) -> Iterator[tuple[datetime, str]]:
    name = f"Attempt {attempt.number}"
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
    if attempt.ended_at:
        yield attempt.ended_at, f"{name} ended: {_result(attempt)}."


def _result(attempt: AttemptRow) -> str:
    if attempt.contact:
        return f"contact, {attempt.talk_seconds or 0:.0f} s of talk"
    if attempt.state == "connected":
        return f"a talk of {attempt.talk_seconds or 0:.0f} s, which does not count as contact"
    return attempt.state.replace("_", " ") + (f" ({attempt.note})" if attempt.note else "")


def _permit(permit: PermitRow, number: int, zone: str) -> tuple[datetime, str]:
    if permit.decision == "allowed":
        return permit.decided_at, f"Attempt {number} was permitted (rule set {permit.rule_set})."
    why = " ".join(rule["reason"] for rule in permit.rules if rule["verdict"] in {"refused", "not_before"})
    told = f"Attempt {number} was not permitted: {why}"
    if permit.not_before is not None:
        told += f" Next lawful time: {permit.not_before.astimezone(zone_info(zone)):%A %d %B %H:%M %Z}."
    return permit.decided_at, f"{told} (rule set {permit.rule_set})"


def _leg(leg: LegLine) -> Iterator[tuple[datetime, str]]:
    who = f"{leg.agent}'s phone" if leg.kind == "agent" else "The lead's phone"
    if leg.ringing_at:
        yield leg.ringing_at, f"{who} rang."
    if leg.accepted_at:
        yield leg.accepted_at, f"{leg.agent} took the lead."
    if leg.live_at:
        yield leg.live_at, f"{who} was answered" + (f" by {leg.answered_by}." if leg.answered_by else ".")
    if leg.ended_at:
        code = f" (code {leg.carrier_code})" if leg.carrier_code else ""
        yield leg.ended_at, f"{who} {_ENDED[leg.ended_as or 'completed']}{code}."
