"""The transport under the official SDK: one aiohttp session, a real timeout, and any compatible address.

The SDK's own async client ignores its ``timeout`` and, given ``max_retries``, repeats POSTs on any 5xx, which
would dial twice. This one does neither: each request is sent once and bounded in time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

import aiohttp
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from yarl import URL

from speedtolead.adapters.asking import once

TWILIO = "https://api.twilio.com"
LOOKUPS = "https://lookups.twilio.com"

RETRY_AFTER: ContextVar[str] = ContextVar("retry_after", default="")
"""What the last answer in this task says about coming back: the SDK's exceptions do not keep headers."""


class BoundedHttpClient(AsyncTwilioHttpClient):
    """Sends what the SDK builds to ``api_url`` instead of Twilio's own host. Build it inside a running loop.

    Lookups go to ``lookup_url``. Without one they go to Twilio's own host for an account of Twilio's, and else to
    ``api_url``: credentials of another carrier are nobody else's business.
    """

    def __init__(self, api_url: str, timeout: float, lookup_url: str | None = None) -> None:
        super().__init__(pool_connections=False)
        self._timeout = timeout
        self._api_url = api_url.rstrip("/")
        own_lookups = LOOKUPS if self._api_url == TWILIO else self._api_url
        self._lookup_url = (lookup_url or own_lookups).rstrip("/")
        self._own = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=timeout, connect=timeout / 2),
            connector=aiohttp.TCPConnector(limit=200, keepalive_timeout=60),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def request(  # type: ignore[no-untyped-def]
        self,
        method,
        url,
        params=None,
        data=None,
        headers=None,
        auth=None,
        timeout=None,
        allow_redirects=False,
    ) -> Response:
        paid = url.startswith(LOOKUPS)
        url = self.address(url)
        headers = dict(headers or {})
        if data is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if auth:
            headers["Authorization"] = aiohttp.encode_basic_auth(*auth)
        async with self._own.request(
            method.upper(),
            url,
            params=_plain(params),
            data=None if data is None else _form(data),
            headers=headers,
            allow_redirects=allow_redirects,
            middlewares=(once,) if paid else None,
        ) as response:
            RETRY_AFTER.set(response.headers.get("Retry-After", ""))
            return Response(response.status, await response.text(), response.headers)

    @asynccontextmanager
    async def opened(self, url: str, auth: tuple[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        """A file of the account, to be read in pieces: bounded are the waits for its start and for each piece.

        It may be kept at another host, and is then sent on to; the credentials stay at the first.
        """
        waits = aiohttp.ClientTimeout(sock_connect=self._timeout / 2, sock_read=self._timeout)
        headers = {"Authorization": aiohttp.encode_basic_auth(*auth)}
        address = self.address(url)
        async with self._own.get(address, headers=headers, timeout=waits, max_redirects=3) as response:
            yield response

    def address(self, url: str) -> str:
        """Where a request that the SDK makes for ``url`` is sent."""
        for host, instead in ((TWILIO, self._api_url), (LOOKUPS, self._lookup_url)):
            if url.startswith(host):
                return instead + url[len(host) :]
        return url

    async def close(self) -> None:
        await self._own.close()


def _plain(params: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if params is None else {key: value for key, value in params.items() if value is not None}


def _form(data: Mapping[str, Any]) -> bytes:
    """Of a list, each value; by the quoting in C that aiohttp brings, a sixth of the time of ``urlencode``."""
    pairs = [
        (name, str(value))
        for name, given in data.items()
        for value in (given if isinstance(given, list | tuple) else (given,))
    ]
    return URL.build(query=pairs).raw_query_string.encode()
