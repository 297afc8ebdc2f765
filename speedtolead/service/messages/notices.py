"""Mails to the account's own people: written with what they tell of, and carried a moment later.

Owns: the form of such a mail, once to each receiver, and trying again. Must not know: what is told. Killed between
sending and saying so, a mail may come twice, and none is lost. Without a mail server nothing is sent; the page and
webhooks tell all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from uuid import UUID

import structlog

from speedtolead.domain.alarm import AlertTerms
from speedtolead.ports import Clock, PortError, Transient
from speedtolead.ports.messages import Mailer, OutboundMail
from speedtolead.store import alarms as rows
from speedtolead.store.database import Database
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection

log = structlog.get_logger(__name__)
AGAIN = timedelta(minutes=2)
MOST_TRIES = 6
AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Letter:
    """``facts``: lines of a name and a number. ``place``: where to look, under the words ``link``."""

    subject: str
    head: str
    words: Sequence[str]
    facts: Sequence[tuple[str, str]]
    place: str
    link: str

    @property
    def text(self) -> str:
        lines = [self.head, "", *self.words]
        if self.facts:
            lines += ["", *(f"{name}: {value}" for name, value in self.facts)]
        return "\n".join([*lines, "", f"{self.link}: {self.place}", ""])

    @property
    def html(self) -> str:
        """One column, in letters that a phone shows large enough."""
        cell = "padding:6px 0;border-bottom:1px solid #ddd"
        facts = "".join(
            f'<tr><td style="{cell}">{escape(name)}</td>'
            f'<td style="{cell};text-align:right"><b>{escape(value)}</b></td></tr>'
            for name, value in self.facts
        )
        table = f'<table style="width:100%;border-collapse:collapse">{facts}</table>' if facts else ""
        words = "".join(f"<p>{escape(line)}</p>" for line in self.words)
        return (
            '<!doctype html><meta name="viewport" content="width=device-width">'
            '<div style="font:16px/1.5 sans-serif;max-width:34em;margin:0 auto;padding:16px">'
            f'<h1 style="font-size:20px">{escape(self.head)}</h1>{words}{table}'
            f'<p><a href="{escape(self.place)}">{escape(self.link)}</a></p></div>'
        )


async def tell(
    tx: Connection, account_id: UUID, terms: AlertTerms, key: str, letter: Letter, now: datetime
) -> None:
    """Write to everyone who is to be told; of the same ``key`` only once."""
    for receiver in terms.mail:
        await rows.ADD_NOTICE.first(
            tx,
            notice_id=new_id(),
            account_id=account_id,
            key=key,
            receiver=receiver,
            sender=terms.sender,
            subject=letter.subject,
            body=letter.text,
            html=letter.html,
            now=now,
        )


class Notices:
    def __init__(self, database: Database, clock: Clock, mailer: Mailer | None) -> None:
        self._database = database
        self._clock = clock
        self._mailer = mailer

    async def send(self) -> None:
        """Carry what is due."""
        if self._mailer is None:
            return
        for _ in range(AT_ONCE):
            now = self._clock.now()
            async with self._database.connection() as tx:
                row = await rows.CLAIM_NOTICE.first(tx, now=now, again_at=now + AGAIN)
            if row is None:
                return
            sent_at, next_at, error = await self._carry(self._mailer, row, now)
            async with self._database.connection() as tx:
                done = {"sent_at": sent_at, "next_at": next_at, "error": error}
                await rows.NOTICE_DONE.run(tx, notice_id=row.notice_id, **done)

    async def _carry(
        self, mailer: Mailer, row: rows.NoticeRow, now: datetime
    ) -> tuple[datetime | None, datetime | None, str | None]:
        mail = OutboundMail(row.notice_id, row.receiver, row.sender, None, row.subject, row.body, row.html, "")
        try:
            await mailer.send_mail(mail)
        except PortError as error:
            again = isinstance(error, Transient) and row.tries < MOST_TRIES
            log.warning("notice.failed", notice_id=str(row.notice_id), error=str(error), again=again)
            return None, now + AGAIN * row.tries if again else None, str(error)[:500]
        return self._clock.now(), None, None
