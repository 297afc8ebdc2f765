"""A mapping as an operator writes it: reading with all checks, and writing it again.

Owns: the document's shape, its limits, and the words for each mistake. Must not know: YAML, JSON, or posted values.
A document with mistakes raises one ``MappingError`` with all of them, each with its place.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from speedtolead.domain.errors import SpeedToLeadError
from speedtolead.domain.mapping.conversion import As, Conversion, format_problem
from speedtolead.domain.mapping.mapped import Mapping
from speedtolead.domain.mapping.path import Path, PathError, parse_path
from speedtolead.domain.mapping.posted import MOST_ELEMENTS, holds, plain
from speedtolead.domain.mapping.rule import (
    ANYTHING_ELSE,
    Const,
    From,
    Part,
    Rule,
    Template,
    ValueMap,
    folded,
    parse_template,
)
from speedtolead.domain.mapping.target import WIDEST_NUMBER, has_refused_character, misfit, target_problem

MOST_RULES = 200
MOST_PATHS = 400
"""In all rules together: each costs a look at the posted value."""
_MOST_ALTERNATIVES = 20
_LONGEST = 2_000
_DEEPEST = 8
_PARTS = ("fields", "own", "rest")
_SOURCES = ("from", "const", "template")
_KEYS = (*_SOURCES, "part", "map", "otherwise", "as", "format", "zone", "default")
Problems = list[tuple[str, str]]


class MappingError(SpeedToLeadError):
    """The document is no mapping; ``problems`` has each mistake's place and words."""

    code = "mapping"

    def __init__(self, problems: Problems) -> None:
        super().__init__("\n".join(f"{place}: {words}" for place, words in problems))
        self.problems = problems


def parse_mapping(document: object) -> Mapping:
    """The mapping that a document, as read from YAML or JSON, says. Raises MappingError with every mistake."""
    if not isinstance(document, dict):
        raise MappingError([("mapping", "expected an object, like {fields: {phone: phone_number}}")])
    problems: Problems = [
        (_shown(key), f"unknown key; known are: {', '.join(_PARTS)}") for key in document if key not in _PARTS
    ]
    rules = _rules(document.get("fields"), problems)
    own, rest = document.get("own", "drop"), document.get("rest", "drop")
    if own not in ("keep", "drop"):
        problems.append(("own", "expected keep or drop"))
    if rest not in ("attributes", "drop"):
        problems.append(("rest", "expected attributes or drop"))
    if problems:
        raise MappingError(problems)
    return Mapping(rules, keep_own=own == "keep", keep_rest=rest == "attributes")


def to_document(mapping: Mapping) -> dict[str, Any]:
    """The document that reads as this mapping."""
    return {
        "fields": {rule.target: _written(rule) for rule in mapping.rules},
        "own": "keep" if mapping.keep_own else "drop",
        "rest": "attributes" if mapping.keep_rest else "drop",
    }


def _rules(fields: object, problems: Problems) -> tuple[Rule, ...]:
    if not isinstance(fields, dict):
        problems.append(("fields", "expected our fields, each with its rule, like {phone: phone_number}"))
        return ()
    if len(fields) > MOST_RULES:
        problems.append(("fields", f"at most {MOST_RULES} rules; there are {len(fields)}"))
    rules = []
    for target, given in list(fields.items())[:MOST_RULES]:
        place = f"fields.{_shown(target)}"
        found = [*_text_problems(place, target), *_problems_of(place, given)]
        if not found and (words := target_problem(target)):
            found.append((place, words))
        if not found:
            reading = _RuleReading(target, given)
            rules.append(reading.rule())
            found = reading.problems
        problems.extend(found)
    paths = sum(_paths(rule) for rule in rules)
    if paths > MOST_PATHS:
        problems.append(("fields", f"at most {MOST_PATHS} paths in all rules together; there are {paths}"))
    return tuple(rules)


def _paths(rule: Rule) -> int:
    if isinstance(rule.source, From):
        return len(rule.source.paths)
    return sum(isinstance(part, Path) for part in rule.source.parts) if isinstance(rule.source, Template) else 0


