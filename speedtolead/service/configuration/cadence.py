"""What the configuration file may say of a cadence: its steps, and what ends it.

Owns: the shape of those parts, and the reading of them into the domain's plan. Must not know: what is in the
database. A cadence that cannot work is refused with the step and the field.

::

    cadence:
      - {after: 0s, channel: call}
      - {delay: 20s, channel: sms, text: "...", if: "last in (no_answer, machine)"}
      - {wait: 2h}
      - {after: 1d, at: "09:30", days: business, channel: call, window: {mon-fri: "09:00-12:00"}, jitter: 10m}
      - {after: 2d, channel: email, subject: "...", text: "...", unless: replied, late: 12h}
      - {name: last, delay: 1d, channel: sms, text: "...", next: {failed: end}}
      - {delay: 0s, channel: webhook, webhook: crm}
      - {delay: 1d, channel: task, title: "Write to {{ lead.first_name }} by hand", anyone: false, within: 8h}
    stop: {on: {replied: [sms, email], quote: all}, attempts: 8, days: 15}
    spread: 20m
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import time, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from speedtolead.domain.cadence.checks import problems
from speedtolead.domain.cadence.conditions import Condition, ConditionError, parse
from speedtolead.domain.cadence.plan import Channel, Hook, Message, Plan, Since, Step, Task
from speedtolead.domain.cadence.stops import ALL, CHOICES, Stop, StopRules
from speedtolead.domain.hours import Hours as HoursOfDays
from speedtolead.domain.hours import WeeklyHours, daily
from speedtolead.domain.segments import segments
from speedtolead.service.configuration.values import (
    Duration,
    Hours,
    Misplaced,
    Name,
    Part,
    Percent,
    Spoken,
    WallTime,
    only,
)
from speedtolead.service.messages.wording import ROOTS, literal, unknown_fields

EVERYWHERE = daily(time(8), 21 * 60)
"""Outside of these hours nobody in the United States is called or texted: 47 CFR 64.1200(c)(1)."""
_REASONS = {"contacted": Stop.CONTACTED, "replied": Stop.REPLIED, "appointment": Stop.BOOKED, "quote": Stop.QUOTED}
_REASONS |= {"sale": Stop.SOLD, "newer_lead": Stop.NEWER_LEAD}
_MADE = tuple(sorted(ALL))
_FIELDS = "there are " + ", ".join(f"{root}.{name}" for root, names in ROOTS.items() for name in names)


def _condition(value: object) -> Condition:
    if not isinstance(value, str):
        raise ValueError('expected a condition like "score > 60 and last = machine"')
    try:
        return parse(value)
    except ConditionError as error:
        raise ValueError(str(error)) from None


def _channels(value: object) -> frozenset[str]:
    """``all``, ``none``, or a list of channels."""
    if value in ("all", "none"):
        return ALL if value == "all" else frozenset()
    if not isinstance(value, list) or not all(isinstance(one, str) and one in ALL for one in value):
        raise ValueError(f"expected all, none, or a list of: {', '.join(sorted(ALL))}")
    return frozenset(value)


ConditionText = Annotated[Condition, BeforeValidator(_condition)]


class BestTimePart(Part):
    """``holdout``: of so many leads the planned time is kept, to compare with."""

    holdout: Annotated[Percent, Field(ge=0.01, le=0.5)] = 0.1


class StepPart(Part):
    """``after`` counts from the lead's arrival, ``delay`` from the end of the step before."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=True)

    after: Duration | None = None
    delay: Duration | None = None
    wait: Duration | None = None
    channel: Annotated[str, AfterValidator(only(*_MADE))] | None = None
    at: WallTime | None = None
    days: Literal["calendar", "business"] = "calendar"
    window: Hours | None = None
    jitter: Duration = timedelta(0)
    late: Duration | None = None
    name: Name | None = None
    only_if: Annotated[ConditionText | None, Field(alias="if")] = None
    unless: ConditionText | None = None
    next: dict[str, Name] = Field(default_factory=dict)
    text: Spoken | None = None
    subject: Spoken | None = None
    title: Spoken | None = None
    anyone: bool | None = None
    within: Duration | None = None
    webhook: Name | None = None
    best_time: BestTimePart | None = None

    @model_validator(mode="after")
    def _whole(self) -> StepPart:
        found = list(_missing(self))
        if found:
            raise Misplaced(found)
        return self

    def to_domain(self) -> Step:
        delay = next((each for each in (self.wait, self.delay, self.after) if each is not None), timedelta(0))
        return Step(
            after=delay,
            channel=self.channel or Channel.WAIT,
            at=self.at,
            since=Since.ARRIVAL if self.after is not None else Since.PREVIOUS,
            business_days=self.days == "business",
            window=self.window,
            jitter=self.jitter,
            late=self.late,
            name=self.name,
            only_if=self.only_if,
            unless=self.unless,
            on=tuple(self.next.items()),
            content=_content(self),
            best_time=None if self.best_time is None else self.best_time.holdout,
        )


