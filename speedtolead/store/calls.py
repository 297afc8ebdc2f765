"""Rows of a call under way: the attempt, its legs, the inbox of carrier callbacks, permits.

Owns: the statements of ``sql/queries/call.sql``. Must not know: what the legs add up to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.domain.call import AnsweredBy, Leg, LegEnd, LegKind, LegState
from speedtolead.domain.permit import OWN_RULE, Facts, Permit
from speedtolead.store.facts import facts_of
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection, Id, Nothing, Query
from speedtolead.store.settings_json import Json, candidates_from_json


@dataclass(frozen=True, slots=True)
class LegLeft:
    """A leg that is not known to be over."""

    leg_id: UUID
    attempt_id: UUID
    address: str
    caller_id: str
    carrier: str
    carrier_call_id: str | None
    placed_at: datetime
    on_a_line: bool
    """Its call is an agent's line, which outlives it."""
    of_earlier_try: bool
    """Its attempt has been permitted again since."""
    over_at: datetime | None
    """When its attempt ended."""


@dataclass(frozen=True, slots=True)
class CallRow:
    """An attempt with what its calls need; read under a lock."""

    attempt_id: UUID
    account_id: UUID
    lead_id: UUID
    campaign_id: UUID
    number: int
    step: int
    state: str
    mode: str | None
    caller_id: str | None
    agent_id: UUID | None
    lease: UUID | None
    lease_until: datetime | None
    unknown_since: datetime | None
    permitted_at: datetime | None
    bridged_at: datetime | None
    ended_at: datetime | None
    contact: bool
    announced_at: datetime | None
    notice_at: datetime | None
    conference: str | None
    conferred_at: datetime | None
    controlled: bool
    direction: str
    gave_way_at: datetime | None
    calls_back: UUID | None
    label_asked: str | None
    labelled_as: str | None
    campaign_version: int
    lead_state: str
    received_at: datetime
    phone: str
    candidates: list[Json]
    first_name: str | None
    last_name: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    attributes: Json
    source_name: str


@dataclass(frozen=True, slots=True)
class LegRow:
    leg_id: UUID
    kind: str
    address: str
    caller_id: str
    agent_id: UUID | None
    state: str
    carrier: str
    placed_at: datetime
    carrier_call_id: str | None = None
    ringing_at: datetime | None = None
    live_at: datetime | None = None
    accepted_at: datetime | None = None
    ended_at: datetime | None = None
    ended_as: str | None = None
    answered_by: str | None = None
    detected_at: datetime | None = None
    carrier_code: str | None = None
    seconds: int | None = None
    part: str | None = None
    took_over_at: datetime | None = None
    withdrawn_at: datetime | None = None
    named: str | None = None
    muted: bool = False
    held: bool = False
    listens: str | None = None
    line_id: UUID | None = None

    @property
    def from_the_start(self) -> bool:
        """It was rung to bring agent and lead together, not into their talk."""
        return self.part is None and self.kind != LegKind.SUPERVISOR

    def leg(self) -> Leg:
        return Leg(
            kind=LegKind(self.kind),
            state=LegState(self.state),
            placed_at=self.placed_at,
            carrier_call_id=self.carrier_call_id,
            ringing_at=self.ringing_at,
            live_at=self.live_at,
            ended_at=self.ended_at,
            end=LegEnd(self.ended_as) if self.ended_as else None,
            answered_by=AnsweredBy(self.answered_by) if self.answered_by else None,
            detected_at=self.detected_at,
            carrier_code=self.carrier_code,
            accepted_at=self.accepted_at,
            seconds=self.seconds,
        )


@dataclass(frozen=True, slots=True)
class CallbackId:
    id: int


@dataclass(frozen=True, slots=True)
class FactsRow:
    phone: str
    candidates: list[Json]
    received_at: datetime
    known: Json
    on_the_line: bool
    """The person is calling us at this moment."""

    def facts(self, fictional_exempt: bool) -> Facts:
        candidates = candidates_from_json(self.candidates)
        return facts_of(self.known, self.phone, candidates, self.received_at, fictional_exempt)


