"""The carrier's callbacks while a message is left, and the key by which an agent says who answered.

Owns: what each is answered, and that a message was begun and was left. Must not know: TwiML, signatures, HTTP.
Whether it may be said is decided once more as it begins: the greeting may have taken a minute, in which a stop can
come. A callback that comes again is answered the same. What the carrier understood of a greeting is not kept.
"""

from __future__ import annotations

from dataclasses import replace

from speedtolead.domain.lead import OPEN_STATES, LeadState
from speedtolead.domain.machine import Label
from speedtolead.ports import Clock, Goodbye
from speedtolead.ports.voicemail import LeaveMessage
from speedtolead.service.calling import machine
from speedtolead.service.calling.callbacks import Callback, Told, received
from speedtolead.service.calling.labels import BY_KEY, Labels
from speedtolead.service.calling.under_way import Call, load
from speedtolead.service.lawful.permits import Permits
from speedtolead.store import calls as call_rows
from speedtolead.store import events
from speedtolead.store import machine as rows
from speedtolead.store.database import Database
from speedtolead.store.query import Connection

_SPOKEN = ("SpeechResult", "Confidence", "StableSpeechResult", "UnstableSpeechResult")
_KEYS = {"1": Label.HUMAN, "2": Label.MACHINE}


class Voicemails:
    def __init__(self, database: Database, clock: Clock, permits: Permits, labels: Labels) -> None:
        self._database = database
        self._clock = clock
        self._permits = permits
        self._labels = labels

    async def greeted(self, callback: Callback) -> Told:
        """The greeting is over, or there was none: say the message, if it may still be said."""
        async with self._database.transaction() as tx:
            call = await self._load(tx, _unheard(callback))
            known = None if call is None else await rows.VOICEMAIL_OF_LEG.first(tx, leg_id=callback.leg_id)
            if call is None or known is None or known.left_at is not None or known.withheld_at is not None:
                return Told(Goodbye(), [])
            if known.begun_at is None:
                now = self._clock.now()
                wanted = LeadState(call.row.lead_state) in OPEN_STATES
                if not wanted or not await machine.may_speak(tx, call, self._permits, now):
                    await rows.WITHHOLD_VOICEMAIL.run(tx, leg_id=callback.leg_id, now=now)
                    return Told(Goodbye(), [])
                await rows.VOICEMAIL_BEGUN.run(tx, leg_id=callback.leg_id, now=now)
            return Told(LeaveMessage(callback.attempt_id, callback.leg_id, known.message), [])

    async def left(self, callback: Callback) -> Told:
        """The message was said to its end: nothing else is taken for that."""
        async with self._database.transaction() as tx:
            call = await self._load(tx, callback)
            if call is None:
                return Told(Goodbye(), [])
            at, row = callback.received_at, call.row
            if await rows.VOICEMAIL_LEFT.first(tx, leg_id=callback.leg_id, now=at) is not None:
                await events.add(
                    tx, row.account_id, "voicemail.left", at, lead_id=row.lead_id, attempt_id=row.attempt_id
                )
        return Told(Goodbye(), [])

    async def labelled(self, callback: Callback, digits: str) -> Told:
        """An agent pressed a key for who answered; any other key says nothing."""
        label = _KEYS.get(digits)
        async with self._database.transaction() as tx:
            call = await self._load(tx, callback)
            if call is None or label is None:
                return Told(Goodbye(), [])
            found = await self._labels.within(tx, call, label, BY_KEY)
        return Told(Goodbye(), found.afterwards)

    async def _load(self, tx: Connection, callback: Callback) -> Call | None:
        await received(tx, callback)
        if await call_rows.LOCK_CALL.first(tx, attempt_id=callback.attempt_id) is None:
            return None
        call = await load(tx, callback.attempt_id)
        return call if callback.leg_id in call.legs else None


def _unheard(callback: Callback) -> Callback:
    kept = {name: value for name, value in callback.fields.items() if name not in _SPOKEN}
    return replace(callback, fields=kept)
