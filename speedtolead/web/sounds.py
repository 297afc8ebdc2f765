"""Sounds that the carrier plays to a waiting person, from our own address: anybody may have them.

Owns: the sound of a ringing phone, and a tune, each made once a process. Must not know: who hears it, or when.

Source: ITU-T E.180: the ringing tone of North America is 440 and 480 Hz together. Its pause is 2 s here, not 4: a
person who waits is never left in silence for longer than that.
"""

from __future__ import annotations

import io
import math
import struct
import wave
from functools import cache

from aiohttp import web

RINGING_PATH = "/carrier/twilio/ringing.wav"
MUSIC_PATH = "/carrier/twilio/music.wav"
_RATE = 8000
_TONE_SECONDS, _PAUSE_SECONDS = 2, 2
_HERTZ = (440, 480)
_LOUDNESS = 4000
"""Of 32,767: as loud as a network's own tone beside speech."""


@cache
def ringing() -> bytes:
    """One ring and its pause as WAV: 16-bit samples, 8 kHz, one channel."""
    tone = [
        int(_LOUDNESS * sum(math.sin(2 * math.pi * hertz * n / _RATE) for hertz in _HERTZ))
        for n in range(_RATE * _TONE_SECONDS)
    ]
    samples = struct.pack(f"<{len(tone)}h", *tone) + bytes(2 * _RATE * _PAUSE_SECONDS)
    return _wav(samples)


_NOTES = (261.63, 329.63, 392.00, 523.25, 392.00, 329.63, 220.00, 261.63, 329.63, 440.00, 329.63, 261.63)
_NOTE_SECONDS = 0.5


@cache
def music() -> bytes:
    """Broken chords, six seconds of them, with no pause: after it we are asked how the call goes on."""
    length = int(_RATE * _NOTE_SECONDS)
    fading = [math.exp(-3 * n / length) for n in range(length)]
    sounded = {
        hertz: [int(_LOUDNESS * 2 * f * math.sin(2 * math.pi * hertz * n / _RATE)) for n, f in enumerate(fading)]
        for hertz in set(_NOTES)
    }
    return _wav(b"".join(struct.pack(f"<{length}h", *sounded[hertz]) for hertz in _NOTES))


def _wav(samples: bytes) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(samples)
    return made.getvalue()


async def show_music(request: web.Request) -> web.Response:
    return web.Response(body=music(), content_type="audio/wav", headers={"Cache-Control": "public, max-age=86400"})


async def show_ringing(request: web.Request) -> web.Response:
    return web.Response(
        body=ringing(), content_type="audio/wav", headers={"Cache-Control": "public, max-age=86400"}
    )
