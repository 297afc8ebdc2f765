"""What is written: texts and mails, from the templates of a cadence's steps and the fields of a lead.

Owns: filling a template, the sender, a mail's HTML and its unsubscribe address. Must not know: when anything is
sent, or who carries it.

Templates are sandboxed; a field that the lead does not have is left out, so nobody ever reads braces or "None".
What cannot be written (no sender, nothing left to say, too long) is Unwritable, and that attempt fails, saying so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from jinja2 import nodes
from jinja2.utils import urlize
from markupsafe import escape

from speedtolead.domain.cadence.plan import Channel, Hook, Message, Task
from speedtolead.domain.campaign import Campaign
from speedtolead.domain.errors import SpeedToLeadError
from speedtolead.domain.segments import segments
from speedtolead.service.access.secret_links import SecretLinks
from speedtolead.service.calling.whisper import LeadWords, compiled, parsed
from speedtolead.store.ids import new_id
from speedtolead.store.sends import DueSend

LEAD_FIELDS = ("first_name", "last_name", "city", "state", "postal_code", "attributes")
ROOTS = {"lead": LEAD_FIELDS, "source": ("name",), "campaign": ("name", "seller")}
"""What a template may name; ``lead.attributes.NAME`` is any field that was posted."""
LONGEST_TEXT = 1600
"""Characters of a text that a carrier takes."""
LONGEST_SUBJECT = 200
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(r"[ \t]+")
_ORPHANED = re.compile(r"[ \t]+([,.!?;:])")


class Unwritable(SpeedToLeadError):
    """What was to be sent cannot be written."""

    code = "unwritable"


@dataclass(frozen=True, slots=True)
class Letter:
    """A text or a mail as it goes out. ``encoding`` and ``segments`` are a text's, the rest below them a mail's."""

    message_id: UUID
    sender: str
    receiver: str
    body: str
    encoding: str | None = None
    segments: int | None = None
    subject: str | None = None
    html: str | None = None
    reply_to: str | None = None
    unsubscribe: str | None = None
    calendar: str | None = None
    """An entry that goes with it (RFC 5545)."""


class Wording:
    def __init__(self, public_url: str, signing_key: bytes) -> None:
        self._public_url = public_url.rstrip("/")
        self.links = SecretLinks(signing_key, b"unsubscribe")
        self.callbacks = SecretLinks(signing_key, b"callback")

    def write(self, due: DueSend, campaign: Campaign, content: Message | Task | Hook | None) -> Letter:
        """The message of an attempt. Raises Unwritable."""
        message = content if isinstance(content, Message) else Message(due.words or "")
        literal = not isinstance(content, Message)
        if due.channel == Channel.SMS:
            return self._text(due, campaign, message, literal)
        return self._mail(due, campaign, message, literal)

    def _text(self, due: DueSend, campaign: Campaign, message: Message, literal: bool) -> Letter:
        sender = campaign.texts.sender or next(iter(due.numbers), None)
        if sender is None:
            raise Unwritable("the account has no number that may send texts")
        body = message.text if literal else filled(message.text, due, campaign)
        counted = segments(body)
        if not body:
            raise Unwritable("nothing is left to say")
        if len(body) > LONGEST_TEXT or counted.count > campaign.texts.segments:
            most = campaign.texts.segments
            raise Unwritable(f"too long: {counted.count} segments, and the campaign allows {most}")
        return Letter(new_id(), sender, due.phone, body, counted.encoding, counted.count)

    def _mail(self, due: DueSend, campaign: Campaign, message: Message, literal: bool) -> Letter:
        policy = campaign.mail
        if policy is None:
            raise Unwritable("the account has no sender of mails")
        if due.email is None:
            raise Unwritable("the lead has no email address")
        said = message.text if literal else filled(message.text, due, campaign)
        subject = filled(message.subject or "", due, campaign).replace("\n", " ")[:LONGEST_SUBJECT]
        if not said or not subject:
            raise Unwritable("nothing is left to say")
        message_id = new_id()
        stop = self.unsubscribe_address(message_id)
        footer = f"{campaign.seller}, {policy.postal_address}"
        body = f"{said}\n\n--\n{footer}\nNo more of these mails: {stop}\n"
        html = _html(said, footer, stop, subject)
        return Letter(
            message_id,
            policy.sender,
            due.email,
            body,
            subject=subject,
            html=html,
            reply_to=policy.reply_to,
            unsubscribe=stop,
        )

    def callback_address(self, callback_id: UUID) -> str:
        """Where the calendar entry of an agreed call is, for whoever was given the address."""
        return f"{self._public_url}/callbacks/{self.callbacks.token(callback_id)}.ics"

    def unsubscribe_address(self, message_id: UUID) -> str:
        """Where the receiver of a mail ends all mails, without signing in; nobody can make one up."""
        return f"{self._public_url}/unsubscribe/{self.links.token(message_id)}"


def filled(text: str, lead: LeadWords, campaign: Campaign, **more: str) -> str:
    """A template with a lead's fields, and what else this message knows. Raises Unwritable."""
    fields = {
        "first_name": lead.first_name,
        "last_name": lead.last_name,
        "city": lead.city,
        "state": lead.region,
        "postal_code": lead.postal_code,
    }
    known = {name: value for name, value in fields.items() if value} | {"attributes": lead.attributes}
    about = {"name": campaign.name, "seller": campaign.seller}
    try:
        said = compiled(text).render(lead=known, source={"name": lead.source_name}, campaign=about, **more)
    except Exception as error:
        raise Unwritable(f"the template failed: {type(error).__name__}") from error
    lines = (_ORPHANED.sub(r"\1", _SPACES.sub(" ", line)).strip() for line in _CONTROL.sub("", said).split("\n"))
    return "\n".join(lines).strip()


def literal(text: str) -> str:
    """What of a template stands in every message that is made of it. Raises jinja2.TemplateError."""
    return "".join(part.data for part in parsed(text).find_all(nodes.TemplateData))


def unknown_fields(text: str) -> list[str]:
    """What a template names that no lead has, each as it is written. Raises jinja2.TemplateError."""
    return sorted({name for name in _names(parsed(text)) if not _known(name)})


def _known(name: str) -> bool:
    root, _, rest = name.partition(".")
    field, _, deeper = rest.partition(".")
    if root not in ROOTS or field not in ROOTS[root]:
        return False
    return bool(deeper) if field == "attributes" else not deeper


def _names(template: nodes.Template) -> Iterator[str]:
    inner: set[int] = set()
    for node in template.find_all((nodes.Getattr, nodes.Getitem, nodes.Name)):
        if id(node) in inner:
            continue
        path, at = [], node
        while isinstance(at, nodes.Getattr | nodes.Getitem):
            path.append(_part(at))
            at = at.node
            inner.add(id(at))
        if isinstance(at, nodes.Name):
            yield ".".join([at.name, *reversed(path)])


def _part(node: nodes.Getattr | nodes.Getitem) -> str:
    if isinstance(node, nodes.Getattr):
        return node.attr
    return str(node.arg.value) if isinstance(node.arg, nodes.Const) else "?"


def _html(said: str, footer: str, stop: str, subject: str) -> str:
    """The same words as a plain page: paragraphs, addresses that can be followed, nothing from another host."""
    paragraphs = "".join(f"<p>{urlize(one).replace(chr(10), '<br>')}</p>" for one in re.split(r"\n\s*\n", said))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(subject)}</title></head>'
        f"<body>{paragraphs}<hr><p>{escape(footer)}<br>"
        f'<a href="{escape(stop)}">No more of these mails</a></p></body></html>'
    )
