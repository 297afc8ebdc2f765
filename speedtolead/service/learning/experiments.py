"""What experiments have found so far, and whether that is enough.

Owns: which counts are compared, and the sentence that says what follows. Must not know: how it is asked for or
shown.

Every arm is compared with the first, by the experiment's own measure and by a test that may be looked at any time
(``domain.statistics.sequential``). The other measures are shown with plain intervals, and decide nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from speedtolead.domain.experiment import Arm, Experiment, Measure, uneven
from speedtolead.domain.statistics.rates import Count, Estimate, difference
from speedtolead.domain.statistics.sequential import ALPHA, Comparison, Said, compare
from speedtolead.ports import Clock
from speedtolead.store import experiments as rows
from speedtolead.store.database import Database
from speedtolead.store.experiments import ArmCounts, ExperimentRow

WORDS = {Measure.CONTACT: "contact", Measure.APPOINTMENT: "appointment", Measure.SALE: "sale"}


@dataclass(frozen=True, slots=True)
class ArmFound:
    """``counts`` by measure, over the leads that are old enough. ``against_first``: None for the first arm."""

    name: str
    share: float
    differs: tuple[str, ...]
    leads: int
    counted: int
    dialled: int
    counts: dict[Measure, Count]
    revenue: float
    against_first: Comparison | None
    once: dict[Measure, Estimate | None]
    """By measure, second less first, right for one look only."""


@dataclass(frozen=True, slots=True)
class Found:
    """``conclusion`` in words; ``enough`` says that every arm has an answer. ``days_more``: at the present pace."""

    campaign: str
    experiment: Experiment
    began_at: datetime
    ended_at: datetime | None
    arms: list[ArmFound]
    uneven: bool
    conclusion: str
    enough: bool
    still_needed: int | None
    days_more: int | None


class Experiments:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def report(self, account_id: UUID, campaign: str | None = None) -> list[Found]:
        """Every experiment, running ones first, the latest first."""
        now = self._clock.now()
        async with self._database.snapshot() as tx:
            found = []
            for row in await rows.EXPERIMENTS_OF_ACCOUNT.all(tx, account_id=account_id, campaign=campaign):
                counts = await rows.EXPERIMENT_COUNTS.all(
                    tx,
                    account_id=account_id,
                    campaign_id=row.campaign_id,
                    name=row.name,
                    began=row.began_at,
                    settled=now - row.experiment.settles,
                )
                found.append(judged(row, counts, now))
            return found


def judged(row: ExperimentRow, counts: list[ArmCounts], now: datetime) -> Found:
    """An experiment with what is known of its arms at ``now``."""
    experiment, by_arm = row.experiment, {one.arm: one for one in counts}
    empty = ArmCounts("", 0, 0, 0, 0, 0, 0, None)
    told = [by_arm.get(arm.name, empty) for arm in experiment.arms]
    hits = [_counts(one) for one in told]
    alpha = ALPHA / (len(told) - 1)
    arms = []
    for n, (arm, one) in enumerate(zip(experiment.arms, told, strict=True)):
        decided = compare(hits[0][experiment.measure], hits[n][experiment.measure], experiment.effect, alpha)
        arms.append(
            ArmFound(
                name=arm.name,
                share=arm.share,
                differs=differs(arm),
                leads=one.leads,
                counted=one.leads - one.sooner,
                dialled=one.dialled,
                counts=hits[n],
                revenue=float(one.revenue or 0),
                against_first=decided if n else None,
                once={
                    measure: difference(hits[0][measure], hits[n][measure]) if n else None for measure in Measure
                },
            )
        )
    off = uneven([one.leads for one in told], [arm.share for arm in experiment.arms])
    compared = [one.against_first for one in arms if one.against_first is not None]
    needs = [one.still_needed for one in compared if one.said is Said.NOT_YET]
    known = [need for need in needs if need is not None]
    needed = None if len(known) < len(needs) else max(known, default=0)
    return Found(
        campaign=row.campaign,
        experiment=experiment,
        began_at=row.began_at,
        ended_at=row.ended_at,
        arms=arms,
        uneven=off,
        conclusion=_conclusion(experiment, arms, off, row.ended_at is not None),
        enough=not needs,
        still_needed=needed,
        days_more=_days(needed, sum(one.counted for one in arms), now - row.began_at - experiment.settles)
        if row.ended_at is None
        else None,
    )


def _counts(one: ArmCounts) -> dict[Measure, Count]:
    counted = one.leads - one.sooner
    hits = {Measure.CONTACT: one.contacted, Measure.APPOINTMENT: one.appointments, Measure.SALE: one.sales}
    return {measure: Count(hit, counted) for measure, hit in hits.items()}


def differs(arm: Arm) -> tuple[str, ...]:
    """What an arm does differently, in words."""
    said = []
    if arm.cadence is not None:
        said.append(f"a cadence of its own, {len(arm.cadence)} steps")
    if arm.delay:
        said.append(f"first step {_seconds(arm.delay)} later")
    if arm.mode is not None:
        said.append(f"mode {arm.mode.value}")
    if arm.texts:
        said.append("other words in " + ", ".join(name for name, _ in arm.texts))
    return tuple(said)


def _seconds(delay: timedelta) -> str:
    seconds = round(delay.total_seconds())
    return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"


def _conclusion(experiment: Experiment, arms: list[ArmFound], off: bool, over: bool) -> str:
    if off:
        return (
            "The arms do not have their shares of the leads, which chance does not explain: "
            "something keeps leads out of one of them, so nothing is concluded."
        )
    said = [_sentence(experiment, arms[0].name, arm) for arm in arms[1:]]
    if over and any(arm.against_first and arm.against_first.said is Said.NOT_YET for arm in arms):
        said.append("It was ended before there was an answer.")
    return " ".join(said)


def _sentence(experiment: Experiment, first: str, arm: ArmFound) -> str:
    assert arm.against_first is not None
    found, what, points = arm.against_first, WORDS[experiment.measure], experiment.effect * 100
    apart = "" if found.difference is None else f" ({_points(found.difference)})"
    if found.said in (Said.BETTER, Said.WORSE):
        than = "higher" if found.said is Said.BETTER else "lower"
        return f"{arm.name} has a {than} {what} rate than {first}{apart}."
    if found.said is Said.SAME:
        return f"{arm.name} and {first} differ by less than {points:g} points in their {what} rates{apart}."
    if found.still_needed is None:
        return f"Nothing is known of {arm.name} against {first} yet."
    return (
        f"The data do not tell {arm.name} from {first} yet{apart}; "
        f"about {found.still_needed:,} more leads of both are needed if it goes on like this."
    )


def _points(found: Estimate) -> str:
    assert found.value is not None
    assert found.high is not None
    return f"{found.value * 100:+.1f} points, from {found.low * 100:+.1f} to {found.high * 100:+.1f}".replace(
        "-", "−"
    )


def _days(needed: int | None, counted: int, took: timedelta) -> int | None:
    if not needed or not counted or took <= timedelta(hours=1):
        return None
    return ceil(needed / (counted / (took / timedelta(days=1))))