@dataclass(frozen=True, slots=True)
class GreetedRow:
    """The lead of a leg, as far as a greeting may speak of them."""

    account_id: UUID
    campaign_id: UUID
    campaign_version: int
    first_name: str | None
    last_name: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    attributes: Json
    source_name: str


@dataclass(frozen=True, slots=True)
class PersonVersion:
    version: int


@dataclass(frozen=True, slots=True)
class Overdue:
    attempt_id: UUID
    state: str


@dataclass(frozen=True, slots=True)
class State:
    state: str


@dataclass(frozen=True, slots=True)
class CallId:
    carrier_call_id: str


@dataclass(frozen=True, slots=True)
class Waiting:
    attempt_id: UUID
    account_id: UUID
    lead_id: UUID


LOCK_CALL = Query("lock_call", CallRow)
LEGS_OF_ATTEMPT = Query("legs_of_attempt", LegRow)
GREETED = Query("greeted", GreetedRow)
RECEIVE_CALLBACK = Query("receive_callback", CallbackId)
LEG_OF_OTHERS = Query("leg_of_others", Id)
PERMIT_FACTS = Query("permit_facts", FactsRow)
LOCK_PERSON = Query("lock_person", PersonVersion)
COUNT_CONTACT = Query("count_contact", Nothing)
UNCOUNT_CONTACT = Query("uncount_contact", Nothing)
ADD_PERMIT = Query("add_permit", Nothing)
ADD_LEG = Query("add_leg", Nothing)
SAVE_LEG = Query("save_leg", Nothing)
LEGS_LEFT = Query("legs_left", LegLeft)
SAVE_CALL = Query("save_call", Id)
PUT_BACK = Query("put_back", Id)
FINISH_ATTEMPT = Query("finish_attempt", Id)
CANCEL_SCHEDULED = Query("cancel_scheduled", Id)
LEAD_WORKED = Query("lead_worked", Nothing)
SET_LEAD_STATE = Query("set_lead_state", Id)
LEAD_STATE = Query("lead_state", State)
OVERDUE_ATTEMPTS = Query("overdue_attempts", Overdue)
RENEW_LEASE = Query("renew_lease", Nothing)
ADOPT_ATTEMPT = Query("adopt_attempt", Id)
MARK_UNKNOWN = Query("mark_unknown", Id)
KNOWN_CALL_IDS = Query("known_call_ids", CallId)
WAITING_TOO_LONG = Query("waiting_too_long", Waiting)
PLAN_CALLBACK = Query("plan_callback", Id)
PLAN_PROMISE = Query("plan_promise", Id)


async def save_leg(tx: Connection, leg_id: UUID, leg: Leg) -> None:
    await SAVE_LEG.run(
        tx,
        leg_id=leg_id,
        state=leg.state,
        carrier_call_id=leg.carrier_call_id,
        ringing_at=leg.ringing_at,
        live_at=leg.live_at,
        accepted_at=leg.accepted_at,
        ended_at=leg.ended_at,
        ended_as=leg.end,
        answered_by=leg.answered_by,
        detected_at=leg.detected_at,
        carrier_code=leg.carrier_code,
        seconds=leg.seconds,
    )


async def add_permit(tx: Connection, account_id: UUID, attempt_id: UUID, permit: Permit) -> None:
    await ADD_PERMIT.run(
        tx,
        permit_id=new_id(),
        account_id=account_id,
        attempt_id=attempt_id,
        decided_at=permit.decided_at,
        decision=permit.decision,
        not_before=permit.not_before,
        rule_set=permit.rule_set,
        rules=rules_json(permit),
    )


def rules_json(permit: Permit) -> list[Json]:
    """The permit's verdicts as they are stored and shown."""
    return [
        {
            "name": v.rule,
            "verdict": str(v.decision),
            "reason": v.reason,
            "inputs": v.inputs,
            "citation": v.citation or OWN_RULE,
            "not_before": v.not_before,
        }
        for v in permit.verdicts
    ]
