"""A bad day in each mode; ``make test-chaos`` lives through five hundred."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from storm import MODES, live_through, storm_of

SEEDS = (1, 2, 8, 99)
"""One of each mode; each of them once left legs behind, and the third restarts the database."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", SEEDS)
async def test_after_a_bad_day_everything_is_at_rest_and_nobody_was_rung_twice(
    seed: int, database_url: str, tmp_path: Path, restart_database: Callable[[], None]
) -> None:
    await live_through(seed, database_url, tmp_path, restart_database)


def test_every_mode_has_its_day() -> None:
    assert {storm_of(seed).mode for seed in SEEDS} == set(MODES)


def test_a_seed_orders_the_same_each_time() -> None:
    assert storm_of(7).told() == storm_of(7).told() != storm_of(11).told()
