"""The message that is left with a machine: what the law wants in it, and what a campaign says.

Owns: the order and the words of its parts. Must not know: templates, how it is spoken, or when.

The seller is named first and the key that stops it at once after that, because it may be a person who hears it
all the same; the toll-free number, at which the same can be had later, comes last. So it is lawful whatever a
campaign's own words, or its recorded file, say in between.
Source: 47 CFR 64.1200(b)(1) to (3).
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import timedelta

from speedtolead.domain.phone import digit_by_digit

_OPENING = "This is {seller}. Press 9 to be called no more."
_CLOSING = "To be called no more, call us toll free at {number}."
_TOLL_FREE = re.compile(r"\+18(00|33|44|55|66|77|88)[2-9]\d{6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class VoicemailPolicy:
    """Whether a campaign leaves messages. ``words`` is a template; with ``sound`` they are what that file says."""

    leave: bool = False
    words: str = ""
    sound: str | None = None
    """The name of an uploaded file, which is played instead of the words."""
    toll_free: str = ""
    """Where a person who heard the message can ask to be called no more."""
    times: int = 1
    """So many messages to one lead at most."""
    quiet: timedelta = timedelta(seconds=3)
    """The greeting is over after so long a silence."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is said to a machine. ``sha256`` is that of the file that is played instead of ``words``, if any."""

    opening: str
    words: str
    closing: str
    sha256: str | None = None

    def as_facts(self) -> dict[str, object]:
        return {"opening": self.opening, "words": self.words, "closing": self.closing, "sha256": self.sha256}

    @property
    def digest(self) -> str:
        """SHA-256 of all that was said, in hex."""
        said = json.dumps(self.as_facts(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(said.encode()).hexdigest()


def message(seller: str, words: str, toll_free: str, sha256: str | None = None) -> Message:
    """The whole message; ``words`` are the campaign's own."""
    closing = _CLOSING.format(number=digit_by_digit(toll_free))
    return Message(_OPENING.format(seller=seller), words, closing, sha256)


def is_toll_free(phone: str) -> bool:
    """True for a number of the North American toll-free codes: 800, 833, 844, 855, 866, 877, 888."""
    return _TOLL_FREE.fullmatch(phone) is not None
