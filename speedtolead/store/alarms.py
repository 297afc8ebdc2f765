"""Rows of an account's alarms, what they are read from, and mails to its people.

Owns: the statements of ``sql/queries/alarm.sql``. Must not know: when something is wrong, or what is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.domain.alarm import Standing
from speedtolead.domain.campaign import Campaign
from speedtolead.store.ledger import Free
from speedtolead.store.query import Id, Nothing, Query
from speedtolead.store.settings_json import Json, campaign_of


@dataclass(frozen=True, slots=True)
class AlarmAccount:
    account_id: UUID
    name: str
    timezone: str
    alerts: Json


@dataclass(frozen=True, slots=True)
class Alerts:
    alerts: Json


@dataclass(frozen=True, slots=True)
class SpeedCounts:
    dialled: int
    late: int


@dataclass(frozen=True, slots=True)
class QueueRow:
    waiting: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class DeskRow:
    campaign_id: UUID
    name: str
    version: int
    settings: Json
    at_work: int

    @property
    def campaign(self) -> Campaign:
        return campaign_of(self.campaign_id, self.version, self.settings)


@dataclass(frozen=True, slots=True)
class GoingOn:
    alarm_id: UUID
    kind: str
    subject: str
    began_at: datetime
    opened_at: datetime | None
    good_since: datetime | None
    quiet: bool

    @property
    def standing(self) -> Standing:
        return Standing(self.began_at, self.opened_at, self.good_since)


@dataclass(frozen=True, slots=True)
class QuietKind:
    kind: str
    until: datetime
    set_by: str


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """``ended_at`` None: it goes on."""

    alarm_id: UUID
    kind: str
    subject: str
    opened_at: datetime
    ended_at: datetime | None
    words: str
    facts: Json
    acknowledged_at: datetime | None
    acknowledged_by: str | None


@dataclass(frozen=True, slots=True)
class NoticeRow:
    notice_id: UUID
    receiver: str
    sender: str
    subject: str
    body: str
    html: str
    tries: int


ALARM_ACCOUNTS = Query("alarm_accounts", AlarmAccount)
ACCOUNT_ALERTS = Query("account_alerts", Alerts)
SET_ACCOUNT_ALERTS = Query("set_account_alerts", Nothing)
RECENT_SPEED = Query("recent_speed", SpeedCounts)
QUEUE_NOW = Query("queue_now", QueueRow)
DESKS_NOW = Query("desks_now", DeskRow)
HOLD_ALARMS = Query("hold_alarms", Free)
ALARMS_GOING_ON = Query("alarms_going_on", GoingOn)
ADD_ALARM = Query("add_alarm", Nothing)
PUT_ALARM = Query("put_alarm", Nothing)
FORGET_ALARM = Query("forget_alarm", Nothing)
QUIET_KINDS = Query("quiet_kinds", QuietKind)
SET_QUIET = Query("set_quiet", Nothing)
ALARMS_OF_ACCOUNT = Query("alarms_of_account", AlarmRow)
ACKNOWLEDGE_ALARM = Query("acknowledge_alarm", Id)
ALARM_EXISTS = Query("alarm_exists", Id)
ADD_NOTICE = Query("add_notice", Id)
NOTICE_MADE = Query("notice_made", Id)
CLAIM_NOTICE = Query("claim_notice", NoticeRow)
NOTICE_DONE = Query("notice_done", Nothing)
