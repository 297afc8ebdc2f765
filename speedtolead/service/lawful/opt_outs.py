"""What people say to us by text and by key: every way to say stop, and the way back to texts.

Owns: what follows from a text or a key, in the transaction that stores it, and the one answer to a text. Must not
know: the words by which people say stop (``domain/opt_out``), HTTP, TwiML, signatures.

A text is kept once for each of the carrier's ids; a repeat changes nothing and is answered with nothing, so that
nobody gets two confirmations. Killed before the commit: the carrier gets no answer, and sends the text again. What
reads as nothing holds back what is sent automatically until somebody has looked: the reader misses some requests.
"""

from __future__ import annotations

from uuid import UUID

import structlog

from speedtolead.domain import opt_out
from speedtolead.domain.errors import NotFound
from speedtolead.domain.opt_out import Kind, Reading, Scope
from speedtolead.domain.phone import masked
from speedtolead.domain.returned import ReturnReason
from speedtolead.ports import Clock, Goodbye
from speedtolead.ports.texts import InboundText, TextReader
from speedtolead.service import returns
from speedtolead.service.calling.callbacks import Callback, Told, received
from speedtolead.service.lawful.suppressions import CHANNELS, Stop, Suppressions
from speedtolead.service.messages.replies import Replies
from speedtolead.service.times import iso
from speedtolead.store import events
from speedtolead.store import suppressions as suppression_rows
from speedtolead.store import texts as rows
from speedtolead.store.database import Database
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection
from speedtolead.store.texts import Addressee, UnseenText

log = structlog.get_logger(__name__)

STOP_KEY = "9"
"""What a person presses to be called no more; every message that a person hears in a call names it."""
NEVER_AGAIN = "You will not be called again. Goodbye."
READ_AT_MOST = 5000
"""Characters of a text that are read; carriers deliver 1,600."""
STOPPED = "{seller}: you asked us to stop, and we will not {what} you again."
HELP = "{seller}: for help, call {number}. Reply STOP and we will neither text nor call you again."
_REASONS = {Kind.OPT_OUT: "asked to stop by text", Kind.WRONG_NUMBER: "wrong number"}
_CHANNELS = {Scope.ALL: (), Scope.CALLS: ("call",), Scope.TEXTS: ("sms",)}
_WHAT = {(): "call or text", ("call",): "call", ("sms",): "text"}


