"""One rule of a mapping: where a field of ours comes from, and what is done to it.

Owns: the order of the steps (find, ``part``, ``map``, ``as``), the value map, the template, and the trace of what
happened. Must not know: which fields there are, or how a rule is written down.
A value that cannot be used gives no result and a note that says why.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from speedtolead.domain.mapping.conversion import CannotConvert, Conversion, each, single
from speedtolead.domain.mapping.path import Path, PathError, parse_path
from speedtolead.domain.mapping.posted import Posted, holds, text_of

ANYTHING_ELSE = "*"
_LONGEST_RENDERED = 20_000
"""The longest text that any field of ours may have."""


@dataclass(frozen=True, slots=True)
class Traced:
    """What one rule did. ``source`` is the path that was taken (all that were tried, when none held anything), the
    template or the constant, as written. ``result`` is None when the field is left out; ``note`` then says why."""

    target: str
    source: str
    raw: Any
    result: Any
    note: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """``usable`` is False when there is something that cannot be taken; ``note`` says why."""

    source: str
    value: Any
    note: str = ""
    usable: bool = True


@dataclass(frozen=True, slots=True)
class From:
    """The first of these paths that holds something."""

    paths: tuple[Path, ...]

    def find(self, posted: Posted) -> Found:
        there = False
        for path in self.paths:
            look = posted.look(path)
            if look.value is not None:
                return Found(path.text, look.value)
            there = there or look.there
        tried = ", ".join(path.text for path in self.paths)
        return Found(tried, None, "nothing in it" if there else "no such field")


@dataclass(frozen=True, slots=True)
class Const:
    value: Any

    def find(self, posted: Posted) -> Found:
        shown = text_of(self.value) or json.dumps(self.value, ensure_ascii=False)
        return Found(shown, self.value, "a constant")


@dataclass(frozen=True, slots=True)
class Template:
    """Text with ``{{ path }}`` in it. Substitution only: no filters, no conditions; it is not Jinja."""

    text: str
    parts: tuple[str | Path, ...]

    def find(self, posted: Posted) -> Found:
        """The text with the values in it, blanks collapsed; nothing when none of its paths holds anything."""
        pieces: list[str] = []
        missing: list[str] = []
        room = _LONGEST_RENDERED
        for part in self.parts:
            piece = part if isinstance(part, str) else _inserted(posted.look(part).value)
            if piece is not None:
                pieces.append(piece)
                room -= len(piece)
            elif isinstance(part, Path):
                missing.append(part.text)
            if room < 0:
                return Found(self.text, None, f"longer than {_LONGEST_RENDERED:,} characters", usable=False)
        note = f"nothing at: {', '.join(missing)}" if missing else ""
        anything = len(pieces) > sum(isinstance(part, str) for part in self.parts)
        return Found(self.text, " ".join("".join(pieces).split()) if anything else None, note)


def parse_template(text: str) -> Template:
    """The template that ``text`` says. Raises PathError."""
    parts: list[str | Path] = []
    rest = text
    while rest:
        before, opened, rest = rest.partition("{{")
        if before:
            parts.append(before)
        if opened:
            inner, closed, rest = rest.partition("}}")
            if not closed:
                raise PathError('"{{" is not closed by "}}"')
            try:
                parts.append(parse_path(inner.strip()))
            except PathError as error:
                raise PathError(f"in {{{{{inner}}}}}: {error}") from None
    if not any(isinstance(part, Path) for part in parts):
        raise PathError("there is no {{ path }} in it; a text that is always the same is a const")
    return Template(text, tuple(parts))


def _inserted(value: object) -> str | None:
    if isinstance(value, list):
        return ", ".join(text for text in map(text_of, value) if text) or None
    return text_of(value)


class Part(StrEnum):
    """A part of a full name: its first word, or all the others."""

    FIRST = "first"
    LAST = "last"

    def of(self, value: object) -> str:
        words = single(value).split()
        taken = words[:1] if self is Part.FIRST else words[1:]
        if not taken:
            raise CannotConvert(f"no {self} name in it")
        return " ".join(taken)


def folded(text: str) -> str:
    """As values are compared with the keys of a map."""
    return text.strip().casefold()


@dataclass(frozen=True)
class ValueMap:
    """Values by the text that was posted. ``keep`` is what happens to a value that is not in it."""

    entries: tuple[tuple[str, Any], ...]
    keep: bool

    def of(self, value: object) -> tuple[object, str]:
        """The value that is meant, None for nothing; lists that come of a list's elements are joined."""
        if not isinstance(value, list):
            return self._one(value), ""
        values, note = each(value, self._one)
        joined: list[object] = []
        for mapped in values if isinstance(values, list) else []:
            joined.extend(mapped if isinstance(mapped, list) else [mapped])
        return [mapped for mapped in joined if mapped is not None], note

    def _one(self, value: object) -> object:
        text = text_of(value)
        if text is not None and folded(text) in self._table:
            return self._table[folded(text)]
        if ANYTHING_ELSE in self._table:
            return self._table[ANYTHING_ELSE]
        if self.keep:
            return value
        raise CannotConvert("not in the map")

    @cached_property
    def _table(self) -> dict[str, Any]:
        return {folded(key): value for key, value in self.entries}


@dataclass(frozen=True, slots=True)
class Rule:
    """``default`` is taken only when nothing was posted: what was posted and cannot be used never becomes it, or a
    person who said no could get a default's yes."""

    target: str
    source: From | Const | Template
    part: Part | None = None
    map: ValueMap | None = None
    conversion: Conversion | None = None
    default: Any = None

    def apply(self, posted: Posted) -> Traced:
        found = self.source.find(posted)
        if not found.usable:
            return Traced(self.target, found.source, None, None, f"{found.note}: dropped")
        if found.value is None:
            default = "" if self.default is None else ": the default"
            return Traced(self.target, found.source, None, self.default, found.note + default)
        try:
            result, notes = self._changed(found.value)
        except CannotConvert as why:
            return Traced(self.target, found.source, found.value, None, f"{why}: dropped")
        if not holds(result):
            result, notes = None, [*notes, "nothing is left"]
        note = "; ".join(note for note in [found.note, *notes] if note)
        return Traced(self.target, found.source, found.value, result, note)

    def _changed(self, value: object) -> tuple[object, list[str]]:
        notes = ["", "", ""]
        if self.part is not None:
            value, notes[0] = each(value, self.part.of)
        if self.map is not None:
            value, notes[1] = self.map.of(value)
        if self.conversion is not None and value is not None:
            value, notes[2] = self.conversion.of(value)
        return value, notes
