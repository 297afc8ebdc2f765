"""Taking leads: accept or refuse with a reason, once, in one transaction.

Owns: the order of the checks, the guards against twins and caps, and the answer that is given again to a repeat.
Must not know: how the post was encoded.

The answer 202 is given only after the commit. A post that is refused is stored as well, with its reason. What is
neither accepted nor stored raises; the sender may post again.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from speedtolead.domain import cadence
from speedtolead.domain.campaign import Acceptance, Campaign, Source
from speedtolead.domain.hours import zone_info
from speedtolead.domain.lead import Consent, Refusal
from speedtolead.domain.permit import Facts, Request, decide
from speedtolead.domain.phone import is_fictional
from speedtolead.domain.place import Candidate
from speedtolead.ports import Clock, Numbering
from speedtolead.store import intake as rows
from speedtolead.store.database import Database
from speedtolead.store.dial import DueRow
from speedtolead.store.ids import new_id
from speedtolead.store.intake import Guards, KeptOut, NewLead, SourceRow
from speedtolead.store.settings_json import candidates_to_json


@dataclass(frozen=True, slots=True)
class LeadPost:
    """A lead as it was posted, read but not yet judged."""

    phone: str
    consent: Consent
    raw_type: str
    raw_body: bytes
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    address: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str = "US"
    external_id: str | None = None
    idempotency_key: str | None = None
    submitted_at: datetime | None = None
    schedule_at: datetime | None = None
    cost: Decimal | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    test: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the poster is told. ``repeated``: the same as the first time, and nothing was stored now."""

    status: int
    body: dict[str, Any]
    lead_id: UUID
    refusal: str | None = None
    repeated: bool = False


class Handover(Protocol):
    """This node's own dialer: takes a fresh lead straight from the intake, so that the plan need not be read."""

    def takes_leads(self) -> bool: ...

    def hand_over(self, due: DueRow) -> None: ...


class CommitLog(Protocol):
    """Takes the moment at which a lead's transaction had committed."""

    def committed(self, lead_id: UUID, at: datetime) -> None: ...


WORDS: dict[Refusal, tuple[str, str]] = {
    Refusal.INVALID_PHONE: ("phone", "This is not a phone number that can be called."),
    Refusal.NO_CONSENT: (
        "consent.channels",
        "The consent does not cover the channels that this source needs.",
    ),
    Refusal.NO_CERTIFICATE: ("consent.trustedform_cert_url", "This source needs a consent certificate."),
    Refusal.TOO_OLD: ("submitted_at", "The lead is older than this source accepts."),
    Refusal.OUTSIDE_CRITERIA: ("state", "The lead is outside the states that this source accepts."),
    Refusal.UNKNOWN_LOCATION: (
        "state",
        "Neither the state, the postal code nor the phone's area code tells where the person is, so no lawful "
        "calling hours can be known.",
    ),
    Refusal.SOURCE_PAUSED: ("source", "This source is paused."),
    Refusal.SUPPRESSED: ("phone", "This person asked not to be contacted."),
    Refusal.DUPLICATE: ("phone", "A lead with this phone was accepted from this source within its window."),
    Refusal.OVER_CAP: ("source", "The daily cap of this source is reached."),
}


SOURCE_BELIEVED = timedelta(seconds=1)


