"""Rows of what became of mails: bounces, complaints, replies.

Owns: the statements of ``sql/queries/mail.sql``. Must not know: what follows from any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from speedtolead.store.query import Id, Query


@dataclass(frozen=True, slots=True)
class MailSent:
    message_id: UUID
    account_id: UUID
    lead_id: UUID
    receiver: str
    body: str
    campaign_id: UUID
    version: int
    owner_id: UUID | None


MAIL_OF_ACCOUNT = Query("mail_of_account", MailSent)
ADD_MAIL_EVENT = Query("add_mail_event", Id)
