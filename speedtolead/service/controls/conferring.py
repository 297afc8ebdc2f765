"""Taking a talk into a conference of its own, where everybody who joins it comes as well.

Owns: which call is sent there, and what is written of that. Must not know: why the talk has to be there.

A talk that began as a Dial goes there before anything is done with it: the leg that was rung is sent, and the other
follows. One on an agent's line is in the line's, which will do, until somebody is to join it: then the lead is
sent, and the line follows when it asks how it goes on, so that an agent who hands the lead over keeps the line.
Killed in between: whoever goes on asks first whether the call that was sent is there.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import structlog

from speedtolead.domain.call import DialMode, LegKind
from speedtolead.ports import Clock, Indeterminate, PortError, Transient
from speedtolead.ports.control import NOT_IN_CONFERENCE, PartyChange
from speedtolead.service.calling.under_way import Call
from speedtolead.service.controls import joining, parties
from speedtolead.service.controls.requests import Gone, Requests
from speedtolead.store import controls as rows
from speedtolead.store.database import Database

log = structlog.get_logger(__name__)


class Conferring:
    def __init__(self, database: Database, clock: Clock, requests: Requests) -> None:
        self._database = database
        self._clock = clock
        self._requests = requests

    async def confer(self, call: Call, again: bool, *, joined: bool = False) -> None:
        """``joined``: somebody is to join the talk. ``again``: it may have been asked for before.

        Raises a PortError where the talk cannot be taken there.
        """
        leaves_line = call.mode is DialMode.HOT and joined and (again or call.row.conferred_at is None)
        if parties.is_conferred(call) and not leaves_line:
            return
        if leaves_line:
            await self._leaves_line(call)
        try:
            await self._send(call, again)
        except PortError:
            if leaves_line:
                async with self._database.connection() as tx:
                    await rows.NOT_CONFERRED.run(tx, attempt_id=call.row.attempt_id)
            raise
        async with self._database.connection() as tx:
            await rows.SET_CONFERRED.run(tx, attempt_id=call.row.attempt_id, now=self._clock.now())

    async def _send(self, call: Call, again: bool) -> None:
        rung = LegKind.AGENT if call.mode is DialMode.LEAD_FIRST else LegKind.LEAD
        found = call.opening(rung) if rung is LegKind.AGENT else call.current(rung)
        if found is None:
            raise Gone("nobody is there to talk with")
        if again and await self._is_there(call, found[0]):
            return
        try:
            await self._requests.redirect(call, found[0], joining.rejoin(call, rung))
        except Indeterminate as error:
            log.info("control.unclear", code=error.code)  # what is asked for next tells whether it is there
        if call.mode is DialMode.HOT and call.leg_rows[found[0]].held:
            await self._requests.change(call, found[0], PartyChange(held=True))

    async def _leaves_line(self, call: Call) -> None:
        """Written before the lead is sent there: the line asks as soon as the lead has left it."""
        conference, now = str(call.row.attempt_id), self._clock.now()
        async with self._database.connection() as tx:
            await rows.LEAVE_LINE.run(tx, attempt_id=call.row.attempt_id, conference=conference, now=now)
        call.row = replace(call.row, conference=conference, conferred_at=now)

    async def _is_there(self, call: Call, leg_id: UUID) -> bool:
        """Asked before a call is sent there again: sent from within, it would end the conference by leaving it."""
        as_it_is, party = PartyChange(muted=call.leg_rows[leg_id].muted), self._requests.party(call, leg_id)
        try:
            await self._requests.carrier(call).change_party(party, as_it_is)
        except Transient as error:
            if error.code == NOT_IN_CONFERENCE:
                return False
            raise
        return True
