"""The report on speed: from received to talking, each hop, and the leads that waited longest."""

from __future__ import annotations

from uuid import UUID

from speedtolead.domain.histogram import Histogram, lower_bound
from speedtolead.service.reports.figures import Sums
from speedtolead.service.reports.source_stats import Part
from speedtolead.web.pages import charts, words
from speedtolead.web.pages.charts import Mark
from speedtolead.web.pages.reports.asked import Asked
from speedtolead.web.pages.reports.model import Figure, Panel, Table, count, plain, share, took
from speedtolead.web.services import Services

SPEEDS = ("speed_to_dial", "speed_to_dial_permitted", "speed_to_ring", "speed_to_answer", "speed_to_contact")
HOPS = ("committed", "claimed", "permitted", "requested", "ringing", "answered", "bridged")
CLASSES = ("5", "30", "60", "300")
BOUNDS = (1, 2, 5, 10, 30, 60, 300, 1800, 3600, 86400)
SLOWEST = 10
_NAMES = (*SPEEDS, *(f"{speed}_class" for speed in SPEEDS), *(f"hop_{hop}" for hop in HOPS), "accepted")


async def build(services: Services, account: UUID, asked: Asked) -> list[Panel]:
    figures = services.figures
    sums = await figures.all(account, asked.days, _NAMES)
    by_time = await figures.sums(account, asked.days, ("speed_to_dial", "speed_to_contact"), asked.by)
    by_source = await figures.sums(account, asked.days, (*_NAMES,), "source")
    slow = [] if asked.days.chooses_leads else await figures.slowest(account, asked.days, asked.zone, SLOWEST)
    return [
        _sum(sums, asked),
        _trend(by_time),
        _spread(sums.histogram("speed_to_dial")),
        _hops(sums),
        Panel("sources", "By source", tables=[_by("source", by_source, asked)], wide=True),
        Panel(
            "slowest",
            "Slowest leads",
            "Of the latest 2,000 leads of these days: those that waited longest for their first call.",
            tables=[
                Table(
                    "slowest",
                    ("lead", "source", "speed_to_dial"),
                    [
                        [
                            plain(
                                " ".join(filter(None, (one.first_name, one.last_name))) or words.phone(one.phone),
                                f"/leads/{one.lead_id}",
                            ),
                            plain(one.source),
                            took(one.seconds),
                        ]
                        for one in slow
                    ],
                    "No lead was dialled."
                    if not asked.days.chooses_leads
                    else "Shown without a filter of state, agent or attribute.",
                )
            ],
            wide=True,
        ),
    ]


def within(sums: Sums, speed: str) -> list[Part]:
    """The share within each of the stated seconds."""
    classes, counted = sums.keys(f"{speed}_class"), sums.histogram(speed).counted
    return [Part(sum(classes.get(key, 0) for key in CLASSES[: i + 1]), counted) for i in range(len(CLASSES))]


def slowest_hop(sums: Sums) -> str | None:
    """The hop with the highest median."""
    medians = {hop: sums.histogram(f"hop_{hop}").percentile(0.5) for hop in HOPS}
    known = {hop: median for hop, median in medians.items() if median is not None}
    return max(known, key=lambda hop: known[hop]) if known else None


def _sum(sums: Sums, asked: Asked) -> Panel:
    accepted, figures = sums.n("accepted"), []
    for speed in ("speed_to_dial", "speed_to_contact"):
        told = sums.histogram(speed)
        detail = f"p90 {words.seconds(told.percentile(0.9))} · {told.counted:,} of {accepted:,} leads"
        href = asked.leads("dialled" if speed == "speed_to_dial" else "contacted")
        figures.append(
            Figure(speed, words.seconds(told.percentile(0.5)), detail, "", href if told.counted else None)
        )
    rows = [
        [
            plain(words.label(speed)),
            count(told.counted, None, f"of {accepted:,}"),
            *(took(told.percentile(p)) for p in (0.5, 0.9, 0.99)),
            *(share(part) for part in within(sums, speed)),
        ]
        for speed in SPEEDS
        for told in (sums.histogram(speed),)
    ]
    columns = ("speed", "counted", "p50", "p90", "p99", "within_5", "within_30", "within_60", "within_300")
    aside = "The median large. Percentiles are read from histograms: at most 2 % beside the true ones."
    return Panel(
        "speeds", "From received", aside, figures, tables=[Table("speeds", columns, rows)], wide=True, more=SPEEDS
    )


