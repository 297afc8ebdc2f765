"""In which order to call when agents and slots are scarce: four orders and the best that was possible, simulated.

    python tests/benchmarks/order.py

A discrete-event simulation with a fixed seed: leads come evenly and in bursts, retries come due, a few agents are
free now and then, and one call a second may begin. The n-th call of a run keeps its agent for as long, whoever is
called; so every order has the same calls at the same moments, and differs in who is called. The bound is the best
assignment of leads to those moments, by somebody who knew all that will come (scipy, linear_sum_assignment).

The expected contacts of a call are ``BASE * worth``: the product's own curve, sourced there. The order under test
calls the product's own functions. The exit code is 1 where it has less than 95 % of the bound in a world that is
judged.
"""

from __future__ import annotations

import argparse
import heapq
import os
import platform
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import numpy
from scipy.optimize import linear_sum_assignment

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from speedtolead.domain.worth import OVERDUE, TURN_AHEAD, Turns, lasting, rank, rank_of_retry, worth

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
BASE = 0.4
"""The contacts of a hundred-point lead called within a minute; it scales all orders alike."""
GOAL = 0.95
LINE = UUID(int=1)


@dataclass(frozen=True, slots=True)
class Job:
    """One call that is to be made: seconds since the start; ``number`` is 1 for a lead that was not called yet."""

    lead_at: float
    due: float
    score: int
    number: int

    def contacts(self, at: float) -> float:
        return BASE * worth(self.score, timedelta(seconds=at - self.lead_at), self.number)


@dataclass(frozen=True, slots=True)
class World:
    """``bursts``: so many leads within a minute, every so many seconds. Rates are an hour's."""

    name: str
    agents: int
    leads: int
    bursts: tuple[int, int] = (0, 0)
    retries: int = 0
    backlog: int = 0
    """Retries that are due when it begins."""
    seconds: int = 7200
    judged: bool = True
    """Whether it has to reach the goal; else it shows what the turns cost when far too many come for hours."""


WORLDS = (
    World("bursts", agents=5, leads=150, bursts=(40, 1200), retries=100),
    World("one call a second", agents=120, leads=1500, bursts=(600, 1800), retries=900, seconds=3600),
    World("a fifth too many", agents=4, leads=240, retries=60, backlog=40),
    World("a flood", agents=4, leads=330, retries=60, backlog=40, judged=False),
)


