"""The carrier port through the official SDK.

Owns: the requests for calls. Must not know: attempts, permits, rows.
A request that places a call is sent once. What its failure means is in ``errors``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from speedtolead.adapters.twilio import errors
from speedtolead.adapters.twilio.addresses import DETECTION, STATUS, Addresses
from speedtolead.adapters.twilio.callbacks import EVENTS, report, twiml
from speedtolead.adapters.twilio.http import BoundedHttpClient
from speedtolead.ports import CallOrder, Indeterminate, KnownCall, Transient

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
_LISTED = 200


class TwilioCarrier:
    """Places and reads calls of one account."""

    def __init__(self, name: str, client: Client, addresses: Addresses) -> None:
        self.name = name
        self._client = client
        self._addresses = addresses

    async def place_call(self, order: CallOrder) -> str:
        detection: dict[str, Any] = {}
        if order.detect_machine:
            detection = {
                "machine_detection": "Enable",
                "async_amd": "true",
                "async_amd_status_callback": self._addresses.of(DETECTION, order.attempt_id, order.leg_id),
                "async_amd_status_callback_method": "POST",
            }
        try:
            call = await self._client.calls.create_async(
                to=order.address,
                from_=order.caller_id,
                twiml=twiml(order.instruction, self._addresses),
                timeout=int(order.ring_timeout.total_seconds()),
                status_callback=self._addresses.of(STATUS, order.attempt_id, order.leg_id),
                status_callback_event=EVENTS,
                status_callback_method="POST",
                **detection,
            )
        except FAILURES as error:
            raise errors.read(error) from error
        if not call.sid:
            raise Indeterminate("the carrier answered without a call's id")
        return str(call.sid)

    async def fetch_call(self, call_id: str) -> KnownCall | None:
        try:
            return _known(await self._client.calls(call_id).fetch_async())
        except TwilioRestException as error:
            if error.status == 404:
                return None
            raise errors.read_only(error) from error
        except FAILURES as error:
            raise errors.read_only(error) from error

    async def calls_to(self, address: str, since: datetime) -> Sequence[KnownCall]:
        # The list cannot be filtered by creation: a queued call has no start time yet.
        try:
            listed = await self._client.calls.list_async(to=address, limit=_LISTED, page_size=_LISTED)
        except FAILURES as error:
            raise errors.read_only(error) from error
        known = [_known(call) for call in listed]
        return [call for call in known if call.created_at >= since.replace(microsecond=0)]

    async def end_call(self, call_id: str) -> None:
        try:
            await self._client.calls(call_id).update_async(status="completed")
        except TwilioRestException as error:
            if error.status == 404 or error.code == 21220:  # 21220: the call is not in progress
                return
            raise errors.read(error) from error
        except FAILURES as error:
            raise errors.read(error) from error

    async def check(self) -> str:
        try:
            account = await self._client.api.v2010.accounts(self._client.account_sid).fetch_async()
        except FAILURES as error:
            raise errors.read_only(error) from error
        return f"account {str(account.sid)[:6]}… is {account.status}"


def _known(call: Any) -> KnownCall:
    if not call.sid:
        raise Transient("the carrier answered without a call's id")
    now = datetime.now(UTC)
    created = call.date_created or now
    return KnownCall(
        call_id=call.sid,
        address=call.to or "",
        caller_id=call._from or "",
        created_at=created.astimezone(UTC),
        report=report(call.status, call.answered_by, call.sid, now, call.duration),
    )


@asynccontextmanager
async def twilio_carrier(
    *, name: str, account_sid: str, auth_token: str, api_url: str, public_url: str, timeout: float
) -> AsyncIterator[TwilioCarrier]:
    """The carrier, with its connection opened and the SDK's lazy parts loaded before the first lead needs them."""
    http = BoundedHttpClient(api_url, timeout)
    client = Client(account_sid, auth_token, http_client=http)
    carrier = TwilioCarrier(name, client, Addresses(public_url))
    _ = client.calls
    try:
        yield carrier
    finally:
        await http.close()
