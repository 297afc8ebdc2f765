"""A talk under way: its parties, and what may be done with each of them now.

Owns: the rules of every control, and which of them changes nothing because it is so already.
Must not know: rows, a carrier, who is signed in.

A talk has the lead and one who leads it: the attempt's agent, or whoever it was handed over to. Others come in by
being rung: the target of a transfer, a third party, a supervisor. Until they have accepted, they are not in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from speedtolead.domain.call import LegKind, LegState
from speedtolead.domain.errors import SpeedToLeadError


class Action(StrEnum):
    """What may be asked for; ``restore`` is the service's own, after a transfer that came to nothing."""

    HOLD = "hold"
    RESUME = "resume"
    MUTE = "mute"
    UNMUTE = "unmute"
    DIGITS = "digits"
    TRANSFER = "transfer"
    COMPLETE = "complete"
    CANCEL = "cancel"
    ADD = "add"
    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"
    LEAVE = "leave"
    RECORD = "record"
    STOP_RECORDING = "stop_recording"
    END = "end"
    RESTORE = "restore"


class Part(StrEnum):
    """What a party that was rung during a talk came for."""

    BLIND = "blind"
    """The talk is handed over to it; who led it is free at once."""
    WARM = "warm"
    """It speaks with who leads the talk first, while the lead hears music."""
    ADDED = "added"


class Listening(StrEnum):
    """How a supervisor is in a talk."""

    LISTEN = "listen"
    """Hears all, and is heard by nobody."""
    WHISPER = "whisper"
    """Is heard by the agent alone."""
    BARGE = "barge"
    """Is heard by all."""


class ControlState(StrEnum):
    ASKED = "asked"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class Recorded(StrEnum):
    NO = "no"
    RUNNING = "running"
    PAUSED = "paused"


class NotNow(SpeedToLeadError):
    """It cannot be done with this talk as it is now."""

    code = "not_now"


MOST_PARTIES = 6
PARTY_ACTIONS = (Action.HOLD, Action.RESUME, Action.MUTE, Action.UNMUTE, Action.DIGITS, Action.LEAVE)
TALK_ACTIONS = (
    Action.TRANSFER, Action.COMPLETE, Action.CANCEL, Action.ADD, Action.LISTEN, Action.WHISPER, Action.BARGE,
    Action.RECORD, Action.STOP_RECORDING, Action.END,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TalkParty:
    leg_id: UUID
    kind: LegKind
    state: LegState
    accepted: bool
    """Agents, and whoever else had to say yes, or was let in."""
    part: Part | None = None
    took_over: bool = False
    withdrawn: bool = False
    """It is not wanted any more: its call is being ended."""
    muted: bool = False
    held: bool = False
    listens: Listening | None = None
    agent_id: UUID | None = None
    name: str | None = None

    @property
    def there(self) -> bool:
        """Is in the talk, rather than being rung or gone."""
        return self.state is LegState.LIVE and not self.withdrawn and (self.accepted or self.kind is LegKind.LEAD)

    @property
    def under_way(self) -> bool:
        return self.state is not LegState.ENDED and not self.withdrawn

    @property
    def may_lead(self) -> bool:
        """The agent of the attempt, or who took over."""
        return self.took_over or (self.kind is LegKind.AGENT and self.part is None)


@dataclass(frozen=True, slots=True)
class Talk:
    """``parties`` in the order in which they were rung; ``lead`` and ``leading`` are among them."""

    parties: tuple[TalkParty, ...]
    talking: bool
    """Agent and lead are bridged, and it is not over."""
    recorded: Recorded = Recorded.NO
    by_id: dict[UUID, TalkParty] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {party.leg_id: party for party in self.parties})

    @property
    def lead(self) -> TalkParty | None:
        return next((p for p in reversed(self.parties) if p.kind is LegKind.LEAD), None)

    @property
    def leading(self) -> TalkParty | None:
        """Who leads the talk: the latest one to whom it was handed over, else the attempt's agent."""
        found = [p for p in self.parties if p.took_over] or [p for p in self.parties if p.may_lead]
        return found[-1] if found else None

    @property
    def transfer(self) -> TalkParty | None:
        """The target of a transfer that is neither completed nor over."""
        open_ = (p for p in self.parties if p.part in (Part.BLIND, Part.WARM) and p.under_way and not p.took_over)
        return next(open_, None)

    @property
    def alone(self) -> bool:
        """Nobody is left, or on the way, to lead the talk."""
        leading = self.leading
        return self.transfer is None and (leading is None or not leading.under_way)

    def supervisor(self, name: str) -> TalkParty | None:
        return next(
            (p for p in self.parties if p.kind is LegKind.SUPERVISOR and p.name == name and p.under_way), None
        )


