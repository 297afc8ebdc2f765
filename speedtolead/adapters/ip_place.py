"""Places of internet addresses, from an operator's own City database (MaxMind DB format).

Owns: the file and the two fields that are read of a record. Must not know: what follows from a place.

The file is mapped into memory once; a lookup touches no network and costs microseconds. A file that is missing or
broken fails at the start, when it is opened; a lookup never fails. A newer file is taken by opening anew.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import maxminddb

from speedtolead.ports import IpPlace


class MaxMindPlaces:
    """Reads GeoLite2-City, GeoIP2-City, DB-IP City and what else has their records."""

    def __init__(self, reader: maxminddb.Reader) -> None:
        self._reader = reader

    def place(self, ip: str) -> IpPlace | None:
        """See ``ports.IpPlaces``."""
        try:
            address = ipaddress.ip_address(ip)
            if isinstance(address, ipaddress.IPv6Address):
                address = address.ipv4_mapped or ipaddress.IPv6Address(int(address))  # the latter without a zone
            record = self._reader.get(str(address))
        except (ValueError, maxminddb.InvalidDatabaseError):
            return None
        if not isinstance(record, Mapping):
            return None
        parts = record.get("subdivisions")
        country = _code(record.get("country"))
        state = _code(parts[0]) if isinstance(parts, list) and parts else None
        return IpPlace(country, state) if country or state else None


def _code(part: object) -> str | None:
    found = part.get("iso_code") if isinstance(part, Mapping) else None
    return found.upper() if isinstance(found, str) and found else None


@contextmanager
def maxmind_places(path: Path) -> Iterator[MaxMindPlaces]:
    """The places of a file, kept open. Raises OSError or maxminddb.InvalidDatabaseError where it cannot be read."""
    with maxminddb.open_database(path) as reader:
        yield MaxMindPlaces(reader)
