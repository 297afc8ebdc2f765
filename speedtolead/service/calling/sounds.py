"""Files that are played to machines: taken in, listed, and handed to the carrier.

Owns: what is taken for a sound. Must not know: where it is played. A file is known by its SHA-256, so what a
machine heard can be shown for as long as the message is.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

from speedtolead.domain.errors import SpeedToLeadError
from speedtolead.ports import Clock
from speedtolead.store import machine as rows
from speedtolead.store.database import Database
from speedtolead.store.ids import new_id
from speedtolead.store.machine import SoundBody, SoundLine

LARGEST = 2 * 1024 * 1024
"""Bytes: two minutes of telephone sound as WAV."""
_MP3_FRAMES = {b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"}


class NoSound(SpeedToLeadError):
    """The file is neither WAV nor MP3."""

    code = "not_audio"


@dataclass(frozen=True, slots=True)
class Uploaded:
    name: str
    content_type: str
    sha256: str
    size: int


class Sounds:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def put(self, account_id: UUID, name: str, body: bytes, by: str) -> Uploaded:
        """Keep a file; it is what its name means from now on. Raises NoSound."""
        kind, digest = content_type(body), hashlib.sha256(body).hexdigest()
        async with self._database.connection() as tx:
            await rows.PUT_SOUND.run(
                tx,
                sound_id=new_id(),
                account_id=account_id,
                name=name,
                content_type=kind,
                sha256=digest,
                body=body,
                now=self._clock.now(),
                by=by,
            )
        return Uploaded(name, kind, digest, len(body))

    async def all(self, account_id: UUID) -> list[SoundLine]:
        async with self._database.connection() as tx:
            return await rows.SOUNDS_OF_ACCOUNT.all(tx, account_id=account_id)

    async def play(self, sha256: str) -> SoundBody | None:
        """Whoever knows what a file holds may have it: the carrier does not sign what it fetches to play."""
        async with self._database.connection() as tx:
            return await rows.SOUND_TO_PLAY.first(tx, sha256=sha256)


def content_type(body: bytes) -> str:
    """By the first bytes, whatever the sender called it. Raises NoSound."""
    if body[:4] == b"RIFF" and body[8:12] == b"WAVE":
        return "audio/wav"
    if body[:3] == b"ID3" or body[:2] in _MP3_FRAMES:
        return "audio/mpeg"
    raise NoSound("This is neither a WAV nor an MP3 file.")
