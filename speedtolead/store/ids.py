"""Identifiers: UUIDs of version 7 (RFC 9562, 5.7), which sort by the moment they were made.

Neighbours in time are neighbours in an index, so a table of millions is appended to at one place.
"""

from __future__ import annotations

import secrets
import time
from datetime import datetime
from uuid import UUID


def new_id() -> UUID:
    """48 bits of milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random = secrets.randbits(74)
    value = milliseconds << 80 | 0x7 << 76 | (random >> 62) << 64 | 0b10 << 62 | random & (1 << 62) - 1
    return UUID(int=value)


def oldest_id(at: datetime) -> UUID:
    """The lowest id that could have been made at a moment: what was made since has a higher one."""
    return UUID(int=int(at.timestamp() * 1000) << 80 | 0x7 << 76 | 0b10 << 62)
