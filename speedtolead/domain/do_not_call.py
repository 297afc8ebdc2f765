"""Do-not-call lists: which number a line of one says, and how long a version may be relied on.

Owns: both rules. Must not know: files, the database, or which campaign relies on what.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

WARN = timedelta(days=7)
"""How long before its end a list is spoken of."""
_OTHER = bytes(set(range(256)) - set(b"0123456789"))
_AMERICAN = re.compile(rb"1?([2-9][0-9]{2}[2-9][0-9]{6})")
_ELSEWHERE = range(8, 16)
"""Digits of a number of another country, with its country code (ITU-T E.164: at most 15)."""


def number_of(text: bytes) -> str | None:
    """The number that a line or a field says, as E.164: ten digits, or eleven with the 1, whatever stands between
    them; another country's with a plus. None where it says none.
    """
    digits = text.translate(None, _OTHER)
    if text.lstrip().startswith(b"+") and not digits.startswith(b"1"):
        return f"+{digits.decode()}" if len(digits) in _ELSEWHERE else None
    found = _AMERICAN.fullmatch(digits)
    return None if found is None else f"+1{found[1].decode()}"


class ListState(StrEnum):
    FRESH = "fresh"
    AGEING = "ageing"
    """It may be relied on for a few days more."""
    STALE = "stale"
    MISSING = "missing"
    """It is relied on, and was never imported."""

    @property
    def stops(self) -> bool:
        """No call that relies on it is permitted."""
        return self in (ListState.STALE, ListState.MISSING)


@dataclass(frozen=True, slots=True)
class Age:
    """``days``: whole days since the version's date; ``left``: until it may not be relied on, below zero after."""

    state: ListState
    days: int | None = None
    left: timedelta | None = None


def age_of(version: date | None, now: datetime, most: timedelta) -> Age:
    """How a version stands at a moment. It counts from midnight UTC of its date, as in the permit's rule."""
    if version is None:
        return Age(ListState.MISSING)
    age = now - datetime.combine(version, time(), UTC)
    left = most - age
    lasting = ListState.AGEING if left <= WARN else ListState.FRESH
    return Age(ListState.STALE if left < timedelta(0) else lasting, age.days, left)
