"""What the configuration file may say of an account's mails: who they come from.

Owns: the shape of that part. Must not know: what a mail says, or who carries it.
"""

from __future__ import annotations

from email.utils import parseaddr
from typing import Annotated

from pydantic import AfterValidator, Field

from speedtolead.domain.campaign import MailPolicy
from speedtolead.service.configuration.values import Part


def _sender(value: str) -> str:
    """``Acme Insurance <hello@acme.example>``, or an address alone."""
    _, address = parseaddr(value)
    name, _, domain = address.partition("@")
    if not (name and domain) or not value.isprintable() or " " in address:
        raise ValueError("expected a sender like Acme Insurance <hello@acme.example>")
    return value


Sender = Annotated[str, Field(max_length=200), AfterValidator(_sender)]


class MailPart(Part):
    """The postal address stands in every mail: the law asks for it."""

    sender: Sender
    postal_address: Annotated[str, Field(min_length=10, max_length=300)]
    reply_to: Sender | None = None

    def to_domain(self) -> MailPolicy:
        return MailPolicy(self.sender, self.postal_address, self.reply_to)
