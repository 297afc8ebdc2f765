"""Experiments: leads of a campaign split between arms, and what each arm does differently.

Owns: which lead goes into which arm, what an arm changes of its campaign, and what an experiment has to say of
itself before it begins. Must not know: what became of the leads (``statistics.sequential`` judges that).

An arm is drawn from a hash of account, experiment and lead: even over leads, always the same for one lead, and
independent of what the lead is. It is written down with the lead, so that a lead stays in its arm whatever is
changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from hashlib import blake2b
from math import sqrt
from uuid import UUID

from speedtolead.domain.cadence.plan import Message, Plan
from speedtolead.domain.call import DialMode
from speedtolead.domain.statistics.rates import z_of


class Measure(StrEnum):
    """By what an experiment is decided: the share of an arm's leads that got so far."""

    CONTACT = "contact"
    APPOINTMENT = "appointment"
    SALE = "sale"


@dataclass(frozen=True, slots=True)
class Arm:
    """``share``: of the leads, 0 to 1. What is None, zero or empty is as the campaign has it.

    ``delay``: so much later comes the first step. ``texts``: other words for the steps so named.
    """

    name: str
    share: float
    delay: timedelta = timedelta(0)
    mode: DialMode | None = None
    cadence: Plan | None = None
    texts: tuple[tuple[str, str], ...] = ()

    @property
    def changes(self) -> frozenset[str]:
        """Which parts of a campaign it changes."""
        said = {"delay": self.delay, "mode": self.mode, "cadence": self.cadence, "texts": self.texts}
        return frozenset(name for name, value in said.items() if value)

    def plan(self, cadence: Plan) -> Plan:
        """The campaign's cadence as this arm has it."""
        steps = list(self.cadence or cadence)
        words = dict(self.texts)
        for index, step in enumerate(steps):
            if step.name in words and isinstance(step.content, Message):
                steps[index] = replace(step, content=replace(step.content, text=words[step.name]))
        if self.delay:
            steps[0] = replace(steps[0], after=steps[0].after + self.delay)
        return tuple(steps)


@dataclass(frozen=True, slots=True)
class Experiment:
    """The first arm is the one that the others are compared with.

    ``effect``: the smallest difference of rates that matters, 0 to 1. ``settles``: a lead counts from this age on,
    so that an arm that is later by design is not behind for that alone.
    """

    name: str
    arms: tuple[Arm, ...]
    measure: Measure = Measure.CONTACT
    effect: float = 0.05
    settles: timedelta = timedelta(days=2)

    @property
    def changes(self) -> frozenset[str]:
        return frozenset[str]().union(*(arm.changes for arm in self.arms))

    @property
    def randomises_delay(self) -> bool:
        """Its arms differ in nothing but how late the first step is."""
        return self.changes == {"delay"}

    def arm_of(self, account_id: UUID, lead_id: UUID) -> Arm:
        at = _drawn(account_id, self.name, lead_id)
        for arm in self.arms[:-1]:
            at -= arm.share
            if at < 0:
                return arm
        return self.arms[-1]

    def arm(self, name: str | None) -> Arm | None:
        return next((arm for arm in self.arms if arm.name == name), None)


def assigned(experiments: Sequence[Experiment], account_id: UUID, lead_id: UUID) -> dict[str, str] | None:
    """The arm of each experiment, by names, as it is stored with a new lead; None where there is no experiment."""
    return {one.name: one.arm_of(account_id, lead_id).name for one in experiments} or None


def chosen(experiments: Sequence[Experiment], arms: Mapping[str, str] | None) -> list[Arm]:
    """The arms by which a lead goes. What is no longer there changes nothing."""
    if not arms:
        return []
    return [arm for one in experiments if (arm := one.arm(arms.get(one.name))) is not None]


def uneven(leads: Sequence[int], shares: Sequence[float]) -> bool:
    """The arms' sizes are not what their shares make of them: something is wrong with how leads are counted.

    By chance in one of 1,000 looks at most (normal approximation, each arm by itself, Bonferroni).
    """
    total, bound = sum(leads), z_of(1 - 0.001 / max(1, len(leads)))
    return any(
        abs(count - total * share) > max(bound * sqrt(total * share * (1 - share)), 1.0)
        for count, share in zip(leads, shares, strict=True)
    )


def _drawn(account_id: UUID, name: str, lead_id: UUID) -> float:
    """Even in [0, 1). The account's id is of fixed length and the lead's as well, so no two inputs are alike."""
    digest = blake2b(account_id.bytes + lead_id.bytes + name.encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
