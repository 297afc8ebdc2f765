"""Waking: something may have changed, look again. A wake is never counted and never lost while someone works."""

from __future__ import annotations

import asyncio


class Wake:
    """An event that clears itself when it is noticed."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._rung = False

    def set(self) -> None:
        self._rung = True
        self._event.set()

    def nudge(self) -> None:
        """End the waiting, without a reason to look around: what there is to do was brought along."""
        self._event.set()

    async def wait(self, seconds: float) -> bool:
        """Until woken, or for ``seconds``. False when it was only nudged."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
            return self._rung
        except TimeoutError:
            return True
        finally:
            self._event.clear()
            self._rung = False


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
