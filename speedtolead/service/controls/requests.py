"""Requests about the parties of a talk: to the carrier that has its calls, again where they may be made again.

Owns: how often and how soon. Must not know: why anything is asked, or what is written of it. What is not met in the
end raises a PortError.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

import structlog

from speedtolead.ports import Carrier, Indeterminate, Instruction, PortError, Transient
from speedtolead.ports.carriers import Carriers
from speedtolead.ports.control import Aside, Party, PartyChange
from speedtolead.service.calling.under_way import Call
from speedtolead.service.controls import parties

log = structlog.get_logger(__name__)
Answer = TypeVar("Answer")

WAITS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between requests for one change: a call that was sent into a conference is there a moment later."""
GONE = "gone"


class Gone(PortError):
    """A party that something was to be done with is not on the line any more."""

    code = GONE


class Requests:
    """Of one talk at a time."""

    def __init__(self, carriers: Carriers) -> None:
        self._carriers = carriers

    def carrier(self, call: Call) -> Carrier:
        """The account that has the talk's calls: a party is rung from there as well."""
        return self._carriers.of(call.carrier)

    def party(self, call: Call, leg_id: UUID) -> Party:
        """Raises Gone."""
        call_id = parties.live_call(call, leg_id)
        if call_id is None:
            raise Gone("this party is not on the line any more")
        return Party(parties.conference_of(call), call_id, call.row.attempt_id, leg_id)

    async def change(self, call: Call, leg_id: UUID, change: PartyChange) -> None:
        party = self.party(call, leg_id)
        await until_met(lambda: self.carrier(call).change_party(party, change))

    async def tell(self, call: Call, leg_id: UUID, aside: Aside) -> None:
        party = self.party(call, leg_id)
        await until_taken(lambda: self.carrier(call).tell_party(party, aside))

    async def redirect(self, call: Call, leg_id: UUID, instruction: Instruction) -> None:
        call_id = parties.live_call(call, leg_id)
        if call_id is None:
            raise Gone("this party is not on the line any more")
        await until_taken(lambda: self.carrier(call).redirect(call_id, instruction))


async def until_met(request: Callable[[], Awaitable[object]]) -> None:
    """A request that may be repeated, until it is met, or not for long enough."""
    for wait in WAITS:
        try:
            await request()
            return
        except (Transient, Indeterminate) as error:
            log.info("control.again", code=error.code)
            await asyncio.sleep(wait)
    await request()


async def until_taken(request: Callable[[], Awaitable[Answer]]) -> Answer:
    """A request that is made again only after a definite no for now."""
    for wait in WAITS:
        try:
            return await request()
        except Transient as error:
            log.info("control.again", code=error.code)
            await asyncio.sleep(wait)
    return await request()
