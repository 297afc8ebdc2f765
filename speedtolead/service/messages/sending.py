"""From a due text or mail to the answer of who carries it: permit, commit ``sending``, hand over once, record.

Owns: the order of these steps, the same as a call's. Must not know: what is lawful (permit), what comes next
(follow-up), or how a message is carried (the ports).

``sending`` is committed, with permit and message, before anybody who carries it hears of it. Killed after that: the
attempt becomes unknown and the carrier's messages are listed; it is never sent again blindly. A definite no for now
puts it back, a definite no for good ends the attempt, and the cadence goes on in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from speedtolead.domain.attempt import (
    AttemptState,
    Concluded,
    Deferred,
    LostTrack,
    Overdue,
    RefusedForGood,
    Sent,
    sources,
)
from speedtolead.domain.cadence.plan import Channel, Hook, Message, Task
from speedtolead.domain.cadence.planner import too_late
from speedtolead.domain.campaign import Campaign
from speedtolead.domain.message import MessageState
from speedtolead.domain.permit import Decision, Permit
from speedtolead.ports import Clock, Indeterminate, Permanent, PortError, Transient
from speedtolead.ports.messages import OPTED_OUT, Mailer, OutboundMail, OutboundText, Texter
from speedtolead.service.cadences.follow_up import FollowUp
from speedtolead.service.cadences.invitation import entry, words
from speedtolead.service.calling.patience import Patience
from speedtolead.service.lawful.permits import Permits
from speedtolead.service.lawful.suppressions import Stop, Suppressions
from speedtolead.service.messages.wording import Letter, Unwritable, Wording
from speedtolead.store import cadence, dial, events
from speedtolead.store import calls as call_rows
from speedtolead.store import sends as rows
from speedtolead.store.callbacks import CALLBACK_BY_ID
from speedtolead.store.database import Database
from speedtolead.store.facts import version_of
from speedtolead.store.query import Connection
from speedtolead.store.sends import DueSend, MessageToSend

log = structlog.get_logger(__name__)

AT_ONCE = 50
_PAUSED_FOR = timedelta(minutes=5)
_HELD_FOR = timedelta(minutes=15)
"""So often it is seen whether somebody has looked at a reply."""
_NO_SERVER = timedelta(minutes=15)
_FINISHED = sorted({*sources(RefusedForGood), *sources(Overdue)})


@dataclass(frozen=True, slots=True)
class Posting:
    """A permitted message that was committed to ``sending``, ready to be handed over."""

    message: MessageToSend
    letter: Letter
    until: datetime


@dataclass(frozen=True, slots=True)
class _Said:
    """``content`` None: the attempt's own words."""

    content: Message | Task | Hook | None
    too_late: bool = False
    calendar: str | None = None


