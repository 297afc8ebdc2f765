"""The sending loop takes on no more than it can carry, however much is due."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from speedtolead.clock import SystemClock
from speedtolead.runtime.sender import UNDER_WAY, Sender
from speedtolead.runtime.wake import Bell
from speedtolead.service.messages.sending import AT_ONCE


class EndlessPlan:
    """Everything is due, and whoever carries a message takes until ``answered`` for it."""

    def __init__(self) -> None:
        self.answered = asyncio.Event()
        self.taken = self.under_way = self.most = 0

    async def look(self, _: Any, most: int = AT_ONCE) -> tuple[list[Any], bool]:
        count = min(most, AT_ONCE)
        self.taken += count
        return [SimpleNamespace(message=SimpleNamespace(attempt_id=uuid4())) for _ in range(count)], True

    async def hand_over(self, _: Any) -> None:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await self.answered.wait()
        self.under_way -= 1


class NoDatabase:
    @asynccontextmanager
    async def connection(self) -> AsyncIterator[None]:
        yield None


@pytest.mark.timeout(20)
async def test_no_more_is_committed_to_sending_than_is_under_way_at_once() -> None:
    plan: Any = EndlessPlan()
    database: Any = NoDatabase()
    sender = Sender(plan, database, SystemClock(), Bell().wake())
    running = asyncio.create_task(sender.run())
    for _ in range(50):
        await asyncio.sleep(0)
    assert 0 < plan.taken <= UNDER_WAY, "nothing more is committed while nobody answers"
    plan.answered.set()
    for _ in range(500):
        await asyncio.sleep(0)
    assert plan.taken > 3 * UNDER_WAY
    sender.stop()
    await running
    assert plan.most <= UNDER_WAY
    assert plan.under_way == 0
