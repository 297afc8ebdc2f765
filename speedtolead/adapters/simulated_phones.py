"""The simulated carrier's phones in a browser: its stand-in for the voice SDK.

Owns: the requests to its control endpoints. Must not know: who may answer which phone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import aiohttp

from speedtolead.ports import Permanent, Transient
from speedtolead.ports.softphone import PhoneToken

HELD_SECONDS = 20
"""A page that is gone for so long answers no more, and whoever is in the simulator's script does."""
_TIMEOUT = aiohttp.ClientTimeout(total=5)


class SimulatedPhones:
    connects: tuple[str, ...] = ()
    sdk: bytes | None = None

    def __init__(self, url: str) -> None:
        self._url = url

    def token(self, identity: str, now: datetime) -> PhoneToken:
        """Nothing to sign: the session says who it is."""
        return PhoneToken("simulated", identity, "", now + timedelta(hours=1))

    async def calls(self, address: str) -> list[dict[str, Any]]:
        body = {"address": address, "seconds": HELD_SECONDS}
        answer = await self._post("/simulator/phones", body)
        calls: list[dict[str, Any]] = answer["calls"]
        return calls

    async def do(self, call_id: str, does: str, digits: str = "") -> None:
        await self._post(f"/simulator/calls/{call_id}/{does}", {"digits": digits} if digits else {})

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT) as session,
                session.post(self._url + path, json=body) as response,
            ):
                answer: dict[str, Any] = await response.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise Transient("the simulated carrier does not answer") from error
        if response.status >= 400:
            raise Permanent(str(answer.get("error", "refused")), code="not_now")
        return answer
