"""Named SQL: read from ``sql/queries``, bound to the row type that it returns.

Owns: the loader and the call of one statement. Must not know: what any statement means.

Each statement stands under ``-- name: …`` with a line that says what it does. Parameters are written ``:name``.
A query is declared once, next to its row type; the test suite prepares every declared query on the migrated
schema and holds its columns and parameters equal to the declaration, so a mistyped name fails there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar
from uuid import UUID

import asyncpg

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Row = TypeVar("Row", bound=DataclassInstance)
else:
    Connection = Any
    Row = TypeVar("Row")

_PARAMETER = re.compile(r"(?<![:\w]):([a-z][a-z0-9_]*)")
_HEADING = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)

DECLARED: dict[str, Query[Any]] = {}
"""Every declared query by name, for the test that prepares them all."""


def sql_folder() -> Path:
    """``sql/``: beside the package in a checkout, inside it in an installed wheel."""
    packaged = Path(str(files("speedtolead"))) / "sql"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[2] / "sql"


@cache
def statements() -> dict[str, str]:
    """All named statements, by name."""
    found: dict[str, str] = {}
    for path in sorted((sql_folder() / "queries").glob("*.sql")):
        parts = _HEADING.split(path.read_text("utf-8"))
        for name, text in zip(parts[1::2], parts[2::2], strict=True):
            if name in found:
                raise ValueError(f"{path.name}: {name} is defined twice")
            found[name] = text.strip().rstrip(";")
    return found


class Query(Generic[Row]):
    """One statement and the row type of its result."""

    def __init__(self, name: str, row: type[Row]) -> None:
        text = statements()[name]
        self.name, self.row = name, row
        self.parameters: tuple[str, ...] = tuple(dict.fromkeys(_PARAMETER.findall(_without_comments(text))))
        places = {parameter: f"${n}" for n, parameter in enumerate(self.parameters, 1)}
        self.sql = _PARAMETER.sub(lambda match: places[match[1]], _without_comments(text))
        self.columns = tuple(field.name for field in fields(row))
        if name in DECLARED:
            raise ValueError(f"query {name} is declared twice")
        DECLARED[name] = self

    def _arguments(self, given: dict[str, Any]) -> list[Any]:
        if len(given) != len(self.parameters):
            raise TypeError(f"{self.name} takes {self.parameters}, was given {tuple(given)}")
        return [given[name] for name in self.parameters]

    async def all(self, tx: Connection, **given: Any) -> list[Row]:
        """Every row."""
        return [self.row(*record) for record in await tx.fetch(self.sql, *self._arguments(given))]

    async def first(self, tx: Connection, **given: Any) -> Row | None:
        """The first row, or None."""
        record = await tx.fetchrow(self.sql, *self._arguments(given))
        return None if record is None else self.row(*record)

    async def one(self, tx: Connection, **given: Any) -> Row:
        """The row of a statement that always has one."""
        row = await self.first(tx, **given)
        if row is None:
            raise LookupError(f"{self.name} returned no row")
        return row

    async def run(self, tx: Connection, **given: Any) -> None:
        """For its effect."""
        await tx.execute(self.sql, *self._arguments(given))


@dataclass(frozen=True, slots=True)
class Nothing:
    """The row of a statement that returns none."""


@dataclass(frozen=True, slots=True)
class Id:
    """The row of a statement that returns the id of what it wrote."""

    id: UUID


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if not line.lstrip().startswith("--")).strip()
