"""Recordings of calls.

Owns their records, their states, their callbacks and a sound file that stands for all of them. Must not
know who asked for one. A recording ends with its call at the latest.
"""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass
from datetime import datetime

from .call import Call, RecordingWish
from .callbacks import Callbacks
from .clock import Clock
from .signals import Signals
from .wire import API_VERSION, ApiError, new_sid, rfc2822, wall_now


def silence() -> bytes:
    """A tenth of a second of it, as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(1600))
    return file.getvalue()


@dataclass(eq=False, slots=True)
class Recording:
    sid: str
    call: Call
    wish: RecordingWish
    started: datetime
    started_at: float
    status: str = "in-progress"
    heard: float = 0.0
    """Simulated seconds on tape before the present stretch."""
    conference_sid: str | None = None

    def seconds(self, now: float) -> float:
        return self.heard + (now - self.started_at if self.status == "in-progress" else 0.0)

    def as_json(self, base: str) -> dict[str, object]:
        uri = f"{base}/Recordings/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": self.call.account_sid,
            "call_sid": self.call.sid,
            "conference_sid": self.conference_sid,
            "api_version": API_VERSION,
            "channels": self.wish.channels,
            "date_created": rfc2822(self.started),
            "date_updated": rfc2822(self.started),
            "start_time": rfc2822(self.started),
            "duration": str(round(self.heard)) if self.status == "completed" else "-1",
            "encryption_details": None,
            "error_code": None,
            "media_url": uri,
            "price": None,
            "price_unit": "USD",
            "source": self.wish.source,
            "status": self.status,
            "track": "both",
            "uri": f"{uri}.json",
            "subresource_uris": {"transcriptions": f"{uri}/Transcriptions.json"},
        }


class Recordings:
    def __init__(self, clock: Clock, callbacks: Callbacks, signals: Signals, kept: int) -> None:
        self._clock = clock
        self._callbacks = callbacks
        self._signals = signals
        self._kept = kept
        self.by_sid: dict[str, Recording] = {}
        self.public_base = ""
        """Where the account's resources are reached from outside, for RecordingUrl."""

    def start(self, call: Call, wish: RecordingWish, conference_sid: str | None = None) -> Recording:
        recording = Recording(new_sid("RE", call.account_sid), call, wish, wall_now(), self._clock.now())
        recording.conference_sid = conference_sid
        self.by_sid[recording.sid] = recording
        while len(self.by_sid) > self._kept:
            del self.by_sid[next(iter(self.by_sid))]
        call.when_over.append(lambda: self.finish(recording))
        self._tell(recording, "in-progress")
        self._signals.changed()
        return recording

    def update(self, recording: Recording, status: str) -> None:
        """As the API asks: in-progress, paused or stopped."""
        if status not in ("in-progress", "paused", "stopped"):
            raise ApiError(20001, "Status")
        if recording.status == "completed":
            raise ApiError(20409, "the recording")
        if status == "stopped":
            self.finish(recording)
        elif status == "paused":
            recording.heard = recording.seconds(self._clock.now())
            recording.status = "paused"
        elif recording.status == "paused":
            recording.started_at = self._clock.now()
            recording.status = "in-progress"

    def finish(self, recording: Recording) -> None:
        if recording.status == "completed":
            return
        recording.heard = recording.seconds(self._clock.now())
        recording.status = "completed"
        self._tell(recording, "completed")
        self._signals.changed()

    def url(self, recording: Recording) -> str:
        return f"{self.public_base}/Recordings/{recording.sid}"

    def _tell(self, recording: Recording, event: str) -> None:
        wish = recording.wish
        if event not in wish.events:
            return
        described = {
            "AccountSid": recording.call.account_sid,
            "CallSid": recording.call.sid,
            "RecordingSid": recording.sid,
            "RecordingUrl": self.url(recording),
            "RecordingStatus": event,
            "RecordingChannels": str(wish.channels),
            "RecordingStartTime": rfc2822(recording.started) or "",
            "RecordingSource": wish.source,
            "RecordingTrack": "both",
        }
        if event == "completed":
            described["RecordingDuration"] = str(round(recording.heard))
        if recording.conference_sid is not None:
            described["ConferenceSid"] = recording.conference_sid
        self._callbacks.post(wish.url, described, about=recording.sid, method=wish.method)
