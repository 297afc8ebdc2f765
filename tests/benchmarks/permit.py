"""Decisions of the permit in a second, in one process, with every rule on. No database, no network.

    python tests/benchmarks/permit.py --decisions 20000

Each decision is asked for a moment of its own, as in life: nothing is remembered of it but the day's tables. Times
are those of the processor; by the clock a busy machine adds its own waits.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path

from figures import percentile

from speedtolead.domain.campaign import ContactPolicy
from speedtolead.domain.hours import parse_weekly
from speedtolead.domain.permit import (
    Certified,
    ConsentFacts,
    Contacted,
    Decision,
    Facts,
    ListFact,
    Request,
    Suppressed,
    decide,
)
from speedtolead.domain.place import Candidate
from speedtolead.service.rules.file import shipped

sys.path += [str(Path(__file__).parent.parent), str(Path(__file__).parent.parent / "unit")]
from domain_samples import campaign
from permit_pairs import PLACES

NOON = datetime(2026, 6, 10, 16, tzinfo=UTC)
NIGHT = NOON + timedelta(hours=12)
THREE = (
    Candidate("America/New_York", "FL", "state"),
    Candidate("America/Chicago", "TX", "area_code"),
    Candidate("America/Chicago", "AL", "postal_code"),
)
EVERYTHING = ContactPolicy(
    windows=(("US", parse_weekly({"mon-sun": "08:00-21:00"})),),
    closed=((date(2026, 12, 24), "Christmas Eve"),),
    lifetime=100,
    written_consent=True,
    one_to_one=True,
    consent_age=timedelta(days=90),
    certificate=True,
    lists=("national",),
    exemptions=frozenset({"UT", "WA"}),
)
PERSON = Facts(
    "+12122360142",
    ConsentFacts(("call",), (), "Acme Insurance", True, NOON, Certified.VERIFIED),
    THREE,
    contacts=(Contacted(NOON - timedelta(hours=3), "call", "a-1"),),
    lifetime=1,
    lists=(ListFact("national", NOON, False),),
    inquiry_at=NOON,
    reassigned=False,
)


def requests(now: datetime, places: Sequence[tuple[Candidate, ...]], **facts: object) -> Iterator[Request]:
    """Without end: one lead after another, each 7 ms after the one before."""
    to = replace(campaign(), contact=EVERYTHING)
    moment = now
    for where in cycle(places):
        moment += timedelta(milliseconds=7)
        yield Request("call", to, replace(PERSON, candidates=where, **facts), moment, shipped())  # type: ignore[arg-type]


def measured(name: str, asked: Sequence[Request], expected: Decision | None) -> None:
    wall, cpu = [], []
    for request in asked:
        start, worked = time.perf_counter_ns(), time.thread_time_ns()
        permit = decide(request)
        cpu.append((time.thread_time_ns() - worked) / 1000)
        wall.append((time.perf_counter_ns() - start) / 1000)
        assert expected is None or permit.decision is expected, permit
    mean = sum(cpu) / len(cpu)
    print(
        f"{name:<24}{1e6 / mean:8,.0f} decisions/s of one core   mean {mean:4.0f} µs   "
        f"p50 {percentile(cpu, 0.5):4.0f} µs   p99 {percentile(cpu, 0.99):4.0f} µs   "
        f"(by the clock: p50 {percentile(wall, 0.5):4.0f} µs, p99 {percentile(wall, 0.99):6.0f} µs)"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--decisions", type=int, default=20_000)
    count = parser.parse_args().decisions
    cores = os.cpu_count()
    print(f"{cores} cores {platform.machine()}, Python {platform.python_version()}, {count:,} decisions each")
    print(f"$ python {' '.join(sys.argv)}")
    stop = (Suppressed("said stop", "account"),)
    for name, asked, expected in (
        ("allowed, 1 candidate", requests(NOON, [THREE[:1]]), Decision.ALLOWED),
        ("allowed, 3 candidates", requests(NOON, [THREE]), Decision.ALLOWED),
        ("delayed, 3 candidates", requests(NIGHT, [THREE]), Decision.NOT_BEFORE),
        ("refused, 3 candidates", requests(NOON, [THREE], suppressed=stop), Decision.REFUSED),
    ):
        measured(name, list(islice(asked, count)), expected)
    everywhere = [(Candidate(zone, state, "state"),) for zone, state in PLACES]
    preview = list(islice(requests(NOON, everywhere), 1000))
    start = time.perf_counter()
    said = [decide(request).decision for request in preview]
    spent = time.perf_counter() - start
    shares = ", ".join(f"{said.count(each)} {each}" for each in Decision if each in said)
    print(f"a preview of 1,000 leads, every state in turn: {spent * 1000:.0f} ms ({shares})")


if __name__ == "__main__":
    main()
