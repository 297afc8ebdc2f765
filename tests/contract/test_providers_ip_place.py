"""Places of internet addresses, from a small database in the format of the real ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import maxminddb
import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet  # type: ignore[import-untyped]

from speedtolead.adapters.ip_place import MaxMindPlaces, maxmind_places
from speedtolead.ports import IpPlace, IpPlaces

RECORDS: dict[str, Any] = {
    "198.51.100.0/25": {
        "city": {"names": {"en": "Denver"}},
        "country": {"iso_code": "US", "names": {"en": "United States"}},
        "subdivisions": [{"iso_code": "CO", "names": {"en": "Colorado"}}],
    },
    "198.51.100.128/25": {
        "country": {"iso_code": "GB"},
        "subdivisions": [{"iso_code": "ENG"}, {"iso_code": "KEN"}],
    },
    "203.0.113.0/24": {"country": {"iso_code": "CA"}},
    "192.0.2.0/26": {"registered_country": {"iso_code": "US"}},
    "192.0.2.64/26": {"country": "US", "subdivisions": {"iso_code": "CO"}},
    "192.0.2.128/26": {"country": {"iso_code": 7}, "subdivisions": [{}]},
    "192.0.2.192/26": ["a list"],
    "2001:db8::/32": {"country": {"iso_code": "de"}, "subdivisions": [{"iso_code": "BY"}]},
}  # fmt: skip


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    writer = MMDBWriter(ip_version=6, database_type="GeoLite2-City", ipv4_compatible=True)
    for network, record in RECORDS.items():
        writer.insert_network(IPSet([network]), record)
    path = tmp_path_factory.mktemp("places") / "city.mmdb"
    writer.to_db_file(str(path))
    return path


@pytest.fixture
def places(database: Path) -> Iterator[MaxMindPlaces]:
    with maxmind_places(database) as found:
        yield found


PLACES = {
    "198.51.100.7": IpPlace("US", "CO"),
    "198.51.100.200": IpPlace("GB", "ENG"),
    "203.0.113.9": IpPlace("CA", None),
    "2001:db8::1": IpPlace("DE", "BY"),
    "2001:DB8:0:0::1": IpPlace("DE", "BY"),
    "2001:db8::1%eth0": IpPlace("DE", "BY"),
    "::ffff:198.51.100.7": IpPlace("US", "CO"),
    "192.0.2.1": None,
    "192.0.2.65": None,
    "192.0.2.129": None,
    "192.0.2.193": None,
    "127.0.0.1": None,
    "10.0.0.1": None,
    "::1": None,
    "2001:db9::1": None,
    "": None,
    "localhost": None,
    "198.51.100.7:443": None,
    "198.51.100.7/32": None,
    "198.51.100": None,
    "198.51.100.007": None,
    "999.1.1.1": None,
    " 198.51.100.7": None,
    "198.51.100.7\n": None,
    "\u0661.1.1.1": None,
}


@pytest.mark.parametrize("ip", PLACES)
def test_an_address_has_the_place_that_the_table_says(ip: str, places: MaxMindPlaces) -> None:
    port: IpPlaces = places
    assert port.place(ip) == PLACES[ip]


def test_a_table_of_ipv4_alone_knows_no_other(tmp_path: Path) -> None:
    writer = MMDBWriter(ip_version=4, database_type="GeoLite2-City")
    writer.insert_network(IPSet(["198.51.100.0/24"]), {"country": {"iso_code": "US"}})
    writer.to_db_file(str(tmp_path / "v4.mmdb"))
    with maxmind_places(tmp_path / "v4.mmdb") as places:
        assert places.place("198.51.100.7") == IpPlace("US", None)
        assert places.place("::ffff:198.51.100.7") == IpPlace("US", None)
        assert places.place("2001:db8::1") is None


def test_a_file_that_is_missing_fails_when_it_is_opened(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"missing\.mmdb"), maxmind_places(tmp_path / "missing.mmdb"):
        pass


def test_a_file_that_is_broken_fails_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "broken.mmdb"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(maxminddb.InvalidDatabaseError), maxmind_places(path):
        pass


def test_a_file_that_is_broken_inside_knows_nothing(database: Path, tmp_path: Path) -> None:
    """The tree and the description at the end are whole; the records between them are not."""
    whole = bytearray(database.read_bytes())
    with maxminddb.open_database(database) as reader:
        metadata = reader.metadata()
    start = metadata.node_count * metadata.record_size // 4
    end = whole.rfind(b"\xab\xcd\xefMaxMind.com")
    whole[start + 16 : end] = b"\xff" * (end - start - 16)
    path = tmp_path / "broken.mmdb"
    path.write_bytes(whole)
    with maxmind_places(path) as places:
        assert places.place("198.51.100.7") is None
