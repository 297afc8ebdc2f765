"""Promised calls: a person is called at a time that was agreed, by an agent or anyone, before all others.

Owns: agreeing on a time that is lawful, moving it and taking it back, and the attempts that keep it: the call, and
where it is wanted a reminder by text and a mail. Must not know: how any of them is made.

Everything of one promise is written in one transaction; the lead's next attempt by the cadence gives way to it, and
the cadence goes on after the call. A new promise replaces an earlier one. A time at which the person may not be
called is refused with the next that is lawful; what a person writes ("call me at 5") is moved there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from speedtolead.domain.cadence.plan import Channel
from speedtolead.domain.campaign import Campaign
from speedtolead.domain.errors import NotFound, SpeedToLeadError
from speedtolead.domain.hours import zone_info
from speedtolead.domain.permit import Decision, Facts, Permit
from speedtolead.domain.permit.words import Told, decision_words
from speedtolead.ports import Clock
from speedtolead.service.cadences.follow_up import FollowUp
from speedtolead.service.cadences.invitation import entry
from speedtolead.service.lawful.permits import Permits
from speedtolead.service.messages.wording import Wording
from speedtolead.store import agents, cadence, events
from speedtolead.store import callbacks as rows
from speedtolead.store.callbacks import CallbackLine, LeadToCallBack
from speedtolead.store.calls import PERMIT_FACTS, rules_json
from speedtolead.store.database import Database
from speedtolead.store.dial import FORGET_AUDIENCE_OF_LEAD
from speedtolead.store.ids import new_id
from speedtolead.store.leads import GIVE_LEAD
from speedtolead.store.query import Connection
from speedtolead.store.settings_json import candidates_from_json

OPEN = frozenset({"new", "working", "contacted", "exhausted"})
FARTHEST = timedelta(days=366)
_FIRST_IN_LINE = timedelta(days=1)
"""A promised call outranks whatever came less than a day after its time."""
_REPLACED = "replaced by another call that was agreed on"


class CallbackRefused(SpeedToLeadError):
    """It cannot be promised. ``field`` is what does not fit; ``next_lawful`` the first moment that would."""

    def __init__(self, code: str, message: str, field: str = "at", next_lawful: datetime | None = None) -> None:
        super().__init__(message, code=code)
        self.field = field
        self.next_lawful = next_lawful


@dataclass(frozen=True, slots=True)
class Wish:
    """``at`` without an offset is on the person's clock. ``by``: an email, ``api``, or ``person``."""

    at: datetime
    by: str
    agent: str | None = None
    note: str | None = None
    remind: timedelta | None = None
    mail: bool = False


@dataclass(frozen=True, slots=True)
class _Case:
    """A lead with what decides when it may be called."""

    lead_id: UUID
    account_id: UUID
    lead: LeadToCallBack
    campaign: Campaign
    facts: Facts
    zone: str


