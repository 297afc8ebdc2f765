"""Calls that the carrier took: gathered for a moment, recorded together.

Owns: how long they are gathered. Must not know: what follows from a call that was placed.
Nobody waits for this: callbacks name their attempt, and what a crash loses here is found again at the carrier.
"""

from __future__ import annotations

import asyncio

from speedtolead.store import dial
from speedtolead.store.database import Database
from speedtolead.store.dial import PlacedCall

GATHER_SECONDS = 0.02


class Placements:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending: list[tuple[PlacedCall, asyncio.Future[bool]]] = []
        self._recording: set[asyncio.Task[None]] = set()

    async def record(self, call: PlacedCall) -> bool:
        """Record a call. False: its attempt was not waiting for it any more. Raises DatabaseAway."""
        recorded: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if not self._pending:
            task = asyncio.create_task(self._record_together())
            self._recording.add(task)
            task.add_done_callback(self._recording.discard)
        self._pending.append((call, recorded))
        return await recorded

    async def _record_together(self) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        pending, self._pending = self._pending, []
        try:
            async with self._database.connection() as tx:
                known = await dial.record_placed(tx, [call for call, _ in pending])
        except Exception as error:
            for _, recorded in pending:
                if not recorded.done():
                    recorded.set_exception(error)
            return
        for call, recorded in pending:
            if not recorded.done():
                recorded.set_result(call.attempt_id in known)
