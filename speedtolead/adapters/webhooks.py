"""Sending webhooks with aiohttp.

Owns: one bounded request, and what its outcome means. Must not know: what is sent.
Redirects are not followed, no cookie is kept, and nothing that a receiver answers is read but its status: an answer
of any size costs nothing, and no receiver learns anything of another.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus

import aiohttp

from speedtolead.ports import Indeterminate, Permanent, PortError, Transient

SECONDS = 10.0
CONNECTIONS = 100
AGENT = "speedtolead-webhooks/1"


class HttpWebhookSender:
    def __init__(self, session: aiohttp.ClientSession, seconds: float) -> None:
        self._session = session
        self._seconds = seconds

    async def send(self, url: str, headers: Mapping[str, str], body: bytes, method: str = "POST") -> int:
        """See ``ports.WebhookSender``."""
        try:
            async with self._session.request(
                method, url, data=body or None, headers=headers, allow_redirects=False
            ) as response:
                if 200 <= response.status < 300:
                    return response.status
                error = _answered(response.status, response.headers.get("Retry-After", ""))
        except aiohttp.InvalidURL:
            raise Permanent("the address cannot be used", code="webhook_address") from None
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as reason:
            raise Transient(f"not connected: {_kind(reason)}", retry_after=timedelta(0)) from None
        except TimeoutError:
            raise Indeterminate(f"no answer within {self._seconds:g} s", code="webhook_unclear") from None
        except aiohttp.ClientError as reason:
            raise Indeterminate(f"no answer: {_kind(reason)}", code="webhook_unclear") from None
        raise error


def _answered(status: int, retry_after: str) -> PortError:
    """Whatever is not 2xx is tried again, redirects and 4xx included: receivers are repaired. Except 410."""
    words = f"answered {status}"
    if status == HTTPStatus.GONE:
        return Permanent(words, code="webhook_gone", provider_code=str(status))
    seconds = int(retry_after) if retry_after.isdecimal() and len(retry_after) < 7 else 0
    return Transient(words, retry_after=timedelta(seconds=seconds), provider_code=str(status))


def _kind(reason: Exception) -> str:
    """The sort of error, without the address that its message would name."""
    cause = getattr(reason, "os_error", None) or reason
    return type(cause).__name__


@asynccontextmanager
async def webhook_sender(seconds: float = SECONDS) -> AsyncIterator[HttpWebhookSender]:
    """A sender whose requests take at most ``seconds`` each."""
    session = aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=seconds / 2),
        connector=aiohttp.TCPConnector(limit=CONNECTIONS),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": AGENT},
    )
    async with session:
        yield HttpWebhookSender(session, seconds)
