"""A source's acceptance criteria: which leads it takes, told as plain conditions over a lead's plain values.

Owns: the criteria, the reading of posted values (numbers, yes and no, postal codes), each miss in words, and the
JSON-plain document in which criteria are kept. Price and fit rules ask the same conditions.
Must not know: how a lead arrives, where its place is looked up, or what is done with a lead that misses.
A value that is not given, or cannot be read, misses the condition that needs it; it never makes one pass.

The document; every part may be left out, and what is left out takes everything::

    {"states": ["FL", "GA"],
     "postal_codes": ["33101", "331*"],
     "attributes": {"age": {"between": [25, 64]},
                    "coverage": {"at_least": 100000, "required": false},
                    "credit": {"one_of": ["good", "excellent"]},
                    "homeowner": {"is_true": true}},
     "hours": {"zone": "America/New_York", "week": {"mon-fri": "08:00-21:00"}}}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from speedtolead.domain.errors import SpeedToLeadError
from speedtolead.domain.hours import LocalHours, is_open, next_open, parse_weekly, weekly_text, zone_info

_TEXT = re.compile(r".+")
_NUMBER = re.compile(r"([-+]?)\$? ?(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?", re.ASCII)
_POSTAL = re.compile(r"(\d{5})(?:-?\d{4})?", re.ASCII)
_POSTAL_TERM = re.compile(r"\d{5}|\d{1,4}\*", re.ASCII)
_STATE = re.compile(r"[A-Z]{2}", re.ASCII)
_YES = frozenset({"true", "t", "yes", "y", "on", "1"})
_NO = frozenset({"false", "f", "no", "n", "off", "0"})
_LONGEST_NUMBER = 40
_SHOWN_TEXT, _SHOWN_TERMS = 60, 12


@dataclass(frozen=True, slots=True)
class LeadValues:
    """What criteria look at. ``attributes`` are the post's own: str, int, float, bool or None by name."""

    state: str | None = None
    postal_code: str | int | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Condition:
    """What one attribute must fulfil; all that is said must hold. Sets are compared without regard to case."""

    one_of: frozenset[str] | None = None
    not_one_of: frozenset[str] | None = None
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    truth: bool | None = None
    required: bool | None = None
    """None: required by every condition but ``not_one_of``, which a value that is not given passes."""

    @property
    def needed(self) -> bool:
        if self.required is not None:
            return self.required
        return any(x is not None for x in (self.one_of, self.at_least, self.at_most, self.truth))


@dataclass(frozen=True, slots=True)
class Criteria:
    """Which leads are taken; None and empty: all of them."""

    states: frozenset[str] | None = None
    postal_codes: frozenset[str] | None = None
    """Five digits, or the first one to four of them and a star: ``331*``."""
    attributes: Mapping[str, Condition] = field(default_factory=dict)
    hours: LocalHours | None = None


@dataclass(frozen=True, slots=True)
class Miss:
    """One criterion that a lead does not meet. ``inputs`` are plain values, as they are stored and shown."""

    field: str
    """``state``, ``postal_code``, ``hours`` or ``attributes.NAME``."""
    words: str
    inputs: dict[str, object]


Problem = tuple[str, str]
"""Where in a document, and what is wrong there."""


class CriteriaError(SpeedToLeadError):
    """A document that is no criteria: every problem, by its place."""

    code = "bad_criteria"

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{place or 'criteria'}: {words}" for place, words in problems))
        self.problems = problems


def number(value: object) -> Decimal | None:
    """The number that a value states: ``17``, ``17.5``, ``"$1,200"``; None for all else, such as ``"25-34"``."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        amount = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        return amount if amount.is_finite() and amount.adjusted() < _LONGEST_NUMBER else None
    if not isinstance(value, str) or len(value) > _LONGEST_NUMBER:
        return None
    match = _NUMBER.fullmatch(value.strip())
    if match is None:
        return None
    sign, whole, rest = match.groups()
    return Decimal(sign + whole.replace(",", "") + (rest or ""))


def truth(value: object) -> bool | None:
    """True or False as a form may say it (``yes``, ``"1"``, ``off``); None for all else."""
    said = _folded(value)
    if said in _YES:
        return True
    return False if said in _NO else None


def postal_code(value: object) -> str | None:
    """The five digits of a ZIP code or ZIP+4; a JSON number gets the leading zeros back that it cannot carry."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:05d}" if 0 < value <= 99_999 else None
    match = _POSTAL.fullmatch(value.strip()) if isinstance(value, str) else None
    return match[1] if match else None


def plain(value: Decimal) -> int | str:
    """A number as JSON carries it without loss: an integer, or text."""
    return int(value) if value == value.to_integral_value() else format(value, "f")


def _given(value: object) -> bool:
    return value is not None and not (isinstance(value, str) and not value.strip())


def _folded(value: object) -> str | None:
    """Text as it is compared; ``5``, ``5.0`` and ``"5"`` are the same, ``True`` is ``"true"``."""
    if isinstance(value, str):
        return " ".join(value.split()).casefold()
    if isinstance(value, bool):
        return "true" if value else "false"
    amount = number(value)
    return None if amount is None else str(plain(amount))


def judge(criteria: Criteria, values: LeadValues, now: datetime) -> list[Miss]:
    """Every criterion that the lead misses, in the order state, postal code, attributes, hours; empty: it fits."""
    found = [
        _state(criteria.states, values.state),
        _postal(criteria.postal_codes, values.postal_code),
        *(_attribute(name, c, values.attributes.get(name)) for name, c in criteria.attributes.items()),
        _hours(criteria.hours, now),
    ]
    return [miss for miss in found if miss is not None]


