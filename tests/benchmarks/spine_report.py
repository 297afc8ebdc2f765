"""What was measured, as tables. Must not know: how it was measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from figures import percentile

FLOOR = "floor"
GOAL = "goal: p50 ≤ 2×, p99 ≤ 4× the floor's"


@dataclass(frozen=True, slots=True)
class Result:
    """One run of one target. Times are milliseconds, of the leads after the warm-up; counts are of all."""

    target: str
    rate: int
    round: int
    carrier_delay: int
    posted: int
    accepted: int
    requests: int
    dialled: int
    lost: int
    """Accepted and never asked of the carrier."""
    doubled: int
    """Requests to the carrier beyond the first for a lead, or for no lead that was accepted."""
    dial: Sequence[float]
    """From the post's sending to the carrier request's arrival."""
    answer: Sequence[float]
    late: Sequence[float]
    """How late the generator itself sent: the machine's noise."""
    cpu: float
    """Of the target's own process, for one lead."""
    database_cpu: float
    """Of the Postgres server, for one lead."""
    since: datetime
    until: datetime

    @property
    def ok(self) -> bool:
        return self.lost == 0 and self.doubled == 0


Figure = Callable[[Result], float]
FIGURES: dict[str, Figure] = {
    "dial p50": lambda r: percentile(r.dial, 0.5),
    "dial p99": lambda r: percentile(r.dial, 0.99),
    "answer p50": lambda r: percentile(r.answer, 0.5),
    "answer p99": lambda r: percentile(r.answer, 0.99),
    "cpu/lead": lambda r: r.cpu,
    "db cpu": lambda r: r.database_cpu,
    "late p99": lambda r: percentile(r.late, 0.99),
}
COUNTS = ("posted", "accepted", "requests", "dialled", "lost", "doubled")


def side_by_side(results: Sequence[Result]) -> str:
    """Every round and the medians, the floor first, with each target's ratio to it."""
    lines: list[str] = []
    for rate in dict.fromkeys(r.rate for r in results):
        here = [r for r in results if r.rate == rate]
        targets = list(dict.fromkeys(r.target for r in here))
        lines += ["", f"{rate} leads/s (ms)", _head()]
        for number in dict.fromkeys(r.round for r in here):
            lines += _rows(f"round {number}", {r.target: [r] for r in here if r.round == number})
        lines += _rows("median", {t: [r for r in here if r.target == t] for t in targets})
    return "\n".join([*lines, "", GOAL])


def _head() -> str:
    return f"{'':9}{'':13}" + "".join(f"{name:>11}" for name in FIGURES) + f"{'× p50':>9}{'× p99':>9}"


def _rows(label: str, by_target: dict[str, list[Result]]) -> list[str]:
    floor = by_target.get(FLOOR, [])
    return [_row(label, target, results, floor) for target, results in by_target.items()]


def _row(label: str, target: str, results: list[Result], floor: list[Result]) -> str:
    figures = {name: median(figure(r) for r in results) for name, figure in FIGURES.items()}
    row = f"{label:9}{target:13}" + "".join(f"{value:11.2f}" for value in figures.values())
    if target == FLOOR or not floor:
        return row
    for name in ("dial p50", "dial p99"):
        row += f"{figures[name] / median(FIGURES[name](r) for r in floor):8.2f}×"
    return row


def counts(results: Sequence[Result]) -> str:
    """What became of the leads, over all rounds."""
    lines = ["", f"{'leads':22}" + "".join(f"{name:>11}" for name in COUNTS)]
    for key in dict.fromkeys((r.rate, r.target, r.carrier_delay) for r in results):
        these = [r for r in results if (r.rate, r.target, r.carrier_delay) == key]
        rate, target, delay = key
        name = f"{rate}/s {target}" + (f" {delay} ms" if delay else "")
        lines.append(f"{name:22}" + "".join(f"{sum(getattr(r, c) for r in these):11}" for c in COUNTS))
    return "\n".join(lines)


def slow_carrier(fast: Sequence[Result], slow: Sequence[Result]) -> str:
    """The intake's answer beside the same service with a carrier that answers at once."""
    if not slow:
        return ""
    lines = ["", f"{slow[0].rate} leads/s, {slow[0].target}: the intake's answer (ms, medians of rounds)"]
    for name, results in (("carrier at once", fast), (f"carrier {slow[0].carrier_delay} ms", slow)):
        p50, p99 = (median(FIGURES[f"answer {p}"](r) for r in results) for p in ("p50", "p99"))
        lines.append(f"{name:22}p50{p50:9.2f}   p99{p99:9.2f}")
    return "\n".join(lines)


def hops(title: str, report: dict[str, Any]) -> str:
    """The service's own account of where the time went."""
    lines = ["", f"{title}: hops (ms){'':8}" + "".join(f"{p:>9}" for p in ("p50", "p90", "p99"))]
    for hop in report["hops"]:
        if hop["counted"]:
            lines.append(f"  {hop['hop']:32}" + "".join(f"{hop[p]:9.2f}" for p in ("p50", "p90", "p99")))
    return "\n".join([*lines, f"  slowest: {report['slowest_hop']}"])
