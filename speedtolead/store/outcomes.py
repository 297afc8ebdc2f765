"""Rows of outcomes: what was reported of leads.

Owns: the statements of ``sql/queries/outcomes.sql``. Must not know: what an outcome does to a lead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from speedtolead.store.query import Id, Nothing, Query


@dataclass(frozen=True, slots=True)
class StateOfLead:
    state: str


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """``not_claimed``: why a return led to no claim."""

    outcome_id: UUID
    kind: str
    value: Decimal | None
    reason: str | None
    note: str | None
    occurred_at: datetime
    reported_at: datetime
    reported_by: str
    not_claimed: str | None


LEAD_OF_OUTCOME = Query("lead_of_outcome", StateOfLead)
ADD_OUTCOME = Query("add_outcome", Id)
OUTCOME_BY_KEY = Query("outcome_by_key", Id)
SAY_NOT_CLAIMED = Query("say_not_claimed", Nothing)
OUTCOMES_OF_LEAD = Query("outcomes_of_lead", OutcomeRow)
