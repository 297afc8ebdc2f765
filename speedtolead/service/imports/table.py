"""Reading a file of rows: its encoding, its delimiter, its header, and each row or why it cannot be read.

Owns: what a file may be, and what a row must be to be read. Must not know: our fields, or what rows mean.
A file that has no rows to read raises ``FileError``, in one line. A row never raises: it comes with its problem.

A file is UTF-8, with or without a byte order mark, or else Windows-1252, as spreadsheets write it.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

from speedtolead.domain.errors import SpeedToLeadError
from speedtolead.service.imports.records import Record, records

MOST_BYTES = 256 * 1024 * 1024
MOST_COLUMNS = 1_000
LONGEST_FIELD = 64 * 1024
LONGEST_ROW = 256 * 1024
"""Bytes; as long as a body of the API may be."""
DELIMITERS = ",;\t|"
REASONS = ("line", "code", "reason")
"""The columns that a file of refusals has beyond those of the import."""
_SAMPLE = 50
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_UTF_8_MARK = b"\xef\xbb\xbf"


class FileError(SpeedToLeadError):
    """There are no rows to read in this file; the words name it."""

    code = "import_file"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot be read."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row, by the line of the file on which it begins. ``fields`` is empty in one that has a problem."""

    line: int
    cells: tuple[str, ...]
    fields: dict[str, str]
    problem: Problem | None = None


@dataclass(frozen=True)
class Table:
    """A file that was read whole: whatever becomes of it meanwhile, these are its rows."""

    path: Path
    data: bytes
    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    """Their names, trimmed; what comes twice or has no name is numbered."""

    @cached_property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.data).digest()

    @cached_property
    def total(self) -> int:
        """How many rows there are, those that cannot be read among them."""
        return sum(1 for _ in self._records())

    def rows(self) -> Iterator[Row]:
        for record in self._records():
            yield self._row(record)

    def as_posted(self, row: Row) -> bytes:
        """The row alone, under its header: what is kept of it with the lead."""
        text = io.StringIO(newline="")
        csv.writer(text).writerows((self.columns, row.cells))
        return text.getvalue().encode()

    def _records(self) -> Iterator[Record]:
        """All records after the header, which is the first that is not empty."""
        header_seen = False
        for record in _records(self.data, self.encoding, self.delimiter):
            if header_seen:
                yield record
            header_seen = header_seen or not record.is_empty

    def _row(self, record: Record) -> Row:
        cells = record.cells or []
        problem = self._problem(record)
        fields = {} if problem else dict(zip(self.columns, cells, strict=True))
        row = Row(record.line, tuple(cells), fields, problem)
        if problem is None and len(self.as_posted(row)) > LONGEST_ROW:
            words = f"with its header, the row is longer than {LONGEST_ROW // 1024} KiB"
            return Row(row.line, row.cells, {}, Problem("row_too_long", words))
        return row

    def _problem(self, record: Record) -> Problem | None:
        cells = record.cells
        if record.open_until is not None:
            words = f"a quote is open until line {record.open_until}, and no row comes of it: is one missing?"
            return Problem("open_quote", words)
        if cells is None:
            return Problem("field_too_long", f"a field is longer than {LONGEST_FIELD // 1024} KiB")
        if record.is_empty:
            return Problem("empty_row", "there is nothing in this row")
        if len(cells) != len(self.columns):
            return Problem("ragged_row", f"{_fields(len(cells))} where the header has {len(self.columns)}")
        for name, cell in zip(self.columns, cells, strict=True):
            if "\x00" in cell:
                return Problem("nul_character", f"{name}: a NUL character, which no text has")
            if _is_broken(cell):
                return Problem("not_text", f"{name}: bytes that are no text in {self.encoding}")
            if len(cell.encode()) > LONGEST_FIELD:
                return Problem("field_too_long", f"{name}: longer than {LONGEST_FIELD // 1024} KiB")
        return None


def read_table(path: Path) -> Table:
    """The file, whole; for a thread of its own. Raises FileError."""
    data = _bytes(path)
    encoding = _encoding(path, data)
    delimiter = max(DELIMITERS, key=lambda one: _fit(data, encoding, one))
    header = next((r for r in _records(data, encoding, delimiter) if not r.is_empty), None)
    if header is None or not any(char.isalnum() for cell in header.cells or () for char in cell):
        raise FileError(f"{path}: there is no header row; the first row must name the columns")
    return Table(path, data, encoding, delimiter, _columns(path, header))


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise FileError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > MOST_BYTES:
        raise FileError(f"{path}: larger than {MOST_BYTES // 1024 // 1024} MiB; split it")
    return data


def _encoding(path: Path, data: bytes) -> str:
    """A file that says it is UTF-8 is read so, and single rows may be broken; one that does not must be, whole."""
    if data.startswith(_UTF_16):
        raise FileError(f"{path}: this is UTF-16; save it as CSV in UTF-8")
    if data.startswith(_UTF_8_MARK):
        return "utf-8-sig"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _records(data: bytes, encoding: str, delimiter: str) -> Iterator[Record]:
    """Bytes that are no text become half characters, which ``_is_broken`` finds again."""
    text = io.TextIOWrapper(io.BytesIO(data), encoding=encoding, errors="surrogateescape", newline="")
    return records(text, delimiter)


def _fit(data: bytes, encoding: str, delimiter: str) -> tuple[bool, float, int]:
    """How well a delimiter fits: more than one column, rows as wide as the header, many columns."""
    sample = islice(_records(data, encoding, delimiter), _SAMPLE)
    widths = [len(record.cells) for record in sample if record.cells and not record.is_empty]
    if not widths:
        return False, 0.0, 0
    alike = sum(width == widths[0] for width in widths[1:]) / max(1, len(widths) - 1)
    return widths[0] > 1, alike if len(widths) > 1 else 1.0, widths[0]


def _columns(path: Path, header: Record) -> tuple[str, ...]:
    cells = header.cells or []
    if len(cells) > MOST_COLUMNS:
        raise FileError(f"{path}: the header has {len(cells):,} columns; at most {MOST_COLUMNS:,} are read")
    names: list[str] = []
    seen: Counter[str] = Counter()
    for number, cell in enumerate(cells, 1):
        name = " ".join(cell.split()) or f"column {number}"
        if not name.isprintable():
            raise FileError(f"{path}: the name of column {number} of the header is no plain text")
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(names)


def _is_broken(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text)


def _fields(count: int) -> str:
    return "1 field" if count == 1 else f"{count} fields"
