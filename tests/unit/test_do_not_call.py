"""Numbers in the lines of a list, files of them, and how long a version may be relied on."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from speedtolead.domain.do_not_call import ListState, age_of, number_of
from speedtolead.service.phone_numbers.number_file import NumberFile, WrongColumn


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (b"2125550142", "+12125550142"),
        (b"12125550142\r\n", "+12125550142"),
        (b"+1 (212) 555-0142", "+12125550142"),
        (b"212,5550142", "+12125550142"),  # as the national list is written
        (b"212.555.0142", "+12125550142"),
        (b"+44 20 7946 0123", "+442079460123"),
        (b"442079460123", None),  # twelve digits without a plus: of which country?
        (b"1125550142", None),
        (b"2120550142", None),
        (b"212555014", None),
        (b"22125550142", None),
        (b"+44", None),
        (b"+1234567890123456", None),
        (b"phone", None),
        (b"", None),
        (b"\xff\x00", None),
    ],
)
def test_a_line_says_a_number_or_none(text: bytes, number: str | None) -> None:
    assert number_of(text) == number


DRAWN, MOST = date(2026, 10, 1), timedelta(days=31)


@pytest.mark.parametrize(
    ("after", "state"),
    [
        (timedelta(0), ListState.FRESH),
        (timedelta(days=24) - timedelta(seconds=1), ListState.FRESH),
        (timedelta(days=24), ListState.AGEING),
        (timedelta(days=31), ListState.AGEING),
        (timedelta(days=31, seconds=1), ListState.STALE),
    ],
)
def test_a_version_lasts_31_days_and_is_spoken_of_7_before(after: timedelta, state: ListState) -> None:
    age = age_of(DRAWN, datetime(2026, 10, 1, tzinfo=UTC) + after, MOST)
    assert (age.state, age.days) == (state, after.days)
    assert age.state.stops is (state is ListState.STALE)


def test_a_list_that_was_never_imported_is_missing_and_stops() -> None:
    age = age_of(None, datetime(2026, 10, 1, tzinfo=UTC), MOST)
    assert (age.state, age.state.stops) == (ListState.MISSING, True)


FILES: list[tuple[str, bytes, str | None, list[str], list[int]]] = [
    ("one a line", b"2125550101\n\n12125550102\r\n+1 212 555 0103", None, ["01", "02", "03"], []),
    ("unreadable lines", b"2125550101\nhello\n2125550102\n99\n", None, ["01", "02"], [2, 4]),
    ("the national list", b"212,5550101\n212,5550102\n", None, ["01", "02"], []),
    ("a column by its name", b"id,Phone Number,name\n7,212-555-0101,Ada\n8,,Bo\n", None, ["01"], [3]),
    ("the column that is said", b"home,work\n2125550103,2125550101\n", "work", ["01"], []),
    ("quotes", b'name;phone\n"Ada; or ""A""";"(212) 555-0101"\n', None, ["01"], []),
    ("no header", b"Ada,2125550101\nBo,2125550102\n", None, ["01", "02"], []),
    ("a mark at the start", b"\xef\xbb\xbfphone\n2125550101\n", None, ["01"], []),
    ("bytes that are no text", b'2125550101\n\xff\xfe\x00"\n', None, ["01"], [2]),
    ("empty", b"", None, [], []),
]


@pytest.mark.parametrize(("content", "column", "last", "bad"), [f[1:] for f in FILES], ids=[f[0] for f in FILES])
def test_a_file_is_read_by_lines_or_by_a_column(
    tmp_path: Path, content: bytes, column: str | None, last: list[str], bad: list[int]
) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(content)
    file = NumberFile(path, column)
    found = [number for batch in file.batches(2) for number in batch]
    assert found == [f"+121255501{two}" for two in last]
    assert (file.unreadable, file.first_unreadable) == (len(bad), bad)
    assert (file.sha256, file.read_bytes) == (hashlib.sha256(content).digest(), len(content))


def test_a_column_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"id,phone\n1,2125550101\n")
    with pytest.raises(WrongColumn, match="id, phone"):
        list(NumberFile(path, "mobile").batches(10))


def test_no_more_than_a_batch_is_held_however_long_a_line_is(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(b"7" * 1_000_000 + b"\n2125550101\n")
    file = NumberFile(path)
    assert list(file.batches(10)) == [["+12125550101"]]
    assert file.read_bytes == 1_000_012
