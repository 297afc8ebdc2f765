"""The carrier port through the official SDK.

Owns: the requests for calls and their recordings. Must not know: attempts, permits, rows.
A request that places a call is sent once. What its failure means is in ``errors``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import aiohttp
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from speedtolead.adapters.twilio import errors
from speedtolead.adapters.twilio.addresses import DETECTION, RECORDING, STATUS, Addresses
from speedtolead.adapters.twilio.callbacks import EVENTS, RECORDING_EVENTS, report
from speedtolead.adapters.twilio.conferences import offer_line
from speedtolead.adapters.twilio.control import TwilioControl
from speedtolead.adapters.twilio.errors import FAILURES
from speedtolead.adapters.twilio.http import TWILIO, BoundedHttpClient
from speedtolead.adapters.twilio.incoming import own_numbers
from speedtolead.adapters.twilio.patterns import filled
from speedtolead.adapters.twilio.voicemail import listening
from speedtolead.ports import CallOrder, Indeterminate, KnownCall, Permanent, Sound, Transient
from speedtolead.ports.incoming import OwnNumber
from speedtolead.ports.line import LineOrder

Queues = Callable[[timedelta], None]
"""Hears how long a call that was placed waits at the carrier before it is dialled."""
_LONGEST_QUEUE = 24 * 3600 * 1000
"""Milliseconds; the carrier takes no calls that would wait longer."""
_LISTED = 200
_PIECE = 64 * 1024


def _unheard(queued_for: timedelta) -> None:
    """For whoever places so few calls that none waits."""


class TwilioCarrier(TwilioControl):
    """Places, changes and reads calls of one account."""

    def __init__(
        self, name: str, client: Client, http: BoundedHttpClient, addresses: Addresses, queues: Queues = _unheard
    ) -> None:
        super().__init__(client, addresses)
        self.name = name
        self._http = http
        self._queues = queues

    async def place_call(self, order: CallOrder) -> str:
        detection: dict[str, Any] = {}
        if order.detect_machine:
            detection = {
                "machine_detection": "Enable",
                "async_amd": "true",
                "async_amd_status_callback": self._addresses.of(DETECTION, order.attempt_id, order.leg_id),
                "async_amd_status_callback_method": "POST",
                **listening(order.detection),
            }
        try:
            call = await self._client.calls.create_async(
                twiml=filled(order.instruction, self._addresses), **self._wanted(order), **detection
            )
        except FAILURES as error:
            raise errors.read(error) from error
        self._hear_queue(call.queue_time)
        return _id_of(call.sid)

    async def dial_into(self, order: CallOrder, conference: str) -> str:
        detection: dict[str, Any] = {}
        if order.detect_machine:  # of a participant it is always asynchronous
            detection = {
                "machine_detection": "Enable",
                "amd_status_callback": self._addresses.of(DETECTION, order.attempt_id, order.leg_id),
                "amd_status_callback_method": "POST",
                **listening(order.detection),
            }
        try:
            participant = await self._client.conferences(conference).participants.create_async(
                label=str(order.leg_id),
                early_media=True,
                beep="false",
                end_conference_on_exit=True,
                **self._wanted(order),
                **detection,
            )
        except FAILURES as error:
            raise errors.read(error) from error
        self._hear_queue(participant.queue_time)
        return _id_of(participant.call_sid)

    async def open_line(self, order: LineOrder) -> str:
        try:
            call = await self._client.calls.create_async(
                to=order.address,
                from_=order.caller_id,
                twiml=offer_line(order, self._addresses),
                timeout=int(order.ring_timeout.total_seconds()),
                status_callback=self._addresses.of_line(STATUS, order.line_id),
                status_callback_event=EVENTS,
                status_callback_method="POST",
            )
        except FAILURES as error:
            raise errors.read(error) from error
        self._hear_queue(call.queue_time)
        return _id_of(call.sid)

    def _hear_queue(self, milliseconds: object) -> None:
        """The carrier's own estimate for the call it has just taken; a compatible one may not say it."""
        told = str(milliseconds)
        if told.isdecimal():
            self._queues(timedelta(milliseconds=min(int(told), _LONGEST_QUEUE)))

    def _wanted(self, order: CallOrder) -> dict[str, Any]:
        """What is asked of a call, however it is placed."""
        reason = {} if order.reason is None else {"call_reason": order.reason}
        return reason | {
            "to": order.address,
            "from_": order.caller_id,
            "timeout": int(order.ring_timeout.total_seconds()),
            "status_callback": self._addresses.of(STATUS, order.attempt_id, order.leg_id),
            "status_callback_event": EVENTS,
            "status_callback_method": "POST",
        }

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

    async def start_recording(self, call_id: str, attempt_id: UUID, leg_id: UUID) -> str:
        try:
            recording = await self._client.calls(call_id).recordings.create_async(
                recording_channels="dual",
                recording_status_callback=self._addresses.of(RECORDING, attempt_id, leg_id),
                recording_status_callback_event=RECORDING_EVENTS,
                recording_status_callback_method="POST",
            )
        except FAILURES as error:
            raise errors.read(error) from error
        if not recording.sid:
            raise Indeterminate("the carrier answered without a recording's id")
        return str(recording.sid)

    @asynccontextmanager
    async def sound(self, recording_id: str) -> AsyncIterator[Sound]:
        # Built here, not taken from a callback: the account's credentials go to its own API only.
        account = f"{TWILIO}/2010-04-01/Accounts/{self._client.account_sid}"
        url = f"{account}/Recordings/{quote(recording_id, safe='')}.mp3"
        async with AsyncExitStack() as stack:
            try:
                opened = self._http.opened(url, (self._client.username, self._client.password))
                response = await stack.enter_async_context(opened)
            except FAILURES as error:
                raise errors.read_only(error) from error
            if response.status == 404:
                raise Permanent("there is no such recording", code="unknown_recording")
            if response.status != 200 or not response.content_type.startswith("audio/"):
                raise Transient(f"no recording in the answer: {response.status} {response.content_type}")
            yield Sound(response.content_type, _pieces(response))

    async def remove_recording(self, recording_id: str) -> None:
        try:
            await self._client.recordings(recording_id).delete_async()
        except TwilioRestException as error:
            if error.status != 404:
                raise errors.read(error) from error
        except FAILURES as error:
            raise errors.read(error) from error

    async def numbers(self) -> Sequence[OwnNumber]:
        return await own_numbers(self._client)

    async def check(self) -> str:
        try:
            account = await self._client.api.v2010.accounts(self._client.account_sid).fetch_async()
        except FAILURES as error:
            raise errors.read_only(error) from error
        return f"account {str(account.sid)[:6]}… is {account.status}"


async def _pieces(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        async for piece in response.content.iter_chunked(_PIECE):
            yield piece
    except FAILURES as error:
        raise errors.read_only(error) from error


def _id_of(call_id: str | None) -> str:
    if not call_id:
        raise Indeterminate("the carrier answered without a call's id")
    return str(call_id)


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
    *,
    name: str,
    account_sid: str,
    auth_token: str,
    api_url: str,
    public_url: str,
    timeout: float,
    queues: Queues = _unheard,
) -> AsyncIterator[TwilioCarrier]:
    """The carrier, with its connection opened and the SDK's lazy parts loaded before the first lead needs them."""
    http = BoundedHttpClient(api_url, timeout)
    client = Client(account_sid, auth_token, http_client=http)
    carrier = TwilioCarrier(name, client, http, Addresses(public_url), queues)
    _ = client.calls
    try:
        yield carrier
    finally:
        await http.close()
