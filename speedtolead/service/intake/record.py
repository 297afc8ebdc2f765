"""A judged post as the rows that are kept of it, and as the answer that is given.

Must not know: which of the two ways, accepted or refused, a post goes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from speedtolead.domain.checks import Finding
from speedtolead.domain.experiment import assigned
from speedtolead.domain.permit import Certified, ConsentFacts
from speedtolead.domain.score import Score
from speedtolead.service.intake.judging import Judged
from speedtolead.service.intake.post import LeadPost
from speedtolead.service.intake.standing import Standing, upper
from speedtolead.store.dial import DueRow
from speedtolead.store.facts import consent_of_new
from speedtolead.store.findings import Packed
from speedtolead.store.intake import Accepted, NewLead, SourceRow
from speedtolead.store.settings_json import Json, candidates_to_json


@dataclass(frozen=True, slots=True)
class Lead:
    """One post on its way through the intake."""

    row: SourceRow
    post: LeadPost
    standing: Standing
    found: Judged
    received_at: datetime
    cost: Decimal | None
    ping_id: UUID | None
    """The promise that it uses."""


def new_lead(
    lead: Lead,
    lead_id: UUID,
    answer: dict[str, Any],
    event_data: dict[str, Any],
    findings: Packed,
    scored: Score | None,
) -> NewLead:
    row, post = lead.row, lead.post
    return NewLead(
        lead_id=lead_id,
        account_id=row.account_id,
        source_id=row.source_id,
        campaign_id=row.campaign_id,
        received_at=lead.received_at,
        phone=lead.standing.phone,
        email=post.email,
        first_name=post.first_name,
        last_name=post.last_name,
        address=post.address,
        city=post.city,
        region=upper(post.state),
        postal_code=post.postal_code,
        country=post.country,
        candidates=lead.standing.candidates + lead.standing.hints,
        attributes=post.attributes,
        cost=lead.cost,
        test=post.test,
        external_id=post.external_id,
        idempotency_key=post.idempotency_key,
        submitted_at=post.submitted_at,
        raw_type=post.raw_type,
        raw_body=post.raw_body,
        raw_sha256=hashlib.sha256(post.raw_body).digest(),
        answer=answer,
        consent=post.consent,
        event_data=event_data,
        score=None if scored is None else scored.value,
        score_parts=[] if scored is None else [_part(part) for part in scored.parts],
        findings=findings.values,
        finding_shape=findings.shape.digest,
        via=post.via,
        certificate=certified(lead),
        owner=post.owner,
        reassigned=reassigned(lead),
        marks=lead.found.marks,
        arms=assigned(row.campaign.experiments, row.account_id, lead_id),
    )


def consent_facts(lead: Lead) -> ConsentFacts:
    """The post's consent as the permit sees it."""
    return ConsentFacts.given(lead.post.consent, lead.received_at, certified(lead))


def certified(lead: Lead) -> Certified | None:
    """What the certificate's issuer said, as its checks found it; None: there is no certificate."""
    if not lead.post.consent.has_certificate:
        return None
    said = {f.check: f.inputs for f in lead.found.findings if f.check in ("certificate", "certificate_phone")}
    genuine = said.get("certificate", {}).get("genuine")
    matches = said.get("certificate_phone", {}).get("phone_matches")
    if genuine is False:
        return Certified.NOT_AUTHENTIC
    if matches is False:
        return Certified.OTHER_PHONE
    return Certified.VERIFIED if genuine and matches else Certified.UNCHECKED


def reassigned(lead: Lead) -> bool | None:
    """Whether the number changed hands since the consent, as its check found; None: not asked, or nobody knows."""
    said = {f.inputs["reassigned"] for f in lead.found.findings if f.check == "reassigned"}
    return "yes" in said if said else None


def _part(part: Any) -> Json:
    return {"name": part.name, "points": part.points, "words": part.words, "inputs": part.inputs}


def problem(refusal: Finding, lead_id: UUID) -> Json:
    """The answer to a refused post (RFC 9457)."""
    return {
        "type": "about:blank",
        "title": "The lead was refused",
        "status": 422,
        "code": refusal.reason,
        "detail": refusal.words,
        "lead_id": str(lead_id),
        "errors": [{"field": refusal.field, "code": refusal.reason, "message": refusal.words}],
    }


def due_row(row: SourceRow, lead: NewLead, attempt_id: UUID, stored: Accepted) -> DueRow:
    """The lead's first attempt, as a look at the plan would find it."""
    assert lead.phone is not None
    assert stored.known is not None
    consent = consent_of_new(lead.consent, lead.certificate, lead.reassigned, lead.received_at)
    return DueRow(
        attempt_id=attempt_id,
        account_id=lead.account_id,
        lead_id=lead.lead_id,
        campaign_id=lead.campaign_id,
        campaign_version=row.campaign_version,
        lead_received_at=lead.received_at,
        rank_at=lead.rank_at or lead.received_at,
        due_at=lead.received_at,
        passed_by=[],
        audience="",
        agents=stored.agents,
        addresses=stored.addresses,
        refused_by=None,
        traits=stored.traits,
        owner_id=stored.owner_id,
        phone=lead.phone,
        email=lead.email,
        candidates=candidates_to_json(lead.candidates),
        known=stored.known | {"consent": consent},
        numbers=stored.numbers,
        number_carriers=stored.number_carriers,
        number_calls=stored.number_calls,
        number_trials=stored.number_trials,
        saw=stored.saw,
        first_name=lead.first_name,
        last_name=lead.last_name,
        city=lead.city,
        region=lead.region,
        postal_code=lead.postal_code,
        attributes=lead.attributes,
        source_name=row.source.name,
        arms=lead.arms,
    )
