"""Where the law must hold for one set of places: the clocks of the federal floor and of the states' own rows.

Owns: which clocks bind, each with what makes its place a candidate. Must not know: the moment, the account, or what
follows. It is worked out once for places that many leads share, and never changes: a rule set is never changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from speedtolead.domain.hours import LocalHours
from speedtolead.domain.place import Candidate, binding
from speedtolead.domain.rule_set import FEDERAL, Means, RuleSet, StateHours


class Clock(NamedTuple):
    """The hours of a state, or of the floor, as kept in one zone."""

    local: LocalHours
    hours: StateHours
    because: tuple[str, ...]
    """The origins of the candidates that it is kept for."""


class Ground(NamedTuple):
    """Every clock that a contact by these means is held against."""

    places: tuple[Candidate, ...]
    """The candidates that bind; none: it is not known where the person is."""
    floor: tuple[Clock, ...]
    """47 CFR 64.1200(c)(1), once a zone."""
    states: tuple[Clock, ...]
    """The states that have rows of their own, whether or not one is in force on a day; once a zone and means."""


@lru_cache(maxsize=4096)
def ground(candidates: tuple[Candidate, ...], rules: RuleSet, means: tuple[Means, ...]) -> Ground:
    """No means, as for a mail: no clock."""
    places = tuple(binding(candidates))
    if not means:
        return Ground(places, (), ())
    federal = rules.hours(FEDERAL, means[0])
    by_zone = sorted(places, key=lambda place: place.zone)
    floor = ((LocalHours(place.zone, federal), federal, place.origin) for place in by_zone)
    states = (
        (LocalHours(place.zone, hours), hours, place.origin)
        for place in places
        if place.state in rules.states
        for hours in (rules.hours(place.state or "", each) for each in means)
    )
    return Ground(places, _once(floor), _once(states))


def _once(clocks: Iterable[tuple[LocalHours, StateHours, str]]) -> tuple[Clock, ...]:
    """Each clock once, where it came first, with all its origins."""
    origins: dict[tuple[LocalHours, StateHours], set[str]] = {}
    for local, hours, origin in clocks:
        origins.setdefault((local, hours), set()).add(origin)
    return tuple(Clock(local, hours, tuple(sorted(found))) for (local, hours), found in origins.items())
