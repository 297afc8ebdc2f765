"""What a source sends, costs and brings, as the API shows it.

Owns: the shape of ``/v1/stats/sources``. Must not know: which sums make which number.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel

from speedtolead.service.reports.period import rate
from speedtolead.service.reports.source_stats import Part, SourceStats
from speedtolead.web.views import Instant, Money, Rate


class ClaimsView(BaseModel):
    """``amount``: what is asked back, or was given; claims of leads without a known price add nothing to it."""

    count: int
    amount: Money


class ReturnsView(BaseModel):
    """``claimed``: every claim that was not withdrawn. ``undecided``: those that may still be credited.

    Only a credited one takes its lead out of the leads, and its cost out of the cost.
    """

    claimed: ClaimsView
    undecided: ClaimsView
    credited: ClaimsView


class SourceCallsView(BaseModel):
    """Calls that came in during the period: ``talked`` with an agent, ``missed``, or left a message (``messages``).

    ``cost`` is the price of the ``billable`` ones, which is in the cost of their leads as well;
    ``cost_per_call`` and ``cost_per_billable_call`` are that ÷ ``received`` and ÷ ``billable``.
    """

    received: int
    talked: int
    missed: int
    messages: int
    billable: int
    cost: Money
    cost_per_call: Money | None
    cost_per_billable_call: Money | None


class SourceStatsView(BaseModel):
    """Of the leads received in the period, whatever became of them since; money in the account's currency.

    ``day`` is set when asked for by day. ``touches``, posts that refreshed a running lead, are in no other number
    than ``duplicate_rate``: refused as duplicate or touched ÷ received + touches. ``invalid_number_rate``: refused
    as ``invalid_phone`` ÷ received. ``contact_rate``: contacted ÷ accepted. ``return_rate``: credited ÷ accepted.

    A lead that was credited back costs and brings nothing: ``appointments``, ``quotes``, ``sales`` (leads with at
    least one) and ``revenue`` (what their sales were worth) are of the other leads; ``net_cost`` is ``cost`` −
    ``credited``; ``net_leads`` and ``net_contacted`` are accepted and contacted leads without those credited back.
    ``cost_per_lead``, ``_contact``, ``_appointment``, ``_sale``: net cost ÷ ``net_leads``, ``net_contacted``,
    ``appointments``, ``sales``. ``roas``: revenue ÷ net cost. Null: the denominator is 0, or no price is known.
    ``unpriced`` accepted leads have no known price and add nothing to the cost.
    """

    source: str
    kind: str
    """``form``, or ``call``: a tracking number, or callers whom no source brought."""
    day: str | None
    received: int
    accepted: int
    refused: int
    refused_by_reason: dict[str, int]
    touches: int
    acceptance_rate: Rate
    duplicate_rate: Rate
    invalid_number_rate: Rate
    dialled: int
    contacted: int
    contact_rate: Rate
    appointments: int
    quotes: int
    sales: int
    returns: ReturnsView
    return_rate: Rate
    cost: Money
    credited: Money
    net_cost: Money
    unpriced: int
    net_leads: int
    net_contacted: int
    cost_per_lead: Money | None
    cost_per_contact: Money | None
    cost_per_appointment: Money | None
    cost_per_sale: Money | None
    revenue: Money
    roas: Money | None
    calls: SourceCallsView


class SourceStatsReport(BaseModel):
    since: Instant
    until: Instant
    sources: list[SourceStatsView]


def source_stats_report(since: datetime, until: datetime, found: Iterable[SourceStats]) -> SourceStatsReport:
    return SourceStatsReport(since=since, until=until, sources=[source_stats_view(one) for one in found])


def source_stats_view(one: SourceStats) -> SourceStatsView:
    row = one.row
    same = SourceStatsView.model_fields.keys() - {"refused", "credited", "calls"}
    shown = {name: getattr(row, name) for name in same if hasattr(row, name)}
    return SourceStatsView(
        **shown,
        refused=one.refused,
        refused_by_reason=row.refused,
        acceptance_rate=_rate(one.acceptance),
        duplicate_rate=_rate(one.duplicates),
        invalid_number_rate=_rate(one.invalid_numbers),
        contact_rate=_rate(one.contact),
        returns=ReturnsView(
            claimed=_claims(row.claimed, row.claimed_amount),
            undecided=_claims(row.undecided, row.undecided_amount),
            credited=_claims(row.credited, row.credited_amount),
        ),
        return_rate=_rate(one.returned),
        credited=row.credited_amount,
        net_cost=one.net_cost,
        cost_per_lead=one.cost_per_lead,
        cost_per_contact=one.cost_per_contact,
        cost_per_appointment=one.cost_per_appointment,
        cost_per_sale=one.cost_per_sale,
        roas=one.roas,
        calls=SourceCallsView(
            received=row.calls,
            talked=row.talked,
            missed=row.missed,
            messages=row.messages,
            billable=row.billable,
            cost=row.call_cost,
            cost_per_call=one.cost_per_call,
            cost_per_billable_call=one.cost_per_billable_call,
        ),
    )


def _rate(given: Part) -> Rate:
    return Rate(**rate(given.part, given.whole))


def _claims(count: int, amount: Decimal) -> ClaimsView:
    return ClaimsView(count=count, amount=amount)
