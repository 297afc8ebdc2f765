"""Waking: something may have changed, look again. A wake is never counted and never lost while someone works."""

from __future__ import annotations

import asyncio


class Wake:
    """An event that clears itself when it is noticed."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Until woken, or for ``seconds``."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return
        finally:
            self._event.clear()


class Bell:
    """Rings every wake that was handed out."""

    def __init__(self) -> None:
        self._wakes: list[Wake] = []

    def wake(self) -> Wake:
        wake = Wake()
        self._wakes.append(wake)
        return wake

    def ring(self) -> None:
        for wake in self._wakes:
            wake.set()
