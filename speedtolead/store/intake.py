"""Rows of the intake: keys, leads as they are taken or refused.

Owns: the statements of ``sql/queries/intake.sql``. Must not know: why a lead is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

import asyncpg

from speedtolead.domain.campaign import Campaign, Dial
from speedtolead.domain.errors import SpeedToLeadError
from speedtolead.domain.lead import Consent
from speedtolead.domain.permit import Certified, Permit
from speedtolead.domain.place import Candidate
from speedtolead.domain.price import Period
from speedtolead.domain.source import Source
from speedtolead.store.calls import rules_json
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection, Id, Nothing, Query
from speedtolead.store.settings_json import (
    Json,
    campaign_of,
    candidates_to_json,
    consent_to_json,
)
from speedtolead.store.source_json import source_of


@dataclass(frozen=True)
class SourceRow:
    """A source with its campaign, by which a post is judged: each lead asks for them a dozen times."""

    account_id: UUID
    source_id: UUID
    source_settings: Json
    source_version: int
    paused: bool
    pause_reason: str | None
    """Why the guard paused it; None where it did not."""
    campaign_id: UUID
    campaign_settings: Json
    campaign_version: int

    @cached_property
    def source(self) -> Source:
        return source_of(self.source_id, self.source_version, self.source_settings)

    @cached_property
    def campaign(self) -> Campaign:
        return campaign_of(self.campaign_id, self.campaign_version, self.campaign_settings)


@dataclass(frozen=True, slots=True)
class KeyOwner:
    account_id: UUID
    source_id: UUID | None


@dataclass(frozen=True, slots=True)
class Answered:
    lead_id: UUID
    answer_status: int
    answer: Json
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """A stored lead. ``handed``: no dialer was woken, so this node's own has to be told, with what stands here.

    In one that is not handed, what the dialer would ask about the person is None, and no number is told.
    """

    id: UUID
    agents: list[UUID]
    addresses: list[str]
    traits: str | None
    owner_id: UUID | None
    handed: bool
    notified: bool | None
    known: Json | None
    numbers: list[str]
    number_carriers: list[str]
    number_calls: list[int]
    number_trials: list[bool]
    saw: str | None


@dataclass(frozen=True, slots=True)
class KeptOut:
    """What kept a lead out, beside its twins; several may at once."""

    suppressed: str | None
    full_periods: list[str]


@dataclass(frozen=True, slots=True)
class Twin:
    """An earlier lead that shares a key. ``live``: it is being called at this moment."""

    lead_id: UUID
    accepted_at: datetime
    state: str | None
    live: bool


@dataclass(frozen=True, slots=True)
class NewLead:
    """A lead about to be stored. ``phone`` is None only in a refused one."""

    lead_id: UUID
    account_id: UUID
    source_id: UUID
    campaign_id: UUID
    received_at: datetime
    phone: str | None
    email: str | None
    first_name: str | None
    last_name: str | None
    address: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    country: str
    candidates: tuple[Candidate, ...]
    attributes: Json
    cost: Decimal | None
    test: bool
    external_id: str | None
    idempotency_key: str | None
    submitted_at: datetime | None
    raw_type: str
    raw_body: bytes
    raw_sha256: bytes
    answer: Json
    consent: Consent
    event_data: Json
    score: int | None
    score_parts: list[Json]
    findings: list[object]
    via: str
    certificate: Certified | None
    owner: str | None
    """The name of the agent whose lead it is to be."""
    reassigned: bool | None
    """Whether the number changed hands since the consent; None: nobody was asked, or nobody knows."""
    rank_at: datetime | None = None
    finding_shape: bytes | None = None
    """What the findings are the values of; None: they stand in full."""
    marks: tuple[bytes, ...] = ()
    """Where it was seen, to be counted for the leads after it: digests."""
    arms: Json | None = None
    """The arm of each experiment that it is in, by names; None: it is in none."""

    def with_rank(self, rank_at: datetime) -> NewLead:
        return replace(self, rank_at=rank_at)

    def with_answer(self, answer: Json) -> NewLead:
        return replace(self, answer=answer)


@dataclass(frozen=True, slots=True)
class Guards:
    """What may keep an acceptable lead out at the last moment: no keys or no periods, no such guard."""

    scope_id: UUID
    duplicate_keys: tuple[bytes, ...]
    duplicate_since: datetime
    periods: tuple[Period, ...]

    def columns(self) -> dict[str, Any]:
        return {
            "scope_id": self.scope_id,
            "duplicate_keys": list(self.duplicate_keys),
            "duplicate_since": self.duplicate_since,
            "periods": [period.key for period in self.periods],
            "caps": [period.cap for period in self.periods],
            "budgets": [period.budget for period in self.periods],
        }


KEPT_OUT = "STL01"
"""What the function kept_out() of the schema raises."""

SOURCE_BY_KEY = Query("source_by_key", SourceRow)
KEY_OWNER = Query("key_owner", KeyOwner)
ANSWERED_BEFORE = Query("answered_before", Answered)
ACCEPT_LEAD = Query("accept_lead", Accepted)
WHY_NOT_ACCEPTED = Query("why_not_accepted", KeptOut)
TWINS = Query("twins", Twin)
TOUCH_LEAD = Query("touch_lead", Id)
CLOSE_FOR_RESTART = Query("close_for_restart", Id)
REFUSE_LEAD = Query("refuse_lead", Id)
RECORD_COMMITS = Query("record_commits", Nothing)

_OF_ACCEPTED = {"score", "score_parts", "rank_at", "certificate", "reassigned", "owner", "arms"}
_LEAD_FIELDS = [f.name for f in fields(NewLead) if f.name not in {"candidates", "consent"}]


def _columns(lead: NewLead) -> dict[str, Any]:
    consent = lead.consent
    return {name: getattr(lead, name) for name in _LEAD_FIELDS} | {
        "candidates": candidates_to_json(lead.candidates),
        "consent_channels": list(consent.channels),
        "consent_wording": consent.text,
        "consent_seller": consent.seller,
        "consent_captured_at": consent.captured_at,
        "consent_url": consent.url,
        "consent_ip": consent.ip,
        "consent_user_agent": consent.user_agent,
        "trustedform_cert_url": consent.trustedform_cert_url,
        "leadid_token": consent.leadid_token,
    }


class Kept(SpeedToLeadError):
    """A guard kept the lead out: nothing was written, and whatever transaction this was in is lost."""

    code = "kept_out"


@dataclass(frozen=True, slots=True)
class FirstAttempt:
    """The first attempt of a lead's cadence; ``delay`` is the decision that put it off, if one did."""

    step: int
    channel: str
    due_at: datetime
    delay: Permit | None