class Sending:
    """The way of texts and mails out of one node."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        patience: Patience,
        permits: Permits,
        suppressions: Suppressions,
        wording: Wording,
        texter: Texter,
        mailer: Mailer | None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._patience = patience
        self._permits = permits
        self._suppressions = suppressions
        self._wording = wording
        self._texter = texter
        self._mailer = mailer
        self._follow_up = FollowUp(permits)

    async def look(self, tx: Connection, most: int = AT_ONCE) -> tuple[list[Posting], bool]:
        """Commit to sending what is due and permitted, at most so many; whether more may be due."""
        due = await rows.SEND_CANDIDATES.all(tx, now=self._clock.now(), most=min(most, AT_ONCE))
        postings: list[Posting] = []
        persons: set[str] = set()
        now = self._clock.now()
        until = now + self._patience.dialing
        for one in due:
            person = {f"{one.account_id} {key}" for key in (one.phone, one.email) if key is not None}
            if not persons.isdisjoint(person):
                continue  # one message to a person in a round: the next looks at what this one changed
            persons |= person
            posting = await self._decide(tx, one, now, until)
            if posting is not None:
                postings.append(posting)
        if not postings:
            return [], bool(due)
        taken = await rows.send_attempts(tx, [p.message for p in postings], now, until)
        return [p for p in postings if p.message.attempt_id in taken], True

    async def next_due(self, tx: Connection) -> datetime | None:
        return (await rows.NEXT_TO_SEND.one(tx)).due_at

    async def _decide(self, tx: Connection, due: DueSend, now: datetime, until: datetime) -> Posting | None:
        """The message to send; None where it is not sent now, which is then recorded."""
        campaign = await dial.campaign(tx, due.account_id, due.campaign_id, due.campaign_version)
        if due.paused:
            await self._put_off(tx, due, now + _PAUSED_FOR, "the campaign is paused")
            return None
        if due.held:
            await self._put_off(tx, due, now + _HELD_FOR, "a reply waits to be looked at")
            return None
        if due.not_after is not None and now >= due.not_after:
            await self._end(due, AttemptState.EXPIRED, "what it says is past", None, now)
            return None
        said = await self._said(tx, due, now)
        if said.too_late:
            await self._end(due, AttemptState.EXPIRED, "its time is long past", None, now)
            return None
        permit = self._permits.decide(due.channel, campaign, due.facts(self._permits.fictional_exempt), now)
        if not permit.allowed:
            await self._refuse(due, campaign, now)
            return None
        try:
            letter = self._wording.write(due, campaign, said.content)
        except Unwritable as error:
            await self._end(due, AttemptState.FAILED, str(error), permit, now)
            return None
        return Posting(_message(due, letter, permit), replace(letter, calendar=said.calendar), until)

    async def _said(self, tx: Connection, due: DueSend, now: datetime) -> _Said:
        """What it is to say: a step's template, what is told of an agreed call, or the attempt's own words."""
        if due.origin == "cadence":
            plan = await cadence.campaign_at(tx, due.account_id, due.campaign_id, due.cadence_version)
            step = plan.going_by(due.arms).cadence[due.step]
            return _Said(step.content, too_late(step, due.due_at, now))
        if due.callback_id is None:
            return _Said(None)
        agreed = await CALLBACK_BY_ID.one(tx, callback_id=due.callback_id)
        content = words(agreed, due.channel, self._wording.callback_address(due.callback_id))
        if due.channel == Channel.SMS:
            return _Said(content, now >= agreed.at)
        return _Said(content, calendar=entry(agreed))

    async def _put_off(self, tx: Connection, due: DueSend, until: datetime, why: str) -> None:
        await rows.UNSEND.first(tx, attempt_id=due.attempt_id, due_at=until, note=why, sources=["scheduled"])

    async def _refuse(self, due: DueSend, campaign: Campaign, now: datetime) -> None:
        """The permit said no: decide once more on fresh facts under the lock, record that, and do what it says."""
        async with self._database.transaction() as tx:
            row = await rows.LOCK_SEND.one(tx, attempt_id=due.attempt_id)
            if row.state != AttemptState.SCHEDULED:
                return
            facts = await call_rows.PERMIT_FACTS.one(tx, lead_id=due.lead_id)
            permit = self._permits.decide(due.channel, campaign, facts.facts(self._permits.fictional_exempt), now)
            if permit.allowed:
                return  # the next look sends it
            await call_rows.add_permit(tx, due.account_id, due.attempt_id, permit)
            why = " ".join(permit.reasons)
            if permit.decision is Decision.NOT_BEFORE and permit.not_before is not None:
                await self._put_off(tx, due, permit.not_before, why)
                return
            await self._finish(tx, due, AttemptState.REFUSED, why, now)
            await self._follow_up.go_on(tx, due.account_id, due.lead_id, now)

    async def _end(self, due: DueSend, state: AttemptState, why: str, permit: Permit | None, now: datetime) -> None:
        """It is not sent: the attempt ends, and the cadence goes on."""
        async with self._database.transaction() as tx:
            row = await rows.LOCK_SEND.one(tx, attempt_id=due.attempt_id)
            if row.state != AttemptState.SCHEDULED:
                return
            if permit is not None:
                await call_rows.add_permit(tx, due.account_id, due.attempt_id, permit)
            await self._finish(tx, due, state, why, now)
            await self._follow_up.go_on(tx, due.account_id, due.lead_id, now)

    async def _finish(self, tx: Connection, due: DueSend, state: AttemptState, why: str, now: datetime) -> None:
        await call_rows.FINISH_ATTEMPT.first(
            tx, attempt_id=due.attempt_id, state=state, now=now, note=why, sources=_FINISHED
        )
        data = {"why": why, "channel": due.channel}
        kind = f"attempt.{state.value}"
        await events.add(tx, due.account_id, kind, now, lead_id=due.lead_id, attempt_id=due.attempt_id, data=data)

    async def hand_over(self, posting: Posting) -> None:
        """Hand it to who carries it, once, and record what it said."""
        message = posting.message
        with structlog.contextvars.bound_contextvars(
            lead_id=str(message.lead_id), attempt_id=str(message.attempt_id)
        ):
            if self._clock.now() >= posting.until:
                return  # this node slept past its own lease: others may hold the attempt
            try:
                provider_id = await self._carry(posting)
            except Transient as error:
                await self._not_now(message, error)
            except Permanent as error:
                await self._never(message, error)
            except Indeterminate as error:
                await self._unclear(message, error)
            else:
                await self.sent(message.attempt_id, provider_id)

    async def _carry(self, posting: Posting) -> str:
        message, letter = posting.message, posting.letter
        if message.channel == Channel.SMS:
            text = OutboundText(message.message_id, message.receiver, message.sender, message.body)
            return await self._texter.send_text(text)
        if self._mailer is None:
            raise Transient("this installation has no mail server", retry_after=_NO_SERVER)
        mail = OutboundMail(
            message.message_id,
            message.receiver,
            message.sender,
            letter.reply_to,
            message.subject or "",
            message.body,
            letter.html or "",
            letter.unsubscribe or "",
            letter.calendar,
        )
        return await self._mailer.send_mail(mail)

    async def sent(self, attempt_id: UUID, provider_id: str) -> None:
        """It was taken: the attempt is over, and the cadence goes on."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            row = await rows.LOCK_SEND.one(tx, attempt_id=attempt_id)
            if row.message_id is None:
                return
            await rows.MESSAGE_SENT.run(tx, message_id=row.message_id, provider_id=provider_id, now=now)
            done = await rows.CONCLUDE_SEND.first(
                tx,
                attempt_id=row.attempt_id,
                state=AttemptState.SENT,
                now=now,
                note=None,
                sources=sorted(sources(Sent)),
            )
            if done is None:
                return
            data = {"channel": row.channel}
            await events.add(
                tx, row.account_id, "attempt.sent", now, lead_id=row.lead_id, attempt_id=row.attempt_id, data=data
            )
            await self._follow_up.worked(tx, row.lead_id)
            await self._follow_up.go_on(tx, row.account_id, row.lead_id, now)
        log.info("message.sent", channel=row.channel)

    async def _not_now(self, message: MessageToSend, error: Transient) -> None:
        log.warning("message.not_now", code=error.code, provider_code=error.provider_code)
        await self.unsent(message.attempt_id, self._clock.now() + error.retry_after, str(error.code))

    async def unsent(self, attempt_id: UUID, due_at: datetime, why: str) -> None:
        """It was certainly not taken: back to the plan, and the person was not contacted by it."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            row = await rows.LOCK_SEND.one(tx, attempt_id=attempt_id)
            back = await rows.UNSEND.first(
                tx, attempt_id=row.attempt_id, due_at=due_at, note=why, sources=sorted(sources(Deferred))
            )
            if back is None or row.message_id is None:
                return
            await rows.MESSAGE_ENDED.run(
                tx, message_id=row.message_id, state=MessageState.FAILED, provider_code=why, now=now
            )
        async with self._database.connection() as tx:
            await call_rows.UNCOUNT_CONTACT.run(tx, lead_id=row.lead_id, contact_id=str(row.message_id))

    async def _never(self, message: MessageToSend, error: Permanent) -> None:
        """Whoever carries it will not: the attempt failed. Somebody who wants no texts is suppressed for them."""
        log.warning("message.refused", code=error.code, provider_code=error.provider_code)
        now = self._clock.now()
        async with self._database.transaction() as tx:
            await rows.LOCK_SEND.one(tx, attempt_id=message.attempt_id)
            await rows.MESSAGE_ENDED.run(
                tx,
                message_id=message.message_id,
                state=MessageState.FAILED,
                provider_code=error.provider_code,
                now=now,
            )
            done = await rows.CONCLUDE_SEND.first(
                tx,
                attempt_id=message.attempt_id,
                state=AttemptState.FAILED,
                now=now,
                note=error.code,
                sources=sorted(sources(Concluded)),
            )
            if done is None:
                return
            data = {"why": error.code, "channel": message.channel, "provider_code": error.provider_code}
            await events.add(
                tx,
                message.account_id,
                "attempt.failed",
                now,
                lead_id=message.lead_id,
                attempt_id=message.attempt_id,
                data=data,
            )
            if error.code == OPTED_OUT:
                await self._opted_out(tx, message)  # before the lead's row is locked
            await self._follow_up.go_on(tx, message.account_id, message.lead_id, now)
        async with self._database.connection() as tx:
            await call_rows.UNCOUNT_CONTACT.run(tx, lead_id=message.lead_id, contact_id=str(message.message_id))

    async def _opted_out(self, tx: Connection, message: MessageToSend) -> None:
        """The carrier knows that this person asked for no more texts: so do we from now on."""
        words = "the carrier refuses texts to this number: the person has opted out there"
        stop = Stop("phone", message.receiver, words, "carrier", None, ("sms",), lead_id=message.lead_id)
        await self._suppressions.add_within(tx, message.account_id, stop)

    async def _unclear(self, message: MessageToSend, error: PortError) -> None:
        """It may have been taken: unknown, until who carries it tells."""
        log.warning("message.unclear", code=error.code, provider_code=error.provider_code)
        await self.lost_track(message.attempt_id, str(error.code))

    async def lost_track(self, attempt_id: UUID, why: str) -> None:
        now = self._clock.now()
        async with self._database.connection() as tx:
            await call_rows.MARK_UNKNOWN.first(
                tx,
                attempt_id=attempt_id,
                now=now,
                lease_until=now,
                note=why,
                sources=sorted(sources(LostTrack)),
            )


def _message(due: DueSend, letter: Letter, permit: Permit) -> MessageToSend:
    return MessageToSend(
        message_id=letter.message_id,
        attempt_id=due.attempt_id,
        account_id=due.account_id,
        lead_id=due.lead_id,
        phone=due.phone,
        email=due.email,
        version=version_of(due.known),
        channel=due.channel,
        sender=letter.sender,
        receiver=letter.receiver,
        subject=letter.subject,
        body=letter.body,
        encoding=letter.encoding,
        segments=letter.segments,
        permit=permit,
    )
