"""Alarms: no flapping, and each reading is bad, good, or neither at its limits."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from speedtolead.domain.alarm import (
    PATIENCE,
    AlarmKind,
    AlertTerms,
    Change,
    Digest,
    Patience,
    Reading,
    Standing,
    step,
)
from speedtolead.domain.statistics.rates import Count
from speedtolead.service.alarms.readings import abandonment, contact, speed, waiting
from speedtolead.service.alarms.terms import of_json, to_json
from speedtolead.service.alarms.watch import HEADS
from speedtolead.service.configuration.alerts import AlertsPart
from speedtolead.service.configuration.document import ConfigurationError, read

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PATIENT = Patience(2 * MINUTE, 3 * MINUTE)
BAD, GOOD, NEITHER = True, False, None


def changes(looks: list[bool | None], patience: Patience = PATIENT) -> list[Change | None]:
    """What each look, one a minute, changes."""
    standing: Standing | None = None
    found: list[Change | None] = []
    for n, bad in enumerate(looks):
        then = step(standing, bad, NOW + n * MINUTE, patience)
        found.append(None if then is None else then[1])
        over = then is None or then[1] in {Change.FORGOTTEN, Change.ENDS}
        standing = None if over or then is None else then[0]
    return found


RISES, OPENS, STAYS, FORGOTTEN, ENDS = Change


@pytest.mark.parametrize(
    ("looks", "found"),
    [
        ([GOOD, NEITHER], [None, None]),
        ([BAD, GOOD, BAD, GOOD], [RISES, FORGOTTEN, RISES, FORGOTTEN]),
        ([BAD, BAD, BAD, BAD], [RISES, STAYS, OPENS, STAYS]),
        ([BAD, NEITHER, BAD], [RISES, STAYS, OPENS]),
        ([BAD, BAD, BAD, GOOD, GOOD, BAD, GOOD], [RISES, STAYS, OPENS, STAYS, STAYS, STAYS, STAYS]),
        ([BAD, BAD, BAD, GOOD, NEITHER, GOOD, GOOD], [RISES, STAYS, OPENS, STAYS, STAYS, STAYS, ENDS]),
    ],
)
def test_an_alarm_opens_and_ends_once_however_a_value_swings(looks: list[bool | None], found: list[Change]) -> None:
    assert changes(looks) == found


def test_what_asks_for_no_patience_opens_and_ends_at_once() -> None:
    assert changes([BAD, GOOD], Patience(timedelta(0), timedelta(0))) == [OPENS, ENDS]


TERMS = AlertTerms()


@pytest.mark.parametrize(
    ("reading", "bad"),
    [
        (speed(9, 9, 60), NEITHER),
        (speed(100, 11, 60), BAD),
        (speed(100, 8, 60), NEITHER),
        (speed(100, 5, 60), GOOD),
        (waiting(20, NOW - 3 * MINUTE, TERMS, NOW), BAD),
        (waiting(19, NOW - 3 * MINUTE, TERMS, NOW), NEITHER),
        (waiting(500, NOW - MINUTE, TERMS, NOW), GOOD),
        (waiting(0, None, TERMS, NOW), GOOD),
        (abandonment("a", Count(3, 99), TERMS), NEITHER),
        (abandonment("a", Count(5, 200), TERMS), BAD),
        (abandonment("a", Count(3, 200), TERMS), GOOD),
        (contact(Count(10, 100), Count(400, 1000), TERMS), BAD),
        (contact(Count(35, 100), Count(400, 1000), TERMS), NEITHER),
        (contact(Count(38, 100), Count(400, 1000), TERMS), GOOD),
        (contact(Count(0, 49), Count(400, 1000), TERMS), NEITHER),
    ],
)
def test_each_reading_at_its_limits(reading: Reading, bad: bool | None) -> None:
    assert reading.bad is bad


def test_terms_are_kept_as_they_were_said_and_the_usual_is_not_kept() -> None:
    said = AlertsPart(queue=5, mail=["Ann@Example.com"], digest={"at": "07:30", "weekly": "never"})
    terms = said.to_terms("Acme <a@acme.example>")
    assert of_json(to_json(terms)) == terms
    assert (terms.mail, terms.digest) == (("ann@example.com",), Digest(time(7, 30), None))
    assert to_json(AlertTerms()) == {}
    assert of_json({}) == AlertTerms()


def test_a_mail_needs_a_sender_and_a_digest_somebody_who_gets_it() -> None:
    file = "account: a\ntimezone: UTC\nalerts: {mail: [ann@example.com]}\n"
    with pytest.raises(ConfigurationError, match=r"alerts\.mail: say from whom"):
        read(file)
    with pytest.raises(ConfigurationError, match=r"alerts\.digest: say in alerts.mail"):
        read('account: a\ntimezone: UTC\nalerts: {digest: {at: "08:00"}}\n')


def test_every_kind_is_patient_for_a_stated_time() -> None:
    assert set(PATIENCE) == set(HEADS) == set(AlarmKind)
