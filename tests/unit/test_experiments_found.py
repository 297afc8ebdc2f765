"""What is concluded from the counts of an experiment's arms, in words that a manager can act on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from speedtolead.domain.call import DialMode
from speedtolead.domain.experiment import Arm, Experiment, Measure
from speedtolead.service.learning.experiments import Found, differs, judged
from speedtolead.store.experiment_json import experiment_to_json
from speedtolead.store.experiments import ArmCounts, ExperimentRow

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = Arm("later", 0.5, delay=timedelta(minutes=2))
TWO = Experiment("speed", (Arm("at-once", 0.5), LATER), effect=0.05)


def found(
    *counts: tuple[str, int, int], experiment: Experiment = TWO, ended: bool = False, sooner: int = 0
) -> Found:
    row = ExperimentRow(
        UUID(int=1),
        UUID(int=2),
        "auto",
        experiment.name,
        experiment_to_json(experiment),
        NOW - timedelta(days=22),
        NOW if ended else None,
    )
    told = [ArmCounts(arm, leads, sooner, leads, hits, 0, 0, None) for arm, leads, hits in counts]
    return judged(row, told, NOW)


def test_a_worse_arm_is_named_with_how_much_worse_it_is() -> None:
    one = found(("at-once", 2000, 900), ("later", 2000, 700))
    assert one.enough
    assert one.conclusion.startswith("later has a lower contact rate than at-once (−10.0 points, from −")
    assert (one.still_needed, one.days_more) == (0, None)


def test_a_difference_that_does_not_matter_is_said_to_be_none() -> None:
    one = found(("at-once", 9000, 3600), ("later", 9000, 3610))
    assert one.enough
    assert "differ by less than 5 points in their contact rates" in one.conclusion


def test_too_little_data_say_how_much_more_and_how_long_that_takes() -> None:
    one = found(("at-once", 1000, 400), ("later", 1000, 400))
    assert not one.enough
    assert one.still_needed is not None
    assert one.days_more == pytest.approx(one.still_needed / 100, abs=1)  # 2,000 leads in 20 days
    assert f"about {one.still_needed:,} more leads of both are needed" in one.conclusion


def test_nothing_counted_yet() -> None:
    one = found()
    assert (one.enough, one.still_needed, one.days_more) == (False, None, None)
    assert one.conclusion == "Nothing is known of later against at-once yet."


def test_leads_that_are_too_young_are_in_no_rate() -> None:
    one = found(("at-once", 120, 40), ("later", 120, 40), sooner=20)
    assert [arm.counts[Measure.CONTACT].of for arm in one.arms] == [100, 100]


def test_arms_of_the_wrong_size_conclude_nothing() -> None:
    one = found(("at-once", 3000, 1500), ("later", 2000, 400))
    assert one.uneven
    assert "nothing is concluded" in one.conclusion


def test_what_was_ended_early_says_so() -> None:
    one = found(("at-once", 100, 40), ("later", 100, 40), ended=True)
    assert one.conclusion.endswith("It was ended before there was an answer.")
    assert one.days_more is None


def test_with_several_arms_each_has_its_own_answer() -> None:
    third = Experiment(
        "three", (Arm("a", 0.4), Arm("b", 0.3, mode=DialMode.BOTH), Arm("c", 0.3, delay=LATER.delay))
    )
    one = found(("a", 4000, 1600), ("b", 3000, 1280), ("c", 3000, 700), experiment=third)
    assert [arm.against_first is not None for arm in one.arms] == [False, True, True]
    assert not one.enough
    assert "c has a lower contact rate than a" in one.conclusion
    assert "do not tell b from a yet" in one.conclusion


def test_what_differs_is_said_in_words() -> None:
    arm = Arm("x", 0.5, timedelta(seconds=90), DialMode.HOT, (), (("last", "Hi"),))
    assert differs(arm) == (
        "a cadence of its own, 0 steps",
        "first step 90 s later",
        "mode hot",
        "other words in last",
    )
