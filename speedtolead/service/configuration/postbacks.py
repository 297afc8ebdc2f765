"""The file's postbacks: what it may say of them, and making a source's postbacks what it says.

Owns: the schema, the names that postbacks have among the webhooks (``SOURCE:NAME``), that part of an apply. Must
not know: how one is sent. One that its vendor paused with 410 goes on when the file is applied again. A secret is
never told again, so one that is left out stays as it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Protocol
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from speedtolead.service.configuration.values import Name, Part, event_kind, receiver, webhook_secret
from speedtolead.service.webhooks import postback
from speedtolead.service.webhooks.postback import Postback, told
from speedtolead.store import configuration
from speedtolead.store import webhooks as rows
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection
from speedtolead.store.settings_json import Json
from speedtolead.store.webhooks import WebhookRow

_FIXED_PLACE = re.compile(r"https?://[^/?#{}\s]+(/|\?|$)")
_EXAMPLE_AT = datetime(2026, 1, 1, tzinfo=UTC)


def _of_leads(kind: str) -> str:
    if event_kind(kind).startswith("agent."):
        raise ValueError(f"{kind} is not about a lead")
    return kind


class PostbackPart(Part):
    """``url`` and ``body`` are templates; ``service/webhooks/postback.py`` says what they may name."""

    name: Name | None = None
    on: Annotated[list[Annotated[str, AfterValidator(_of_leads)]], Field(min_length=1)]
    url: Annotated[str, Field(max_length=2000)]
    method: Literal["GET", "POST"] = "POST"
    content_type: Literal["json", "form"] = "json"
    body: Annotated[str, Field(max_length=10_000)] | None = None
    secret: Annotated[str, AfterValidator(webhook_secret)] | None = None

    @model_validator(mode="after")
    def _makable(self) -> PostbackPart:
        if self.method == "GET" and self.body is not None:
            raise ValueError("a GET has no body; put it into the url")
        if not _FIXED_PLACE.match(self.url):
            raise ValueError("url: expected one like https://vendor.example/path?id={{ lead.external_id }}")
        terms = self.to_terms()
        for kind in self.on:
            wrong = postback.problem(terms, kind, _EXAMPLE_AT)
            if wrong is not None:
                raise ValueError(wrong)
            for given in postback.examples(kind, _EXAMPLE_AT):
                receiver(told(terms, given).url)
        return self

    def to_terms(self) -> Postback:
        return Postback(self.method, self.url, self.content_type, self.body)


class SourceWithPostbacks(Protocol):
    """What is asked of a source's part of the file."""

    @property
    def name(self) -> str: ...
    @property
    def postbacks(self) -> Sequence[PostbackPart]: ...


Changed = Callable[[str, str, Json | None, Json], None]
"""Says what changed: what, its name, its facts before and after."""


async def apply_postbacks(
    tx: Connection,
    account_id: UUID,
    sources: Sequence[SourceWithPostbacks],
    now: datetime,
    changed: Changed,
    say: Callable[[str], None],
    *,
    of_all: bool = True,
) -> None:
    """Make the postbacks of these sources what they say; ``of_all``: and retire those of every other source.

    The sources are there already.
    """
    named = {source.name for source in sources}
    ids = {row.name: row.source_id for row in await configuration.SOURCES_OF_ACCOUNT.all(tx, account_id=account_id)}
    found = await rows.WEBHOOKS_OF_ACCOUNT.all(tx, account_id=account_id)
    known = {row.name: row for row in found if row.source is not None and (of_all or row.source in named)}
    for source in sources:
        for place, part in enumerate(source.postbacks, 1):
            name = f"{source.name}:{part.name or place}"
            await _put(tx, account_id, ids[source.name], name, part, known.pop(name, None), now, changed, say)
    for name, gone in known.items():
        await rows.REMOVE_WEBHOOK.run(tx, account_id=account_id, webhook_id=gone.webhook_id)
        say(f"- postback {name}")


async def _put(
    tx: Connection,
    account_id: UUID,
    source_id: UUID,
    name: str,
    part: PostbackPart,
    before: WebhookRow | None,
    now: datetime,
    changed: Changed,
    say: Callable[[str], None],
) -> None:
    secret = part.secret or (before.secret if before else None)
    facts = _facts(part.to_terms(), part.on, False)
    same_secret = before is not None and before.secret == secret
    if same_secret and _facts_of(before) == facts:
        return
    await rows.PUT_WEBHOOK.one(
        tx,
        webhook_id=new_id(),
        account_id=account_id,
        name=name,
        source_id=source_id,
        url=part.url,
        request=part.to_terms().to_json(),
        events=facts["events"],
        secret=secret,
        paused=False,
        now=now,
    )
    changed("postback", name, _facts_of(before), facts)
    if before is not None and not same_secret:
        say(f"~ postback {name}: secret changed")


def _facts(terms: Postback, events: Sequence[str], paused: bool) -> Json:
    return {"url": terms.url, **terms.to_json(), "events": sorted(set(events)), "paused": paused}


def _facts_of(row: WebhookRow | None) -> Json | None:
    if row is None or row.request is None:
        return None
    return _facts(postback.postback(row.url, row.request), row.events or [], row.paused)


def without_secrets(said: Any) -> Any:
    """A source's postbacks as they were written, without what is not to be shown again."""
    if not isinstance(said, list):
        return said
    return [
        {name: value for name, value in one.items() if name != "secret"} if isinstance(one, dict) else one
        for one in said
    ]


def same_names(postbacks: Sequence[PostbackPart]) -> list[str]:
    """Names that two of a source's postbacks would have."""
    names = [part.name or str(place) for place, part in enumerate(postbacks, 1)]
    return sorted({name for name in names if names.count(name) > 1})