_OWN = ("text", "subject", "title", "anyone", "within", "webhook")
"""What is said of a step by one channel, and of no other's."""
_MAY = {Channel.TASK.value: ("anyone", "within")}


def _missing(step: StepPart) -> list[tuple[str, str]]:
    """What a step lacks, or says that it has no use for."""
    found = []
    said = [name for name in ("after", "delay", "wait") if getattr(step, name) is not None]
    if step.wait is not None:
        extra = [name for name in ("channel", *_OWN, "late") if getattr(step, name) is not None]
        found += [(name, "a wait does nothing else") for name in extra]
    elif step.channel is None:
        found.append(("channel", f"say one of: {', '.join(_MADE)}; or wait: 2h"))
    if not said:
        found.append(("after", "say when: after: 2d since the lead's arrival, or delay: 2h since the step before"))
    elif len(said) > 1:
        found.append((said[1], f"say one of {' and '.join(said)}"))
    after = step.after or step.delay or timedelta(0)
    if step.best_time is not None and (step.channel != Channel.CALL or after < timedelta(days=1)):
        found.append(("best_time", "only for a call that is planned by days: after: 1d or later, or delay"))
    if step.channel == Channel.CALL and step.late is not None:
        found.append(("late", "a call is never too late: it has no use for it"))
    needs = {Channel.SMS: ("text",), Channel.EMAIL: ("subject", "text"), Channel.TASK: ("title",)}
    needs[Channel.WEBHOOK] = ("webhook",)
    wanted = needs.get(Channel(step.channel), ()) if step.channel else ()
    found += [(name, f"a step by {step.channel} needs it") for name in wanted if getattr(step, name) is None]
    unused = [name for name in _OWN if name not in (*wanted, *_MAY.get(str(step.channel), ()))]
    if step.channel:
        found += [
            (n, f"a step by {step.channel} has no use for it") for n in unused if getattr(step, n) is not None
        ]
    return found


def _content(step: StepPart) -> Message | Task | Hook | None:
    if step.text is not None:
        return Message(step.text, step.subject)
    if step.title is not None:
        return Task(step.title, step.anyone is not False, step.within or timedelta(0))
    return Hook(step.webhook) if step.webhook is not None else None


class StopPart(Part):
    """What ends the cadence besides its last step."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    on: dict[
        Annotated[str, AfterValidator(only(*_REASONS))], Annotated[frozenset[str], BeforeValidator(_channels)]
    ] = Field(default_factory=dict)
    attempts: Annotated[int, Field(ge=1, le=100)] | None = None
    days: Annotated[int, Field(ge=1, le=366)] | None = None

    def to_domain(self) -> StopRules:
        said = {_REASONS[reason]: channels for reason, channels in self.on.items()}
        return StopRules({**CHOICES, **said}, self.attempts, self.days)


def timed(steps: Sequence[StepPart], holdout: float | None) -> tuple[Step, ...]:
    """The plan; where the campaign asks for the best time, of each later call that is planned by days."""
    plan = [step.to_domain() for step in steps]
    return tuple(
        replace(step, best_time=holdout)
        if holdout is not None and step.best_time is None and may_be_timed(step, index)
        else step
        for index, step in enumerate(plan)
    )


def may_be_timed(step: Step, index: int) -> bool:
    """Its hour may be chosen by what was learned."""
    return index > 0 and step.channel == Channel.CALL and step.after >= timedelta(days=1)


def check_plan(plan: Plan, hours: WeeklyHours, days: int | None) -> None:
    """Raises Misplaced, with every step that could not work; fields are named as the file names them."""
    everywhere: list[HoursOfDays] = [EVERYWHERE, hours]
    found = [
        (f"[{index}].{_said(plan[index], field)}", words)
        for index, field, words in problems(plan, everywhere, days)
    ]
    if plan[0].best_time is not None:
        found.append(("[0].best_time", "the first step comes when the lead does; say it of a later call"))
    if found:
        raise Misplaced(found)


def check_words(plan: Plan, most: int) -> None:
    """Raises Misplaced where a template names what no lead has, or a text is too long before it is filled."""
    found = []
    for index, step in enumerate(plan):
        if isinstance(step.content, Task):
            unknown = unknown_fields(step.content.title)
            found += [(f"[{index}].title", f"no lead has {name!r}; {_FIELDS}") for name in unknown]
        if not isinstance(step.content, Message):
            continue
        templates = {"text": step.content.text, "subject": step.content.subject}
        for field, text in templates.items():
            unknown = [] if text is None else unknown_fields(text)
            found += [(f"[{index}].{field}", f"no lead has {name!r}; {_FIELDS}") for name in unknown]
        count = segments(literal(step.content.text)).count
        if step.channel == Channel.SMS and count > most:
            found.append((f"[{index}].text", f"{count} segments before it is filled, and {most} are allowed"))
    if found:
        raise Misplaced(found)


def _said(step: Step, field: str) -> str:
    if field == "after" and step.channel == Channel.WAIT:
        return "wait"
    if field == "after" and step.since is Since.PREVIOUS:
        return "delay"
    return "delay" if field == "since" else field
