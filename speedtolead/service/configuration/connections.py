"""A source's connection to a connector: whether its settings can be used, and which of them nobody is shown.

Owns: the checks, and the masks that stand for secrets. Must not know: any one connector. Where a connector is not
known, every setting of it is taken for a secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from speedtolead.ports.connectors import Connector
from speedtolead.service.configuration.document import Document
from speedtolead.service.configuration.source import SourcePart
from speedtolead.store.settings_json import Json

MASK = "••••••••"
"""Shown for a secret, and taken back for it: too short to be one itself."""
_SECRET, _ANOTHER = "(secret)", "(another secret)"
Connectors = Mapping[str, Connector]


def is_secret(connectors: Connectors, connector: object, setting: str) -> bool:
    known = connectors.get(connector) if isinstance(connector, str) else None
    if known is None:
        return True
    return next((field.secret for field in known.settings if field.name == setting), True)


# ---- checks ---------------------------------------------------------------------------------------------------


def problems_of_document(document: Document, connectors: Connectors) -> list[str]:
    """A line for each mistake in the file's connections, with its place."""
    return [
        f"sources[{index}].{line}"
        for index, part in enumerate(document.sources)
        for line in problems_of_source(part, connectors)
    ]


def problems_of_source(part: SourcePart, connectors: Connectors) -> Iterator[str]:
    given = part.connector
    if given is None:
        return
    connector = connectors.get(given["type"])
    if connector is None:
        yield f"connector.type: there is no connector {given['type']!r}; there are {', '.join(sorted(connectors))}"
        return
    settings = {name: value for name, value in given.items() if name != "type"}
    for name, words in connector.check_settings(settings):
        yield f"connector.{name}: {words}"


# ---- secrets in what is stored ----------------------------------------------------------------------------------


def to_compare(before: Json | None, after: Json, connectors: Connectors) -> tuple[Json | None, Json]:
    """Two states of a source, to be compared and shown: a secret reads the same, unless it became another."""
    old = _settings(before)
    hidden = _hidden(after, connectors, old)
    return (None if before is None else _hidden(before, connectors, old)), hidden


def _settings(stored: Json | None) -> dict[str, str]:
    connection = None if stored is None else stored.get("connection")
    return {} if connection is None else connection["settings"]


def _hidden(stored: Json, connectors: Connectors, old: Mapping[str, str]) -> Json:
    connection = stored.get("connection")
    if connection is None:
        return stored
    shown = {
        name: (_SECRET if old.get(name) == value else _ANOTHER)
        if is_secret(connectors, connection["connector"], name)
        else value
        for name, value in connection["settings"].items()
    }
    return stored | {"connection": connection | {"settings": shown}}


# ---- secrets in what is written ---------------------------------------------------------------------------------


def masked(said: Json, connectors: Connectors) -> Json:
    """A source as it was written, with a mask for each secret."""
    given = said.get("connector")
    if not isinstance(given, dict):
        return said
    kind = given.get("type")
    shown = {
        name: MASK if name != "type" and is_secret(connectors, kind, name) else value
        for name, value in given.items()
    }
    return said | {"connector": {"type": kind, **shown}}


def unmasked(written: dict[Any, Any], said: Json) -> dict[Any, Any]:
    """What was written, with the secret that is kept for each mask. A mask that stands for none stays."""
    given, kept = written.get("connector"), said.get("connector")
    if not isinstance(given, dict) or not isinstance(kept, dict) or given.get("type") != kept.get("type"):
        return written
    full = {name: kept.get(name, value) if value == MASK else value for name, value in given.items()}
    return written | {"connector": full}


def masks_left(written: dict[Any, Any]) -> list[str]:
    """Lines for masks that stand for no secret that is kept."""
    given = written.get("connector")
    if not isinstance(given, dict):
        return []
    words = "the mask stands for no secret that is kept; write the secret itself"
    return [f"connector.{name}: {words}" for name, value in given.items() if value == MASK]
