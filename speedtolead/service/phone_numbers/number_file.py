"""A file of phone numbers, read as a stream: one number a line, or one column of a table.

Owns: which part of a line is the number, the count of what could not be read, the file's hash. Must not know: what
the numbers are for. Whatever its length, no more of it is in memory than a batch. A line that says no number is
counted, and the first few are remembered by their number; OSError is the caller's.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from speedtolead.domain.do_not_call import number_of
from speedtolead.domain.errors import SpeedToLeadError

REMEMBERED = 5
LONGEST_LINE = 65_536
_BOM = b"\xef\xbb\xbf"
_SEPARATORS = (b",", b";", b"|", b"\t")
_TELLING = (b"phone", b"number", b"mobile", b"cell")


class WrongColumn(SpeedToLeadError):
    """The file has no such column."""

    code = "wrong_column"


class NumberFile:
    """Read once, by ``batches``; the counts are of what was read so far, the hash is of all of it at the end."""

    def __init__(self, path: Path, column: str | None = None) -> None:
        self.path = path
        self.lines = 0
        self.read_bytes = 0
        self.unreadable = 0
        self.first_unreadable: list[int] = []
        self._asked = column
        self._column: int | None = None
        self._separator = b","
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> bytes:
        return self._hash.digest()

    def batches(self, size: int) -> Iterator[list[str]]:
        """Numbers as E.164, in the file's order, so many at a time. Raises OSError and WrongColumn."""
        with self.path.open("rb") as file:
            batch: list[str] = []
            for line in self._lines(file):
                number = self._number(line)
                if number is not None:
                    batch.append(number)
                    if len(batch) == size:
                        yield batch
                        batch = []
                elif line.strip() and not (self.lines == 1 and self._is_header(line)):
                    self.unreadable += 1
                    if len(self.first_unreadable) < REMEMBERED:
                        self.first_unreadable.append(self.lines)
            if batch:
                yield batch

    def _lines(self, file: BinaryIO) -> Iterator[bytes]:
        while line := file.readline(LONGEST_LINE):
            self._hash.update(line)
            self.read_bytes += len(line)
            self.lines += 1
            if self.lines == 1:
                line = line.removeprefix(_BOM)
                self._head(line)
            yield line

    def _head(self, line: bytes) -> None:
        """The first line tells what separates columns, and, where it names them, which one is meant."""
        self._separator = max(_SEPARATORS, key=line.count)
        names = [name.strip().lower() for name in self._fields(line)]
        if self._asked is not None:
            if self._asked.strip().lower().encode() not in names:
                there = b", ".join(names[:20]).decode(errors="replace")
                raise WrongColumn(f'--column: there is no "{self._asked}" in the first line: {there}')
            self._column = names.index(self._asked.strip().lower().encode())
        elif number_of(line) is None and len(names) > 1:
            self._column = next((n for n, name in enumerate(names) if any(t in name for t in _TELLING)), None)

    def _is_header(self, line: bytes) -> bool:
        return self._column is not None or any(telling in line.lower() for telling in _TELLING)

    def _number(self, line: bytes) -> str | None:
        if self._column is None:
            # Whole first: the national list is `212,5550142`. Then the first column that is a number by itself.
            whole = number_of(line)
            if whole is not None or self._separator not in line:
                return whole
            return next((found for field in self._fields(line) if (found := number_of(field)) is not None), None)
        fields = self._fields(line)
        return number_of(fields[self._column]) if self._column < len(fields) else None

    def _fields(self, line: bytes) -> list[bytes]:
        if b'"' not in line:
            return line.rstrip(b"\r\n").split(self._separator)
        text = line.decode("latin-1").strip("\r\n").replace("\0", "").replace("\r", " ")
        fields = next(csv.reader([text], delimiter=self._separator.decode()), [])
        return [one.encode("latin-1") for one in fields]
