"""The end of mails that their receiver asks for, by the address that stands in each of them.

Owns: whose address it is, and the suppression that follows. Must not know: HTTP, pages.

No sign-in and no question: 15 USC 7704(a)(3), and RFC 8058 for the button of a mail program. Asked twice, it is one
suppression.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from speedtolead.domain.errors import NotFound
from speedtolead.service.lawful.suppressions import Stop, Suppressions
from speedtolead.service.messages.wording import Wording
from speedtolead.store import sends as rows
from speedtolead.store.database import Database
from speedtolead.store.sends import MessageOwner

REASON = "asked for no more mails"


@dataclass(frozen=True, slots=True)
class Subscription:
    """Whose mails they are; ``ended``: there will be no more of them."""

    seller: str
    receiver: str
    ended: bool


class Unsubscribing:
    def __init__(self, database: Database, suppressions: Suppressions, wording: Wording) -> None:
        self._database = database
        self._suppressions = suppressions
        self._wording = wording

    async def look(self, token: str) -> Subscription:
        """Raises NotFound for an address that is in none of our mails."""
        owner = await self._owner(token)
        return Subscription(owner.seller or owner.account, owner.receiver, owner.ended)

    async def end(self, token: str) -> Subscription:
        """No more mails from this account. Raises NotFound."""
        owner = await self._owner(token)
        if not owner.ended:
            stop = Stop("email", owner.receiver, REASON, "unsubscribe", None, ("email",), lead_id=owner.lead_id)
            await self._suppressions.add(owner.account_id, stop)
        return Subscription(owner.seller or owner.account, owner.receiver, True)

    async def _owner(self, token: str) -> MessageOwner:
        message_id: UUID | None = self._wording.links.id_of(token)
        found = None
        if message_id is not None:
            async with self._database.connection() as tx:
                found = await rows.MESSAGE_OWNER.first(tx, message_id=message_id)
        if found is None:
            raise NotFound("There is no such address.")
        return found
