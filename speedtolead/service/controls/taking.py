"""Taking a command about a talk: judged, written down as the talk is to be, and committed before it is carried out.

Owns: who may, whom a command means, and what is written. Must not know: HTTP, the carrier.
A command that changes nothing is answered as done. One that carries the id of an earlier one is that one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from speedtolead.domain.call import LegKind
from speedtolead.domain.errors import NotFound, SpeedToLeadError
from speedtolead.domain.talk import (
    Action,
    ControlState,
    Listening,
    NotNow,
    Part,
    Talk,
    TalkParty,
    judge,
)
from speedtolead.ports import Clock
from speedtolead.service.calling.afterwards import Afterwards, EndCall
from speedtolead.service.calling.calls import Calls
from speedtolead.service.calling.under_way import Call, load
from speedtolead.service.controls import following, parties
from speedtolead.service.controls.ringing import Target, ring
from speedtolead.store import calls as call_rows
from speedtolead.store import controls as rows
from speedtolead.store.database import Database
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection

LISTENING = {
    Action.LISTEN: Listening.LISTEN,
    Action.WHISPER: Listening.WHISPER,
    Action.BARGE: Listening.BARGE,
}
SUPERVISORS = frozenset({"supervisor", "manager", "admin"})
_AS_IT_IS = frozenset({Action.LEAVE, Action.END, Action.RECORD, Action.STOP_RECORDING})
"""Needs no conference: a Dial's talk stays one."""


