"""The watch over caller IDs: has a number's answer rate dropped, and not just its luck?

Owns: the test, when a number rests, and when its trial is passed. Must not know: how calls are counted, or what is
done about a number. Too few calls are told as ``not_enough``: that changes nothing.

An answer is a call that a person took: one that detection called a machine is none, because a number that is shown
as spam goes to voicemail. Counted are calls that rang to their end; those that the carrier could not make, or that
we ended first, say nothing of the number.

The test. A number is out of band when its recent calls were answered less than *both* the other numbers' calls of
the same days and campaign, and its own of the 30 days before. The first comparison alone would blame a number that
always did worse, being far from those it calls; the second alone would blame it for a holiday. Each is a
Cochran-Mantel-Haenszel test, one-sided, with continuity correction, over two strata: first calls and later ones.
Later calls are answered less, and a number that stays with its people makes more of them the longer it is used.
N. Mantel, W. Haenszel, JNCI 22 (1959), 719-748. It is used where its normal approximation holds: N. Mantel,
J. L. Fleiss, Am. J. Epidemiol. 112 (1980), 129-134 (five answers' room to either side).
The drop must be large as well: by ``drop`` of what the strata would lead one to expect.

False alarms. Both tests must be out, so one look at a number in control is wrong with a chance below
``significance``; the test of this module holds it to that by simulation.

Back again. After its rest a number is on trial with few calls a day. When ``minimum`` of them are over it is judged
once more by a weaker measure (p < 0.05 and half of the drop): it rests again, or it is as good as any.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from math import erfc, sqrt

from speedtolead.domain.statistics.rates import wilson

PAST = timedelta(days=30)
"""How far back a number's own past goes, before its recent days."""
_ROOM = 5.0


class Standing(StrEnum):
    OK = "ok"
    OUT_OF_BAND = "out_of_band"
    NOT_ENOUGH = "not_enough"


@dataclass(frozen=True, slots=True)
class Watch:
    """How closely a campaign's numbers are watched, and what follows."""

    over: timedelta = timedelta(days=3)
    """The recent days."""
    minimum: int = 40
    """Recent calls, below which nothing is said; the others and the past need ``2.5`` times as many."""
    drop: float = 0.3
    rest: timedelta = timedelta(days=3)
    significance: float = 1e-3
    release: float = 0.05

    @property
    def minimum_known(self) -> int:
        return self.minimum * 5 // 2


@dataclass(frozen=True, slots=True)
class Answers:
    """``answered`` of ``calls``."""

    calls: int = 0
    answered: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.answered <= self.calls:
            raise ValueError(f"{self.answered} of {self.calls} calls")

    @property
    def share(self) -> float:
        return self.answered / self.calls if self.calls else 0.0


Strata = Mapping[bool, Answers]
"""By whether they were first calls of their leads."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where a number stands. The sums are over both strata; ``interval``: Wilson 95 % of the recent rate."""

    standing: Standing
    recent: Answers
    past: Answers
    others: Answers
    p_past: float | None = None
    p_others: float | None = None
    """None: there was not enough to compare with."""

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.recent.answered, self.recent.calls)

    @property
    def words(self) -> str:
        return (
            f"answered {_told(self.recent)}, the campaign's other numbers {_told(self.others)}, "
            f"itself before {_told(self.past)}"
        )


def judge(recent: Strata, past: Strata, others: Strata, watch: Watch, *, on_trial: bool = False) -> Verdict:
    """Where a number stands. ``on_trial``: it comes back from a rest, and ``past`` is what it was before that."""
    sums = (total(recent), total(past), total(others))
    compared = [_compare(recent, known, watch, on_trial) for known in (past, others)]
    if any(one is None for one in compared):
        return Verdict(Standing.NOT_ENOUGH, *sums)
    (p_past, worse_than_past), (p_others, worse_than_others) = (one for one in compared if one is not None)
    out = worse_than_past and worse_than_others
    return Verdict(Standing.OUT_OF_BAND if out else Standing.OK, *sums, p_past, p_others)


def total(strata: Strata) -> Answers:
    return Answers(sum(a.calls for a in strata.values()), sum(a.answered for a in strata.values()))


def _compare(recent: Strata, known: Strata, watch: Watch, on_trial: bool) -> tuple[float, bool] | None:
    """The p-value, and whether the recent calls are out of band beside the known; None: too few to tell."""
    pairs = [(recent[s], known[s]) for s in recent if s in known and recent[s].calls and known[s].calls]
    calls = sum(mine.calls for mine, _ in pairs)
    if calls < watch.minimum or sum(theirs.calls for _, theirs in pairs) < watch.minimum_known:
        return None
    p = lower_tail(pairs)
    if p is None:
        return None
    answered = sum(mine.answered for mine, _ in pairs)
    expected = sum(mine.calls * theirs.share for mine, theirs in pairs)
    drop, level = (watch.drop / 2, watch.release) if on_trial else (watch.drop, watch.significance)
    return p, p < level and answered <= (1 - drop) * expected


def lower_tail(pairs: Iterable[tuple[Answers, Answers]]) -> float | None:
    """The Cochran-Mantel-Haenszel test: the chance that the first of each pair is answered so little, were both
    answered alike. None where the normal approximation does not hold."""
    seen = mean = variance = least = most = 0.0
    for mine, theirs in pairs:
        n, both, hits = mine.calls, mine.calls + theirs.calls, mine.answered + theirs.answered
        if both < 2:
            continue
        seen += mine.answered
        mean += n * hits / both
        variance += n * theirs.calls * hits * (both - hits) / (both * both * (both - 1))
        least += max(0, hits - theirs.calls)
        most += min(n, hits)
    if min(mean - least, most - mean) < _ROOM or variance <= 0:
        return None
    return 0.5 * erfc(-(seen - mean + 0.5) / sqrt(2 * variance))


def _told(answers: Answers) -> str:
    return f"{100 * answers.share:.0f} % ({answers.answered} of {answers.calls:,})"