def jobs_of(world: World, seed: int) -> list[Job]:
    draw = random.Random(f"{world.name} {seed}")

    def score() -> int:
        return min(100, max(1, round(draw.gauss(55, 15))))

    found = []
    for at in _poisson(draw, world.leads / 3600, world.seconds):
        found.append(Job(at, at, score(), 1))
    size, every = world.bursts
    for begins in range(every // 2, world.seconds, every) if every else ():
        for _ in range(size):
            at = begins + draw.uniform(0, 60)
            found.append(Job(at, at, score(), 1))
    dues = [*_poisson(draw, world.retries / 3600, world.seconds), *[0.0] * world.backlog]
    for due in dues:
        number = draw.choice((2, 2, 2, 3, 3, 4, 5, 6))
        found.append(Job(due - 3600 * 2 ** (number - 2), due, score(), number))
    return sorted(found, key=lambda job: job.due)


def _poisson(draw: random.Random, rate: float, seconds: float) -> list[float]:
    found, at = list[float](), 0.0
    while rate > 0 and (at := at + draw.expovariate(rate)) < seconds:
        found.append(at)
    return found


def holds(world: World, seed: int, count: int) -> list[float]:
    """How long the n-th call keeps its agent: a ring in vain, or a talk with notes after it."""
    draw = random.Random(f"holds {world.name} {seed}")
    return [
        draw.uniform(18, 30) if draw.random() < 0.8 else 30 + draw.lognormvariate(4.6, 0.6) for _ in range(count)
    ]


Pick = Callable[[list[Job], float], int]
"""Which of those who wait is called now."""


def run(world: World, jobs: list[Job], lasts: list[float], pick: Pick) -> list[tuple[Job, float]]:
    """The calls that are made, in their order."""
    free = [0.0] * world.agents
    heapq.heapify(free)
    waiting, made, coming, slot = list[Job](), list[tuple[Job, float]](), 0, 0.0
    while True:
        at = max(free[0], slot)
        if not waiting:
            if coming == len(jobs):
                return made
            at = max(at, jobs[coming].due)
        if at >= world.seconds:
            return made
        while coming < len(jobs) and jobs[coming].due <= at:
            waiting.append(jobs[coming])
            coming += 1
        made.append((waiting.pop(pick(waiting, at)), at))
        heapq.heapreplace(free, at + lasts[len(made) - 1])
        slot = at + 1.0


def latest(ranked: Callable[[Job], datetime | float]) -> Pick:
    """Whoever has the latest rank."""
    known: dict[Job, datetime | float] = {}

    def pick(waiting: list[Job], at: float) -> int:
        for job in waiting:
            if job not in known:
                known[job] = ranked(job)
        return max(range(len(waiting)), key=lambda n: known[waiting[n]])

    return pick


def before(job: Job) -> datetime:
    """As it was: every attempt by its lead's arrival and score, retries too."""
    return rank(_moment(job.lead_at), job.score)


def policy(jobs: list[Job]) -> Pick:
    turns = Turns()
    ranks = {
        job: rank(_moment(job.due), job.score)
        if job.number == 1
        else rank_of_retry(_moment(job.due), job.score, job.number)
        for job in jobs
    }

    def pick(waiting: list[Job], at: float) -> int:
        places, now = range(len(waiting)), _moment(at)
        best = max(places, key=lambda n: ranks[waiting[n]])
        if turns.picked(LINE, 1, now):
            last = waiting[min(places, key=lambda n: ranks[waiting[n]])]
            if at - last.due >= OVERDUE.total_seconds() and ranks[waiting[best]] <= now:
                ranks[last] = now + TURN_AHEAD
        return best

    return pick


def _moment(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def bound(jobs: list[Job], made: list[tuple[Job, float]]) -> float:
    """The most contacts that these moments could have brought."""
    shares = numpy.array([lasting(timedelta(seconds=second)) for second in range(1801)])
    moments = numpy.array([at for _, at in made])[:, None]
    fresh = numpy.array([BASE * worth(job.score, timedelta(0), job.number) for job in jobs])
    ages = moments - numpy.array([job.lead_at for job in jobs])
    values = fresh * shares[numpy.clip(ages, 0, 1800).astype(int)]  # by the second begun: never less than it is
    values[moments < numpy.array([job.due for job in jobs])] = 0.0
    rows, columns = linear_sum_assignment(values, maximize=True)
    return float(values[rows, columns].sum())


def report(name: str, jobs: list[Job], made: list[tuple[Job, float]], best: float, until: float) -> float:
    fresh = [job for job in jobs if job.number == 1]
    waits = {job: at - job.due for job, at in made}
    within = [sum(waits.get(job, until) <= s for job in fresh) / len(fresh) for s in (5, 30, 60)]
    got = sum(job.contacts(at) for job, at in made)
    retries = [job for job in jobs if job.number > 1]
    longest = max((waits.get(job, until - job.due) for job in retries), default=0.0)
    late = sum(waits.get(job, until - job.due) > 1800 for job in retries) / max(1, len(retries))
    print(
        f"  {name:<16}{'  '.join(f'{share:6.1%}' for share in within)}   {got:7.1f}   {got / best:6.1%}"
        f"   {longest / 60:6.0f} min   {late:6.1%}"
    )
    return got / best


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=20261123)
    seed = parser.parse_args().seed
    print(f"{os.cpu_count()} cores {platform.machine()}, Python {platform.python_version()}, seed {seed}")
    print(f"$ python {' '.join(sys.argv)}")
    missed = []
    for world in WORLDS:
        jobs = jobs_of(world, seed)
        lasts = holds(world, seed, len(jobs))
        runs = {
            "first come": run(world, jobs, lasts, latest(lambda job: -job.due)),
            "freshest first": run(world, jobs, lasts, latest(lambda job: job.lead_at)),
            "lead's rank": run(world, jobs, lasts, latest(before)),
            "this policy": run(world, jobs, lasts, policy(jobs)),
        }
        moments = {name: [at for _, at in made] for name, made in runs.items()}
        assert all(each == moments["first come"] for each in moments.values()), "an order changed the moments"
        best = bound(jobs, runs["this policy"])
        first = sum(job.number == 1 for job in jobs)
        print(
            f"\n{world.name}: {world.agents} agents, {first} leads and {len(jobs) - first} retries in "
            f"{world.seconds // 60} minutes, {len(moments['first come'])} calls possible"
        )
        print(f"  {'':<16}≤ 5 s   ≤ 30 s  ≤ 60 s   contacts of bound   longest wait, share > 30 min of retries")
        for name, made in runs.items():
            share = report(name, jobs, made, best, world.seconds)
            if name == "this policy" and world.judged and share < GOAL:
                missed.append(f"{world.name}: {share:.1%} of the bound, less than {GOAL:.0%}")
        print(f"  {'bound':<16}{'':24}   {best:7.1f}")
    for line in missed:
        print(f"MISSED {line}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
