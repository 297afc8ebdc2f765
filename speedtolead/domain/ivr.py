"""What a caller is asked before an agent is rung: a menu by keys, a postal code; and where the answers lead.

Owns: the steps, the state between two of them, and the reading of keys. Must not know: how words are said, how keys
come in, or which agents there are. A caller who presses nothing, or nothing that is asked for, is asked again and
then goes on as the step says; nobody is ever stuck in a menu.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from speedtolead.domain.criteria import Criteria, LeadValues, judge

POSTAL_CODE = "postal_code"
_POSTAL_DIGITS = 5


class Then(StrEnum):
    """Where a key, a step without an answer, or a route leads."""

    GO_ON = "go_on"
    """The next step; after the last, to an agent."""
    VOICEMAIL = "voicemail"
    HANG_UP = "hang_up"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a key means. ``agents``: the group that takes the call; None: as otherwise."""

    value: str
    agents: str | None = None
    then: Then = Then.GO_ON


@dataclass(frozen=True, slots=True)
class Step:
    """One question. ``keys`` is empty for a postal code, of which five digits are taken."""

    ask: str
    """The name of the attribute in which the answer is kept; ``postal_code`` is the lead's own."""
    say: str
    keys: Mapping[str, Choice] = field(default_factory=dict)
    tries: int = 2
    otherwise: Then = Then.GO_ON
    """After so many tries without an answer."""

    @property
    def digits(self) -> int:
        """How many keys make an answer."""
        return 1 if self.keys else _POSTAL_DIGITS


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a caller has come. ``then`` other than ``GO_ON``: the menu is over, and this follows."""

    step: int = 0
    tried: int = 0
    """How often the present step was asked in vain."""
    answers: Mapping[str, str] = field(default_factory=dict)
    agents: str | None = None
    then: Then = Then.GO_ON

    @property
    def mark(self) -> str:
        """Names this state: a key press that was meant for another one is known by it."""
        return f"{self.step}.{self.tried}"


def asking(steps: Sequence[Step], progress: Progress) -> Step | None:
    """The step that is to be asked now; None: there is none left."""
    done = progress.then is not Then.GO_ON or progress.step >= len(steps)
    return None if done else steps[progress.step]


def pressed(
    steps: Sequence[Step], progress: Progress, digits: str, is_postal_code: Callable[[str], bool]
) -> Progress:
    """The state after the caller's keys; ``digits`` is empty where none was pressed in time."""
    step = asking(steps, progress)
    if step is None:
        return progress
    if not step.keys:
        if len(digits) == _POSTAL_DIGITS and is_postal_code(digits):
            return _answered(progress, step, Choice(digits))
    elif digits in step.keys:
        return _answered(progress, step, step.keys[digits])
    tried = progress.tried + 1
    if tried < step.tries:
        return replace(progress, tried=tried)
    return replace(progress, step=progress.step + 1, tried=0, then=step.otherwise)


def _answered(progress: Progress, step: Step, choice: Choice) -> Progress:
    return Progress(
        step=progress.step + 1,
        answers={**progress.answers, step.ask: choice.value},
        agents=choice.agents or progress.agents,
        then=choice.then,
    )


@dataclass(frozen=True, slots=True)
class Route:
    """Calls that fulfil ``when`` (state, postal code, answers, hours) go to ``agents``, or where ``then`` says."""

    when: Criteria
    agents: str | None = None
    then: Then = Then.GO_ON


@dataclass(frozen=True, slots=True)
class Way:
    """Where a call goes: to a group of agents, unless ``then`` says otherwise."""

    agents: str
    then: Then = Then.GO_ON
    route: int | None = None
    """Which route decided, counted from 0; None: none did."""


def way(
    routes: Sequence[Route], progress: Progress, state: str | None, postal: str | None, agents: str, now: datetime
) -> Way:
    """The first route that fits decides; then the key that was pressed; then the campaign's group ``agents``."""
    if progress.then is not Then.GO_ON:
        return Way(progress.agents or agents, progress.then)
    attributes = {name: value for name, value in progress.answers.items() if name != POSTAL_CODE}
    values = LeadValues(state=state, postal_code=postal, attributes=attributes)
    for place, route in enumerate(routes):
        if not judge(route.when, values, now):
            return Way(route.agents or progress.agents or agents, route.then, place)
    return Way(progress.agents or agents)
