"""Splitting a text into records of cells, as CSV has them: quotes may hold delimiters and new lines.

Owns: what a record is, and going on after a broken one. Must not know: columns, or what cells mean. Never raises.

A quote that is not closed would swallow the rows after it. So a record of several lines that does not come out
right (its quotes do not match, it has not as many cells as the first record, or a field without end) is given up
after its first line, and the next line begins anew: a broken row costs no other.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Record:
    """One record, by the line on which it begins, counted from 1. ``cells`` is None where a field has no end within
    the CSV reader's own limit of 128 Ki characters."""

    line: int
    cells: list[str] | None
    open_until: int | None = None
    """Where it was given up: the line up to which it would have gone on."""

    @property
    def is_empty(self) -> bool:
        return not any(cell.strip() for cell in self.cells or ())


def records(text: Iterable[str], delimiter: str) -> Iterator[Record]:
    """The records of a text that comes line by line, each with its line end."""
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    width: int | None = None
    while True:
        lines.begin_record()
        cells: list[str] | None
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = None
        line, taken = lines.first, lines.taken
        last_line = line + len(taken) - 1
        if len(taken) > 1 and width is not None and _is_wrong(cells, width, taken):
            lines.give_back()
            yield Record(line, _alone(taken[0], delimiter), last_line)
            continue
        record = Record(line, cells)
        if width is None and not record.is_empty:
            width = len(cells or ())
        yield record


def _is_wrong(cells: list[str] | None, width: int, taken: list[str]) -> bool:
    return cells is None or len(cells) != width or sum(line.count('"') for line in taken) % 2 == 1


def _alone(line: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter, skipinitialspace=True))
    except csv.Error:
        return None


class _Lines:
    """Lines that can be given back. ``taken`` are those of the record under way, which begins on line ``first``."""

    def __init__(self, text: Iterable[str]) -> None:
        self._text = iter(text)
        self._given_back: deque[str] = deque()
        self.first = 1
        self.taken: list[str] = []

    def begin_record(self) -> None:
        self.first += len(self.taken)
        self.taken = []

    def give_back(self) -> None:
        """All but the first line of the record."""
        self._given_back.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._given_back.popleft() if self._given_back else next(self._text)
        self.taken.append(line)
        return line
