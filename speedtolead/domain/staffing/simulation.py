"""A simulated hour of calls and agents, served as the dialer serves: whoever has the latest rank first.

Owns: the queue, and the search for the fewest agents. Must not know: where the history comes from.

Each call is drawn from calls that were really made, in the mode in which they are made: how long it held an agent
from the claim until the agent was free again, and after how long lead and agent were talking. So ringing, agents
who take their time, machines, talks and notes are in it as they are. A first call has its place by when the lead
came, a retry far behind it, a person who calls us before all; nobody who talks is interrupted.

An hour is simulated as if it went on like that, without what the hour before left behind; calls come at random at
the hour's pace. What is not in it: the turn that the last in line has now and then, limits of the carrier, and
people who stop being reachable while they wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from math import ceil, sqrt
from random import Random

CALLS = 2000
WARM_UP = 200
"""Calls before those that are counted: the first ones find everybody free."""


@dataclass(frozen=True, slots=True)
class Held:
    """One call: for how many seconds it held an agent, and after how many of them the two were talking (None: no
    contact came of it)."""

    seconds: float
    reached_after: float | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """Calls of one kind. ``ahead``: seconds by which its rank is later than a first call's of the same moment.

    ``reached``: the share of its calls that come to a contact. ``first``: its speed to contact is what is looked
    at.
    """

    per_hour: float
    reached: float
    talks: Sequence[Held]
    silences: Sequence[Held]
    ahead: float = 0.0
    first: bool = False

    @property
    def held(self) -> float:
        """Seconds that a call holds an agent, on average."""
        talk = sum(one.seconds for one in self.talks) / max(1, len(self.talks))
        silence = sum(one.seconds for one in self.silences) / max(1, len(self.silences))
        share = self.reached if self.talks else 0.0
        return share * talk + (1 - share) * silence


@dataclass(frozen=True, slots=True)
class Went:
    """How an hour went. ``speeds``: seconds from when a first call was due to the talk, of those that came to one,
    sorted; ``waits``: of all calls for an agent, as they were made; ``busy``: the agents' share of time."""

    agents: int
    speeds: list[float]
    waits: list[float]
    busy: float

    def percentile(self, share: float) -> float | None:
        """Nearest rank; None where nobody was reached."""
        return self.speeds[max(0, ceil(share * len(self.speeds)) - 1)] if self.speeds else None

    def within(self, seconds: float) -> float | None:
        return sum(one <= seconds for one in self.speeds) / len(self.speeds) if self.speeds else None


def load_of(kinds: Sequence[Kind]) -> float:
    """Agents who would be busy on average, were there enough of them."""
    return sum(kind.per_hour * kind.held for kind in kinds) / 3600


def simulate(kinds: Sequence[Kind], agents: int, seed: int, calls: int = CALLS, *, in_order: bool = False) -> Went:
    """So many calls of an hour that goes on like this. ``in_order``: whoever came first is first, for checks."""
    draw = Random(seed)
    total = sum(kind.per_hour for kind in kinds)
    shares = [kind.per_hour for kind in kinds]
    queue = _Queue(agents, in_order)
    at = 0.0
    for n in range(WARM_UP + calls):
        at += draw.expovariate(total / 3600)
        kind = draw.choices(kinds, shares)[0]
        pool = kind.talks if kind.talks and (not kind.silences or draw.random() < kind.reached) else kind.silences
        queue.came(_Call(at, kind, draw.choice(pool), counts=n >= WARM_UP))
    queue.drain()
    return Went(agents, sorted(queue.speeds), queue.waits, min(1.0, queue.busy / (agents * queue.until)))


@dataclass(frozen=True, slots=True)
class _Call:
    at: float
    kind: Kind
    held: Held
    counts: bool


class _Queue:
    """Agents, each free from some moment on, and calls that wait in the order of their rank."""

    def __init__(self, agents: int, in_order: bool) -> None:
        self._free = agents
        self._in_order = in_order
        self._ends: list[float] = []
        self._waiting: list[tuple[float, int, _Call]] = []
        self._number = 0
        self.speeds: list[float] = []
        self.waits: list[float] = []
        self.busy = 0.0
        self.until = 1e-9

    def came(self, call: _Call) -> None:
        self._release(call.at)
        if self._free:
            self._free -= 1
            self._begin(call, call.at)
            return
        self._number += 1
        place = call.at if self._in_order else -(call.at + call.kind.ahead)
        heappush(self._waiting, (place, self._number, call))

    def drain(self) -> None:
        while self._waiting:
            self._release(self._ends[0])

    def _release(self, until: float) -> None:
        """Agents who are free by then take whoever waits, each at the moment of being free."""
        while self._ends and self._ends[0] <= until:
            at = heappop(self._ends)
            if self._waiting:
                self._begin(heappop(self._waiting)[2], at)
            else:
                self._free += 1

    def _begin(self, call: _Call, at: float) -> None:
        held = call.held
        heappush(self._ends, at + held.seconds)
        self.busy += held.seconds
        self.until = max(self.until, at + held.seconds)
        if call.counts:
            self.waits.append(at - call.at)
            if call.kind.first and held.reached_after is not None:
                self.speeds.append(at - call.at + held.reached_after)


@dataclass(frozen=True, slots=True)
class Needed:
    """The fewest agents that keep the goal, with how it goes then, with one less and with one more.

    ``possible`` False: even an agent for each call would not: what is left is ringing and answering; the agents are
    then those beyond whom nobody waits. ``less`` is None where there is only one.
    """

    possible: bool
    with_these: Went
    less: Went | None
    more: Went


def agents_needed(kinds: Sequence[Kind], goal: float, seed: int, share: float = 0.9, calls: int = CALLS) -> Needed:
    """So that ``share`` of first calls that come to a contact do within ``goal`` seconds.

    Raises ValueError where no call comes.
    """
    load = load_of(kinds)
    if load <= 0:
        raise ValueError("no calls come")
    enough = ceil(load + 4 * sqrt(load) + 4)
    best = simulate(kinds, enough, seed, calls)
    bound, limit = best.percentile(share), goal
    possible = bound is None or bound <= goal
    if not possible:
        assert bound is not None
        limit = bound * 1.02
    agents = max(1, ceil(load))
    went = simulate(kinds, agents, seed, calls)
    while agents < enough and not _keeps(went, limit, share):
        agents += 1
        went = simulate(kinds, agents, seed, calls)
    less = simulate(kinds, agents - 1, seed, calls) if agents > 1 else None
    return Needed(possible, went, less, simulate(kinds, agents + 1, seed, calls))


def _keeps(went: Went, goal: float, share: float) -> bool:
    found = went.percentile(share)
    return found is None or found <= goal
