"""Rows of calls that come in.

Owns: the statements of ``sql/queries/inbound.sql``. Must not know: who takes a call, and what is paid for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from speedtolead.domain.inbound import FreeAgent
from speedtolead.domain.ivr import Progress, Then
from speedtolead.domain.qualified import Condition, Judged
from speedtolead.domain.source import Source
from speedtolead.store.query import Connection, Id, Nothing, Query
from speedtolead.store.settings_json import Json
from speedtolead.store.source_json import source_of


@dataclass(frozen=True, slots=True)
class Held:
    held: bool


@dataclass(frozen=True, slots=True)
class KnownIncoming:
    account_id: UUID
    attempt_id: UUID
    leg_id: UUID


@dataclass(frozen=True, slots=True)
class CalledRow:
    """Whose number was called; ``source_…`` are None where it is no tracking number."""

    account_id: UUID
    source_id: UUID | None
    source_version: int | None
    source_settings: Json | None
    campaign_id: UUID
    campaign_version: int
    campaign_name: str

    @property
    def source(self) -> Source | None:
        if self.source_id is None or self.source_version is None or self.source_settings is None:
            return None
        return source_of(self.source_id, self.source_version, self.source_settings)


@dataclass(frozen=True, slots=True)
class LeadOfCaller:
    lead_id: UUID
    source_id: UUID
    campaign_id: UUID
    state: str


@dataclass(frozen=True, slots=True)
class IncomingRow:
    """A call that came in, as far as it has come, with the terms of its source."""

    call_id: UUID
    account_id: UUID
    attempt_id: UUID
    lead_id: UUID
    leg_id: UUID
    from_phone: str | None
    to_phone: str
    received_at: datetime
    made_lead: bool
    stage: str
    progress: Json
    agent_group: str
    route: int | None
    region: str | None
    postal_code: str | None
    queued_at: datetime | None
    message_at: datetime | None
    message_left_at: datetime | None
    ended_at: datetime | None
    source_id: UUID
    source_version: int
    source_settings: Json
    only_called: bool
    """The lead was made by a call: there is no consent but that."""

    @property
    def source(self) -> Source:
        return source_of(self.source_id, self.source_version, self.source_settings)


@dataclass(frozen=True, slots=True)
class KnownAgents:
    owner_id: UUID | None
    last_id: UUID | None


@dataclass(frozen=True, slots=True)
class AgentForCall:
    agent_id: UUID
    address: str
    idle_since: datetime
    in_group: bool

    def free(self) -> FreeAgent:
        return FreeAgent(self.agent_id, self.idle_since, self.in_group)


@dataclass(frozen=True, slots=True)
class May:
    may: bool


@dataclass(frozen=True, slots=True)
class AttemptRef:
    attempt_id: UUID


@dataclass(frozen=True, slots=True)
class PlannedAttempt:
    """``gives_back``: it is to give a missed call back already."""

    attempt_id: UUID
    state: str
    channel: str
    gives_back: bool


@dataclass(frozen=True, slots=True)
class MessageLeft:
    account_id: UUID
    lead_id: UUID
    from_phone: str | None


@dataclass(frozen=True, slots=True)
class LastCall:
    at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenLead:
    lead_id: UUID
    state: str


@dataclass(frozen=True, slots=True)
class NumberOfAccount:
    phone: str
    sms: bool
    carrier: str


HOLD_INCOMING = Query("hold_incoming", Held)
INCOMING_BY_CARRIER_ID = Query("incoming_by_carrier_id", KnownIncoming)
NUMBER_CALLED = Query("number_called", CalledRow)
LEADS_OF_CALLER = Query("leads_of_caller", LeadOfCaller)
BUILT_IN_SOURCE = Query("built_in_source", Id)
ADD_CALLING_LEAD = Query("add_calling_lead", Nothing)
ADD_INCOMING = Query("add_incoming", Nothing)
ATTEMPTS_THAT_GIVE_WAY = Query("attempts_that_give_way", Id)
GIVE_WAY = Query("give_way", Id)
INCOMING_CALL = Query("incoming_call", IncomingRow)
SAVE_INCOMING = Query("save_incoming", Nothing)
KEEP_ANSWERS = Query("keep_answers", Nothing)
AGENTS_KNOWN_TO_CALLER = Query("agents_known_to_caller", KnownAgents)
AGENTS_FOR_CALL = Query("agents_for_call", AgentForCall)
RESERVE_FOR_CALL = Query("reserve_for_call", Id)
SOMEBODY_MAY_COME = Query("somebody_may_come", May)
CALLERS_WAITING = Query("callers_waiting", AttemptRef)
MARK_MESSAGE = Query("mark_message", MessageLeft)
END_INCOMING = Query("end_incoming", Id)
LAST_CALL_BEFORE = Query("last_call_before", LastCall)
ADD_TO_COST = Query("add_to_cost", Nothing)
PLANNED_OF_LEAD = Query("planned_of_lead", PlannedAttempt)
BRING_FORWARD = Query("bring_forward", Nothing)
CALL_BACK = Query("call_back", Id)
GOT_THROUGH = Query("got_through", Nothing)
OTHER_OPEN_LEADS = Query("other_open_leads", OpenLead)
NUMBERS_OF_INSTALLATION = Query("numbers_of_installation", NumberOfAccount)


def progress_of(kept: Json) -> Progress:
    """How far a caller has come in the menu; an empty value is its beginning."""
    if not kept:
        return Progress()
    return Progress(kept["step"], kept["tried"], kept["answers"], kept["agents"], Then(kept["then"]))


def progress_to_json(progress: Progress) -> Json:
    return {
        "step": progress.step,
        "tried": progress.tried,
        "answers": dict(progress.answers),
        "agents": progress.agents,
        "then": progress.then.value,
    }


async def save(tx: Connection, row: IncomingRow) -> None:
    """The call as it now is."""
    await SAVE_INCOMING.run(
        tx,
        call_id=row.call_id,
        stage=row.stage,
        progress=row.progress,
        agent_group=row.agent_group,
        route=row.route,
        region=row.region,
        postal_code=row.postal_code,
        queued_at=row.queued_at,
        message_at=row.message_at,
    )


def conditions_to_json(judged: Judged) -> list[Json]:
    """Each condition with what it asked for, what there was, and its verdict, as it is kept and shown."""
    return [_condition(condition) for condition in judged.conditions]


def _condition(condition: Condition) -> Json:
    shown: dict[str, Any] = {"name": condition.name, "required": condition.required, "found": condition.found}
    return shown | {"met": condition.met}


def newest(leads: Sequence[LeadOfCaller], open_states: frozenset[str]) -> LeadOfCaller | None:
    """Of leads, newest first: the newest that is open, else the newest."""
    return next((lead for lead in leads if lead.state in open_states), leads[0] if leads else None)
