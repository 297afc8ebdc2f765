"""Rows of what people changed. Must not know: which changes there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.store.query import Nothing, Query
from speedtolead.store.settings_json import Json


@dataclass(frozen=True, slots=True)
class AuditRow:
    """``status`` None: cut short, nobody knows how far it came. ``about``: what the address named."""

    audit_id: UUID
    at: datetime
    who: str
    role: str
    route: str
    about: Json
    address: str | None
    status: int | None
    said: Json


ADD_AUDIT = Query("add_audit", Nothing)
ANSWER_AUDIT = Query("answer_audit", Nothing)
AUDIT_PAGE = Query("audit_page", AuditRow)
