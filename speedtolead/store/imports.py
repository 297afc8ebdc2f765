"""Rows of imported files: how far each is, what its rows have stored, and which rows were not taken.

Owns: the statements of ``sql/queries/imports.sql``. Must not know: files, mappings, or why a row is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.store.query import Id, Nothing, Query
from speedtolead.store.settings_json import Json


@dataclass(frozen=True, slots=True)
class NamedAccount:
    account_id: UUID
    name: str
    timezone: str


@dataclass(frozen=True, slots=True)
class ImportRow:
    import_id: UUID
    mapping: Json
    per_minute: float
    start_at: datetime
    total: int
    done: int
    accepted: int
    refused: int
    unreadable: int
    known: int
    state: str
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class ImportedLead:
    """``call_at`` is None for a lead that is called by nobody, such as a test."""

    key: str
    call_at: datetime | None


@dataclass(frozen=True, slots=True)
class RefusalRow:
    line: int
    unreadable: bool
    code: str
    words: str


IMPORT_ACCOUNTS = Query("import_accounts", NamedAccount)
BEGIN_IMPORT = Query("begin_import", Id)
IMPORT_OF_FILE = Query("import_of_file", ImportRow)
LEADS_OF_IMPORT = Query("leads_of_import", ImportedLead)
ADVANCE_IMPORT = Query("advance_import", Id)
FINISH_IMPORT = Query("finish_import", Nothing)
REFUSALS_OF_IMPORT = Query("refusals_of_import", RefusalRow)
