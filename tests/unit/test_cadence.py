"""The follow-up plan: which attempt comes next, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest
from domain_samples import GUAM, LA, NOON, NY, at, step, utc
from hypothesis import given
from hypothesis import strategies as st

from speedtolead.domain.cadence.catch_up import Missed, spread_out
from speedtolead.domain.cadence.conditions import parse
from speedtolead.domain.cadence.plan import END, Channel, Plan, Since, Step
from speedtolead.domain.cadence.planner import Cadence, Course, Made, Over, Person, Planned, share, spread, too_late
from speedtolead.domain.cadence.stops import CHOICES, Stop, StopRules
from speedtolead.domain.hours import parse_weekly

STEPS = (step(timedelta(0)), step(timedelta(minutes=5)), step(timedelta(days=1), time(9, 30)))
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LEAD = UUID(int=7)
NOTHING = Over(Stop.NO_STEP_LEFT)


def person(received: datetime = NOON, zone: str = NY) -> Person:
    return Person(LEAD, received, zone)


def first(plan: Plan, received: datetime = NOON, zone: str = NY, now: datetime | None = None) -> Planned | Over:
    return Cadence(plan).next(Course(), person(received, zone), now or received)


def after(
    plan: Plan, index: int, now: datetime, result: str = "no_answer", zone: str = NY, **known: object
) -> Planned | Over:
    """What follows step ``index``, which has just ended."""
    course = Course([Made(index, result, now)], counted=1, known=known)
    return Cadence(plan).next(course, person(zone=zone), now)


def test_the_first_step_is_due_at_once() -> None:
    assert first(STEPS) == Planned(0, "call", NOON)


def test_the_first_step_waits_for_its_moment() -> None:
    assert first(STEPS, now=NOON + MINUTE) == Planned(0, "call", NOON + MINUTE)


def test_an_empty_cadence_plans_nothing() -> None:
    assert first(()) == NOTHING


def test_steps_count_from_the_leads_arrival() -> None:
    assert after(STEPS, 0, NOON + MINUTE) == Planned(1, "call", NOON + 5 * MINUTE)


def test_a_delay_counts_from_the_end_of_the_step_before() -> None:
    plan = (step(timedelta(0)), replace(step(2 * HOUR), since=Since.PREVIOUS))
    assert after(plan, 0, NOON + MINUTE) == Planned(1, "call", NOON + MINUTE + 2 * HOUR)


def test_a_step_whose_time_has_passed_is_late_and_not_lost() -> None:
    now = NOON + 20 * MINUTE
    assert after(STEPS, 0, now) == Planned(1, "call", now)


def test_a_wall_time_that_has_passed_is_the_next_days() -> None:
    now = at(NY, 2026, 6, 13, 9, 31)
    assert after(STEPS, 1, now) == Planned(2, "call", at(NY, 2026, 6, 14, 9, 30))


def test_after_the_last_step_there_is_none() -> None:
    assert after(STEPS, 2, NOON) == NOTHING
    assert after(STEPS, 7, NOON) == NOTHING


def test_a_wall_time_is_read_where_the_lead_is() -> None:
    assert after(STEPS, 1, NOON) == Planned(2, "call", at(NY, 2026, 6, 11, 9, 30))
    assert after(STEPS, 1, NOON, zone=LA) == Planned(2, "call", at(LA, 2026, 6, 11, 9, 30))
    # In Guam it is already the next day.
    assert after(STEPS, 1, NOON, zone=GUAM) == Planned(2, "call", at(GUAM, 2026, 6, 12, 9, 30))


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (at(NY, 2026, 6, 10, 8), at(NY, 2026, 6, 10, 9, 30)),
        (at(NY, 2026, 6, 10, 9, 30), at(NY, 2026, 6, 10, 9, 30)),
        (at(NY, 2026, 6, 10, 9, 31), at(NY, 2026, 6, 11, 9, 30)),
        (at(NY, 2026, 6, 10, 23, 59), at(NY, 2026, 6, 11, 9, 30)),
        (at(NY, 2026, 3, 7, 12), at(NY, 2026, 3, 8, 9, 30)),
        (at(NY, 2026, 10, 31, 12), at(NY, 2026, 11, 1, 9, 30)),
    ],
)
def test_a_wall_time_without_a_day_is_the_next_such_time(received: datetime, due: datetime) -> None:
    assert first((step(timedelta(0), time(9, 30)),), received) == Planned(0, "call", due)


@pytest.mark.parametrize(
    ("received", "days", "due"),
    [
        (at(NY, 2026, 6, 10, 8), 1, at(NY, 2026, 6, 11, 9, 30)),
        (at(NY, 2026, 6, 10, 15), 1, at(NY, 2026, 6, 11, 9, 30)),
        (at(NY, 2026, 6, 10, 23, 59), 1, at(NY, 2026, 6, 11, 9, 30)),
        (at(NY, 2026, 6, 10, 15), 7, at(NY, 2026, 6, 17, 9, 30)),
        # A day of 23 hours, and one of 25.
        (at(NY, 2026, 3, 7, 23, 30), 1, at(NY, 2026, 3, 8, 9, 30)),
        (at(NY, 2026, 11, 1, 0, 10), 1, at(NY, 2026, 11, 2, 9, 30)),
    ],
)
def test_a_day_later_is_the_next_day_on_the_calendar(received: datetime, days: int, due: datetime) -> None:
    assert first((step(timedelta(days=days), time(9, 30)),), received) == Planned(0, "call", due)


def test_a_wall_time_that_is_left_out_comes_after_the_jump() -> None:
    plan = (step(timedelta(0), time(2, 30)),)
    assert first(plan, at(NY, 2026, 3, 8, 1), now=utc(2026, 3, 8)) == Planned(0, "call", utc(2026, 3, 8, 7, 30))


def test_business_days_pass_over_weekends_and_days_off() -> None:
    friday, monday = at(NY, 2026, 6, 12, 15), date(2026, 6, 15)
    plan = (Step(DAY, business_days=True), Step(DAY, at=time(9, 30), business_days=True))
    assert first(plan, friday) == Planned(0, "call", at(NY, 2026, 6, 15, 15))
    closed = Cadence(plan, closed=lambda day: day.weekday() >= 5 or day == monday)
    assert closed.next(Course(), person(friday), friday) == Planned(0, "call", at(NY, 2026, 6, 16, 15))
    later = closed.next(Course([Made(0, "busy", friday)]), person(friday), friday)
    assert later == Planned(1, "call", at(NY, 2026, 6, 16, 9, 30))


def test_a_step_waits_for_its_window_where_the_lead_is() -> None:
    plan = (Step(timedelta(0), window=parse_weekly({"mon-fri": "17:00-20:00"})),)
    assert first(plan) == Planned(0, "call", at(NY, 2026, 6, 10, 17))
    assert first(plan, at(NY, 2026, 6, 12, 20)) == Planned(0, "call", at(NY, 2026, 6, 15, 17))


def test_jitter_spreads_leads_and_is_always_the_same_for_one() -> None:
    plan = (Step(timedelta(0), at=time(14), jitter=HOUR, window=parse_weekly({"mon-sun": "14:00-15:00"})),)
    opening = at(NY, 2026, 6, 10, 14)
    dues = set()
    for n in range(200):
        planned = Cadence(plan).next(Course(), Person(UUID(int=n), NOON, NY), NOON)
        assert isinstance(planned, Planned)
        assert opening <= planned.due_at < opening + HOUR
        assert planned == Cadence(plan).next(Course(), Person(UUID(int=n), NOON, NY), NOON)
        dues.add((planned.due_at - opening) // (10 * MINUTE))
    assert dues == set(range(6))


def test_nothing_happens_during_a_wait() -> None:
    plan = (step(timedelta(0)), Step(DAY, Channel.WAIT, since=Since.PREVIOUS), step(HOUR))
    assert after(plan, 0, NOON + MINUTE) == Planned(2, "call", NOON + MINUTE + DAY)


def test_a_step_whose_condition_does_not_hold_is_passed_over() -> None:
    plan = (
        step(timedelta(0)),
        replace(step(MINUTE), only_if=parse("last = machine")),
        replace(step(MINUTE), unless=parse("score < 60")),
    )
    assert after(plan, 0, NOON, last="machine") == Planned(1, "call", NOON + MINUTE)
    assert after(plan, 0, NOON, last="busy", score=61) == Planned(2, "call", NOON + MINUTE)
    assert after(plan, 0, NOON, last="busy", score=59) == NOTHING


def test_a_branch_leads_to_the_step_that_it_names() -> None:
    plan = (
        replace(step(timedelta(0)), on=(("machine", "text"), ("failed", END))),
        step(MINUTE),
        Step(MINUTE, Channel.SMS, name="text"),
    )
    assert after(plan, 0, NOON, "machine") == Planned(2, "sms", NOON + MINUTE)
    assert after(plan, 0, NOON, "busy") == Planned(1, "call", NOON + MINUTE)
    assert after(plan, 0, NOON, "failed") == NOTHING


@pytest.mark.parametrize(
    ("happened", "rules", "expected"),
    [
        ({Stop.CONTACTED}, StopRules(), Over(Stop.CONTACTED)),
        ({Stop.REPLIED}, StopRules(), Over(Stop.REPLIED)),
        ({Stop.QUOTED}, StopRules(), Planned(0, "call", NOON)),
        ({Stop.REPLIED}, StopRules({**CHOICES, Stop.REPLIED: frozenset({"call"})}), Planned(1, "sms", NOON)),
        ({Stop.REPLIED}, StopRules({**CHOICES, Stop.REPLIED: frozenset()}), Planned(0, "call", NOON)),
        ({Stop.OPTED_OUT}, StopRules(dict.fromkeys(Stop, frozenset())), Over(Stop.OPTED_OUT)),
    ],
)
def test_what_happened_stops_the_channels_that_the_campaign_says(
    happened: set[Stop], rules: StopRules, expected: Planned | Over
) -> None:
    plan = (step(timedelta(0)), Step(timedelta(0), Channel.SMS))
    assert Cadence(plan, rules).next(Course(happened=happened), person(), NOON) == expected


def test_attempts_and_days_are_used_up_for_people_and_not_for_tasks() -> None:
    plan = (step(MINUTE), Step(MINUTE, Channel.TASK))
    assert Cadence(plan[:1], StopRules(attempts=2)).next(Course(counted=2), person(), NOON) == Over(
        Stop.ATTEMPTS_USED_UP
    )
    assert Cadence(plan, StopRules(attempts=2)).next(Course(counted=2), person(), NOON) == Planned(
        1, "task", NOON + MINUTE
    )
    assert Cadence(plan[:1], StopRules(days=3)).next(Course(), person(), NOON + 3 * DAY) == Over(Stop.DAYS_USED_UP)


@pytest.mark.parametrize(
    ("made", "late", "passed_over"),
    [
        (Step(MINUTE), 6 * HOUR, False),
        (Step(MINUTE, Channel.SMS), HOUR, False),
        (Step(MINUTE, Channel.SMS), 6 * HOUR, True),
        (Step(MINUTE, Channel.SMS, late=DAY), 6 * HOUR, False),
        (Step(MINUTE, late=timedelta(0)), MINUTE, True),
        (Step(MINUTE, Channel.EMAIL), 25 * HOUR, True),
        (Step(MINUTE, Channel.TASK), 25 * HOUR, False),
    ],
)
def test_a_step_is_passed_over_when_it_would_come_too_late(made: Step, late: timedelta, passed_over: bool) -> None:
    assert too_late(made, NOON, NOON + late) is passed_over


def test_those_who_wait_for_an_opening_are_spread_over_the_time_after_it() -> None:
    moments = [spread(NOON, UUID(int=n), 1, HOUR) for n in range(500)]
    assert all(NOON <= moment < NOON + HOUR for moment in moments)
    busiest = max(sum(1 for m in moments if NOON + n * MINUTE <= m < NOON + (n + 1) * MINUTE) for n in range(60))
    assert busiest < 25


def test_after_an_absence_calls_are_spread_over_the_time_after_it_in_order_of_worth() -> None:
    missed = [Missed(UUID(int=n), NOON - n * HOUR, NOON - 3 * HOUR) for n in (3, 1, 2)]
    missed.append(Missed(UUID(int=4), NOON - HOUR, NOON - 4 * HOUR))
    assert spread_out(missed, NOON, 20 * MINUTE) == [
        (UUID(int=4), NOON),
        (UUID(int=1), NOON + 5 * MINUTE),
        (UUID(int=2), NOON + 10 * MINUTE),
        (UUID(int=3), NOON + 15 * MINUTE),
    ]
    assert spread_out([], NOON, HOUR) == []


@given(st.integers(1, 400), st.timedeltas(timedelta(0), 6 * HOUR))
def test_no_minute_after_an_absence_has_more_than_its_share(count: int, over: timedelta) -> None:
    missed = [Missed(UUID(int=n), NOON - n * MINUTE, NOON - HOUR) for n in range(count)]
    moments = [at for _, at in spread_out(missed, NOON, over)]
    assert len(moments) == count
    assert moments == sorted(moments)
    assert all(NOON <= at <= NOON + over for at in moments)
    minutes = max(1, over // MINUTE)
    busiest = max(sum(1 for at in moments if NOON + n * MINUTE <= at < NOON + (n + 1) * MINUTE) for n in range(2))
    assert busiest <= count / minutes + 2 or over < MINUTE


@given(st.uuids(), st.integers(0, 50))
def test_a_share_is_a_share(lead_id: UUID, index: int) -> None:
    assert 0 <= share(lead_id, index) < 1


@given(
    st.lists(
        st.builds(
            Step,
            after=st.timedeltas(timedelta(0), timedelta(days=20)),
            channel=st.sampled_from(Channel),
            at=st.none() | st.times().map(lambda t: t.replace(second=0, microsecond=0, tzinfo=None)),
            since=st.sampled_from(Since),
            jitter=st.timedeltas(timedelta(0), HOUR),
        ),
        max_size=8,
    ),
    st.timedeltas(timedelta(0), timedelta(days=700)),
    st.sampled_from([NY, LA, GUAM]),
)
def test_every_cadence_ends_and_nothing_is_due_before_it_is_planned(
    plan: list[Step], later: timedelta, zone: str
) -> None:
    cadence, now = Cadence(plan), NOON + later
    who, made = Person(LEAD, now, zone), list[Made]()
    for _ in range(len(plan) + 1):
        following = cadence.next(Course(made), who, now)
        if isinstance(following, Over):
            assert following.reason is Stop.NO_STEP_LEFT
            return
        assert following.due_at >= now
        assert following.index > (made[-1].index if made else -1)
        assert plan[following.index].channel is not Channel.WAIT
        now = following.due_at + MINUTE
        made.append(Made(following.index, "no_answer", now))
    pytest.fail("the cadence did not end")
