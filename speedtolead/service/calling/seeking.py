"""A call of ours that nobody told the id of, looked for among those that the carrier lists.

Owns: which of the listed calls it is. Must not know: what follows. Raises a PortError where the carrier cannot be
asked.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from speedtolead.ports import KnownCall
from speedtolead.ports.carriers import Carriers
from speedtolead.store import calls as rows
from speedtolead.store.database import Database

_CLOCKS_APART = timedelta(seconds=5)
"""How far the carrier's clock may be behind ours when its calls are matched with our legs."""


class Sought(Protocol):
    """A leg whose call is looked for."""

    @property
    def carrier(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def caller_id(self) -> str: ...
    @property
    def placed_at(self) -> datetime: ...


async def find_call(database: Database, carriers: Carriers, leg: Sought) -> KnownCall | None:
    """The asked carrier's call to this address, from this caller ID, since then, that is no other leg's."""
    listed = await carriers.of(leg.carrier).calls_to(leg.address, leg.placed_at - _CLOCKS_APART)
    async with database.connection() as tx:
        taken = await rows.KNOWN_CALL_IDS.all(tx, call_ids=[call.call_id for call in listed])
    others = {row.carrier_call_id for row in taken}
    free = [c for c in listed if c.call_id not in others and c.caller_id == leg.caller_id]
    return min(free, key=lambda c: c.created_at) if free else None