class UnknownTarget(SpeedToLeadError):
    """Nobody can be rung by what was said. ``field`` names it."""

    code = "unknown_target"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Command:
    """What is asked for. ``party``: a leg's id, ``lead`` or ``agent``; None: whom the action is usually about.

    Of ``agent``, ``group`` and ``number`` one names who is rung: an agent, a free one of a group, or a name of the
    campaign's ``transfer_to``. ``listener``: the email of the user who is rung to listen in.
    """

    action: Action
    command_id: UUID | None = None
    party: str | None = None
    digits: str = ""
    warm: bool = False
    agent: str | None = None
    group: str | None = None
    number: str | None = None
    listener: str | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks. ``agent_ids``: an agent, whose own talks alone it may be about; None: the whole account."""

    account_id: UUID
    name: str
    agent_ids: frozenset[UUID] | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    control_id: UUID
    state: ControlState
    leg_id: UUID | None
    afterwards: Sequence[Afterwards] = field(default=())


class Controls:
    def __init__(self, database: Database, clock: Clock, under_way: Calls) -> None:
        self._database = database
        self._clock = clock
        self._calls = under_way

    async def take(self, asking: Asking, attempt_id: UUID, command: Command) -> Taken:
        """Commit a command. Raises NotFound, NotNow or UnknownTarget, and then nothing was written."""
        async with self._database.transaction() as tx:
            call = await self._load(tx, asking, attempt_id)
            now = self._clock.now()
            before = await self._taken_before(tx, asking, attempt_id, command)
            if before is not None:
                return before
            talk = await _talk(tx, call)
            party = _party(talk, command)
            same = _same(talk, command)
            if same is not None or not judge(talk, command.action, party):
                return await _already(tx, call, command, same or party)
            return await self._write(tx, call, talk, party, asking, command, now)

    async def _load(self, tx: Connection, asking: Asking, attempt_id: UUID) -> Call:
        row = await call_rows.LOCK_CALL.first(tx, attempt_id=attempt_id)
        mine = asking.agent_ids is None or (row is not None and row.agent_id in asking.agent_ids)
        if row is None or row.account_id != asking.account_id or not mine:
            raise NotFound("There is no such call.")
        return await load(tx, attempt_id)

    async def _taken_before(
        self, tx: Connection, asking: Asking, attempt_id: UUID, command: Command
    ) -> Taken | None:
        if command.command_id is None:
            return None
        known = await rows.CONTROL_BY_ID.first(tx, control_id=command.command_id, account_id=asking.account_id)
        if known is None:
            return None
        if known.attempt_id != attempt_id or known.action != command.action:
            raise NotNow("This id was given to another command.")
        return Taken(known.control_id, ControlState(known.state), known.leg_id)

    async def _write(
        self,
        tx: Connection,
        call: Call,
        talk: Talk,
        party: TalkParty | None,
        asking: Asking,
        command: Command,
        now: datetime,
    ) -> Taken:
        action, control_id = command.action, command.command_id or new_id()
        leg_id = await _as_it_is_to_be(tx, call, talk, party, asking, command, now)
        name = None if action in _AS_IT_IS else parties.conference_of(call)
        await rows.CONTROL_TALK.run(tx, attempt_id=call.row.attempt_id, conference=name)
        given: dict[str, object] = {"digits": command.digits} if command.digits else {}
        if party is not None and party.listens is not None:
            given["before"] = party.listens
        waits = action in (Action.LEAVE, Action.CANCEL, Action.END)
        state = ControlState.WAITING if waits else ControlState.ASKED
        added = await parties.order(
            tx, call, action, leg_id, now, control_id=control_id, by=asking.name, given=given, state=state
        )
        if added is None:
            raise NotNow("This id was given to another command.")
        call.row = await call_rows.LOCK_CALL.one(tx, attempt_id=call.row.attempt_id)
        afterwards = [*await self._calls.settle(tx, call)]
        if action is Action.END:
            afterwards += _all(call)
        return Taken(control_id, state, leg_id, afterwards)


async def _talk(tx: Connection, call: Call) -> Talk:
    fate, lead = call.fate(), call.current(LegKind.LEAD)
    recording = None if lead is None else await rows.RECORDING_OF_LEG.first(tx, leg_id=lead[0])
    talking = fate.bridged_at is not None and fate.ended_at is None and call.row.ended_at is None
    return parties.talk_of(call, talking and fate.result is None, parties.recorded(recording))


def _party(talk: Talk, command: Command) -> TalkParty | None:
    """Whom a command is about; for those who listen in, their own leg if there is one. Raises UnknownTarget."""
    action = command.action
    if action in LISTENING:
        return talk.supervisor(command.listener or "")
    match command.party:
        case None:
            mutes = action in (Action.MUTE, Action.UNMUTE)
            return talk.leading if mutes else talk.transfer if action is Action.CANCEL else talk.lead
        case "lead":
            return talk.lead
        case "agent":
            return talk.leading
        case named:
            found = next((p for p in talk.parties if str(p.leg_id) == named), None)
            if found is None:
                raise UnknownTarget("party", "There is no such party in this talk.")
            return found


def _same(talk: Talk, command: Command) -> TalkParty | None:
    """The party that was rung by the same command before, while it is there or on its way."""
    if command.action not in (Action.TRANSFER, Action.ADD):
        return None
    part = Part.ADDED if command.action is Action.ADD else Part.WARM if command.warm else Part.BLIND
    name = command.agent or command.number
    return next((p for p in talk.parties if p.part is part and p.name == name and p.under_way), None)


async def _already(tx: Connection, call: Call, command: Command, party: TalkParty | None) -> Taken:
    """It is so, or is being made so: by the control that is open, if there still is one."""
    leg_id = None if party is None else party.leg_id
    for control in await rows.OPEN_CONTROLS.all(tx, attempt_id=call.row.attempt_id):
        if control.action == command.action and control.leg_id == leg_id:
            return Taken(control.control_id, ControlState(control.state), leg_id)
    return Taken(command.command_id or new_id(), ControlState.DONE, leg_id)


async def _as_it_is_to_be(
    tx: Connection,
    call: Call,
    talk: Talk,
    party: TalkParty | None,
    asking: Asking,
    command: Command,
    now: datetime,
) -> UUID | None:
    """Write how the talk is to be; the leg that the command is about."""
    action, known = command.action, None if party is None else party.leg_id
    match action:
        case Action.HOLD | Action.RESUME if known is not None:
            await parties.change(tx, call, known, held=action is Action.HOLD)
        case Action.MUTE | Action.UNMUTE if known is not None:
            await parties.change(tx, call, known, muted=action is Action.MUTE)
        case Action.LEAVE if known is not None:
            await parties.change(tx, call, known, withdrawn_at=now)
        case Action.TRANSFER | Action.ADD:
            part = Part.ADDED if action is Action.ADD else Part.WARM if command.warm else Part.BLIND
            target = await _target(tx, call, asking.account_id, command)
            if part is not Part.ADDED and talk.lead is not None:
                await parties.change(tx, call, talk.lead.leg_id, held=True)
            return await ring(tx, call, target, now, part=part)
        case Action.COMPLETE if talk.transfer is not None:
            await following.take_over(tx, call, talk, talk.transfer.leg_id, now)
            return talk.transfer.leg_id
        case Action.CANCEL if talk.transfer is not None:
            await parties.change(tx, call, talk.transfer.leg_id, withdrawn_at=now)
            return talk.transfer.leg_id
        case Action.LISTEN | Action.WHISPER | Action.BARGE:
            wanted = LISTENING[action]
            if known is None:
                return await ring(tx, call, await _listener(tx, asking, command), now, listens=wanted)
            await parties.change(tx, call, known, listens=wanted)
        case Action.STOP_RECORDING if talk.lead is not None:
            await rows.PAUSE_RECORDING.first(tx, leg_id=talk.lead.leg_id, paused_at=now)
            return talk.lead.leg_id
        case Action.RECORD if talk.lead is not None:
            return talk.lead.leg_id
        case _:
            pass
    return known


async def _target(tx: Connection, call: Call, account_id: UUID, command: Command) -> Target:
    """Who is rung. Raises UnknownTarget where nobody is named so, NotNow where nobody of them is free."""
    if command.number is not None:
        outside = next((one for one in call.campaign.transfer_to if one.name == command.number), None)
        if outside is None:
            raise UnknownTarget("number", "The campaign's transfer_to has no number of this name.")
        return Target(LegKind.THIRD, outside.phone, outside.name)
    if command.group is not None:
        asked = [row.agent_id for row in call.leg_rows.values() if row.agent_id is not None]
        idle = await rows.IDLE_OF_GROUP.first(tx, account_id=account_id, group=command.group, not_these=asked)
        if idle is None:
            raise NotNow(f"Nobody of {command.group} is free.")
    else:
        idle = await rows.AGENT_TO_RING.first(tx, account_id=account_id, name=command.agent or "")
        if idle is None:
            known = await rows.AGENT_KNOWN.first(tx, account_id=account_id, name=command.agent or "")
            if known is None:
                raise UnknownTarget("agent", "There is no agent of this name.")
            raise NotNow(f"{command.agent} is not free.")
    return Target(LegKind.AGENT, idle.address, idle.name, idle.agent_id)


async def _listener(tx: Connection, asking: Asking, command: Command) -> Target:
    found = await rows.LISTENER.first(tx, account_id=asking.account_id, email=command.listener or "")
    if found is None or found.role not in SUPERVISORS:
        raise UnknownTarget("user", "There is no supervisor or manager with this email.")
    if found.address is None:
        raise UnknownTarget("user", "This user has no phone, sip or client in the configuration to be rung on.")
    return Target(LegKind.SUPERVISOR, found.address, found.email)


def _all(call: Call) -> list[Afterwards]:
    """An agent's line is not ended with a talk: it is out of it with the lead."""
    of_talk = (leg_id for leg_id in call.present() if call.leg_rows[leg_id].line_id is None)
    found = (parties.live_call(call, leg_id) for leg_id in of_talk)
    return [EndCall(call_id, call.carrier) for call_id in found if call_id is not None]
