"""Rows of what each source sent, cost and brought.

Owns: the statement of ``sql/queries/source_stats.sql``. Must not know: which sums make which number.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from speedtolead.store.query import Query
from speedtolead.store.settings_json import Json


@dataclass(frozen=True, slots=True)
class SourceStatsRow:
    """Of the leads received in a period from one source; ``day``: on that day of the account's zone, as YYYY-MM-DD.

    ``refused`` counts by reason. Outcomes and ``revenue`` are of leads that were not credited back; an outcome is
    counted once a lead. ``claimed`` is every claim that was not withdrawn, ``undecided`` those of them that may
    still be credited. ``cost`` is of all accepted leads, of which ``unpriced`` have no known price. ``net_…``:
    without the leads that were credited back.

    ``kind``: ``form`` or ``call``. ``calls`` and what follows are of calls that came in during the period, whosever
    leads they are of: ``talked`` with an agent, ``missed``, ``messages`` left; ``call_cost`` is what the
    ``billable`` ones cost, which is in the cost of their leads as well.
    """

    source: str
    kind: str
    day: str | None
    received: int
    accepted: int
    refused: Json
    touches: int
    dialled: int
    contacted: int
    appointments: int
    quotes: int
    sales: int
    revenue: Decimal
    claimed: int
    claimed_amount: Decimal
    undecided: int
    undecided_amount: Decimal
    credited: int
    credited_amount: Decimal
    cost: Decimal
    unpriced: int
    net_leads: int
    net_contacted: int
    calls: int
    talked: int
    missed: int
    messages: int
    billable: int
    call_cost: Decimal


SOURCE_STATS = Query("source_stats", SourceStatsRow)
