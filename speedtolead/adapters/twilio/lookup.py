"""The lookup ports on Twilio Lookup v2, through the official SDK.

Owns: the data packages that are asked for, their words and their error codes. Must not know: what follows from a
fact.

Every package answers for itself: a number may be valid, its line type known and its reassignment refused with an
``error_code`` of its own, all in one answer 200. Asking is a plain read, so nothing is unclear: what failed is
Transient. A number that the numbering plan does not hold is Permanent "unknown_number". No message holds a number.

Documented: https://www.twilio.com/docs/lookup/v2-api and https://www.twilio.com/docs/api/errors (606xx).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any

import aiohttp
from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from speedtolead.adapters.asking import ACCOUNT_PAUSE, pause
from speedtolead.adapters.twilio import errors
from speedtolead.adapters.twilio.errors import FAILURES
from speedtolead.adapters.twilio.http import RETRY_AFTER, BoundedHttpClient
from speedtolead.ports import LineType, NumberFacts, Permanent, PortError, Reassigned, Transient

LINE_TYPE, REASSIGNED = "line_type_intelligence", "reassigned_number"

_LINE_TYPES = {
    "mobile": LineType.MOBILE,
    "landline": LineType.LANDLINE,
    "fixedVoip": LineType.FIXED_VOIP,
    "nonFixedVoip": LineType.NON_FIXED_VOIP,
    "tollFree": LineType.TOLL_FREE,
    "premium": LineType.PREMIUM,
}
_NOT_SAID = frozenset({"", "unknown"})
_REASSIGNED = {
    "yes": Reassigned.YES,
    "no": Reassigned.NO,
    "no_data_available": Reassigned.NO_DATA,
    "no_data": Reassigned.NO_DATA,
}
_NOT_COVERED = frozenset({"60600", "60607", "60610"})
"""The package knows nothing of such numbers: unprovisioned, an unsupported country, outside of coverage."""


class TwilioLookup:
    """Both ports; each asks for its own package alone, since each is charged for."""

    def __init__(self, name: str, client: Client) -> None:
        self.name = name
        self._client = client

    async def look_up(self, phone: str) -> NumberFacts:
        """See ``ports.NumberLookup``."""
        found = await self._fetch(phone, fields=LINE_TYPE)
        package = _package(found, LINE_TYPE)
        code, said, carrier = (_text(package.get(key)) for key in ("error_code", "type", "carrier_name"))
        return NumberFacts(
            line_type=None if said in _NOT_SAID else _LINE_TYPES.get(said, LineType.OTHER),
            carrier_name=carrier or None,
            codes={LINE_TYPE: code} if code else {},
        )

    async def reassigned(self, phone: str, since: date) -> Reassigned:
        """See ``ports.ReassignedNumbers``."""
        found = await self._fetch(phone, fields=REASSIGNED, last_verified_date=f"{since:%Y%m%d}")
        package = _package(found, REASSIGNED)
        code, said = _text(package.get("error_code")), _text(package.get("is_number_reassigned"))
        if code in _NOT_COVERED:
            return Reassigned.NO_DATA
        if code:
            raise Transient(f"lookup refused {REASSIGNED}", retry_after=ACCOUNT_PAUSE, provider_code=code)
        if said not in _REASSIGNED:
            raise _odd(f"{REASSIGNED}.is_number_reassigned")
        return _REASSIGNED[said]

    async def _fetch(self, phone: str, **wanted: str) -> Any:
        RETRY_AFTER.set("")
        try:
            found = await self._client.lookups.v2.phone_numbers(phone).fetch_async(**wanted)
        except (*FAILURES, RecursionError) as error:
            raise _meaning(error) from None
        if found.valid is False:
            raise Permanent("no such number", code="unknown_number", provider_code=_first(found.validation_errors))
        if found.valid is not True:
            raise _odd("valid")
        if found.phone_number != phone:
            raise _odd("phone_number")
        return found


def _meaning(error: Exception) -> PortError:
    """As for any request, but a read is never unclear; the words are ours, for the provider's repeat the number."""
    if not isinstance(error, TwilioException | aiohttp.ClientError | OSError):
        return _odd("the whole")
    found = errors.read(error)
    status = getattr(error, "status", None)
    words = f"lookup failed: {type(error).__name__}" + (f" {status}" if isinstance(status, int) else "")
    if isinstance(found, Permanent):
        code = "unknown_number" if found.code == "invalid_number" else "provider_refused"
        return Permanent(words, code=code, provider_code=found.provider_code)
    least = found.retry_after if isinstance(found, Transient) else timedelta(0)
    return Transient(words, retry_after=max(pause(RETRY_AFTER.get()), least), provider_code=found.provider_code)


def _package(found: Any, name: str) -> Mapping[str, object]:
    package = getattr(found, name)
    if package is None:
        return {}
    if not isinstance(package, Mapping):
        raise _odd(name)
    return package


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _first(reasons: object) -> str | None:
    return str(reasons[0]) if isinstance(reasons, list) and reasons else None


def _odd(what: str) -> Transient:
    return Transient(f"odd answer of the lookup: {what}", retry_after=ACCOUNT_PAUSE)


@asynccontextmanager
async def twilio_lookup(
    *, name: str, account_sid: str, auth_token: str, api_url: str, timeout: float, lookup_url: str | None = None
) -> AsyncIterator[TwilioLookup]:
    """The lookup, with its connection opened and the SDK's lazy parts loaded before the first lead needs them."""
    http = BoundedHttpClient(api_url, timeout, lookup_url)
    client = Client(account_sid, auth_token, http_client=http)
    _ = client.lookups.v2.phone_numbers
    try:
        yield TwilioLookup(name, client)
    finally:
        await http.close()