async def accept_lead(
    tx: Connection,
    lead: NewLead,
    guards: Guards,
    attempt_id: UUID,
    first: FirstAttempt | None,
    *,
    instead_of: list[UUID],
    ping_id: UUID | None,
    campaign_version: int,
    dial: Dial,
    hand_over: bool,
) -> Accepted:
    """Store an accepted lead, in one statement. Raises Kept.

    ``first``: None where nothing follows. ``instead_of``: leads that may be its twins.
    ``ping_id``: the promise that it uses. With ``hand_over``, a lead that can be dialled at once is left to the
    caller instead of waking the dialers.
    """
    delay = None if first is None else first.delay
    try:
        return await ACCEPT_LEAD.one(
            tx,
            **_columns(lead),
            attempt_id=attempt_id,
            due_at=None if first is None else first.due_at,
            step=0 if first is None else first.step,
            channel="call" if first is None else first.channel,
            permit_id=None if delay is None else new_id(),
            not_before=None if delay is None else delay.not_before,
            rule_set=None if delay is None else delay.rule_set,
            rules=None if delay is None else rules_json(delay),
            **guards.columns(),
            instead_of=instead_of,
            ping_id=ping_id,
            campaign_version=campaign_version,
            agent_group=dial.agents,
            picks=not dial.routing.plain,
            by_owner=dial.routing.by_owner,
            hand_over=hand_over,
        )
    except asyncpg.PostgresError as error:
        if error.sqlstate != KEPT_OUT:
            raise
        raise Kept("kept out by a guard") from None


async def refuse_lead(tx: Connection, lead: NewLead, refusal: str) -> bool:
    """Keep a refused lead. False: the same request was answered before."""
    columns = {name: value for name, value in _columns(lead).items() if name not in _OF_ACCEPTED}
    return await REFUSE_LEAD.first(tx, **columns, refusal=refusal) is not None


async def why_not_accepted(
    tx: Connection, row: SourceRow, phone: str | None, email: str | None, cost: Decimal | None, guards: Guards
) -> tuple[KeptOut, list[Twin]]:
    """The guards that keep such a lead out now."""
    columns = guards.columns()
    keys = {name: columns.pop(name) for name in ("scope_id", "duplicate_keys", "duplicate_since")}
    why = await WHY_NOT_ACCEPTED.one(
        tx,
        account_id=row.account_id,
        source_id=row.source_id,
        campaign_id=row.campaign_id,
        phone=phone,
        email=email,
        cost=cost,
        **columns,
    )
    return why, await TWINS.all(tx, account_id=row.account_id, **keys) if guards.duplicate_keys else []


async def touch_lead(tx: Connection, twin: UUID, touch_id: UUID, lead: NewLead, due_at: datetime) -> bool:
    """Refresh the running lead ``twin`` with what a repeated post brings. False: it has ended, or is answered."""
    touched = await TOUCH_LEAD.first(
        tx,
        twin=twin,
        touch_id=touch_id,
        due_at=due_at,
        account_id=lead.account_id,
        source_id=lead.source_id,
        received_at=lead.received_at,
        marks=lead.marks,
        external_id=lead.external_id,
        idempotency_key=lead.idempotency_key,
        consent=consent_to_json(lead.consent),
        consent_channels=list(lead.consent.channels),
        consent_wording=lead.consent.text,
        consent_seller=lead.consent.seller,
        consent_captured_at=lead.consent.captured_at,
        reassigned=lead.reassigned,
        raw_type=lead.raw_type,
        raw_body=lead.raw_body,
        raw_sha256=lead.raw_sha256,
        answer=lead.answer,
        attributes=lead.attributes,
        email=lead.email,
        first_name=lead.first_name,
        last_name=lead.last_name,
        address=lead.address,
        city=lead.city,
        event_data=lead.event_data,
    )
    return touched is not None


async def record_commits(tx: Connection, commits: list[tuple[UUID, datetime]]) -> None:
    """Write when each lead's transaction had committed."""
    await RECORD_COMMITS.run(tx, lead_ids=[c[0] for c in commits], times=[c[1] for c in commits])
