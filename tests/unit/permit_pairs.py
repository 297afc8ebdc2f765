"""Pairs of a lead and a moment, and the permit compared with the oracle on each of them.

Owns: every place of the United States with its clocks, the moments at the edges, random pairs. Must not know: hours
or holidays of any state; the oracle does. A disagreement is returned in words that are enough to repeat it.

    python tests/unit/permit_pairs.py --pairs 100000 --moments 5000     (make test-oracle)
"""

from __future__ import annotations

import argparse
import random
import sys
import time as clock
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import permit_oracle as oracle
from domain_samples import FICTIONAL, NY, PHONE, campaign, facts

from speedtolead.domain.hours import ALWAYS, DAYS, WeeklyHours, parse_weekly
from speedtolead.domain.permit import ConsentFacts, Decision, Permit, Request, decide
from speedtolead.domain.place import Candidate
from speedtolead.service.rules.file import shipped

EASTERN, CENTRAL, MOUNTAIN, PACIFIC = NY, "America/Chicago", "America/Denver", "America/Los_Angeles"
ZONES: dict[str | None, tuple[str, ...]] = {
    "AL": (CENTRAL, EASTERN), "AK": ("America/Anchorage", "America/Adak", "America/Juneau", "America/Metlakatla"),
    "AZ": ("America/Phoenix", MOUNTAIN), "AR": (CENTRAL,), "CA": (PACIFIC,), "CO": (MOUNTAIN,), "CT": (EASTERN,),
    "DE": (EASTERN,), "DC": (EASTERN,), "FL": (EASTERN, CENTRAL), "GA": (EASTERN,), "HI": ("Pacific/Honolulu",),
    "ID": ("America/Boise", PACIFIC), "IL": (CENTRAL,),
    "IN": ("America/Indiana/Indianapolis", CENTRAL, "America/Indiana/Knox", "America/Indiana/Tell_City"),
    "IA": (CENTRAL,), "KS": (CENTRAL, MOUNTAIN),
    "KY": ("America/Kentucky/Louisville", CENTRAL, "America/Kentucky/Monticello"), "LA": (CENTRAL,),
    "ME": (EASTERN,), "MD": (EASTERN,), "MA": (EASTERN,), "MI": ("America/Detroit", "America/Menominee"),
    "MN": (CENTRAL,), "MS": (CENTRAL,), "MO": (CENTRAL,), "MT": (MOUNTAIN,), "NE": (CENTRAL, MOUNTAIN),
    "NV": (PACIFIC, MOUNTAIN), "NH": (EASTERN,), "NJ": (EASTERN,), "NM": (MOUNTAIN,), "NY": (EASTERN,),
    "NC": (EASTERN,), "ND": (CENTRAL, MOUNTAIN, "America/North_Dakota/Beulah"), "OH": (EASTERN,),
    "OK": (CENTRAL, MOUNTAIN), "OR": (PACIFIC, "America/Boise"), "PA": (EASTERN,), "RI": (EASTERN,),
    "SC": (EASTERN,), "SD": (CENTRAL, MOUNTAIN), "TN": (CENTRAL, EASTERN), "TX": (CENTRAL, MOUNTAIN),
    "UT": (MOUNTAIN,), "VT": (EASTERN,), "VA": (EASTERN,), "WA": (PACIFIC,), "WV": (EASTERN,), "WI": (CENTRAL,),
    "WY": (MOUNTAIN,), "PR": ("America/Puerto_Rico",), "VI": ("America/St_Thomas",), "GU": ("Pacific/Guam",),
    "MP": ("Pacific/Saipan",), "AS": ("Pacific/Pago_Pago",), "FM": ("Pacific/Chuuk", "Pacific/Pohnpei"),
    "MH": ("Pacific/Majuro",), "PW": ("Pacific/Palau",), None: (EASTERN, PACIFIC),
}  # fmt: skip
"""The clocks of every state and territory; the first is the one of most people there. None: no state is known."""
PLACES: list[oracle.Place] = [(zone, state) for state, zones in ZONES.items() for zone in zones]
CHANNELS = ("call", "sms", "recorded")
OFFICES: tuple[oracle.OfficeHours | None, ...] = (
    None,
    None,
    (NY, range(5), 9 * 60, 17 * 60),
    (PACIFIC, range(6), 8 * 60 + 30, 19 * 60 + 15),
    ("Pacific/Honolulu", range(7), 6 * 60, 24 * 60),
    ("Pacific/Guam", range(7), 0, 12 * 60),
    (MOUNTAIN, (5,), 10 * 60, 14 * 60),
)
FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2029, 1, 2, tzinfo=UTC)
SEARCH_DAYS = 15
CLOCKS_CHANGE = [date(2026, 3, 8), date(2026, 11, 1), date(2027, 3, 14), date(2027, 11, 7), date(2028, 3, 12),
                 date(2028, 11, 5)]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pair:
    """A lead and a moment: where the person may be, by what channel, in which campaign's hours."""

    places: tuple[oracle.Place, ...]
    channel: str
    moment: datetime
    office: oracle.OfficeHours | None = None
    fictional: bool = False
    advisory: tuple[oracle.Place, ...] = ()
    """Suggested by an address on the net: shown, and not bound to."""

    def request(self) -> Request:
        candidates = [Candidate(zone, state, "postal_code") for zone, state in self.places]
        candidates += [Candidate(zone, state, "ip") for zone, state in self.advisory]
        known = replace(
            facts(phone=FICTIONAL if self.fictional else PHONE, candidates=tuple(candidates), exempt=True),
            consent=ConsentFacts(("call", "sms"), written=True, given_at=FIRST),
        )
        hours = campaign() if self.office is None else campaign(hours=week(self.office), timezone=self.office[0])
        recorded = self.channel == "recorded"
        return Request("call" if recorded else self.channel, hours, known, self.moment, shipped(), recorded)

    def is_open(self) -> bool:
        return oracle.is_open(self.places, self.channel, self.moment, self.office, self.fictional)

    def next_open_minute(self, days: int) -> datetime | None:
        return oracle.next_open_minute(self.places, self.channel, self.moment, self.office, self.fictional, days)


