"""Leads that come through a connector: verified, mapped, and taken one by one.

Owns: the way from a provider's request to the intake. Must not know: HTTP frameworks, or any one provider.
A lead that cannot be read is kept as a failed post and named in the answer; the others of the request are taken.
Where the provider itself must be asked and is away, nothing is taken and the provider delivers again: every lead
has its provider's own id, so a second delivery is answered as the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from speedtolead.domain.errors import NotFound
from speedtolead.domain.mapping import Mapping as FieldMapping
from speedtolead.domain.mapping import parse_mapping
from speedtolead.ports import Clock
from speedtolead.ports.connectors import Challenge, Connector, Http, Incoming, Posted
from speedtolead.service.intake import fields
from speedtolead.service.intake.fields import FieldErrors
from speedtolead.service.intake.post import Answer
from speedtolead.service.intake.taking import Intake
from speedtolead.service.intake.unread import UnreadPosts
from speedtolead.service.times import iso
from speedtolead.store.intake import SourceRow


@dataclass(frozen=True, slots=True)
class Unread:
    """A lead of the request whose fields could not be read."""

    external_id: str | None
    errors: FieldErrors


@dataclass(frozen=True, slots=True)
class Received:
    """What became of each lead of a request, in its order."""

    row: SourceRow
    leads: list[tuple[Incoming, Answer | Unread]]


class Inbound:
    def __init__(
        self,
        intake: Intake,
        unread: UnreadPosts,
        connectors: Mapping[str, Connector],
        http: Http,
        clock: Clock,
    ) -> None:
        self._intake = intake
        self._unread = unread
        self._connectors = connectors
        self._http = http
        self._clock = clock

    async def receive(self, source_id: UUID, posted: Posted) -> Challenge | Received:
        """Take the leads of one request.

        Raises NotFound for a source without a connector, what the connector raises, and DatabaseAway.
        """
        row = await self._intake.source_by_id(source_id)
        connection = None if row is None else row.source.connection
        if row is None or connection is None or connection.connector not in self._connectors:
            raise NotFound("There is no such connector address.")
        connector = self._connectors[connection.connector]
        found = await connector.read(posted, dict(connection.settings), self._http, self._clock.now())
        if isinstance(found, Challenge):
            return found
        mapping = row.source.mapping or _default_mapping(connector.name, connector)
        leads = [(lead, await self._take(row, connector.name, mapping, posted, lead)) for lead in found]
        return Received(row, leads)

    async def _take(
        self, row: SourceRow, via: str, mapping: FieldMapping, posted: Posted, lead: Incoming
    ) -> Answer | Unread:
        received_at = self._clock.now()
        try:
            post = fields.read(
                in_our_words(mapping, lead), raw_type=posted.content_type, raw_body=lead.raw, via=via
            )
        except FieldErrors as error:
            await self._unread.keep(
                row,
                received_at,
                via=via,
                status=422,
                code=error.code,
                detail=str(error),
                fields=[one.field for one in error.errors],
                content_type=posted.content_type,
                body=lead.raw,
            )
            return Unread(lead.external_id, error)
        return await self._intake.take(row, post, received_at)


def in_our_words(mapping: FieldMapping, lead: Incoming) -> dict[str, Any]:
    """The lead's fields as ours. What the connector itself knows stands where the mapping says nothing."""
    ours = mapping.apply(lead.fields).fields
    known: dict[str, Any] = {
        "external_id": lead.external_id,
        "submitted_at": _moment(lead.submitted_at),
        "test": lead.test or None,
    }
    return {name: value for name, value in known.items() if value is not None} | ours


def _moment(at: datetime | None) -> str | None:
    return None if at is None else iso(at)


_defaults: dict[str, FieldMapping] = {}


def _default_mapping(name: str, connector: Connector) -> FieldMapping:
    if name not in _defaults:
        _defaults[name] = parse_mapping(connector.default_mapping)
    return _defaults[name]
