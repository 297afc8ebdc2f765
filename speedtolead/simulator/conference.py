"""Conferences: rooms that calls come into.

Owns who is in which room, when a conference starts and ends and why, its callbacks and its JSON. Must not
know how a call came to its door. Whoever attends is out again when their call ends, is sent elsewhere or is
removed, whatever interrupted them.

A conference starts once two participants are there, counting one whose telephone still rings if it was
dialled with early media: so "conference-start" does not mean that anybody answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from .attendance import Attendance
from .call import Call, Status
from .callbacks import Callbacks
from .recordings import Recordings
from .signals import Signals
from .wire import API_VERSION, new_sid, rfc2822, wall_now

OnCall = Callable[[Call], object]
Wait = Callable[[Call], Awaitable[None]]
"""Lets the person hear what there is to hear before the conference starts; cancelled when it does."""


@dataclass(eq=False, slots=True)
class Participant:
    call: Call
    terms: Attendance
    created: datetime
    muted: bool = False
    hold: bool = False
    coach: str | None = None
    has_joined: bool = False
    music: bool = False
    """Whether anything is played to this one while on hold."""
    removed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def status(self) -> str:
        match self.call.status:
            case Status.IN_PROGRESS:
                return "connected" if self.has_joined else "connecting"
            case Status.QUEUED | Status.RINGING as early:
                return early.value
            case Status.COMPLETED:
                return "complete"
        return "failed"

    def parameters(self) -> dict[str, str]:
        """How a conference's callbacks describe who did something."""
        described = {
            "CallSid": self.call.sid,
            "Muted": str(self.muted).lower(),
            "Hold": str(self.hold).lower(),
            "Coaching": str(self.coach is not None).lower(),
            "StartConferenceOnEnter": str(self.terms.starts).lower(),
            "EndConferenceOnExit": str(self.terms.ends).lower(),
        }
        if self.coach:
            described["CallSidToCoach"] = self.coach
        if self.terms.label:
            described["ParticipantLabel"] = self.terms.label
        return described

    def as_json(self, conference: Conference, base: str) -> dict[str, object]:
        return {
            "account_sid": self.call.account_sid,
            "call_sid": self.call.sid,
            "label": self.terms.label,
            "call_sid_to_coach": self.coach,
            "coaching": self.coach is not None,
            "conference_sid": conference.sid,
            "date_created": rfc2822(self.created),
            "date_updated": rfc2822(self.created),
            "end_conference_on_exit": self.terms.ends,
            "muted": self.muted,
            "hold": self.hold,
            "start_conference_on_enter": self.terms.starts,
            "status": self.status,
            "queue_time": str(round(self.call.queued_for * 1000)),
            "uri": f"{base}/Conferences/{conference.sid}/Participants/{self.call.sid}.json",
        }


@dataclass(eq=False, slots=True)
class Conference:
    sid: str
    account_sid: str
    name: str
    created: datetime
    status: str = "init"
    participants: dict[str, Participant] = field(default_factory=dict)
    terms: Attendance | None = None
    """Those of the first participant with a status callback."""
    sequence: int = 0
    was_attended: bool = False
    started: asyncio.Event = field(default_factory=asyncio.Event)
    is_recorded: bool = False
    ended_because: str | None = None
    ended_by: str | None = None

    def heard_by(self, listener: Participant) -> list[Participant]:
        """Whose voices somebody in the room hears now."""
        if not listener.has_joined or listener.hold:
            return []
        return [
            other
            for other in self.participants.values()
            if other is not listener
            and other.has_joined
            and not (other.muted or other.hold)
            and other.coach in (None, listener.call.sid)
        ]

    def named(self, call_sid_or_label: str) -> Participant | None:
        found = self.participants.get(call_sid_or_label)
        if found is not None:
            return found
        return next((p for p in self.participants.values() if p.terms.label == call_sid_or_label), None)

    def as_json(self, base: str) -> dict[str, object]:
        uri = f"{base}/Conferences/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "friendly_name": self.name,
            "api_version": API_VERSION,
            "date_created": rfc2822(self.created),
            "date_updated": rfc2822(self.created),
            "region": "us1",
            "status": self.status,
            "reason_conference_ended": self.ended_because,
            "call_sid_ending_conference": self.ended_by,
            "uri": f"{uri}.json",
            "subresource_uris": {
                "participants": f"{uri}/Participants.json",
                "recordings": f"{uri}/Recordings.json",
            },
        }