class _RuleReading:
    """Reads one rule; its mistakes gather in ``problems``, and then the rule is not to be used."""

    def __init__(self, target: str, given: object) -> None:
        self.problems: Problems = []
        self._target = target
        self._place = f"fields.{_shown(target)}"
        self._is_short = isinstance(given, str)
        self._given: dict[str, Any] = given if isinstance(given, dict) else {"from": given}
        if not isinstance(given, dict | str):
            self._say("", "expected a path, or an object like {from: path}")
            self._given = {"from": "unknown"}

    def rule(self) -> Rule:
        for key in self._given:
            if key not in _KEYS:
                self._say(key, f"unknown key; known are: {', '.join(_KEYS)}")
        source = self._source()
        if isinstance(source, Const):
            for key in self._given:
                if key in _KEYS and key not in _SOURCES:
                    self._say(key, "does nothing to a constant")
            return Rule(self._target, source)
        return Rule(
            self._target,
            source,
            part=self._part(),
            map=self._map(),
            conversion=self._conversion(),
            default=self._constant("default") if "default" in self._given else None,
        )

    def _say(self, key: str, words: str) -> None:
        self.problems.append((f"{self._place}.{_shown(key)}" if key else self._place, words))

    def _source(self) -> From | Const | Template:
        named = [key for key in _SOURCES if key in self._given]
        if len(named) != 1:
            self._say("", f"say exactly one of {', '.join(_SOURCES)}")
            return From(())
        if named == ["const"]:
            return Const(self._constant("const"))
        return self._template() if named == ["template"] else self._from()

    def _from(self) -> From:
        given = self._given["from"]
        if not isinstance(given, list):
            return From(self._path("" if self._is_short else "from", given))
        if not 1 <= len(given) <= _MOST_ALTERNATIVES:
            self._say("from", f"expected 1 to {_MOST_ALTERNATIVES} paths")
        return From(tuple(path for i, one in enumerate(given) for path in self._path(f"from[{i}]", one)))

    def _path(self, key: str, given: object) -> tuple[Path, ...]:
        try:
            if isinstance(given, str):
                return (parse_path(given),)
            self._say(key, "expected a path, like user.email")
        except PathError as error:
            self._say(key, str(error))
        return ()

    def _template(self) -> From | Template:
        given = self._given["template"]
        try:
            if isinstance(given, str):
                return parse_template(given)
            self._say("template", 'expected a text, like "{{ street }} {{ house }}"')
        except PathError as error:
            self._say("template", str(error))
        return From(())

    def _constant(self, key: str) -> Any:
        value = self._given[key]
        words = misfit(self._target, value) if holds(value) else "expected a value; this is nothing"
        if words is not None:
            self._say(key, words)
        return plain(value)

    def _part(self) -> Part | None:
        given = self._given.get("part")
        if "part" not in self._given:
            return None
        if given not in list(Part):
            self._say("part", f"expected {' or '.join(Part)}")
            return None
        return Part(given)

    def _map(self) -> ValueMap | None:
        given = self._given.get("map")
        keep = self._otherwise()
        if "map" not in self._given:
            return None
        if not isinstance(given, dict) or not given:
            self._say("map", "expected values as they are posted, each with ours, like {New York: NY}")
            return None
        seen: set[str] = set()
        for key, value in given.items():
            self._check_entry(key, value, seen)
            seen.add(folded(key))
        if ANYTHING_ELSE in seen and "otherwise" in self._given:
            self._say("otherwise", 'does nothing beside "*" in the map')
        return ValueMap(tuple((key, plain(value)) for key, value in given.items()), keep)

    def _check_entry(self, key: str, value: object, seen: set[str]) -> None:
        place = f"map.{key}"
        if not folded(key):
            self._say(place, "a blank value is nothing, and never compared; use default")
        if folded(key) in seen:
            self._say(place, "is in the map twice: letter case and blanks around do not count")
        # A value that is converted afterwards need not fit yet; null leaves the field out.
        if "as" not in self._given and value is not None and (words := misfit(self._target, value)):
            self._say(place, words)

    def _otherwise(self) -> bool:
        if "otherwise" not in self._given:
            return False
        given = self._given["otherwise"]
        if given not in ("keep", "drop"):
            self._say("otherwise", 'expected keep or drop; a constant goes into the map, under "*"')
        elif "map" not in self._given:
            self._say("otherwise", "only with a map")
        return bool(given == "keep")

    def _conversion(self) -> Conversion | None:
        kind = self._given.get("as")
        if kind != As.DATE:
            for key in ("format", "zone"):
                if key in self._given:
                    self._say(key, "only with as: date")
        if "as" not in self._given:
            return None
        if kind not in list(As):
            self._say("as", f"expected one of: {', '.join(As)}")
            return None
        return self._date() if kind == As.DATE else Conversion(As(kind))

    def _date(self) -> Conversion:
        form, zone = self._given.get("format"), self._given.get("zone")
        if "zone" in self._given and not (isinstance(zone, str) and zone in _zones()):
            self._say("zone", f"{_shown(zone)} is no IANA time zone, like America/New_York")
        if "format" in self._given:
            words = "expected a format, like %m/%d/%Y %H:%M"
            problem = format_problem(form, zone) if isinstance(form, str) else words
            if problem is not None:
                self._say("format", problem)
        return Conversion(As.DATE, form, zone)


