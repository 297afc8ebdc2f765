"""How often somebody may try to sign in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from speedtolead.domain.sign_in import MOST, WINDOW, Counted, wait

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("kind", list(Counted))
def test_the_last_try_of_a_window_is_made_and_the_next_waits_for_its_end(kind: Counted) -> None:
    since = NOW - timedelta(minutes=10)
    assert wait({kind: (MOST[kind], since)}, NOW) is None
    assert wait({kind: (MOST[kind] + 1, since)}, NOW) == WINDOW - timedelta(minutes=10)


def test_the_longest_wait_counts() -> None:
    tries = {Counted.PAIR: (11, NOW - timedelta(minutes=14)), Counted.EMAIL: (51, NOW - timedelta(minutes=2))}
    assert wait(tries, NOW) == timedelta(minutes=13)


def test_an_office_that_shares_an_address_is_not_kept_out_by_one_persons_failures() -> None:
    assert wait({Counted.PAIR: (1, NOW), Counted.EMAIL: (1, NOW), Counted.ADDRESS: (40, NOW)}, NOW) is None
