"""Hours of the week: how they are written, and what is open when, checked against a minute-by-minute oracle."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from domain_samples import CHICAGO, GUAM, HONOLULU, LA, NY, PHOENIX, at, examples, utc
from hypothesis import example, given
from hypothesis import strategies as st

from speedtolead.domain.hours import (
    ALWAYS,
    DAYS,
    LocalHours,
    Span,
    WeeklyHours,
    daily,
    is_open,
    next_open,
    open_seconds,
    open_windows,
    parse_weekly,
    wall,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WINDOW = daily(time(8), 21 * 60)


def every_day(span: str) -> WeeklyHours:
    return parse_weekly({"mon-sun": span})


# ---- how hours are written ----------------------------------------------------------------------------------


def test_a_day_that_is_not_named_is_closed() -> None:
    hours = parse_weekly({"mon": "08:00-21:00"})
    assert hours.days == ((Span(480, 1260),), (), (), (), (), (), ())


def test_a_range_of_days_names_each_of_them() -> None:
    hours = parse_weekly({"mon-fri": "09:00-17:00", "sat": "closed"})
    assert hours.days == ((Span(540, 1020),),) * 5 + ((), ())


def test_a_range_may_run_over_the_weekend() -> None:
    hours = parse_weekly({"sat-mon": "09:00-17:00"})
    assert [bool(day) for day in hours.days] == [True, False, False, False, False, True, True]


def test_several_spans_of_a_day_are_put_in_order() -> None:
    hours = parse_weekly({"SAT": "13:00-18:00, 09:00-12:00"})
    assert hours.days[5] == (Span(540, 720), Span(780, 1080))


def test_spans_may_touch() -> None:
    assert parse_weekly({"sun": "09:00-12:00,12:00-13:00"}).days[6] == (Span(540, 720), Span(720, 780))


def test_the_day_ends_at_24_00() -> None:
    assert every_day("00:00-24:00") == ALWAYS


@pytest.mark.parametrize("written", ["closed", " Closed ", "CLOSED"])
def test_closed_may_be_written_in_any_case(written: str) -> None:
    assert parse_weekly({"mon": written}).days == ((),) * 7


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("", "closed", "a day or a range of days"),
        ("monday", "closed", "a day or a range of days"),
        ("mon-", "08:00-21:00", "a day or a range of days"),
        ("-mon", "08:00-21:00", "a day or a range of days"),
        ("mon-xyz", "08:00-21:00", "a day or a range of days"),
        ("mon-tue-wed", "08:00-21:00", "a day or a range of days"),
        ("mon,tue", "08:00-21:00", "a day or a range of days"),
        ("mon", "", "expected hours like"),
        ("mon", "open", "expected hours like"),
        ("mon", "8:00-21:00", "expected hours like"),
        ("mon", "08:00", "expected hours like"),
        ("mon", "08:00–21:00", "expected hours like"),
        ("mon", "08:00-21:00,", "expected hours like"),
        ("mon", "08:00-21:60", "expected hours like"),
        ("mon", "08:00-25:00", "expected hours like"),
        ("mon", "08:00 - 21:00", "expected hours like"),
        ("mon", "08:00-21:00-22:00", "expected hours like"),
        ("mon", "closed,08:00-21:00", "expected hours like"),
        ("mon", "-08:00-21:00", "expected hours like"),
        ("mon", "0٨:00-21:00", "expected hours like"),
        ("mon", "21:00-08:00", "does not end after it starts"),
        ("mon", "08:00-08:00", "does not end after it starts"),
        ("mon", "08:00-24:01", "does not end after it starts"),
        ("mon", "24:00-24:00", "does not end after it starts"),
        ("mon", "08:00-12:00,11:59-13:00", "overlap"),
        ("mon", "08:00-12:00,08:00-12:00", "overlap"),
    ],
)
def test_what_is_not_hours_is_refused_by_its_name(key: str, value: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        parse_weekly({key: value})
    assert str(refused.value).startswith(f"{key}: ")


@pytest.mark.parametrize("second", ["wed", "mon-sun", "sat-mon"])
def test_a_day_may_be_named_only_once(second: str) -> None:
    with pytest.raises(ValueError, match="is named twice"):
        parse_weekly({"mon-wed": "closed", second: "08:00-21:00"})


def test_the_hour_that_comes_twice_is_read_as_the_one_that_is_meant() -> None:
    first, second = (datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo(NY), fold=fold) for fold in (0, 1))
    assert wall(first, NY).text == "2026-11-01T01:30:00-04:00"
    assert wall(second, NY).text == "2026-11-01T01:30:00-05:00"
    assert wall(second, HONOLULU).minute - wall(first, HONOLULU).minute == 60


# ---- one clock ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "is_it_open"),
    [((7, 59), False), ((8, 0), True), ((20, 59), True), ((21, 0), False)],
)
def test_a_window_is_half_open(clock: tuple[int, int], is_it_open: bool) -> None:
    local = LocalHours(NY, WINDOW)
    assert is_open(at(NY, 2026, 6, 10, *clock), local) is is_it_open
    assert is_open(at(NY, 2026, 6, 10, *clock) + timedelta(seconds=59), local) is is_it_open


def test_always_has_no_gap_at_midnight() -> None:
    local = LocalHours(NY, ALWAYS)
    start = at(NY, 2026, 6, 10)
    assert all(is_open(start + n * MINUTE, local) for n in range(-3, 4))
    (window,) = open_windows(start, start + DAY, [local])
    assert window[0] <= start
    assert window[1] >= start + DAY


def test_24_00_ends_exactly_at_midnight() -> None:
    local = LocalHours(NY, parse_weekly({"wed": "22:00-24:00"}))
    midnight = at(NY, 2026, 6, 11)
    assert is_open(midnight - MINUTE, local)
    assert not is_open(midnight, local)
    assert next_open(midnight, [local]) == at(NY, 2026, 6, 17, 22)


def test_a_closed_week_never_opens() -> None:
    assert next_open(utc(2026, 6, 10), [LocalHours(NY, parse_weekly({}))]) is None


def test_without_any_hours_everything_is_open() -> None:
    assert next_open(utc(2026, 6, 10), []) == utc(2026, 6, 10)
    assert open_seconds(utc(2026, 6, 10), utc(2026, 6, 11), []) == 86_400


@pytest.mark.parametrize("end", [utc(2026, 6, 10), utc(2026, 6, 9)])
def test_no_time_has_no_open_seconds(end: datetime) -> None:
    assert open_seconds(utc(2026, 6, 10), end, [LocalHours(NY, ALWAYS)]) == 0


def test_open_seconds_are_cut_at_both_ends() -> None:
    local = LocalHours(NY, WINDOW)
    start, end = at(NY, 2026, 6, 10, 20, 59), at(NY, 2026, 6, 11, 8, 1)
    assert open_seconds(start + timedelta(seconds=30), end, [local]) == 90


# ---- the clocks change --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "opens"),
    [
        (NY, date(2026, 3, 8), utc(2026, 3, 8, 12)),  # the first day of summer time
        (NY, date(2026, 3, 7), utc(2026, 3, 7, 13)),
        (NY, date(2026, 11, 1), utc(2026, 11, 1, 13)),  # the first day of winter time
        (NY, date(2026, 10, 31), utc(2026, 10, 31, 12)),
        (PHOENIX, date(2026, 3, 8), utc(2026, 3, 8, 15)),
        (PHOENIX, date(2026, 11, 1), utc(2026, 11, 1, 15)),
        (HONOLULU, date(2026, 3, 8), utc(2026, 3, 8, 18)),
        (GUAM, date(2026, 11, 1), utc(2026, 10, 31, 22)),
    ],
)
def test_eight_o_clock_is_eight_on_the_wall(zone: str, day: date, opens: datetime) -> None:
    local = LocalHours(zone, WINDOW)
    assert next_open(opens - 8 * HOUR, [local]) == opens
    assert not is_open(opens - MINUTE, local)
    assert is_open(opens, local)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 6, 10), 24)]
)
def test_a_day_is_as_long_as_it_is_in_new_york(day: date, hours: int) -> None:
    start, tomorrow = (at(NY, d.year, d.month, d.day) for d in (day, day + DAY))
    assert open_seconds(start, tomorrow, [LocalHours(NY, ALWAYS)]) == hours * 3600
    assert open_seconds(start, tomorrow, [LocalHours(NY, WINDOW)]) == 13 * 3600


def test_the_hour_that_comes_twice_is_open_twice() -> None:
    local = LocalHours(NY, every_day("01:00-02:00"))
    assert open_seconds(utc(2026, 11, 1), utc(2026, 11, 2), [local]) == 2 * 3600


def test_half_of_the_hour_that_comes_twice_is_open_twice() -> None:
    local = LocalHours(NY, every_day("01:30-02:00"))
    assert not is_open(at(NY, 2026, 11, 1, 1, 15, fold=1), local)
    assert open_seconds(utc(2026, 11, 1), utc(2026, 11, 2), [local]) == 3600
    assert next_open(at(NY, 2026, 11, 1, 1, 15, fold=1), [local]) == at(NY, 2026, 11, 1, 1, 30, fold=1)


def test_the_hour_that_is_left_out_is_open_for_no_time() -> None:
    local = LocalHours(NY, every_day("02:15-02:45"))
    assert open_seconds(utc(2026, 3, 8), utc(2026, 3, 9), [local]) == 0
    assert next_open(utc(2026, 3, 8), [local]) == at(NY, 2026, 3, 9, 2, 15)


def test_open_seconds_are_never_negative() -> None:
    local = LocalHours(NY, every_day("02:15-03:00"))
    assert open_seconds(utc(2026, 3, 8), utc(2026, 3, 9), [local]) == 0


def test_hours_that_begin_in_the_hour_left_out_begin_after_the_jump() -> None:
    local = LocalHours(NY, every_day("02:30-05:00"))
    assert next_open(at(NY, 2026, 3, 8, 1), [local]) == at(NY, 2026, 3, 8, 3)
    assert open_seconds(utc(2026, 3, 8), utc(2026, 3, 9), [local]) == 2 * 3600


# ---- several clocks -----------------------------------------------------------------------------------------


def test_the_next_opening_is_where_all_clocks_are_open() -> None:
    both = [LocalHours(NY, WINDOW), LocalHours(GUAM, WINDOW)]
    # 08:00 in Guam is 18:00 of the day before in New York (summer).
    assert next_open(at(NY, 2026, 6, 10, 12), both) == at(GUAM, 2026, 6, 11, 8)
    assert open_seconds(utc(2026, 6, 10, 16), utc(2026, 6, 11, 16), both) == 3 * 3600  # until 21:00 in New York


def test_a_moment_that_is_open_everywhere_is_taken_as_it_is() -> None:
    moment = at(NY, 2026, 6, 10, 12) + timedelta(seconds=12.345)
    assert next_open(moment, [LocalHours(NY, WINDOW), LocalHours(LA, WINDOW)]) == moment


def test_hours_that_never_meet_never_open() -> None:
    apart = [LocalHours(NY, every_day("08:00-09:00")), LocalHours(LA, every_day("08:00-09:00"))]
    assert next_open(utc(2026, 6, 10), apart) is None
    assert open_seconds(utc(2026, 6, 10), utc(2026, 6, 24), apart) == 0


def test_hours_that_meet_once_a_week_are_found() -> None:
    weekly = [LocalHours(NY, parse_weekly({"mon": "08:00-09:00"})), LocalHours(CHICAGO, WINDOW)]
    assert next_open(utc(2026, 6, 10), weekly) is None
    weekly[0] = LocalHours(NY, parse_weekly({"mon": "08:00-09:01"}))
    assert next_open(utc(2026, 6, 10), weekly) == at(NY, 2026, 6, 15, 9)


# ---- against the oracle -------------------------------------------------------------------------------------

ZONES = [NY, CHICAGO, LA, PHOENIX, HONOLULU, GUAM, "America/St_Johns", "Australia/Lord_Howe", "Europe/London"]
CHANGES = [  # days on which clocks change somewhere in ZONES, 2026 to 2028
    date(2026, 3, 8), date(2026, 11, 1), date(2027, 3, 14), date(2027, 11, 7), date(2028, 3, 12),
    date(2028, 11, 5), date(2026, 3, 29), date(2026, 10, 25), date(2027, 4, 4), date(2027, 10, 3),
]  # fmt: skip


def wall_minute_is_open(moment: datetime, local: LocalHours) -> bool:
    """Read off the wall, with nothing of the code under test but the shape of the hours."""
    there = moment.astimezone(ZoneInfo(local.zone))
    minute = there.hour * 60 + there.minute
    return any(span.start <= minute < span.end for span in local.hours.spans(there.date()))


def all_open(moment: datetime, everywhere: list[LocalHours]) -> bool:
    return all(wall_minute_is_open(moment, local) for local in everywhere)


def whole_minutes(start: datetime, end: datetime) -> list[datetime]:
    first = start.replace(second=0, microsecond=0)
    return [first + n * MINUTE for n in range(-int((first - end) // MINUTE))]


@st.composite
def spans(draw: st.DrawFn) -> tuple[Span, ...]:
    night, day = st.integers(0, 16), st.integers(0, 96)
    grid = st.one_of(night.map(lambda n: n * 15), day.map(lambda n: n * 15), st.integers(0, 1440))
    ends = sorted(draw(st.sets(grid, max_size=6)))
    return tuple(Span(a, b) for a, b in zip(ends[::2], ends[1::2], strict=False))


weekly_hours = st.one_of(
    st.builds(lambda day: WeeklyHours((day,) * 7), spans()),
    st.builds(WeeklyHours, st.tuples(*[spans()] * 7)),
    st.sampled_from([WINDOW, ALWAYS]),
)
local_hours = st.lists(st.builds(LocalHours, st.sampled_from(ZONES), weekly_hours), min_size=1, max_size=2)
days = st.one_of(st.sampled_from(CHANGES), st.dates(date(2026, 1, 1), date(2028, 12, 31)))
moments = st.builds(
    lambda day, seconds: utc(day.year, day.month, day.day) + timedelta(seconds=seconds),
    days,
    st.integers(-6 * 3600, 30 * 3600),
)


@examples(100)
@given(local_hours, moments, st.integers(1, 30 * 3600))
@example([LocalHours(NY, every_day("02:15-05:00"))], utc(2026, 3, 8), 86_400)
@example([LocalHours(NY, every_day("01:30-06:00"))], utc(2026, 11, 1), 86_400)
def test_open_seconds_are_those_counted_on_the_wall(
    everywhere: list[LocalHours], start: datetime, seconds: int
) -> None:
    end = start + timedelta(seconds=seconds)
    counted = sum(
        (min(minute + MINUTE, end) - max(minute, start)).total_seconds()
        for minute in whole_minutes(start, end)
        if all_open(minute, everywhere)
    )
    assert open_seconds(start, end, everywhere) == counted


@examples(60)
@given(local_hours, moments)
def test_the_next_opening_is_the_first_open_minute_on_the_wall(
    everywhere: list[LocalHours], start: datetime
) -> None:
    found = next_open(start, everywhere)
    horizon = found if found is not None else start + 8 * DAY
    if found is not None:
        assert found >= start
        assert all_open(found, everywhere)
    first = next((m for m in whole_minutes(start, horizon) if all_open(m, everywhere)), None)
    assert first is None or found is not None
    assert first is None or max(first, start) >= horizon


@examples(60)
@given(local_hours, moments)
@example([LocalHours(NY, every_day("02:15-05:00"))], utc(2026, 3, 8))
@example([LocalHours(NY, every_day("01:30-06:00"))], utc(2026, 11, 1))
def test_windows_are_exactly_the_open_minutes_in_order_and_apart(
    everywhere: list[LocalHours], start: datetime
) -> None:
    start = start.replace(second=0)
    end = start + DAY
    windows = open_windows(start, end, everywhere)
    assert all(a < b for a, b in windows)
    assert all(left[1] < right[0] for left, right in pairwise(windows))
    for minute in whole_minutes(start, end):
        assert any(a <= minute < b for a, b in windows) == all_open(minute, everywhere)


@examples(100)
@given(st.builds(LocalHours, st.sampled_from(ZONES), weekly_hours), moments)
def test_is_open_reads_the_wall(local: LocalHours, moment: datetime) -> None:
    assert is_open(moment, local) == wall_minute_is_open(moment, local)


def test_every_day_of_the_week_has_its_name() -> None:
    for index, name in enumerate(DAYS):
        monday = date(2026, 6, 8)
        only = parse_weekly({name: "08:00-09:00"})
        assert only.spans(monday + timedelta(days=index)) == (Span(480, 540),)
        assert sum(map(bool, only.days)) == 1
