"""What comes next for a lead: the planner's answer, made lawful and written.

Owns: gathering what the planner looks at, and the one transaction that ends an attempt and plans the next. Must not
know: which step comes next (``domain/cadence``), or how an attempt is made.

The next attempt is written in the caller's transaction, with the lead locked. Killed before its commit: neither the
end nor the next attempt exists, and whoever takes the news again plans the same.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from speedtolead.domain.best_time import BestTime
from speedtolead.domain.cadence.plan import CONTACTS, Channel
from speedtolead.domain.cadence.planner import Cadence, Course, Made, Over, Person, Planned
from speedtolead.domain.cadence.stops import Stop
from speedtolead.domain.campaign import Campaign
from speedtolead.domain.lead import LeadEvent, LeadState
from speedtolead.domain.lead import advance as advance_lead
from speedtolead.domain.permit import Decision
from speedtolead.domain.score import HIGHEST
from speedtolead.domain.worth import rank, rank_of_retry
from speedtolead.service.cadences.lawful import lawful
from speedtolead.service.cadences.walk import UNMADE, so_far
from speedtolead.service.lawful.permits import Permits
from speedtolead.service.learning.best_times import best_time_of
from speedtolead.store import cadence as rows
from speedtolead.store import calls as call_rows
from speedtolead.store import events
from speedtolead.store.cadence import CourseRow
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection
from speedtolead.store.settings_json import candidates_from_json

_HAPPENED = {"appointment": Stop.BOOKED, "quote": Stop.QUOTED, "sale": Stop.SOLD, "return": Stop.RETURNED}
BY_CALL = "call"
"""How a lead came that an unknown caller made."""
_USED_UP = {Stop.NO_STEP_LEFT, Stop.ATTEMPTS_USED_UP, Stop.DAYS_USED_UP}


class FollowUp:
    """Plans the next attempt of a lead."""

    def __init__(self, permits: Permits) -> None:
        self._permits = permits

    async def go_on(self, tx: Connection, account_id: UUID, lead_id: UUID, now: datetime) -> Planned | Over:
        """Write what comes next: the next attempt at the next lawful moment, or the end of the cadence."""
        row = await rows.COURSE_OF_LEAD.one(tx, lead_id=lead_id, account_id=account_id)
        campaign = await _campaign(tx, row)
        facts = await call_rows.PERMIT_FACTS.one(tx, lead_id=lead_id)
        known = facts.facts(self._permits.fictional_exempt)
        best_time = await best_time_of(tx, self._permits, row, campaign, known, now)
        following = next_of(row, campaign, now, best_time)
        if isinstance(following, Over):
            await self._over(tx, row, following.reason, now)
            return following
        if row.planned:
            return following  # it is written already
        due_at, permit = lawful(self._permits, campaign, known, following, row.lead_id)
        attempt_id = new_id()
        added = await rows.PLAN_ATTEMPT.first(
            tx,
            attempt_id=attempt_id,
            account_id=account_id,
            lead_id=lead_id,
            number=row.last_number + 1,
            step=following.index,
            channel=following.channel,
            due_at=due_at,
            rank_at=rank_of(row, due_at),
            version=row.version,
            timed_by=following.timed_by,
        )
        if added is not None and permit is not None:
            await call_rows.add_permit(tx, account_id, attempt_id, permit)
        return Planned(following.index, following.channel, due_at)

    async def worked(self, tx: Connection, lead_id: UUID) -> None:
        """Something was made of the lead: it is new no more."""
        await call_rows.LEAD_WORKED.run(tx, lead_id=lead_id)

    async def plan_anew(
        self,
        tx: Connection,
        account_id: UUID,
        lead_id: UUID,
        attempt_ids: Collection[UUID],
        why: str,
        now: datetime,
    ) -> None:
        """What was planned is withdrawn, and planned again by what is known now. The attempts are locked."""
        for attempt_id in sorted(attempt_ids):
            await rows.WITHDRAW_PLANNED.first(tx, attempt_id=attempt_id, now=now, note=why)
        await self.go_on(tx, account_id, lead_id, now)

    async def reconsider(self, tx: Connection, account_id: UUID, lead_id: UUID, why: str, now: datetime) -> None:
        """Something happened to the lead: what is planned is withdrawn where something else should come now.

        The caller holds no lead's row yet.
        """
        held = await rows.HOLD_PLANNED.all(tx, lead_id=lead_id, account_id=account_id)
        if not held:
            return
        row = await rows.COURSE_OF_LEAD.one(tx, lead_id=lead_id, account_id=account_id)
        campaign = await _campaign(tx, row)
        following = next_of(row, campaign, now)
        if isinstance(following, Planned) and [one.step for one in held] == [following.index]:
            return
        await self.plan_anew(tx, account_id, lead_id, [one.attempt_id for one in held], why, now)

    async def nothing_lawful_left(self, tx: Connection, account_id: UUID, lead_id: UUID, now: datetime) -> bool:
        """Whether no channel that the rest of the cadence has may ever be used for this person."""
        row = await rows.COURSE_OF_LEAD.one(tx, lead_id=lead_id, account_id=account_id)
        campaign = await _campaign(tx, row)
        facts = await call_rows.PERMIT_FACTS.one(tx, lead_id=lead_id)
        known = facts.facts(self._permits.fictional_exempt)
        done = row.made[-1][0] if row.made else -1
        channels = {step.channel for step in campaign.cadence[done + 1 :]} & CONTACTS
        return all(
            self._permits.decide(channel, campaign, known, now).decision is Decision.REFUSED for channel in channels
        )

    async def _over(self, tx: Connection, row: CourseRow, reason: Stop, now: datetime) -> None:
        """The cadence goes on no further: told once, and a lead that was not reached is exhausted."""
        if row.planned:
            return
        state = LeadState(row.state)
        to = advance_lead(state, LeadEvent.CADENCE_ENDED) if reason in _USED_UP else state
        if to is not state:
            await call_rows.SET_LEAD_STATE.first(tx, lead_id=row.lead_id, state=to)
            data = {"reason": reason.value}
            await events.add(tx, row.account_id, f"lead.{to.value}", now, lead_id=row.lead_id, data=data)


def next_of(row: CourseRow, campaign: Campaign, now: datetime, best_time: BestTime | None = None) -> Planned | Over:
    """The planner's answer for a lead, by its campaign. Who only called us agreed to no cadence."""
    if row.via == BY_CALL:
        return Over(Stop.NO_STEP_LEFT)
    candidates = candidates_from_json(row.candidates)
    zone = candidates[0].zone if candidates else campaign.timezone
    cadence = replace(cadence_of(campaign), best_time=best_time)
    return cadence.next(course_of(row, now), Person(row.lead_id, row.received_at, zone), now)


