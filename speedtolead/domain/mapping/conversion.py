"""``as``: making another kind of value of a posted one.

Owns: the kinds, what each takes, and the check of a date's format. Must not know: paths, or our fields.
A value that cannot be converted raises ``CannotConvert``, whose words go into the trace.

=========  ==================================================================================================
text       numbers and truth values as text; a list as its texts with ", " between
lower      text in small letters, trimmed; ``upper`` in capitals
number     ``1,234.50``, ``$25``; numbers as they are
bool       true, yes, y, t, on, 1 and false, no, n, f, off, 0, in any case
list       text split at its commas; a single value as a list of one; a list as it is
epoch      seconds or, from 100,000,000,000 on, milliseconds since 1970 in UTC; gives ISO 8601 in UTC
date       by ``format`` (strptime's directives), else ISO 8601; without an offset of its own it is read on the
           clock of ``zone``, the earlier one of an hour that comes twice; gives ISO 8601 in UTC
=========  ==================================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from speedtolead.domain.hours import zone_info
from speedtolead.domain.mapping.posted import text_of

_NUMBER = re.compile(r"[+-]?\$?(?:\d{1,3}(?:,\d{3}){1,9}|\d{1,30})(?:\.\d{1,20})?", re.ASCII)
_TRUE = frozenset({"true", "yes", "y", "t", "on", "1"})
_FALSE = frozenset({"false", "no", "n", "f", "off", "0"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS_FROM = 100_000_000_000
"""As seconds the year 5138, as milliseconds 1973."""
_LONGEST_DATE = 100
_DIRECTIVES = frozenset("YymdjHIMSfpbBaAz%")
"""Those that mean the same in every locale that the service runs in; ``%Z`` does not."""


class CannotConvert(ValueError):
    """This value cannot be used; the words say why."""


class As(StrEnum):
    TEXT = "text"
    LOWER = "lower"
    UPPER = "upper"
    NUMBER = "number"
    BOOL = "bool"
    LIST = "list"
    EPOCH = "epoch"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Conversion:
    """``format`` and ``zone`` are a date's."""

    kind: As
    format: str | None = None
    zone: str | None = None

    def of(self, value: object) -> tuple[object, str]:
        """The converted value, and a note. Raises CannotConvert."""
        if self.kind is As.LIST:
            return _listed(value), ""
        if self.kind is As.TEXT:
            texts, note = each(value, single)
            return ", ".join(texts) if isinstance(texts, list) else texts, note
        return each(value, self._date if self.kind is As.DATE else _SINGLE[self.kind])

    def _date(self, value: object) -> str:
        text = single(value).strip()
        if len(text) > _LONGEST_DATE:
            raise CannotConvert("too long for a date")
        try:
            at = self._read(text)
        except (ValueError, OverflowError):
            raise CannotConvert(f"{_shown(text)} is not a date of this format") from None
        if at.tzinfo is None:
            if self.zone is None:
                raise CannotConvert(f"{_shown(text)} has no offset, and the rule names no zone")
            at = at.replace(tzinfo=zone_info(self.zone))
        return _iso(at)

    def _read(self, text: str) -> datetime:
        if self.format is None:
            return datetime.fromisoformat(text)
        return datetime.strptime(text, self.format)  # noqa: DTZ007 the caller adds the zone


def each(value: object, change: Callable[[object], object]) -> tuple[object, str]:
    """Change the value, or every element of a list; elements that cannot be changed are left out."""
    if not isinstance(value, list):
        return change(value), ""
    changed: list[object] = []
    refused: list[str] = []
    for element in value:
        try:
            changed.append(change(element))
        except CannotConvert as why:
            refused.append(str(why))
    if refused and not changed:
        raise CannotConvert(refused[0])
    return changed, f"{len(refused)} of {len(value)} left out: {refused[0]}" if refused else ""


def single(value: object) -> str:
    """The text of a single value. Raises CannotConvert for a list or an object."""
    text = text_of(value)
    if text is None:
        raise CannotConvert("not a single value")
    return text


def format_problem(form: str, zone: str | None) -> str | None:
    """Why dates cannot be read by this format, or None."""
    chars = iter(form)
    directives = [next(chars, "") for char in chars if char == "%"]
    said = [directive for directive in directives if directive != "%"]
    unknown = [directive for directive in said if directive not in _DIRECTIVES]
    if unknown:
        return f"%{unknown[0]} is not available; known are: {' '.join(f'%{d}' for d in sorted(_DIRECTIVES))}"
    if len(said) != len(set(said)):
        return "a directive is said twice"
    return _incomplete(set(said), zone)


def _incomplete(said: set[str], zone: str | None) -> str | None:
    one_year = len(said & set("Yy")) == 1
    by_month = "d" in said and len(said & set("mbB")) == 1
    if not one_year or by_month == ("j" in said):
        return "a date needs one year (%Y or %y), and either a month (%m, %b or %B) with %d, or %j"
    if {"H", "I"} <= said or ("I" in said) != ("p" in said):
        return "the hour is either %H, or %I with %p"
    return "without %z in it, say the zone" if zone is None and "z" not in said else None


def _text_trimmed(value: object) -> str:
    return single(value).strip()


def _lower(value: object) -> str:
    return _text_trimmed(value).lower()


def _upper(value: object) -> str:
    return _text_trimmed(value).upper()


def _number(value: object) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = value.strip() if isinstance(value, str) else ""
    if _NUMBER.fullmatch(text) is None:
        raise CannotConvert(f"{_shown(value)} is not a number")
    digits = text.replace(",", "").replace("$", "")
    return float(digits) if "." in digits else int(digits)


def _bool(value: object) -> bool:
    word = single(value).strip().lower()
    if word not in _TRUE | _FALSE:
        raise CannotConvert(f"{_shown(value)} is neither true nor false")
    return word in _TRUE


def _listed(value: object) -> list[object]:
    if isinstance(value, list):
        return value
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    single(value)
    return [value]


def _epoch(value: object) -> str:
    number = _number(value)
    in_milliseconds = abs(number) >= _MILLISECONDS_FROM
    try:
        since = timedelta(milliseconds=number) if in_milliseconds else timedelta(seconds=number)
        return _iso(_EPOCH + since)
    except OverflowError:
        raise CannotConvert(f"{_shown(value)} is not a moment") from None


def _iso(at: datetime) -> str:
    try:
        utc = at.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise CannotConvert("not a moment in UTC") from None
    return utc.isoformat(timespec="milliseconds" if utc.microsecond else "seconds") + "Z"


def _shown(value: object) -> str:
    text = text_of(value)
    return "this" if text is None else repr(text if len(text) <= 40 else text[:39] + "…")


_SINGLE: dict[As, Callable[[object], object]] = {
    As.TEXT: single,
    As.LOWER: _lower,
    As.UPPER: _upper,
    As.NUMBER: _number,
    As.BOOL: _bool,
    As.EPOCH: _epoch,
}
