"""Past leads run through a changed cadence, or changed rules, and nobody contacted.

Owns: what is taken for an answer, and the count. Must not know: who asks, or how it is printed. Reads only.

What people would have answered to calls that were never made nobody knows. So the n-th call of the replay gets what
the n-th call in earnest got, and the n-th text likewise; one beyond them is not answered, or is taken. What people
did by themselves (a reply, an outcome, a stop) happens when it happened. Contacts by other campaigns are not in it,
and the person is taken to be on no list. It tells what would have gone out and been refused, not what would have
been reached.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from speedtolead.domain.attempt import AttemptState
from speedtolead.domain.cadence.plan import CONTACTS, Channel
from speedtolead.domain.cadence.stops import Stop
from speedtolead.domain.campaign import Campaign
from speedtolead.domain.hours import zone_info
from speedtolead.domain.permit import Certified, ConsentFacts, Decision, Facts, Permit
from speedtolead.service.cadences.follow_up import cadence_of, known_of_post
from speedtolead.service.cadences.preview import SAMPLE_RULES
from speedtolead.service.cadences.walk import UNMADE, Answer, Answers, News, Stood, Walker, walk
from speedtolead.service.lawful.permits import Permits, RulesInForce
from speedtolead.store import replay as rows
from speedtolead.store.database import Database
from speedtolead.store.replay import LeadsOfSpan, PastLead
from speedtolead.store.settings_json import candidates_from_json

AT_ONCE = 500
_HAPPENED = {
    "replied": Stop.REPLIED,
    "outcome:appointment": Stop.BOOKED,
    "outcome:quote": Stop.QUOTED,
    "outcome:sale": Stop.SOLD,
    "outcome:return": Stop.RETURNED,
    "lead.closed.stopped": Stop.STOPPED,
}


@dataclass(slots=True)
class StepCount:
    """One step: the leads that it came up for, what became of it, and how long after the arrival it went out."""

    channel: str
    came: int = 0
    out: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    put_off: Counter[str] = field(default_factory=Counter)
    after: list[timedelta] = field(default_factory=list)

    @property
    def median_after(self) -> timedelta | None:
        return sorted(self.after)[len(self.after) // 2] if self.after else None


@dataclass(slots=True)
class Replayed:
    """``made``: what was made in earnest, by channel; ``ends``: why the cadence went on no further, by leads;
    ``hours``: what would have gone out, by the hour of the person's clock."""

    span: LeadsOfSpan
    leads: int = 0
    steps: dict[int, StepCount] = field(default_factory=dict)
    ends: Counter[str] = field(default_factory=Counter)
    made: Counter[str] = field(default_factory=Counter)
    hours: Counter[int] = field(default_factory=Counter)

    def out(self, channel: str) -> int:
        return sum(step.out for step in self.steps.values() if step.channel == channel)

    def refused(self, channel: str) -> int:
        return sum(sum(step.refused.values()) for step in self.steps.values() if step.channel == channel)


class Replays:
    def __init__(self, database: Database, rules: RulesInForce) -> None:
        self._database = database
        self._permits = Permits(rules, False, SAMPLE_RULES)

    async def run(self, account_id: UUID, campaign: Campaign, since: datetime, until: datetime) -> Replayed:
        """The leads that came to the campaign of this name in ``[since, until)``, through this one."""
        of = {"account_id": account_id, "campaign": campaign.name, "since": since, "until": until}
        async with self._database.connection() as tx:
            found = Replayed(await rows.LEADS_OF_SPAN.one(tx, **of))
        after: tuple[datetime | None, UUID | None] = (None, None)
        while True:
            async with self._database.connection() as tx:
                some = await rows.LEADS_TO_REPLAY.all(tx, **of, after_at=after[0], after_id=after[1], most=AT_ONCE)
            for lead in some:
                count(found, self._permits, campaign, lead)
            if len(some) < AT_ONCE:
                return found
            after = some[-1].received_at, some[-1].lead_id


def count(found: Replayed, permits: Permits, campaign: Campaign, lead: PastLead) -> None:
    """One lead's way, added to the count."""
    campaign = campaign.going_by(lead.arms)
    walker = _walker(lead, campaign)
    way, over = walk(permits, cadence_of(campaign), campaign, walker, _answers(lead, campaign), news=_news(lead))
    found.leads += 1
    found.ends[over.reason.value] += 1
    found.made.update(channel for channel, result, _, _ in lead.answers if result not in UNMADE)
    for stood in way:
        step = found.steps.setdefault(stood.planned.index, StepCount(stood.planned.channel))
        step.came += 1
        step.put_off.update(_objecting(stood.put_off, Decision.NOT_BEFORE))
        if stood.refused:
            step.refused.update(_objecting(stood.decided, Decision.REFUSED)[:1])
            continue
        step.out += 1
        step.after.append(stood.at - lead.received_at)
        if stood.planned.channel in CONTACTS:
            found.hours[stood.at.astimezone(zone_info(walker.zone)).hour] += 1


def _objecting(permit: Permit | None, decision: Decision) -> list[str]:
    return [] if permit is None else [v.rule for v in permit.verdicts if v.decision is decision]


def _walker(lead: PastLead, campaign: Campaign) -> Walker:
    candidates = candidates_from_json(lead.candidates)
    certificate = None if lead.certificate is None else Certified(lead.certificate)
    consent = ConsentFacts(tuple(lead.channels), (), lead.seller, lead.written, lead.given_at, certificate)
    facts = Facts(lead.phone, consent, candidates, inquiry_at=lead.received_at, reassigned=False)
    known = known_of_post(
        lead.source_name, lead.exclusive, lead.region, lead.postal_code, lead.attributes, lead.score
    )
    zone = candidates[0].zone if candidates else campaign.timezone
    return Walker(lead.lead_id, lead.received_at, zone, facts, known)


def _answers(lead: PastLead, campaign: Campaign) -> Answers:
    """What was recorded, in turn, a channel at a time."""
    recorded = {
        channel: iter([one for one in lead.answers if one[0] == channel]) for channel in (Channel.CALL, Channel.SMS)
    }

    def answer(stood: Stood) -> Answer:
        channel = stood.planned.channel
        known: Sequence[object] | None = next(recorded.get(Channel(channel), iter(())), None)
        if known is not None:
            _, result, contact, seconds = known
            ended_at = stood.at + timedelta(seconds=float(str(seconds or 0)))
            return Answer(str(result), ended_at, frozenset({Stop.CONTACTED} if contact else ()))
        if channel == Channel.CALL:
            return Answer(AttemptState.NO_ANSWER, stood.at + campaign.dial.ring_timeout)
        return Answer(AttemptState.SENT if channel in CONTACTS else AttemptState.DONE, stood.at)

    return answer


def _news(lead: PastLead) -> News:
    """What the person did by themselves, from when they did it on."""
    dated = [(_HAPPENED.get(kind, Stop.OPTED_OUT if kind.startswith("lead.suppressed") else None), at)
             for kind, at in lead.happened]  # fmt: skip
    known = [(stop, datetime.fromisoformat(at)) for stop, at in dated if stop is not None]
    return lambda moment: frozenset(stop for stop, at in known if at <= moment)
