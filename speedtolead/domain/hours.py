"""Hours of the week, and the moments at which all of several clocks are inside them.

Owns: weekly hours, local windows across zones and daylight saving, the next moment at which a set of windows
is open at once, and the number of open seconds between two moments.
Must not know: which hours are law and which are a campaign's wish; the permit knows.

A window is half-open: ``08:00-21:00`` allows 08:00:00 and refuses 21:00:00. ``24:00`` means the day's end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)", re.ASCII)
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_SEARCH_DAYS = 15
"""How far ahead an opening is looked for: two weeks cover any weekly pattern in any two zones."""


class Span(NamedTuple):
    """Minutes of a day, ``[start, end)``, 0 to 1440."""

    start: int
    end: int


@runtime_checkable
class Hours(Protocol):
    """Open spans of any date; hashable. A week that repeats, or a state's law with its holidays."""

    def spans(self, day: date) -> tuple[Span, ...]: ...

    def __hash__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Open spans for Monday (index 0) to Sunday (index 6); an empty tuple is a closed day."""

    days: tuple[tuple[Span, ...], ...]
    _hash: int = field(init=False, repr=False, compare=False)
    """Counted once: hours are what the windows below are remembered by."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash(self.days))

    def __hash__(self) -> int:
        return self._hash

    def spans(self, day: date) -> tuple[Span, ...]:
        return self.days[day.weekday()]


class LocalHours(NamedTuple):
    """Hours as kept in one zone."""

    zone: str
    hours: Hours


def daily(start: time, end_minute: int) -> WeeklyHours:
    """The same span every day; ``end_minute`` is minutes after midnight, so that 1440 can be said."""
    span = Span(start.hour * 60 + start.minute, end_minute)
    return WeeklyHours(((span,),) * 7)


ALWAYS = WeeklyHours(((Span(0, 1440),),) * 7)


def parse_weekly(text: dict[str, str]) -> WeeklyHours:
    """Weekly hours from ``{"mon-fri": "08:00-21:00", "sat": "09:00-12:00,13:00-18:00", "sun": "closed"}``.

    A day that is not named is closed. Raises ValueError that names the entry.
    """
    days: list[tuple[Span, ...] | None] = [None] * 7
    for key, value in text.items():
        spans = _spans(key, value)
        for index in _day_range(key):
            if days[index] is not None:
                raise ValueError(f"{key}: {DAYS[index]} is named twice")
            days[index] = spans
    return WeeklyHours(tuple(spans or () for spans in days))


@lru_cache(maxsize=256)
def weekly_text(hours: WeeklyHours) -> str:
    """The hours in one line, ``mon 08:00-21:00; …``; days that are closed are left out."""
    days = [f"{name} {spans_text(spans)}" for name, spans in zip(DAYS, hours.days, strict=True) if spans]
    return "; ".join(days) or "closed"


@lru_cache(maxsize=1024)
def spans_text(spans: tuple[Span, ...]) -> str:
    """The open spans of one day, ``08:00-12:00,13:00-20:00`` or ``closed``."""
    return ",".join(f"{_clock(span.start)}-{_clock(span.end)}" for span in spans) or "closed"


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _day_range(key: str) -> list[int]:
    first, dash, last = key.lower().partition("-")
    if first not in DAYS or (dash and last not in DAYS):
        raise ValueError(f"{key}: expected a day or a range of days, like mon or mon-fri")
    start, end = DAYS.index(first), DAYS.index(last or first)
    count = (end - start) % 7 + 1
    return [(start + offset) % 7 for offset in range(count)]


def _spans(key: str, value: str) -> tuple[Span, ...]:
    if value.strip().lower() == "closed":
        return ()
    spans = []
    for part in value.split(","):
        match = _WINDOW.fullmatch(part.strip())
        if match is None:
            raise ValueError(f'{key}: expected hours like "08:00-21:00" or "closed", got {part.strip()!r}')
        h1, m1, h2, m2 = map(int, match.groups())
        span = Span(h1 * 60 + m1, h2 * 60 + m2)
        if not span.start < span.end <= 1440:
            raise ValueError(f"{key}: {part.strip()} does not end after it starts, within one day")
        spans.append(span)
    spans.sort(key=lambda s: s.start)
    for left, right in pairwise(spans):
        if right.start < left.end:
            raise ValueError(f"{key}: the spans overlap")
    return tuple(spans)


@lru_cache(maxsize=512)
def zone_info(zone: str) -> ZoneInfo:
    return ZoneInfo(zone)


class Wall(NamedTuple):
    """What the clock of a place shows."""

    day: date
    minute: int
    """Of the day, 0 to 1439."""
    text: str
    """ISO 8601 to the second, with what the clock is ahead of UTC."""


def wall(at: datetime, zone: str) -> Wall:
    """The clock of a zone at a moment."""
    # in one zone, Python takes both hours of a clock that is moved back for the same: not so in UTC
    return _wall(at if at.tzinfo is UTC else at.astimezone(UTC), zone)


@lru_cache(maxsize=1024)
def _wall(at: datetime, zone: str) -> Wall:
    """Remembered: the rules of one decision ask it again and again."""
    there = at.astimezone(zone_info(zone))
    return Wall(there.date(), there.hour * 60 + there.minute, there.isoformat(timespec="seconds"))


def is_open(at: datetime, local: LocalHours) -> bool:
    """True when the wall clock of ``local.zone`` at ``at`` is inside its hours."""
    there = wall(at, local.zone)
    return within(there.minute, local.hours.spans(there.day))


