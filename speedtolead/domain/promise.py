"""A time as a person is told it.

Owns: the words. Must not know: what happens then. Pure: the present is an argument.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


def said(at: datetime, now: datetime, zone: str) -> str:
    """``today at 5:00 PM``, ``tomorrow at 9:00 AM``, ``on Tuesday, June 2 at 9:00 AM``: on the clock of that zone.

    Minutes are rounded up: who is told a minute is not called before it.
    """
    local, present = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    if local.second or local.microsecond:
        local = (local + timedelta(minutes=1)).replace(second=0, microsecond=0)
    days = (local.date() - present.date()).days
    day = {0: "today", 1: "tomorrow"}.get(days, f"on {local:%A, %B} {local.day}")
    return f"{day} at {local.hour % 12 or 12}:{local:%M %p}"
