"""What people answer to a text: "call me", "call me at 5", "tomorrow morning".

Owns: reading a wish to be called, and when. Must not know: what follows from it. A stop is read before this, and
elsewhere (``opt_out``).

The reader is small on purpose: only what is wholly of its forms is understood, and everything else is left to a
person, because a wrong call is worse than a late one. An hour without am or pm is the next such hour between 8 and
21 o'clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from speedtolead.domain.hours import zone_info

_OPENS, _CLOSES = 8, 21
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PARTS = {"morning": time(9, 30), "noon": time(12), "lunch": time(12), "afternoon": time(14), "evening": time(18)}
_PARTS |= {"tonight": time(18, 30)}
_WORDS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "five": 5, "ten": 10, "fifteen": 15, "twenty": 20}
_WORDS |= {"thirty": 30, "half an": 0}
"""Half an hour is said apart."""
_PLEASE = (
    r"(?:(?:yes|yeah|yep|ok|okay|sure|hi|hello|hey|please|pls|can you|could you|you can|thanks|thank you)\s+)*"
)
_CALL = r"(?:(?:just\s+)?(?:give me a (?:call|ring)|call(?: me)?(?: back)?|ring me|phone me|llamame|llameme))"
_POLITE = r"(?:\s+(?:please|pls|thanks|thank you|por favor))*"
_DAY = rf"(?:today|tomorrow|tmrw|(?:on |this |next )?(?:{'|'.join(_DAYS)}))"
_PART = r"(?:(?:in the |this )?(?:morning|afternoon|evening)|tonight|(?:at |around )?noon|(?:at |around )?lunch)"
_HOUR = r"(?:at|around|about|by|@|a las)?\s*(?P<hour>\d{1,2})(?:[:.](?P<minute>[0-5]\d))?\s*(?P<half>[ap]\.?m\.?)?"
_AT = (
    rf"(?:(?P<day>{_DAY})?\s*(?:(?P<part>{_PART})|{_HOUR})?|(?:{_HOUR.replace('?P<', '?P<x')})\s+(?P<xday>{_DAY}))"
)
_IN = rf"in\s+(?P<count>\d{{1,3}}|{'|'.join(_WORDS)})\s*(?P<unit>m|min|mins|minutes?|h|hrs?|hours?)"
_NOW = r"(?:right\s+)?(?:now|away|asap|immediately|any\s?time|ahora|whenever)"
_ASKS = re.compile(
    rf"{_PLEASE}(?:{_CALL}\s*(?:(?P<now>{_NOW})|(?P<soon>{_IN})|{_AT})?"
    rf"|(?P<bare>{_DAY}\s+(?:{_PART}|{_HOUR.replace('?P<', '?P<y')})|{_DAY})){_POLITE}"
)


@dataclass(frozen=True, slots=True)
class CallMe:
    """The person asks to be called: at once, or at ``at``."""

    at: datetime | None = None


def read(text: str, now: datetime, zone: str) -> CallMe | None:
    """What a reply asks for, on the clock of the person; None: somebody should look at it."""
    plain = " ".join(re.sub(r"[^\w:.@']+", " ", text.lower().replace("á", "a")).split()).strip(" .'")
    plain = re.sub(r"(?<!\d)\.|\.(?!\d)", "", plain)
    match = _ASKS.fullmatch(plain)
    if match is None or len(plain) > 80:
        return None
    said = match.groupdict()
    if said["soon"]:
        return CallMe(now + _span(said["count"], said["unit"]))
    if said["bare"]:
        again = _ASKS.fullmatch(f"call {said['bare']}")
        return None if again is None else _at(again.groupdict(), now, zone)
    return _at(said, now, zone)


def _span(count: str, unit: str) -> timedelta:
    number = int(count) if count.isdecimal() else _WORDS[count]
    if count == "half an":
        return timedelta(minutes=30)
    return timedelta(hours=number) if unit.startswith("h") else timedelta(minutes=number)


def _at(said: dict[str, str | None], now: datetime, zone: str) -> CallMe | None:
    day, part = said["day"] or said["xday"], said["part"]
    hour = said["hour"] or said["xhour"]
    if not (day or part or hour):
        return CallMe()
    there = now.astimezone(zone_info(zone))
    named = _date(day, there)
    if part is not None or hour is None:
        name = next((name for name in _PARTS if part is not None and part.split()[-1] == name), "morning")
        wall = _PARTS[name]
    else:
        minute, half = said["minute"] or said["xminute"], said["half"] or said["xhalf"]
        found = _clock(int(hour), int(minute or 0), half, there, day)
        if found is None:
            return None
        wall = found
    moment = datetime.combine(named, wall, there.tzinfo)
    if moment <= there:
        if day is not None and not _is_weekday(day):
            return None  # "today at 9", said at noon
        moment = datetime.combine(named + timedelta(days=7 if day else 1), wall, there.tzinfo)
    return CallMe(moment.astimezone(UTC))


def _is_weekday(day: str) -> bool:
    return day.split()[-1] in _DAYS


def _date(day: str | None, there: datetime) -> date:
    today = there.date()
    if day is None or day == "today":
        return today
    if not _is_weekday(day):
        return today + timedelta(days=1)
    ahead = (_DAYS.index(day.split()[-1]) - today.weekday()) % 7
    return today + timedelta(days=ahead)


def _clock(hour: int, minute: int, half: str | None, there: datetime, day: str | None) -> time | None:
    """The wall time that is meant; None where there is none in the hours in which people are called."""
    if half is not None:
        if not 1 <= hour <= 12:
            return None
        return time(hour % 12 + (12 if half.startswith("p") else 0), minute)
    if hour > 23 or hour == 0:
        return None
    likely = [h for h in ({hour, hour + 12} if hour <= 12 else {hour}) if _OPENS <= h % 24 < _CLOSES and h < 24]
    if not likely:
        return None
    later = [h for h in likely if day is not None or time(h, minute) > there.time()]
    return time(min(later or likely), minute)
