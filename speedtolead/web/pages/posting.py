"""How leads are posted to a source: the address, a request to try, and a connector's address with its settings.

Owns: the example, in the words that the source's mapping reads. Never shows a key or a secret.
"""

from __future__ import annotations

import json
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from speedtolead.domain.mapping import Mapping
from speedtolead.domain.mapping.path import Every, Step, Where
from speedtolead.domain.mapping.rule import ANYTHING_ELSE, From, Rule
from speedtolead.service.configuration.connections import MASK
from speedtolead.store.intake import SourceRow
from speedtolead.web.services import Services

KEY = "YOUR_SOURCE_KEY"
_FURTHEST = 20
"""No example has more elements in a list."""
_EXAMPLE: dict[str, Any] = {
    "phone": "+12125550142",
    "first_name": "Ada",
    "last_name": "Example",
    "city": "New York",
    "state": "NY",
    "postal_code": "10001",
    "consent.channels": ["call"],
    "consent.text": "I agree to be called.",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """``value`` is masked where it is a secret, and empty where it is not set."""

    name: str
    title: str
    value: str
    required: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where a connector's provider delivers, and with which settings."""

    title: str
    address: str
    settings: list[Setting]


@dataclass(frozen=True, slots=True)
class Posting:
    """``curl`` is None where no example can be made of the mapping."""

    address: str
    curl: str | None
    delivery: Delivery | None


def posting(services: Services, row: SourceRow) -> Posting:
    address = f"{services.public_url}/v1/leads"
    lead = example(row.source.mapping)
    body = json.dumps(lead, ensure_ascii=False).replace("'", "'\\''")
    curl = (
        f"curl {address} \\\n"
        f"  -H 'Authorization: Bearer {KEY}' \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d '{body}'"
    )
    return Posting(address, curl if lead else None, _delivery(services, row))


def _delivery(services: Services, row: SourceRow) -> Delivery | None:
    connection = row.source.connection
    if connection is None:
        return None
    connector = services.connectors.get(connection.connector)
    given = dict(connection.settings)
    fields = () if connector is None else connector.settings
    settings = [
        Setting(one.name, one.title, _shown(given, one.name, one.secret, one.default), one.required)
        for one in fields
    ]
    title = connection.connector if connector is None else connector.title
    return Delivery(title, f"{services.public_url}/in/{row.source_id}", settings)


def _shown(given: AnyMapping[str, str], name: str, secret: bool, default: str) -> str:
    value = given.get(name) or default
    return MASK if secret and value else value


def example(mapping: Mapping | None) -> dict[str, Any]:
    """A lead of a fictional person, as this source's posts say it."""
    body: dict[str, Any] = {}
    if mapping is None or mapping.keep_own:
        ruled = set() if mapping is None else {rule.target for rule in mapping.rules}
        for target, value in _EXAMPLE.items():
            if target not in ruled:
                _put(body, tuple(target.split(".")), value)
    for rule in mapping.rules if mapping is not None else ():
        if isinstance(rule.source, From) and rule.source.paths and rule.target in _EXAMPLE:
            _put(body, rule.source.paths[0].steps, _said(rule))
    return body


def _said(rule: Rule) -> Any:
    """A value that the rule makes into the example's."""
    wanted = _EXAMPLE[rule.target]
    if rule.part is not None:
        return "Ada Example"
    if rule.map is not None:
        keys = [key for key, _ in rule.map.entries if key != ANYTHING_ELSE]
        fitting = [key for key, value in rule.map.entries if value == wanted and key != ANYTHING_ELSE]
        return next(iter(fitting or keys), wanted)
    return wanted


def _put(inside: Any, steps: Sequence[Step], value: Any) -> None:
    """Make what these steps lead to, and put the value there. What another rule has put there stays."""
    step, rest = steps[0], steps[1:]
    if isinstance(step, str):
        if isinstance(inside, dict):
            made = inside.setdefault(step, _empty(rest, value))
            if rest:
                _put(made, rest, value)
    elif isinstance(inside, list):
        element = _element(inside, step, _empty(rest, value))
        if rest:
            _put(element, rest, value)


def _empty(rest: Sequence[Step], value: Any) -> Any:
    if not rest:
        return value
    return {} if isinstance(rest[0], str) else []


def _element(elements: list[Any], step: int | Where | Every, made: Any) -> Any:
    """The element that a selector means; made where there is none. Of every element, the first."""
    if isinstance(step, Where):
        element: Any = {}
        _put(element, step.names, step.value)
        found = next((one for one in elements if isinstance(one, dict) and _has(one, step)), None)
        if found is None:
            elements.append(element)
        return element if found is None else found
    index = min(step, _FURTHEST) if isinstance(step, int) else 0
    elements.extend([None] * (index - len(elements)))
    if len(elements) == index:
        elements.append(made)
    return elements[index]


def _has(element: Any, step: Where) -> bool:
    for name in step.names:
        element = element.get(name) if isinstance(element, dict) else None
    return bool(element == step.value)
