"""How much a lead promises: a score of 1 to 100 that explains itself.

Owns: the parts of the score, and their formulas. Must not know: how a source's history is counted, or how waiting
leads are compared (``worth``).
Every input may be missing: its part then gives 0 points and says so. The score only orders leads; it never refuses
one.

A lead of which nothing is known scores ``base``. Each part adds or takes whole points, so that the parts add up to
the value exactly; what 1 and 100 cut off is a part too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from math import log2

from speedtolead.domain.criteria import Criteria, LeadValues, judge

LOWEST, HIGHEST = 1, 100


@dataclass(frozen=True, slots=True)
class History:
    """What became of leads: of ``accepted``, so many were ``contacted`` and so many ``sold``."""

    accepted: int
    contacted: int
    sold: int

    def __post_init__(self) -> None:
        if not (0 <= self.contacted <= self.accepted and 0 <= self.sold <= self.accepted):
            raise ValueError(f"{self.contacted} contacted and {self.sold} sold of {self.accepted} accepted")


_NONE = History(0, 0, 0)


@dataclass(frozen=True, slots=True)
class FitRule:
    """A lead that meets ``when`` gets ``points``, which may be below 0."""

    name: str
    when: Criteria
    points: int


@dataclass(frozen=True, slots=True)
class Penalty:
    """Something that validation found doubtful: so many points (0 or more) are taken away."""

    name: str
    points: int
    words: str


@dataclass(frozen=True, slots=True)
class Weights:
    """The most that each part gives, or takes. The defaults span 0 to 100 without fit rules."""

    base: int = 50
    contact: int = 15
    sale: int = 15
    freshness: int = 10
    price: int = 5
    exclusivity: int = 5
    prior_leads: float = 50.0
    """The prior's strength: a source with so many leads counts half by its own rate, half by the account's."""
    half_life: timedelta = timedelta(minutes=10)
    """A lead that was this old when it arrived has lost half of its freshness: it gives and takes nothing."""


STANDARD = Weights()


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a lead at its arrival; None: not known."""

    values: LeadValues = field(default_factory=LeadValues)
    source: History | None = None
    account: History | None = None
    """All sources of the account, this one among them."""
    age: timedelta | None = None
    """From the form's submission to the lead's arrival."""
    price: Decimal | None = None
    usual_price: Decimal | None = None
    """What the account pays for the middle one of its leads."""
    exclusive: bool | None = None
    penalties: tuple[Penalty, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a score. ``inputs`` are plain values, as they are stored and shown."""

    name: str
    points: int
    words: str
    inputs: dict[str, object]


@dataclass(frozen=True, slots=True)
class Score:
    """``value`` is 1 to 100, and the sum of its parts' points."""

    value: int
    parts: tuple[Part, ...]


def score(known: Known, now: datetime, rules: Sequence[FitRule] = (), weights: Weights = STANDARD) -> Score:
    """The lead's score. ``now`` is when it arrived; fit rules with hours ask it. Every rule that matches counts."""
    own, account = known.source or _NONE, known.account or _NONE
    parts = [
        Part("base", weights.base, "where every lead begins", {}),
        _history(
            "contact",
            weights.contact,
            (own.contacted, own.accepted),
            (account.contacted, account.accepted),
            weights.prior_leads,
        ),
        _history(
            "sale", weights.sale, (own.sold, own.accepted), (account.sold, account.accepted), weights.prior_leads
        ),
        *(_fit(rule, known.values, now) for rule in rules),
        _freshness(known.age, weights),
        _price(known.price, known.usual_price, weights.price),
        _exclusivity(known.exclusive, weights.exclusivity),
        *(Part(f"penalty.{p.name}", -p.points, p.words, {}) for p in known.penalties),
    ]
    total = sum(part.points for part in parts)
    value = min(max(total, LOWEST), HIGHEST)
    if value != total:
        words = f"{total} is outside {LOWEST} to {HIGHEST}"
        parts.append(Part("limits", value - total, words, {"lowest": LOWEST, "highest": HIGHEST}))
    return Score(value, tuple(parts))


def smoothed(count: int, of: int, rate: float, strength: float) -> float:
    """The mean of a rate whose prior is Beta(strength * rate, strength * (1 - rate)), after ``count`` of ``of``.

    ``(count + strength * rate) / (of + strength)``; 0 to 1. Source: A. Gelman et al., Bayesian Data Analysis
    (3rd ed. 2013), section 2.4.
    """
    return (count + strength * rate) / (of + strength) if of + strength > 0 else rate


def _history(name: str, weight: int, own: tuple[int, int], account: tuple[int, int], strength: float) -> Part:
    """``weight * log2(smoothed rate / account's rate)``: all of it at twice the account's rate, none at equal."""
    (count, of), (usual_count, usual_of) = own, account
    if usual_count == 0:
        return Part(name, 0, f"the account has no {name} to compare with", {"account_leads": usual_of})
    usual = usual_count / usual_of
    rate = smoothed(count, of, usual, strength)
    inputs: dict[str, object] = {
        "count": count,
        "of": of,
        "account_rate": round(usual, 4),
        "smoothed_rate": round(rate, 4),
        "prior_leads": strength,
    }
    if of == 0:
        return Part(name, 0, "the source has no history", inputs)
    words = f"{count} of {of} leads of the source, smoothed {rate:.1%}; the account {usual:.1%}"
    return Part(name, round(weight * _doublings(rate / usual)), words, inputs)


def _doublings(ratio: float) -> float:
    """log2, held within -1 (half or less) and 1 (twice or more)."""
    return max(-1.0, min(1.0, log2(ratio))) if ratio > 0 else -1.0


def _fit(rule: FitRule, values: LeadValues, now: datetime) -> Part:
    misses = judge(rule.when, values, now)
    words = misses[0].words if misses else "matches"
    return Part(
        f"fit.{rule.name}", 0 if misses else rule.points, words, {"missed": [miss.field for miss in misses]}
    )


def _freshness(age: timedelta | None, weights: Weights) -> Part:
    """``weight * (2 ** (1 - age / half_life) - 1)``: all of it when fresh, none after one half-life, then less."""
    if age is None:
        return Part("freshness", 0, "the age at arrival is not known", {"age_seconds": None})
    old = max(age, timedelta(0))  # a clock that is ahead of ours makes no lead younger than new
    points = round(weights.freshness * (2 ** (1 - old / weights.half_life) - 1))
    half = weights.half_life.total_seconds()
    inputs: dict[str, object] = {"age_seconds": age.total_seconds(), "half_life_seconds": half}
    return Part("freshness", points, f"{old.total_seconds():.0f} s old at arrival", inputs)


def _price(price: Decimal | None, usual: Decimal | None, weight: int) -> Part:
    """``weight * log2(price / usual price)``: what was paid is the market's opinion, and what waiting loses."""
    inputs: dict[str, object] = {
        "price": None if price is None else str(price),
        "usual_price": None if usual is None else str(usual),
    }
    if not price or not usual:  # a lead that cost nothing was not bought: its price says nothing of it
        return Part("price", 0, "no price to compare", inputs)
    return Part("price", round(weight * _doublings(float(price / usual))), f"{price}, usually {usual}", inputs)


def _exclusivity(exclusive: bool | None, weight: int) -> Part:
    inputs: dict[str, object] = {"exclusive": exclusive}
    if exclusive is None:
        return Part("exclusivity", 0, "not known", inputs)
    return Part("exclusivity", weight if exclusive else -weight, "exclusive" if exclusive else "shared", inputs)
