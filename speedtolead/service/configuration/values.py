"""Plain values of the configuration file: durations, hours, names, money, addresses.

Owns: how each is written, and what is said of one that is not. Must not know: what any of them is for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import time, timedelta
from functools import cache
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from jinja2 import TemplateError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from speedtolead.domain.hours import WeeklyHours, parse_weekly
from speedtolead.domain.rule_set import FEDERAL
from speedtolead.domain.states import state_name
from speedtolead.domain.webhook import EVENT_KINDS, key_of
from speedtolead.service.calling.whisper import compiled

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST = 366 * 86400
_NAME = r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$"


def _duration(value: object) -> timedelta:
    match = re.fullmatch(r"(\d{1,9})([smhd])", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('expected a duration like "20s", "5m", "2h" or "1d"')
    seconds = int(match[1]) * _UNITS[match[2]]
    if seconds > _LONGEST:
        raise ValueError("the duration is longer than 366 days")
    return timedelta(seconds=seconds)


def _hours(value: object) -> WeeklyHours:
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise ValueError('expected days and hours, like {mon-fri: "08:00-21:00"}')
    return parse_weekly({str(key): text for key, text in value.items()})


def _wall_time(value: object) -> time:
    if not isinstance(value, str) or re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value) is None:
        raise ValueError('expected a quoted time like "09:30"')
    return time.fromisoformat(value)


def _percent(value: object) -> float:
    match = re.fullmatch(r"(\d{1,3}(?:\.\d{1,4})?)\s?%", value) if isinstance(value, str) else None
    if match is None or not 0 < float(match[1]) <= 100:
        raise ValueError('expected a share like "50%"')
    return float(match[1]) / 100


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(value: str) -> str:
    if value not in _zones():
        raise ValueError(f"{value!r} is no IANA time zone, like America/New_York")
    return value


def _template(value: str) -> str:
    try:
        compiled(value)
    except TemplateError as error:
        raise ValueError(f"not a template: {error}") from None
    return value


def only(*values: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in values:
            raise ValueError(f"{value!r} is not available in this version; one of: {', '.join(values)}")
        return value

    return check


def sip_address(value: str) -> str:
    if not value.startswith(("sip:", "sips:")):
        raise ValueError("expected an address like sip:agent@example.com")
    return value


def _state(value: str) -> str:
    if value == FEDERAL or state_name(value) == value:
        raise ValueError(f"{value!r} is no state, like NY")
    return value


def receiver(value: str) -> str:
    try:
        url = urlsplit(value)
        usable = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0 and not url.fragment
    except ValueError:
        usable = False
    if not usable or not value.isprintable() or " " in value:
        raise ValueError("expected an address like https://crm.example.com/hook")
    return value


def event_kind(value: str) -> str:
    if value not in EVENT_KINDS:
        raise ValueError(f"{value!r} is no kind of event; one of: {', '.join(sorted(EVENT_KINDS))}")
    return value


def webhook_secret(value: str) -> str:
    key_of(value)
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Hours = Annotated[WeeklyHours, BeforeValidator(_hours)]
WallTime = Annotated[time, BeforeValidator(_wall_time)]
Percent = Annotated[float, BeforeValidator(_percent)]
"""Written ``50%``, held as 0.5."""
Zone = Annotated[str, AfterValidator(_zone)]
Name = Annotated[str, Field(pattern=_NAME)]
Phone = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]
Email = Annotated[str, Field(pattern=r"^[^@\s]{1,64}@[^@\s]{1,190}$"), AfterValidator(str.lower)]
State = Annotated[str, AfterValidator(_state)]
Spoken = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_template)]
Greeting = Annotated[str, Field(max_length=1000), AfterValidator(_template)]
"""As ``Spoken``; empty for none."""


class Misplaced(ValueError):
    """Several mistakes inside one value, each with its place in it."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{place}: {words}" for place, words in problems))
        self.problems = problems


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)
