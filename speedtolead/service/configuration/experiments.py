"""What the configuration file may say of experiments.

Owns: the shape of that part of a campaign, and that its arms can work. Must not know: what is in the database.

::

    experiments:
      - name: first-call
        measure: contact
        effect: 5%
        settles: 2d
        arms:
          - {name: at-once, share: 50%}
          - {name: two-minutes, share: 50%, delay: 2m}
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from speedtolead.domain.cadence.plan import CONTACTS, Message, Plan, Since
from speedtolead.domain.call import DialMode
from speedtolead.domain.experiment import Arm, Experiment, Measure
from speedtolead.domain.hours import WeeklyHours
from speedtolead.service.configuration.cadence import StepPart, check_plan, check_words
from speedtolead.service.configuration.values import Duration, Misplaced, Name, Part, Percent, Spoken, only


class ArmPart(Part):
    """What is left out is as the campaign has it. ``texts``: words by the names of steps."""

    name: Name
    share: Percent
    delay: Annotated[Duration, Field(le=timedelta(hours=1))] = timedelta(0)
    mode: Annotated[str, AfterValidator(only(*(mode.value for mode in DialMode)))] | None = None
    cadence: Annotated[list[StepPart], Field(min_length=1, max_length=50)] | None = None
    texts: dict[str, Spoken] = Field(default_factory=dict)

    def to_domain(self) -> Arm:
        return Arm(
            name=self.name,
            share=self.share,
            delay=self.delay,
            mode=None if self.mode is None else DialMode(self.mode),
            cadence=None if self.cadence is None else tuple(step.to_domain() for step in self.cadence),
            texts=tuple(self.texts.items()),
        )


class ExperimentPart(Part):
    name: Name
    measure: Annotated[str, AfterValidator(only(*(measure.value for measure in Measure)))] = Measure.CONTACT.value
    effect: Annotated[Percent, Field(ge=0.001, le=0.5)] = 0.05
    settles: Annotated[Duration, Field(ge=timedelta(minutes=5), le=timedelta(days=60))] = timedelta(days=2)
    arms: Annotated[list[ArmPart], Field(min_length=2, max_length=6)]

    @model_validator(mode="after")
    def _whole(self) -> ExperimentPart:
        names = [arm.name for arm in self.arms]
        found = [
            (f"arms[{n}].name", f"{name!r} is said twice") for n, name in enumerate(names) if name in names[:n]
        ]
        total = sum(arm.share for arm in self.arms)
        if abs(total - 1) > 1e-6:
            found.append(("arms", f"the shares add up to {total:.4g} of the leads; they must to 100%"))
        if not self.to_domain().changes:
            found.append(("arms", "the arms differ in nothing; say delay, mode, cadence or texts of one"))
        if found:
            raise Misplaced(found)
        return self

    def to_domain(self) -> Experiment:
        return Experiment(
            self.name, tuple(arm.to_domain() for arm in self.arms), Measure(self.measure), self.effect, self.settles
        )


def check_experiments(
    experiments: Sequence[ExperimentPart],
    plan: Plan,
    hours: WeeklyHours,
    days: int | None,
    segments: int,
    shotgun: bool,
) -> None:
    """Raises Misplaced where an arm could not work, or two experiments would change the same thing."""
    found: list[tuple[str, str]] = []
    changed: dict[str, str] = {}
    for n, part in enumerate(experiments):
        if part.name in {earlier.name for earlier in experiments[:n]}:
            found.append((f"experiments[{n}].name", f"{part.name!r} is said twice"))
        for what in sorted(_parts(part.to_domain())):
            if what in changed:
                found.append((f"experiments[{n}].arms", f"{changed[what]!r} changes the {what} already"))
            changed.setdefault(what, part.name)
        for m, arm in enumerate(part.arms):
            found += [(f"experiments[{n}].arms[{m}]{place}", words) for place, words in _arm(arm, plan, shotgun)]
            try:
                arms_plan = arm.to_domain().plan(plan)
                check_plan(arms_plan, hours, days)
                check_words(arms_plan, segments)
            except Misplaced as error:
                found += [(f"experiments[{n}].arms[{m}].cadence{place}", words) for place, words in error.problems]
    if found:
        raise Misplaced(found)


def _parts(experiment: Experiment) -> set[str]:
    """What two experiments at once would be in each other's way in."""
    return {"mode" if what == "mode" else "cadence" for what in experiment.changes}


def _arm(arm: ArmPart, plan: Plan, shotgun: bool) -> list[tuple[str, str]]:
    found = []
    steps = list(arm.to_domain().cadence or plan)
    if arm.delay and (
        steps[0].channel not in CONTACTS or steps[0].at is not None or steps[0].since is not Since.ARRIVAL
    ):
        found.append((".delay", "only a first step that comes so long after the lead's arrival can be delayed"))
    texts = {step.name for step in steps if isinstance(step.content, Message)}
    found += [
        (f".texts.{name}", "no step of that name writes anything; give the step a name: in the cadence")
        for name in arm.texts
        if name not in texts
    ]
    if shotgun and arm.mode not in (None, DialMode.AGENT_FIRST.value):
        found.append((".mode", f"shotgun rings agents before the lead; {arm.mode} does not"))
    return found