def judge(talk: Talk, action: Action, party: TalkParty | None = None) -> bool:
    """True: it is to be done. False: it is so already. Raises NotNow, which says why.

    ``party``: whom it is about; for ``listen``, ``whisper`` and ``barge`` the supervisor's own, if already rung.
    """
    if not talk.talking:
        raise NotNow("Agent and lead are not talking.")
    return _RULES[action](talk, party)


def may(talk: Talk, action: Action, party: TalkParty | None = None) -> bool:
    """Whether asking for it would change something now."""
    try:
        return judge(talk, action, party)
    except NotNow:
        return False


def _present(party: TalkParty | None) -> TalkParty:
    if party is None or not party.there:
        raise NotNow("This party is not in the talk.")
    return party


def _hold(talk: Talk, party: TalkParty | None) -> bool:
    found = _present(party)
    if found.kind is LegKind.SUPERVISOR or found == talk.leading:
        raise NotNow("Only the lead, or a party that was brought in, can be put on hold.")
    return not found.held


def _resume(talk: Talk, party: TalkParty | None) -> bool:
    found, transfer = _present(party), talk.transfer
    if not found.held:
        return False
    if found.kind is LegKind.LEAD and transfer is not None and not transfer.there:
        raise NotNow("The lead waits for a transfer: cancel it first.")
    return True


def _mute(wanted: bool) -> Callable[[Talk, TalkParty | None], bool]:
    def rule(_: Talk, party: TalkParty | None) -> bool:
        found = _present(party)
        if found.kind is LegKind.SUPERVISOR:
            raise NotNow("A supervisor listens, whispers or barges in.")
        return found.muted is not wanted

    return rule


def _digits(_: Talk, party: TalkParty | None) -> bool:
    found = _present(party)
    if found.held:
        raise NotNow("This party is on hold.")
    if found.kind is LegKind.SUPERVISOR:
        raise NotNow("A supervisor is sent no tones.")
    return True


def _ring(talk: Talk, _: TalkParty | None) -> bool:
    if talk.transfer is not None:
        raise NotNow("A transfer is under way: complete or cancel it first.")
    leading = talk.leading
    if leading is None or not leading.there:
        raise NotNow("Nobody is there who could hand the lead over.")
    return _has_room(talk)


def _has_room(talk: Talk) -> bool:
    if sum(p.under_way for p in talk.parties) >= MOST_PARTIES:
        raise NotNow(f"There are {MOST_PARTIES} parties already.")
    return True


def _complete(talk: Talk, _: TalkParty | None) -> bool:
    transfer = talk.transfer
    if transfer is None:
        if any(p.took_over for p in talk.parties):
            return False
        raise NotNow("There is no transfer to complete.")
    if not transfer.there:
        raise NotNow("The other party has not taken it yet.")
    return True


def _cancel(talk: Talk, _: TalkParty | None) -> bool:
    transfer, leading = talk.transfer, talk.leading
    if transfer is None:
        if any(p.part in (Part.BLIND, Part.WARM) and not p.took_over for p in talk.parties):
            return False
        raise NotNow("There is no transfer to cancel.")
    if leading is None or not leading.there:
        raise NotNow("Nobody would be left with the lead.")
    return True


def _listening(wanted: Listening) -> Callable[[Talk, TalkParty | None], bool]:
    def rule(talk: Talk, party: TalkParty | None) -> bool:
        if party is not None and party.under_way:
            return party.listens is not wanted
        return _has_room(talk)

    return rule


def _leave(talk: Talk, party: TalkParty | None) -> bool:
    if party is None or party.kind is LegKind.LEAD or party == talk.leading:
        raise NotNow("The lead, or who leads the talk, does not leave it: end it, or hand it over.")
    return party.under_way


def _record(talk: Talk, _: TalkParty | None) -> bool:
    return talk.recorded is not Recorded.RUNNING


def _stop_recording(talk: Talk, _: TalkParty | None) -> bool:
    return talk.recorded is Recorded.RUNNING


_RULES: dict[Action, Callable[[Talk, TalkParty | None], bool]] = {
    Action.HOLD: _hold,
    Action.RESUME: _resume,
    Action.MUTE: _mute(True),
    Action.UNMUTE: _mute(False),
    Action.DIGITS: _digits,
    Action.TRANSFER: _ring,
    Action.COMPLETE: _complete,
    Action.CANCEL: _cancel,
    Action.ADD: _ring,
    Action.LISTEN: _listening(Listening.LISTEN),
    Action.WHISPER: _listening(Listening.WHISPER),
    Action.BARGE: _listening(Listening.BARGE),
    Action.LEAVE: _leave,
    Action.RECORD: _record,
    Action.STOP_RECORDING: _stop_recording,
    Action.END: lambda talk, party: True,
    Action.RESTORE: lambda talk, party: True,
}
