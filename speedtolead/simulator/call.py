"""One call: a leg between the carrier and one telephone.

Owns the record of a call, the states it may be in, the parameters by which webhooks describe it and its
JSON. Must not know what moves it: the carrier does that. Nothing here fails.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .people import Person
from .wire import API_VERSION, rfc2822


class Status(StrEnum):
    QUEUED = "queued"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    CANCELED = "canceled"


class Verdict(StrEnum):
    """What the person does about the ringing."""

    ANSWER = "answer"
    DECLINE = "decline"


LIVE = frozenset({Status.QUEUED, Status.RINGING, Status.IN_PROGRESS})
SIP_RESPONSES = {
    Status.COMPLETED: 200,
    Status.BUSY: 486,
    Status.NO_ANSWER: 487,
    Status.FAILED: 404,
    Status.CANCELED: 487,
}
SUBRESOURCES = (
    ("events", "Events"),
    ("notifications", "Notifications"),
    ("payments", "Payments"),
    ("recordings", "Recordings"),
    ("siprec", "Siprec"),
    ("streams", "Streams"),
    ("transcriptions", "Transcriptions"),
    ("user_defined_messages", "UserDefinedMessages"),
    ("user_defined_message_subscriptions", "UserDefinedMessageSubscriptions"),
)
EVENTS = ("initiated", "ringing", "answered", "completed")


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who wants to hear of a call's progress, and of which part of it."""

    url: str
    method: str = "POST"
    events: frozenset[str] = frozenset({"completed"})


@dataclass(frozen=True, slots=True)
class Detection:
    """Answering machine detection as it was asked for."""

    mode: str
    url: str = ""
    method: str = "POST"
    is_asynchronous: bool = True


@dataclass(frozen=True, slots=True)
class RecordingWish:
    """A recording to start by itself, and who wants to hear of it."""

    source: str
    url: str = ""
    method: str = "POST"
    events: frozenset[str] = frozenset({"completed"})
    channels: int = 1


@dataclass(eq=False, slots=True)
class Call:
    sid: str
    account_sid: str
    to: str
    from_: str
    direction: str
    person: Person
    dice: random.Random
    created: datetime
    created_at: float
    """Simulated seconds, like every other `_at`."""
    parent: Call | None = None
    status: Status = Status.QUEUED
    subscription: Subscription | None = None
    detection: Detection | None = None
    recording: RecordingWish | None = None
    timeout: float = 60.0
    time_limit: float = 14_400.0
    caller_name: str | None = None
    reason: str | None = None
    """The CallReason that a branded display would show beside the number."""

    started: datetime | None = None
    updated: datetime | None = None
    ended: datetime | None = None
    queued_for: float = 0.0
    answered_at: float | None = None
    ended_at: float | None = None
    answered_by: str | None = None
    is_connected: bool = False
    sip_response: int | None = None
    sequence: int = 0

    over: asyncio.Event = field(default_factory=asyncio.Event)
    detached: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a dialled leg is sent elsewhere, away from whoever dialled it."""
    verdict: asyncio.Future[Verdict] | None = None
    keys: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    gathers: int = 0
    """How often keys were asked for on this leg."""
    said: list[str] = field(default_factory=list)
    """What Say began to tell the person on this leg, in order."""
    played: list[str] = field(default_factory=list)
    """The addresses that Play began to play to the person on this leg, in order."""
    speaks_until: float = 0.0
    """Until when the person says hello, or the machine plays its greeting and beeps."""
    left: list[str] = field(default_factory=list)
    """What a machine has on its tape: what Say and Play began after its beep."""
    silent_since: float | None = None
    """From when on the person, on the line in a conference, has heard nothing; None while they hear something."""
    longest_silence: float = 0.0
    tones: str = ""
    """The keypad tones that Play sent to the person on this leg."""
    life: asyncio.Task[None] | None = None
    timers: list[asyncio.TimerHandle] = field(default_factory=list)
    children: list[Call] = field(default_factory=list)
    star_ends: Call | None = None
    when_ringing: Callable[[Call], object] | None = None
    when_over: list[Callable[[], object]] = field(default_factory=list)

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    def hears(self, something: bool, now: float) -> None:
        """Whether the person hears anything from now on; only of a call in a conference is this kept."""
        if not something:
            self.silent_since = now if self.silent_since is None else self.silent_since
        elif self.silent_since is not None:
            self.longest_silence = max(self.longest_silence, now - self.silent_since)
            self.silent_since = None

    @property
    def phone(self) -> str:
        """The number of the person on this leg."""
        return self.from_ if self.direction == "inbound" else self.to

    @property
    def duration(self) -> int:
        """Simulated seconds from the answer to the end."""
        if self.answered_at is None or self.ended_at is None:
            return 0
        return max(round(self.ended_at - self.answered_at), 1)

    def parameters(self, status: str | None = None) -> dict[str, str]:
        """The standard parameters of a voice webhook."""
        described = {
            "CallSid": self.sid,
            "AccountSid": self.account_sid,
            "From": self.from_,
            "To": self.to,
            "Caller": self.from_,
            "Called": self.to,
            "CallStatus": status or self.status.value,
            "ApiVersion": API_VERSION,
            "Direction": self.direction,
        }
        if self.parent is not None:
            described["ParentCallSid"] = self.parent.sid
        if self.caller_name is not None:
            described["CallerName"] = self.caller_name
        if self.from_.startswith("+1"):
            described["FromCountry"] = described["CallerCountry"] = "US"
        if self.to.startswith("+1"):
            described["ToCountry"] = described["CalledCountry"] = "US"
        return described

    def as_json(self, base: str) -> dict[str, object]:
        uri = f"{base}/Calls/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "parent_call_sid": self.parent.sid if self.parent else None,
            "to": self.to,
            "to_formatted": formatted(self.to),
            "from": self.from_,
            "from_formatted": formatted(self.from_),
            "phone_number_sid": "",
            "status": self.status.value,
            "start_time": rfc2822(self.started),
            "end_time": rfc2822(self.ended),
            "duration": None if self.is_live else str(self.duration),
            "price": None,
            "price_unit": "USD",
            "direction": self.direction,
            "answered_by": self.answered_by,
            "annotation": None,
            "api_version": API_VERSION,
            "forwarded_from": None,
            "group_sid": None,
            "caller_name": self.caller_name,
            "queue_time": str(round(self.queued_for * 1000)),
            "trunk_sid": None,
            "date_created": rfc2822(self.created),
            "date_updated": rfc2822(self.updated or self.created),
            "uri": f"{uri}.json",
            "subresource_uris": {name: f"{uri}/{path}.json" for name, path in SUBRESOURCES},
        }


Script = Callable[[Call], Awaitable[None]]
"""What happens on a leg once it is answered."""


def formatted(address: str) -> str:
    if address.startswith("+1") and len(address) == 12:
        return f"({address[2:5]}) {address[5:8]}-{address[8:]}"
    return address
