"""Texts that people write to us, as the carrier hands them over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class InboundText:
    """``message_id`` is the carrier's, the same on every repeat. Phones are as the carrier writes them: E.164, or a
    short code. ``body`` is as written, ``media`` the addresses of pictures.
    """

    message_id: str
    from_phone: str
    to_phone: str
    body: str
    media: tuple[str, ...]
    received_at: datetime


class TextReader(Protocol):
    """The carrier's side of a text: what it says, how it is answered, and what the carrier answers by itself."""

    def inbound_text(self, fields: Mapping[str, str], at: datetime) -> InboundText | None:
        """None for what is no text: id, sender or receiver are missing."""
        ...

    def answers_by_itself(self, body: str) -> bool:
        """The carrier takes this word for a stop, confirms it and blocks the number: it is not answered twice."""
        ...

    def render_answer(self, words: str | None) -> tuple[str, str]:
        """Content type and body of the answer to a text; None says nothing."""
        ...
