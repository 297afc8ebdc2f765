"""The funnel, and what sources cost and bring, from sums by day.

Owns: which sums make which step or number. Must not know: how it is asked for or shown. A lead that its vendor
credited back is in the steps up to contact, and in none after it: it costs and brings nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from speedtolead.domain.benchmark import CONTACT_TO_APPOINTMENT, LEAD_TO_CONTACT, LEAD_TO_SALE, Band
from speedtolead.service.reports.figures import Sums
from speedtolead.service.reports.source_stats import Part, SourceStats
from speedtolead.store.source_stats import SourceStatsRow

FUNNEL = (
    *("received", "accepted", "dialled", "contacted"),
    *("net_leads", "net_contacted", "appointments_or_quotes", "sales"),
)
"""The sums that the funnel is made of."""
MONEY = (
    *("received", "accepted", "refused", "touches", "dialled", "contacted", "net_leads", "net_contacted"),
    *("appointments", "quotes", "sales", "revenue", "cost", "unpriced", "claimed", "claimed_amount"),
    *("calls_in", "calls_billable", "calls_cost"),
)
"""The sums that a source's numbers are made of."""
_UNDECIDED = ("prepared", "sent")


@dataclass(frozen=True, slots=True)
class Step:
    """A step, with its rate of the step or steps that it is compared with; ``band``: what is usual of that rate."""

    name: str
    count: int
    of: str | None
    rate: Part | None
    band: Band | None = None


def funnel(sums: Sums) -> list[Step]:
    """received → accepted → dialled → contacted → appointment or quote → sale."""
    n = {name: sums.n(name) for name in FUNNEL}

    def step(name: str, of: str | None = None, whole: str | None = None, band: Band | None = None) -> Step:
        return Step(name, n[name], of, None if of is None else Part(n[name], n[whole or of]), band)

    return [
        step("received"),
        step("accepted", "received"),
        step("dialled", "accepted"),
        step("contacted", "accepted", band=LEAD_TO_CONTACT),
        step("appointments_or_quotes", "contacted", "net_contacted", CONTACT_TO_APPOINTMENT),
        step("sales", "accepted", "net_leads", LEAD_TO_SALE),
    ]


def source_stats(groups: Mapping[str, Sums], kinds: Mapping[str, str]) -> list[SourceStats]:
    """The numbers of each source in which something was counted; ``kinds``: form or call, by source."""
    return [SourceStats(_row(name, kinds.get(name, "form"), sums)) for name, sums in groups.items()]


def _row(source: str, kind: str, sums: Sums) -> SourceStatsRow:
    claims = dict(sums.by_name.get("claimed_amount", {}))
    return SourceStatsRow(
        source=source,
        kind=kind,
        day=None,
        received=sums.n("received"),
        accepted=sums.n("accepted"),
        refused=sums.keys("refused"),
        touches=sums.n("touches"),
        dialled=sums.n("dialled"),
        contacted=sums.n("contacted"),
        appointments=sums.n("appointments"),
        quotes=sums.n("quotes"),
        sales=sums.n("sales"),
        revenue=sums.amount("revenue"),
        claimed=sums.total("claimed"),
        claimed_amount=sum(claims.values(), Decimal(0)),
        undecided=sum(sums.n("claimed", state) for state in _UNDECIDED),
        undecided_amount=sum((claims.get(state, Decimal(0)) for state in _UNDECIDED), Decimal(0)),
        credited=sums.n("claimed", "credited"),
        credited_amount=claims.get("credited", Decimal(0)),
        cost=sums.amount("cost"),
        unpriced=sums.n("unpriced"),
        net_leads=sums.n("net_leads"),
        net_contacted=sums.n("net_contacted"),
        calls=sums.total("calls_in"),
        talked=sums.n("calls_in", "talk"),
        missed=sums.n("calls_in", "missed"),
        messages=sums.n("calls_in", "voicemail"),
        billable=sums.n("calls_billable"),
        call_cost=sums.amount("calls_cost"),
    )


def profit(one: SourceStats) -> Decimal | None:
    """Revenue less net cost; None while no price of its leads is known."""
    return None if one.row.unpriced >= one.row.accepted and one.row.accepted else one.row.revenue - one.net_cost


def margin(one: SourceStats) -> float | None:
    """Profit ÷ revenue; None without revenue."""
    made = profit(one)
    return None if made is None or not one.row.revenue else float(made / one.row.revenue)
