"""Carrying out what is to be done with a talk: the requests to the carrier, one control after the other.

Owns: the lease under which a control is carried out, the order of the requests, and what is written when they fail.
Must not know: who asked, or whether it was allowed.

Every request says how it is to be, so it is made again where nobody can say whether it was met; ringing somebody
and sending tones are not, and are marked before they are sent. Killed in between: whoever finds the lease run out
goes on from the rows, and gives up what was marked.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from speedtolead.domain.call import LegKind, LegReport, LegState
from speedtolead.domain.talk import Action, ControlState, Listening, Part
from speedtolead.ports import (
    Announce,
    Apologise,
    CallOrder,
    Clock,
    Indeterminate,
    OfferLead,
    PortError,
)
from speedtolead.ports.carriers import Carriers
from speedtolead.ports.control import NOT_IN_CONFERENCE, Aside, PartyChange
from speedtolead.service.calling.afterwards import Afterwards, EndCall
from speedtolead.service.calling.calls import Calls
from speedtolead.service.calling.under_way import Call, load
from speedtolead.service.controls import following, joining, parties, ringing
from speedtolead.service.controls.conferring import Conferring
from speedtolead.service.controls.recording import TalkRecording
from speedtolead.service.controls.requests import Gone, Requests, until_taken
from speedtolead.store import controls as rows
from speedtolead.store.controls import ControlRow
from speedtolead.store.database import Database
from speedtolead.store.query import Connection

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=30)
UNCLEAR = "unclear"
_LISTENS = {
    Listening.LISTEN: (True, False),
    Listening.WHISPER: (False, True),
    Listening.BARGE: (False, False),
}
"""Muted, and whether only the agent is spoken to."""


class Carrying:
    """Works off the controls of one talk at a time."""

    def __init__(
        self, database: Database, carriers: Carriers, clock: Clock, under_way: Calls, recording: TalkRecording
    ) -> None:
        self._database = database
        self._clock = clock
        self._calls = under_way
        self._recording = recording
        self._requests = Requests(carriers)
        self._conferring = Conferring(database, clock, self._requests)

    async def work_off(self, attempt_id: UUID) -> list[Afterwards]:
        """Carry out what is open, in order, unless somebody else is at it; what must be done after it."""
        afterwards: list[Afterwards] = []
        with structlog.contextvars.bound_contextvars(attempt_id=str(attempt_id)):
            while (control := await self._next(attempt_id)) is not None:
                afterwards += await self._carry_out(control)
        return afterwards

    async def _next(self, attempt_id: UUID) -> ControlRow | None:
        now = self._clock.now()
        async with self._database.transaction() as tx:
            return await rows.CLAIM_CONTROL.first(tx, attempt_id=attempt_id, now=now, until=now + LEASE)

    async def _carry_out(self, control: ControlRow) -> list[Afterwards]:
        state, why = ControlState.DONE, None
        try:
            state = await self._do(control, await self._load(control.attempt_id))
        except PortError as error:
            log.warning("control.failed", action=control.action, code=error.code, provider=error.provider_code)
            state, why = ControlState.FAILED, str(error.code)
        return await self._write(control, state, why)

    async def _load(self, attempt_id: UUID) -> Call:
        async with self._database.transaction() as tx:
            return await load(tx, attempt_id)

    async def _write(self, control: ControlRow, state: ControlState, why: str | None) -> list[Afterwards]:
        """What became of it; where it failed, the rows say again how the talk really is."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            call = await load(tx, control.attempt_id)
            first = await parties.settled(tx, call, control, state, now, why)
            ended: list[Afterwards] = []
            if first and state is ControlState.FAILED:
                ended = await self._undo(tx, call, control, why, now)
            return [*ended, *await self._calls.settle(tx, call)]

    async def _undo(
        self, tx: Connection, call: Call, control: ControlRow, why: str | None, now: datetime
    ) -> list[Afterwards]:
        action, leg_id = Action(control.action), control.leg_id
        if why == NOT_IN_CONFERENCE or call.row.conferred_at is None:
            await rows.NOT_CONFERRED.run(tx, attempt_id=call.row.attempt_id)
        if leg_id is None or leg_id not in call.legs:
            return []
        match action:
            case Action.HOLD | Action.RESUME:
                await parties.change(tx, call, leg_id, held=action is Action.RESUME)
            case Action.MUTE | Action.UNMUTE:
                await parties.change(tx, call, leg_id, muted=action is Action.UNMUTE)
            case Action.STOP_RECORDING:
                await rows.PAUSE_RECORDING.first(tx, leg_id=leg_id, paused_at=None)
            case Action.TRANSFER | Action.ADD | Action.LISTEN | Action.WHISPER | Action.BARGE:
                if call.legs[leg_id].accepted_at is None:
                    await following.given_up(tx, call, leg_id, now, unclear=why == UNCLEAR)
                elif control.given.get("before"):
                    await parties.change(tx, call, leg_id, listens=str(control.given["before"]))
            case Action.RESTORE | Action.COMPLETE:
                return await self._still_held(tx, call)
            case _:
                pass
        return []

    async def _still_held(self, tx: Connection, call: Call) -> list[Afterwards]:
        """The lead could not be taken off hold: who leads the talk may try again; nobody does: it is ended."""
        talk = parties.talk_of(call, talking=True)
        if talk.lead is None:
            return []
        if talk.leading is not None and talk.leading.there:
            await parties.change(tx, call, talk.lead.leg_id, held=True)
            return []
        call_id = parties.live_call(call, talk.lead.leg_id)
        return [] if call_id is None else [EndCall(call_id, call.carrier)]

    async def _do(self, control: ControlRow, call: Call) -> ControlState:
        """Make the requests of one control. Raises a PortError where they are not met."""
        match Action(control.action):
            case Action.HOLD | Action.RESUME | Action.MUTE | Action.UNMUTE:
                return await self._set(control, call)
            case Action.DIGITS:
                return await self._send_tones(control, call)
            case Action.TRANSFER | Action.ADD:
                return await self._bring_in(control, call)
            case Action.LISTEN | Action.WHISPER | Action.BARGE:
                return await self._listen(control, call)
            case Action.COMPLETE | Action.RESTORE:
                return await self._give(call)
            case Action.RECORD:
                await self._meet_for_announcement(control, call)
                return await self._recording.start(call)
            case Action.STOP_RECORDING:
                return await self._recording.stop(call)
            case Action.LEAVE | Action.CANCEL | Action.END:
                return ControlState.WAITING

    # ---- how the talk is to be -----------------------------------------------------------------------------

    async def _set(self, control: ControlRow, call: Call) -> ControlState:
        assert control.leg_id is not None
        row = call.leg_rows[control.leg_id]
        await self._conferring.confer(call, control.tries > 1)
        about_hold = control.action in (Action.HOLD, Action.RESUME)
        change = PartyChange(held=row.held) if about_hold else PartyChange(muted=row.muted)
        await self._requests.change(call, control.leg_id, change)
        return ControlState.DONE

    async def _give(self, call: Call) -> ControlState:
        """The lead is with who leads the talk; or, where nobody does or will, is told so."""
        talk = parties.talk_of(call, talking=True)
        lead, leading = talk.lead, talk.leading
        if lead is None or not lead.under_way or (talk.transfer is not None and not talk.transfer.took_over):
            return ControlState.DONE
        if call.row.notice_at is not None:
            words = ringing.apology(call)
            await self._requests.redirect(call, lead.leg_id, Apologise(call.row.attempt_id, lead.leg_id, words))
            return ControlState.DONE
        if leading is None or not leading.under_way:
            return ControlState.DONE
        await self._requests.change(call, leading.leg_id, PartyChange(ends_it=True))
        await self._requests.change(call, lead.leg_id, PartyChange(held=lead.held))
        for one in talk.parties:
            if one.kind is LegKind.SUPERVISOR and one.there and one.listens is not None:
                await self._requests.change(call, one.leg_id, self._listening(call, one.listens))
        return ControlState.DONE

    # ---- parties that are rung -----------------------------------------------------------------------------

    async def _bring_in(self, control: ControlRow, call: Call) -> ControlState:
        assert control.leg_id is not None
        if not _to_be_rung(call, control.leg_id):
            return ControlState.WAITING
        await self._conferring.confer(call, control.tries > 1, joined=True)
        talk = parties.talk_of(call, talking=True)
        leading, part = talk.leading, call.leg_rows[control.leg_id].part
        if part != Part.ADDED and leading is not None and leading.under_way:
            # From now on the lead is not hung up on when who leads the talk hangs up.
            await self._requests.change(call, leading.leg_id, PartyChange(ends_it=False))
        if part != Part.ADDED and talk.lead is not None:
            await self._requests.change(call, talk.lead.leg_id, PartyChange(held=True))
        await self._ring(control, call, control.leg_id)
        if leading is not None and leading.under_way:
            await self._told_or_let_go(call, leading.leg_id, control.leg_id)
        return ControlState.WAITING

    async def _told_or_let_go(self, call: Call, leading_id: UUID, guest_id: UUID) -> None:
        """Who leads the talk hears who is rung; after a blind transfer they are free."""
        guest = call.leg_rows[guest_id]
        if guest.part != Part.BLIND:
            with suppress(PortError):  # a courtesy: the ring goes on without it
                await self._requests.tell(call, leading_id, Aside(words=f"Ringing {guest.named}."))
            return
        async with self._database.transaction() as tx:
            present = await load(tx, call.row.attempt_id)
            wanted = present.leg_rows[guest_id].withdrawn_at is None
            if wanted and present.legs[guest_id].state is not LegState.ENDED:
                await parties.change(tx, present, leading_id, withdrawn_at=self._clock.now())

    async def _listen(self, control: ControlRow, call: Call) -> ControlState:
        assert control.leg_id is not None
        leg, row = call.legs[control.leg_id], call.leg_rows[control.leg_id]
        if leg.accepted_at is not None and row.listens is not None:
            await self._requests.change(call, control.leg_id, self._listening(call, Listening(row.listens)))
            return ControlState.DONE
        if _to_be_rung(call, control.leg_id):
            await self._conferring.confer(call, control.tries > 1, joined=True)
            await self._ring(control, call, control.leg_id)
        return ControlState.WAITING

    def _listening(self, call: Call, wanted: Listening) -> PartyChange:
        muted, whispers = _LISTENS[wanted]
        leading = parties.talk_of(call, talking=True).leading
        coached = None if leading is None else parties.live_call(call, leading.leg_id)
        if whispers and coached is None:
            raise Gone("there is no agent to whisper to")
        return PartyChange(muted=muted, coaches=coached if whispers and coached else "")

    async def _ring(self, control: ControlRow, call: Call, leg_id: UUID) -> None:
        """Ask for a party's call, once."""
        row = call.leg_rows[leg_id]
        if not await self._may_send(control):
            raise Indeterminate("it may have been asked for before", code=UNCLEAR)
        order = CallOrder(
            attempt_id=call.row.attempt_id,
            leg_id=leg_id,
            address=row.address,
            caller_id=row.caller_id,
            ring_timeout=call.campaign.dial.ring_timeout,
            instruction=_offer(call, leg_id),
            detect_machine=False,
        )
        try:
            call_id = await until_taken(lambda: self._requests.carrier(call).place_call(order))
        except Indeterminate as error:
            error.code = UNCLEAR
            raise
        await self._calls.heard(call.row.attempt_id, leg_id, LegReport(self._clock.now(), carrier_call_id=call_id))

    async def _send_tones(self, control: ControlRow, call: Call) -> ControlState:
        assert control.leg_id is not None
        await self._conferring.confer(call, control.tries > 1)
        if not await self._may_send(control):
            raise Indeterminate("they may have been sent before", code=UNCLEAR)
        await self._requests.tell(call, control.leg_id, Aside(digits=str(control.given.get("digits", ""))))
        return ControlState.DONE

    async def _may_send(self, control: ControlRow) -> bool:
        async with self._database.connection() as tx:
            first = await rows.SEND_CONTROL.first(tx, control_id=control.control_id, now=self._clock.now())
        return first is not None

    async def _meet_for_announcement(self, control: ControlRow, call: Call) -> None:
        """The lead, who has to be told of a recording, leaves the agent for that: with word of why."""
        lead = call.current(LegKind.LEAD)
        if lead is None or not self._recording.must_announce(call):
            return
        async with self._database.connection() as tx:
            conference = parties.conference_of(call)
            await rows.CONTROL_TALK.run(tx, attempt_id=call.row.attempt_id, conference=conference)
        call = await self._load(call.row.attempt_id)
        await self._conferring.confer(call, control.tries > 1)
        leading = parties.talk_of(call, talking=True).leading
        if leading is not None and leading.there:
            await self._requests.tell(call, leading.leg_id, Aside(words="The lead is being told of the recording."))
        await self._requests.change(call, lead[0], PartyChange(ends_it=False))
        words = call.campaign.recording.words
        await self._requests.redirect(call, lead[0], Announce(call.row.attempt_id, lead[0], words))


def _to_be_rung(call: Call, leg_id: UUID) -> bool:
    leg, row = call.legs[leg_id], call.leg_rows[leg_id]
    return leg.state is LegState.PLACING and leg.carrier_call_id is None and row.withdrawn_at is None


def _offer(call: Call, leg_id: UUID) -> OfferLead:
    """What a party hears who picks up."""
    row = call.leg_rows[leg_id]
    what = {
        LegKind.SUPERVISOR.value: "Press 1 to listen to a call.",
        LegKind.AGENT.value: f"A call about {call.campaign.name} is handed to you. Press 1 to take it.",
    }
    if row.part == Part.ADDED:
        what[LegKind.AGENT.value] = f"You are asked into a call about {call.campaign.name}. Press 1 to join."
    words = what.get(row.kind, "")
    return OfferLead(call.row.attempt_id, leg_id, words, joining.asks_for_key(call, leg_id))
