"""The hours in which an account's people answer: counted, shown, and handed to the planner.

Owns: when calls are counted, and what is compared. Must not know: how an hour is drawn (``domain.best_time``).
Killed at any moment: a day of calls and the note that it was counted are one transaction, so the next tick, on any
node, goes on from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from speedtolead.domain.best_time import FEWEST, SLOTS, Answers, BestTime, Learned, Slot, TimedBy
from speedtolead.domain.campaign import Campaign
from speedtolead.domain.permit import Facts
from speedtolead.domain.statistics.rates import Count, Estimate, rate
from speedtolead.domain.statistics.sequential import Comparison, compare
from speedtolead.ports import Clock
from speedtolead.service.lawful.permits import Permits
from speedtolead.store import best_time as rows
from speedtolead.store.cadence import CourseRow
from speedtolead.store.database import Database
from speedtolead.store.query import Connection

SETTLES = timedelta(hours=1)
"""So long after its end a call's last word has come, or never comes."""
MOST_TURNS = 200
"""Of one tick: an account with a long past is counted a day at a time."""
EFFECT = 0.05
"""The lift that the comparison is tuned to, in answers of calls."""
_NONE = Count(0, 0)


async def best_time_of(
    tx: Connection, permits: Permits, row: CourseRow, campaign: Campaign, known: Facts, now: datetime
) -> BestTime | None:
    """What the planner asks for a lead's hour; None for a cadence in which nothing asks."""
    if all(step.best_time is None for step in campaign.cadence):
        return None
    learned = await rows.learned(tx, row.account_id, now)
    return BestTime(
        learned, row.source_id, row.region, lambda at: permits.decide("call", campaign, known, at).allowed
    )


@dataclass(frozen=True, slots=True)
class SlotFound:
    """``expected``: what is believed of the slot, shrunk; ``rate`` is what was counted, with its interval."""

    slot: Slot
    count: Count
    rate: Estimate | None
    expected: float


@dataclass(frozen=True, slots=True)
class BestTimes:
    """``missing``: so many follow-up calls until hours are chosen; 0: they are, where a step asks for it.

    ``lift``: learned against holdout, in answered first calls of a lead, by a test that may be looked at any time.
    """

    calls: int
    missing: int
    slots: list[SlotFound]
    sources: dict[str, list[SlotFound]]
    learned: Count
    holdout: Count
    lift: Comparison
    conclusion: str


class Answering:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def learn(self) -> None:
        """Count the follow-up calls that have ended since one looked last."""
        now = self._clock.now()
        async with self._database.connection() as tx:
            await rows.BEGIN_COUNTING_ANSWERS.run(tx, now=now)
        for _ in range(MOST_TURNS):
            async with self._database.transaction() as tx:
                turn = await rows.TURN_TO_COUNT.first(tx, settled=now - SETTLES)
                if turn is None:
                    return
                await rows.COUNT_ANSWERS.run(tx, account_id=turn.account_id, since=turn.since, upto=turn.upto)

    async def report(self, account_id: UUID) -> BestTimes:
        async with self._database.snapshot() as tx:
            found = await rows.LEARNED_ANSWERS.all(tx, account_id=account_id, now=self._clock.now())
            lifts = await rows.LIFT_OF_BEST_TIME.all(tx, account_id=account_id)
        learned = rows.of_rows(found)
        names = {row.source_id: row.source for row in found}
        counts = {row.timed_by: Count(row.answers, row.calls) for row in lifts}
        chosen, kept = counts.get(TimedBy.LEARNED, _NONE), counts.get(TimedBy.HOLDOUT, _NONE)
        lift = compare(kept, chosen, EFFECT)
        return BestTimes(
            calls=learned.calls,
            missing=max(0, FEWEST - learned.calls),
            slots=_slots(learned, learned.account, None),
            sources={
                name: _slots(learned, learned.sources[source_id], source_id)
                for source_id, name in sorted(names.items(), key=lambda each: each[1])
            },
            learned=chosen,
            holdout=kept,
            lift=lift,
            conclusion=_conclusion(lift, chosen, kept),
        )


def _slots(learned: Learned, counted: Answers | Mapping[Slot, Count], source_id: UUID | None) -> list[SlotFound]:
    return [
        SlotFound(slot, counted.get(slot, _NONE), rate(counted.get(slot, _NONE)), learned.mean(slot, source_id))
        for slot in SLOTS
    ]


def _conclusion(lift: Comparison, learned: Count, holdout: Count) -> str:
    if not learned.of or not holdout.of:
        return (
            "No call was planned by learned hours yet, or none of the holdout was made: there is no lift to tell."
        )
    if lift.difference is None or lift.said == "not_yet":
        more = "" if lift.still_needed is None else f"; about {lift.still_needed:,} more leads are needed"
        return f"The data do not tell yet whether learned hours are answered more often{more}."
    if lift.said == "same":
        return "Learned hours make no difference of 5 points or more."
    more = "more" if lift.said == "better" else "less"
    return f"Calls at learned hours are answered {more} often than at the planned ones."
