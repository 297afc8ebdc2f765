"""What a waiting call is worth, and the order in which calls are made when agents or carrier slots are scarce.

Owns: the curve of a lead's age, what a retry is worth beside a first call, the rank that is kept as an indexed
column, and whose turn it is so that nobody waits for ever. Must not know: where a rank is stored, or who is free.
Pure: every time is an argument, and nothing here fails but for a score of 0 or less.

The figures are of two public studies; an account's own curve can take their place (``Pace``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from math import exp, log
from uuid import UUID

from speedtolead.domain.score import HIGHEST

TAU = timedelta(minutes=5)
"""A waiting lead's value falls to 1/e in this time. J. B. Oldroyd, Lead Response Management Study (MIT, 2007): the
odds of reaching a lead called after 30 minutes are 100 times lower than after 5; 25 min / ln 100 = 5.4 min."""
RETRY_TAU = timedelta(hours=1)
"""A retry's value hardly falls: its lead is old already. So long overdue, it gives way to one worth 1/e of it."""
LIFTS: tuple[tuple[timedelta, float], ...] = (
    (timedelta(minutes=1), 3.91),
    (timedelta(minutes=2), 1.60),
    (timedelta(minutes=3), 0.98),
    (timedelta(minutes=30), 0.62),
)
"""Leads360 (2012), 3.5 million leads: how much likelier a lead converts that is called within so long."""
LEFT = (1 - 0.93) ** (1 / 6)
"""Of the leads that convert and were not reached yet, this share is not reached by one call more: 93 % were reached
by the sixth call (Leads360, 2012), taken as equally likely at each: 0.64."""

TURN = 20
"""Of so many picks of a campaign, one goes to whoever is last in its line."""
TURN_AFTER = timedelta(minutes=30)
"""A campaign whose attempts are passed over for others' has a turn this often all the same."""
OVERDUE = timedelta(minutes=10)
"""Nobody has a turn who has waited for less."""
TURN_AHEAD = timedelta(hours=1)
"""Whoever has a turn is ranked as if due so much later: ahead of all who are due now, behind calls that were asked
for."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a waiting call loses its worth, and what a retry is worth beside a first call."""

    tau: timedelta = TAU
    retry_tau: timedelta = RETRY_TAU
    left: float = LEFT


STANDARD = Pace()


def lasting(age: timedelta, lifts: Sequence[tuple[timedelta, float]] = LIFTS) -> float:
    """The share of its worth that a lead keeps at an age: 1 within the study's first minute, then less, above 0.

    ``(1 + lift(age)) / (1 + lift(first))``; between two of the study's points the logarithm of 1 + lift falls
    evenly with the logarithm of the age. After the last nothing more is lost, because the study says no more.
    """
    (first, highest), (last, lowest) = lifts[0], lifts[-1]
    if age <= first:
        return 1.0
    if age >= last:
        return (1 + lowest) / (1 + highest)
    (x0, y0), (x1, y1) = next(pair for pair in pairwise(lifts) if age <= pair[1][0])
    share = log(age / x0) / log(x1 / x0)
    return exp((1 - share) * log(1 + y0) + share * log(1 + y1)) / (1 + highest)


def worth(score: float, age: timedelta, number: int = 1, pace: Pace = STANDARD) -> float:
    """What a call is worth, from 0 to 1: ``score / 100 * lasting(age) * left ** (number - 1)``.

    ``age`` is the lead's when it is called; ``number`` is 1 for the first call that is made to it.
    """
    return score / HIGHEST * lasting(age) * pace.left ** (number - 1)


def rank(received_at: datetime, score: float, tau: timedelta = TAU) -> datetime:
    """The dialling order of waiting leads that were not called yet: the later rank first.

    While a lead waits, its value is taken as ``v(t) = score * exp(-(t - received_at) / tau)``. The logarithm of one
    lead's value over another's does not contain ``t``, so the order never changes and can be kept as a column:
    ``rank = received_at + tau * ln(score / 100)``, for ``v(t) = 100 * exp((rank - t) / tau)``.
    With one ``tau`` the order by value is also the order by what each second of waiting loses, ``v / tau``.
    Raises ValueError for a score of 0 or less. Exact to a microsecond.
    """
    if score <= 0:
        raise ValueError("a score is above 0")
    return received_at + tau * log(score / HIGHEST)


def rank_of_retry(due_at: datetime, score: float, number: int, pace: Pace = STANDARD) -> datetime:
    """The same for the second call to a lead and all after it.

    ``due_at + retry_tau * ln(score / 100 * left ** (number - 1))``. A retry waits from when it is due, not from
    when its lead came. It begins behind the fresh leads of the last hour or so, because it loses little by
    waiting, and goes before older ones.
    """
    return rank(due_at, score * pace.left ** (number - 1), pace.retry_tau)


@dataclass(slots=True)
class _Line:
    since: datetime
    picks: int = 0


@dataclass(slots=True)
class Turns:
    """Counts the picks of each line, and says when its last has a turn: every ``every`` picks, and every ``after``.

    By rank alone whoever is overtaken once is overtaken by all who come later. With turns, an attempt that has n
    others behind it is dialled after at most ``every * (n + 1)`` picks; those behind it are never joined by later
    ones for longer than a rank can set back (a few hours). Fresh leads give one pick in ``every`` for that.
    """

    every: int = TURN
    after: timedelta = TURN_AFTER
    _lines: dict[UUID, _Line] = field(default_factory=dict)

    def picked(self, line: UUID, picks: int, now: datetime) -> bool:
        """So many of a line were picked while others of it may have waited; whether its last has a turn now."""
        at = self._lines.setdefault(line, _Line(now))
        at.picks += picks
        if at.picks < self.every and now - at.since < self.after:
            return False
        self._lines[line] = _Line(now)
        return True
