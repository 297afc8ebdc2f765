"""The breaker of a carrier account: when to stop asking it for calls, and how to begin again.

Owns: the states and the rule. Must not know: what is asked, or where this is kept. Time is an argument.

```
closed ──(too many failures)──> open ──(it answers something harmless)──> half open ──(one call goes well)──> closed
                                 ^ └─(no answer: a longer pause)┘             │
                                 └───────────(that call fails, or its end is never heard of)
```
A failure is a request for a call that nobody can tell the end of (timeout, reset, 5xx), or that was refused because
the carrier serves nobody of us (not reached, credentials refused). A number that it will not ring, and "too many",
are answers of a carrier that works.

It opens when of the requests of the last ``WINDOW`` at least ``FAILURES`` failed, and these are at least half; or
when ``FAILURES`` failed in a row, whenever that was. Requests that were sent before the present state began tell
nothing of it, and do not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

WINDOW = timedelta(seconds=30)
FAILURES = 5
SHARE = 0.5
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(seconds=60)
CLOCKS_APART = timedelta(seconds=2)
"""How far nodes' clocks may differ. Less than the first pause, in which nothing is sent: so whatever was sent so
little before a state began was sent by a node whose clock is behind."""
STEADY = timedelta(minutes=1)
"""Opened again within this, it pauses longer than before."""


class BreakerState(StrEnum):
    CLOSED = "closed"
    """Calls go through."""
    OPEN = "open"
    """None does; the carrier is asked something harmless from time to time."""
    HALF_OPEN = "half_open"
    """One does, and tells."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request for a call went that was sent at ``at``. ``failed``: as a failure is defined above."""

    at: datetime
    failed: bool


@dataclass(frozen=True, slots=True)
class Second:
    """Outcomes of one second, by the time at which the requests were sent."""

    at: datetime
    well: int
    failed: int


@dataclass(frozen=True, slots=True)
class Breaker:
    """``try_at``: open, when to ask something harmless; half open, when its one call is given up."""

    state: BreakerState
    since: datetime
    opened_at: datetime | None = None
    """When the trouble began that still goes on; None: there is none."""
    try_at: datetime | None = None
    pauses: int = 0
    """How often it has opened without a steady time between."""
    in_a_row: int = 0
    recent: tuple[Second, ...] = ()

    def passes(self) -> int | None:
        """How many calls it lets through when it comes into its state; None: any number."""
        return {BreakerState.CLOSED: None, BreakerState.OPEN: 0, BreakerState.HALF_OPEN: 1}[self.state]

    @property
    def is_calm(self) -> bool:
        """Closed, with no failure to weigh."""
        return self.state is BreakerState.CLOSED and not self.recent and not self.in_a_row

    def is_due(self, now: datetime) -> bool:
        """Open, and it is time to ask the carrier something harmless."""
        return self.state is BreakerState.OPEN and (self.try_at is None or now >= self.try_at)


def new(now: datetime) -> Breaker:
    return Breaker(BreakerState.CLOSED, now)


def heard(breaker: Breaker, outcomes: Iterable[Outcome], now: datetime) -> Breaker:
    """After these outcomes; with none, after time has passed."""
    counted = sorted((o for o in outcomes if o.at >= breaker.since - CLOCKS_APART), key=lambda o: o.at)
    match breaker.state:
        case BreakerState.CLOSED:
            return _closed(breaker, counted, now)
        case BreakerState.HALF_OPEN:
            return _half_open(breaker, counted, now)
        case BreakerState.OPEN:
            return breaker


def asking(breaker: Breaker, until: datetime) -> Breaker:
    """Open: somebody asks the carrier now, and others do only after ``until``."""
    return replace(breaker, try_at=until)


def answered(breaker: Breaker, well: bool, now: datetime) -> Breaker:
    """What came of asking something harmless. It changes nothing where others have moved the breaker meanwhile."""
    if breaker.state is not BreakerState.OPEN:
        return breaker
    if well:
        return replace(breaker, state=BreakerState.HALF_OPEN, since=now, try_at=None, recent=())
    return _opened(breaker, now, since=breaker.since)


def let_through(breaker: Breaker, given_up_at: datetime) -> Breaker:
    """Half open: the one call was committed, and must be heard of until then."""
    if breaker.state is not BreakerState.HALF_OPEN or breaker.try_at is not None:
        return breaker
    return replace(breaker, try_at=given_up_at)


def _closed(breaker: Breaker, outcomes: Sequence[Outcome], now: datetime) -> Breaker:
    counts = {second.at: (second.well, second.failed) for second in breaker.recent}
    in_a_row = breaker.in_a_row
    for outcome in outcomes:
        at = outcome.at.replace(microsecond=0)
        well, failed = counts.get(at, (0, 0))
        counts[at] = (well, failed + 1) if outcome.failed else (well + 1, failed)
        in_a_row = in_a_row + 1 if outcome.failed else 0
    recent = tuple(Second(at, *counts[at]) for at in sorted(counts) if at > now - WINDOW)
    kept = replace(breaker, recent=recent, in_a_row=in_a_row)
    failed = sum(second.failed for second in recent)
    whole = failed + sum(second.well for second in recent)
    if in_a_row >= FAILURES or (failed >= FAILURES and failed >= SHARE * whole):
        steady = now - breaker.since >= STEADY
        return _opened(replace(kept, pauses=0) if steady else kept, now, since=now)
    return kept if failed else replace(kept, recent=())  # without a failure there is nothing to weigh


def _half_open(breaker: Breaker, outcomes: Sequence[Outcome], now: datetime) -> Breaker:
    given_up = breaker.try_at is not None and now >= breaker.try_at
    if any(outcome.failed for outcome in outcomes) or (given_up and not outcomes):
        return _opened(breaker, now, since=now)
    if outcomes:
        return Breaker(BreakerState.CLOSED, now, pauses=breaker.pauses)
    return breaker


def _opened(breaker: Breaker, now: datetime, since: datetime) -> Breaker:
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(breaker.pauses, 10))
    return Breaker(BreakerState.OPEN, since, breaker.opened_at or now, now + pause, breaker.pauses + 1)
