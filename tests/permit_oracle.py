"""The law's hours a second time, slow and obvious: what the permit's answers are compared with.

Owns: the table of hours, typed out by hand, and holidays computed by their rules. Must not know: anything of the
product, its rule file or its arithmetic; it imports the standard library only. It asks one wall clock after another
and steps from minute to minute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

OPEN = "open"
"""A holiday is like any day of the week."""
CLOSED: tuple[int, int] = (0, 0)
CALLS_AND_TEXTS = ("call", "sms")
RECORDED = ("recorded",)

FLOOR = (8, 21)
TABLE: tuple[tuple[str, tuple[str, ...], tuple[int, int], tuple[int, int], tuple[int, int], object], ...] = (
    # state, for what, Monday to Friday, Saturday, Sunday, holiday
    ("AL", CALLS_AND_TEXTS, (8, 20), (8, 20), CLOSED, CLOSED),
    ("CT", CALLS_AND_TEXTS, (9, 20), (9, 20), (9, 20), OPEN),
    ("FL", CALLS_AND_TEXTS, (8, 20), (8, 20), (8, 20), OPEN),
    ("IL", RECORDED, (9, 21), (9, 21), (9, 21), OPEN),
    ("KY", CALLS_AND_TEXTS, (10, 21), (10, 21), (10, 21), OPEN),
    ("LA", CALLS_AND_TEXTS, (8, 20), (8, 20), CLOSED, CLOSED),
    ("ME", RECORDED, (9, 17), CLOSED, CLOSED, CLOSED),
    ("MD", CALLS_AND_TEXTS, (8, 20), (8, 20), (8, 20), OPEN),
    ("MA", CALLS_AND_TEXTS, (8, 20), (8, 20), (8, 20), OPEN),
    ("MI", CALLS_AND_TEXTS, (9, 21), (9, 21), (9, 21), OPEN),
    ("MN", CALLS_AND_TEXTS, (9, 21), (9, 21), (9, 21), OPEN),
    ("MS", CALLS_AND_TEXTS, (8, 20), (8, 20), CLOSED, OPEN),
    ("NE", CALLS_AND_TEXTS, (8, 21), (8, 21), (8, 21), OPEN),
    ("NE", RECORDED, (8, 21), (8, 21), (13, 21), (13, 21)),
    ("NV", CALLS_AND_TEXTS, (9, 20), (9, 20), (9, 20), OPEN),
    ("NM", CALLS_AND_TEXTS, (9, 21), (9, 21), (9, 21), OPEN),
    ("OK", CALLS_AND_TEXTS, (8, 20), (8, 20), (8, 20), OPEN),
    ("OR", CALLS_AND_TEXTS, (8, 20), (8, 20), (8, 20), OPEN),
    ("PA", CALLS_AND_TEXTS, (9, 19), (9, 19), CLOSED, CLOSED),
    ("RI", CALLS_AND_TEXTS, (9, 18), (10, 17), CLOSED, CLOSED),
    ("SD", CALLS_AND_TEXTS, (9, 21), CLOSED, CLOSED, OPEN),
    ("TX", CALLS_AND_TEXTS, (9, 21), (9, 21), (12, 21), OPEN),
    ("UT", CALLS_AND_TEXTS, (8, 21), (8, 21), CLOSED, CLOSED),
    ("WA", CALLS_AND_TEXTS, (8, 20), (8, 20), (8, 20), OPEN),
    ("WY", CALLS_AND_TEXTS, (8, 20), (8, 20), (8, 20), OPEN),
)
"""Hours of the day, ``(8, 20)`` is from 08:00 until before 20:00, on the clock of the place."""
NO_RECORDED_VOICE = ("MA",)
CAPS = {"FL": 3, "MD": 3, "OK": 3, "OR": 3}
GOES_BY = {
    "AL": ("federal", "AL"), "LA": ("federal", "LA"), "ME": ("federal", "ME"), "NE": ("federal",),
    "PA": ("federal", "PA"), "RI": ("federal", "RI"), "UT": ("federal", "UT"),
}  # fmt: skip
"""The tables of holidays of each state that treats them apart."""

MON, TUE, THU, FRI, SAT, SUN = 0, 1, 3, 4, 5, 6


def nth(n: int, weekday: int, month: int, year: int) -> date:
    """The nth such weekday of a month."""
    day = date(year, month, 1)
    while day.weekday() != weekday:
        day += timedelta(days=1)
    return day + timedelta(days=7 * (n - 1))


def last(weekday: int, month: int, year: int) -> date:
    day = date(year, month, 31)
    while day.weekday() != weekday:
        day -= timedelta(days=1)
    return day


def easter(year: int) -> date:
    """The anonymous Gregorian algorithm (Meeus, Jones, Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e, f = b // 4, b % 4, (b + 8) // 25
    g = (b - f + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def election_day(year: int) -> date:
    """The Tuesday after the first Monday of November."""
    return nth(1, MON, 11, year) + timedelta(days=1)


def and_observed(day: date) -> list[date]:
    """A day that falls on a weekend is kept on the nearest workday as well."""
    if day.weekday() == SAT:
        return [day, day - timedelta(days=1)]
    if day.weekday() == SUN:
        return [day, day + timedelta(days=1)]
    return [day]


def federal(year: int) -> list[date]:
    fixed = [date(year, 1, 1), date(year, 6, 19), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25)]
    return [
        *[kept for day in [*fixed, date(year + 1, 1, 1)] for kept in and_observed(day) if kept.year == year],
        nth(3, MON, 1, year),  # Martin Luther King
        nth(3, MON, 2, year),  # Washington
        last(MON, 5, year),  # Memorial Day
        nth(1, MON, 9, year),  # Labor Day
        nth(2, MON, 10, year),  # Columbus
        nth(4, THU, 11, year),  # Thanksgiving
    ]


def alabama(year: int) -> list[date]:
    return [mardi_gras(year), nth(4, MON, 4, year), nth(1, MON, 6, year)]


def louisiana(year: int) -> list[date]:
    voting = [election_day(year)] if year % 2 == 0 else []
    acadian = nth(4, THU, 11, year) + timedelta(days=1)
    fixed = [date(year, 1, 8), date(year, 8, 30), date(year, 11, 1)]
    return [mardi_gras(year), good_friday(year), acadian, *fixed, *voting]


def maine(year: int) -> list[date]:
    return [nth(3, MON, 4, year)]


def pennsylvania(year: int) -> list[date]:
    return [good_friday(year), date(year, 6, 14), election_day(year)]


def rhode_island(year: int) -> list[date]:
    return [nth(2, MON, 8, year), *([election_day(year)] if year % 2 == 0 else [])]


def utah(year: int) -> list[date]:
    return and_observed(date(year, 7, 24))


def mardi_gras(year: int) -> date:
    return easter(year) - timedelta(days=47)


def good_friday(year: int) -> date:
    return easter(year) - timedelta(days=2)


HOLIDAYS: dict[str, Callable[[int], list[date]]] = {
    "federal": federal, "AL": alabama, "LA": louisiana, "ME": maine, "PA": pennsylvania, "RI": rhode_island,
    "UT": utah,
}  # fmt: skip
FIRST_YEAR, LAST_YEAR = 2026, 2030
"""The years that there are tables for; after them a state that treats holidays apart treats every day as one."""


@cache
def holidays(table: str) -> frozenset[date]:
    return frozenset(day for year in range(FIRST_YEAR, LAST_YEAR + 1) for day in HOLIDAYS[table](year))


def is_holiday(state: str, day: date) -> bool:
    return day.year > LAST_YEAR or any(day in holidays(table) for table in GOES_BY[state])


Place = tuple[str, str | None]
"""A zone, and a state of which it is the clock; no state: only the floor is known to hold."""


def place_is_open(place: Place, channel: str, moment: datetime) -> bool:
    """``channel`` is ``call``, ``sms`` or ``recorded``: a call in which a recorded voice speaks."""
    zone, state = place
    there = moment.astimezone(ZoneInfo(zone))
    if not FLOOR[0] <= there.hour < FLOOR[1]:
        return False
    for row_state, channels, weekday, saturday, sunday, holiday in TABLE:
        if row_state != state or not ({channel} | ({"call"} if channel == "recorded" else set())) & set(channels):
            continue
        hours: object = weekday
        if there.weekday() == SAT:
            hours = saturday
        if there.weekday() == SUN:
            hours = sunday
        if holiday != OPEN and is_holiday(row_state, there.date()):
            hours = holiday
        assert isinstance(hours, tuple)
        if not hours[0] <= there.hour < hours[1]:
            return False
    return True


OfficeHours = tuple[str, Sequence[int], int, int]
"""A campaign's zone, its weekdays, the minute of the day when it opens, and the one when it closes."""


def is_open(
    places: Iterable[Place], channel: str, moment: datetime, office: OfficeHours | None, fictional: bool
) -> bool:
    """Whether the law at every place, and the campaign, allow the contact. A fictional number is nobody's phone: it
    has no hours, though a recorded voice is forbidden all the same.
    """
    places = list(places)
    if channel == "recorded" and any(state in NO_RECORDED_VOICE for _, state in places):
        return False
    if office is not None:
        there = moment.astimezone(ZoneInfo(office[0]))
        minute = there.hour * 60 + there.minute
        if there.weekday() not in office[1] or not office[2] <= minute < office[3]:
            return False
    return fictional or all(place_is_open(place, channel, moment) for place in places)


def next_open_minute(
    places: Sequence[Place],
    channel: str,
    moment: datetime,
    office: OfficeHours | None,
    fictional: bool,
    days: int,
) -> datetime | None:
    """The first minute that is open, looked for minute by minute; None: there is none within so many days."""
    if is_open(places, channel, moment, office, fictional):
        return moment
    minute = moment.astimezone(UTC).replace(second=0, microsecond=0)
    for _ in range(days * 1440):
        minute += timedelta(minutes=1)
        if is_open(places, channel, minute, office, fictional):
            return minute
    return None
