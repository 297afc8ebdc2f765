"""Parts of a configuration as text that a person writes into a page: YAML or JSON, and back.

Owns: how much text is read, and what YAML may hold here. Must not know: what the text means. A mistake raises
``ConfigurationError`` with its line.
"""

from __future__ import annotations

import json
from typing import Any

import yaml

from speedtolead.domain.mapping import Mapping, MappingError, parse_mapping
from speedtolead.service.configuration.document import ConfigurationError, load

LONGEST = 64 * 1024
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
"""Much faster where PyYAML was built with it."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def plain(text: str) -> Any:
    """The values that YAML or JSON text says. Raises ConfigurationError."""
    if len(text) > LONGEST:
        raise ConfigurationError([f"this is longer than {LONGEST // 1024} KiB; use a file and speedtolead apply"])
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text, object_pairs_hook=_unrepeated)
        except (ValueError, RecursionError):
            pass  # YAML has braces as well, and says more of what is wrong
    _refuse_aliases(text)
    return load(text)


def read_mapping(text: str) -> Mapping | None:
    """The mapping that a text says; None for a blank one. Raises ConfigurationError."""
    if not text.strip():
        return None
    try:
        return parse_mapping(plain(text))
    except MappingError as error:
        raise ConfigurationError([f"{place}: {words}" for place, words in error.problems]) from None


def written(value: Any) -> str:
    """A plain value as YAML; what holds only plain values stands on one line."""
    return str(
        yaml.dump(value, Dumper=_DUMPER, sort_keys=False, allow_unicode=True, width=100, default_flow_style=None)
    )


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is said twice")
    return found


def _refuse_aliases(text: str) -> None:
    """With aliases, a short text can mean more values than any machine holds."""
    try:
        alias = next(
            (token for token in yaml.scan(text, Loader=_LOADER) if isinstance(token, yaml.AliasToken)), None
        )
    except (yaml.YAMLError, RecursionError):
        return  # reading it says what is wrong
    if alias is not None:
        raise ConfigurationError([f"line {alias.start_mark.line + 1}: an alias (*name) cannot be used here"])
