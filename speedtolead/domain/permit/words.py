"""A decision in words: was the person contacted, why not, and when may they be.

Owns: the sentences. Must not know: where a decision comes from. It reads verdicts as they are stored, those of
older versions too: where the inputs of a sentence are missing, the reason that was stored is told instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from speedtolead.domain.hours import DAYS, zone_info
from speedtolead.domain.states import state_name

Json = Mapping[str, Any]
_DONE = {"call": "called", "sms": "texted", "email": "mailed"}
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ORIGINS = {"postal_code": "postal code", "area_code": "area code", "state": "the form's state", "ip": "IP address"}
_OBJECTING = ("refused", "not_before")
_NAMED_BY_DAY = timedelta(days=6)
"""Until then a weekday's name says which day is meant."""
_MOST_TIMES = 5
_NO_NAMES = frozenset({"The", "There", "They", "This", "It", "When", "Where", "Whether", "Recorded"})
"""Words that a stored reason may begin with and that are small within a sentence."""


@dataclass(frozen=True, slots=True)
class Told:
    """A decision as it is stored, and what its sentence needs besides. ``rules`` are its verdicts as JSON."""

    channel: str
    verdict: str
    at: datetime
    rule_set: str
    rules: Sequence[Json]
    not_before: datetime | None
    zone: str
    """The account's: the clock that is told where no place of the person's stood in the way."""
    known: Mapping[str, str] = field(default_factory=dict)
    """The facts that make a place a candidate, by origin: ``{"postal_code": "19103"}``."""


def known_by(phone: str | None, state: str | None, postal_code: str | None) -> dict[str, str]:
    """What each origin of a candidate rests on."""
    area_code = phone[2:5] if phone and phone.startswith("+1") else None
    given = {"postal_code": postal_code, "area_code": area_code, "state": state}
    return {origin: value for origin, value in given.items() if value}


@lru_cache(maxsize=8192)
def _named(origin: str, value: str | None) -> str:
    name = _ORIGINS.get(origin, origin.replace("_", " "))
    return name if value is None or origin == "state" else f"{name} {value}"


def because(origin: str, known: Mapping[str, str]) -> str:
    """What makes a place a candidate: "postal code 19103", "area code 215", "the form's state"."""
    return _named(origin, known.get(origin))


@lru_cache(maxsize=512)
def city(zone: str) -> str:
    """A zone as a person names its clock: "New York" of "America/New_York"."""
    return zone.rpartition("/")[2].replace("_", " ")


def decision_words(told: Told, *, asked: bool = False) -> str:
    """The decision in one or two sentences. ``asked``: nobody was about to be contacted; it was asked whether."""
    done = _DONE.get(told.channel, told.channel)
    if told.verdict == "allowed":
        floor = [rule for rule in told.rules if rule.get("name") == "calling_window"]
        zone = next((clock["zone"] for clock in _clocks(floor)), told.zone)
        fictional = any(_inputs(rule).get("fictional") for rule in floor)
        free = "; a fictional number, for which the law keeps no hours" if fictional else ""
        opening = f"May be {done}" if asked else "Allowed"
        return f"{opening} at {_wall(told.at, zone)} {city(zone)} time{free} (rule set {told.rule_set})."
    objecting = sorted((rule for rule in told.rules if rule.get("verdict") in _OBJECTING), key=_what_says_most)
    zone = _place_that_closed(objecting) or told.zone
    why = "; ".join(dict.fromkeys(clause for rule in objecting for clause in _clauses(rule, told, zone)))
    opening = f"May not be {done}" if asked else f"Not {done}"
    told_set = "" if f"(rule set {told.rule_set}" in why else f" (rule set {told.rule_set})"
    return (
        f"{opening} at {_wall(told.at, zone)} {city(zone)} time: {why or 'the reason is not known'}{told_set}."
        f"{_what_next(told, objecting, zone)}"
    )


def _what_says_most(rule: Json) -> tuple[int, bool]:
    """What refuses for good before what delays, and a state's hours before the floor's and the campaign's."""
    return _OBJECTING.index(rule["verdict"]), rule.get("name") != "state_window"


