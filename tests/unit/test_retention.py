"""How long what is kept: what the file may say, and that silence is five years."""

from __future__ import annotations

from datetime import timedelta

import pytest
from running import configuration

from speedtolead.service.configuration.document import ConfigurationError, read
from speedtolead.service.evidence.retention import FIVE_YEARS, Retention, of_json, to_json


@pytest.mark.parametrize(
    ("said", "terms"),
    [
        ("", Retention()),
        ("retention: {}", Retention(FIVE_YEARS, FIVE_YEARS)),
        ("retention: {raw_bodies: 30d}", Retention(raw_bodies=timedelta(days=30))),
        ("retention: {raw_bodies: 1d, personal_data: 3650d}", Retention(timedelta(1), timedelta(3650))),
        ("retention: {recordings: 90d}", Retention(recordings=timedelta(days=90))),
    ],
)
def test_the_terms_are_read_and_kept(said: str, terms: Retention) -> None:
    found = read(f"{configuration()}\n{said}\n").retention.to_terms()
    assert found == terms == of_json(to_json(found))


@pytest.mark.parametrize(
    "said", ["{raw_bodies: 24h}", "{raw_bodies: 0d}", "{raw_bodies: 30}", "{personal_data: 40000d}", "{ledger: 1d}"]
)
def test_what_cannot_be_kept_so_is_refused_with_its_place(said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(f"{configuration()}\nretention: {said}\n")
    assert refused.value.problems[0].startswith("retention.")
