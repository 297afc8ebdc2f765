"""Migrations: plain SQL files, applied in order, once, under a lock.

Owns: the record of what was applied, with a checksum of each file. Must not know: what a migration does.
A file that was changed after it was applied, and a database that is ahead of this code, stop the start: both
mean that the schema is not the one this code was written for.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

import asyncpg

from speedtolead.domain.errors import SpeedToLeadError
from speedtolead.store.query import sql_folder

_LOCK = 7_322_646_001
_NAME = re.compile(r"(\d{4})_\w+\.sql")


class MigrationError(SpeedToLeadError):
    """The database's schema and this code do not fit; the message says which file and why."""

    code = "migration"


@dataclass(frozen=True, slots=True)
class Migration:
    version: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def shipped() -> list[Migration]:
    """The migrations of this code, in order."""
    found = []
    for path in sorted((sql_folder() / "migrations").glob("*.sql")):
        match = _NAME.fullmatch(path.name)
        if match is None:
            raise MigrationError(f"{path.name}: a migration is called 0001_name.sql")
        found.append(Migration(int(match[1]), path.name, path.read_text("utf-8")))
    return found


async def pending(url: str) -> list[str]:
    """The migrations that this database still lacks."""
    connection = await asyncpg.connect(url)
    try:
        known = await connection.fetchval("SELECT to_regclass('schema_migration')")
        rows = await connection.fetch("SELECT version FROM schema_migration") if known else []
    finally:
        await connection.close()
    applied = {row["version"] for row in rows}
    return [migration.name for migration in shipped() if migration.version not in applied]


async def migrate(url: str, migrations: list[Migration] | None = None) -> list[str]:
    """Bring the database up to date; the names of what was applied now. Each file is one transaction."""
    todo = shipped() if migrations is None else migrations
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migration (version integer PRIMARY KEY, name text NOT NULL,"
            " checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        rows = await connection.fetch("SELECT version, checksum FROM schema_migration")
        applied = {row["version"]: row["checksum"] for row in rows}
        ahead = sorted(applied.keys() - {m.version for m in todo})
        if ahead:
            raise MigrationError(f"the database has migration {ahead[-1]}, which this version does not know")
        done = []
        for migration in todo:
            if migration.version in applied:
                if applied[migration.version] != migration.checksum:
                    raise MigrationError(f"{migration.name} was changed after it was applied")
                continue
            async with connection.transaction():
                await connection.execute(migration.text)
                await connection.execute(
                    "INSERT INTO schema_migration (version, name, checksum) VALUES ($1, $2, $3)",
                    migration.version,
                    migration.name,
                    migration.checksum,
                )
            done.append(migration.name)
        return done
    finally:
        await connection.close()
