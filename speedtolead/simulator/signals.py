"""Waiting for the simulated world to reach a state.

Owns the waiters and nothing else; whoever changes the world calls `changed`. A predicate that raises fails
its own waiter and nobody else's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Signals:
    def __init__(self) -> None:
        self._waiting: list[tuple[Callable[[], object], asyncio.Future[None]]] = []

    def changed(self) -> None:
        still = []
        for predicate, reached in self._waiting:
            if reached.done():
                continue
            try:
                if predicate():
                    reached.set_result(None)
                    continue
            except Exception as error:
                reached.set_exception(error)
                continue
            still.append((predicate, reached))
        self._waiting = still

    async def wait_for(self, predicate: Callable[[], object], seconds: float) -> None:
        """Returns once the predicate holds; TimeoutError after that many real seconds."""
        if predicate():
            return
        reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((predicate, reached))
        async with asyncio.timeout(seconds):
            await reached
