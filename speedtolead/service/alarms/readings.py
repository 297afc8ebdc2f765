"""What is looked at for an account's alarms, and when each is bad or good.

Owns: what is counted, and the limits. Must not know: what follows. Between bad and good there is a gap, in which an
alarm neither rises nor ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from speedtolead.domain.alarm import AlarmKind, AlertTerms, Reading
from speedtolead.domain.hours import LocalHours, is_open, zone_info
from speedtolead.domain.statistics.rates import Count, difference
from speedtolead.service.calling.carriers import CarrierWatch
from speedtolead.service.lawful.do_not_call import DoNotCall, ListStanding
from speedtolead.service.reports.figures import Days, Figures
from speedtolead.store import alarms as rows
from speedtolead.store.carriers import BreakerRow
from speedtolead.store.database import Database

LATELY = timedelta(hours=1)
FEWEST_DIALLED = 10
LATE_IS_BAD, LATE_IS_GOOD = 0.10, 0.05
"""Shares of leads over the goal: nine in ten are to be within it."""
RECENT_DAYS, USUAL_DAYS = 2, 28
FEWEST_RECENT, FEWEST_USUAL = 50, 200
ROLLING_DAYS = 30
FEWEST_ANSWERS = 100


@dataclass(frozen=True, slots=True)
class Readings:
    """Reads, and changes nothing."""

    database: Database
    figures: Figures
    carriers: CarrierWatch
    lists: DoNotCall

    async def of(self, account_id: UUID, zone: str, terms: AlertTerms, now: datetime) -> list[Reading]:
        """Everything that is looked at, of one account."""
        async with self.database.connection() as tx:
            of = {"account_id": account_id}
            goal = terms.speed.total_seconds()
            speeds = await rows.RECENT_SPEED.one(tx, **of, since=now - LATELY, goal=goal)
            queue = await rows.QUEUE_NOW.one(tx, **of, now=now)
            desks = await rows.DESKS_NOW.all(tx, **of)
        found = [speed(speeds.dialled, speeds.late, goal), waiting(queue.waiting, queue.oldest, terms, now)]
        found += [desk(one, now) for one in desks]
        found += await self._abandonment(account_id, zone, terms, now)
        found.append(await self._contact(account_id, zone, terms, now))
        found += [carrier(one) for one in await self.carriers.standing()]
        return found + [do_not_call(one) for one in await self.lists.standing(account_id)]

    async def _abandonment(self, account_id: UUID, zone: str, terms: AlertTerms, now: datetime) -> list[Reading]:
        today = now.astimezone(zone_info(zone)).date()
        days = Days(today - timedelta(ROLLING_DAYS - 1), today)
        groups = await self.figures.sums(account_id, days, ("live_answers", "abandoned"), "campaign")
        return [
            abandonment(name, Count(sums.n("abandoned"), sums.n("live_answers")), terms)
            for name, sums in groups.items()
        ]

    async def _contact(self, account_id: UUID, zone: str, terms: AlertTerms, now: datetime) -> Reading:
        today = now.astimezone(zone_info(zone)).date()
        recent = Days(today - timedelta(RECENT_DAYS), today - timedelta(1))
        usual = Days(recent.first - timedelta(USUAL_DAYS), recent.first - timedelta(1))
        counts = []
        for days in (recent, usual):
            sums = await self.figures.all(account_id, days, ("accepted", "contacted"))
            counts.append(Count(min(sums.n("contacted"), sums.n("accepted")), sums.n("accepted")))
        return contact(counts[0], counts[1], terms)


def speed(dialled: int, late: int, goal: float) -> Reading:
    bad = None
    if dialled >= FEWEST_DIALLED:
        share = late / dialled
        bad = True if share > LATE_IS_BAD else False if share <= LATE_IS_GOOD else None
    words = f"{late:,} of {dialled:,} leads of the last hour waited more than {goal:.0f} s for their first call."
    return Reading(AlarmKind.SPEED, "", bad, words, {"dialled": dialled, "late": late, "goal_seconds": goal})


def waiting(count: int, oldest: datetime | None, terms: AlertTerms, now: datetime) -> Reading:
    age = now - oldest if oldest is not None else timedelta(0)
    bad = None
    if count >= terms.queue and age > terms.queue_age:
        bad = True
    elif count < terms.queue / 2 or age <= terms.queue_age / 2:
        bad = False
    words = (
        f"{count:,} calls wait for an agent or a carrier slot, the oldest for {age.total_seconds() / 60:.0f} min."
    )
    return Reading(AlarmKind.QUEUE, "", bad, words, {"waiting": count, "oldest_seconds": age.total_seconds()})


def desk(one: rows.DeskRow, now: datetime) -> Reading:
    campaign = one.campaign
    opened = is_open(now, LocalHours(campaign.timezone, campaign.hours))
    words = f"The campaign {one.name} is open, and no agent is at work for it."
    return Reading(AlarmKind.NO_AGENTS, one.name, opened and not one.at_work, words)


def abandonment(name: str, count: Count, terms: AlertTerms) -> Reading:
    bad = None
    if count.rate is not None and count.of >= FEWEST_ANSWERS:
        bad = True if count.rate >= terms.abandonment else False if count.rate < 0.8 * terms.abandonment else None
    words = (
        f"{name}: {count.hits:,} of {count.of:,} people who answered in 30 days got no agent within two seconds "
        f"({100 * (count.rate or 0):.1f} %); the law allows 3 %."
    )
    return Reading(AlarmKind.ABANDONMENT, name, bad, words, {"abandoned": count.hits, "live_answers": count.of})


def carrier(one: BreakerRow) -> Reading:
    why = f": {one.words}" if one.words else ""
    bad = None if one.state == "half_open" else one.state == "open"
    return Reading(AlarmKind.CARRIER, one.carrier, bad, f"The {one.carrier} carrier account takes no calls{why}.")


def do_not_call(one: ListStanding) -> Reading:
    age = "was never imported" if one.age.days is None else f"is {one.age.days} days old"
    words = f"The do-not-call list {one.row.name} {age}: import a newer one."
    return Reading(AlarmKind.LIST, one.row.name, one.matters, words)


def contact(recent: Count, usual: Count, terms: AlertTerms) -> Reading:
    bad = None
    if recent.of >= FEWEST_RECENT and usual.of >= FEWEST_USUAL and recent.rate is not None and usual.rate:
        apart = difference(usual, recent)
        fell = 1 - recent.rate / usual.rate
        sure = apart is not None and apart.high is not None and apart.high < 0
        bad = True if sure and fell >= terms.contact_drop else False if fell < terms.contact_drop / 2 else None
    words = (
        f"Of the leads of the last two days {recent.hits:,} of {recent.of:,} were reached "
        f"({100 * (recent.rate or 0):.0f} %), of those of the four weeks before {100 * (usual.rate or 0):.0f} %."
    )
    facts = {"recent": [recent.hits, recent.of], "usual": [usual.hits, usual.of]}
    return Reading(AlarmKind.CONTACT, "", bad, words, facts)