def _what_next(told: Told, objecting: Sequence[Json], zone: str) -> str:
    if told.not_before is not None:
        there = told.not_before.astimezone(zone_info(zone))
        day = (
            _WEEKDAYS[there.weekday()]
            if told.not_before - told.at < _NAMED_BY_DAY
            else f"{there:%A} {there.day} {there:%B}"
        )
        return f" Next lawful time: {day} {_hour_and_minute(there)} {city(zone)}."
    if objecting and all(rule["verdict"] == "not_before" for rule in objecting):
        return " No moment of the next two weeks suits every rule."
    return ""


# ---- places and clocks ----------------------------------------------------------------------------------------


def _inputs(rule: Json) -> Json:
    found = rule.get("inputs")
    return found if isinstance(found, dict) else {}


def _clocks(rules: Iterable[Json]) -> list[Json]:
    """The clocks that these rules looked at, as far as they are whole."""
    return [
        clock
        for rule in rules
        for clock in _inputs(rule).get("clocks") or ()
        if isinstance(clock, dict) and clock.get("zone") and clock.get("local_time")
    ]


def _closed(rule: Json) -> list[Json]:
    return [clock for clock in _clocks([rule]) if not clock.get("open", True)]


def _place_that_closed(objecting: Sequence[Json]) -> str | None:
    """The zone of the first clock that stood in the way: a state's own hours say more than the floor's."""
    for name in ("state_window", "calling_window", "account_window"):
        for rule in objecting:
            if rule.get("name") == name:
                for clock in _closed(rule):
                    return str(clock["zone"])
    return None


def _wall(at: datetime, zone: str) -> str:
    return _hour_and_minute(at.astimezone(zone_info(zone)))


def _clock_time(clock: Json) -> str:
    return _hour_and_minute(datetime.fromisoformat(clock["local_time"]))


def _hour_and_minute(there: datetime) -> str:
    return f"{there.hour:02d}:{there.minute:02d}"


def _opening(hours: str, now: str) -> str:
    """What a day's hours, ``08:00-12:00,13:00-20:00``, say at a time of that day outside them."""
    spans = [span.partition("-") for span in hours.split(",") if "-" in span]
    if not spans:
        return "is closed all day"
    later = [start for start, _, _ in spans if start > now]
    return f"opens at {later[0]}" if later else f"closes at {spans[-1][2]}"


def _why_there(clock: Json, known: Mapping[str, str]) -> str:
    return " and ".join(because(origin, known) for origin in clock.get("because") or ())


# ---- one rule, in words ---------------------------------------------------------------------------------------


def _clauses(rule: Json, told: Told, zone: str) -> list[str]:
    say = _SAID.get(str(rule.get("name")))
    said = say(rule, told, zone) if say is not None else []
    if said:
        return said
    reason = str(rule.get("reason") or f"the rule {str(rule.get('name')).replace('_', ' ')} objects")
    begin, _, rest = reason.rstrip(".").partition(" ")
    return [f"{begin.lower() if begin in _NO_NAMES else begin} {rest}".rstrip()]


def _state_window(rule: Json, told: Told, zone: str) -> list[str]:
    said: dict[str, None] = {}
    for clock in _closed(rule):
        state, hours = str(clock.get("state") or ""), clock.get("hours")
        if not state or not hours:
            continue
        marks = [] if said else [f"rule set {told.rule_set}"]
        marks.append(f"{state} {clock['day']}" if clock.get("day") else state)
        if clock.get("confidence") == "low":
            marks.append("a row of low confidence")
        if clock["zone"] != zone:
            marks.append(f"{_clock_time(clock)} in {city(clock['zone'])}")
        there = _why_there(clock, told.known)
        place = f"{state_name(state)} is a candidate state{f' ({there})' if there else ''}"
        said[f"{place} and {_opening(hours, _clock_time(clock))} ({', '.join(marks)})"] = None
    return list(said)


def _calling_window(rule: Json, told: Told, _: str) -> list[str]:
    inputs = _inputs(rule)
    if inputs.get("missing"):
        missing = [str(name).replace("_", " ") for name in inputs["missing"]]
        return [f"where the person is is not known: {_listed(missing, 'and')} tell nothing"]
    clocks = _closed(rule)
    if not clocks or not inputs.get("hours"):
        return []
    places = []
    for clock in clocks:
        there = _why_there(clock, told.known)
        places.append(f"{_clock_time(clock)} in {city(clock['zone'])}{f' ({there})' if there else ''}")
    return [f"it is {_listed(places, 'and')}, outside the federal hours {inputs['hours']}"]


