"""Rows of leads whose mail domain is asked about. Must not know: who is asked, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from speedtolead.domain.source import Source
from speedtolead.store.query import Nothing, Query
from speedtolead.store.settings_json import Json
from speedtolead.store.source_json import source_of


@dataclass(frozen=True, slots=True)
class UnaskedMail:
    lead_id: UUID
    email: str
    source_settings: Json
    source_id: UUID
    source_version: int

    @property
    def source(self) -> Source:
        return source_of(self.source_id, self.source_version, self.source_settings)


LEADS_WITH_UNASKED_MAIL = Query("leads_with_unasked_mail", UnaskedMail)
RECORD_MAIL_DOMAIN = Query("record_mail_domain", Nothing)