def _state(states: frozenset[str] | None, value: str | None) -> Miss | None:
    stated = value.strip().upper() if isinstance(value, str) else ""
    if states is None or stated in states:
        return None
    words = f"{_said('state', stated)}; this source takes {_list(states)}"
    return Miss("state", words, {"value": stated or None, "states": sorted(states)})


def _postal(terms: frozenset[str] | None, value: str | int | None) -> Miss | None:
    if terms is None:
        return None
    code = postal_code(value)
    if code is not None and (code in terms or any(f"{code[:n]}*" in terms for n in range(1, 5))):
        return None
    said = _said("postal code", value)
    if code is None and _given(value):
        said += ", which is no postal code"
    return Miss("postal_code", f"{said}; this source takes {_list(terms)}", {"value": code, "count": len(terms)})


def _attribute(name: str, condition: Condition, value: object) -> Miss | None:
    if not _given(value):
        wrong: str | None = "" if condition.needed else None
    else:
        wrong = _wrong(condition, value)
    if wrong is None:
        return None
    words = f"{_said(name, value)}{wrong}; this source {_taken(condition)}"
    return Miss(f"attributes.{name}", words, {"value": _shown(value), **_condition_document(condition)})


def _wrong(condition: Condition, value: object) -> str | None:
    """What is wrong with a value that is given, as words that follow ``NAME is VALUE``; None: nothing."""
    said = _folded(value)
    if condition.one_of is not None and said not in {_folded(text) for text in condition.one_of}:
        return ""
    if condition.not_one_of is not None and (said is None or said in {_folded(t) for t in condition.not_one_of}):
        return ""
    if condition.at_least is not None or condition.at_most is not None:
        amount = number(value)
        if amount is None:
            return ", which is not a number"
        low, high = condition.at_least, condition.at_most
        if (low is not None and amount < low) or (high is not None and amount > high):
            return ""
    if condition.truth is not None:
        answer = truth(value)
        if answer is None:
            return ", which is neither yes nor no"
        if answer is not condition.truth:
            return ""
    return None


def _hours(local: LocalHours | None, now: datetime) -> Miss | None:
    if local is None or is_open(now, local):
        return None
    there = now.astimezone(zone_info(local.zone))
    opening = next_open(now, [local])
    inputs: dict[str, object] = {
        "zone": local.zone,
        "local_time": there.isoformat(timespec="seconds"),
        "hours": weekly_text(local.hours),
        "opens_at": None if opening is None else opening.astimezone(zone_info(local.zone)).isoformat(),
    }
    words = f"it is {there:%A %H:%M} at {local.zone}; this source takes leads {inputs['hours']}"
    return Miss("hours", words, inputs)


def _taken(condition: Condition) -> str:
    """What is taken, to follow ``this source``."""
    low, high = condition.at_least, condition.at_most
    terms = []
    if condition.one_of is not None:
        terms.append(f"takes {_list(condition.one_of)}")
    if condition.not_one_of is not None:
        terms.append(f"does not take {_list(condition.not_one_of)}")
    if low is not None and high is not None:
        terms.append(f"takes {plain(low)} to {plain(high)}")
    elif low is not None:
        terms.append(f"takes {plain(low)} or more")
    elif high is not None:
        terms.append(f"takes {plain(high)} or less")
    if condition.truth is not None:
        terms.append(f"takes {'yes' if condition.truth else 'no'} only")
    return " and ".join(terms) or "asks for it"


def _said(name: str, value: object) -> str:
    shown = _folded(value) if isinstance(value, bool) else _shown(value)
    return f"{name} is {shown}" if _given(value) else f"{name} is not given"


def _shown(value: object) -> str | int | bool | None:
    """A posted value, short and plain."""
    if not _given(value):
        return None
    if isinstance(value, str):
        text = " ".join(value.split())
        return text if len(text) <= _SHOWN_TEXT else text[:_SHOWN_TEXT] + "…"
    if isinstance(value, bool):
        return value
    amount = number(value)
    return "no plain value" if amount is None else plain(amount)


def _list(terms: frozenset[str]) -> str:
    first = sorted(terms)[:_SHOWN_TERMS]
    more = len(terms) - len(first)
    return ", ".join(first) + (f" and {more} more" if more else "")


def to_document(criteria: Criteria) -> dict[str, object]:
    """The criteria as JSON-plain values; ``from_document`` reads them back unchanged."""
    document: dict[str, object] = {}
    if criteria.states is not None:
        document["states"] = sorted(criteria.states)
    if criteria.postal_codes is not None:
        document["postal_codes"] = sorted(criteria.postal_codes)
    if criteria.attributes:
        document["attributes"] = {name: _condition_document(c) for name, c in criteria.attributes.items()}
    if criteria.hours is not None:
        text = weekly_text(criteria.hours.hours)
        days = {} if text == "closed" else dict(day.split(" ", 1) for day in text.split("; "))
        document["hours"] = {"zone": criteria.hours.zone, "week": days or {"mon-sun": "closed"}}
    return document


def _condition_document(condition: Condition) -> dict[str, object]:
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
        both = {_folded(text) for text in one_of or ()} & {_folded(text) for text in not_one_of or ()}
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
    return "" if isinstance(entry, bool) else _folded(entry) or ""


def _is_zone(name: str) -> bool:
    try:
        zone_info(name)
    except (KeyError, ValueError, OSError):  # what ZoneInfo raises for an unknown, a malformed, a directory's name
        return False
    return True


def _at(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
