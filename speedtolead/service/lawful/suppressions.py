"""Who must not be contacted: adding, reviewing and ending suppressions, and revoking consent with them.

Owns: that a stop holds from its commit on, for every campaign it speaks about, on every node. Must not know: by
what means it was said (web, a text, a keypad), or what the words mean; whoever read them says so.

Rows are locked in one order: attempts, then the person's row, then leads; so a stop, a call under way and a commit
to dialing never wait in a circle. Killed before the commit: nothing was said, and whoever said it hears no answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.domain.errors import NotFound
from speedtolead.domain.lead import LeadEvent
from speedtolead.ports import Clock
from speedtolead.service.leads import end_lead
from speedtolead.store import calls as call_rows
from speedtolead.store import events
from speedtolead.store import leads as lead_rows
from speedtolead.store import suppressions as rows
from speedtolead.store.database import Database
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection
from speedtolead.store.suppressions import GlobalRow, SuppressionRow, ToLookAt

CHANNELS = ("call", "email", "sms")


@dataclass(frozen=True, slots=True)
class Stop:
    """One wish not to be contacted.

    ``channels``: none named, all of them. ``words`` are the person's own. ``doubtful``: they may mean something
    else, so they are honoured, and a person should look.
    """

    kind: str
    """``phone`` or ``email``"""
    value: str
    reason: str
    origin: str
    words: str | None = None
    channels: tuple[str, ...] = ()
    campaign: str | None = None
    lead_id: UUID | None = None
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """Which suppressions: of just this number or address, or with these words anywhere; None is: all."""

    value: str | None = None
    part: str | None = None
    origin: str | None = None
    before_at: datetime | None = None
    before_id: UUID | None = None


class Suppressions:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def add(self, account_id: UUID, stop: Stop) -> UUID:
        """From the commit on nobody of this number or address is contacted. Raises NotFound: no such campaign."""
        async with self._database.transaction() as tx:
            return await self.add_within(tx, account_id, stop)

    async def add_within(self, tx: Connection, account_id: UUID, stop: Stop) -> UUID:
        """The same within the caller's transaction, which must hold no lead's row yet."""
        now, suppression_id = self._clock.now(), new_id()
        campaign_id = await self._campaign_id(tx, account_id, stop.campaign)
        found = await lead_rows.LEADS_OF_PERSON.all(
            tx, account_id=account_id, value=stop.value, campaign_id=campaign_id
        )
        everywhere = not stop.channels
        for lead in found if everywhere else ():
            await call_rows.CANCEL_SCHEDULED.all(
                tx, lead_id=lead.lead_id, account_id=account_id, now=now, note=stop.reason
            )
        await rows.SUPPRESS.run(
            tx,
            suppression_id=suppression_id,
            account_id=account_id,
            campaign_id=campaign_id,
            kind=stop.kind,
            value=stop.value,
            reason=stop.reason,
            origin=stop.origin,
            words=stop.words,
            channels=list(stop.channels),
            lead_id=stop.lead_id,
            doubtful=stop.doubtful,
            now=now,
        )
        await rows.BAR_PERSON.run(tx, account_id=account_id, value=stop.value)
        for lead in found:
            await rows.REVOKE_CONSENT.run(
                tx,
                account_id=account_id,
                lead_id=lead.lead_id,
                channels=list(stop.channels or CHANNELS),
                origin=stop.origin,
                words=stop.words,
                now=now,
            )
            if everywhere:
                await end_lead(tx, account_id, lead.lead_id, LeadEvent.SUPPRESSED, stop.reason, now)
        data = {"reason": stop.reason, "origin": stop.origin, "doubtful": stop.doubtful}
        await events.add(tx, account_id, "person.suppressed", now, lead_id=stop.lead_id, data=data)
        return suppression_id

    async def in_force(self, account_id: UUID, value: str | None, most: int) -> list[SuppressionRow]:
        """Newest first."""
        async with self._database.connection() as tx:
            return await rows.SUPPRESSIONS_OF_ACCOUNT.all(tx, account_id=account_id, value=value, most=most)

    async def to_review(self, account_id: UUID, most: int) -> list[SuppressionRow]:
        """Those whose words may mean something else, oldest first."""
        async with self._database.connection() as tx:
            return await rows.SUPPRESSIONS_TO_REVIEW.all(tx, account_id=account_id, most=most)

    async def reviewed(self, account_id: UUID, suppression_id: UUID, by: str) -> None:
        """Somebody looked, and it stands. Raises NotFound."""
        async with self._database.connection() as tx:
            done = await rows.REVIEWED.first(
                tx, account_id=account_id, suppression_id=suppression_id, by=by, now=self._clock.now()
            )
        if done is None:
            raise NotFound("There is no such suppression to look at.")

    async def add_everywhere(self, kind: str, value: str, reason: str, origin: str) -> int | None:
        """The operator's own: from the commit on no account contacts this number or address; its open leads end.

        How many leads there are of it; None where it was suppressed so before, and nothing changed.
        """
        now = self._clock.now()
        async with self._database.transaction() as tx:
            made = await rows.SUPPRESS_EVERYWHERE.first(
                tx, suppression_id=new_id(), kind=kind, value=value, reason=reason, origin=origin, now=now
            )
            if made is None:
                return None
            found = await rows.LEADS_OF_PERSON_EVERYWHERE.all(tx, value=value)
            for lead in found:
                await call_rows.CANCEL_SCHEDULED.all(
                    tx, lead_id=lead.lead_id, account_id=lead.account_id, now=now, note=reason
                )
            await rows.BAR_PERSON_EVERYWHERE.run(tx, value=value)
            for lead in found:
                await end_lead(tx, lead.account_id, lead.lead_id, LeadEvent.SUPPRESSED, reason, now)
            for account_id in dict.fromkeys(lead.account_id for lead in found):
                data = {"reason": reason, "origin": origin, "doubtful": False}
                await events.add(tx, account_id, "person.suppressed", now, data=data)
            return len(found)

    async def lift_everywhere(self, kind: str, value: str) -> bool:
        """End the operator's suppression; leads that it ended stay so. False: there is none."""
        async with self._database.connection() as tx:
            lifted = await rows.LIFT_EVERYWHERE.all(tx, kind=kind, value=value, now=self._clock.now())
        return bool(lifted)

    async def everywhere(self, value: str) -> list[GlobalRow]:
        """The operator's suppressions of a number or address."""
        async with self._database.connection() as tx:
            return await rows.SUPPRESSIONS_EVERYWHERE.all(tx, value=value)

    async def search(self, account_id: UUID, wanted: Search, most: int) -> list[SuppressionRow]:
        """A page of those in force, newest first."""
        async with self._database.connection() as tx:
            return await rows.SUPPRESSIONS_FOUND.all(
                tx,
                account_id=account_id,
                value=wanted.value,
                part=wanted.part,
                origin=wanted.origin,
                before_at=wanted.before_at,
                before_id=wanted.before_id,
                most=most,
            )

    async def to_look_at(self, account_id: UUID) -> ToLookAt:
        async with self._database.connection() as tx:
            return await rows.SUPPRESSION_COUNTS.one(tx, account_id=account_id)

    async def lift(self, account_id: UUID, suppression_id: UUID, by: str, why: str | None = None) -> None:
        """End a suppression; its row stays, and so does the consent's revocation. Raises NotFound."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            lifted = await rows.LIFT_SUPPRESSION.first(
                tx, account_id=account_id, suppression_id=suppression_id, now=now, by=by, why=why
            )
            if lifted is None:
                raise NotFound("There is no such suppression.")
            await events.add(tx, account_id, "person.unsuppressed", now, data={"id": str(suppression_id), "by": by})

    async def _campaign_id(self, tx: Connection, account_id: UUID, campaign: str | None) -> UUID | None:
        if campaign is None:
            return None
        row = await lead_rows.CAMPAIGN_BY_NAME.first(tx, account_id=account_id, name=campaign)
        if row is None:
            raise NotFound(f"There is no campaign {campaign!r}.")
        return row.campaign_id
