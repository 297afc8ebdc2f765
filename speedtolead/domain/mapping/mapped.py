"""A mapping, and what comes of using it.

Owns: the rules together, putting their results in place, and what becomes of fields that no rule used.
Must not know: how a mapping is written down, or what the API takes; wrong values are the API's to refuse.
Nothing that is posted makes it fail.
"""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from typing import Any

from speedtolead.domain.mapping.path import Place, written
from speedtolead.domain.mapping.posted import Node, Posted, plain
from speedtolead.domain.mapping.rule import Rule, Traced
from speedtolead.domain.mapping.target import OWN, WIDEST_NUMBER, has_refused_character

_LONGEST_NAME = 200
_LONGEST_PATH = 2_000


@dataclass(frozen=True, slots=True)
class Mapped:
    """``fields`` is nested as our API takes it; ``unused`` has paths of posted values that no rule looked at, at
    most 200."""

    fields: dict[str, Any]
    trace: tuple[Traced, ...]
    unused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """``keep_own``: fields that bear our own names and have no rule are taken as they are, so that the API judges
    them. ``keep_rest``: what no rule used is kept under ``attributes``."""

    rules: tuple[Rule, ...]
    keep_own: bool = False
    keep_rest: bool = False

    def apply(self, posted: AnyMapping[str, Any]) -> Mapped:
        """Our fields. Never raises; takes time linear in what is posted."""
        seen = Posted(posted)
        trace = [rule.apply(seen) for rule in self.rules]
        fields = self._own(seen) if self.keep_own else {}
        own = [Traced(name, name, value, value, "our own name") for name, value in plain(fields).items()]
        # consent before consent.text: a rule for one field goes into the object that another rule took whole.
        for traced in sorted(trace, key=lambda traced: "." in traced.target):
            if traced.result is not None:
                _put(fields, traced.target, plain(traced.result))
        unused = seen.unused()
        if self.keep_rest:
            _keep(fields, unused)
        paths = (written(place) for place, _ in unused if _size(place) <= _LONGEST_PATH)
        return Mapped(fields, (*trace, *own), tuple(paths))

    def _own(self, posted: Posted) -> dict[str, Any]:
        """A field that has a rule is the rule's alone, also when the rule leaves it out."""
        ruled = {rule.target for rule in self.rules}
        fields = posted.own(name for name in OWN if name not in ruled)
        for whole in ("consent", "attributes"):
            inner = fields.get(whole)
            if isinstance(inner, dict):
                fields[whole] = {name: value for name, value in inner.items() if f"{whole}.{name}" not in ruled}
        return fields


def _put(fields: dict[str, Any], target: str, value: object) -> None:
    whole, dot, name = target.partition(".")
    if dot:
        _object(fields, whole)[name] = value
    else:
        fields[target] = value


def _object(fields: dict[str, Any], name: str) -> dict[str, Any]:
    inner = fields.get(name)
    if not isinstance(inner, dict):
        inner = fields[name] = {}
    return inner


def _keep(fields: dict[str, Any], unused: list[Node]) -> None:
    """A field that a rule has set stays. What the API would refuse is left: a leftover must not cost the lead."""
    for place, value in unused:
        if _size(place) <= _LONGEST_NAME and _is_taken(value) and all(map(_is_taken, place)):
            _object(fields, "attributes").setdefault(".".join(map(str, place)), plain(value))


def _is_taken(value: object) -> bool:
    if isinstance(value, str):
        return not has_refused_character(value)
    if isinstance(value, list):
        return all(map(_is_taken, value))
    return not isinstance(value, int) or abs(value) <= WIDEST_NUMBER


def _size(place: Place) -> int:
    return sum(len(str(part)) + 1 for part in place)
