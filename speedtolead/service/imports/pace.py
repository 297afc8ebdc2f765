"""When an imported lead is to be called: one after another, never all at once.

Owns: the moments, 60 / N seconds apart, of which each lead gets the first that is free and at which it may be
called. Must not know: files, or what was stored.

A lead that may not be called at a moment (it is night where the person is, or the campaign is closed) does not take
it: the next lead for whom it is day does. So a night's leads do not all fall due when the day begins. What becomes
of a lead's first call is the intake's to plan: if it plans another time than was foreseen here, that time is used.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from speedtolead.domain.cadence.plan import CONTACTS
from speedtolead.domain.cadence.planner import Person
from speedtolead.domain.permit import ConsentFacts
from speedtolead.domain.phone import is_fictional
from speedtolead.service.cadences.follow_up import first_of, known_of_post
from speedtolead.service.intake.post import LeadPost
from speedtolead.service.intake.standing import Standing, upper
from speedtolead.service.lawful.permits import Permits
from speedtolead.store.intake import SourceRow

SLOWEST, FASTEST = 0.01, 60_000.0
"""Calls a minute. Times of calls are told in milliseconds: no two of them may be the same."""
USUAL = 30.0
_MOST_LOOKS = 1_000

FirstCall = Callable[[datetime], datetime]
"""When a lead that is scheduled for a moment would be called first: then, or at the next lawful moment."""


class Pace:
    """The moments ``start``, ``start`` + 60/N s, … and which of them are used."""

    def __init__(self, start: datetime, per_minute: float) -> None:
        self._start = start.astimezone(UTC)
        self._step = math.ceil(60_000_000 / per_minute)
        self._used: set[int] = set()
        self._from: dict[Hashable, int] = {}

    def plan(self, now: datetime, alike: Hashable, first_call: FirstCall) -> datetime:
        """The first free moment at which the lead may be called. It is free until ``use`` says otherwise.

        ``alike``: what leads have in common that may be called at the same hours; what was found to be of no use
        to one of them is not looked at again.
        """
        index = self._free(max(self._index(now), self._from.get(alike, 0)))
        for _ in range(_MOST_LOOKS):
            due_at = first_call(self._at(index))
            if due_at <= self._at(index):
                break
            index = self._free(self._index(due_at))
        self._from[alike] = index
        return self._at(index)

    def use(self, at: datetime) -> None:
        """A lead is to be called then."""
        self._used.add(self._index(at))

    def next_free(self, now: datetime) -> datetime:
        return self._at(self._free(self._index(now)))

    def _at(self, index: int) -> datetime:
        return self._start + timedelta(microseconds=index * self._step)

    def _index(self, at: datetime) -> int:
        """The first moment that is not before ``at``."""
        since = at - self._start
        return max(0, -(-since // timedelta(microseconds=self._step)))

    def _free(self, index: int) -> int:
        while index in self._used:
            index += 1
        return index


def first_call_of(row: SourceRow, post: LeadPost, standing: Standing, now: datetime, permits: Permits) -> FirstCall:
    """As the intake will plan it: the cadence's first step, at the next moment that a permit allows."""
    phone, candidates, campaign = standing.phone, standing.candidates, row.campaign
    if phone is None or not candidates:
        return lambda at: at  # will be refused
    given = ConsentFacts.given(post.consent, now)
    facts = permits.unknown_person(phone, given, candidates, now, reassigned=False)  # providers are asked later

    known = known_of_post(
        row.source.name, row.source.exclusive, upper(post.state), post.postal_code, post.attributes, None
    )

    def first_call(at: datetime) -> datetime:
        planned = first_of(campaign, Person(UUID(int=0), now, candidates[0].zone), known, max(now, at))
        if planned is None:
            return at
        if planned.channel not in CONTACTS:
            return planned.due_at
        permit = permits.decide(planned.channel, campaign, facts, planned.due_at)
        return permit.not_before or planned.due_at

    return first_call


def alike(row: SourceRow, standing: Standing) -> Hashable:
    """Leads of the same clocks may be called at the same hours."""
    zones = tuple(dict.fromkeys(candidate.zone for candidate in standing.candidates))
    return row.campaign_id, row.campaign_version, zones, standing.phone is not None and is_fictional(standing.phone)
