"""Rows of what is done with talks under way, and of the parties that are rung into them.

Owns: the statements of ``sql/queries/control.sql``. Must not know: what may be done when.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.store.agents import IdleRow
from speedtolead.store.query import Id, Nothing, Query
from speedtolead.store.settings_json import Json


@dataclass(frozen=True, slots=True)
class ControlRow:
    control_id: UUID
    attempt_id: UUID
    leg_id: UUID | None
    action: str
    given: Json
    asked_by: str
    state: str
    sent_at: datetime | None
    tries: int


@dataclass(frozen=True, slots=True)
class Listener:
    """``address`` is E.164, ``client:NAME`` or ``sip:…``; None: this user is not rung."""

    email: str
    role: str
    address: str | None


@dataclass(frozen=True, slots=True)
class RecordingOfLeg:
    carrier_recording_id: str | None
    state: str
    paused_at: datetime | None


@dataclass(frozen=True, slots=True)
class TalkRow:
    attempt_id: UUID
    lead_id: UUID
    first_name: str | None
    last_name: str | None
    campaign: str
    bridged_at: datetime | None
    conference: str | None


@dataclass(frozen=True, slots=True)
class PartyRow:
    attempt_id: UUID
    leg_id: UUID
    kind: str
    state: str
    accepted_at: datetime | None
    live_at: datetime | None
    part: str | None
    took_over_at: datetime | None
    withdrawn_at: datetime | None
    name: str | None
    agent_id: UUID | None
    muted: bool
    held: bool
    listens: str | None
    recording: str | None
    paused_at: datetime | None


@dataclass(frozen=True, slots=True)
class LostParty:
    leg_id: UUID
    attempt_id: UUID
    address: str
    caller_id: str
    carrier: str
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class PartyLeft:
    leg_id: UUID
    attempt_id: UUID
    carrier: str
    carrier_call_id: str | None


ADD_CONTROL = Query("add_control", Id)
CONTROL_BY_ID = Query("control_by_id", ControlRow)
OPEN_CONTROLS = Query("open_controls", ControlRow)
CLAIM_CONTROL = Query("claim_control", ControlRow)
SEND_CONTROL = Query("send_control", Id)
SETTLE_CONTROL = Query("settle_control", Id)
CONTROLS_LEFT = Query("controls_left", Id)
CONTROL_TALK = Query("control_talk", Nothing)
SET_CONFERRED = Query("set_conferred", Nothing)
NOT_CONFERRED = Query("not_conferred", Nothing)
LEAVE_LINE = Query("leave_line", Nothing)
ADD_PARTY = Query("add_party", Nothing)
SAVE_PARTY = Query("save_party", Nothing)
AGENT_TO_RING = Query("agent_to_ring", IdleRow)
AGENT_KNOWN = Query("agent_known", Id)
IDLE_OF_GROUP = Query("idle_of_group", IdleRow)
LISTENER = Query("listener", Listener)
AGENTS_OF_USER = Query("agents_of_user", Id)
RECORDING_OF_LEG = Query("recording_of_leg", RecordingOfLeg)
PAUSE_RECORDING = Query("pause_recording", Id)
TALKS_OF_ACCOUNT = Query("talks_of_account", TalkRow)
LOST_PARTIES = Query("lost_parties", LostParty)
PARTIES_OF_TALKS = Query("parties_of_talks", PartyRow)
PARTIES_LEFT = Query("parties_left", PartyLeft)
