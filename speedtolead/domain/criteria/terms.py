"""What criteria are made of, and how a posted value is read: numbers, yes and no, postal codes.

Must not know: what is done with a lead that misses. What cannot be read is None, and never taken for another value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from speedtolead.domain.errors import SpeedToLeadError
from speedtolead.domain.hours import LocalHours

_NUMBER = re.compile(r"([-+]?)\$? ?(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?", re.ASCII)
_POSTAL = re.compile(r"(\d{5})(?:-?\d{4})?", re.ASCII)
_YES = frozenset({"true", "t", "yes", "y", "on", "1"})
_NO = frozenset({"false", "f", "no", "n", "off", "0"})
_LONGEST_NUMBER = 40


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
    said = folded(value)
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


def given(value: object) -> bool:
    return value is not None and not (isinstance(value, str) and not value.strip())


def folded(value: object) -> str | None:
    """Text as it is compared; ``5``, ``5.0`` and ``"5"`` are the same, ``True`` is ``"true"``."""
    if isinstance(value, str):
        return " ".join(value.split()).casefold()
    if isinstance(value, bool):
        return "true" if value else "false"
    amount = number(value)
    return None if amount is None else str(plain(amount))
