"""The rule set's file: the shipped one reads, every mistake is named with its place; rows by their days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import yaml
from permit_cases import law, row

from speedtolead.domain.hours import Span
from speedtolead.domain.rule_set import FEDERAL, Confidence, Means
from speedtolead.domain.states import state_name
from speedtolead.service.configuration.document import ConfigurationError
from speedtolead.service.rules.file import read, shipped, shipped_text

JUNE = date(2026, 6, 10)
TEXAS: dict[str, Any] = {
    "state": "TX", "mon-fri": "09:00-21:00", "sat": "09:00-21:00", "sun": "12:00-21:00", "holiday": "open",
    "channels": ["call", "sms"], "citation": "Tex. Bus. & Com. Code 301.051", "confidence": "medium",
}  # fmt: skip


def small(**parts: Any) -> dict[str, Any]:
    """The smallest file that says something."""
    return {
        "version": "2026-test", "country": "US", "effective_from": date(2026, 1, 1), "checked": date(2026, 1, 1),
        "holidays_until": date(2026, 12, 31),
        "federal": {"hours": "08:00-21:00", "channels": ["call", "sms"], "citation": "a law", "confidence": "high"},
        "states": [TEXAS],
        "do_not_call": {"list_days": 31, "inquiry_months": 3, "transaction_months": 18, "citation": "a law"},
        "recording": {"all_party": ["CA"], "citation": "a law", "confidence": "medium"},
        "abandonment": {"seconds": 2, "share": 0.03, "days": 30, "citation": "a law"},
        "holidays": {"federal": {"citation": "a law", "confidence": "high",
                                 "days": {date(2026, 7, 4): "The Fourth"}}},
        **parts,
    }  # fmt: skip


def texas(**parts: Any) -> dict[str, Any]:
    """A file with one row, changed."""
    return small(states=[TEXAS | parts])


def without(key: str) -> dict[str, Any]:
    return small(states=[{k: v for k, v in TEXAS.items() if k != key}])


def problems(document: Any) -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        read(document if isinstance(document, str) else yaml.safe_dump(document, sort_keys=False))
    return refused.value.problems


# ---- the file that came with the product --------------------------------------------------------------------


def test_the_file_that_came_with_the_product_reads() -> None:
    rules = read(shipped_text())
    assert rules.version == shipped().version
    assert rules.effective_from <= rules.checked <= rules.holidays_until
    assert len(rules.states) == 24
    every = [rules.federal, *(row for rows in rules.states.values() for row in rows)]
    assert all(row.citation for row in every)
    assert {row.confidence for row in every} == set(Confidence)


def test_its_terms_on_lists_recording_and_abandonment_are_the_laws() -> None:
    rules = shipped()
    dnc = rules.do_not_call
    assert (dnc.list_age, dnc.inquiry_months, dnc.transaction_months) == (timedelta(days=31), 3, 18)
    assert rules.recording.all_party == {
        "CA", "CT", "DE", "FL", "IL", "MD", "MA", "MI", "MT", "NV", "NH", "OR", "PA", "VT", "WA",
    }  # fmt: skip
    left = rules.abandonment
    assert (left.within, left.share, left.period) == (timedelta(seconds=2), 0.03, timedelta(days=30))


def test_every_state_of_the_file_has_a_name() -> None:
    rules = shipped()
    named = {state: state_name(state) for state in {*rules.states, *rules.recording.all_party, FEDERAL}}
    assert all(name != state for state, name in named.items())
    assert (named["PA"], named["US"]) == ("Pennsylvania", "the United States")


@pytest.mark.parametrize("table", shipped().holidays)
def test_every_table_of_holidays_speaks_of_each_year(table: str) -> None:
    days = shipped().holidays[table].days
    assert {day.year for day in days} == {2026, 2027, 2028, 2029, 2030}
    assert all(days.values())


# ---- mistakes -----------------------------------------------------------------------------------------------

MISTAKES: dict[str, tuple[Any, str]] = {
    "an unknown state": (texas(state="XX"), "states[0].state: 'XX' is no state or territory"),
    "a state in small letters": (texas(state="tx"), "states[0].state: 'tx' is no state"),
    "the federal floor as a state": (texas(state="US"), "states[0].state: 'US' is no state"),
    "an unknown state of recording": (
        small(recording={"all_party": ["CA", "ZZ"], "citation": "a law", "confidence": "low"}),
        "recording.all_party[1]: 'ZZ' is no state",
    ),
    "hours that end before they start": (
        texas(sat="20:00-08:00"),
        "states[0].sat: 20:00-08:00 does not end after it starts, within one day",
    ),
    "hours that are none": (texas(sun="noon"), 'states[0].sun: expected hours like "08:00-21:00" or "closed"'),
    "hours that are a number": (texas(**{"mon-fri": 9}), "states[0].mon-fri: expected hours like"),
    "a holiday that ends before it starts": (
        texas(holiday="20:00-08:00", holidays=["federal"]),
        "states[0].holiday: ",
    ),
    "a floor that ends before it starts": (
        small(federal=small()["federal"] | {"hours": "21:00-08:00"}),
        "federal.hours: 21:00-08:00 does not end after",
    ),
    "rows that overlap": (
        small(states=[TEXAS, TEXAS | {"channels": ["sms", "recorded"]}]),
        "states[1]: TX has hours for the same channel and day in states[0]",
    ),
    "rows that overlap by a day": (
        small(states=[TEXAS | {"effective_to": JUNE}, TEXAS | {"effective_from": JUNE}]),
        "states[1]: TX has hours for the same channel and day in states[0]",
    ),
    "a table that is missing": (
        texas(holiday="closed", holidays=["federal", "TX"]),
        "states[0].holidays: there is no table 'TX' under holidays",
    ),
    "no table is named": (
        texas(holiday="closed"),
        "states[0].holidays: TX treats holidays apart, so say which tables",
    ),
    "a day after the tables end": (
        small(holidays_until=date(2026, 7, 3)),
        "holidays.federal: 2026-07-04 is after holidays_until",
    ),
    "a row that ends before it begins": (
        texas(effective_from=JUNE, effective_to=JUNE - timedelta(days=1)),
        "states[0].effective_to: 2026-06-09 is before effective_from",
    ),
    "a channel that is none": (texas(channels=["fax"]), "states[0].channels[0]: "),
    "no channel": (texas(channels=[]), "states[0].channels: "),
    "a cap of nothing": (texas(cap_24h=0), "states[0].cap_24h: "),
    "an unknown exemption": (texas(lifted_by="luck"), "states[0].lifted_by: "),
    "an unknown confidence": (texas(confidence="sure"), "states[0].confidence: "),
    "no citation": (without("citation"), "states[0].citation: "),
    "no word on holidays": (without("holiday"), "states[0].holiday: "),
    "no hours for Saturday": (without("sat"), "states[0].sat: "),
    "a word that is unknown": (texas(cap_48h=3), "states[0].cap_48h: "),
    "another country": (small(country="CA"), "country: "),
    "no version": ({k: v for k, v in small().items() if k != "version"}, "version: "),
    "a version with a space": (small(version="my rules"), "version: "),
    "no day of effect": (small(effective_from="soon"), "effective_from: "),
    "a share of more than all": (
        small(abandonment={"seconds": 2, "share": 3, "days": 30, "citation": "a law"}),
        "abandonment.share: ",
    ),
    "not a mapping": ("- TX\n", "the file is not a mapping"),
    "nothing": ("", "the file is not a mapping"),
    "not YAML": ("states: [\n", "line "),
    "a key that is said twice": ("version: a\nversion: b\n", "'version' is said twice"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_place(mistake: str) -> None:
    document, words = MISTAKES[mistake]
    found = problems(document)
    assert len(found) == 1, found
    assert words in found[0]


def test_a_file_without_a_mistake_reads() -> None:
    """Else every mistake above could be that of the small file."""
    assert read(yaml.safe_dump(small())).version == "2026-test"


def test_every_mistake_has_its_line() -> None:
    found = problems(small(states=[TEXAS | {"state": "XX"}, TEXAS | {"sat": "20:00-08:00"}], country="CA"))
    assert [line.partition(":")[0] for line in found] == ["country", "states[0].state", "states[1].sat"]


def test_rows_of_one_state_may_differ_by_channel_or_by_day() -> None:
    read(yaml.safe_dump(small(states=[TEXAS, TEXAS | {"channels": ["recorded"]}])))
    later = {"effective_from": JUNE + timedelta(days=1)}
    read(yaml.safe_dump(small(states=[TEXAS | {"effective_to": JUNE}, TEXAS | later])))


# ---- rows by their days -------------------------------------------------------------------------------------

DAY = timedelta(days=1)
OLD = row("TX", hours="09:00-20:00", in_force_to=JUNE, citation="old")
NEW = row("TX", hours="10:00-18:00", in_force_from=JUNE + DAY, in_force_to=JUNE + 30 * DAY, citation="new")


@pytest.mark.parametrize(
    ("day", "citation"),
    [
        (date.min, "old"),
        (JUNE, "old"),
        (JUNE + DAY, "new"),
        (JUNE + 30 * DAY, "new"),
        (JUNE + 31 * DAY, None),
        (date.max, None),
    ],
)
@pytest.mark.parametrize("order", [(OLD, NEW), (NEW, OLD)])
def test_the_row_of_the_day_is_the_one_in_force(order: Any, day: date, citation: str | None) -> None:
    rules = law(*order)
    found = rules.rule("TX", Means.CALL, day)
    assert (found.citation if found else None) == citation
    on = rules.hours("TX", Means.CALL).on(day)
    assert on.rule is found
    spans = {"old": (Span(540, 1200),), "new": (Span(600, 1080),), None: (Span(0, 1440),)}
    assert on.spans == spans[citation]


def test_a_row_speaks_of_its_means_and_its_state_only() -> None:
    rules = law(row("TX", Means.SMS))
    assert rules.rule("TX", Means.SMS, JUNE) is not None
    assert rules.rule("TX", Means.CALL, JUNE) is None
    assert rules.rule("OK", Means.SMS, JUNE) is None


def test_a_day_has_a_kind_where_the_row_treats_it_apart() -> None:
    kinds = {
        ("PA", date(2028, 4, 14)): "Good Friday", ("TX", date(2028, 4, 14)): "weekday",
        ("PA", date(2028, 4, 15)): "Saturday", ("PA", date(2028, 4, 16)): "Sunday",
        ("PA", date(2028, 7, 4)): "Independence Day",
        ("PA", date(2031, 1, 2)): "a day beyond the tables of holidays",
        ("TX", date(2031, 1, 2)): "weekday",
    }  # fmt: skip
    hours = {state: shipped().hours(state, Means.CALL) for state in ("PA", "TX")}
    assert {key: hours[key[0]].on(key[1]).kind for key in kinds} == kinds