class Promises:
    """The part that works inside somebody's transaction."""

    def __init__(self, permits: Permits) -> None:
        self._permits = permits
        self.follow_up = FollowUp(permits)

    async def lead(self, tx: Connection, account_id: UUID, lead_id: UUID) -> LeadToCallBack:
        """Raises NotFound."""
        lead = await rows.LEAD_TO_CALL_BACK.first(tx, account_id=account_id, lead_id=lead_id)
        if lead is None:
            raise NotFound("There is no such lead.")
        return lead

    async def case(self, tx: Connection, account_id: UUID, lead_id: UUID) -> _Case:
        """Raises NotFound."""
        lead = await self.lead(tx, account_id, lead_id)
        plan = await cadence.campaign_at(tx, account_id, lead.campaign_id, lead.version)
        campaign = plan.going_by(lead.arms)
        candidates = candidates_from_json(lead.candidates)
        facts = (await PERMIT_FACTS.one(tx, lead_id=lead_id)).facts(self._permits.fictional_exempt)
        zone = candidates[0].zone if candidates else campaign.timezone
        return _Case(lead_id, account_id, lead, campaign, facts, zone)

    def decide(self, case: _Case, channel: str, at: datetime) -> Permit:
        return self._permits.decide(channel, case.campaign, case.facts, at)

    async def for_the_person(
        self, tx: Connection, account_id: UUID, lead_id: UUID, at: datetime, now: datetime
    ) -> UUID | None:
        """A call that the person asked for, at that time or the next lawful one; the call's attempt.

        None where the lead has ended. The caller holds no lead's row yet.
        """
        case = await self.case(tx, account_id, lead_id)
        if case.lead.state not in OPEN:
            return None
        later = self.decide(case, Channel.CALL, at).not_before
        wish = Wish(later or at, "person")
        return (await self.plan(tx, case, wish, wish.at, None, now))[1]

    async def plan(
        self, tx: Connection, case: _Case, wish: Wish, at: datetime, agent_id: UUID | None, now: datetime
    ) -> tuple[UUID, UUID | None]:
        """The promise and its call's attempt, in place of what is planned for the lead."""
        await self.withdraw(tx, case, "a call was agreed on", now)
        callback_id = new_id()
        await rows.END_PROMISES.all(
            tx, lead_id=case.lead_id, account_id=case.account_id, callback_id=None, now=now, by=_REPLACED
        )
        await rows.ADD_CALLBACK.run(
            tx,
            callback_id=callback_id,
            account_id=case.account_id,
            lead_id=case.lead_id,
            at=at,
            zone=case.zone,
            agent_id=agent_id,
            note=wish.note,
            remind=wish.remind,
            mail=wish.mail,
            by=wish.by,
            now=now,
        )
        attempt_id = await self.attempts(tx, case, callback_id, at, wish.remind, wish.mail, now)
        return callback_id, attempt_id

    async def attempts(
        self,
        tx: Connection,
        case: _Case,
        callback_id: UUID,
        at: datetime,
        remind: timedelta | None,
        mail: bool,
        now: datetime,
    ) -> UUID | None:
        """The call, its reminder and its mail; the call's attempt."""
        wanted = [(Channel.CALL, at)]
        wanted += [(Channel.SMS, at - remind)] if remind is not None else []
        wanted += [(Channel.EMAIL, now)] if mail else []
        made = [await self._attempt(tx, case, callback_id, channel, due_at) for channel, due_at in wanted]
        return made[0]

    async def _attempt(
        self, tx: Connection, case: _Case, callback_id: UUID, channel: str, due_at: datetime
    ) -> UUID | None:
        made = await rows.PLAN_PROMISED.first(
            tx,
            attempt_id=new_id(),
            account_id=case.account_id,
            lead_id=case.lead_id,
            channel=channel,
            due_at=due_at,
            rank_at=due_at + _FIRST_IN_LINE,
            callback_id=callback_id,
        )
        return None if made is None else made.id

    async def mail_again(self, tx: Connection, case: _Case, callback_id: UUID, now: datetime) -> None:
        await self._attempt(tx, case, callback_id, Channel.EMAIL, now)

    async def withdraw(self, tx: Connection, case: _Case, why: str, now: datetime) -> None:
        """What is planned for the lead, by its cadence or as it was promised, is not made."""
        held = await rows.HOLD_REPLACEABLE.all(tx, lead_id=case.lead_id, account_id=case.account_id)
        for one in held:
            await cadence.WITHDRAW_PLANNED.first(tx, attempt_id=one.attempt_id, now=now, note=why)


