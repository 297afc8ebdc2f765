"""What becomes of mails after their server took them: deliveries, bounces, complaints, replies.

Owns: what follows from each. Must not know: who tells it (a webhook of whoever carries the mails), HTTP.

An address that does not exist, and one that complained, gets no more mails. A reply is read for a stop in any words
first, as a text is; any other stops what the campaign says it stops, and is a to-do for the lead's agent. Told
twice, it is once: the news has an id. Killed in between, it is told again.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import structlog

from speedtolead.domain import opt_out
from speedtolead.domain.errors import NotFound
from speedtolead.domain.message import MessageState
from speedtolead.ports import Clock
from speedtolead.ports.messages import Receipt
from speedtolead.service.cadences.follow_up import FollowUp
from speedtolead.service.lawful.permits import Permits
from speedtolead.service.lawful.suppressions import Stop, Suppressions
from speedtolead.service.messages.receipts import Receipts
from speedtolead.store import cadence, events
from speedtolead.store import mails as rows
from speedtolead.store.database import Database
from speedtolead.store.ids import new_id
from speedtolead.store.mails import MailSent
from speedtolead.store.query import Connection
from speedtolead.store.tasks import ADD_TASK

log = structlog.get_logger(__name__)

_OURS = re.compile(r"<?([0-9a-fA-F-]{36})(?:@[^<>\s]{1,255})?>?")
_ERASED = "erased"
_KEPT = 20_000
_SHOWN = 80


class MailNews(StrEnum):
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    REPLIED = "replied"


@dataclass(frozen=True, slots=True)
class MailTold:
    """News of a mail. ``message_id``: the Message-ID that it carried. ``lasting``: of a bounce, the address will
    never take a mail. ``event_id``: by which it is known again; made of the rest where there is none."""

    kind: MailNews
    message_id: str
    at: datetime
    lasting: bool = True
    code: str | None = None
    text: str | None = None
    event_id: str | None = None


class MailEvents:
    def __init__(
        self, database: Database, clock: Clock, receipts: Receipts, suppressions: Suppressions, permits: Permits
    ) -> None:
        self._database = database
        self._clock = clock
        self._receipts = receipts
        self._suppressions = suppressions
        self._follow_up = FollowUp(permits)

    async def take(self, account_id: UUID, told: MailTold) -> str:
        """What followed: ``noted``, ``suppressed``, ``paused`` or ``known`` (told before).

        Raises NotFound for a mail that this account did not send.
        """
        mail = await self._mail(account_id, told.message_id)
        if told.kind in {MailNews.DELIVERED, MailNews.BOUNCED}:
            state = MessageState.DELIVERED if told.kind is MailNews.DELIVERED else MessageState.UNDELIVERED
            await self._receipts.take(mail.message_id, Receipt(told.message_id, state, told.at, told.code))
        if told.kind is MailNews.DELIVERED:
            return "noted"
        async with self._database.transaction() as tx:
            return await self._follow(tx, mail, told)

    async def _mail(self, account_id: UUID, message_id: str) -> MailSent:
        ours = _OURS.fullmatch(message_id.strip())
        try:
            known = None if ours is None else UUID(ours[1])
        except ValueError:
            known = None
        found = None
        if known is not None:
            async with self._database.connection() as tx:
                found = await rows.MAIL_OF_ACCOUNT.first(tx, account_id=account_id, message_id=known)
        if found is None:
            raise NotFound("This account sent no such mail.")
        return found

    async def _follow(self, tx: Connection, mail: MailSent, told: MailTold) -> str:
        body = (told.text or "")[:_KEPT]
        reading = opt_out.read(body, mail=True, ours=(mail.body,)) if told.kind is MailNews.REPLIED else None
        made = await rows.ADD_MAIL_EVENT.first(
            tx,
            mail_event_id=new_id(),
            account_id=mail.account_id,
            lead_id=mail.lead_id,
            message_id=mail.message_id,
            event_id=told.event_id or _id_of(mail, told),
            kind=told.kind,
            code=told.code,
            body=body or None,
            read_as=None if reading is None else reading.kind.value,
            at=told.at,
        )
        if made is None:
            return "known"
        log.info(f"mail.{told.kind.value}", lead_id=str(mail.lead_id), code=told.code)
        data = {"message_id": str(mail.message_id), "provider_code": told.code}
        await events.add(tx, mail.account_id, f"mail.{told.kind.value}", told.at, lead_id=mail.lead_id, data=data)
        if reading is not None and not reading.kind.suppresses:
            await self._wrote_back(tx, mail, body)
            return "paused"
        if told.kind is MailNews.BOUNCED and not told.lasting:
            return "noted"
        if mail.receiver != _ERASED:
            await self._suppressions.add_within(tx, mail.account_id, _stop(mail, told, reading))
        return "suppressed"

    async def _wrote_back(self, tx: Connection, mail: MailSent, body: str) -> None:
        """The cadence stops what the campaign says it stops, and somebody should answer."""
        now = self._clock.now()
        await self._follow_up.reconsider(tx, mail.account_id, mail.lead_id, "the person wrote back", now)
        campaign = await cadence.campaign_at(tx, mail.account_id, mail.campaign_id, mail.version)
        shown = " ".join(body.split())[:_SHOWN]
        await ADD_TASK.first(
            tx,
            task_id=new_id(),
            account_id=mail.account_id,
            lead_id=mail.lead_id,
            attempt_id=None,
            agent_id=mail.owner_id,
            agents=campaign.dial.agents,
            title=f"Answer the mail: {shown}" if shown else "Answer the mail",
            due_at=now,
            now=now,
        )


def _stop(mail: MailSent, told: MailTold, reading: opt_out.Reading | None) -> Stop:
    """A stop in a mail ends all channels; an address that is wrong, or that complained, mails."""
    stop = Stop(
        "email", mail.receiver, "complained about a mail", "mail", told.text, ("email",), lead_id=mail.lead_id
    )
    if reading is not None and reading.kind is opt_out.Kind.OPT_OUT:
        return replace(stop, reason="asked to stop by mail", channels=(), doubtful=not reading.certain)
    if told.kind is MailNews.BOUNCED:
        return replace(stop, reason="the address takes no mails", origin="bounce", words=None)
    return stop if reading is None else replace(stop, reason="says that it is not theirs")


def _id_of(mail: MailSent, told: MailTold) -> str:
    said = f"{told.kind.value}|{told.at.isoformat()}|{told.code}|{told.text}"
    return f"{mail.message_id}:{hashlib.sha256(said.encode()).hexdigest()[:32]}"
