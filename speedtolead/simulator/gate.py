"""The gate of the REST API: what every request passes.

Owns authentication, the limit on requests, the log of requests, the faults that befall them and the shape
of errors. Must not know what a request is for. Whatever a handler raises unexpectedly is logged and
answered with Twilio's 500.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import logging
import socket
import struct
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from .engine import Carrier
from .faults import Fault
from .wire import ApiError, wall_now

log = logging.getLogger("speedtolead.simulator")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Respond = Callable[[], Awaitable[web.StreamResponse]]

KEPT_REQUESTS = 100_000


@dataclass(frozen=True, slots=True)
class Arrival:
    """One API request as it came in."""

    method: str
    path: str
    to: str
    at: str
    monotonic: float

    def as_json(self) -> dict[str, object]:
        return {
            "method": self.method,
            "path": self.path,
            "to": self.to,
            "at": self.at,
            "monotonic": self.monotonic,
        }


def refusal(error: ApiError) -> web.Response:
    headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if error.status == 401 else {}
    return web.json_response(error.body(), status=error.status, headers=headers)


class Gate:
    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._recent: deque[float] = deque()
        self.arrivals: deque[Arrival] = deque(maxlen=KEPT_REQUESTS)
        self._closing = asyncio.Event()

    def open_held(self) -> None:
        """Lets go of every request that a fault is holding."""
        self._closing.set()

    def reset(self) -> None:
        self._closing.set()
        self._closing = asyncio.Event()
        self.arrivals.clear()
        self._recent.clear()

    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Passes an API request through, or not."""
        form = await request.post() if request.can_read_body else {}
        to = str(form.get("To") or request.query.get("To") or "")
        at = wall_now().isoformat()
        self.arrivals.append(Arrival(request.method, request.path, to, at, time.monotonic()))
        self._carrier.signals.changed()

        async def respond() -> web.StreamResponse:
            return await self._answered(request, handler)

        fault = self._carrier.faults.on_request(request.method, request.path, to)
        if fault is None:
            return await respond()
        return await self._spoilt(request, fault, respond)

    async def _answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            self._authenticate(request)
            self._count()
            return await handler(request)
        except ApiError as error:
            return refusal(error)
        except web.HTTPException:
            raise
        except Exception:
            log.exception("request failed: %s", request.method)
            return refusal(ApiError(20500))

    async def _spoilt(self, request: web.Request, fault: Fault, respond: Respond) -> web.StreamResponse:
        match fault.does:
            case "status":
                return refusal(ApiError(fault.code, status=fault.status))
            case "delay":
                await self._hold(fault.seconds)
                return await respond()
        response = await respond()
        match fault.does:
            case "status_after":
                return refusal(ApiError(20500, status=500))
            case "timeout_after":
                await self._hold(fault.seconds)
            case "reset_after":
                _reset(request)
        return response

    async def _hold(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            return

    def _authenticate(self, request: web.Request) -> None:
        config = self._carrier.config
        expected = base64.b64encode(f"{config.account_sid}:{config.auth_token}".encode()).decode()
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic" or not hmac.compare_digest(given.encode(), expected.encode()):
            raise ApiError(20003)
        if request.match_info.get("account") != config.account_sid:
            raise ApiError(20404, request.path)

    def _count(self) -> None:
        limit = self._carrier.config.requests_per_second
        if limit is None:
            return
        now = time.monotonic()
        while self._recent and now - self._recent[0] >= 1.0:
            self._recent.popleft()
        if len(self._recent) + 1 > limit:
            raise ApiError(20429)
        self._recent.append(now)


def _reset(request: web.Request) -> None:
    """Drops the connection with a TCP reset."""
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
