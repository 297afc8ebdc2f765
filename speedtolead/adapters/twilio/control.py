"""Changes of live calls through the official SDK: sent elsewhere, muted, held, coached, told, recorded or not.

Owns: these requests, and the ids of conferences by their names. Must not know: attempts, permits, rows.
A conference can be changed only by the carrier's own id of it, which is looked up once and kept while it is used;
one that is not known there any more is looked up again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from speedtolead.adapters.twilio import errors
from speedtolead.adapters.twilio.addresses import ASIDE, Addresses
from speedtolead.adapters.twilio.callbacks import twiml
from speedtolead.ports import Instruction, Permanent, Transient
from speedtolead.ports.control import CALL_OVER, NOT_IN_CONFERENCE, Aside, Party, PartyChange

_NOT_IN_PROGRESS = 21220
_KEPT = 2000
_COMES_IN = timedelta(milliseconds=200)
"""How soon a call that is on its way into a conference may be there."""


class NotThere(Transient):
    """The call is not in the conference, or not yet."""

    code = NOT_IN_CONFERENCE


class TwilioControl:
    """The part of the carrier that changes live calls of one account."""

    def __init__(self, client: Client, addresses: Addresses) -> None:
        self._client = client
        self._addresses = addresses
        self._conferences: OrderedDict[str, str] = OrderedDict()

    async def redirect(self, call_id: str, instruction: Instruction) -> None:
        told = twiml(instruction, self._addresses)
        await _of_live_call(lambda: self._client.calls(call_id).update_async(twiml=told))

    async def pause_recording(self, call_id: str, recording_id: str) -> None:
        recording = self._client.calls(call_id).recordings(recording_id)
        await _of_live_call(lambda: recording.update_async(status="paused", pause_behavior="skip"))

    async def resume_recording(self, call_id: str, recording_id: str) -> None:
        recording = self._client.calls(call_id).recordings(recording_id)
        await _of_live_call(lambda: recording.update_async(status="in-progress"))

    async def change_party(self, party: Party, change: PartyChange) -> None:
        asked: dict[str, Any] = {}
        if change.muted is not None:
            asked["muted"] = change.muted
        if change.held is not None:  # without an address the carrier plays music of its own
            asked["hold"] = change.held
        if change.coaches is not None:
            asked["coaching"] = bool(change.coaches)
        if change.coaches:
            asked["call_sid_to_coach"] = change.coaches
        if change.ends_it is not None:
            asked["end_conference_on_exit"] = change.ends_it
        await self._update(party, asked)

    async def tell_party(self, party: Party, aside: Aside) -> None:
        told = {name: said for name, said in (("words", aside.words), ("digits", aside.digits)) if said}
        address = self._addresses.of(ASIDE, party.attempt_id, party.leg_id, **told)
        await self._update(party, {"announce_url": address, "announce_method": "POST"})

    async def _update(self, party: Party, asked: dict[str, Any]) -> None:
        """Change a participant; where a kept id leads nowhere, look it up anew, once."""
        known = self._conferences.get(party.conference)
        try:
            await self._update_in(known or await self._look_up(party.conference), party, asked)
        except NotThere:
            if known is None:
                raise
            self._conferences.pop(party.conference, None)
            await self._update_in(await self._look_up(party.conference), party, asked)

    async def _update_in(self, conference_id: str, party: Party, asked: dict[str, Any]) -> None:
        participant = self._client.conferences(conference_id).participants(party.call_id)
        try:
            await participant.update_async(**asked)
        except TwilioRestException as error:
            if error.status == 404:
                raise NotThere(f"call {party.call_id} is not in the conference", retry_after=_COMES_IN) from error
            raise errors.read(error) from error
        except errors.FAILURES as error:
            raise errors.read(error) from error

    async def _look_up(self, name: str) -> str:
        try:
            listed = await self._client.conferences.list_async(friendly_name=name, limit=20)
        except errors.FAILURES as error:
            raise errors.read_only(error) from error
        for conference in listed:
            if conference.sid and conference.status != "completed":
                self._conferences[name] = str(conference.sid)
                while len(self._conferences) > _KEPT:
                    self._conferences.popitem(last=False)
                return str(conference.sid)
        raise NotThere("there is no such conference now", retry_after=_COMES_IN)


async def _of_live_call(request: Callable[[], Awaitable[object]]) -> None:
    """Make a request that the carrier meets for a live call only."""
    try:
        await request()
    except TwilioRestException as error:
        if error.status == 404 or error.code == _NOT_IN_PROGRESS:
            raise Permanent("the call is not live", code=CALL_OVER, provider_code=str(error.code)) from error
        raise errors.read(error) from error
    except errors.FAILURES as error:
        raise errors.read(error) from error
