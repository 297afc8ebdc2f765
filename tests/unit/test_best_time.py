"""The hour of a follow-up call: what is believed, how it is drawn, and when the planned time stays."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from speedtolead.domain.best_time import FEWEST, HOURS, MOST, SLOTS, BestTime, Learned, Slot, TimedBy
from speedtolead.domain.cadence.plan import Step
from speedtolead.domain.cadence.planner import Cadence, Course, Made, Moved, Person, Planned
from speedtolead.domain.campaign import ContactPolicy
from speedtolead.domain.hours import parse_weekly
from speedtolead.domain.statistics.rates import Count
from speedtolead.service.configuration.campaign import CampaignPart
from speedtolead.store.settings_json import campaign_from_json, campaign_to_json

SOURCE, OTHER = UUID(int=1), UUID(int=2)
NEW_YORK = "America/New_York"
MONDAY = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
TUESDAY_AT_9 = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
LEADS = [uuid5(UUID(int=0), str(n)) for n in range(600)]


def known(calls: int = 100, **better: int) -> Learned:
    """As many calls in each hour; a fifth answered, or so many of 100 in the hours that are named, as h17=40."""
    rates = {int(name[1:]): rate for name, rate in better.items()}
    return Learned({slot: Count(calls * rates.get(slot.hour, 20) // 100, calls) for slot in SLOTS})


def any_time(_: datetime) -> bool:
    return True


def chosen(
    learned: Learned,
    lead: UUID = LEADS[0],
    *,
    due: datetime = TUESDAY_AT_9,
    floor: datetime = MONDAY,
    holdout: float = 0.0,
    lawful: Any = any_time,
    fits: Any = any_time,
    index: int = 3,
) -> tuple[datetime, TimedBy] | None:
    return BestTime(learned, SOURCE, "NY", lawful).choose(lead, index, NEW_YORK, due, floor, holdout, fits)


def hours(learned: Learned, **more: Any) -> Counter[int]:
    found = [chosen(learned, lead, **more) for lead in LEADS]
    return Counter(one[0].astimezone(ZoneInfo(NEW_YORK)).hour for one in found if one is not None)


# --- what is believed ---


def test_a_slot_of_which_nothing_is_known_is_believed_to_be_like_the_rest() -> None:
    learned = Learned({Slot(False, 9): Count(60, 300)})
    assert learned.mean(Slot(False, 15)) == pytest.approx(0.2)
    assert learned.mean(Slot(False, 15), SOURCE, "NY") == pytest.approx(0.2)


def test_a_source_is_shrunk_to_the_account_and_a_state_to_its_source() -> None:
    noon = Slot(False, 12)
    learned = Learned(
        {noon: Count(2000, 10000)}, {SOURCE: {noon: Count(30, 50)}}, {(SOURCE, "NY"): {noon: Count(5, 50)}}
    )
    source, state = learned.mean(noon, SOURCE), learned.mean(noon, SOURCE, "NY")
    assert source == pytest.approx((30 + 50 * 0.2) / 100, abs=0.001)
    assert state == pytest.approx((5 + 50 * source) / 100, abs=0.001)
    assert learned.mean(noon, OTHER, "NY") == pytest.approx(0.2, abs=0.001)
    assert learned.mean(noon, SOURCE, "TX") == pytest.approx(source)


def test_nothing_is_believed_more_firmly_than_the_stated_number_of_calls() -> None:
    hits, misses = Learned({Slot(False, 9): Count(20000, 100000)}).belief(Slot(False, 9))
    assert hits + misses == MOST


# --- how an hour is drawn ---


def test_the_same_lead_and_counts_give_the_same_hour() -> None:
    learned = known(h17=40)
    assert [chosen(learned, lead) for lead in LEADS[:50]] == [chosen(learned, lead) for lead in LEADS[:50]]
    assert chosen(learned, index=3) != chosen(learned, index=4)


def test_the_better_an_hour_is_known_to_be_the_more_calls_it_gets() -> None:
    plain, better, best = hours(known()), hours(known(h17=30)), hours(known(h17=45))
    assert plain[17] < 100
    assert plain[17] < better[17] < best[17]
    assert best[17] > 450


def test_hours_that_are_alike_share_the_calls() -> None:
    """Else all agents would be needed in one hour."""
    assert set(hours(known(calls=100_000))) == set(HOURS)
    both = hours(known(calls=100_000, h11=30, h17=31))
    assert min(both[11], both[17]) > 150


def test_calls_of_an_hour_are_spread_over_it() -> None:
    found = [chosen(known(h17=90), lead) for lead in LEADS]
    minutes = Counter(one[0].minute // 10 for one in found if one is not None)
    assert set(minutes) == {0, 1, 2, 3, 4}
    assert min(minutes.values()) > 80


def test_it_learns_the_best_hours_of_a_world_it_does_not_know() -> None:
    """Answers by hour as they truly are; each call is counted before the next is planned."""
    truth = {hour: 0.12 + 0.18 * (hour in (12, 18)) for hour in HOURS}
    counts = {Slot(False, hour): Count(round(16 * 0.12), 16) for hour in HOURS}
    draw, late = Random(5), Counter[int]()
    for n in range(2500):
        found = chosen(Learned(counts), uuid5(UUID(int=7), str(n)))
        assert found is not None
        hour = found[0].astimezone(ZoneInfo(NEW_YORK)).hour
        before = counts[Slot(False, hour)]
        counts[Slot(False, hour)] = Count(before.hits + (draw.random() < truth[hour]), before.of + 1)
        late[hour] += n >= 1500
    assert (late[12] + late[18]) / 1000 > 0.7


# --- when the planned time stays ---


def test_too_few_calls_choose_nothing() -> None:
    assert chosen(Learned({Slot(False, 9): Count(20, FEWEST - 1)})) is None
    assert chosen(Learned({Slot(False, 9): Count(20, FEWEST)})) is not None


def test_the_holdout_keeps_the_planned_time_in_its_share_and_always_the_same_leads() -> None:
    first = {lead: chosen(known(), lead, holdout=0.2) for lead in LEADS}
    kept = {lead for lead, one in first.items() if one == (TUESDAY_AT_9, TimedBy.HOLDOUT)}
    assert 0.15 < len(kept) / len(LEADS) < 0.25
    assert kept == {
        lead for lead in LEADS if (one := chosen(known(), lead, holdout=0.2, index=5)) and one[1] == "holdout"
    }
    assert all(one is not None and one[1] == "learned" for lead, one in first.items() if lead not in kept)


def test_only_hours_of_that_day_that_are_lawful_and_have_not_passed() -> None:
    def evening(at: datetime) -> bool:
        return at.astimezone(ZoneInfo(NEW_YORK)).time() >= time(17)

    assert set(hours(known(), lawful=evening)) == {17, 18, 19, 20}
    assert set(hours(known(), fits=evening)) == {17, 18, 19, 20}
    assert {19, 20} <= set(hours(known(), floor=TUESDAY_AT_9 + timedelta(hours=9))) <= {18, 19, 20}
    assert chosen(known(), lawful=lambda at: False) is None
    assert chosen(known(), floor=TUESDAY_AT_9 + timedelta(hours=14)) is None


def test_the_clock_is_the_persons() -> None:
    found = BestTime(known(h17=95), SOURCE, None, any_time).choose(
        LEADS[1], 1, "Pacific/Honolulu", TUESDAY_AT_9, MONDAY, 0.0, any_time
    )
    assert found is not None
    there = found[0].astimezone(ZoneInfo("Pacific/Honolulu"))
    assert (there.date().isoformat(), there.hour) == ("2026-11-24", 17)


# --- the planner asks ---


def next_of(step: Step, best: BestTime | None) -> Planned:
    plan = Cadence((Step(timedelta(0)), step), best_time=best)
    person = Person(LEADS[2], MONDAY, NEW_YORK)
    found = plan.next(Course([Made(0, "no_answer", MONDAY)]), person, MONDAY)
    assert isinstance(found, Planned)
    return found


def test_a_step_that_asks_gets_the_learned_hour_and_says_so() -> None:
    best = BestTime(known(h17=95), SOURCE, "NY", any_time)
    asking = Step(timedelta(days=1), at=time(9, 30), best_time=0.01)
    found = next_of(asking, best)
    assert found.timed_by is TimedBy.LEARNED
    assert found.moved[-1] == (Moved.LEARNED, found.due_at)
    assert found.due_at.astimezone(ZoneInfo(NEW_YORK)).hour == 17
    plain = next_of(Step(timedelta(days=1), at=time(9, 30)), best)
    assert (plain.due_at, plain.timed_by) == (TUESDAY_AT_9, None)
    assert next_of(asking, None) == plain


def test_a_steps_window_is_kept() -> None:
    best = BestTime(known(h17=95), SOURCE, "NY", any_time)
    window = parse_weekly({"mon-sun": "09:00-12:00"})
    found = next_of(Step(timedelta(days=1), window=window, best_time=0.01), best)
    assert found.due_at.astimezone(ZoneInfo(NEW_YORK)).hour in (9, 10, 11)


# --- the file ---


def part(*steps: dict[str, Any]) -> CampaignPart:
    first = {"after": "0s", "channel": "call"}
    return CampaignPart.model_validate(
        {"name": "auto", "seller": "Acme", "dial": {"agents": "sales"}, "cadence": [first, *steps]}
    )


def test_a_cadence_says_which_calls_are_chosen() -> None:
    found = part({"after": "1d", "at": "09:30", "channel": "call", "best_time": {"holdout": "20%"}}).to_domain(
        NEW_YORK, ContactPolicy()
    )
    assert [step.best_time for step in found.cadence] == [None, 0.2]
    assert campaign_from_json(campaign_to_json(found)) == found
    assert (
        part({"after": "1d", "channel": "call", "best_time": {}})
        .to_domain(NEW_YORK, ContactPolicy())
        .cadence[1]
        .best_time
        == 0.1
    )


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"after": "2h", "channel": "call", "best_time": {}}, "planned by days"),
        ({"after": "2d", "channel": "sms", "text": "Hi", "best_time": {}}, "planned by days"),
        ({"after": "2d", "channel": "call", "best_time": {"holdout": "0%"}}, 'share like "50%"'),
        ({"after": "2d", "channel": "call", "best_time": {"holdout": "80%"}}, "less than or equal"),
        ({"wait": "2d", "best_time": {}}, "planned by days"),
    ],
)
def test_a_step_whose_hour_cannot_be_chosen_is_refused(step: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        part(step)


def test_a_campaign_may_ask_for_all_its_later_calls() -> None:
    steps = [
        {"after": "0s", "channel": "call"},
        {"after": "2h", "channel": "call"},
        {"after": "1d", "channel": "call"},
        {"after": "2d", "channel": "call", "best_time": {"holdout": "30%"}},
        {"after": "3d", "channel": "sms", "text": "Hi"},
    ]
    said = {"name": "auto", "seller": "Acme", "dial": {"agents": "sales"}, "best_time": {"holdout": "20%"}}
    found = CampaignPart.model_validate(said | {"cadence": steps}).to_domain(NEW_YORK, ContactPolicy())
    assert [step.best_time for step in found.cadence] == [None, None, 0.2, 0.3, None]
    with pytest.raises(ValidationError, match="no later call of the cadence is planned by days"):
        CampaignPart.model_validate(said | {"cadence": steps[:2]})


def test_the_first_step_comes_when_the_lead_does() -> None:
    with pytest.raises(ValidationError, match="say it of a later call"):
        CampaignPart.model_validate(
            {
                "name": "auto",
                "seller": "Acme",
                "dial": {"agents": "sales"},
                "cadence": [{"after": "1d", "channel": "call", "best_time": {}}],
            }
        )
