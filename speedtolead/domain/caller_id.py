"""Which of the account's numbers a person sees when their phone rings.

Owns: the choice, and how many calls a number still has today. Must not know: who counts them, or which numbers
rest; it is given those that may be shown. None left is told as None, never as a number over its limit.

In order: the number that the person saw before, so that they know it and can find us under it; then the nearest by
area code, of the account's own numbers only; then the one with the fewest calls today, so that all take turns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import asin, cos, inf, radians, sin, sqrt

from speedtolead.domain.carrier import CarrierName
from speedtolead.domain.number_watch import Watch

USED_UP = "caller_ids_used_up"
"""Why an attempt waits for the next day: no number of its campaign's is left for today."""
TRIAL_PER_DAY = 20
"""The most calls a day of a number that comes back from a rest, until its answers are judged."""
_EARTH = 6371.0
"""Mean radius, km (IUGG)."""


class Local(StrEnum):
    """Whether a number near the person is shown."""

    NEAREST = "nearest"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class CallerIds:
    """A campaign's terms. ``numbers`` empty: all of the account's. ``watch`` None: nobody looks at answers."""

    numbers: tuple[str, ...] = ()
    local: Local = Local.NEAREST
    sticky: bool = True
    per_day: int | None = None
    """The most calls of one number on one day of the account's zone, whichever campaign made them; None: any."""
    watch: Watch | None = field(default_factory=Watch)

    def has(self, phone: str) -> bool:
        return not self.numbers or phone in self.numbers


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the account that does not rest, and how many calls have shown it today."""

    phone: str
    calls: int = 0
    on_trial: bool = False
    carrier: CarrierName = CarrierName.FIRST
    """The carrier account that owns it."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whom we call. ``saw``: our number that last rang there."""

    phone: str
    saw: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """``limit``: how many calls the number may have today, this one among them; None: any."""

    phone: str
    limit: int | None
    carrier: CarrierName = CarrierName.FIRST


class AreaCodes:
    """How far area codes of +1 are apart: between the middles of the postal codes that each serves.

    ``middles`` are degrees of latitude and longitude by area code. Area codes over one place are near each other.
    """

    def __init__(self, middles: Mapping[str, tuple[float, float]]) -> None:
        self._middles = middles
        self._known: dict[tuple[str, str], float] = {}

    def between(self, one: str, other: str) -> float:
        """Kilometres between two numbers (E.164); 0 of one area code, infinite where a place is not known."""
        pair = (_area_code(one), _area_code(other))
        if pair not in self._known:
            self._known[pair] = self._between(*pair)
        return self._known[pair]

    def _between(self, one: str, other: str) -> float:
        if one and one == other:
            return 0.0
        here, there = self._middles.get(one), self._middles.get(other)
        return inf if here is None or there is None else _great_circle(here, there)


def limit_of(pool: CallerIds, number: Number) -> int | None:
    """The most calls that the number may have today; None: any."""
    limits = [pool.per_day, TRIAL_PER_DAY if number.on_trial else None]
    return min((limit for limit in limits if limit is not None), default=None)


def choose(pool: CallerIds, person: Person, day: Sequence[Number], area_codes: AreaCodes) -> Choice | None:
    """The number to show; None where none of the pool's is left. ``day``: the numbers that may be shown today."""
    found = left(pool, day)
    if not found:
        return None
    if pool.sticky and person.saw is not None:
        known = next((number for number in found if number.phone == person.saw), None)
        if known is not None:
            return Choice(known.phone, limit_of(pool, known), known.carrier)
    near = pool.local is Local.NEAREST

    def order(number: Number) -> tuple[float, int, str]:
        away = area_codes.between(person.phone, number.phone) if near else 0.0
        return away, number.calls, number.phone

    nearest = min(found, key=order)
    return Choice(nearest.phone, limit_of(pool, nearest), nearest.carrier)


def left(pool: CallerIds, day: Sequence[Number]) -> list[Number]:
    """Those of the pool that still have a call today."""
    of_pool = [(number, limit_of(pool, number)) for number in day if pool.has(number.phone)]
    return [number for number, limit in of_pool if limit is None or number.calls < limit]


def _area_code(phone: str) -> str:
    return phone[2:5] if phone.startswith("+1") else ""


def _great_circle(here: tuple[float, float], there: tuple[float, float]) -> float:
    """The haversine formula (R. W. Sinnott, Sky and Telescope 68 (1984), 159)."""
    (lat, long), (to_lat, to_long) = ((radians(x), radians(y)) for x, y in (here, there))
    chord = sin((to_lat - lat) / 2) ** 2 + cos(lat) * cos(to_lat) * sin((to_long - long) / 2) ** 2
    return 2 * _EARTH * asin(min(1.0, sqrt(chord)))
