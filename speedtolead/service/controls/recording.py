"""Recording a talk on demand: begun, paused, and gone on with.

Owns: that nothing is recorded before the lead was told where that is needed. Must not know: how the lead is told.
A recording that is stopped is paused at the carrier, because a leg is recorded once; it can go on.
"""

from __future__ import annotations

from speedtolead.domain.call import LegKind
from speedtolead.domain.recording import Announcement, RecordingState
from speedtolead.domain.talk import ControlState
from speedtolead.ports import Clock, Permanent
from speedtolead.ports.carriers import Carriers
from speedtolead.service.calling import recordings
from speedtolead.service.calling.afterwards import start_recording
from speedtolead.service.calling.under_way import Call
from speedtolead.service.lawful.permits import Permits
from speedtolead.store import controls as rows
from speedtolead.store.database import Database
from speedtolead.store.settings_json import candidates_from_json


class TalkRecording:
    def __init__(self, database: Database, carriers: Carriers, clock: Clock, permits: Permits) -> None:
        self._database = database
        self._carriers = carriers
        self._clock = clock
        self._permits = permits

    def _told(self, call: Call) -> Announcement:
        candidates = candidates_from_json(call.row.candidates)
        return self._permits.announcement_on_demand(call.campaign, candidates, self._clock.now())

    def must_announce(self, call: Call) -> bool:
        """The lead has to be told, and has not been on this call."""
        lead, at = call.leg(LegKind.LEAD), call.row.announced_at
        return self._told(call).needed and (lead is None or at is None or at < lead.placed_at)

    async def start(self, call: Call) -> ControlState:
        """Begin, or go on. Waiting: the lead is just being told. Raises a PortError."""
        lead = call.current(LegKind.LEAD)
        if lead is None:
            raise Permanent("there is nobody to record", code="gone")
        if self.must_announce(call):
            return ControlState.WAITING
        leg_id, now = lead[0], self._clock.now()
        async with self._database.transaction() as tx:
            told, fate = self._told(call), call.fate()
            begun = await recordings.begin(tx, call.row, leg_id, lead[1], call.carrier, fate, told, now)
            known = await rows.RECORDING_OF_LEG.first(tx, leg_id=leg_id)
        if begun:
            await start_recording(self._database, self._carriers, self._clock, begun[0])
            return ControlState.DONE
        if known is None or known.carrier_recording_id is None or known.state != RecordingState.RUNNING:
            raise Permanent("this call cannot be recorded", code="not_recordable")
        if known.paused_at is not None:
            assert lead[1].carrier_call_id is not None
            carrier = self._carriers.of(call.carrier)
            await carrier.resume_recording(lead[1].carrier_call_id, known.carrier_recording_id)
            async with self._database.connection() as tx:
                await rows.PAUSE_RECORDING.first(tx, leg_id=leg_id, paused_at=None)
        return ControlState.DONE

    async def stop(self, call: Call) -> ControlState:
        lead = call.current(LegKind.LEAD)
        known = None
        if lead is not None:
            async with self._database.connection() as tx:
                known = await rows.RECORDING_OF_LEG.first(tx, leg_id=lead[0])
        call_id = None if lead is None else lead[1].carrier_call_id
        if call_id is None or known is None or known.carrier_recording_id is None:
            raise Permanent("no recording is known to run", code="not_recorded")
        await self._carriers.of(call.carrier).pause_recording(call_id, known.carrier_recording_id)
        return ControlState.DONE
