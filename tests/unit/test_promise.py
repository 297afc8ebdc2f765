"""A time as a person is told it, on their own clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from speedtolead.domain.promise import said

NOW = datetime(2026, 6, 1, 21, 0, tzinfo=UTC)
"""Monday: 5 in the afternoon in New York, 11 in the morning in Honolulu."""


@pytest.mark.parametrize(
    ("at", "zone", "words"),
    [
        (datetime(2026, 6, 1, 22, 30, tzinfo=UTC), "America/New_York", "today at 6:30 PM"),
        (datetime(2026, 6, 2, 13, 0, tzinfo=UTC), "America/New_York", "tomorrow at 9:00 AM"),
        (datetime(2026, 6, 2, 3, 59, 30, tzinfo=UTC), "America/New_York", "tomorrow at 12:00 AM"),
        (datetime(2026, 6, 3, 16, 0, tzinfo=UTC), "America/New_York", "on Wednesday, June 3 at 12:00 PM"),
        (datetime(2026, 6, 2, 3, 0, 0, 1, tzinfo=UTC), "Pacific/Honolulu", "today at 5:01 PM"),
        (datetime(2027, 1, 4, 14, 0, tzinfo=UTC), "America/New_York", "on Monday, January 4 at 9:00 AM"),
    ],
)
def test_a_time_is_said_on_the_persons_clock_and_never_too_early(at: datetime, zone: str, words: str) -> None:
    assert said(at, NOW, zone) == words
