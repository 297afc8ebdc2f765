"""A plan that cannot work is refused before any lead follows it.

Owns: what is wrong with a plan, each with the step and the field. Must not know: how a plan is written in a file,
or the words of texts and mails.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, time, timedelta
from itertools import product

from speedtolead.domain.attempt import AttemptState
from speedtolead.domain.cadence.plan import ANY, CONTACTS, END, Channel, Plan, Since, Step
from speedtolead.domain.hours import Hours, Span

Problem = tuple[int, str, str]
"""The step's place in the plan from 0, the field, and what is wrong there."""

RESULTS: dict[str, tuple[str, ...]] = {
    Channel.CALL: (
        AttemptState.CONNECTED,
        AttemptState.NO_ANSWER,
        AttemptState.BUSY,
        AttemptState.MACHINE,
        AttemptState.FAILED,
        AttemptState.ABANDONED,
        AttemptState.REFUSED,
    ),
    Channel.SMS: ("sent", "failed", AttemptState.REFUSED, AttemptState.EXPIRED),
    Channel.EMAIL: ("sent", "failed", AttemptState.REFUSED, AttemptState.EXPIRED),
    Channel.WEBHOOK: (AttemptState.DONE, "failed", AttemptState.EXPIRED),
    Channel.TASK: (AttemptState.DONE, "failed", AttemptState.EXPIRED),
    Channel.WAIT: (),
}
"""What can come of a step: a branch on anything else would never be taken."""
_DAY = timedelta(days=1)
_WEEK = [date(2026, 1, 5) + n * _DAY for n in range(7)]
"""A week without holidays, Monday first."""


def problems(plan: Plan, everywhere: Sequence[Hours], days: int | None = None) -> Iterator[Problem]:
    """Everything that is wrong with a plan.

    ``everywhere``: hours outside of which nobody is contacted, such as the federal ones and the campaign's own.
    ``days``: after so many days the cadence is over.
    """
    names = [step.name for step in plan]
    for index, step in enumerate(plan):
        if step.name is not None and names.index(step.name) < index:
            yield index, "name", f"{step.name!r} is said twice"
        if step.name == END:
            yield index, "name", f"{END!r} is where a branch ends the cadence"
        yield from ((index, *found) for found in _branches(plan, index))
        yield from ((index, *found) for found in _times(step, index))
        yield from ((index, *found) for found in _never(step, everywhere, days))
    if plan and all(step.channel == Channel.WAIT for step in plan):
        yield len(plan) - 1, "wait", "a cadence that only waits never does anything"
    elif plan and plan[-1].channel == Channel.WAIT:
        yield len(plan) - 1, "wait", "nothing comes after this wait"
    for index in _out_of_reach(plan):
        yield index, "name", "no branch leads here, and the step before never goes on to it"


def _branches(plan: Plan, index: int) -> Iterator[tuple[str, str]]:
    step = plan[index]
    for result, name in step.on:
        if result != ANY and result not in RESULTS[step.channel]:
            known = ", ".join((*RESULTS[step.channel], ANY))
            yield f"next.{result}", f"a {step.channel} step never ends so; one of: {known}"
        if name == END:
            continue
        found = [n for n, other in enumerate(plan) if other.name == name]
        if not found:
            yield f"next.{result}", f"no step is named {name!r}"
        elif found[0] <= index:
            yield f"next.{result}", f"{name!r} is not a later step: the cadence would go round in a loop"


def _times(step: Step, index: int) -> Iterator[tuple[str, str]]:
    if step.business_days and (step.after < _DAY or step.after % _DAY):
        yield "after", "business days are counted in whole days, like 2d"
    if step.at is not None and step.after >= _DAY and step.after % _DAY:
        yield "after", f"with an 'at', say on which day: whole days, like {max(1, step.after.days)}d"
    if step.jitter >= _DAY:
        yield "jitter", "less than a day"
    if step.since is Since.PREVIOUS and index == 0 and step.channel != Channel.WAIT:
        yield "since", "the first step has no step before it"


def _never(step: Step, everywhere: Sequence[Hours], days: int | None) -> Iterator[tuple[str, str]]:
    """Reasons for which a step could never be made."""
    if step.channel == Channel.WAIT:
        return
    if days is not None and step.since is Since.ARRIVAL and step.after >= timedelta(days=days):
        yield "after", f"the cadence is over after {days} days"
    reaches = step.channel in CONTACTS
    hours = [*(everywhere if reaches else ()), *([step.window] if step.window else ())]
    if step.window is not None and not any(_common(hours, day) for day in _WEEK):
        yield "window", "never open at a time at which people may be contacted: this step could never be made"
    elif step.at is not None and not any(_inside(step.at, hours, day) for day in _WEEK):
        yield "at", f"{step.at:%H:%M} is never inside the hours in which people may be contacted"


def _common(hours: Sequence[Hours], day: date) -> bool:
    """Whether some minute of a day is open in all of ``hours``."""
    spans = [each.spans(day) for each in hours]
    return any(max(s.start for s in chosen) < min(s.end for s in chosen) for chosen in product(*spans))


def _inside(at: time, hours: Sequence[Hours], day: date) -> bool:
    minute = at.hour * 60 + at.minute
    return all(any(_has(span, minute) for span in each.spans(day)) for each in hours)


def _has(span: Span, minute: int) -> bool:
    return span.start <= minute < span.end


def _out_of_reach(plan: Plan) -> Iterator[int]:
    """Steps that no lead can come to."""
    reached = {0}
    for index, step in enumerate(plan):
        if index not in reached:
            continue
        branches = dict(step.on)
        if ANY not in branches or step.channel == Channel.WAIT:
            reached.add(index + 1)
        for name in branches.values():
            reached.update(n for n, other in enumerate(plan) if name != END and other.name == name)
        if step.only_if is not None or step.unless is not None:
            reached.add(index + 1)
    yield from (index for index in range(len(plan)) if index not in reached)
