"""Webhooks: what the carrier asks of, and tells, the customer's server.

Owns signing, sending, repeating and timing out, the connection overrides in a URL's fragment, and the
faults that befall callbacks. Must not know what a callback means. A callback that fails for good is logged
and lost, as it is at Twilio; a document that cannot be fetched raises FetchFailed for the call to deal
with.

The callbacks about one call leave in order, each after the one before it was answered or has had a second
to be; the faults `reverse` and `shuffle` hold them until the call's last one.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import logging
import random
import uuid
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import aiohttp
from yarl import URL

from .config import SimulatorConfig
from .faults import FaultBook

log = logging.getLogger("speedtolead.simulator")

PATIENCE_WITH_THE_ONE_BEFORE = 1.0
FAILURES = (aiohttp.ClientError, TimeoutError, OSError, ValueError)


class FetchFailed(Exception):
    """The customer's server did not give a document; `code` is Twilio's error for it."""

    def __init__(self, code: int, url: str) -> None:
        self.code = code
        self.url = url
        super().__init__(f"{code}")


def signature(token: str, url: str, parameters: Mapping[str, str]) -> str:
    """base64(HMAC-SHA1(token, url followed by each sorted name and its value))."""
    signed = url + "".join(name + parameters[name] for name in sorted(parameters))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


@dataclass(frozen=True, slots=True)
class Overrides:
    """The connection overrides of one URL: how often and after what to repeat, and how long to wait."""

    retries: int = 1
    policy: frozenset[str] = frozenset({"ct"})
    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    total_timeout: float = 15.0

    @classmethod
    def of(cls, url: str, cap: float) -> Overrides:
        given = {name: values[-1] for name, values in parse_qs(urlsplit(url).fragment).items()}

        def milliseconds(name: str, default: float) -> float:
            value = given.get(name, "")
            return min(int(value) / 1000, cap) if value.isdigit() else min(default, cap)

        policy = frozenset(given.get("rp", "ct").split(","))
        return cls(
            retries=min(int(given["rc"]), 5) if given.get("rc", "").isdigit() else 1,
            policy=frozenset({"ct", "rt", "4xx", "5xx"}) if "all" in policy else policy,
            connect_timeout=milliseconds("ct", 5.0),
            read_timeout=milliseconds("rt", 15.0),
            total_timeout=milliseconds("tt", cap),
        )


Answered = Callable[[str], None]
"""Takes the document that a callback was answered with."""


@dataclass(slots=True)
class _Held:
    how: str
    callbacks: list[tuple[str, str, dict[str, str], Answered | None]] = field(default_factory=list)


class Callbacks:
    """Speaks HTTP to the customer's server."""

    def __init__(self, config: SimulatorConfig, faults: FaultBook) -> None:
        self._key = config.signing_key or config.auth_token
        self._header = config.signature_header
        self._faults = faults
        self._cap = config.callback_timeout
        self._dice = random.Random(f"{config.seed}:callbacks")
        self._session: aiohttp.ClientSession | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._latest: dict[str, asyncio.Task[None]] = {}
        self._held: dict[str, _Held] = {}

    async def open(self) -> None:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=20)
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "TwilioProxy/1.1"},
        )

    async def close(self) -> None:
        self._held.clear()
        for delivery in list(self._sending):
            delivery.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def settled(self) -> None:
        """Returns once nothing is on its way any more."""
        while self._sending:
            await asyncio.wait(list(self._sending))

    @property
    def on_their_way(self) -> int:
        return len(self._sending)

    def post(
        self,
        url: str,
        parameters: dict[str, str],
        *,
        about: str,
        method: str = "POST",
        last: bool = False,
        answered: Answered | None = None,
    ) -> None:
        """Sends without waiting. `about` is the call (or text) it belongs to, `last` its final callback.
        `answered` is given what came back, if anything did.
        """
        if not url:
            return
        held = self._held.get(about)
        fault = None
        if held is None:
            event = parameters.get("StatusCallbackEvent") or parameters.get("MessageStatus")
            event = event or parameters.get("CallStatus", "")
            path = urlsplit(url).path
            fault = self._faults.on_callback(method, path, parameters.get("To", ""), event)
            if fault is not None and fault.does in ("reverse", "shuffle"):
                held = self._held[about] = _Held(fault.does)
        if held is not None:
            held.callbacks.append((url, method, parameters, answered))
            if last:
                self._release(about)
            return
        if fault is not None and fault.does == "drop":
            return
        delay = fault.seconds if fault is not None and fault.does == "delay" else 0.0
        copies = 2 if fault is not None and fault.does == "duplicate" else 1
        self._queue(about, url, method, parameters, answered, copies=copies, delay=delay)

    def _release(self, about: str) -> None:
        held = self._held.pop(about)
        if held.how == "reverse":
            held.callbacks.reverse()
        else:
            self._dice.shuffle(held.callbacks)
        for url, method, parameters, answered in held.callbacks:
            self._queue(about, url, method, parameters, answered)

    def _queue(
        self,
        about: str,
        url: str,
        method: str,
        parameters: dict[str, str],
        answered: Answered | None,
        *,
        copies: int = 1,
        delay: float = 0.0,
    ) -> None:
        before = self._latest.get(about)
        token = str(uuid.uuid4())
        delivery = self._start(self._deliver(before, url, method, parameters, token, copies, delay, answered))
        if delay == 0.0:
            self._latest[about] = delivery
            delivery.add_done_callback(lambda done: self._forget(about, done))

    def _forget(self, about: str, done: asyncio.Task[None]) -> None:
        if self._latest.get(about) is done:
            del self._latest[about]

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        delivery = asyncio.get_running_loop().create_task(work)
        self._sending.add(delivery)
        delivery.add_done_callback(self._sending.discard)
        return delivery

    async def _deliver(
        self,
        before: asyncio.Task[None] | None,
        url: str,
        method: str,
        parameters: dict[str, str],
        token: str,
        copies: int,
        delay: float,
        answered: Answered | None,
    ) -> None:
        if before is not None:
            await asyncio.wait([before], timeout=PATIENCE_WITH_THE_ONE_BEFORE)
        if delay:
            await asyncio.sleep(delay)
        for _ in range(copies):
            try:
                document = await self._request(url, method, parameters, token)
                if answered is not None:
                    answered(document)
            except FetchFailed as failed:
                log.warning("callback lost: error %s, %s", failed.code, _place(url))
            except Exception:
                log.exception("callback lost: %s", _place(url))

    async def fetch(self, url: str, parameters: dict[str, str], method: str = "POST") -> str:
        """The document at the URL. Raises FetchFailed."""
        return await self._request(url, method, parameters, str(uuid.uuid4()))

    async def _request(self, url: str, method: str, parameters: dict[str, str], token: str) -> str:
        overrides = Overrides.of(url, self._cap)
        tries = 0
        try:
            async with asyncio.timeout(overrides.total_timeout):
                while True:
                    tries += 1
                    failed, code, text = await self._try(url, method, parameters, token, overrides)
                    if not failed:
                        return text
                    if failed not in overrides.policy or tries > overrides.retries:
                        raise FetchFailed(code, url)
        except TimeoutError:
            raise FetchFailed(11205, url) from None

    async def _try(
        self, url: str, method: str, parameters: dict[str, str], token: str, overrides: Overrides
    ) -> tuple[str, int, str]:
        """How it failed (empty: it did not), Twilio's code for that, and the text."""
        parts = urlsplit(url)
        query, form = parts.query, parameters
        if method.upper() == "GET":
            query, form = "&".join(filter(None, [parts.query, urlencode(parameters)])), {}
        address = urlunsplit((parts.scheme, parts.netloc, parts.path or "/", query, ""))
        headers = {
            self._header: signature(self._key, address, form),
            "I-Twilio-Idempotency-Token": token,
            "Accept": "*/*",
        }
        if self._session is None:
            raise FetchFailed(11206, url)
        timeout = aiohttp.ClientTimeout(sock_connect=overrides.connect_timeout, sock_read=overrides.read_timeout)
        try:
            async with self._session.request(
                method.upper(),
                URL(address, encoded=True),
                data=urlencode(form) if form else None,
                headers={**headers, "Content-Type": "application/x-www-form-urlencoded"} if form else headers,
                timeout=timeout,
            ) as response:
                text = await response.text(errors="replace")
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return "ct", 11206, ""
        except FAILURES:
            return "rt", 11205, ""
        if response.status >= 400:
            return f"{response.status // 100}xx", 11200, ""
        return "", 0, text


def _place(url: str) -> str:
    """Where a URL points, without its query: that may hold numbers."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