def rank_of(row: CourseRow, due_at: datetime) -> datetime:
    """The place of a lead's next call among all that wait; without a score it counts as one of 100."""
    score = row.score or HIGHEST
    calls = sum(channel == Channel.CALL and result not in UNMADE for _, channel, result, _ in row.made)
    return rank_of_retry(due_at, score, calls + 1) if calls else rank(row.received_at, score)


async def _campaign(tx: Connection, row: CourseRow) -> Campaign:
    """The version that the lead keeps to, as its arms have it."""
    return (await rows.campaign_at(tx, row.account_id, row.campaign_id, row.version)).going_by(row.arms)


def cadence_of(campaign: Campaign) -> Cadence:
    closed = frozenset(day for day, _ in campaign.contact.closed)
    return Cadence(campaign.cadence, campaign.stop, lambda day: day.weekday() >= 5 or day in closed)


def first_of(campaign: Campaign, person: Person, known: dict[str, object], not_before: datetime) -> Planned | None:
    """The first attempt of a lead that has only just come; None where no step is for it."""
    following = cadence_of(campaign).next(Course(known=known), person, not_before)
    return following if isinstance(following, Planned) else None


def course_of(row: CourseRow, now: datetime) -> Course:
    """What has been of a lead, as the planner sees it."""
    made = [Made(step, result, datetime.fromisoformat(ended_at)) for step, _, result, ended_at in row.made]
    contacts = [(channel, result) for _, channel, result, _ in row.made if channel in CONTACTS]
    counted = sum(1 for _, result in contacts if result not in UNMADE)
    happened = {_HAPPENED[kind] for kind in row.outcomes if kind in _HAPPENED}
    happened |= {Stop.CONTACTED} if row.contacted else set()
    happened |= {Stop.REPLIED} if row.replied else set()
    happened |= {Stop.WRONG_NUMBER} if row.wrong_number else set()
    happened |= {Stop.NEWER_LEAD} if row.newer_lead else set()
    happened |= {Stop.OPTED_OUT} if row.state == LeadState.SUPPRESSED else set()
    happened |= {Stop.STOPPED} if row.state in {LeadState.CLOSED, LeadState.REJECTED} else set()
    known = {
        **known_of_post(row.source_name, row.exclusive, row.region, row.postal_code, row.attributes, row.score),
        "contacted": row.contacted,
        "replied": row.replied,
        **so_far(contacts, now - row.received_at),
    }
    return Course(made, counted, frozenset(happened), known)


def known_of_post(
    source: str,
    exclusive: bool,
    state: str | None,
    postal_code: str | None,
    attributes: dict[str, object],
    score: int | None,
) -> dict[str, object]:
    """What a step's conditions may ask of a lead that has only just come."""
    return {
        "source": source,
        "exclusive": exclusive,
        "state": state,
        "postal_code": postal_code,
        "score": score,
        "contacted": False,
        "replied": False,
        "attempts": 0,
        "calls": 0,
        "texts": 0,
        "mails": 0,
        "age_days": 0,
        **{f"attribute.{name}": value for name, value in attributes.items()},
    }
