"""One source of an account that is at work, changed by hand: checked, saved, paused.

Owns: the comparison with what is there, the refusal where it changed meanwhile, and the write, which is the one
that ``apply`` makes for this source. Must not know: who may do it, or any one connector.
A later ``apply`` of a file makes the source what that file says. What cannot be saved raises, with nothing changed.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog

from speedtolead.domain.errors import NotFound, SpeedToLeadError
from speedtolead.ports import Clock
from speedtolead.service.configuration.changes import differences
from speedtolead.service.configuration.connections import (
    Connectors,
    masked,
    masks_left,
    problems_of_source,
    to_compare,
    unmasked,
)
from speedtolead.service.configuration.document import ConfigurationError, checked
from speedtolead.service.configuration.limits import count_what_came_before
from speedtolead.service.configuration.postbacks import apply_postbacks
from speedtolead.service.configuration.source import SourcePart
from speedtolead.service.configuration.text import plain, written
from speedtolead.store import configuration as rows
from speedtolead.store import events
from speedtolead.store.database import Database
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection
from speedtolead.store.settings_json import Json
from speedtolead.store.source_json import source_to_json
from speedtolead.store.sources import SOURCE_IN_FULL, SourceInFull

log = structlog.get_logger(__name__)

_ORDER = {name: place for place, name in enumerate(SourcePart.model_fields)}


class Outdated(SpeedToLeadError):
    """The source was changed since it was looked at; nothing was saved."""

    code = "conflict"


@dataclass(frozen=True, slots=True)
class Change:
    place: str
    before: Any
    after: Any


@dataclass(slots=True)
class Edited:
    """What an edit changes. ``text_only``: how it is said, but nothing that it means."""

    changes: list[Change] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    text_only: bool = False

    def changed(self, what: str, name: str, before: Json | None, after: Json) -> None:
        prefix = "" if what == "source" else f"{what} {name}"
        for place, (old, new) in differences(before or {}, after).items():
            self.changes.append(Change(f"{prefix}: {place}" if prefix else place, old, new))


class _TakenBack(Exception):
    """Ends a transaction so that nothing of it stays."""


class SourceEditing:
    def __init__(self, database: Database, clock: Clock, connectors: Connectors) -> None:
        self._database = database
        self._clock = clock
        self._connectors = connectors

    async def text_of(self, source: SourceInFull) -> str | None:
        """The source as YAML, with masks for secrets; None for one whose words were not kept."""
        if source.said is None:
            return None
        shown = masked(source.said, self._connectors)
        ordered = dict(sorted(shown.items(), key=lambda item: _ORDER.get(item[0], len(_ORDER))))
        return await asyncio.to_thread(written, ordered)  # thousands of postal codes are a long text

    async def check(self, account_id: UUID, name: str, text: str) -> Edited:
        """What saving would change: it is done, and taken back. Raises NotFound or ConfigurationError."""
        loaded = await asyncio.to_thread(plain, text)
        edited = Edited()
        try:
            async with self._database.transaction() as tx:
                zone = await self._locked(tx, account_id)
                await self._edit(tx, account_id, zone, await self._source(tx, account_id, name), loaded, edited)
                raise _TakenBack
        except _TakenBack:
            return edited

    async def save(self, account_id: UUID, name: str, text: str, version: int, by: UUID) -> Edited:
        """Raises NotFound, ConfigurationError, or Outdated where ``version`` is not the source's any more."""
        loaded = await asyncio.to_thread(plain, text)
        edited = Edited()
        async with self._database.transaction() as tx:
            zone = await self._locked(tx, account_id)
            before = await self._source(tx, account_id, name)
            if before.version != version:
                raise Outdated("This source was changed since this page was loaded; nothing was saved.")
            await self._edit(tx, account_id, zone, before, loaded, edited)
        places = [change.place for change in edited.changes]
        log.info("source.saved", source_id=str(before.source_id), user_id=str(by), changed=places)
        return edited

    async def pause(self, account_id: UUID, name: str, paused: bool, by: UUID) -> None:
        """Take no leads, or take them again. What else is said of the source is not checked: this always works."""
        async with self._database.transaction() as tx:
            await self._locked(tx, account_id)
            before = await self._source(tx, account_id, name)
            if before.paused == paused:
                return
            said = before.said
            if said is not None:
                said = {k: v for k, v in said.items() if k != "paused"} | ({"paused": True} if paused else {})
            await _put(tx, account_id, before.campaign_id, before, paused, before.settings, said)
            await events.wake(tx)
        log.info("source.paused" if paused else "source.resumed", source_id=str(before.source_id), user_id=str(by))

    async def _locked(self, tx: Connection, account_id: UUID) -> str:
        """The account's zone; until the transaction ends, no apply and no other edit of the account begins."""
        return (await rows.LOCK_ACCOUNT.one(tx, account_id=account_id)).timezone

    async def _source(self, tx: Connection, account_id: UUID, name: str) -> SourceInFull:
        found = await SOURCE_IN_FULL.first(tx, account_id=account_id, name=name)
        if found is None:
            raise NotFound("There is no such source.")
        return found

    async def _edit(
        self, tx: Connection, account_id: UUID, zone: str, before: SourceInFull, loaded: Any, edited: Edited
    ) -> None:
        part = self._part(before, loaded)
        campaigns = {c.name: c for c in await rows.CAMPAIGNS_OF_ACCOUNT.all(tx, account_id=account_id)}
        if part.campaign not in campaigns:
            raise ConfigurationError([f"campaign: there is no campaign {part.campaign!r}"])
        source, now = part.to_domain(zone), self._clock.now()
        settings = source_to_json(source)
        numbers = [
            None if kept is None else kept["number"] for kept in (before.settings.get("call"), settings.get("call"))
        ]
        if numbers[0] != numbers[1]:
            raise ConfigurationError(["number: a tracking number is changed by speedtolead apply, not here"])
        old = before.settings | {"campaign": before.campaign, "paused": before.paused}
        new = settings | {"campaign": part.campaign, "paused": part.paused}
        if old != new or before.said != part.said:
            campaign_id = campaigns[part.campaign].campaign_id
            await _put(tx, account_id, campaign_id, before, part.paused, settings, part.said)
            await count_what_came_before(tx, account_id, before.source_id, source, now, zone)
            edited.changed("source", part.name, *to_compare(old, new, self._connectors))
            edited.text_only = old == new
        await apply_postbacks(tx, account_id, [part], now, edited.changed, edited.lines.append, of_all=False)
        await events.wake(tx)

    def _part(self, before: SourceInFull, loaded: Any) -> SourcePart:
        """The source as it is written. Raises ConfigurationError."""
        if not isinstance(loaded, dict):
            raise ConfigurationError([f"source: this is not a mapping; it begins with name: {before.name}"])
        written = unmasked(loaded, before.said or {})
        problems = masks_left(written)
        if "api_key" in written:
            problems.append("api_key: a key is changed by speedtolead apply, not here")
        if written.get("name") != before.name:
            problems.append(f"name: this page is about {before.name}; a source is not renamed here")
        if problems:
            raise ConfigurationError(problems)
        try:
            part = checked(SourcePart, written)
        except ConfigurationError as error:
            lines = [f"source{line[4:]}" if line.startswith("file:") else line for line in error.problems]
            raise ConfigurationError(lines) from None
        problems = list(problems_of_source(part, self._connectors))
        if problems:
            raise ConfigurationError(problems)
        return part


async def _put(
    tx: Connection,
    account_id: UUID,
    campaign_id: UUID,
    before: SourceInFull,
    paused: bool,
    settings: Json,
    said: Json | None,
) -> None:
    await rows.PUT_SOURCE.one(
        tx,
        source_id=new_id(),  # used only where there is none of this name
        account_id=account_id,
        campaign_id=campaign_id,
        name=before.name,
        paused=paused,
        settings=settings,
        said=said,
    )
