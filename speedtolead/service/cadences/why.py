"""What brought a step to its time, in words: what the plan says, what held it back, which rule put it off.

Owns: the sentences of a calendar. Must not know: how a time is found; it reads what planner and permit tell.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from speedtolead.domain.cadence.plan import Since, Step
from speedtolead.domain.cadence.planner import Moved
from speedtolead.domain.cadence.stops import Stop
from speedtolead.domain.hours import weekly_text, zone_info
from speedtolead.domain.permit import Permit
from speedtolead.domain.permit.words import Told, city, decision_words
from speedtolead.service.cadences.walk import Stood
from speedtolead.store.calls import rules_json

_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
ENDS = {
    Stop.NO_STEP_LEFT: "No step of the cadence is left.",
    Stop.ATTEMPTS_USED_UP: "As many attempts were made as the cadence allows.",
    Stop.DAYS_USED_UP: "The days of the cadence are over.",
    Stop.CONTACTED: "The person was talked to.",
    Stop.REPLIED: "The person wrote back.",
    Stop.BOOKED: "An appointment was made.",
    Stop.SOLD: "A sale was made.",
    Stop.OPTED_OUT: "The person asked for no more.",
    Stop.NEWER_LEAD: "The same person came again.",
}


def reasons(stood: Stood, step: Step, zone: str, spread: timedelta) -> list[str]:
    """Why a step comes when it does, each with what follows from it, in order. ``zone`` is the person's."""
    said = [_plan(step, stood.planned.moved[0][1], zone)]
    for moved, at in stood.planned.moved[1:]:
        local = _local(at, zone)
        match moved:
            case Moved.WALL_TIME:
                said.append(f"at {at.astimezone(zone_info(zone)):%H:%M} on the person's clock: {local}")
            case Moved.HELD:
                said.append(f"what came before it ended later: {local}")
            case Moved.WINDOW:
                assert step.window is not None
                said.append(f"its window ({weekly_text(step.window)}) opens: {local}")
            case Moved.JITTER:
                said.append(f"jitter of up to {span(step.jitter)}, this lead's share: {local}")
    if step.best_time is not None:
        kept = f"{step.best_time:.0%} of leads keep this one"
        said.append(f"the hour of that day is chosen by what was learned, once enough is known; {kept}")
    if stood.put_off is not None:
        said.append(_put_off(stood.put_off, stood.planned.channel, zone))
        if stood.put_off.not_before is not None and stood.at > stood.put_off.not_before:
            said.append(f"spread over {span(spread)} after that opening: {_local(stood.at, zone)}")
    return said


def refusal(stood: Stood, zone: str) -> str | None:
    """Why a step is refused when its time has come; None where it is not."""
    if stood.decided is None or not stood.refused:
        return None
    return _put_off(stood.decided, stood.planned.channel, zone)


def span(length: timedelta) -> str:
    """A length in words, such as "2 hours"; nothing is "no time"."""
    seconds = round(length.total_seconds())
    unit, of = next(((u, n) for u, n in _UNITS if seconds and seconds % n == 0), ("second", 1))
    count = seconds // of
    return "no time" if not seconds else f"{count} {unit}{'' if count == 1 else 's'}"


def _plan(step: Step, at: datetime, zone: str) -> str:
    since = "the lead's arrival" if step.since is Since.ARRIVAL else "the end of the step before"
    if not step.after:
        return "at once" if step.since is Since.ARRIVAL else "as soon as the step before has ended"
    counted = span(step.after)
    if step.business_days:
        counted = counted.replace("day", "business day")
        return f"{counted} after {since}, weekends and closed days left out: {_day(at, zone)}"
    return f"{counted} after {since}"


def _put_off(permit: Permit, channel: str, zone: str) -> str:
    told = Told(
        channel, permit.decision, permit.decided_at, permit.rule_set, rules_json(permit), permit.not_before, zone
    )
    return decision_words(told, asked=True)


def _local(at: datetime, zone: str) -> str:
    there = at.astimezone(zone_info(zone))
    return f"{there:%a} {there.day} {there:%b} {there:%H:%M} {city(zone)} time"


def _day(at: datetime, zone: str) -> str:
    there = at.astimezone(zone_info(zone))
    return f"{there:%A} {there.day} {there:%B}"
