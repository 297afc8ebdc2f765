"""Recordings of talks: when one is started, what is heard of it, playing it, and removing it.

Owns: that nothing is recorded before it may be, and never twice on a leg; and that nothing is kept for longer than
the account wants. Must not know: TwiML, signatures, HTTP, or where the carrier keeps a recording.

A talk is recorded from the moment at which agent and lead are bridged, a person (no machine) is known to have
answered, and the announcement was played to its end where one is needed. An announcement of which nobody hears
that it was played starts nothing.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from uuid import UUID

import structlog

from speedtolead.domain.call import AnsweredBy, Fate, Leg, LegState
from speedtolead.domain.errors import NotFound
from speedtolead.domain.recording import Announcement, RecordingReport, RecordingState
from speedtolead.ports import Clock, Permanent, PortError, Sound
from speedtolead.ports.carriers import Carriers
from speedtolead.service.calling.afterwards import StartRecording
from speedtolead.service.evidence.retention import of_json
from speedtolead.store import events
from speedtolead.store import recordings as rows
from speedtolead.store.calls import CallRow
from speedtolead.store.database import Database
from speedtolead.store.ids import new_id
from speedtolead.store.ledger import RETENTION_OF_ACCOUNTS
from speedtolead.store.query import Connection

log = structlog.get_logger(__name__)
AT_ONCE = 100
_FIRST = UUID(int=0)
_TALKS = frozenset({AnsweredBy.HUMAN, AnsweredBy.UNKNOWN})


async def begin(
    tx: Connection,
    row: CallRow,
    leg_id: UUID,
    lead: Leg,
    carrier: str,
    fate: Fate,
    told: Announcement | None,
    now: datetime,
) -> list[StartRecording]:
    """Start recording the lead's leg, if it is time and was not done before; ``told`` is None: nothing is recorded.

    The leg's row is written first, and only who writes it starts: killed after that, there is no recording.
    """
    if told is None or fate.bridged_at is None or lead.state is not LegState.LIVE:
        return []
    if lead.answered_by not in _TALKS or lead.carrier_call_id is None:
        return []
    if told.needed and (row.announced_at is None or row.announced_at < lead.placed_at):
        return []
    first = await rows.ASK_RECORDING.first(
        tx,
        recording_id=new_id(),
        account_id=row.account_id,
        attempt_id=row.attempt_id,
        leg_id=leg_id,
        now=now,
        announcement=told.as_inputs(),
    )
    return [] if first is None else [StartRecording(lead.carrier_call_id, row.attempt_id, leg_id, carrier)]


async def hear(tx: Connection, attempt_id: UUID, leg_id: UUID, report: RecordingReport) -> None:
    """Take news of a leg's recording; of one that we did not ask for, nothing is kept."""
    found = await rows.RECORDING_TOLD.first(
        tx,
        attempt_id=attempt_id,
        leg_id=leg_id,
        carrier_recording_id=report.recording_id,
        state=report.state,
        started_at=report.started_at,
        seconds=report.seconds,
        url=report.url,
    )
    if found is None or found.before == found.state or found.state != RecordingState.KEPT:
        return
    data = {"recording_id": str(found.recording_id), "seconds": found.seconds}
    await events.add(
        tx, found.account_id, "recording.kept", report.at, lead_id=found.lead_id, attempt_id=attempt_id, data=data
    )


class Recordings:
    """Recordings as they are played to a manager, and for as long as they are kept."""

    def __init__(self, database: Database, carriers: Carriers, clock: Clock) -> None:
        self._database = database
        self._carriers = carriers
        self._clock = clock

    async def sound(
        self, account_id: UUID, lead_id: UUID, recording_id: UUID
    ) -> AbstractAsyncContextManager[Sound]:
        """A finished recording, from the carrier. Raises NotFound; entering it, what the port raises."""
        async with self._database.connection() as tx:
            found = await rows.RECORDING_TO_PLAY.first(
                tx, account_id=account_id, lead_id=lead_id, recording_id=recording_id
            )
        if found is None:
            raise NotFound("There is no such recording, or not yet.")
        return self._carriers.of(found.carrier).sound(found.carrier_recording_id)

    async def let_go(self) -> int:
        """Remove, at the carrier, what is kept longer than its account wants or was said by somebody erased; how
        many. It is removed first and noted then: killed in between, it is found gone the next time. What a carrier
        does not remove now is asked for again the next time.
        """
        async with self._database.connection() as tx:
            accounts = await RETENTION_OF_ACCOUNTS.all(tx)
        removed = 0
        for account in accounts:
            before = self._clock.now() - of_json(account.retention).recordings
            removed += await self._let_go_of(account.account_id, before)
        return removed

    async def _let_go_of(self, account_id: UUID, before: datetime) -> int:
        removed, after, shut = 0, _FIRST, set[str]()
        while True:
            async with self._database.connection() as tx:
                due = await rows.RECORDINGS_TO_REMOVE.all(
                    tx, account_id=account_id, before=before, after=after, most=AT_ONCE
                )
            for one in due:
                after = one.recording_id
                if one.carrier in shut:
                    continue
                try:
                    await self._carriers.of(one.carrier).remove_recording(one.carrier_recording_id)
                except PortError as error:
                    log.warning("recording.not_removed", recording_id=str(one.recording_id), error=str(error))
                    if not isinstance(error, Permanent):
                        shut.add(one.carrier)
                else:
                    removed += await self._gone(one)
            if len(due) < AT_ONCE:
                return removed

    async def _gone(self, one: rows.ToRemove) -> int:
        now = self._clock.now()
        async with self._database.transaction() as tx:
            of = {"recording_id": one.recording_id, "account_id": one.account_id}
            if await rows.RECORDING_REMOVED.first(tx, now=now, **of) is None:
                return 0
            data = {"recording_id": str(one.recording_id)}
            await events.add(
                tx,
                one.account_id,
                "recording.removed",
                now,
                lead_id=one.lead_id,
                attempt_id=one.attempt_id,
                data=data,
            )
        return 1
