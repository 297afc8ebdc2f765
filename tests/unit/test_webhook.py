"""Signature, secret, backoff; and that every kind of event that the code writes can be asked for."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment

import speedtolead
from speedtolead.domain.webhook import EVENT_KINDS, backoff, key_of, message_id, secret_of, signature
from speedtolead.store.jobs import NAMES
from speedtolead.store.query import sql_folder

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_signature_is_the_one_of_the_specification() -> None:
    """The example of the Standard Webhooks reference implementations."""
    signed = signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_is_read_as_it_was_shown() -> None:
    assert key_of(secret_of(b"k" * 32)) == b"k" * 32


@pytest.mark.parametrize(
    "wrong", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_***", SECRET.removeprefix("whsec_"), "whsec_é"]
)
def test_what_is_no_secret_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        key_of(wrong)


def test_a_message_id_has_no_dot() -> None:
    assert message_id(UUID(int=7)) == f"msg_{7:032x}"


def test_the_wait_grows_to_about_a_day_in_all_and_then_ends() -> None:
    waits: list[timedelta] = []
    while (wait := backoff(len(waits) + 1, 0.5)) is not None:
        waits.append(wait)
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=5)
    assert timedelta(hours=20) < sum(waits, timedelta()) < timedelta(hours=26)
    assert backoff(1000, 0.5) is None


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 4.0), (0.5, 5.0), (1.0, 6.0)])
def test_the_wait_is_spread_by_a_fifth(chance: float, seconds: float) -> None:
    assert backoff(1, chance) == timedelta(seconds=seconds)


def test_the_receiver_may_ask_for_a_longer_wait_but_not_for_ever() -> None:
    assert backoff(1, 0.5, timedelta(seconds=60)) == timedelta(seconds=60)
    assert backoff(2, 0.5, timedelta(seconds=1)) == timedelta(seconds=30)
    assert backoff(1, 0.5, timedelta(days=30)) == timedelta(hours=12)


def test_every_kind_that_is_written_can_be_asked_for() -> None:
    package = Path(speedtolead.__file__).parent
    subjects = "lead|attempt|offer|agent|outcome|return|source|recording|notice|text|list|person|campaign"
    said = rf"""["']((?:{subjects})\.[a-z_]+)["']"""
    texts = [*package.glob("service/**/*.py"), *(sql_folder() / "queries").glob("*.sql")]
    written = {
        kind
        for path in texts
        for line in path.read_text("utf-8").splitlines()
        if "log." not in line
        for kind in re.findall(said, line)
    }
    assert len(written) > 5
    assert written <= EVENT_KINDS


def test_the_migration_holds_the_queues_own_schema() -> None:
    """A release of the library that wants another schema needs a migration of its own."""
    installer = QueryBuilderEnvironment(NAMES).build_install_query()
    frozen = _statements((sql_folder() / "migrations" / "0002_webhooks.sql").read_text("utf-8"))
    assert _statements(installer) in frozen


def _statements(text: str) -> str:
    """Without whole-line comments and blanks."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("--"))
