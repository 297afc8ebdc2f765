"""The hour at which a follow-up call is most likely answered, learned from the account's own calls.

Owns: what is believed of an hour, how a lead's hour is drawn from that, and who keeps to the planned time. Must not
know: which calls are counted (``store.best_time``), or what is lawful (it is asked).

A slot is an hour of the person's clock, on a working day or on a weekend. What is believed of one is a beta
distribution, shrunk three times: the account's slot towards the account's rate over all slots, the source's slot
towards the account's, the source's in one state towards the source's. Each step counts as ``STRENGTH`` calls, so
that a slot of which little is known is believed to be like the rest (A. Gelman and others, Bayesian Data Analysis,
3rd ed. 2013, ch. 5; the data of a state are in its source's as well: shrunk a little less than a full model would).

A lead's slot is drawn by Thompson sampling: one draw from what is believed of each slot, and the highest wins (W.
R. Thompson, Biometrika 25 (1933), 285-294; D. Russo and others, A Tutorial on Thompson Sampling, 2018). So hours
that may be good are tried as often as it is likely that they are best. No slot is believed more firmly than
``MOST`` calls would make it: what is nearly as good keeps its share, so that not all calls fall into one hour, and
a change is noticed.

A share of the leads, drawn by hash, keeps the planned times: the holdout that tells whether any of this helps. The
draws are made of lead and step, so that the same lead and the same counts always give the same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from hashlib import blake2b
from random import Random
from uuid import UUID

from speedtolead.domain.hours import zone_info
from speedtolead.domain.score import smoothed
from speedtolead.domain.statistics.rates import Count

HOURS = range(8, 21)
"""The hours of the day that are looked at: whatever the law and the campaign leave of them."""
STRENGTH = 50.0
MOST = 400.0
FEWEST = 200
"""Follow-up calls of the account before any time is chosen by them."""
WITHIN_HOUR = timedelta(minutes=50)
"""Calls of a slot are spread over so much of it."""


class TimedBy(StrEnum):
    LEARNED = "learned"
    HOLDOUT = "holdout"
    """The planned time was kept, to compare with."""


@dataclass(frozen=True, slots=True)
class Slot:
    weekend: bool
    hour: int


SLOTS = [Slot(weekend, hour) for weekend in (False, True) for hour in HOURS]
Answers = Mapping[Slot, Count]
NOTHING: Answers = {}
_NONE = Count(0, 0)


@dataclass(frozen=True)
class Learned:
    """What follow-up calls of an account came to: answers of calls, by slot; of all, by source, by source and
    state."""

    account: Answers = field(default_factory=dict)
    sources: Mapping[UUID, Answers] = field(default_factory=dict)
    states: Mapping[tuple[UUID, str], Answers] = field(default_factory=dict)

    @property
    def calls(self) -> int:
        return sum(count.of for count in self.account.values())

    @property
    def enough(self) -> bool:
        return self.calls >= FEWEST

    @property
    def rate(self) -> float:
        return sum(count.hits for count in self.account.values()) / max(1, self.calls)

    def belief(self, slot: Slot, source_id: UUID | None = None, state: str | None = None) -> tuple[float, float]:
        """The two parameters of the beta distribution: answers and silences, as if seen."""
        mean, seen = self.rate, _NONE
        levels = [self.account]
        if source_id is not None:
            levels.append(self.sources.get(source_id, NOTHING))
            if state:
                levels.append(self.states.get((source_id, state), NOTHING))
        for level in levels:
            before, seen = mean, level.get(slot, _NONE)
            mean = smoothed(seen.hits, seen.of, before, STRENGTH)
        weight = min(STRENGTH + seen.of, MOST)
        mean = min(max(mean, 1e-3), 1 - 1e-3)
        return mean * weight, (1 - mean) * weight

    def mean(self, slot: Slot, source_id: UUID | None = None, state: str | None = None) -> float:
        hits, misses = self.belief(slot, source_id, state)
        return hits / (hits + misses)


@dataclass(frozen=True)
class BestTime:
    """Chooses the hour of one lead's calls. ``lawful``: whether a call may be made then."""

    learned: Learned
    source_id: UUID
    state: str | None
    lawful: Callable[[datetime], bool]

    def choose(
        self,
        lead_id: UUID,
        index: int,
        zone: str,
        due: datetime,
        floor: datetime,
        holdout: float,
        fits: Callable[[datetime], bool],
    ) -> tuple[datetime, TimedBy] | None:
        """When step ``index`` is due, on the day of ``due`` where the lead is, and by whom it was chosen.

        ``fits``: whether the step may be made then. None: the planned time stays and nothing is compared, because
        too little is known or no hour is left.
        """
        if not self.learned.enough:
            return None
        possible = {
            slot: at for slot, at in _moments(lead_id, index, zone, due, floor) if fits(at) and self.lawful(at)
        }
        if not possible:
            return None
        if _even(lead_id, b"holdout") < holdout:
            return due, TimedBy.HOLDOUT
        draw = Random(int(_even(lead_id, b"draw", index) * 2**64))
        drawn = {
            slot: draw.betavariate(*self.learned.belief(slot, self.source_id, self.state)) for slot in possible
        }
        best = max(drawn, key=lambda slot: drawn[slot])
        return possible[best], TimedBy.LEARNED


def _moments(lead_id: UUID, index: int, zone: str, due: datetime, floor: datetime) -> list[tuple[Slot, datetime]]:
    """A moment in each hour of the day of ``due`` where the lead is that has not passed, always the same."""
    place = zone_info(zone)
    day = due.astimezone(place).date()
    offset = WITHIN_HOUR * _even(lead_id, b"within", index)
    found = []
    for hour in HOURS:
        at = (datetime.combine(day, time(hour), place) + offset).astimezone(UTC)
        if at >= floor:
            found.append((Slot(day.weekday() >= 5, hour), at))
    return found


def _even(lead_id: UUID, what: bytes, index: int = 0) -> float:
    """Even in [0, 1) over leads."""
    digest = blake2b(lead_id.bytes + what + index.to_bytes(4), digest_size=8, person=b"best_time").digest()
    return int.from_bytes(digest) / 2**64