def _by(what: str, groups: dict[str, Sums], asked: Asked) -> Table:
    rows = [
        [
            plain(name, asked.leads("dialled", **{what: name})),
            count(sums.n("accepted")),
            count(sums.histogram("speed_to_dial").counted),
            took(sums.histogram("speed_to_dial").percentile(0.5)),
            took(sums.histogram("speed_to_dial").percentile(0.9)),
            share(within(sums, "speed_to_dial")[2]),
            took(sums.histogram("speed_to_contact").percentile(0.5)),
            plain(slowest_hop(sums) or words.NONE),
        ]
        for name, sums in groups.items()
    ]
    columns = (what, "accepted", "dialled", "p50_dial", "p90_dial", "within_60", "p50_contact", "slowest_hop")
    return Table(f"by-{what}", columns, rows)


def _trend(groups: dict[str, Sums]) -> Panel:
    days = list(groups)
    dial = [groups[day].histogram("speed_to_dial") for day in days]
    series = {
        "p50": [one.percentile(0.5) for one in dial],
        "p90": [one.percentile(0.9) for one in dial],
    }
    rows = [
        [plain(day), count(one.counted), took(one.percentile(0.5)), took(one.percentile(0.9))]
        for day, one in zip(days, dial, strict=True)
    ]
    chart = charts.trend("Speed to dial over time, p50 and p90", [day[5:] for day in days], series, words.about)
    table = Table("trend", ("day", "counted", "p50", "p90"), rows, folded="As a table")
    return Panel("trend", "Speed to dial, over time", charts=[chart] if days else [], tables=[table])


def _spread(told: Histogram) -> Panel:
    counts = [0] * (len(BOUNDS) + 1)
    for index, n in told.counts.items():
        counts[sum(lower_bound(index) >= bound * 0.9999 for bound in BOUNDS)] += n
    names = [f"≤ {words.seconds(bound).replace(' 00 s', '').replace(' 00 min', '')}" for bound in BOUNDS] + ["more"]
    rows = [[plain(name), share(Part(n, told.counted))] for name, n in zip(names, counts, strict=True)]
    marks = [
        Mark(name.removeprefix("≤ "), n, f"{name}: {n:,} of {told.counted:,} leads")
        for name, n in zip(names, counts, strict=True)
    ]
    chart = charts.columns("How long leads waited for their first call", marks, lambda v: f"{v:,.0f}")
    table = Table("spread", ("waited", "share_of_leads"), rows, folded="As a table")
    return Panel(
        "spread",
        "How long leads waited",
        "Leads by the time to their first call, each column up to its label.",
        charts=[chart],
        tables=[table],
    )


def _hops(sums: Sums) -> Panel:
    slowest = slowest_hop(sums)
    rows = []
    for hop in HOPS:
        told = sums.histogram(f"hop_{hop}")
        cells = [took(v) for v in map(told.percentile, (0.5, 0.9, 0.99))]
        rows.append([plain(hop, None), count(told.counted), *cells])
    line = f"The slowest hop is {slowest}." if slowest else ""
    names = [f"hop:{hop}" for hop in HOPS]
    return Panel(
        "hops",
        "Where the time goes",
        "Each hop of first calls, after the hop before it.",
        lines=[line] if line else [],
        tables=[Table("hops", ("hop", "counted", "p50", "p90", "p99"), rows)],
        wide=True,
        more=names,
    )
