"""Simulated time.

Owns the scale between simulated seconds (what scripts, TwiML and durations are written in) and real ones:
at speed 20 a simulated minute takes three real seconds. Must not know what anybody does with the time. A
speed of zero or less is refused at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


class Clock:
    """Runs `speed` times as fast as the wall's clock."""

    def __init__(self, speed: float) -> None:
        if speed <= 0:
            raise ValueError("speed must be above zero")
        self.speed = speed

    def now(self) -> float:
        """Simulated seconds since an arbitrary start."""
        return time.monotonic() * self.speed

    def real(self, seconds: float) -> float:
        """How many real seconds those simulated seconds take."""
        return seconds / self.speed

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(self.real(max(seconds, 0.0)))

    def later(self, seconds: float, do: Callable[[], object]) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(self.real(max(seconds, 0.0)), do)
