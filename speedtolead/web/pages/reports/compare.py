"""The report that sets pay per call beside pay per lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from speedtolead.domain.benchmark import CALL_TO_SALE, LEAD_TO_SALE, PRICES, Band
from speedtolead.domain.statistics.rates import Estimate
from speedtolead.service.reports.comparing import COMPARED, Opportunities, opportunities, verdicts
from speedtolead.web.pages import words
from speedtolead.web.pages.reports.asked import Asked
from speedtolead.web.pages.reports.model import Cell, Panel, Table, count, money, plain
from speedtolead.web.services import Services

KIND_NAMES = {"form_lead": "Form lead", "lead_to_call": "Lead-to-call", "inbound_call": "Inbound call"}
_HOW = (
    "An opportunity is an accepted lead that was not credited back. A lead-to-call is a form whose person we "
    "dialled within 60 seconds; the other forms were followed up later, or not yet.",
    "Nobody drew lots for this: whoever is dialled late may differ in other ways, such as the hour. It tells what "
    "sold, not what would have sold.",
    "Each rate has its 95 % interval beside it. Where two intervals lie far apart, the difference is hardly luck.",
)


async def build_compare(services: Services, account: UUID, asked: Asked) -> list[Panel]:
    choices: list[tuple[str, str, bool | None]] = [
        ("compare", "Pay per call against pay per lead", asked.days.exclusive)
    ]
    if asked.days.exclusive is None:
        choices += [("exclusive", "Exclusive sources only", True), ("shared", "Shared sources only", False)]
    panels = []
    for key, title, exclusive in choices:
        sums = await services.figures.all(account, replace(asked.days, exclusive=exclusive), COMPARED)
        panels.append(_kinds(key, title, opportunities(sums)))
    prices = [
        [plain(one.trade), plain(_dollars(one.lead)), plain(words.NONE if one.call is None else _dollars(one.call))]
        for one in PRICES
    ]
    panels.append(
        Panel(
            "usual",
            "What is usual",
            f"Rough ranges that the trade publishes. Of qualified calls, {_band(CALL_TO_SALE)} end in a sale; "
            f"of leads, {_band(LEAD_TO_SALE)}.",
            tables=[Table("prices", ("trade", "usual_lead_price", "usual_call_price"), prices)],
        )
    )
    panels.append(
        Panel(
            "how",
            "How to read this",
            lines=_HOW,
        )
    )
    return panels


def _dollars(band: Band) -> str:
    return f"${band.low:,.0f} to ${band.high:,.0f}"


def _kinds(key: str, title: str, kinds: Sequence[Opportunities]) -> Panel:
    lines = [] if key != "compare" and not any(one.leads for one in kinds) else verdicts(kinds)
    columns = (
        *(
            "kind_of_opportunity",
            "opportunities",
            "cost_per_opportunity",
            "to_contact",
            "to_appointment",
            "to_sale",
        ),
        *("cost_per_sale", "opportunity_revenue", "roas"),
    )
    table = Table(key, columns, [_kind(one) for one in kinds])
    return Panel(key, title, tables=[table], lines=lines, wide=True, more=("interval",))


def _kind(one: Opportunities) -> list[Cell]:
    few = "too few sales for an interval" if one.sales else ""
    return [
        plain(KIND_NAMES[one.kind]),
        count(one.leads),
        money(one.cost_per_opportunity, f"{one.priced:,} priced" if one.priced < one.leads else ""),
        _estimate(one.to_contact, one.contacted, one.leads),
        _estimate(one.to_appointment, one.appointments, one.leads),
        _estimate(one.to_sale, one.sales, one.leads),
        _range(one.cost_per_sale, "{:,.2f}"),
        money(one.revenue),
        _range(one.roas, "{:.2f}") if one.roas is not None else money(one.plain_roas, few),
    ]


def _estimate(rate: Estimate | None, part: int, whole: int) -> Cell:
    if rate is None or rate.high is None:
        return Cell(words.NONE)
    between = f"{part:,}/{whole:,} · {words.percent(rate.low)} to {words.percent(rate.high)}"
    return Cell(words.percent(rate.value, 1), rate.value, between)


def _range(value: Estimate | None, form: str) -> Cell:
    if value is None:
        return Cell(words.NONE)
    if value.value is None:
        return Cell(f"over {form.format(value.low)}", None, "no sale yet")
    high = "…" if value.high is None else form.format(value.high)
    return Cell(form.format(value.value), round(value.value, 4), f"{form.format(value.low)} to {high}")


def _band(band: Band) -> str:
    return f"{words.percent(band.low)} to {words.percent(band.high)}"
