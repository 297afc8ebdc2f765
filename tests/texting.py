"""Texts as the carrier posts them to a running service."""

from __future__ import annotations

import itertools
import os
from typing import Any

from running import RunningService
from twilio.request_validator import RequestValidator

from speedtolead.simulator import SIMULATED_ACCOUNT_SID, SIMULATED_AUTH_TOKEN

OURS = "+12125550100"
PATH = "/carrier/twilio/text"
_sids = itertools.count(1)


def new_sid() -> str:
    return f"SM{os.getpid():016x}{next(_sids):016x}"


async def signed(service: RunningService, path: str, fields: dict[str, str], signature: str | None = None) -> Any:
    """A post that the carrier signed, or that bears this signature; the status and the text of the answer."""
    url = service.url + path
    if signature is None:
        signature = RequestValidator(SIMULATED_AUTH_TOKEN).compute_signature(url, fields)
    headers = {"X-Twilio-Signature": signature} if signature else {}
    async with service.http.post(url, data=fields, headers=headers) as response:
        return response.status, await response.text()


async def text_in(
    service: RunningService, phone: str, body: str, *, to: str = OURS, sid: str | None = None, **more: str
) -> tuple[int, str | None]:
    """The status, and what the person is answered with, if with anything."""
    fields = {"AccountSid": SIMULATED_ACCOUNT_SID, "MessageSid": sid or new_sid(), "From": phone, "To": to}
    signature = more.pop("signature", None)
    status, answer = await signed(service, PATH, fields | {"Body": body, "NumMedia": "0"} | more, signature)
    _, begun, rest = answer.partition("<Message>")
    return status, rest.partition("</Message>")[0] if begun else None