@cache
def week(office: oracle.OfficeHours) -> WeeklyHours:
    _, days, opens, closes = office
    if (opens, closes, len(days)) == (0, 1440, 7):
        return ALWAYS
    span = f"{opens // 60:02d}:{opens % 60:02d}-{closes // 60:02d}:{closes % 60:02d}"
    return parse_weekly({DAYS[day]: span for day in days})


def compared(pair: Pair, moments: bool = False) -> tuple[Permit, str | None]:
    """The permit, and what the oracle says instead, if it does. ``moments``: of the next opening as well (slow)."""
    permit = decide(pair.request())
    if permit.allowed is not pair.is_open():
        return permit, f"{pair}: the permit says {permit.decision}, the oracle open={pair.is_open()}"
    if moments and not permit.allowed:
        # two weeks are looked through at least; places that meet only under another daylight saving, further
        further = 0 if permit.not_before is None else (permit.not_before - pair.moment).days + 1
        expected = pair.next_open_minute(max(SEARCH_DAYS, further))
        if permit.not_before != expected:
            return permit, f"{pair}: the permit says {permit.not_before}, the oracle {expected}"
    return permit, None


def random_pairs(seed: int, count: int) -> Iterator[Pair]:
    """One to four places in any states; a tenth of the moments within two hours of an edge."""
    chance = random.Random(seed)
    edges = [moment for day in CLOCKS_CHANGE for moment in around(day, EASTERN, (0, 120, 180))]
    for _ in range(count):
        places = tuple(chance.choice(PLACES) for _ in range(chance.choice((1, 1, 2, 3, 4))))
        moment = FIRST + timedelta(microseconds=chance.randrange((LAST - FIRST) // timedelta(microseconds=1)))
        if chance.random() < 0.1:
            moment = chance.choice(edges) + timedelta(minutes=chance.randint(-120, 120))
        yield Pair(
            places,
            chance.choice(CHANNELS),
            moment,
            chance.choice(OFFICES),
            chance.random() < 0.05,
            (chance.choice(PLACES),) if chance.random() < 0.2 else (),
        )


def clock_edges(places: Iterable[oracle.Place]) -> Iterator[Pair]:
    """Each change of the clocks at each place: the minutes about it, and those of its opening and closing."""
    return (
        Pair((place,), channel, moment)
        for place in places
        for day in CLOCKS_CHANGE
        for moment in around(day, place[0], (0, 60, 120, 180, *edge_minutes(place[1])))
        for channel in channels(place[1])
    )


def holiday_edges(places: Iterable[oracle.Place], days: Sequence[date]) -> Iterator[Pair]:
    """Each of these days at each place: the minutes at which the state opens or closes, and midnight."""
    return (
        Pair((place,), channel, moment)
        for place in places
        for day in days
        for moment in around(day, place[0], (0, *edge_minutes(place[1])))
        for channel in channels(place[1])
    )


def channels(state: str | None) -> tuple[str, ...]:
    """Those that the state treats differently; a text is treated like a call, which the random pairs look at."""
    return (
        ("call", "recorded") if any(row[0] == state and "recorded" in row[1] for row in oracle.TABLE) else ("call",)
    )


def edge_minutes(state: str | None) -> list[int]:
    """When the floor or the state's row opens or closes, in minutes of the day."""
    rows = [oracle.FLOOR, *(hours for row in oracle.TABLE if row[0] == state for hours in row[2:5])]
    return sorted({hour * 60 for hours in rows for hour in hours if hour})


def around(day: date, zone: str, minutes: Iterable[int]) -> Iterator[datetime]:
    """Those minutes of a local day, each with the last moment before it; both of an hour that comes twice."""
    for minute in minutes:
        wall = datetime.combine(day, time(), ZoneInfo(zone)) + timedelta(minutes=minute)
        for fold in (0, 1):
            moment = wall.replace(fold=fold).astimezone(UTC)
            yield moment
            yield moment - timedelta(microseconds=1)
            if wall.replace(fold=1).utcoffset() == wall.utcoffset():
                break


def holidays_and_neighbours(years: Iterable[int], tables: Iterable[str]) -> list[date]:
    """Every holiday with the day before and after it."""
    days = {day for name in tables for day in oracle.holidays(name) if day.year in set(years)}
    return sorted({day + timedelta(days=step) for day in days for step in (-1, 0, 1)})


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--moments", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    given = parser.parse_args()
    say(f"seed {given.seed}")
    days = holidays_and_neighbours((2026, 2027, 2028), oracle.HOLIDAYS)
    days += [date(2028, 2, 29), *(date(year, 12, 31) for year in (2026, 2027, 2028))]
    failed = 0
    for name, pairs, moments in (
        ("random pairs", random_pairs(given.seed, given.pairs), False),
        ("random pairs with the next open minute", random_pairs(given.seed + 1, given.moments), True),
        ("changes of the clocks", clock_edges(PLACES), False),
        ("holidays, their neighbours, leap day, year ends", holiday_edges(PLACES, days), False),
    ):
        start, said = clock.monotonic(), Counter[Decision]()
        disagreements = []
        for pair in pairs:
            permit, disagreement = compared(pair, moments)
            said[permit.decision] += 1
            if disagreement is not None:
                disagreements.append(disagreement)
        spent = clock.monotonic() - start
        counts = ", ".join(f"{count:,} {decision}" for decision, count in sorted(said.items()))
        say(f"{name}: {said.total():,} ({counts}), {len(disagreements)} disagreements, {spent:.0f} s")
        for line in disagreements[:10]:
            say("  " + line)
        failed += len(disagreements)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
