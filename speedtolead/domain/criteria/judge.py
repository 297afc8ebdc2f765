"""Which criteria a lead does not meet, each miss in words.

Must not know: the document in which criteria are kept. A value that is not given, or cannot be read, misses the
condition that needs it.
"""

from __future__ import annotations

from datetime import datetime

from speedtolead.domain.criteria.document import condition_document
from speedtolead.domain.criteria.terms import (
    Condition,
    Criteria,
    LeadValues,
    Miss,
    folded,
    given,
    number,
    plain,
    postal_code,
    truth,
)
from speedtolead.domain.hours import LocalHours, is_open, next_open, weekly_text, zone_info

_SHOWN_TEXT, _SHOWN_TERMS = 60, 12


def judge(criteria: Criteria, values: LeadValues, now: datetime) -> list[Miss]:
    """Every criterion that the lead misses, in the order state, postal code, attributes, hours; empty: it fits."""
    found = [
        _state(criteria.states, values.state),
        _postal(criteria.postal_codes, values.postal_code),
        *(_attribute(name, c, values.attributes.get(name)) for name, c in criteria.attributes.items()),
        _hours(criteria.hours, now),
    ]
    return [miss for miss in found if miss is not None]


def _state(states: frozenset[str] | None, value: str | None) -> Miss | None:
    stated = value.strip().upper() if isinstance(value, str) else ""
    if states is None or stated in states:
        return None
    words = f"{_said('state', stated)}; this source takes {_list(states)}"
    return Miss("state", words, {"value": stated or None, "states": sorted(states)})


def _postal(terms: frozenset[str] | None, value: str | int | None) -> Miss | None:
    if terms is None:
        return None
    code = postal_code(value)
    if code is not None and (code in terms or any(f"{code[:n]}*" in terms for n in range(1, 5))):
        return None
    said = _said("postal code", value)
    if code is None and given(value):
        said += ", which is no postal code"
    return Miss("postal_code", f"{said}; this source takes {_list(terms)}", {"value": code, "count": len(terms)})


def _attribute(name: str, condition: Condition, value: object) -> Miss | None:
    if not given(value):
        wrong: str | None = "" if condition.needed else None
    else:
        wrong = _wrong(condition, value)
    if wrong is None:
        return None
    words = f"{_said(name, value)}{wrong}; this source {_taken(condition)}"
    return Miss(f"attributes.{name}", words, {"value": _shown(value), **condition_document(condition)})


def _wrong(condition: Condition, value: object) -> str | None:
    """What is wrong with a value that is given, as words that follow ``NAME is VALUE``; None: nothing."""
    said = folded(value)
    if condition.one_of is not None and said not in {folded(text) for text in condition.one_of}:
        return ""
    if condition.not_one_of is not None and (said is None or said in {folded(t) for t in condition.not_one_of}):
        return ""
    if condition.at_least is not None or condition.at_most is not None:
        amount = number(value)
        if amount is None:
            return ", which is not a number"
        low, high = condition.at_least, condition.at_most
        if (low is not None and amount < low) or (high is not None and amount > high):
            return ""
    if condition.truth is not None:
        answer = truth(value)
        if answer is None:
            return ", which is neither yes nor no"
        if answer is not condition.truth:
            return ""
    return None


def _hours(local: LocalHours | None, now: datetime) -> Miss | None:
    if local is None or is_open(now, local):
        return None
    there = now.astimezone(zone_info(local.zone))
    opening = next_open(now, [local])
    inputs: dict[str, object] = {
        "zone": local.zone,
        "local_time": there.isoformat(timespec="seconds"),
        "hours": weekly_text(local.hours),
        "opens_at": None if opening is None else opening.astimezone(zone_info(local.zone)).isoformat(),
    }
    words = f"it is {there:%A %H:%M} at {local.zone}; this source takes leads {inputs['hours']}"
    return Miss("hours", words, inputs)


def _taken(condition: Condition) -> str:
    """What is taken, to follow ``this source``."""
    low, high = condition.at_least, condition.at_most
    terms = []
    if condition.one_of is not None:
        terms.append(f"takes {_list(condition.one_of)}")
    if condition.not_one_of is not None:
        terms.append(f"does not take {_list(condition.not_one_of)}")
    if low is not None and high is not None:
        terms.append(f"takes {plain(low)} to {plain(high)}")
    elif low is not None:
        terms.append(f"takes {plain(low)} or more")
    elif high is not None:
        terms.append(f"takes {plain(high)} or less")
    if condition.truth is not None:
        terms.append(f"takes {'yes' if condition.truth else 'no'} only")
    return " and ".join(terms) or "asks for it"


def _said(name: str, value: object) -> str:
    shown = folded(value) if isinstance(value, bool) else _shown(value)
    return f"{name} is {shown}" if given(value) else f"{name} is not given"


def _shown(value: object) -> str | int | bool | None:
    """A posted value, short and plain."""
    if not given(value):
        return None
    if isinstance(value, str):
        text = " ".join(value.split())
        return text if len(text) <= _SHOWN_TEXT else text[:_SHOWN_TEXT] + "…"
    if isinstance(value, bool):
        return value
    amount = number(value)
    return "no plain value" if amount is None else plain(amount)


def _list(terms: frozenset[str]) -> str:
    first = sorted(terms)[:_SHOWN_TERMS]
    more = len(terms) - len(first)
    return ", ".join(first) + (f" and {more} more" if more else "")
