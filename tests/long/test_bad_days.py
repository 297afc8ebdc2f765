"""Five hundred bad days. Run with ``make test-chaos``; ``CHAOS_SEEDS="7 19-40"`` chooses which.

After each of them every accepted lead is in a final or a planned state, no attempt rang anyone twice, no agent is
stuck, and what lives at the carrier lives here as well. The seed of a failure shows what happened, and when.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from storm import live_through


def chosen(text: str) -> list[int]:
    """``7 19-40`` as numbers."""
    found: list[int] = []
    for part in text.split():
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", chosen(os.environ.get("CHAOS_SEEDS", "1-500")))
async def test_after_a_bad_day_everything_is_at_rest_and_nobody_was_rung_twice(
    seed: int, database_url: str, tmp_path: Path, restart_database: Callable[[], None]
) -> None:
    await live_through(seed, database_url, tmp_path, restart_database)
