"""The way of one lead through its cadence: what is planned, what is permitted, what came of it, and what then.

Owns: putting planner, permit and answers in turn, as the service does with attempts. Must not know: rows, clocks,
or who answers: that is asked of ``Answers``. Every plan ends, so every walk does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from speedtolead.domain.attempt import AttemptState
from speedtolead.domain.cadence.plan import CONTACTS, Channel
from speedtolead.domain.cadence.planner import Cadence, Course, Made, Over, Person, Planned
from speedtolead.domain.cadence.stops import Stop
from speedtolead.domain.campaign import Campaign
from speedtolead.domain.permit import Contacted, Decision, Facts, Permit
from speedtolead.service.cadences.lawful import lawful
from speedtolead.service.lawful.permits import Permits

_LONGEST = 200
"""Steps of a walk: a plan has at most fifty, and each is taken once."""


@dataclass(frozen=True, slots=True)
class Walker:
    """A lead at its arrival. ``known`` answers the steps' conditions, as at the arrival."""

    lead_id: UUID
    received_at: datetime
    zone: str
    facts: Facts
    known: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Stood:
    """A step that came up. ``put_off``: the decision that moved it from the plan's time to ``at``; ``decided``: the
    decision at that time, None for a step that reaches nobody."""

    planned: Planned
    at: datetime
    put_off: Permit | None
    decided: Permit | None

    @property
    def refused(self) -> bool:
        return self.decided is not None and self.decided.decision is Decision.REFUSED


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a step. ``happened``: what it says beyond its result."""

    result: str
    ended_at: datetime
    happened: frozenset[Stop] = frozenset()


Answers = Callable[[Stood], Answer]
News = Callable[[datetime], frozenset[Stop]]
"""What had happened to the lead by a moment, whatever was done about it."""


def no_news(_: datetime) -> frozenset[Stop]:
    return frozenset()


def nobody_answers(campaign: Campaign) -> Answers:
    """Every call rings to its end, every text and mail is taken, and nobody writes back."""

    def answer(stood: Stood) -> Answer:
        if stood.planned.channel == Channel.CALL:
            return Answer(AttemptState.NO_ANSWER, stood.at + campaign.dial.ring_timeout)
        sent = stood.planned.channel in CONTACTS
        return Answer(AttemptState.SENT if sent else AttemptState.DONE, stood.at)

    return answer


def walk(
    permits: Permits,
    cadence: Cadence,
    campaign: Campaign,
    lead: Walker,
    answers: Answers,
    start: datetime | None = None,
    news: News = no_news,
) -> tuple[list[Stood], Over]:
    """Every step that comes up, in order, and why no more do. ``start``: when the first may be made at the
    earliest; the arrival where it is left out."""
    way: list[Stood] = []
    made: list[Made] = []
    contacts: list[tuple[str, str]] = []
    happened: frozenset[Stop] = frozenset()
    facts, now = lead.facts, start or lead.received_at
    person = Person(lead.lead_id, lead.received_at, lead.zone)
    while len(way) < _LONGEST:
        happened |= news(now)
        known = {**lead.known, **so_far(contacts, now - lead.received_at)}
        known |= {"contacted": Stop.CONTACTED in happened, "replied": Stop.REPLIED in happened}
        counted = sum(1 for _, result in contacts if result not in UNMADE)
        following = cadence.next(Course(made, counted, happened, known), person, now)
        if isinstance(following, Over):
            return way, following
        at, put_off = lawful(permits, campaign, facts, following, lead.lead_id, fresh=not way)
        if not news(at) <= happened:  # it happened while the step was waited for: what comes next is asked again
            happened |= news(at)
            continue
        decided = permits.decide(following.channel, campaign, facts, at) if following.channel in CONTACTS else None
        stood = Stood(following, at, put_off, decided)
        answer = Answer(AttemptState.REFUSED, at) if stood.refused else answers(stood)
        way.append(stood)
        made.append(Made(following.index, answer.result, answer.ended_at))
        if following.channel in CONTACTS:
            contacts.append((following.channel, answer.result))
        happened |= answer.happened
        if following.channel in CONTACTS and answer.result not in UNMADE:
            facts = _contacted(facts, following.channel, at)
        now = max(answer.ended_at, at)
    return way, Over(Stop.NO_STEP_LEFT)


UNMADE = frozenset({AttemptState.REFUSED, AttemptState.EXPIRED, AttemptState.CANCELLED})
"""Results of attempts that reached nobody, and do not count."""


def so_far(contacts: Sequence[tuple[str, str]], age: timedelta) -> dict[str, object]:
    """What conditions may ask of the calls, texts and mails until now, each a channel and its result, in order."""
    counted = [channel for channel, result in contacts if result not in UNMADE]
    return {
        "last": contacts[-1][1] if contacts else None,
        "last_channel": contacts[-1][0] if contacts else None,
        "attempts": len(counted),
        "calls": counted.count(Channel.CALL),
        "texts": counted.count(Channel.SMS),
        "mails": counted.count(Channel.EMAIL),
        "age_days": age // timedelta(days=1),
    }


def _contacted(facts: Facts, channel: str, at: datetime) -> Facts:
    """Caps count calls and texts, not mails."""
    if channel == Channel.EMAIL:
        return facts
    return replace(facts, contacts=(*facts.contacts, Contacted(at, channel)), lifetime=facts.lifetime + 1)
