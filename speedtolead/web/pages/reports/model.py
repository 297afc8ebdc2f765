"""What a report is made of: panels of figures, charts and tables, each number with its denominator and its leads.

Owns: these shapes, and how a number reads in them. Must not know: which report it is in. What a name means
is said by ``words.define``; every column and figure has one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from speedtolead.service.reports.period import rate as rate_of
from speedtolead.service.reports.source_stats import Part
from speedtolead.web.pages import words


@dataclass(frozen=True, slots=True)
class Cell:
    """``value`` is for files, ``text`` for people; ``small``: what it is a part of."""

    text: str
    value: Any = None
    small: str = ""
    href: str | None = None
    art: Markup | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """``columns``: names that are defined; the first is what the rows are."""

    key: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    empty: str = "Nothing was counted in these days."
    folded: str = ""
    """Shown only when asked for, under these words."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number in large. ``name`` is defined."""

    name: str
    text: str
    detail: str = ""
    interval: str = ""
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    key: str
    title: str
    aside: str = ""
    figures: Sequence[Figure] = ()
    charts: Sequence[Markup] = ()
    tables: Sequence[Table] = ()
    lines: Sequence[str] = ()
    wide: bool = False
    more: Sequence[str] = field(default=())
    """Names to define besides those of the figures and tables."""

    @property
    def names(self) -> list[str]:
        """All that is to be defined beside it."""
        columns = [name for table in self.tables for name in table.columns[1:]]
        return list(dict.fromkeys([*(one.name for one in self.figures), *columns, *self.more]))


def count(n: int, href: str | None = None, small: str = "") -> Cell:
    return Cell(f"{n:,}", n, small, href if n else None)


def share(part: Part, href: str | None = None) -> Cell:
    value = part.value
    text = words.percent(value, 1)
    return Cell(
        text,
        None if value is None else round(value, 4),
        f"{part.part:,}/{part.whole:,}",
        href if part.part else None,
    )


def took(seconds: float | None) -> Cell:
    return Cell(words.seconds(seconds), None if seconds is None else round(seconds, 3))


def lasted(seconds: float) -> Cell:
    """Hours and minutes."""
    whole = round(seconds)
    return Cell(f"{whole // 3600}:{whole % 3600 // 60:02d} h", whole)


def money(amount: Decimal | None, small: str = "") -> Cell:
    return Cell(words.NONE if amount is None else f"{amount:,.2f}", amount, small)


def plain(text: str, href: str | None = None) -> Cell:
    return Cell(text, text, "", href)


def rate_figure(name: str, part: Part, href: str | None = None) -> Figure:
    told = rate_of(part.part, part.whole)
    interval = told["interval_95"]
    between = (
        "" if interval is None else f"95 %: {words.percent(interval[0], 1)} to {words.percent(interval[1], 1)}"
    )
    return Figure(name, words.percent(part.value, 1), f"{part.part:,} of {part.whole:,}", between, href)
