"""The card of a call: what an agent may see of a lead, writes down of it, and texts its person.

Owns: that an agent reaches only leads that the agent was rung for or owns; the campaign's script with its fields
filled; when a callback would be lawful; texts that are typed. Must not know: HTTP, templates of pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from speedtolead.domain.campaign import Campaign
from speedtolead.domain.errors import NotFound
from speedtolead.domain.hours import zone_info
from speedtolead.domain.permit import Decision, Permit
from speedtolead.domain.segments import segments
from speedtolead.domain.talk import NotNow
from speedtolead.ports import Clock
from speedtolead.service.lawful.permits import Permits
from speedtolead.service.messages.wording import LONGEST_TEXT
from speedtolead.store import cadence as cadence_rows
from speedtolead.store import calls as call_rows
from speedtolead.store import console as rows
from speedtolead.store import events
from speedtolead.store import leads as lead_rows
from speedtolead.store.console import CardRow, OtherLead, SaidOfLead, SeatRow, WaitingText
from speedtolead.store.database import Database
from speedtolead.store.ids import new_id
from speedtolead.store.leads import LeadStory
from speedtolead.store.query import Connection

STEP = timedelta(minutes=30)
DAYS = 7
FIRST_HOUR, LAST_HOUR = 8, 20
"""Of the person's clock: no law allows more for a call that nobody asked for, and agents work within it."""


@dataclass(frozen=True, slots=True)
class Card:
    """``texts``: what the permit says of a text now; its words say why none may be sent. ``waiting``: not sent."""

    story: LeadStory
    campaign: Campaign
    zone: str
    kept: CardRow | None
    others: list[OtherLead]
    texts: Permit
    waiting: list[WaitingText]


