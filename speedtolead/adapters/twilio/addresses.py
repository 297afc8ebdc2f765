"""Where the carrier calls back: the paths, and the retry override that each address carries.

By default the carrier gives up on a callback that was answered 5xx or timed out, and the event is lost. The
fragment asks for three more tries on connection, read and server errors; every callback is safe to repeat.
Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

PREFIX = "/carrier/twilio"
RETRY = "#rc=3&rp=ct,rt,5xx"

STATUS = "status"
DETECTION = "detection"
ACCEPT = "accept"
WHISPER = "whisper"
DIALED = "dialed"
ANNOUNCE = "announce"
ANNOUNCED = "announced"
RECORDING = "recording"
OPT_OUT = "opt_out"
ASIDE = "aside"
WAIT = "wait"
BACK = "back"
OUT = "out"
RINGING = "ringing"
GREETED = "greeted"
LEFT = "left"
LABELLED = "labelled"
RINGING_SOUND = f"{PREFIX}/ringing.wav"
SOUNDS = f"{PREFIX}/sounds"
KEYS = "keys"
WAITED = "waited"
MESSAGE = "message"
MUSIC_SOUND = f"{PREFIX}/music.wav"
KINDS = (
    STATUS,
    DETECTION,
    ACCEPT,
    WHISPER,
    DIALED,
    ANNOUNCE,
    ANNOUNCED,
    RECORDING,
    OPT_OUT,
    ASIDE,
    WAIT,
    RINGING,
    GREETED,
    LEFT,
    LABELLED,
    KEYS,
    WAITED,
    MESSAGE,
)


class Addresses:
    """Absolute callback addresses under the service's public URL."""

    def __init__(self, public_url: str) -> None:
        self.public_url = public_url.rstrip("/")

    def of_text(self, message_id: UUID) -> str:
        """Where the receipts of a text go: it names the message, so one that comes early is matched as well."""
        return f"{self.public_url}{PREFIX}/texts/{message_id}{RETRY}"

    def of(self, kind: str, attempt_id: UUID, leg_id: UUID, **told: str) -> str:
        """It names attempt and leg, so a callback is matched even before our request is answered.

        ``told`` goes into the query, which the carrier signs with the rest.
        """
        query = f"?{urlencode(told)}" if told else ""
        return f"{self.public_url}{PREFIX}/attempts/{attempt_id}/legs/{leg_id}/{kind}{query}{RETRY}"

    def of_line(self, kind: str, line_id: UUID) -> str:
        """The same for an agent's line."""
        return f"{self.public_url}{PREFIX}/lines/{line_id}/{kind}{RETRY}"

    def sound_of_ringing(self) -> str:
        """A sound of ours that anybody may have; the carrier keeps it."""
        return self.public_url + RINGING_SOUND

    def sound(self, sha256: str) -> str:
        """An uploaded file, by what it holds: who knows that has it already."""
        return f"{self.public_url}{SOUNDS}/{sha256}"

    def sound_of_music(self) -> str:
        """What a caller hears who waits."""
        return self.public_url + MUSIC_SOUND
