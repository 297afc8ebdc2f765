"""The report on contact: whom we reach, by source, campaign, attempt, hour and weekday, and age of the lead."""

from __future__ import annotations

from uuid import UUID

from speedtolead.service.reports.figures import Sums
from speedtolead.service.reports.source_stats import Part
from speedtolead.web.pages import charts, words
from speedtolead.web.pages.charts import Mark
from speedtolead.web.pages.reports.asked import Asked
from speedtolead.web.pages.reports.model import Cell, Figure, Panel, Table, count, plain, rate_figure, share
from speedtolead.web.services import Services

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
AGES = {
    "60": "within 1 min",
    "300": "within 5 min",
    "1800": "within 30 min",
    "3600": "within 1 h",
    "86400": "within 1 day",
    "259200": "within 3 days",
    "more": "later",
}
_LEADS = (
    *("received", "accepted", "dialled", "dialled_contacted", "contacted", "live_answers", "abandoned"),
    *("attempts_to_contact", "contacted_by_us", "short_talk_only", "machine_only", "machine_unknown_only"),
)
_CALLS = ("number_calls", "number_contacts", "hour_calls", "hour_contacts", "age_calls", "age_contacts", "calls")


async def build(services: Services, account: UUID, asked: Asked) -> list[Panel]:
    figures = services.figures
    sums = await figures.all(account, asked.days, (*_LEADS, *_CALLS))
    by_time = await figures.sums(account, asked.days, ("accepted", "contacted"), asked.by)
    by_source = await figures.sums(account, asked.days, _LEADS, "source")
    by_campaign = await figures.sums(account, asked.days, _LEADS, "campaign")
    return [
        _sum(sums, asked),
        _trend(by_time),
        _numbers(sums),
        _hours(sums),
        _ages(sums),
        Panel("sources", "By source", tables=[_by("source", by_source, asked)], wide=True),
        Panel("campaigns", "By campaign", tables=[_by("campaign", by_campaign, asked)], wide=True),
    ]


def _sum(sums: Sums, asked: Asked) -> Panel:
    contacted, accepted = sums.n("contacted"), sums.n("accepted")
    mean, by_us = sums.n("attempts_to_contact"), sums.n("contacted_by_us")
    apart = ", ".join(
        f"{sums.n(name):,} {words.label(name)}"
        for name in ("short_talk_only", "machine_only", "machine_unknown_only")
    )
    return Panel(
        "contact",
        "Whom we reach",
        figures=[
            rate_figure("contact_rate", Part(contacted, accepted), asked.leads("contacted")),
            rate_figure(
                "contact_rate_of_dialled",
                Part(sums.n("dialled_contacted"), sums.n("dialled")),
                asked.leads("dialled"),
            ),
            rate_figure("acceptance_rate", Part(accepted, sums.n("received")), asked.leads("accepted")),
            rate_figure("abandonment_rate", Part(sums.n("abandoned"), sums.n("live_answers"))),
            Figure(
                "attempts_to_contact",
                f"{mean / by_us:.1f}" if by_us else words.NONE,
                f"of {by_us:,} leads that we reached",
            ),
        ],
        lines=[f"Shown apart, never as contact: {apart}."],
        wide=True,
        more=("short_talk_only", "machine_only", "machine_unknown_only", "interval"),
    )


def _trend(groups: dict[str, Sums]) -> Panel:
    days = list(groups)
    rates = [Part(groups[day].n("contacted"), groups[day].n("accepted")) for day in days]
    chart = charts.trend(
        "Contact rate over time",
        [day[5:] for day in days],
        {"contact rate": [one.value for one in rates]},
        words.percent,
    )
    rows = [[plain(day), share(one)] for day, one in zip(days, rates, strict=True)]
    table = Table("trend", ("day", "contact_rate"), rows, folded="As a table")
    return Panel(
        "trend",
        "Contact rate, over time",
        "By the day on which the lead was received: young days still rise.",
        charts=[chart] if days else [],
        tables=[table],
    )


