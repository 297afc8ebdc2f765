"""Phone numbers and places from offline tables: libphonenumber's metadata and the US postal codes.

Owns: reading what a person typed as a phone number, and every place that a number, postal code or state suggests.
Must not know: what follows from a place.

libphonenumber gives an unmapped US exchange one wrong zone and rejects some newly assigned area codes, so for
+1 numbers the zones come from all postal codes served by the area code, and an unknown area code alone does not
make a number unusable.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache, lru_cache
from math import atan2, cos, degrees, hypot, radians, sin
from zoneinfo import available_timezones

import phonenumbers
import zipcodes
from phonenumbers import NumberParseException, PhoneNumber, timezone

from speedtolead.domain.caller_id import AreaCodes
from speedtolead.domain.place import Candidate
from speedtolead.ports import ParsedPhone

Place = tuple[str, str]
"""A state and a zone."""
_NOWHERE: frozenset[Place] = frozenset()
_UNKNOWN_ZONE = "Etc/Unknown"
_LONGEST = len("+") + 15
"""E.164 has fifteen digits at most; German numbers of seventeen are valid to libphonenumber."""
_TOLL_FREE = frozenset({"800", "833", "844", "855", "866", "877", "888"})


class OfflineNumbering:
    """The numbering port without a network. Build it at the start: reading the tables takes about a second."""

    def __init__(self) -> None:
        self._by_state, self._by_postal_code, self._by_area_code, self._middles = _tables()

    def parse(self, raw: str, country: str) -> ParsedPhone | None:
        try:
            number = phonenumbers.parse(raw, country)
        except NumberParseException:
            return None
        if not phonenumbers.is_possible_number(number) or number.extension:
            return None
        assigned = phonenumbers.is_valid_number(number)
        if not assigned and not _assignable_in_north_america(number):
            return None
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        if len(e164) > _LONGEST:
            return None
        return ParsedPhone(e164, phonenumbers.region_code_for_number(number), assigned)

    def candidates(self, phone: str | None, state: str | None, postal_code: str | None) -> tuple[Candidate, ...]:
        in_zip = self._by_postal_code.get((postal_code or "")[:5], _NOWHERE)
        in_state = self._by_state.get(state, frozenset()) if state else frozenset()
        if phone is None:
            return _all_of(in_zip, state, in_state, _NOWHERE)
        area_code = phone[2:5] if phone.startswith("+1") else ""
        in_area = self._by_area_code.get(area_code, _NOWHERE)
        if in_area or area_code in _TOLL_FREE:
            return _all_of(in_zip, state, in_state, in_area)
        return _all_of(in_zip, state, in_state, frozenset((None, zone) for zone in _zones_of(phone)))

    def states_of_postal_code(self, postal_code: str) -> frozenset[str]:
        return frozenset(state for state, _ in self._by_postal_code.get(postal_code[:5], frozenset()))

    def states_of_area_code(self, phone: str) -> frozenset[str]:
        code = phone[2:5] if phone.startswith("+1") else ""
        return frozenset(state for state, _ in self._by_area_code.get(code, frozenset()))

    def area_codes(self) -> AreaCodes:
        return AreaCodes(self._middles)

    def states(self) -> frozenset[str]:
        """Postal abbreviations of every state and territory in the table."""
        return frozenset(self._by_state)


@lru_cache(maxsize=16384)
def _all_of(
    in_zip: frozenset[Place],
    state: str | None,
    in_state: frozenset[str],
    in_area: frozenset[Place] | frozenset[tuple[None, str]],
) -> tuple[Candidate, ...]:
    """In order; remembered, since most postal codes of a state share their zone and area codes."""
    found = {Candidate(zone, st, "postal_code") for st, zone in in_zip}
    if state and not any(st == state for st, _ in in_zip):
        found |= {Candidate(zone, state, "state") for zone in in_state}
    found |= {Candidate(zone, st, "area_code") for st, zone in in_area}
    return tuple(sorted(found, key=lambda c: (c.zone, c.state or "", c.origin)))


def _assignable_in_north_america(number: PhoneNumber) -> bool:
    """True for a ten-digit +1 number of the form NXX-NXX-XXXX, whatever its area code (ATIS-0300051)."""
    digits = str(number.national_number)
    if number.country_code != 1 or len(digits) != 10:
        return False
    area, exchange = digits[:3], digits[3:6]
    return (
        area[0] in "23456789"
        and area[1:] != "11"
        and area[1] != "9"
        and exchange[0] in "23456789"
        and exchange[1:] != "11"
    )


def _zones_of(phone: str) -> list[str]:
    zones = timezone.time_zones_for_number(phonenumbers.parse(phone))
    return [zone for zone in zones if zone != _UNKNOWN_ZONE]


_Tables = tuple[
    dict[str, frozenset[str]],
    dict[str, frozenset[Place]],
    dict[str, frozenset[Place]],
    dict[str, tuple[float, float]],
]


@cache
def _tables() -> _Tables:
    """Zones by state, (state, zone) by postal code and by area code, and the middle of each area code."""
    known = available_timezones()
    by_state: defaultdict[str, set[str]] = defaultdict(set)
    by_postal: defaultdict[str, set[Place]] = defaultdict(set)
    by_area: defaultdict[str, set[Place]] = defaultdict(set)
    served: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in zipcodes.list_all():
        zone, state = row["timezone"], row["state"]
        if zone not in known:
            continue
        by_state[state].add(zone)
        by_postal[row["zip_code"]].add((state, zone))
        for code in row["area_codes"]:
            by_area[code].add((state, zone))
            served[code].append((float(row["lat"]), float(row["long"])))
    return (
        {key: frozenset(value) for key, value in by_state.items()},
        {key: frozenset(value) for key, value in by_postal.items()},
        {key: frozenset(value) for key, value in by_area.items()},
        {code: _middle(places) for code, places in served.items()},
    )


def _middle(places: list[tuple[float, float]]) -> tuple[float, float]:
    """The mean of points on the globe: of their directions from its centre, which knows no date line."""
    x = y = z = 0.0
    for lat, long in places:
        north, east = radians(lat), radians(long)
        x, y, z = x + cos(north) * cos(east), y + cos(north) * sin(east), z + sin(north)
    return degrees(atan2(z, hypot(x, y))), degrees(atan2(y, x))
