"""Rows of the numbers that calls are made from: how they stand today, how they are answered, what was said of them.

Owns: the statements of ``sql/queries/number.sql``. Must not know: which number is shown, or when one must rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.domain.caller_id import Number
from speedtolead.domain.campaign import Campaign
from speedtolead.store.dial import numbers_of
from speedtolead.store.query import Id, Nothing, Query
from speedtolead.store.settings_json import Json, campaign_of


@dataclass(frozen=True, slots=True)
class PoolRow:
    """``owned`` numbers, of which ``resting`` rest; the others may be shown."""

    owned: int
    resting: int
    calls: int
    numbers: list[str]
    number_carriers: list[str]
    number_calls: list[int]
    number_trials: list[bool]

    @property
    def day(self) -> list[Number]:
        return numbers_of(self.numbers, self.number_carriers, self.number_calls, self.number_trials)


@dataclass(frozen=True, slots=True)
class NumberInFull:
    """``resting`` without ``benched_until``: until somebody says so. ``benched_by``: watch, or who did it."""

    phone: str
    sms: bool
    carrier: str
    calls_today: int
    resting: bool
    on_trial: bool
    benched_at: datetime | None
    benched_until: datetime | None
    benched_by: str | None
    benched_why: str | None


@dataclass(frozen=True, slots=True)
class Phone:
    phone: str


@dataclass(frozen=True, slots=True)
class NumberAlertRow:
    """``phone`` is None where it is about all numbers of the campaign."""

    alert_id: UUID
    kind: str
    campaign: str
    phone: str | None
    opened_at: datetime
    ends_at: datetime | None
    ended_at: datetime | None
    words: str
    facts: Json
    acknowledged_at: datetime | None
    acknowledged_by: str | None


@dataclass(frozen=True, slots=True)
class NumberStatsRow:
    phone: str
    removed: bool
    placed: int
    calls: int
    answered: int
    machines: int
    contacted: int
    failed: int


@dataclass(frozen=True, slots=True)
class CallingCampaign:
    campaign_id: UUID
    account_id: UUID
    name: str
    version: int
    settings: Json

    @property
    def campaign(self) -> Campaign:
        return campaign_of(self.campaign_id, self.version, self.settings)


@dataclass(frozen=True, slots=True)
class WatchedCalls:
    campaign_id: UUID
    phone: str
    first: bool
    recent: bool
    calls: int
    answered: int


POOL = Query("pool", PoolRow)
OPEN_NUMBER_ALERT = Query("open_number_alert", Id)
END_USED_UP = Query("end_used_up", Nothing)
NUMBERS_IN_FULL = Query("numbers_in_full", NumberInFull)
BENCH_NUMBER = Query("bench_number", Phone)
UNBENCH_NUMBER = Query("unbench_number", Phone)
END_NUMBER_ALERT = Query("end_number_alert", Id)
END_USED_UP_OF_ACCOUNT = Query("end_used_up_of_account", Nothing)
LOOK_FOR_NUMBERS_AGAIN = Query("look_for_numbers_again", Nothing)
NUMBER_ALERTS = Query("number_alerts", NumberAlertRow)
ACKNOWLEDGE_NUMBER_ALERT = Query("acknowledge_number_alert", Id)
NUMBER_STATS = Query("number_stats", NumberStatsRow)
CAMPAIGNS_THAT_CALL = Query("campaigns_that_call", CallingCampaign)
WATCHED_CALLS = Query("watched_calls", WatchedCalls)