def _numbers(sums: Sums) -> Panel:
    calls, contacts = sums.keys("number_calls"), sums.keys("number_contacts")
    keys = sorted(calls, key=int)
    names = [key if key != "10" else "10 and more" for key in keys]
    parts = [Part(contacts.get(key, 0), calls[key]) for key in keys]
    rows = [[plain(name), count(part.whole), share(part)] for name, part in zip(names, parts, strict=True)]
    marks = [
        Mark(name, part.value or 0.0, f"attempt {name}: {part.part:,} of {part.whole:,} calls")
        for name, part in zip(names, parts, strict=True)
    ]
    chart = charts.columns("Contact rate by attempt number", marks, words.percent)
    table = Table("attempts", ("attempt_number", "calls_made", "contact_rate_of_calls"), rows)
    return Panel(
        "attempts", "By attempt", "Of the calls of these days.", charts=[chart] if rows else [], tables=[table]
    )


def _hours(sums: Sums) -> Panel:
    calls, contacts = sums.keys("hour_calls"), sums.keys("hour_contacts")
    cells, rows = {}, []
    for key in sorted(calls, key=lambda key: tuple(map(int, key.split("-")))):
        weekday, hour = map(int, key.split("-"))
        part = Part(contacts.get(key, 0), calls[key])
        name = f"{WEEKDAYS[weekday - 1]} {hour:02d}:00"
        cells[weekday - 1, hour] = (
            part.value,
            f"{name}: {words.percent(part.value)}, {part.part:,} of {part.whole:,} calls",
        )
        rows.append([plain(name), count(part.whole), share(part)])
    results = sorted(sums.keys("calls").items(), key=lambda one: -one[1])
    total = sum(n for _, n in results)
    ends = Table(
        "results",
        ("result", "share_of_calls"),
        [[plain(words.plain(name)), share(Part(n, total))] for name, n in results],
    )
    chart = charts.heat("Contact rate by weekday and hour", WEEKDAYS, cells)
    table = Table("hours", ("hour_of_week", "calls_made", "contact_rate_of_calls"), rows, folded="As a table")
    return Panel(
        "hours",
        "By weekday and hour",
        "Of the calls of these days, by the hour of the account's zone. Darker: more of them reached somebody.",
        charts=[chart],
        tables=[table, ends],
    )


def _ages(sums: Sums) -> Panel:
    calls, contacts = sums.keys("age_calls"), sums.keys("age_contacts")
    parts = {name: Part(contacts.get(key, 0), calls.get(key, 0)) for key, name in AGES.items()}
    rows = [[plain(name), count(part.whole), share(part)] for name, part in parts.items()]
    table = Table("ages", ("age_at_dial", "calls_made", "contact_rate_of_calls"), rows)
    return Panel(
        "ages",
        "By age of the lead at the call",
        "How old the lead was when this call was made.",
        tables=[table],
    )


def _by(what: str, groups: dict[str, Sums], asked: Asked) -> Table:
    rows = []
    for name, sums in groups.items():
        here = {what: name}
        accepted, contacted = sums.n("accepted"), sums.n("contacted")
        by_us = sums.n("contacted_by_us")
        mean = sums.n("attempts_to_contact") / by_us if by_us else None
        rows.append(
            [
                plain(name, asked.leads("accepted", **here)),
                count(accepted, asked.leads("accepted", **here), f"of {sums.n('received'):,}"),
                count(sums.n("dialled"), asked.leads("dialled", **here)),
                share(Part(contacted, accepted), asked.leads("contacted", **here)),
                share(Part(sums.n("dialled_contacted"), sums.n("dialled"))),
                Cell(words.NONE if mean is None else f"{mean:.1f}", mean),
                share(Part(sums.n("abandoned"), sums.n("live_answers"))),
            ]
        )
    columns = (
        what,
        "accepted",
        "dialled",
        "contact_rate",
        "contact_rate_of_dialled",
        "attempts_to_contact",
        "abandonment_rate",
    )
    return Table(f"by-{what}", columns, rows)