class Intake:
    """Takes leads for sources."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        numbering: Numbering,
        commits: CommitLog,
        dialer: Handover,
        fictional_allowed: bool,
    ) -> None:
        self._database = database
        self._clock = clock
        self._numbering = numbering
        self._commits = commits
        self._dialer = dialer
        self._fictional_allowed = fictional_allowed
        self._sources: dict[bytes, tuple[SourceRow, datetime]] = {}

    async def source(self, key: str) -> SourceRow | None:
        """The source that a key speaks for; None for a key that is unknown, revoked, or not a source's.

        What was found is believed for ``SOURCE_BELIEVED``: so long may a revoked key still post.
        """
        digest, now = key_hash(key), self._clock.now()
        known = self._sources.get(digest)
        if known is not None and now - known[1] < SOURCE_BELIEVED:
            return known[0]
        async with self._database.connection() as tx:
            found = await rows.SOURCE_BY_KEY.first(tx, key_hash=digest)
        if found is None:
            self._sources.pop(digest, None)
        else:
            self._sources[digest] = found, now
        return found

    async def take(self, row: SourceRow, post: LeadPost, received_at: datetime) -> Answer:
        """Judge and store one post. Raises DatabaseAway when nothing could be stored."""
        async with self._database.connection() as tx:
            place = self._place(post)
            refusal = self._judge(row, post, place, received_at)
            if refusal is not None:
                return await self._refuse(tx, row, post, place, received_at, refusal)
            lead, due_at = self._accepted(row, post, place, received_at)
            guards = _guards(row.source, row.campaign, received_at)
            attempt_id = new_id()
            stored = await rows.accept_lead(
                tx,
                lead,
                guards,
                attempt_id,
                due_at,
                campaign_version=row.campaign_version,
                agent_group=row.campaign.dial.agents,
                hand_over=self._dialer.takes_leads(),
            )
            if stored is None:
                return await self._kept_out(tx, row, post, place, lead, guards, received_at)
        self._commits.committed(lead.lead_id, self._clock.now())
        if stored.handed:
            self._dialer.hand_over(_due(row, lead, attempt_id, stored))
            await asyncio.sleep(0)  # the dialer first, then the answer
        return Answer(202, lead.answer, lead.lead_id)

    def read_phone(self, raw: str, country: str = "US") -> str | None:
        """A number as it is kept (E.164); None for what is no number."""
        parsed = self._numbering.parse(raw, country)
        return parsed.e164 if parsed else None

    def _place(self, post: LeadPost) -> _Place:
        parsed = self._numbering.parse(post.phone, post.country)
        if parsed is None or (is_fictional(parsed.e164) and not self._fictional_allowed):
            return _Place(None, ())
        return _Place(parsed.e164, self._numbering.candidates(parsed.e164, _upper(post.state), post.postal_code))

    def _judge(self, row: SourceRow, post: LeadPost, place: _Place, at: datetime) -> Refusal | None:
        accept = row.source.accept
        if place.phone is None:
            return Refusal.INVALID_PHONE
        if not set(accept.channels) <= set(post.consent.channels):
            return Refusal.NO_CONSENT
        if accept.certificate_required and not post.consent.has_certificate:
            return Refusal.NO_CERTIFICATE
        if accept.max_age and post.submitted_at and at - post.submitted_at > accept.max_age:
            return Refusal.TOO_OLD
        if not _in_accepted_state(accept, post, place):
            return Refusal.OUTSIDE_CRITERIA
        if not place.candidates:
            return Refusal.UNKNOWN_LOCATION
        return Refusal.SOURCE_PAUSED if row.paused else None

    def _accepted(
        self, row: SourceRow, post: LeadPost, place: _Place, at: datetime
    ) -> tuple[NewLead, datetime | None]:
        lead_id = new_id()
        due_at = None if post.test else self._first_due(row.campaign, post, place, at)
        answer = {
            "lead_id": str(lead_id),
            "status": "accepted",
            "next_attempt_at": None if due_at is None else iso(due_at),
            "links": {"self": f"/v1/leads/{lead_id}"},
        }
        return _new_lead(row, post, place, at, lead_id, answer, {"source": row.source.name}), due_at

    def _first_due(self, campaign: Campaign, post: LeadPost, place: _Place, at: datetime) -> datetime | None:
        """The first step of the cadence, at the next lawful moment."""
        assert place.phone is not None
        zone = place.candidates[0].zone
        planned = cadence.first(campaign.cadence, at, zone, max(at, post.schedule_at or at))
        if planned is None:
            return None
        facts = Facts(place.phone, post.consent.channels, None, place.candidates, (), self._fictional_allowed)
        permit = decide(Request(planned.channel, campaign, facts, planned.due_at))
        return permit.not_before or planned.due_at

    async def _refuse(
        self, tx: Any, row: SourceRow, post: LeadPost, place: _Place, at: datetime, refusal: Refusal
    ) -> Answer:
        lead_id = new_id()
        where, words = WORDS[refusal]
        answer = {
            "type": "about:blank",
            "title": "The lead was refused",
            "status": 422,
            "code": refusal.value,
            "detail": words,
            "lead_id": str(lead_id),
            "errors": [{"field": where, "code": refusal.value, "message": words}],
        }
        data = {"source": row.source.name, "reason": refusal.value}
        lead = _new_lead(row, post, place, at, lead_id, answer, data)
        if not await rows.refuse_lead(tx, lead, refusal.value):
            before = await self._answered_before(tx, row, post)
            if before is not None:
                return before
        return Answer(422, answer, lead_id, refusal.value)

    async def _kept_out(
        self,
        tx: Any,
        row: SourceRow,
        post: LeadPost,
        place: _Place,
        lead: NewLead,
        guards: Guards,
        at: datetime,
    ) -> Answer:
        """A guard held: answer a repeat as before, or find which guard it was and refuse for it."""
        before = await self._answered_before(tx, row, post)
        if before is not None:
            return before
        why = await rows.why_not_accepted(tx, lead, guards)
        return await self._refuse(tx, row, post, place, at, _which(why, guards))

    async def _answered_before(self, tx: Any, row: SourceRow, post: LeadPost) -> Answer | None:
        before = await rows.ANSWERED_BEFORE.first(
            tx,
            source_id=row.source_id,
            external_id=post.external_id,
            idempotency_key=post.idempotency_key,
        )
        if before is None:
            return None
        refusal = before.answer.get("code")
        return Answer(before.answer_status, before.answer, before.lead_id, refusal, repeated=True)


@dataclass(frozen=True, slots=True)
class _Place:
    """The number as it will be dialled, None for none, and where its owner may be."""

    phone: str | None
    candidates: tuple[Candidate, ...]


def key_hash(key: str) -> bytes:
    """Keys are long and random, so a plain hash is enough to keep them out of the database."""
    return hashlib.sha256(key.encode()).digest()


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _due(row: SourceRow, lead: NewLead, attempt_id: UUID, stored: rows.Accepted) -> DueRow:
    """The lead's first attempt, as a look at the plan would find it."""
    assert lead.phone is not None
    return DueRow(
        attempt_id=attempt_id,
        account_id=lead.account_id,
        lead_id=lead.lead_id,
        campaign_id=lead.campaign_id,
        campaign_version=row.campaign_version,
        number=1,
        lead_received_at=lead.received_at,
        passed_by=[],
        agents=stored.agents,
        addresses=stored.addresses,
        slot_at=None,
        phone=lead.phone,
        email=lead.email,
        candidates=candidates_to_json(lead.candidates),
        consent_channels=list(lead.consent.channels),
        suppressed=None,
        recent_calls=stored.recent_calls,
        numbers=stored.numbers,
        first_name=lead.first_name,
        last_name=lead.last_name,
        city=lead.city,
        region=lead.region,
        postal_code=lead.postal_code,
        attributes=lead.attributes,
        source_name=row.source.name,
    )