def _account_window(rule: Json, _: Told, __: str) -> list[str]:
    said = []
    for clock in _closed(rule):
        hours, place = clock.get("hours"), city(clock["zone"])
        if hours == "closed":
            said.append(f"the account contacts nobody in {place} on this day")
        elif hours:
            said.append(f"the account's own hours in {place} are {hours}")
    return said


def _campaign_hours(rule: Json, _: Told, __: str) -> list[str]:
    inputs = _inputs(rule)
    if not inputs.get("hours") or not inputs.get("local_time") or not inputs.get("zone"):
        return []
    local = datetime.fromisoformat(inputs["local_time"])
    days = dict(part.split(" ", 1) for part in inputs["hours"].split("; ") if " " in part)
    hours = days.get(DAYS[local.weekday()])
    if hours is None:
        return [f"the campaign is closed on {local:%A}s"]
    return [f"the campaign is open {hours} on {local:%A}s, {city(inputs['zone'])} time"]


def _consent(rule: Json, told: Told, _: str) -> list[str]:
    inputs, done = _inputs(rule), _DONE.get(told.channel, told.channel)
    if told.channel in (inputs.get("revoked") or ()):
        return [f"the consent to be {done} was revoked"]
    if "consented" not in inputs:
        return []
    given = [_DONE.get(channel, channel) for channel in inputs["consented"] or ()]
    return [f"there is no consent to be {done}, only to be {_listed(given, 'or')}" if given
            else f"there is no consent to be {done}"]  # fmt: skip


def _suppression(rule: Json, _: Told, __: str) -> list[str]:
    matches = [match for match in _inputs(rule).get("matches") or () if isinstance(match, Mapping)]
    scopes = {"campaign": " for this campaign", "everyone": " for everybody"}
    said = [f"{m.get('reason') or 'no reason given'}{scopes.get(str(m.get('scope')), '')}" for m in matches]
    return [f"the number or address is suppressed ({_listed(list(dict.fromkeys(said)), 'and')})"] if said else []


def _lists(rule: Json, _: Told, __: str) -> list[str]:
    lists = [one for one in _inputs(rule).get("lists") or () if isinstance(one, Mapping) and one.get("name")]
    on = [_dated(one) for one in lists if one.get("listed")]
    if not on or "exemption" not in _inputs(rule):
        return []  # a list is missing or too old, which the stored reason says
    return [f"the number is on the do-not-call list {_listed(on, 'and')}, and no exemption holds"]


def _dated(one: Json) -> str:
    return f"{one['name']} of {str(one['version'])[:10]}" if one.get("version") else str(one["name"])


def _attempt_cap(rule: Json, told: Told, zone: str) -> list[str]:
    inputs = _inputs(rule)
    counted, cap = inputs.get("counted"), inputs.get("cap")
    if not isinstance(counted, Sequence) or isinstance(counted, str) or cap is None:
        return []
    moments = [one["at"] for one in counted if isinstance(one, Mapping) and one.get("at")]
    times = [_wall(datetime.fromisoformat(at), zone) for at in moments[-_MOST_TIMES:]]
    when = f" ({'last ' if len(moments) > len(times) else ''}at {_listed(times, 'and')})" if times else ""
    caps = inputs.get("state_caps") or {}
    states = [state_name(state) for state, of_state in caps.items() if of_state == cap]
    whose = f"the cap of {_listed(states, 'and')}" if states else "the campaign's cap"
    often = "once" if len(counted) == 1 else f"{len(counted)} times"
    return [f"the person was contacted {often} in 24 hours{when}, and {whose} is {cap}"]


def _listed(parts: Sequence[str], word: str) -> str:
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}" if len(parts) > 1 else "".join(parts)


_SAID: dict[str, Callable[[Json, Told, str], list[str]]] = {
    "consent_for_channel": _consent,
    "suppression": _suppression,
    "do_not_call_list": _lists,
    "calling_window": _calling_window,
    "state_window": _state_window,
    "account_window": _account_window,
    "campaign_hours": _campaign_hours,
    "attempt_cap": _attempt_cap,
}
"""Rules whose inputs tell more than their stored reason, which is told for all others."""