class Cards:
    def __init__(self, database: Database, clock: Clock, permits: Permits) -> None:
        self._database = database
        self._clock = clock
        self._permits = permits

    async def card(self, seat: SeatRow, lead_id: UUID) -> Card:
        """Raises NotFound for a lead that is not this agent's."""
        of = {"account_id": seat.account_id, "lead_id": lead_id}
        async with self._database.snapshot() as tx:
            await self._is_agents(tx, seat, lead_id)
            story = await lead_rows.story(tx, seat.account_id, lead_id, None)
            if story is None:
                raise NotFound("There is no such lead.")
            campaign, zone = await self._campaign(tx, story)
            facts = (await call_rows.PERMIT_FACTS.one(tx, lead_id=lead_id)).facts(self._permits.fictional_exempt)
            return Card(
                story,
                campaign,
                zone,
                await rows.CARD_OF_LEAD.first(tx, **of),
                await rows.LEADS_OF_SAME_PERSON.all(tx, **of),
                self._permits.decide("sms", campaign, facts, self._clock.now()),
                await rows.TEXTS_WAITING.all(tx, **of),
            )

    async def written(self, account_id: UUID, lead_id: UUID) -> tuple[CardRow | None, list[SaidOfLead]]:
        """What agents wrote down of a lead, and said of its calls: for whoever sees the whole account."""
        of = {"account_id": account_id, "lead_id": lead_id}
        async with self._database.connection() as tx:
            return await rows.CARD_OF_LEAD.first(tx, **of), await rows.DISPOSITIONS_OF_LEAD.all(tx, **of)

    async def save(self, seat: SeatRow, lead_id: UUID, answers: dict[str, str], note: str | None, by: str) -> None:
        """What was typed; what is not given stays as it is. Raises NotFound, NotNow for questions nobody asks."""
        async with self._database.transaction() as tx:
            await self._is_agents(tx, seat, lead_id)
            story = await lead_rows.LEAD_BY_ID.one(tx, account_id=seat.account_id, lead_id=lead_id, source_id=None)
            campaign, _ = await self._campaign_of(tx, story.account_id, story.campaign_id)
            unknown = set(answers) - {question.name for question in campaign.console.qualification}
            if unknown:
                raise NotNow(f"The campaign does not ask: {', '.join(sorted(unknown))}.")
            await rows.SAVE_CARD.run(
                tx,
                account_id=seat.account_id,
                lead_id=lead_id,
                answers=answers,
                note=note,
                by=by,
                now=self._clock.now(),
            )

    async def callback_times(self, seat: SeatRow, lead_id: UUID) -> tuple[str, list[datetime]]:
        """The person's zone, and the half hours of the next days at which a call would be lawful."""
        async with self._database.connection() as tx:
            await self._is_agents(tx, seat, lead_id)
            story = await lead_rows.LEAD_BY_ID.one(tx, account_id=seat.account_id, lead_id=lead_id, source_id=None)
            campaign, zone = await self._campaign_of(tx, story.account_id, story.campaign_id)
            zone = _zone_of(story.candidates, zone)
            facts = (await call_rows.PERMIT_FACTS.one(tx, lead_id=lead_id)).facts(self._permits.fictional_exempt)
        at = half_hours(self._clock.now(), zone_info(zone))
        return zone, [one for one in at if self._permits.decide("call", campaign, facts, one).allowed]

    async def may_call(self, seat: SeatRow, lead_id: UUID, at: datetime) -> Permit:
        """What the permit would say of a call then, by what is known now. Raises NotFound."""
        async with self._database.connection() as tx:
            await self._is_agents(tx, seat, lead_id)
            story = await lead_rows.LEAD_BY_ID.one(tx, account_id=seat.account_id, lead_id=lead_id, source_id=None)
            campaign, _ = await self._campaign_of(tx, story.account_id, story.campaign_id)
            facts = (await call_rows.PERMIT_FACTS.one(tx, lead_id=lead_id)).facts(self._permits.fictional_exempt)
        return self._permits.decide("call", campaign, facts, at)

    async def text(self, seat: SeatRow, lead_id: UUID, words: str, by: str) -> UUID:
        """A typed text: an attempt that the sender takes at once, by the same permit as any other.

        Raises NotFound; NotNow where no text may be sent, or it is too long. It goes out when no call of this lead
        is under way any more.
        """
        now, attempt_id = self._clock.now(), new_id()
        async with self._database.transaction() as tx:
            await self._is_agents(tx, seat, lead_id)
            story = await lead_rows.LEAD_BY_ID.one(tx, account_id=seat.account_id, lead_id=lead_id, source_id=None)
            campaign, _ = await self._campaign_of(tx, story.account_id, story.campaign_id)
            facts = (await call_rows.PERMIT_FACTS.one(tx, lead_id=lead_id)).facts(self._permits.fictional_exempt)
            permit = self._permits.decide("sms", campaign, facts, now)
            if permit.decision is Decision.REFUSED:
                raise NotNow(f"No text may be sent to this person: {' '.join(permit.reasons)}")
            counted = segments(words)
            if len(words) > LONGEST_TEXT or counted.count > campaign.texts.segments:
                raise NotNow(
                    f"Too long: {counted.count} segments, and the campaign allows {campaign.texts.segments}."
                )
            made = await rows.PLAN_AGENTS_TEXT.first(
                tx, attempt_id=attempt_id, account_id=seat.account_id, lead_id=lead_id, now=now, words=words
            )
            if made is None:
                raise NotNow("Something else was planned in this moment; try again.")
            data: dict[str, object] = {"by": by}
            await events.add(
                tx,
                seat.account_id,
                "text.typed",
                now,
                lead_id=lead_id,
                attempt_id=attempt_id,
                agent_id=seat.agent_id,
                data=data,
            )
            await events.wake(tx)
        return attempt_id

    async def _is_agents(self, tx: Connection, seat: SeatRow, lead_id: UUID) -> None:
        """Raises NotFound: to an agent, the leads of others are not there."""
        found = await rows.LEAD_IS_AGENTS.first(
            tx, account_id=seat.account_id, lead_id=lead_id, agent_id=seat.agent_id
        )
        if found is None:
            raise NotFound("There is no such lead.")

    async def _campaign(self, tx: Connection, story: LeadStory) -> tuple[Campaign, str]:
        campaign, zone = await self._campaign_of(tx, story.lead.account_id, story.lead.campaign_id)
        return campaign, _zone_of(story.lead.candidates, zone)

    async def _campaign_of(self, tx: Connection, account_id: UUID, campaign_id: UUID) -> tuple[Campaign, str]:
        version = await rows.VERSION_OF_CAMPAIGN.one(tx, account_id=account_id, campaign_id=campaign_id)
        campaign = await cadence_rows.campaign_at(tx, account_id, campaign_id, version.version)
        return campaign, campaign.timezone


def _zone_of(candidates: list[dict[str, object]], otherwise: str) -> str:
    """Where the person probably is, on whose clock one speaks with them."""
    return str(candidates[0]["zone"]) if candidates else otherwise


def half_hours(now: datetime, zone: ZoneInfo) -> list[datetime]:
    """The half hours of the next days at which people speak on the phone, on a person's clock."""
    first = now.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    found = []
    at = first
    while at < first + timedelta(days=DAYS):
        at = (at.astimezone(now.tzinfo) + STEP).astimezone(zone)
        if at > now and FIRST_HOUR <= at.hour <= LAST_HOUR:
            found.append(at.astimezone(now.tzinfo))
    return found
