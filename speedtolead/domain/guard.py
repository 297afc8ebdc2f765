"""The source guard: is a source outside its own usual band?

Owns: the test, how often it may cry wolf, and when an alert ends.
Must not know: how leads are counted, or what is done about a bad source.
Too few leads are told as ``not_enough``: that neither starts nor ends an alert.

The test. For each rate, the recent leads are compared with the source's own earlier ones by Fisher's exact test,
one-sided towards the worse: given both totals, the recent count is hypergeometric, so the p-value is right at any
sample size and any usual rate, and it carries the uncertainty of the baseline, which a test against a fixed usual
rate forgets. R. A. Fisher, JRSS 98 (1935), 39-82; A. Agresti, Categorical Data Analysis (3rd ed. 2013), 3.5.1.
A rate is out of band when its p-value is below ``significance / 3`` and it is worse by the minimum effect too, so
that a big source does not alarm for a trifle.

False alarms. ``significance`` is the chance of one at one look, all three rates together (Bonferroni; O. J. Dunn,
JASA 56 (1961), 52-64, holds for dependent tests). The same inequality bounds a month whatever the overlap of its
windows: at one look per 15 minutes, 2,880 looks of 1e-4 make at most 0.288 alerts per source-month. Windows
overlap, so there are fewer: with windows of the last 150 leads, a source in control raises 0.007 alerts a month at
20 to 200 leads a day (the test asserts at most 0.02) and 0.1 at 2,000; near the bound is only one whose windows
never overlap. Leads are taken to be independent: a vendor that sends in batches has more false alarms.

Power. A contact rate that falls from 40 % to 15 % is out of band within 140 leads of the fall in 95 of 100 cases,
half of them within 105 (windows of 150, a baseline of 1,000).

What to count. Recent: the last ``recent_leads`` leads whose outcome is settled (the time in which most contacts
come has passed; else a fresh lead looks like a lost one). Baseline: the ``baseline_leads`` before them; while an
alert is on, those before it began, or a bad source becomes its own usual. Both of the same campaigns and hours,
where these make a difference.

An alert ends when the recent leads are inside the band by a weaker measure (p >= 0.05, or less than half of the
minimum effect), so that it does not flicker at the edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import exp, lgamma

from speedtolead.domain.statistics.rates import wilson


class Rate(StrEnum):
    """What is watched, as a share of a source's leads."""

    CONTACT = "contact"
    """Bad when low; the others are bad when high."""
    INVALID = "invalid"
    DUPLICATE = "duplicate"


class Standing(StrEnum):
    OK = "ok"
    OUT_OF_BAND = "out_of_band"
    NOT_ENOUGH = "not_enough"


@dataclass(frozen=True, slots=True)
class Counts:
    """``hits`` (contacted, invalid or duplicate) of ``leads``."""

    leads: int
    hits: int

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.leads:
            raise ValueError(f"{self.hits} of {self.leads} leads")

    @property
    def share(self) -> float:
        return self.hits / self.leads if self.leads else 0.0


@dataclass(frozen=True, slots=True)
class Watch:
    """How closely a source is watched."""

    significance: float = 1e-4
    """The chance of a false alarm at one look, all rates together."""
    relative_effect: float = 0.30
    absolute_effect: float = 0.02
    """Worse by both, as a share of the usual rate and in points: 2 % duplicates are no alarm at a usual 1 %."""
    minimum_recent: int = 30
    minimum_baseline: int = 100
    release: float = 0.05
    """An alert ends at this p-value, or below half of the minimum effect."""
    recent_leads: int = 150
    baseline_leads: int = 1000

    def false_alarms_at_most(self, looks: int) -> float:
        """Of a source in control, in so many looks, whatever their overlap."""
        return self.significance * looks


