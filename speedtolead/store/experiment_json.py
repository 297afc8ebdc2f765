"""Experiments as a JSON column, and back.

Owns: the stored form. Durations are seconds, shares are 0 to 1; only what an arm changes is written.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from speedtolead.domain.call import DialMode
from speedtolead.domain.experiment import Arm, Experiment, Measure
from speedtolead.store.cadence_json import step_from_json, step_to_json

Json = dict[str, Any]


def experiment_to_json(experiment: Experiment) -> Json:
    return {
        "name": experiment.name,
        "measure": experiment.measure.value,
        "effect": experiment.effect,
        "settles": experiment.settles.total_seconds(),
        "arms": [_arm_to_json(arm) for arm in experiment.arms],
    }


def experiment_from_json(kept: Json) -> Experiment:
    return Experiment(
        name=kept["name"],
        arms=tuple(_arm_from_json(arm) for arm in kept["arms"]),
        measure=Measure(kept["measure"]),
        effect=kept["effect"],
        settles=timedelta(seconds=kept["settles"]),
    )


def _arm_to_json(arm: Arm) -> Json:
    said: Json = {"name": arm.name, "share": arm.share}
    if arm.delay:
        said["delay"] = arm.delay.total_seconds()
    if arm.mode is not None:
        said["mode"] = arm.mode.value
    if arm.cadence is not None:
        said["cadence"] = [step_to_json(step) for step in arm.cadence]
    if arm.texts:
        said["texts"] = [list(one) for one in arm.texts]
    return said


def _arm_from_json(kept: Json) -> Arm:
    return Arm(
        name=kept["name"],
        share=kept["share"],
        delay=timedelta(seconds=kept.get("delay", 0)),
        mode=DialMode(kept["mode"]) if "mode" in kept else None,
        cadence=tuple(step_from_json(step) for step in kept["cadence"]) if "cadence" in kept else None,
        texts=tuple((name, words) for name, words in kept.get("texts", [])),
    )
