"""How a moment is written in answers and messages."""

from __future__ import annotations

from datetime import datetime


def iso(at: datetime) -> str:
    """ISO 8601 with milliseconds and ``Z``; ``at`` is in UTC."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