class Rooms:
    """Every conference of the carrier."""

    def __init__(
        self,
        callbacks: Callbacks,
        recordings: Recordings,
        signals: Signals,
        *,
        connect: OnCall,
        abandon: OnCall,
        now: Callable[[], float],
        kept: int,
    ) -> None:
        """`connect` is told of who now talks with somebody, `abandon` of who need not be rung any more."""
        self._now = now
        self._callbacks = callbacks
        self._recordings = recordings
        self._signals = signals
        self._connect = connect
        self._abandon = abandon
        self._kept = kept
        self.by_sid: dict[str, Conference] = {}
        self._latest: dict[str, Conference] = {}
        """By name."""

    def find(self, sid_or_name: str) -> Conference | None:
        """By its SID, ended or not, or the live one of that name."""
        found = self.by_sid.get(sid_or_name) or self._latest.get(sid_or_name)
        if found is None or (found.status == "completed" and found.sid != sid_or_name):
            return None
        return found

    def room(self, name: str, account_sid: str) -> Conference:
        """The live conference of that name, made if there is none."""
        found = self.find(name)
        if found is not None and found.status != "completed":
            return found
        conference = Conference(new_sid("CF", account_sid), account_sid, name, wall_now())
        self.by_sid[conference.sid] = self._latest[name] = conference
        if len(self.by_sid) > self._kept:
            self._forget_oldest()
        return conference

    def _forget_oldest(self) -> None:
        oldest = next((c for c in self.by_sid.values() if c.status == "completed"), None)
        if oldest is not None:
            del self.by_sid[oldest.sid]
            if self._latest.get(oldest.name) is oldest:
                del self._latest[oldest.name]

    def reset(self) -> None:
        self.by_sid.clear()
        self._latest.clear()

    def expect(self, conference: Conference, call: Call, terms: Attendance) -> Participant:
        """A call on its way into the conference: dialled, but not yet answered."""
        participant = Participant(call, terms, wall_now(), muted=terms.muted, coach=terms.coach)
        conference.participants[call.sid] = participant
        if conference.terms is None and terms.status_callback:
            conference.terms = terms
        call.when_over.append(lambda: self._gone(conference, participant))
        return participant

    def rings(self, conference: Conference) -> None:
        """Somebody's telephone began to ring: with early media that may start the conference."""
        self._maybe_start(conference)
        self._sound(conference)

    async def attend(self, conference: Conference, participant: Participant, wait: Wait | None = None) -> None:
        """Brings an answered call in and returns when it is out of the conference.

        `wait` is what is heard until it starts, where the terms name an address.
        """
        if conference.status == "completed":
            return
        participant.has_joined = conference.was_attended = True
        if participant.terms.recording is not None and not conference.is_recorded:
            conference.is_recorded = True
            self._recordings.start(participant.call, participant.terms.recording, conference.sid)
        self._tell(conference, "participant-join", participant)
        self._maybe_start(conference)
        self._talk(conference)
        waiting = self._waits(conference, participant, wait)
        self._sound(conference)
        self._signals.changed()
        try:
            await participant.removed.wait()
        finally:
            if waiting is not None:
                waiting.cancel()
            participant.call.hears(True, self._now())  # what is heard from here on is not the conference's
            self._gone(conference, participant)

    def _waits(
        self, conference: Conference, participant: Participant, wait: Wait | None
    ) -> asyncio.Task[None] | None:
        if conference.status != "init" or wait is None or not participant.terms.wait_url:
            return None

        async def until_it_starts() -> None:
            heard = asyncio.ensure_future(wait(participant.call))
            started = asyncio.ensure_future(conference.started.wait())
            try:
                await asyncio.wait({heard, started}, return_when=asyncio.FIRST_COMPLETED)
                if not conference.started.is_set():
                    participant.call.hears(False, self._now())
                    self._signals.changed()
                    await started
            finally:
                heard.cancel()
                started.cancel()

        return asyncio.get_running_loop().create_task(until_it_starts())

    def _sound(self, conference: Conference) -> None:
        """Who in the room hears nothing: alone after it started, or waiting without anything to hear."""
        there = list(conference.participants.values())
        for one in there:
            if not one.has_joined:
                continue
            if conference.status == "init":
                if one.terms.wait_url is None or one.terms.wait_url == "":
                    one.call.hears(one.terms.wait_url is None, self._now())
                continue
            others = [o for o in there if o is not one and (o.has_joined or o.terms.early_media)]
            one.call.hears(bool(others) or one.hold, self._now())

    def update(self, conference: Conference, participant: Participant, **changes: bool | str | None) -> None:
        """Sets muted, hold or coach, and tells of what changed."""
        events = {
            "muted": ("participant-mute", "participant-unmute"),
            "hold": ("participant-hold", "participant-unhold"),
            "coach": ("participant-modify", "participant-modify"),
        }
        for name, value in changes.items():
            if getattr(participant, name) != value:
                setattr(participant, name, value)
                self._tell(conference, events[name][0 if value else 1], participant)
        self._signals.changed()

    def end(self, conference: Conference, because: str, by: str | None = None) -> None:
        if conference.status == "completed":
            return
        conference.status = "completed"
        conference.ended_because, conference.ended_by = because, by
        for participant in list(conference.participants.values()):
            self._gone(conference, participant)
            participant.removed.set()
            if not participant.has_joined:
                self._abandon(participant.call)
        self._tell(conference, "conference-end", None, last=True)
        self._signals.changed()

    def _maybe_start(self, conference: Conference) -> None:
        joined = [p for p in conference.participants.values() if p.has_joined]
        early = [
            p
            for p in conference.participants.values()
            if p.terms.early_media and not p.has_joined and p.call.status is Status.RINGING
        ]
        starters = any(p.terms.starts for p in joined)
        if conference.status == "init" and len(joined) + len(early) >= 2 and starters:
            conference.status = "in-progress"
            conference.started.set()
            self._tell(conference, "conference-start", joined[-1])

    def _talk(self, conference: Conference) -> None:
        joined = [p for p in conference.participants.values() if p.has_joined]
        if conference.status == "in-progress" and len(joined) >= 2:
            for participant in joined:
                self._connect(participant.call)

    def _gone(self, conference: Conference, participant: Participant) -> None:
        if conference.participants.get(participant.call.sid) is not participant:
            return  # it has left before, and may be back on other terms
        del conference.participants[participant.call.sid]
        self._sound(conference)
        if not participant.has_joined:
            self._never_came(conference)
            return
        hung_up = not participant.call.is_live
        reason = "participant_hung_up" if hung_up else "participant_updated_via_api"
        self._tell(conference, "participant-leave", participant, {"ReasonParticipantLeft": reason})
        sid = participant.call.sid
        if conference.status != "completed":
            if participant.terms.ends:
                self.end(conference, "participant-with-end-conference-on-exit-left", sid)
            elif not conference.participants:
                self.end(conference, "last-participant-left", sid)
        self._signals.changed()

    def _never_came(self, conference: Conference) -> None:
        if conference.participants or conference.status == "completed":
            return
        if conference.was_attended:
            self.end(conference, "last-participant-left")
        else:
            conference.status = "completed"
            self._signals.changed()

    def _tell(
        self,
        conference: Conference,
        event: str,
        participant: Participant | None,
        more: dict[str, str] | None = None,
        *,
        last: bool = False,
    ) -> None:
        terms = conference.terms
        group = event.split("-")[1].removeprefix("un")
        if terms is None or group not in terms.events:
            return
        described = {
            "ConferenceSid": conference.sid,
            "FriendlyName": conference.name,
            "AccountSid": conference.account_sid,
            "StatusCallbackEvent": event,
            "SequenceNumber": str(conference.sequence + 1),
            "Timestamp": rfc2822(wall_now()) or "",
        }
        conference.sequence += 1
        if participant is not None:
            described |= participant.parameters()
        if event == "conference-end":
            described["ReasonConferenceEnded"] = conference.ended_because or ""
            if conference.ended_by:
                described["CallSidEndingConference"] = conference.ended_by
        self._callbacks.post(
            terms.status_callback,
            described | (more or {}),
            about=conference.sid,
            method=terms.status_callback_method,
            last=last,
        )

    def relabel(self, participant: Participant, *, ends: bool) -> None:
        """EndConferenceOnExit changed by the API; refused while on hold, as at Twilio."""
        if not participant.hold:
            participant.terms = replace(participant.terms, ends=ends)
