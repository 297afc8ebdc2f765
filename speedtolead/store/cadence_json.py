"""Cadences and hours as JSON columns, and back.

Owns: the stored form. Durations are seconds, hours are minutes of the day. What is left out is as it was before
there was such a thing, so that campaigns of an earlier version are read as they were meant.
"""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

from speedtolead.domain.cadence.conditions import Condition, parse
from speedtolead.domain.cadence.plan import Hook, Message, Since, Step, Task
from speedtolead.domain.cadence.stops import CHOICES, Stop, StopRules
from speedtolead.domain.hours import Span, WeeklyHours

Json = dict[str, Any]


def week_to_json(hours: WeeklyHours) -> list[list[list[int]]]:
    return [[[span.start, span.end] for span in day] for day in hours.days]


def week_from_json(kept: list[list[list[int]]]) -> WeeklyHours:
    return WeeklyHours(tuple(tuple(Span(s, e) for s, e in day) for day in kept))


def step_to_json(step: Step) -> Json:
    """Only what differs from a plain step is written."""
    said: Json = {
        "after": step.after.total_seconds(),
        "channel": str(step.channel),
        "at": step.at.isoformat("minutes") if step.at else None,
    }
    if step.since is not Since.ARRIVAL:
        said["since"] = step.since.value
    if step.business_days:
        said["business_days"] = True
    if step.window is not None:
        said["window"] = week_to_json(step.window)
    if step.jitter:
        said["jitter"] = step.jitter.total_seconds()
    if step.late is not None:
        said["late"] = step.late.total_seconds()
    if step.name is not None:
        said["name"] = step.name
    for key, condition in (("if", step.only_if), ("unless", step.unless)):
        if condition is not None:
            said[key] = condition.text
    if step.on:
        said["on"] = dict(step.on)
    if step.best_time is not None:
        said["best_time"] = step.best_time
    if step.content is not None:
        said["content"] = _content_to_json(step.content)
    return said


def step_from_json(kept: Json) -> Step:
    return Step(
        after=timedelta(seconds=kept["after"]),
        channel=kept["channel"],
        at=time.fromisoformat(kept["at"]) if kept.get("at") else None,
        since=Since(kept.get("since", Since.ARRIVAL)),
        business_days=kept.get("business_days", False),
        window=week_from_json(kept["window"]) if "window" in kept else None,
        jitter=timedelta(seconds=kept.get("jitter", 0)),
        late=timedelta(seconds=kept["late"]) if "late" in kept else None,
        name=kept.get("name"),
        only_if=_condition(kept.get("if")),
        unless=_condition(kept.get("unless")),
        on=tuple(kept.get("on", {}).items()),
        content=_content_from_json(kept.get("content")),
        best_time=kept.get("best_time"),
    )


def _condition(text: str | None) -> Condition | None:
    return None if text is None else parse(text)


def _content_to_json(content: Message | Task | Hook) -> Json:
    match content:
        case Message(text, subject):
            return {"text": text, "subject": subject}
        case Task(title, anyone, within):
            return {"title": title, "anyone": anyone, "within": within.total_seconds()}
        case Hook(webhook):
            return {"webhook": webhook}


def _content_from_json(kept: Json | None) -> Message | Task | Hook | None:
    if kept is None:
        return None
    if "text" in kept:
        return Message(kept["text"], kept["subject"])
    if "title" not in kept:
        return Hook(kept["webhook"])
    return Task(kept["title"], kept["anyone"], timedelta(seconds=kept.get("within", 0)))


def stop_to_json(rules: StopRules) -> Json:
    return {
        "on": {reason.value: sorted(channels) for reason, channels in rules.stops.items()},
        "attempts": rules.attempts,
        "days": rules.days,
    }


def stop_from_json(kept: Json | None) -> StopRules:
    if kept is None:
        return StopRules()
    stops = {Stop(reason): frozenset(channels) for reason, channels in kept["on"].items()}
    return StopRules({**CHOICES, **stops}, kept["attempts"], kept["days"])
