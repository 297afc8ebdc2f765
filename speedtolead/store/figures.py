"""Rows of the sums by day, and of what waits to be counted.

Owns: the statements of ``sql/queries/figure.sql``. Must not know: which numbers are made of them. What counts is
said in one place, ``lead_figures`` in the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from speedtolead.store.ledger import Free
from speedtolead.store.query import Id, Nothing, Query


@dataclass(frozen=True, slots=True)
class LeadToCount:
    lead_id: UUID


@dataclass(frozen=True, slots=True)
class FigureRow:
    """``grouped``: empty where all was asked for; ``key``: empty where the number is not told apart."""

    grouped: str
    name: str
    key: str
    n: Decimal


@dataclass(frozen=True, slots=True)
class AgentTime:
    agent_id: UUID
    name: str
    removed: bool
    state: str
    seconds: float


ACCOUNTS_TO_COUNT = Query("accounts_to_count", Id)
LOCK_COUNT = Query("lock_count", Free)
LEADS_TO_COUNT = Query("leads_to_count", LeadToCount)
COUNT_LEADS = Query("count_leads", Nothing)
FIGURES = Query("figures", FigureRow)
FIGURES_OF_LEADS = Query("figures_of_leads", FigureRow)
FORGET_SPELLS = Query("forget_spells", Nothing)
AGENT_TIMES = Query("agent_times", AgentTime)


@dataclass(frozen=True, slots=True)
class Choice:
    what: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class SuppressedRow:
    reason: str
    origin: str
    people: int


@dataclass(frozen=True, slots=True)
class SlowLead:
    lead_id: UUID
    first_name: str | None
    last_name: str | None
    phone: str | None
    source: str
    received_at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class FoundLead:
    lead_id: UUID
    source: str
    campaign: str
    state: str
    refusal: str | None
    received_at: datetime
    phone: str | None
    first_name: str | None
    last_name: str | None
    region: str | None
    speed_to_dial: float | None
    attempts: int
    contacted: bool
    cost: Decimal | None
    sales: int
    revenue: Decimal | None


@dataclass(frozen=True, slots=True)
class Zone:
    timezone: str


ACCOUNT_ZONE = Query("account_zone", Zone)
REPORT_CHOICES = Query("report_choices", Choice)
SUPPRESSED_IN_PERIOD = Query("suppressed_in_period", SuppressedRow)
SLOWEST_LEADS = Query("slowest_leads", SlowLead)
LEADS_FOUND = Query("leads_found", FoundLead)