class OptOuts:
    def __init__(
        self, database: Database, clock: Clock, suppressions: Suppressions, carrier: TextReader, replies: Replies
    ) -> None:
        self._database = database
        self._clock = clock
        self._suppressions = suppressions
        self._carrier = carrier
        self._replies = replies

    async def text(self, text: InboundText) -> str | None:
        """Keep a text and do what it asks; what it is answered with, if with anything.

        Raises NotFound where the number that it was sent to is nobody's here.
        """
        reading = opt_out.read(text.body[:READ_AT_MOST])
        async with self._database.transaction() as tx:
            await rows.HOLD_SENDER.one(tx, phone=text.from_phone)
            accounts = await rows.PEOPLE_OF_TEXT.all(tx, from_phone=text.from_phone, to_phone=text.to_phone)
            if not accounts:
                raise NotFound("This number is nobody's here.")
            answers = [await self._take(tx, addressee, text, reading) for addressee in accounts]
        log.info("text.received", sender=masked(text.from_phone), kind=reading.kind, matched=reading.matched)
        return next((answer for answer in answers if answer is not None), None)

    async def pressed(self, callback: Callback, digits: str) -> Told:
        """A key that was pressed in a message; any other than the one ends the call and says nothing."""
        async with self._database.transaction() as tx:
            await received(tx, callback)
            stopped = digits == STOP_KEY and await self._by_key(tx, callback.attempt_id)
        return Told(Goodbye(NEVER_AGAIN if stopped else None), [])

    async def unseen(self, account_id: UUID, most: int) -> list[UnseenText]:
        """Replies that nobody has looked at, oldest first."""
        async with self._database.connection() as tx:
            return await rows.UNSEEN_TEXTS.all(tx, account_id=account_id, most=most)

    async def seen(self, account_id: UUID, text_id: UUID, by: str) -> None:
        """Somebody looked at a reply. Raises NotFound, also where somebody had looked before."""
        async with self._database.connection() as tx:
            done = await rows.TEXT_SEEN.first(
                tx, account_id=account_id, text_id=text_id, by=by, now=self._clock.now()
            )
        if done is None:
            raise NotFound("There is no such reply to look at.")

    async def _take(self, tx: Connection, to: Addressee, text: InboundText, reading: Reading) -> str | None:
        text_id = new_id()
        new = await rows.RECEIVE_TEXT.first(
            tx,
            text_id=text_id,
            account_id=to.account_id,
            message_id=text.message_id,
            from_phone=text.from_phone,
            to_phone=text.to_phone,
            body=text.body,
            media=list(text.media),
            now=text.received_at,
            lead_id=to.lead_id,
            kind=reading.kind,
            certain=reading.certain,
            matched=reading.matched,
            scope=reading.scope,
        )
        if new is None:
            return None
        suppression_id, answer = None, None
        if reading.kind.suppresses:
            suppression_id, answer = await self._stop(tx, to, text, reading)
        elif reading.kind is Kind.OPT_IN:
            await self._give_back_texts(tx, to, text)  # the carrier itself says that texts come again
        elif reading.kind is Kind.HELP:
            answer = HELP.format(seller=to.seller or to.account, number=text.to_phone)
        await rows.TEXT_FOLLOWED.run(tx, text_id=text_id, suppression_id=suppression_id, answer=answer)
        if reading.kind is Kind.NONE and to.lead_id is not None:
            await self._replies.follow(tx, to.account_id, to.lead_id, text_id, text.body, text.received_at)
        data = {
            "text_id": str(text_id),
            "kind": reading.kind,
            "certain": reading.certain,
            "matched": reading.matched,
        }
        await events.add(tx, to.account_id, "text.received", text.received_at, lead_id=to.lead_id, data=data)
        return answer

    async def _stop(
        self, tx: Connection, to: Addressee, text: InboundText, reading: Reading
    ) -> tuple[UUID, str | None]:
        """The suppression, and the one confirmation: none where the person had it, or gets it from the carrier."""
        channels = _CHANNELS[reading.scope] if to.revocation == "as_said" else ()
        stop = Stop(
            "phone",
            text.from_phone,
            _REASONS[reading.kind],
            "text",
            text.body,
            channels,
            lead_id=to.lead_id,
            doubtful=not reading.certain,
        )
        before = await self._covering(tx, to.account_id, stop)
        if before is not None:
            return before, None
        made = await self._suppressions.add_within(tx, to.account_id, stop)
        if reading.kind is Kind.WRONG_NUMBER and reading.certain and to.lead_id is not None:
            evidence = {"kind": "report", "reason": ReturnReason.WRONG_PERSON, "at": iso(text.received_at)}
            evidence["note"] = f"text: {text.body}"
            await returns.claim(
                tx, to.account_id, to.lead_id, ReturnReason.WRONG_PERSON, evidence, text.received_at
            )
        if self._carrier.answers_by_itself(text.body):
            return made, None
        return made, STOPPED.format(seller=to.seller or to.account, what=_WHAT[channels])

    async def _give_back_texts(self, tx: Connection, to: Addressee, text: InboundText) -> None:
        """START gives back what texts had taken, for texts only; what anybody else said stands."""
        now, account_id, phone = self._clock.now(), to.account_id, text.from_phone
        await suppression_rows.BAR_PERSON.run(tx, account_id=account_id, value=phone)
        lifted = await rows.LIFT_FROM_TEXTS.all(tx, account_id=account_id, phone=phone, words=text.body, now=now)
        for row in lifted:
            rest = [channel for channel in row.channels or CHANNELS if channel != "sms"]
            if rest:
                await suppression_rows.SUPPRESS.run(
                    tx,
                    suppression_id=new_id(),
                    account_id=account_id,
                    campaign_id=None,
                    kind="phone",
                    value=phone,
                    reason=row.reason,
                    origin="text",
                    words=row.words,
                    channels=rest,
                    lead_id=row.lead_id,
                    doubtful=row.doubtful,
                    now=row.created_at,
                )
            data = {"id": str(row.suppression_id), "by": "text", "channels": ["sms"]}
            await events.add(tx, account_id, "person.unsuppressed", now, lead_id=row.lead_id, data=data)
        if lifted:
            await rows.GIVE_BACK_TEXTS.run(tx, account_id=account_id, phone=phone, words=text.body, now=now)

    async def _by_key(self, tx: Connection, attempt_id: UUID) -> bool:
        """Who is called by this attempt pressed the key: nobody calls or texts this number again. Done twice, it is
        one suppression. False where there is no such attempt.
        """
        person = await rows.PERSON_OF_ATTEMPT.first(tx, attempt_id=attempt_id)
        if person is None or person.phone is None:
            return False
        words = f"pressed {STOP_KEY}"
        stop = Stop("phone", person.phone, "asked to stop by key", "keypad", words, lead_id=person.lead_id)
        if await self._covering(tx, person.account_id, stop) is None:
            await self._suppressions.add_within(tx, person.account_id, stop)
        return True

    async def _covering(self, tx: Connection, account_id: UUID, stop: Stop) -> UUID | None:
        found = await rows.COVERING_SUPPRESSION.first(
            tx,
            account_id=account_id,
            phone=stop.value,
            origin=stop.origin,
            channels=list(stop.channels),
            doubtful=stop.doubtful,
        )
        return None if found is None else found.id
