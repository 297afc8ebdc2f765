"""DNC.com's DNCScrub: the full scrub of one number against do-not-call lists and known litigators.

Owns: the request, the result codes and the reasons on the wire. Must not know: what follows from a listing.

The lists are read from ``Reason``, not from the verdict: the verdict applies exemptions of the provider's own
books, and which of them hold is not for this adapter to say. A verdict "do not call" whose reason cannot be read is
Transient, as is a code that nobody knows: neither may pass for a clean number. Only North American numbers can be
scrubbed; any other is Permanent "not_covered", one that cannot exist "unknown_number".

Documented: https://docs.dncscrub.com/api-reference/scrub (request, fields, codes, examples). Assumed: that an error
has a plain HTTP status as in the provider's other APIs (400, 401), and that ``Reason`` keeps its first two places
for the national and the state list.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

import aiohttp
from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, TypeAdapter

from speedtolead.adapters.asking import ACCOUNT_PAUSE, SECONDS, Asking, national
from speedtolead.ports import Permanent, ScrubAnswer, Transient

ENDPOINT = "https://www.dncscrub.com/app/main/rpc/scrub"
NATIONAL, STATE, LITIGATOR, INTERNAL = "national_dnc", "state_dnc", "litigator", "internal"

_SCRUBBED = frozenset("CXWLFGHVEOYRTSDP")
_IMPOSSIBLE = frozenset("IM")
_NOT_SUBSCRIBED = "B"
_DO_NOT_CALL, _OWN_LIST = "D", "P"
_NORTH_AMERICAN = re.compile(r"\+1[2-9]\d{9}", re.ASCII)
_DATE = re.compile(r"\b(\d{4}-\d{2}-\d{2})\b", re.ASCII)


class DncScrub:
    """The scrub, in the project and campaign whose settings apply; without them the account's own."""

    name = "dncscrub"

    def __init__(
        self,
        session: aiohttp.ClientSession,
        login_id: str,
        *,
        seconds: float = SECONDS,
        endpoint: str = ENDPOINT,
        project_id: str | None = None,
        campaign_id: str | None = None,
    ) -> None:
        self._asking = Asking("DNCScrub", session, seconds)
        self._endpoint = endpoint
        self._headers = {"loginId": login_id}
        places = {"projId": project_id, "campaignId": campaign_id}
        self._wanted = {"version": "5", "output": "json"} | {k: v for k, v in places.items() if v}

    async def scrub(self, phone: str) -> ScrubAnswer:
        """See ``ports.ListScrub``."""
        if not _NORTH_AMERICAN.fullmatch(phone):
            raise Permanent("DNCScrub: not a North American number", code="not_covered")
        number = national(phone)
        raw = await self._asking.send(
            "GET", self._endpoint, params={"phoneList": number, **self._wanted}, headers=self._headers
        )
        found = next((row for row in self._asking.read(_ANSWER, raw) if row.number == number), None)
        if found is None:
            raise self._asking.odd("the number is missing")
        return self._answered(found)

    def _answered(self, found: _Row) -> ScrubAnswer:
        code, reason = found.code, found.reason or ""
        if code in _IMPOSSIBLE:
            raise Permanent("DNCScrub: no such number", code="unknown_number", provider_code=code)
        if code == _NOT_SUBSCRIBED:
            words = "DNCScrub: the account does not cover the area code"
            raise Transient(words, retry_after=ACCOUNT_PAUSE, provider_code=code)
        if code not in _SCRUBBED:
            raise self._asking.odd("an unknown result code")
        listed = _lists(reason) | ({INTERNAL} if code == _OWN_LIST else frozenset())
        if code == _DO_NOT_CALL and not listed:
            raise self._asking.odd("do not call, without a known reason")
        return ScrubAnswer(listed, _since(reason))


class _Row(BaseModel):
    number: Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)] = Field(
        alias="Phone"
    )
    code: Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True)] = Field(alias="ResultCode")
    reason: str | None = Field(default=None, alias="Reason")


_ANSWER = TypeAdapter(list[_Row])


def _lists(reason: str) -> frozenset[str]:
    """``National (USA) 2003-06-01;State (FL) 2023-12-06;;``, or ``Litigator``; the second place is the state's."""
    named = {"national": NATIONAL, "state": STATE, "litigator": LITIGATOR, "internal": INTERNAL}
    listed = set()
    for number, place in enumerate(reason.casefold().split(";")):
        known = next((where for word, where in named.items() if place.strip().startswith(word)), None)
        if known or (number == 1 and place.strip()):
            listed.add(known or STATE)
    return frozenset(listed)


def _since(reason: str) -> date | None:
    """Since when the number is listed: the earliest date that is given."""
    days = []
    for text in _DATE.findall(reason):
        try:
            days.append(date.fromisoformat(text))
        except ValueError:
            continue
    return min(days, default=None)
