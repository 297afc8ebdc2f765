"""What people changed: a row before each change, and how it was answered.

Owns: writing and reading those rows. Must not know: HTTP, which changes there are. A change whose row cannot be
written is not made; one that was cut short has a row without an answer.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from speedtolead.ports import Clock
from speedtolead.store import audit as rows
from speedtolead.store.audit import AuditRow
from speedtolead.store.database import Database
from speedtolead.store.ids import new_id
from speedtolead.store.people import SessionOwner
from speedtolead.store.settings_json import Json


class Auditing:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def begin(self, who: SessionOwner, route: str, about: Json, address: str | None) -> UUID:
        """A person is about to do something; its id."""
        audit_id = new_id()
        async with self._database.connection() as tx:
            await rows.ADD_AUDIT.run(
                tx,
                audit_id=audit_id,
                account_id=who.account_id,
                now=self._clock.now(),
                who=who.email,
                role=who.role,
                route=route,
                about=about,
                address=address,
                status=None,
                said={},
            )
        return audit_id

    async def answered(self, account_id: UUID, audit_id: UUID, status: int, said: Json) -> None:
        """How it was answered (an HTTP status), and what was asked for in a few words."""
        async with self._database.connection() as tx:
            await rows.ANSWER_AUDIT.run(tx, account_id=account_id, audit_id=audit_id, status=status, said=said)

    async def page(
        self, account_id: UUID, most: int, before: tuple[datetime, UUID] | None = None, who: str | None = None
    ) -> list[AuditRow]:
        """Newest first, from behind a place of the page before."""
        at, audit_id = before or (None, None)
        async with self._database.connection() as tx:
            return await rows.AUDIT_PAGE.all(
                tx, account_id=account_id, who=who, before_at=at, before_id=audit_id, most=most
            )
