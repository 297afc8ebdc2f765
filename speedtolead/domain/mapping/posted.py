"""What was posted, as a mapping looks at it.

Owns: a bounded, plain copy of the posted value; finding values in it; and which of them no rule has used.
Must not know: what the values are for. Whatever is posted can be looked at: what is not plain JSON, lies deeper
than 20 levels, or comes after the first 1,000 elements of a list or 10,000 values in all, is not there.

Forms have their own ways to write a list, so a lone text, number or truth value counts as a list of one, and an
object whose names are all numbers (``a[0]=x&a[1]=y``) as the list of its values.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from speedtolead.domain.mapping.path import DEEPEST, Every, Path, Place, Step, Where

MOST_ELEMENTS = 1_000
"""Of one list: each rule that selects an element walks over it."""
MOST_VALUES = 10_000
"""In all, many times what a lead has; a value that contains itself ends here."""
MOST_UNUSED = 200
_WIDEST_NUMBER = 1024
"""Bits: no float is larger."""

Node = tuple[Place, Any]


def plain(value: object) -> Any:
    """A copy that is plain JSON, at most ``DEEPEST`` levels deep; None in place of what is not."""
    return _Copy().of(value, 0)


class _Copy:
    def __init__(self) -> None:
        self._left = MOST_VALUES

    def of(self, value: object, depth: int) -> Any:
        self._left -= 1
        if depth > DEEPEST or self._left < 0:
            return None
        if value is None or isinstance(value, bool | str):
            return value
        if isinstance(value, int):
            return value if value.bit_length() <= _WIDEST_NUMBER else None
        if isinstance(value, float):
            return value if math.isfinite(value) else None
        if isinstance(value, AnyMapping):
            affordable = islice(value.items(), self._left)
            return {name: self.of(inner, depth + 1) for name, inner in affordable if isinstance(name, str)}
        if isinstance(value, list | tuple):
            return [self.of(inner, depth + 1) for inner in islice(value, min(self._left, MOST_ELEMENTS))]
        return None


def holds(value: object) -> bool:
    """False for nothing: null, blank text, an empty list or object."""
    if isinstance(value, str):
        return bool(value.strip())
    if isinstance(value, list | dict):
        return bool(value)
    return value is not None


def text_of(value: object) -> str | None:
    """A single value as text; None for nothing, a list or an object."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))  # JSON does not tell 1 from 1.0
    return str(value) if isinstance(value, int | float) else None


@dataclass(frozen=True, slots=True)
class Look:
    """What is at a path: ``value`` is None when it holds nothing, ``there`` tells whether the field was posted."""

    value: Any
    there: bool


class Posted:
    """One posted value. It remembers what was looked at."""

    def __init__(self, value: object) -> None:
        self._as_it_is: AnyMapping[str, Any] = value if isinstance(value, AnyMapping) else {}
        self._fields: dict[str, Any] = plain(self._as_it_is)
        self._used: set[Place] = set()

    def look(self, path: Path) -> Look:
        """The value at ``path``; with ``[*]`` in it, the list of all values that hold something."""
        nodes: list[Node] = [((), self._fields)]
        for step in path.steps:
            nodes = [after for node in nodes for after in self._after(node, step)]
        self._used.update(place for place, _ in nodes)
        held = [value for _, value in nodes if holds(value)]
        if not held:
            return Look(None, bool(nodes))
        return Look(held if Every() in path.steps else held[0], True)

    def own(self, names: Iterable[str]) -> dict[str, Any]:
        """The fields of these names as they were posted: not copied, not bounded, wrong ones as well."""
        taken = {name: self._as_it_is[name] for name in names if name in self._as_it_is}
        self._used.update((name,) for name in taken)
        return taken

    def unused(self) -> list[Node]:
        """Single values, and lists of such, that hold something and that no rule has looked at; the first 200."""
        return list(islice(self._unused((), self._fields), MOST_UNUSED))

    def _after(self, node: Node, step: Step) -> list[Node]:
        place, value = node
        if isinstance(step, str) or (isinstance(step, int) and isinstance(value, dict)):
            name = str(step)
            return [((*place, name), value[name])] if isinstance(value, dict) and name in value else []
        elements = _elements(node)
        if isinstance(step, int):
            return elements[step : step + 1]
        return self._first(elements, step) if isinstance(step, Where) else elements

    def _first(self, elements: list[Node], where: Where) -> list[Node]:
        for place, element in elements:
            inner = element
            for name in where.names:
                inner = inner.get(name) if isinstance(inner, dict) else None
            if text_of(inner) == where.value:
                self._used.add((*place, *where.names))  # what selects an element is of no more use
                return [(place, element)]
        return []

    def _unused(self, place: Place, value: Any) -> Iterator[Node]:
        if place in self._used or not holds(value):
            return
        if isinstance(value, dict):
            for name, inner in value.items():
                yield from self._unused((*place, name), inner)
        elif isinstance(value, list) and not self._is_whole(place, value):
            for index, inner in enumerate(value):
                yield from self._unused((*place, index), inner)
        else:
            yield place, value

    def _is_whole(self, place: Place, elements: list[Any]) -> bool:
        return not any(
            isinstance(element, dict | list) or (*place, index) in self._used
            for index, element in enumerate(elements)
        )


def _elements(node: Node) -> list[Node]:
    place, value = node
    if isinstance(value, list):
        return [((*place, index), element) for index, element in enumerate(value)]
    if isinstance(value, dict):
        numbered = all(name.isdecimal() for name in value)
        return [((*place, name), element) for name, element in value.items()] if numbered else []
    return [node] if value is not None else []