@cache
def _zones() -> frozenset[str]:
    """``localtime`` is another zone on another machine."""
    return frozenset(available_timezones() - {"localtime"})


def _problems_of(place: str, value: object, depth: int = 0) -> Problems:
    """What no part of a document may be, whatever it means: not plain, too deep, too long."""
    if depth > _DEEPEST:
        return [(place, "nested too deeply")]
    if isinstance(value, str):
        return _text_problems(place, value)
    if isinstance(value, float) and not math.isfinite(value):
        return [(place, "not a finite number")]
    if isinstance(value, int) and abs(value) > WIDEST_NUMBER:
        return [(place, "the number is too large")]
    if isinstance(value, list | dict) and len(value) > MOST_ELEMENTS:
        return [(place, f"at most {MOST_ELEMENTS:,} values; there are {len(value):,}")]
    problems: Problems = []
    if isinstance(value, list):
        for index, inner in enumerate(value):
            problems += _problems_of(f"{place}[{index}]", inner, depth + 1)
    elif isinstance(value, dict):
        for key, inner in value.items():
            inside = f"{place}.{_shown(key)}"
            problems += _text_problems(inside, key) or _problems_of(inside, inner, depth + 1)
    elif value is not None and not isinstance(value, bool | int | float):
        problems.append((place, f"a {type(value).__name__} is not plain; put it in quotes if a text is meant"))
    return problems


def _text_problems(place: str, text: object) -> Problems:
    """Of a text, or of a name, which must be one."""
    if not isinstance(text, str):
        return [(place, "a name must be a text: put it in quotes (YAML reads yes, no, on, off, 7 otherwise)")]
    if len(text) > _LONGEST:
        return [(place, f"longer than {_LONGEST:,} characters")]
    return [(place, "control characters are not allowed")] if has_refused_character(text) else []


def _shown(value: object) -> str:
    """A name as it stands in a place: short, and on one line."""
    text = value if isinstance(value, str) else repr(plain(value))
    short = text if len(text) <= 60 else text[:59] + "…"
    return short if short.isprintable() else repr(short)


def _written(rule: Rule) -> str | dict[str, Any]:
    written = _written_source(rule.source)
    if rule.part is not None:
        written["part"] = rule.part.value
    if rule.map is not None:
        written["map"] = {key: plain(value) for key, value in rule.map.entries}
        if rule.map.keep:
            written["otherwise"] = "keep"
    if rule.conversion is not None:
        said = {"as": rule.conversion.kind.value, "format": rule.conversion.format, "zone": rule.conversion.zone}
        written |= {key: value for key, value in said.items() if value is not None}
    if rule.default is not None:
        written["default"] = plain(rule.default)
    only_path = written.get("from") if len(written) == 1 else None
    return only_path if isinstance(only_path, str) else written


def _written_source(source: From | Const | Template) -> dict[str, Any]:
    if isinstance(source, Const):
        return {"const": plain(source.value)}
    if isinstance(source, Template):
        return {"template": source.text}
    paths = [path.text for path in source.paths]
    return {"from": paths[0] if len(paths) == 1 else paths}


IDENTITY = Mapping((), keep_own=True)
"""For a source without a mapping: our own field names exactly as they are, ``consent`` and ``attributes`` whole."""