def within(minute: int, spans: tuple[Span, ...]) -> bool:
    """True when a minute of the day is inside one of its open spans."""
    for start, end in spans:  # noqa: SIM110 - asked dozens of times in a decision
        if start <= minute < end:
            return True
    return False


class _Gap:
    """The last stretch, ``[since, until)``, that was found closed: from all of it the next opening is ``until``."""

    __slots__ = ("stretch",)

    def __init__(self) -> None:
        self.stretch: tuple[datetime, datetime] | None = None


@lru_cache(maxsize=4096)
def _gap(_: tuple[LocalHours, ...]) -> _Gap:
    return _Gap()


def next_open(at: datetime, everywhere: Sequence[LocalHours]) -> datetime | None:
    """The first moment, at or after ``at``, at which all of ``everywhere`` are open; None within two weeks.

    The stretch until then is remembered: a night's leads of one place ask for the same morning.
    """
    gap, moment = _gap(tuple(everywhere)), at if at.tzinfo is UTC else at.astimezone(UTC)
    if gap.stretch is not None and gap.stretch[0] <= moment < gap.stretch[1]:
        return gap.stretch[1]
    found = _searched(at, everywhere)
    if found is not None and found > at:
        gap.stretch = (moment, found)
    return found


def _searched(at: datetime, everywhere: Sequence[LocalHours]) -> datetime | None:
    latest, moment = at + _SEARCH_DAYS * _DAY, at
    while moment < latest:
        agreed = moment
        for local in everywhere:
            opening = _opening(agreed, local)
            if opening is None:
                return None
            agreed = opening
        if agreed == moment:  # all are open
            return moment
        moment = agreed
    return None


def _opening(at: datetime, local: LocalHours) -> datetime | None:
    """The first moment, at or after ``at``, at which one place is open."""
    if is_open(at, local):
        return at
    yesterday = wall(at, local.zone).day - _DAY  # where a clock is moved back over midnight, it may come again
    for days in range(_SEARCH_DAYS + 2):
        for opens, closes in _windows_of(local, yesterday + days * _DAY):
            if closes > at:
                return max(at, opens)
    return None


@lru_cache(maxsize=8192)
def _windows_of(local: LocalHours, day: date) -> list[tuple[datetime, datetime]]:
    """The UTC windows of one local day, remembered: many leads of one day ask about the same places."""
    return list(_cut(local.hours.spans(day), day, _offsets(local.zone, day)))


@lru_cache(maxsize=4096)
def _offsets(zone: str, day: date) -> list[tuple[datetime, datetime, timedelta]]:
    """What the clock is ahead of UTC around one day."""
    midnight = datetime.combine(day, time(), UTC)
    return list(_steady(midnight - _DAY, midnight + 2 * _DAY, zone_info(zone)))


def _cut(
    spans: Iterable[Span], day: date, offsets: Iterable[tuple[datetime, datetime, timedelta]]
) -> Iterable[tuple[datetime, datetime]]:
    """A local day's spans in UTC, cut where the clock is moved."""
    for since, until, offset in offsets:
        midnight = datetime.combine(day, time(), UTC) - offset
        for span in spans:
            opens = max(midnight + span.start * _MINUTE, since)
            closes = min(midnight + span.end * _MINUTE, until)
            if opens < closes:
                yield opens, closes


def open_seconds(start: datetime, end: datetime, everywhere: Sequence[LocalHours]) -> float:
    """Seconds of ``[start, end)`` in which all of ``everywhere`` are open."""
    if end <= start:
        return 0.0
    if end - start < _MINUTE and all(is_open(at, local) for at in (start, end) for local in everywhere):
        return (end - start).total_seconds()  # the usual case, and on the way to the carrier
    windows = open_windows(start, end, everywhere)
    return sum((min(e, end) - max(s, start)).total_seconds() for s, e in windows if e > start and s < end)


def open_windows(
    start: datetime, end: datetime, everywhere: Sequence[LocalHours]
) -> list[tuple[datetime, datetime]]:
    """UTC windows around ``[start, end)`` in which all of ``everywhere`` are open, in order, merged."""
    if not everywhere:
        return [(start, end)]
    common: list[tuple[datetime, datetime]] | None = None
    for local in dict.fromkeys(everywhere):
        windows = _merged(_local_windows(start, end, local))
        common = windows if common is None else _intersection(common, windows)
    return common or []


def _local_windows(start: datetime, end: datetime, local: LocalHours) -> Iterable[tuple[datetime, datetime]]:
    for since, until, offset in _steady(start - 2 * _DAY, end + 2 * _DAY, zone_info(local.zone)):
        day, last = (since + offset).date(), (until + offset).date()
        while day <= last:
            yield from _cut(local.hours.spans(day), day, [(since, until, offset)])
            day += _DAY


def _steady(start: datetime, end: datetime, zone: ZoneInfo) -> Iterable[tuple[datetime, datetime, timedelta]]:
    """``[start, end)`` cut where the zone's clock is moved: since, until, and what its clock is ahead of UTC."""
    since = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    until, last = since, end.astimezone(UTC)
    offset = _ahead(since, zone)
    while until < last:
        until += _DAY
        if _ahead(until, zone) != offset:
            until -= _DAY
            while _ahead(until, zone) == offset:
                until += _MINUTE
            yield since, until, offset
            since, offset = until, _ahead(until, zone)
    yield since, until, offset


def _ahead(moment: datetime, zone: ZoneInfo) -> timedelta:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def _merged(windows: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    merged: list[tuple[datetime, datetime]] = []
    for start, end in windows:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _intersection(
    left: list[tuple[datetime, datetime]], right: list[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    both, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            both.append((start, end))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return both
