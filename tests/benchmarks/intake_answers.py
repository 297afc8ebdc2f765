"""How many posts a second are accepted, and how soon each is answered, beside the floor.

The floor, the service with leads that are called later, the service with leads that are called at once, and the
floor again, in turn. Closed loop: as many posts a second as so many connections get answered. Open loop: the time
to an answer at one rate for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, islice
from statistics import median

import cpu
from figures import machine, percentile
from intake_leads import Fate, bodies, fate, intake_configuration, key_of
from load import Sent, posted
from stage import Running, Stage, floor, service, stage

FLOOR, STORED, LATER, AT_ONCE = "floor", "floor, no call", "service, later", "service, at once"
TURN = (STORED, FLOOR, LATER, AT_ONCE, FLOOR, STORED)
CAMPAIGNS = {LATER: "later", AT_ONCE: "at_once"}
MOST_A_SECOND = {FLOOR: 2500, STORED: 2500, LATER: 800, AT_ONCE: 800}
"""More posts than any target answers in a closed loop; the run ends by the clock."""
WARM_UP_RATE = 20
STALL_SECONDS, DRAIN_SECONDS = 5, 120
"""No run begins while the calls of the one before are still being asked for."""
GOAL = "goal: accepted a second ≥ 50 % of the floor's; answer p99 ≤ 3 × the floor's"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be measured. ``rate`` is that of the open loop, in posts a second."""

    seconds: float
    rounds: int
    connections: int
    rate: int


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one target. Times are milliseconds; CPU is per accepted post."""

    target: str
    rate: int
    """0: closed loop."""
    a_second: float
    answers: list[float]
    late: list[float]
    """How late the generator itself sent; nothing in a closed loop."""
    cpu: float
    database_cpu: float
    fate: Fate | None
    """Of the service's leads."""


class Answers:
    """Runs of one target each, with phones that the service never sees twice."""

    def __init__(self, asked: Asked, on: Stage, floor: Running, service: Running) -> None:
        self._asked = asked
        self._on = on
        self._floor = floor
        self._service = service
        self._numbers = count()
        self._seeds = count(1)

    async def run(self, target: str, rate: int) -> Run:
        asked, on = self._asked, self._on
        bare = target in (FLOOR, STORED)
        running = self._floor if bare else self._service
        most = int((rate or MOST_A_SECOND[target]) * asked.seconds)
        numbers = list(range(most)) if bare else list(islice(self._numbers, most))
        await on.arrivals()
        before = cpu.of_process(running.pid), cpu.of_family(on.postgres_pid)
        sent = await posted(
            {
                "url": running.url + _path(target),
                "headers": {} if bare else {"Authorization": f"Bearer {key_of(CAMPAIGNS[target])}"},
                "bodies": bodies(on.place, numbers),
                "rate": rate,
                "connections": 0 if rate else asked.connections,
                "seconds": 0 if rate else asked.seconds,
                "seed": next(self._seeds),
            }
        )
        accepted = [one for one in sent if one[4] == 202]
        arrivals = await on.all_arrivals(
            len(accepted) if target in (FLOOR, AT_ONCE) else 0, STALL_SECONDS, DRAIN_SECONDS
        )
        after = cpu.of_process(running.pid), cpu.of_family(on.postgres_pid)
        phones = [(one, on.place.phone(numbers[one[0]])) for one in sent]
        each = max(1, len(accepted))
        return Run(
            target,
            rate,
            a_second=len(accepted) / _span(sent),
            answers=[(one[3] - one[2]) / 1e6 for one in accepted],
            late=[(one[2] - one[1]) / 1e6 for one in sent] if rate else [],
            cpu=(after[0] - before[0]) / each,
            database_cpu=(after[1] - before[1]) / each,
            fate=None if bare else await fate(running, phones, arrivals),
        )


def _path(target: str) -> str:
    return {FLOOR: "/leads", STORED: "/stored"}.get(target, "/v1/leads")


def _span(sent: Sequence[Sent]) -> float:
    """Seconds from the first post to the last answer."""
    return (max(one[3] for one in sent) - min(one[2] for one in sent)) / 1e9


async def measure(asked: Asked) -> bool:
    """Prints what was measured; False where a lead was lost or doubled."""
    agents = int(asked.rounds * asked.seconds * (asked.rate + 400)) + 100
    runs: list[Run] = []
    async with stage() as on:
        configuration = intake_configuration(on.place, {"later": "1h", "at_once": "0s"})
        async with floor(on) as bare, service(on, configuration, agents) as full:
            print(machine(on.postgres, on.place.prefix), flush=True)
            answers = Answers(asked, on, bare, full)
            for target in dict.fromkeys(TURN):  # the first posts open connections and plan statements
                await answers.run(target, WARM_UP_RATE)
            for _ in range(asked.rounds):
                for rate in (0, asked.rate):
                    runs += [await answers.run(target, rate) for target in TURN]
    for rate in (0, asked.rate):
        print(_table(rate, asked.connections, [run for run in runs if run.rate == rate]))
    print(GOAL)
    fates = [run.fate for run in runs if run.fate is not None]
    print(_counts(runs))
    return all(one.ok for one in fates)


def _table(rate: int, connections: int, runs: list[Run]) -> str:
    title = f"{rate} posts/s on schedule" if rate else f"{connections} connections, each as fast as it is answered"
    head = "".join(f"{name:>12}" for name in ("accepted/s", "p50 ms", "p99 ms", "cpu/lead", "db cpu", "late p99"))
    lines = ["", f"{title}: medians of the runs, and their range", f"{'':18}{head}{'× a second':>13}{'× p99':>8}"]
    by_target = {target: [run for run in runs if run.target == target] for target in dict.fromkeys(TURN)}
    usual_rate = median(run.a_second for run in by_target[FLOOR])
    usual_p99 = median(percentile(run.answers, 0.99) for run in by_target[FLOOR])
    for target, these in by_target.items():
        a_second = [run.a_second for run in these]
        p99 = [percentile(run.answers, 0.99) for run in these]
        figures = (
            median(a_second),
            median(percentile(run.answers, 0.5) for run in these),
            median(p99),
            median(run.cpu for run in these),
            median(run.database_cpu for run in these),
            median(percentile(run.late, 0.99) for run in these),
        )
        row = f"{target:18}" + "".join(f"{figure:12.2f}" for figure in figures)
        row += f"{median(a_second) / usual_rate:12.2f}×{median(p99) / usual_p99:7.2f}×"
        lines.append(row + f"   {min(a_second):.0f}–{max(a_second):.0f}/s, p99 {min(p99):.1f}–{max(p99):.1f} ms")
    return "\n".join(lines)


def _counts(runs: list[Run]) -> str:
    names = ("posted", "accepted", "refused", "busy", "failed", "dialled", "lost", "doubled")
    lines = ["", f"{'leads':18}" + "".join(f"{name:>10}" for name in names)]
    for target in CAMPAIGNS:
        fates = [run.fate for run in runs if run.target == target and run.fate is not None]
        lines.append(f"{target:18}" + "".join(f"{sum(getattr(one, name) for one in fates):10}" for name in names))
    return "\n".join(lines)
