"""Pings: would this lead be taken, at what price, and how soon would it be called? And keeping what was said.

Owns: the answer, the places that are held for it, and when they are given back. Must not know: HTTP.
A ping that was answered with yes is kept for ``LASTS``: a post that names it and says the same is taken at its
price, whatever the source's criteria, price and caps say by then. What a ping cannot know is judged at the post:
the phone, duplicates, suppressions, the checks of the person's data. A place whose post never comes is given back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from speedtolead.domain.criteria import LeadValues, Miss
from speedtolead.domain.criteria import judge as misses
from speedtolead.domain.lead import Refusal
from speedtolead.domain.offer import Desk, seconds_until_agent
from speedtolead.domain.permit import Certified, ConsentFacts
from speedtolead.domain.price import periods, price_of
from speedtolead.ports import Clock, Numbering
from speedtolead.service.intake.judging import paused_words
from speedtolead.service.intake.standing import taken_state
from speedtolead.service.lawful.permits import Permits
from speedtolead.store import pings as rows
from speedtolead.store.database import Database
from speedtolead.store.ids import new_id, oldest_id
from speedtolead.store.intake import Guards, Kept, SourceRow

LASTS = timedelta(seconds=60)
_OF_LATE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a ping says of the lead: nothing that names the person."""

    state: str | None = None
    postal_code: str | None = None
    area_code: str | None = None
    """The first three digits of the number, where the rest is not told."""
    channels: tuple[str, ...] = ()
    certificate: bool = False
    cost: Decimal | None = None
    attributes: dict[str, Any] | None = None

    def kept(self) -> dict[str, Any]:
        """What the post must say as well."""
        said = {"state": self.state, "postal_code": self.postal_code, "attributes": self.attributes or None}
        return {name: value for name, value in said.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Offer:
    """The answer to a ping. ``ping_id`` is None where the lead would be refused.

    ``starts_at`` is the first lawful moment at which the campaign is open; ``starts_in`` seconds from now, with the
    wait for an agent; None where nobody is at work.
    """

    ping_id: UUID | None
    expires_at: datetime | None
    price: Decimal | None
    code: str | None
    detail: str | None
    field: str | None
    starts_at: datetime | None
    starts_in: float | None


class Pings:
    def __init__(self, database: Database, clock: Clock, numbering: Numbering, permits: Permits) -> None:
        self._database = database
        self._clock = clock
        self._numbering = numbering
        self._permits = permits

    async def ping(self, row: SourceRow, asked: Asked) -> Offer:
        """Judge what is known, and hold a place. Raises DatabaseAway."""
        now = self._clock.now()
        phone = f"+1{asked.area_code}5550100" if asked.area_code else None
        candidates = self._numbering.candidates(phone, asked.state, asked.postal_code)
        values = LeadValues(
            taken_state(row.source, asked.state, candidates), asked.postal_code, asked.attributes or {}
        )
        refusal = self._refusal(row, asked, values, bool(candidates), now)
        price = None
        if refusal is None and row.source.pricing is not None:
            priced = price_of(row.source.pricing, values, asked.cost, now)
            if isinstance(priced, Miss):
                refusal = "price", priced.words, priced.field
            else:
                price = priced.amount
        if refusal is not None:
            return Offer(None, None, None, *refusal, None, None)
        # nor is it asked here whether the number is still the person's own
        facts = self._permits.unknown_person(phone or "+1", _as_asked(row, now), candidates, now, reassigned=False)
        permit = self._permits.decide("call", row.campaign, facts, now)
        starts_at = permit.not_before or now
        return await self._offer(row, asked, price or asked.cost, starts_at, now)

    def _refusal(
        self, row: SourceRow, asked: Asked, values: LeadValues, placed: bool, now: datetime
    ) -> tuple[str, str, str] | None:
        accept = row.source.accept
        if row.paused:
            return Refusal.SOURCE_PAUSED, paused_words(row), "source"
        if not set(accept.channels) <= set(asked.channels):
            return Refusal.NO_CONSENT, "The consent does not cover what this source needs.", "consent.channels"
        if accept.certificate_required and not asked.certificate:
            return Refusal.NO_CERTIFICATE, "This source needs a consent certificate.", "consent.certificate"
        missed = misses(accept.criteria, values, now)
        if missed:
            return Refusal.OUTSIDE_CRITERIA, missed[0].words, missed[0].field
        if not placed:
            return Refusal.UNKNOWN_LOCATION, "Neither state, postal code nor area code tells a place.", "state"
        return None

    async def _offer(
        self, row: SourceRow, asked: Asked, price: Decimal | None, starts_at: datetime, now: datetime
    ) -> Offer:
        ping_id, expires_at = new_id(), now + LASTS
        held = Guards(row.source_id, (), now, periods(row.source.caps, now, row.campaign.timezone))
        async with self._database.connection() as tx:
            try:
                await rows.hold_ping(
                    tx, ping_id, row.account_id, row.source_id, asked.kept(), price, held, now, expires_at
                )
            except Kept:
                words = "A cap of this source is reached."
                return Offer(None, None, None, Refusal.OVER_CAP, words, "source", None, None)
            desk = await rows.DESK_NOW.one(
                tx,
                account_id=row.account_id,
                agent_group=row.campaign.dial.agents,
                campaign_id=row.campaign_id,
                now=now,
                since_id=oldest_id(now - _OF_LATE),
            )
        wait = seconds_until_agent(Desk(desk.free, desk.at_work, desk.waiting, desk.seconds_each))
        starts_in = None if wait is None else max((starts_at - now).total_seconds(), wait)
        return Offer(ping_id, expires_at, price, None, None, None, starts_at, starts_in)

    async def promised(self, row: SourceRow, ping_id: UUID, said: dict[str, Any]) -> rows.OpenPing | None:
        """What a ping promised, if it can still be used and the post says the same; else the post is judged."""
        async with self._database.connection() as tx:
            found = await rows.OPEN_PING.first(tx, ping_id=ping_id, source_id=row.source_id, now=self._clock.now())
        return found if found is not None and _same(found.asked, said) else None

    async def release(self) -> None:
        """Give back the places of pings that were not used in time."""
        async with self._database.connection() as tx:
            await rows.RELEASE_PINGS.run(tx, now=self._clock.now())


def _same(asked: dict[str, Any], said: dict[str, Any]) -> bool:
    attributes = asked.get("attributes", {})
    return all(said.get(name) == value for name, value in asked.items() if name != "attributes") and all(
        said.get("attributes", {}).get(name) == value for name, value in attributes.items()
    )


def _as_asked(row: SourceRow, now: datetime) -> ConsentFacts:
    """The consent that the post must bring to be called at all: a ping tells when, not whether."""
    return ConsentFacts(("call",), (), row.campaign.seller, True, now, Certified.VERIFIED)
