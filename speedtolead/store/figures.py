"""Rows of the sums by day, and of what waits to be counted.

Owns: the statements of ``sql/queries/figure.sql``. Must not know: which numbers are made of them. What counts is
said in one place, ``lead_figures`` in the database.
"""

from __future__ import annotations

from dataclasses import dataclass
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
AGENT_TIMES = Query("agent_times", AgentTime)
