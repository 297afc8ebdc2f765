"""Pay per call against pay per lead: which kind of opportunity sells better, as far as the data tell.

Owns: the kinds, their numbers with intervals, and the sentence. Must not know: how they are shown.

An opportunity is an accepted lead that was not credited back: one person's one request. Its kind is how the talk
came about: ``inbound_call``, the person called; ``lead_to_call``, a form whose person was dialled within 60 s;
``form_lead``, a form that was followed up later, or not at all. Nobody drew lots for the kind: whoever is dialled
late may differ (nights, busy desks, poorer sources), so this tells what sold, not what would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from speedtolead.domain.statistics.money import Sums as Money
from speedtolead.domain.statistics.money import cost_per, roas
from speedtolead.domain.statistics.rates import Count, Estimate, difference, rate
from speedtolead.domain.statistics.sample_size import still_needed
from speedtolead.service.reports.figures import Sums
from speedtolead.service.reports.source_stats import per

KINDS = ("form_lead", "lead_to_call", "inbound_call")
WORDS = {
    "form_lead": "form leads that were followed up later",
    "lead_to_call": "lead-to-call",
    "inbound_call": "calls that came in",
}
COMPARED = (
    "kind_leads", "kind_contacted", "kind_appointments", "kind_sales", "kind_cost", "kind_priced", "kind_revenue",
    "kind_revenue_squared", "kind_cost_squared", "kind_products", "kind_paying",
)  # fmt: skip
FEWEST = 30
"""Opportunities of a kind; with fewer nothing is said of which sells better."""
MATTERS = 0.05
"""A difference of sale rates that would change what one buys: five in a hundred."""


@dataclass(frozen=True, slots=True)
class Opportunities:
    """One kind. Rates are of ``leads``; costs are None while no price is known, and leave unpriced leads out."""

    kind: str
    leads: int
    contacted: int
    appointments: int
    sales: int
    priced: int
    cost: Decimal
    revenue: Decimal
    money: Money

    @property
    def to_contact(self) -> Estimate | None:
        return rate(Count(self.contacted, self.leads))

    @property
    def to_appointment(self) -> Estimate | None:
        return rate(Count(self.appointments, self.leads))

    @property
    def to_sale(self) -> Estimate | None:
        return rate(self.sold)

    @property
    def sold(self) -> Count:
        return Count(self.sales, self.leads)

    @property
    def cost_per_opportunity(self) -> Decimal | None:
        return per(self.cost, self.priced)

    @property
    def cost_per_sale(self) -> Estimate | None:
        return cost_per(float(self.cost), self.sold) if self.priced else None

    @property
    def roas(self) -> Estimate | None:
        return roas(self.money) if self.priced else None

    @property
    def plain_roas(self) -> Decimal | None:
        return per(self.revenue, self.cost)


def opportunities(sums: Sums) -> list[Opportunities]:
    """Each kind, in order."""
    return [_of(kind, sums) for kind in KINDS]


def _of(kind: str, sums: Sums) -> Opportunities:
    n = {name.removeprefix("kind_"): sums.n(name, kind) for name in COMPARED}
    f = {name.removeprefix("kind_"): float(sums.amount(name, kind)) for name in COMPARED}
    return Opportunities(
        kind=kind,
        leads=n["leads"],
        contacted=n["contacted"],
        appointments=n["appointments"],
        sales=n["sales"],
        priced=n["priced"],
        cost=sums.amount("kind_cost", kind),
        revenue=sums.amount("kind_revenue", kind),
        money=Money(
            n["leads"], n["paying"], f["revenue"], f["cost"], f["revenue_squared"], f["cost_squared"], f["products"]
        ),
    )


def verdicts(kinds: Sequence[Opportunities]) -> list[str]:
    """A plain sentence for each two kinds: which sells better so far, or how many more are needed to tell."""
    had = [one for one in kinds if one.leads]
    if len(had) < 2:
        return ["There is only one kind of opportunity in this period, so there is nothing to compare it with."]
    return [verdict(one, other) for one, other in combinations(had, 2)]


def verdict(one: Opportunities, other: Opportunities) -> str:
    """Of two kinds that both had leads."""
    apart = difference(one.sold, other.sold)
    assert apart is not None
    enough = min(one.leads, other.leads) >= FEWEST
    if enough and apart.value is not None and apart.excludes(0.0):
        better, worse = (other, one) if apart.value > 0 else (one, other)
        counts = f"{_share(better.sold)} against {_share(worse.sold)}"
        return f"{_first(better)} sell better than {WORDS[worse.kind]} so far: {counts} end in a sale." + _cost(
            better, worse
        )
    more = still_needed(one.sold, other.sold, MATTERS)
    needed = f"about {more:,} more leads of both" if more else "a larger difference than there is"
    needed = needed if enough else f"at least {FEWEST} of each, and {needed}"
    return (
        f"Between {WORDS[one.kind]}, {_share(one.sold)}, and {WORDS[other.kind]}, {_share(other.sold)}, the data "
        f"do not tell yet. A difference of {100 * MATTERS:.0f} points, or the one seen where that is larger, takes "
        f"{needed}."
    )


def _cost(better: Opportunities, worse: Opportunities) -> str:
    """Whether the better seller is the dearer one, for each sale."""
    first, second = better.cost_per_sale, worse.cost_per_sale
    if first is None or second is None or first.value is None or second.value is None:
        return ""
    dearer = "dearer" if first.value > second.value else "cheaper"
    return f" A sale is {dearer} there: {first.value:,.2f} against {second.value:,.2f}."


def _first(one: Opportunities) -> str:
    words = WORDS[one.kind]
    words = "leads of lead-to-call" if one.kind == "lead_to_call" else words
    return words[0].upper() + words[1:]


def _share(count: Count) -> str:
    return f"{100 * (count.rate or 0):.1f} % ({count.hits:,} of {count.of:,})"
