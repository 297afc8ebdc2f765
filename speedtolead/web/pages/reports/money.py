"""The reports on money: the funnel with what is usual, and what sources cost and bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from speedtolead.domain.benchmark import Band
from speedtolead.service.reports.figures import Sums
from speedtolead.service.reports.funnel import FUNNEL, MONEY, Step, funnel, margin, profit, source_stats
from speedtolead.service.reports.source_stats import Part, SourceStats
from speedtolead.web.pages import charts, words
from speedtolead.web.pages.charts import Mark
from speedtolead.web.pages.reports.asked import Asked
from speedtolead.web.pages.reports.model import Cell, Figure, Panel, Table, count, money, plain, share
from speedtolead.web.services import Services


async def build_funnel(services: Services, account: UUID, asked: Asked) -> list[Panel]:
    sums = await services.figures.all(account, asked.days, FUNNEL)
    before = await services.figures.all(account, asked.days.before(), FUNNEL)
    groups = await services.figures.sums(account, asked.days, FUNNEL, "source")
    steps = funnel(sums)
    rows = [_step(step, old, asked) for step, old in zip(steps, funnel(before), strict=True)]
    marks = [Mark(_short(step.name), step.count, f"{words.label(step.name)}: {step.count:,}") for step in steps]
    chart = charts.columns("Leads at each step", marks, lambda v: f"{v:,.0f}")
    columns = ("step", "leads", "rate_of_step", "usual", "place", "period_before")
    aside = "Of the leads received in these days, whatever became of them since: young leads have still to go on."
    return [
        Panel(
            "funnel",
            "From received to sold",
            aside,
            charts=[chart],
            tables=[Table("steps", columns, rows)],
            wide=True,
            more=FUNNEL,
        ),
        Panel("sources", "By source", tables=[_funnels(groups, asked)], wide=True),
    ]


def _short(name: str) -> str:
    return {"appointments_or_quotes": "appointment"}.get(name, name)


def _step(step: Step, before: Step, asked: Asked) -> list[Cell]:
    first = step.name == "received"
    rate = Cell(words.NONE) if step.rate is None else share(step.rate)
    if step.of is not None and step.rate is not None:
        rate = replace(rate, small=f"of {words.label(step.of)}, {step.rate.part:,}/{step.rate.whole:,}")
    earlier = Cell(f"{before.count:,}", before.count) if first or before.rate is None else share(before.rate)
    usual, place = Cell(words.NONE), Cell(words.NONE)
    if step.band is not None:
        usual = plain(_band(step.band))
        place = _beside(step.rate, step.band)
    return [
        plain(words.label(step.name)),
        count(step.count, asked.leads("" if first else step.name)),
        rate,
        usual,
        place,
        earlier,
    ]


def _band(band: Band) -> str:
    return f"{words.percent(band.low)} to {words.percent(band.high)}"


def _beside(rate: Part | None, band: Band) -> Cell:
    value = None if rate is None else rate.value
    if value is None:
        return Cell(words.NONE)
    where = band.place(value).value
    art = charts.beside(
        value, band.low, band.high, 1.0, f"{words.percent(value, 1)}, {where} the usual {_band(band)}"
    )
    return Cell(where, where, art=art)


def _funnels(groups: dict[str, Sums], asked: Asked) -> Table:
    rows = []
    for name, sums in groups.items():
        steps = {step.name: step for step in funnel(sums)}
        here = {"source": name}
        rows.append(
            [
                plain(name, asked.leads(**here)),
                count(steps["received"].count, asked.leads(**here)),
                *(_rate(steps[one], asked.leads(one, **here)) for one in ("accepted", "dialled", "contacted")),
                *(_rate(steps[one], asked.leads(one, **here)) for one in ("appointments_or_quotes", "sales")),
            ]
        )
    return Table(
        "by-source",
        ("source", "received", "accepted", "dialled", "contacted", "appointments_or_quotes", "sales"),
        rows,
    )


def _rate(step: Step, href: str) -> Cell:
    assert step.rate is not None
    return share(step.rate, href)


async def build_sources(services: Services, account: UUID, asked: Asked) -> list[Panel]:
    kinds = {one.name: one.kind for one in await services.figures.choices(account) if one.what == "source"}
    found = source_stats(await services.figures.sums(account, asked.days, MONEY, "source"), kinds)
    whole = source_stats({"all": await services.figures.all(account, asked.days, MONEY)}, kinds)[0]
    made, kept = profit(whole), margin(whole)
    figures = [
        Figure(
            "net_cost",
            _amount(whole.net_cost),
            f"{_amount(whole.row.cost)} − {_amount(whole.row.credited_amount)} credited",
        ),
        Figure(
            "revenue",
            _amount(whole.row.revenue),
            f"{whole.row.sales:,} leads with a sale",
            "",
            asked.leads("sales") if whole.row.sales else None,
        ),
        Figure("profit", _amount(made), "" if kept is None else f"margin {words.percent(kept)}"),
        Figure(
            "roas",
            words.NONE if whole.roas is None else f"{whole.roas:.2f}",
            f"{_amount(whole.row.revenue)} ÷ {_amount(whole.net_cost)}",
        ),
        Figure("cost_per_sale", _amount(whole.cost_per_sale), f"{_amount(whole.net_cost)} ÷ {whole.row.sales:,}"),
    ]
    aside = "Of the leads received in these days, net of returns, in the account's currency."
    lines = (
        [f"{whole.row.unpriced:,} accepted leads have no known price and add nothing to the cost."]
        if whole.row.unpriced
        else []
    )
    costs = (
        "source",
        "accepted",
        "cost",
        "credited",
        "net_cost",
        "cost_per_lead",
        "cost_per_contact",
        "cost_per_appointment",
        "cost_per_sale",
    )
    brings = (
        "source",
        "return_rate",
        "contact_rate",
        "appointments",
        "sales",
        "revenue",
        "profit",
        "margin",
        "roas",
    )
    return [
        Panel("money", "What leads cost and bring", aside, figures, lines=lines, wide=True),
        Panel(
            "costs",
            "What they cost",
            tables=[Table("costs", costs, [_costs(one, asked) for one in found])],
            wide=True,
        ),
        Panel(
            "brings",
            "What they bring",
            tables=[Table("brings", brings, [_brings(one, asked) for one in found])],
            wide=True,
        ),
        Panel("refusals", "Why leads are refused", tables=[_refusals(found, asked)], wide=True),
    ]


def _costs(one: SourceStats, asked: Asked) -> list[Cell]:
    row, here = one.row, {"source": one.row.source}
    return [
        plain(row.source, f"/sources/{row.source}#figures"),
        count(row.accepted, asked.leads("accepted", **here), f"of {row.received:,}"),
        money(row.cost, f"{row.unpriced:,} without a price" if row.unpriced else ""),
        money(row.credited_amount),
        money(one.net_cost),
        money(one.cost_per_lead, f"÷ {row.net_leads:,}"),
        money(one.cost_per_contact, f"÷ {row.net_contacted:,}"),
        money(one.cost_per_appointment, f"÷ {row.appointments:,}"),
        money(one.cost_per_sale, f"÷ {row.sales:,}"),
    ]


def _brings(one: SourceStats, asked: Asked) -> list[Cell]:
    row, here, kept = one.row, {"source": one.row.source}, margin(one)
    return [
        plain(row.source, f"/sources/{row.source}#figures"),
        share(one.returned),
        share(one.contact, asked.leads("contacted", **here)),
        count(row.appointments, asked.leads("appointments_or_quotes", **here)),
        count(row.sales, asked.leads("sales", **here)),
        money(row.revenue),
        money(profit(one)),
        Cell(words.percent(kept), kept),
        money(one.roas),
    ]


def _refusals(found: Sequence[SourceStats], asked: Asked) -> Table:
    rows = [
        [
            plain(one.row.source),
            plain(words.plain(reason)),
            Cell(
                f"{n:,}",
                n,
                f"of {one.row.received:,}",
                asked.leads("refused", source=one.row.source, refusal=reason),
            ),
        ]
        for one in found
        for reason, n in sorted(one.row.refused.items(), key=lambda item: -item[1])
    ]
    return Table("refusals", ("source", "reason", "refused"), rows, "No lead was refused.")


def _amount(value: Decimal | None) -> str:
    return words.NONE if value is None else f"{value:,.2f}"
