"""Criteria as the JSON-plain document in which they are kept, and back, with every problem by its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from speedtolead.domain.criteria.terms import (
    Condition,
    Criteria,
    CriteriaError,
    Problem,
    folded,
    number,
    plain,
)
from speedtolead.domain.hours import LocalHours, parse_weekly, weekly_text, zone_info

_TEXT = re.compile(r".+")
_POSTAL_TERM = re.compile(r"\d{5}|\d{1,4}\*", re.ASCII)
_STATE = re.compile(r"[A-Z]{2}", re.ASCII)


def to_document(criteria: Criteria) -> dict[str, object]:
    """The criteria as JSON-plain values; ``from_document`` reads them back unchanged."""
    document: dict[str, object] = {}
    if criteria.states is not None:
        document["states"] = sorted(criteria.states)
    if criteria.postal_codes is not None:
        document["postal_codes"] = sorted(criteria.postal_codes)
    if criteria.attributes:
        document["attributes"] = {name: condition_document(c) for name, c in criteria.attributes.items()}
    if criteria.hours is not None:
        text = weekly_text(criteria.hours.hours)
        days = {} if text == "closed" else dict(day.split(" ", 1) for day in text.split("; "))
        document["hours"] = {"zone": criteria.hours.zone, "week": days or {"mon-sun": "closed"}}
    return document


def condition_document(condition: Condition) -> dict[str, object]:
    low, high = (None if x is None else plain(x) for x in (condition.at_least, condition.at_most))
    both = low is not None and high is not None
    terms: dict[str, object] = {
        "one_of": None if condition.one_of is None else sorted(condition.one_of),
        "not_one_of": None if condition.not_one_of is None else sorted(condition.not_one_of),
        "between": [low, high] if both else None,
        "at_least": None if both else low,
        "at_most": None if both else high,
        "is_true": True if condition.truth is True else None,
        "is_false": True if condition.truth is False else None,
        "required": condition.required,
    }
    return {name: value for name, value in terms.items() if value is not None}


def from_document(document: object, place: str = "") -> Criteria:
    """Criteria from their document. ``place`` is put before each problem's place.

    Raises CriteriaError with all problems, each by its place: ``attributes.age.between``, ``states[2]``.
    """
    reader = _Reader()
    criteria = reader.criteria(document, place)
    if reader.problems:
        raise CriteriaError(reader.problems)
    return criteria


class _Reader:
    """Reads on after a problem, so that all are told at once; what it returns then is not used."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def criteria(self, document: object, place: str) -> Criteria:
        parts = self.parts(document, place, "states", "postal_codes", "attributes", "hours")
        named = parts.get("attributes", {})
        if not isinstance(named, Mapping):
            self.wrong(_at(place, "attributes"), "expected conditions by attribute name")
            named = {}
        base = _at(place, "attributes")
        return Criteria(
            states=self.texts(parts, place, "states", _STATE, "a state's two letters, like FL"),
            postal_codes=self.texts(parts, place, "postal_codes", _POSTAL_TERM, "five digits, or like 331*"),
            attributes={str(name): self.condition(part, _at(base, str(name))) for name, part in named.items()},
            hours=self.hours(parts["hours"], _at(place, "hours")) if "hours" in parts else None,
        )

    def condition(self, document: object, place: str) -> Condition:
        known = ("one_of", "not_one_of", "at_least", "at_most", "between", "is_true", "is_false", "required")
        parts = self.parts(document, place, *known)
        if isinstance(document, Mapping) and not parts.keys() - {"required"} and parts.get("required") is not True:
            self.wrong(place, f"says nothing; it may say {', '.join(known)}")
        low, high = self.range(parts, place)
        one_of = self.texts(parts, place, "one_of")
        not_one_of = self.texts(parts, place, "not_one_of")
        both = {folded(text) for text in one_of or ()} & {folded(text) for text in not_one_of or ()}
        if both:
            self.wrong(_at(place, "not_one_of"), f"{', '.join(sorted(map(str, both)))}: is in one_of too")
        return Condition(one_of, not_one_of, low, high, self.answer(parts, place), self.required(parts, place))

    def range(self, parts: Mapping[str, object], place: str) -> tuple[Decimal | None, Decimal | None]:
        low, high = number(parts.get("at_least")), number(parts.get("at_most"))
        for name, bound in (("at_least", low), ("at_most", high)):
            if name in parts and bound is None:
                self.wrong(_at(place, name), "expected a number")
        where = _at(place, "at_most")
        if "between" in parts:
            where, between = _at(place, "between"), parts["between"]
            if low is not None or high is not None:
                self.wrong(where, "say either between or at_least and at_most")
            pair = [number(end) for end in between] if isinstance(between, list | tuple) else []
            if len(pair) != 2 or None in pair:
                self.wrong(where, "expected two numbers, like [25, 64]")
                return None, None
            low, high = pair
        if low is not None and high is not None and low > high:
            self.wrong(where, f"{plain(low)} is more than {plain(high)}: no value is between them")
        return low, high

    def answer(self, parts: Mapping[str, object], place: str) -> bool | None:
        said = [name for name in ("is_true", "is_false") if name in parts]
        for name in said:
            if parts[name] is not True:
                self.wrong(_at(place, name), "expected true, or leave it out")
        if len(said) == 2:
            self.wrong(_at(place, "is_false"), "say either is_true or is_false")
        return said[0] == "is_true" if said else None

    def required(self, parts: Mapping[str, object], place: str) -> bool | None:
        found = parts.get("required")
        if "required" in parts and not isinstance(found, bool):
            self.wrong(_at(place, "required"), "expected true or false")
        return found if isinstance(found, bool) else None

    def hours(self, document: object, place: str) -> LocalHours | None:
        parts = self.parts(document, place, "zone", "week")
        zone, week = parts.get("zone"), parts.get("week")
        if not isinstance(zone, str) or not _is_zone(zone):
            self.wrong(_at(place, "zone"), "expected an IANA time zone, like America/New_York")
        if not isinstance(week, Mapping) or not week or not all(isinstance(x, str) for x in week.values()):
            self.wrong(_at(place, "week"), 'expected hours by day, like {"mon-fri": "08:00-21:00"}')
            return None
        try:
            return LocalHours(str(zone), parse_weekly({str(day): str(text) for day, text in week.items()}))
        except ValueError as error:
            day, _, words = str(error).partition(": ")
            self.wrong(_at(_at(place, "week"), day), words)
            return None

    def texts(
        self, parts: Mapping[str, object], place: str, name: str, shape: re.Pattern[str] = _TEXT, like: str = "text"
    ) -> frozenset[str] | None:
        if name not in parts:
            return None
        found, where = parts[name], _at(place, name)
        if not isinstance(found, list | tuple) or not found:
            self.wrong(where, "expected a list with at least one entry; leave it out to take all")
            return None
        texts = [_entry(entry) for entry in found]
        for index, text in enumerate(texts):
            if shape.fullmatch(text) is None:
                self.wrong(f"{where}[{index}]", f"expected {like}")
        return frozenset(texts)

    def parts(self, document: object, place: str, *known: str) -> dict[str, object]:
        if not isinstance(document, Mapping):
            self.wrong(place, f"expected a mapping with any of {', '.join(known)}")
            return {}
        for name in document:
            if name not in known:
                self.wrong(_at(place, str(name)), f"is not known; known are {', '.join(known)}")
        return {str(name): part for name, part in document.items() if name in known and part is not None}

    def wrong(self, place: str, words: str) -> None:
        self.problems.append((place, words))


def _entry(entry: object) -> str:
    """A list's entry as text; a number may stand without quotes. Else empty: YAML makes a bare yes a true."""
    if isinstance(entry, str):
        return " ".join(entry.split())
    return "" if isinstance(entry, bool) else folded(entry) or ""


def _is_zone(name: str) -> bool:
    try:
        zone_info(name)
    except (KeyError, ValueError, OSError):  # what ZoneInfo raises for an unknown, a malformed, a directory's name
        return False
    return True


def _at(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