def _upper(text: str | None) -> str | None:
    return text.strip().upper() if text else None


def _in_accepted_state(accept: Acceptance, post: LeadPost, place: _Place) -> bool:
    if accept.states is None:
        return True
    stated = _upper(post.state)
    if stated:
        return stated in accept.states
    by_zip = {c.state for c in place.candidates if c.origin == "postal_code"}
    likely = by_zip or {c.state for c in place.candidates}
    return bool(likely & accept.states)


def _guards(source: Source, campaign: Campaign, at: datetime) -> Guards:
    since = at - source.duplicate_window if source.duplicate_window else None
    day = at.astimezone(zone_info(campaign.timezone)).date()
    return Guards(since, source.daily_cap, day)


def _which(why: KeptOut, guards: Guards) -> Refusal:
    if why.suppressed is not None:
        return Refusal.SUPPRESSED
    if why.twin is not None:
        return Refusal.DUPLICATE
    return Refusal.OVER_CAP if guards.daily_cap is not None else Refusal.DUPLICATE


def _new_lead(
    row: SourceRow,
    post: LeadPost,
    place: _Place,
    at: datetime,
    lead_id: UUID,
    answer: dict[str, Any],
    event_data: dict[str, Any],
) -> NewLead:
    return NewLead(
        lead_id=lead_id,
        account_id=row.account_id,
        source_id=row.source_id,
        campaign_id=row.campaign_id,
        received_at=at,
        phone=place.phone,
        email=post.email,
        first_name=post.first_name,
        last_name=post.last_name,
        address=post.address,
        city=post.city,
        region=_upper(post.state),
        postal_code=post.postal_code,
        country=post.country,
        candidates=place.candidates,
        attributes=post.attributes,
        cost=post.cost if post.cost is not None else row.source.cost_per_lead,
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
    )
