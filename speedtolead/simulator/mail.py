"""A mail server that keeps what it is given and sends nothing on.

Owns the mailbox and the SMTP server before it (RFC 5321, by aiosmtpd). Must not know who writes, or why. Receivers
have stories by their address: ``bounce@…`` and ``nobody@…`` are refused for good, ``later@…`` for now, and a mail
to ``silent@…`` is taken without a last word.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

KEPT = 1000


@dataclass(slots=True)
class Mailbox:
    """Every mail that was taken, oldest first."""

    mails: list[EmailMessage] = field(default_factory=list)

    def to(self, receiver: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == receiver]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        name = address.partition("@")[0]
        if name in {"bounce", "nobody"}:
            return "550 5.1.1 no such mailbox"
        if name == "later":
            return "450 4.2.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content: Any = envelope.content
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        del self.mails[:-KEPT]
        if any(receiver.startswith("silent@") for receiver in envelope.rcpt_tos):
            transport: Any = server.transport
            transport.abort()
        return "250 OK"


@asynccontextmanager
async def running_mail_server(mailbox: Mailbox, host: str, port: int) -> AsyncIterator[int]:
    """The server, listening on this port, or on a free one for 0; the port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(mailbox, hostname="simulator.invalid", ident="simulated", enable_SMTPUTF8=True, loop=loop),
        host,
        port,
    )
    async with server:
        yield int(server.sockets[0].getsockname()[1])
