"""The best time in a running service: calls are counted by hour, once, and the next attempts are planned by it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from histories import Called, Past, lived
from posting import new_database, new_phone
from running import RunningService, configuration, person, running_service

from speedtolead.domain.best_time import SLOTS
from speedtolead.service.learning.best_times import Answering, BestTimes
from speedtolead.simulator.people import Does

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLACE = ZoneInfo("America/New_York")
CADENCE = "[{after: 0s, channel: call}, {after: 1d, channel: call, best_time: {holdout: 1%}}]"
DAYS = 7


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    folder: Path = tmp_path_factory.mktemp("best_times")
    people = (person("+121255501[1-2]?", Does.ANSWER, ring=1.0, presses="1"), person("*", Does.BUSY, ring=1.0))
    text = configuration(cadence=CADENCE, agents=3)
    async with new_database(server_url) as url, running_service(url, folder, text, people=people) as running:
        yield running


def answering(service: RunningService) -> Answering:
    found: Answering = service.node.services.learning.answering
    return found


async def reported(service: RunningService) -> BestTimes:
    return await answering(service).report(await service.account_id())


async def test_before_there_is_anything_the_report_says_what_is_missing(service: RunningService) -> None:
    found = await reported(service)
    assert (found.calls, found.missing) == (0, 200)
    assert "no lift to tell" in found.conclusion


async def test_follow_up_calls_are_counted_once_by_the_hour_where_the_person_is(service: RunningService) -> None:
    """On each of seven days, in each hour six second calls; nobody answers but at two in the afternoon."""
    today = datetime.now(PLACE).replace(hour=8, minute=0, second=0, microsecond=0)
    past = []
    for day in range(2, 2 + DAYS):
        for hour in range(8, 21):
            at = today.replace(hour=hour) - timedelta(days=day)
            for n in range(6):
                came = (at - timedelta(hours=20, minutes=n)).astimezone(UTC)
                again = timedelta(hours=20, minutes=n + 30)
                past.append(Past(came, [Called(timedelta(seconds=4)), Called(again, hour == 14 and n < 5)]))
    async with service.database.connection() as tx:
        await lived(tx, await service.account_id(), past)
        await tx.execute("DELETE FROM answers_counted")
    await asyncio.gather(answering(service).learn(), answering(service).learn())
    await answering(service).learn()
    found = await reported(service)
    assert found.calls == len(past)
    assert found.missing == 0
    by_slot = {one.slot: one.count for one in found.slots}
    assert sum(by_slot[slot].of for slot in SLOTS if slot.hour == 14) == 6 * DAYS
    assert {slot.hour for slot in SLOTS if by_slot[slot].hits} == {14}
    best = max(found.slots, key=lambda one: one.expected)
    assert best.slot.hour == 14
    assert [one.slot for one in found.sources["form"]] == SLOTS


async def test_the_next_call_is_planned_in_the_hour_that_was_learned(service: RunningService) -> None:
    due, timed = [], []
    for _ in range(4):
        status, answer = await service.post(phone=new_phone())
        assert status == 202
        lead = await service.lead_when(answer["lead_id"], lambda lead: len(lead["attempts"]) == 2)
        due.append(datetime.fromisoformat(lead["attempts"][1]["due_at"]).astimezone(PLACE))
        timed.append(lead["attempts"][1]["timed_by"])
    assert set(timed) <= {"learned", "holdout"}
    assert timed.count("learned") >= 2  # one in a hundred keeps its time
    assert {at.hour for at, by in zip(due, timed, strict=True) if by == "learned"} == {14}
    tomorrow = (datetime.now(PLACE) + timedelta(days=1)).date()
    assert {at.date() for at in due} <= {tomorrow, tomorrow - timedelta(days=1)}


async def test_the_lift_is_of_each_leads_first_such_call(service: RunningService) -> None:
    async with service.database.connection() as tx:
        await tx.execute(
            "UPDATE attempt SET timed_by = CASE WHEN number = 2 THEN 'learned' END WHERE ended_at IS NOT NULL"
        )
        await tx.execute(
            "UPDATE attempt SET timed_by = 'holdout' WHERE number = 2 AND ended_at IS NOT NULL"
            " AND extract(hour FROM requested_at AT TIME ZONE 'America/New_York') < 14"
        )
    found = await reported(service)
    assert (found.learned.of, found.holdout.of) == (6 * 7 * DAYS, 6 * 6 * DAYS)
    assert (found.learned.hits, found.holdout.hits) == (5 * DAYS, 0)
    report = await service.get("/v1/stats/best-time")
    assert report["lift"]["learned"]["numerator"] == 5 * DAYS
    assert len(report["slots"]) == len(SLOTS)
    at_14 = next(one for one in report["slots"] if (one["weekend"], one["hour"]) == (False, 14))
    assert at_14["answer_rate"]["value"] == pytest.approx(5 / 6)
