"""Rows of the agent's console: presence, cards, dispositions, reports. Must not know: what a disposition does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.store.query import Id, Nothing, Query
from speedtolead.store.settings_json import Json


@dataclass(frozen=True, slots=True)
class SeatRow:
    """``console_until``: until when the agent's page says it is open; ``lost_at``: taken off as it was gone."""

    agent_id: UUID
    account_id: UUID
    name: str
    address: str
    presence: str
    state: str
    state_since: datetime
    state_until: datetime | None
    state_reason: str | None
    attempt_id: UUID | None
    timezone: str
    misses: int
    has_line: bool
    line_up: bool
    capped_until: datetime | None
    pause_reasons: list[str]
    console_until: datetime | None
    lost_at: datetime | None
    own_address: str | None
    """The configured one, while the agent is rung in the browser instead."""


@dataclass(frozen=True, slots=True)
class WasLost:
    lost_at: datetime | None


@dataclass(frozen=True, slots=True)
class LostRow:
    agent_id: UUID
    account_id: UUID
    state: str


@dataclass(frozen=True, slots=True)
class TimelineRow:
    at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class CallOfAgent:
    """``leads``: the attempt is this agent's; else the agent is another party of it."""

    attempt_id: UUID
    lead_id: UUID
    state: str
    mode: str | None
    direction: str
    claimed_at: datetime | None
    requested_at: datetime | None
    ringing_at: datetime | None
    answered_at: datetime | None
    bridged_at: datetime | None
    ended_at: datetime | None
    controlled: bool
    leads: bool | None
    leg_id: UUID
    leg_state: str
    carrier_call_id: str | None
    carrier: str
    accepted_at: datetime | None
    live_at: datetime | None


@dataclass(frozen=True, slots=True)
class AttemptOfAgent:
    attempt_id: UUID
    lead_id: UUID
    phone: str | None


@dataclass(frozen=True, slots=True)
class OtherLead:
    lead_id: UUID
    received_at: datetime
    source: str
    campaign: str
    state: str


@dataclass(frozen=True, slots=True)
class DayRow:
    offered: int
    taken: int
    missed: int
    contacts: int
    talk_seconds: float
    appointments: int
    sales: int


@dataclass(frozen=True, slots=True)
class CallbackRow:
    lead_id: UUID
    due_at: datetime
    first_name: str | None
    last_name: str | None
    city: str | None
    region: str | None


@dataclass(frozen=True, slots=True)
class MissedRow:
    at: datetime
    ended_as: str | None
    rang: float | None


@dataclass(frozen=True, slots=True)
class MyLeadRow:
    lead_id: UUID
    first_name: str | None
    last_name: str | None
    city: str | None
    region: str | None
    state: str
    at: datetime
    kind: str | None


@dataclass(frozen=True, slots=True)
class CardRow:
    answers: Json
    note: str
    saved_by: str
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class DispositionRow:
    disposition_id: UUID
    account_id: UUID
    lead_id: UUID
    attempt_id: UUID
    agent_id: UUID
    said_by: str
    kind: str
    given: Json
    made_at: datetime
    settles_at: datetime
    state: str
    why: str | None


@dataclass(frozen=True, slots=True)
class SaidOfLead:
    kind: str
    given: Json
    made_at: datetime
    state: str
    why: str | None
    agent: str


@dataclass(frozen=True, slots=True)
class LockedSeat:
    agent_id: UUID
    account_id: UUID
    name: str
    state: str
    attempt_id: UUID | None
    on_call: bool


@dataclass(frozen=True, slots=True)
class LiveLeg:
    carrier_call_id: str
    carrier: str


@dataclass(frozen=True, slots=True)
class StuckRow:
    report_id: UUID
    at: datetime
    agent: str
    state: str
    attempt_id: UUID | None
    lead_id: UUID | None
    timeline: list[Json]


@dataclass(frozen=True, slots=True)
class AgentName:
    name: str


@dataclass(frozen=True, slots=True)
class CampaignVersion:
    version: int


@dataclass(frozen=True, slots=True)
class TaskRow:
    title: str
    due_at: datetime
    first_name: str | None
    last_name: str | None


@dataclass(frozen=True, slots=True)
class WaitingText:
    attempt_id: UUID
    words: str | None
    state: str
    note: str | None
    due_at: datetime


SEAT_OF_USER = Query("seat_of_user", SeatRow)
CONSOLE_IS_THERE = Query("console_is_there", WasLost)
CONSOLE_BACK = Query("console_back", Nothing)
CONSOLES_LOST = Query("consoles_lost", LostRow)
CONSOLE_LOST = Query("console_lost", Id)
CONSOLE_CLOSED = Query("console_closed", Nothing)
CALL_OF_AGENT = Query("call_of_agent", CallOfAgent)
LEAD_IS_AGENTS = Query("lead_is_agents", Id)
ATTEMPT_OF_AGENT = Query("attempt_of_agent", AttemptOfAgent)
LEADS_OF_SAME_PERSON = Query("leads_of_same_person", OtherLead)
DAY_OF_AGENT = Query("day_of_agent", DayRow)
CALLBACKS_OF_AGENT = Query("callbacks_of_agent", CallbackRow)
OFFERS_MISSED_BY_AGENT = Query("offers_missed_by_agent", MissedRow)
LEADS_OF_AGENT = Query("leads_of_agent", MyLeadRow)
CARD_OF_LEAD = Query("card_of_lead", CardRow)
SAVE_CARD = Query("save_card", Nothing)
ADD_DISPOSITION = Query("add_disposition", Id)
DISPOSITION_OF_ATTEMPT = Query("disposition_of_attempt", DispositionRow)
DISPOSITIONS_OF_LEAD = Query("dispositions_of_lead", SaidOfLead)
UNDO_DISPOSITION = Query("undo_disposition", Id)
DISPOSITIONS_DUE = Query("dispositions_due", DispositionRow)
CHOOSE_LINE = Query("choose_line", Id)
TASKS_OF_AGENT = Query("tasks_of_agent", TaskRow)
SETTLE_DISPOSITION = Query("settle_disposition", Id)
LOCK_SEAT = Query("lock_seat", LockedSeat)
LIVE_LEGS_OF_AGENT = Query("live_legs_of_agent", LiveLeg)
ADD_STUCK_REPORT = Query("add_stuck_report", Nothing)
NAME_OF_AGENT = Query("name_of_agent", AgentName)
VERSION_OF_CAMPAIGN = Query("version_of_campaign", CampaignVersion)
TIMELINE_OF_ATTEMPT = Query("timeline_of_attempt", TimelineRow)
STUCK_REPORTS = Query("stuck_reports", StuckRow)
PLAN_AGENTS_TEXT = Query("plan_agents_text", Id)
TEXTS_WAITING = Query("texts_waiting", WaitingText)
