"""Posts that were kept, read once more: the bytes as they came, back into the fields that a mapping is given.

Owns: which reader and which mapping a post has, by the way in which it came. Must not know: HTTP, or what becomes
of the fields. Nothing is verified here, so only what was kept, or what an operator gives by hand, may come in.
Bytes that cannot be read raise ``Unreadable``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from speedtolead.domain.mapping import Mapping as FieldMapping
from speedtolead.domain.mapping import parse_mapping
from speedtolead.ports.connectors import Connector, Incoming
from speedtolead.service.intake.inbound import in_our_words
from speedtolead.store.intake import SourceRow

API = "api"


class ConnectorReader(Protocol):
    async def __call__(
        self, connector: str, settings: Mapping[str, str], content_type: str, raw: bytes
    ) -> Incoming: ...


ApiReader = Callable[[str, bytes], dict[str, Any]]
"""Reads a body of our own API by its content type. Raises Unreadable."""


class KeptPosts:
    def __init__(
        self, connectors: Mapping[str, Connector], by_connector: ConnectorReader, by_api: ApiReader
    ) -> None:
        self._connectors = connectors
        self._by_connector = by_connector
        self._by_api = by_api
        self._defaults = {name: parse_mapping(one.default_mapping) for name, one in connectors.items()}

    def way(self, row: SourceRow, via: str | None = None) -> str:
        """A connector's name, or ``api``: how a post came; where that is unknown, how this source is posted to."""
        if via is not None:
            return via if via in self._connectors else API
        connection = row.source.connection
        return connection.connector if connection is not None and connection.connector in self._connectors else API

    def mapping(self, row: SourceRow, way: str) -> FieldMapping | None:
        """The source's own, or the connector's; None: the fields bear our names."""
        return row.source.mapping or self._defaults.get(way)

    async def read(self, row: SourceRow, way: str, content_type: str, raw: bytes) -> Incoming:
        """The post in its sender's words. Raises Unreadable."""
        if way not in self._connectors:
            return Incoming(self._by_api(content_type, raw), None, False, None, raw)
        connection = row.source.connection
        settings = dict(connection.settings) if connection is not None and connection.connector == way else {}
        return await self._by_connector(way, settings, content_type, raw)


def ours(mapping: FieldMapping | None, lead: Incoming) -> dict[str, Any]:
    """A lead's fields under our names, as the intake is given them."""
    return lead.fields if mapping is None else in_our_words(mapping, lead)