STANDARD = Watch()


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rate of one source at one look. ``interval``: Wilson 95 % of the recent rate."""

    rate: Rate
    standing: Standing
    p_value: float | None
    """None: too few leads to tell."""
    recent: Counts
    baseline: Counts
    interval: tuple[float, float] | None
    words: str


def judge(
    rate: Rate, recent: Counts, baseline: Counts, watch: Watch = STANDARD, *, alerting: bool = False
) -> Verdict:
    """Where a source stands by one rate. ``alerting``: its last verdict on this rate was ``out_of_band``."""
    interval = wilson(recent.hits, recent.leads)
    if not _enough(recent, baseline, watch):
        words = (
            f"{recent.leads} recent and {baseline.leads} earlier leads are too few to tell; "
            f"{watch.minimum_recent} and {watch.minimum_baseline} are needed."
        )
        return Verdict(rate, Standing.NOT_ENOUGH, None, recent, baseline, interval, words)
    out = is_out_of_band(rate, recent, baseline, watch, alerting=alerting)
    p = p_value(rate, recent, baseline)
    words = (
        f"The {rate} rate is {recent.share:.1%} of the last {recent.leads} leads; "
        f"usually {baseline.share:.1%} (of {baseline.leads})."
    )
    if out:
        words += " The alert goes on." if alerting else f" By chance alone, one look in {1 / max(p, 1e-12):,.0f}."
    return Verdict(rate, Standing.OUT_OF_BAND if out else Standing.OK, p, recent, baseline, interval, words)


def is_out_of_band(
    rate: Rate, recent: Counts, baseline: Counts, watch: Watch = STANDARD, *, alerting: bool = False
) -> bool:
    """The decision alone; False too where there are too few leads to tell. Cheap: the exact test is made only for
    what is worse by the minimum effect.
    """
    if not _enough(recent, baseline, watch):
        return False
    part, threshold = (0.5, watch.release) if alerting else (1.0, watch.significance / len(Rate))
    worse = recent.share - baseline.share
    if rate is Rate.CONTACT:
        worse = -worse
    if worse < part * max(watch.relative_effect * baseline.share, watch.absolute_effect):
        return False
    return p_value(rate, recent, baseline) < threshold


def p_value(rate: Rate, recent: Counts, baseline: Counts) -> float:
    """Fisher's exact test: the chance that recent leads are at least so much worse, were nothing changed."""
    if rate is Rate.CONTACT:
        return _lower_tail(recent.leads, recent.hits, baseline.leads, baseline.hits)
    good = baseline.leads - baseline.hits
    return _lower_tail(recent.leads, recent.leads - recent.hits, baseline.leads, good)


def _enough(recent: Counts, baseline: Counts, watch: Watch) -> bool:
    return recent.leads >= watch.minimum_recent and baseline.leads >= watch.minimum_baseline


def _lower_tail(n: int, k: int, earlier: int, earlier_hits: int) -> float:
    """P(X <= k), where X of n draws hit, and of all leads ``k + earlier_hits`` do: hypergeometric."""
    hits = k + earlier_hits
    misses = n + earlier - hits
    if k * (n + earlier) >= n * hits:  # at or above the mean: the far tail is the shorter sum, and cannot underflow
        return min(1.0, 1.0 - _sum_from(n, k + 1, hits, misses, +1))
    return min(1.0, _sum_from(n, k, hits, misses, -1))


def _sum_from(n: int, x: int, hits: int, misses: int, step: int) -> float:
    """The sum of P(X = x), P(X = x + step), … away from the mean, until it no longer changes."""
    if x > min(n, hits):
        return 0.0
    term = exp(_log_choose(hits, x) + _log_choose(misses, n - x) - _log_choose(hits + misses, n))
    total = 0.0
    while total + term != total:
        total += term
        if step > 0:
            term *= (hits - x) * (n - x) / ((x + 1) * (misses - n + x + 1))
        else:
            term *= x * (misses - n + x) / ((hits - x + 1) * (n - x + 1))
        x += step
    return total


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
