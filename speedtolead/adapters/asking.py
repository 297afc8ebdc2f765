"""One bounded request to a provider of facts, and what its outcome means.

Owns: sending it once, the table of statuses, and reading an answer into its wire model. Must not know: any
provider's words.

To ask again is harmless, so nothing is ever unclear: what failed is Transient, except a status by which the
provider says that it will always refuse. An account's trouble (a bad key, no funds, a wrong address) is Transient
too: no lead is given up for it. No message holds an address, a key, what was asked or what was answered: keys and
people's data are part of the requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any, TypeVar

import aiohttp
from pydantic import TypeAdapter, ValidationError

from speedtolead.ports import Permanent, PortError, Transient

Wire = TypeVar("Wire")

SECONDS = 10.0
ACCOUNT_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
LARGEST = 4 * 1024 * 1024
"""Far above any provider's answer: a certificate's may hold all consent wordings of a page."""

_ACCOUNT = frozenset({401, 402, 403, 404, 407})
"""The account or its settings are the trouble, not what was asked."""
_LATER = frozenset({408, 425, 429})


class Asking:
    """The way to one provider. ``refused`` names the statuses that are final, each with its stable code."""

    def __init__(
        self, name: str, session: aiohttp.ClientSession, seconds: float, refused: Mapping[int, str] | None = None
    ) -> None:
        self._name = name
        self._session = session
        self._seconds = seconds
        self._timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=seconds / 2)
        self._refused = refused or {}

    async def send(self, method: str, url: str, **what: Any) -> bytes:
        """Send one request; the body of an answer 200. Redirects are not followed: a key goes to one host only."""
        try:
            async with self._session.request(
                method, url, allow_redirects=False, timeout=self._timeout, middlewares=(once,), **what
            ) as response:
                if response.status == HTTPStatus.OK:
                    return await self._body(response)
                error = self._refusal(response.status, response.headers.get("Retry-After", ""))
        except TimeoutError:
            raise Transient(f"{self._name}: no answer within {self._seconds:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as reason:
            raise Transient(f"{self._name}: no answer: {_kind(reason)}") from None
        raise error

    def read(self, model: TypeAdapter[Wire], body: bytes) -> Wire:
        """The answer in its wire model. Transient where it does not fit; the message names the first such field."""
        try:
            return model.validate_json(body)
        except ValidationError as reason:
            first = reason.errors(include_url=False, include_context=False, include_input=False)[0]
        raise self.odd(".".join(str(part) for part in first["loc"]) or "the whole")

    def odd(self, what: str) -> Transient:
        """The error for an answer that cannot be understood."""
        return Transient(f"{self._name}: odd answer: {what}", retry_after=ACCOUNT_PAUSE)

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_chunked(64 * 1024):
            body += chunk
            if len(body) > LARGEST:
                raise self.odd("too large")
        return bytes(body)

    def _refusal(self, status: int, retry_after: str) -> PortError:
        words, named = f"{self._name} answered {status}", str(status)
        if status in self._refused:
            return Permanent(words, code=self._refused[status], provider_code=named)
        if status in _LATER or status >= 500:
            return Transient(words, retry_after=pause(retry_after), provider_code=named)
        if status in _ACCOUNT or status < 400:
            return Transient(words, retry_after=ACCOUNT_PAUSE, provider_code=named)
        return Permanent(words, code="provider_refused", provider_code=named)


async def once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Middleware: aiohttp would send a GET again whose connection broke, and every question may be charged for."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
        raise aiohttp.ClientConnectionError("the connection broke") from None


def pause(retry_after: str) -> timedelta:
    """What a Retry-After header asks for, when it asks in seconds; else a second."""
    if not retry_after.isascii() or not retry_after.isdecimal():
        return timedelta(seconds=1)
    return min(timedelta(seconds=int(retry_after[:9])), LONGEST_PAUSE)


def national(phone: str) -> str:
    """The digits as people write them in a form: without the country's 1 in North America, else all of them."""
    return phone.removeprefix("+1") if phone.startswith("+1") else phone.removeprefix("+")


def _kind(reason: Exception) -> str:
    """The sort of error, without the address that its message would name."""
    return type(getattr(reason, "os_error", None) or reason).__name__