class AskedCalls:
    """Promises that are made, moved and taken back by the API and on the pages."""

    def __init__(self, database: Database, clock: Clock, permits: Permits, wording: Wording) -> None:
        self._database = database
        self._clock = clock
        self._promises = Promises(permits)
        self._wording = wording

    async def plan(self, account_id: UUID, lead_id: UUID, wish: Wish) -> CallbackLine:
        """Raises NotFound and CallbackRefused (``lead_ended``, ``in_the_past``, ``not_lawful``, ...)."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            case, at, agent_id = await self._checked(tx, account_id, lead_id, wish, now)
            callback_id, attempt_id = await self._promises.plan(tx, case, wish, at, agent_id, now)
            await self._given(tx, case, agent_id)
            data = {"callback_id": str(callback_id), "at": at.isoformat(), "by": wish.by}
            await events.add(
                tx, account_id, "callback.planned", now,
                lead_id=lead_id, attempt_id=attempt_id, agent_id=agent_id, data=data,
            )  # fmt: skip
            await events.wake(tx)
            return await self._line(tx, account_id, lead_id, callback_id)

    async def move(self, account_id: UUID, lead_id: UUID, callback_id: UUID, wish: Wish) -> CallbackLine:
        """Another time, agent, note or reminder. Raises NotFound and CallbackRefused (also ``callback_over``)."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            case, at, agent_id = await self._checked(tx, account_id, lead_id, wish, now)
            await self._promises.withdraw(tx, case, "moved to another time", now)
            line = await self._line(tx, account_id, lead_id, callback_id)
            if line.state != "cancelled" or line.cancelled_at is not None:
                raise CallbackRefused("callback_over", f"This call is {line.state.replace('_', ' ')} already.")
            await rows.MOVE_CALLBACK.run(
                tx, callback_id=callback_id, account_id=account_id, at=at, agent_id=agent_id, note=wish.note,
                remind=wish.remind, now=now,
            )  # fmt: skip
            attempt_id = await self._promises.attempts(tx, case, callback_id, at, wish.remind, line.mail, now)
            await self._given(tx, case, agent_id)
            data = {"callback_id": str(callback_id), "at": at.isoformat(), "by": wish.by}
            await events.add(
                tx, account_id, "callback.moved", now,
                lead_id=lead_id, attempt_id=attempt_id, agent_id=agent_id, data=data,
            )  # fmt: skip
            await events.wake(tx)
            return await self._line(tx, account_id, lead_id, callback_id)

    async def listed(
        self,
        account_id: UUID,
        *,
        lead_id: UUID | None = None,
        agent: str | None = None,
        after: tuple[datetime, UUID] | None = None,
        most: int = 100,
    ) -> list[CallbackLine]:
        """Of one lead, all of them; else those to come, the soonest first; an agent's with those of anyone.

        Raises NotFound for a lead that there is not.
        """
        async with self._database.connection() as tx:
            if lead_id is not None:
                await self._promises.lead(tx, account_id, lead_id)
            at, callback_id = after or (None, None)
            return await rows.CALLBACKS_PAGE.all(
                tx, account_id=account_id, lead_id=lead_id, agent=agent, callback_id=None, after_at=at,
                after_id=callback_id, most=most,
            )  # fmt: skip

    def link(self, callback_id: UUID) -> str:
        """Where the calendar entry is, for whoever was given it."""
        return self._wording.callback_address(callback_id)

    async def calendar(self, token: str) -> str:
        """The calendar entry of a link. Raises NotFound."""
        callback_id = self._wording.callbacks.id_of(token)
        async with self._database.connection() as tx:
            found = None if callback_id is None else await rows.CALLBACK_BY_ID.first(tx, callback_id=callback_id)
        if found is None:
            raise NotFound("There is no such address.")
        return entry(found)

    async def _checked(
        self, tx: Connection, account_id: UUID, lead_id: UUID, wish: Wish, now: datetime
    ) -> tuple[_Case, datetime, UUID | None]:
        case = await self._promises.case(tx, account_id, lead_id)
        if case.lead.state not in OPEN or case.lead.phone is None:
            raise CallbackRefused("lead_ended", f"This lead is {case.lead.state}; nobody calls it any more.")
        at = wish.at if wish.at.tzinfo is not None else wish.at.replace(tzinfo=zone_info(case.zone))
        at = at.astimezone(UTC)
        if not now <= at <= now + FARTHEST:
            past = "in_the_past" if at < now else "too_far"
            raise CallbackRefused(past, "This time has passed." if at < now else "That is more than a year away.")
        self._lawful(case, Channel.CALL, at, "at")
        if wish.remind is not None:
            if at - wish.remind <= now:
                raise CallbackRefused("in_the_past", "The time of the reminder has passed.", "remind_minutes")
            self._lawful(case, Channel.SMS, at - wish.remind, "remind_minutes")
        if wish.mail:
            if case.lead.email is None or case.campaign.mail is None:
                words = "The lead has no email address." if case.campaign.mail else "The account sends no mails."
                raise CallbackRefused("no_mail", words, "mail")
            self._lawful(case, Channel.EMAIL, now, "mail")
        if wish.agent is None:
            return case, at, None
        found = await agents.AGENT_ID.first(tx, account_id=account_id, name=wish.agent)
        if found is None:
            raise CallbackRefused("unknown_agent", "There is no such agent.", "agent")
        return case, at, found.id

    def _lawful(self, case: _Case, channel: str, at: datetime, field: str) -> None:
        permit = self._promises.decide(case, channel, at)
        if permit.allowed:
            return
        told = Told(channel, permit.decision, at, permit.rule_set, rules_json(permit), permit.not_before, case.zone)
        later = permit.not_before if permit.decision is Decision.NOT_BEFORE else None
        raise CallbackRefused("not_lawful", decision_words(told, asked=True), field, later)

    async def cancel(self, account_id: UUID, lead_id: UUID, callback_id: UUID, by: str) -> CallbackLine:
        """The call is not made. Raises NotFound, CallbackRefused (``callback_over``). Twice is as once."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            case = await self._promises.case(tx, account_id, lead_id)
            line = await self._line(tx, account_id, lead_id, callback_id)
            if line.cancelled_at is not None:
                return line
            await self._promises.withdraw(tx, case, "the agreed call was cancelled", now)
            ended = await rows.END_PROMISES.all(
                tx, lead_id=lead_id, account_id=account_id, callback_id=callback_id, now=now, by=by
            )
            if not ended:
                raise CallbackRefused("callback_over", f"This call is {line.state.replace('_', ' ')} already.")
            if line.mail:
                await self._promises.mail_again(tx, case, callback_id, now)
            data = {"callback_id": str(callback_id), "by": by}
            await events.add(tx, account_id, "callback.cancelled", now, lead_id=lead_id, data=data)
            await self._promises.follow_up.go_on(tx, account_id, lead_id, now)
            await events.wake(tx)
            return await self._line(tx, account_id, lead_id, callback_id)

    async def _given(self, tx: Connection, case: _Case, agent_id: UUID | None) -> None:
        """Whoever is to call has the lead: agents are asked by whose it is."""
        if agent_id is not None:
            await FORGET_AUDIENCE_OF_LEAD.run(tx, lead_id=case.lead_id)
            await GIVE_LEAD.run(tx, account_id=case.account_id, lead_id=case.lead_id, agent_id=agent_id)

    async def _line(self, tx: Connection, account_id: UUID, lead_id: UUID, callback_id: UUID) -> CallbackLine:
        """Raises NotFound."""
        found = await rows.CALLBACKS_PAGE.first(
            tx, account_id=account_id, lead_id=lead_id, agent=None, callback_id=callback_id, after_at=None,
            after_id=None, most=1,
        )  # fmt: skip
        if found is None:
            raise NotFound("There is no such agreed call.")
        return found
