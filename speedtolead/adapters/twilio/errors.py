"""What an error of the API, or of the way to it, means for what may be done next.

Sources: https://www.twilio.com/docs/api/errors and, for the transport, the order in which aiohttp does things: a
connector error is raised before a byte of the request has left.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import aiohttp
from twilio.base.exceptions import TwilioException, TwilioRestException

from speedtolead.ports import Away, Indeterminate, Permanent, PortError, TooMany, Transient

INVALID_NUMBER = frozenset({13223, 13224, 21201, 21211, 21214, 21217, 21614, 30003, 30005, 30006})
BLOCKED = frozenset({13225, 13227, 21215, 21216, 21408, 30007})
OPTED_OUT = frozenset({21610})
TOO_MANY = frozenset({20429, 22005})
SHUT = frozenset({20003, 20005, 20404})
"""The account itself is not known, or not active."""
ACCOUNT = frozenset({21210, 21212, 21219, 21608, 10004, 30034})
"""The account, not the number, is the trouble: no lead is given up for it."""
_OF_ONE_CALL = INVALID_NUMBER | BLOCKED | OPTED_OUT | ACCOUNT
"""These tell nothing of the account as a whole, whatever their status: another call may go through."""

FAILURES = (
    aiohttp.ClientError,
    asyncio.TimeoutError,
    OSError,
    TwilioException,
    ValueError,
    TypeError,
    AttributeError,
    KeyError,
)
"""All that a request through the SDK raises; the last four are answers that are not what they should be."""

ACCOUNT_PAUSE = timedelta(seconds=30)


def read(error: Exception) -> PortError:
    """The error of a request that changes something at the carrier."""
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return Away(f"not connected: {error}", retry_after=timedelta(seconds=2))
    if isinstance(error, TwilioRestException):
        return _answered(error)
    if isinstance(error, TwilioException):
        return _problem(error)
    return Indeterminate(f"{type(error).__name__}: {error}")


def _answered(error: TwilioRestException) -> PortError:
    return _meaning(_number(error.status), _number(error.code), str(error.msg))


def _number(found: object) -> int:
    return int(str(found)) if str(found).isdecimal() else 0


def _meaning(status: int, code: int, said: str) -> PortError:
    words = f"{status} {code or ''} {said}".strip()
    named = str(code) if code else None
    if status == 429 or code in TOO_MANY:
        return TooMany(words, retry_after=timedelta(seconds=1), provider_code=named)
    if status >= 500:
        return Indeterminate(words, provider_code=named)
    not_for_us = status in {401, 403, 404}
    if code in SHUT or (not_for_us and code not in _OF_ONE_CALL) or status < 400:
        return Away(words, retry_after=ACCOUNT_PAUSE, provider_code=named)
    if code in ACCOUNT or not_for_us:
        return Transient(words, retry_after=ACCOUNT_PAUSE, provider_code=named)
    if code in INVALID_NUMBER:
        return Permanent(words, code="invalid_number", provider_code=named)
    if code in OPTED_OUT:
        return Permanent(words, code="opted_out", provider_code=named)
    if code in BLOCKED:
        return Permanent(words, code="blocked", provider_code=named)
    return Permanent(words, provider_code=named)


def _problem(error: TwilioException) -> PortError:
    """A problem document (RFC 9457), or a list request's bare error: the status decides, if it has one."""
    status, code = _number(getattr(error, "status", 0)), _number(getattr(error, "code", 0))
    if 400 <= status < 500:
        return _meaning(status, code, str(error))
    return Indeterminate(str(error), provider_code=str(code) if code else None)


def read_only(error: Exception) -> PortError:
    """The error of a request that only reads: asking again is always safe."""
    found = read(error)
    return found if isinstance(found, Transient) else Transient(str(found), provider_code=found.provider_code)
