"""What the configuration file may say of a campaign's caller IDs.

Owns: the shape of that part. Must not know: which numbers the account has; ``document`` compares. A bad value is
refused with its place.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from speedtolead.domain.caller_id import CallerIds, Local
from speedtolead.domain.number_watch import Watch
from speedtolead.service.configuration.values import Duration, Part, Phone, only

_KNOWN = Watch()


def _all(value: Any) -> Any:
    """``all``, and nothing, are every number of the account."""
    return None if value == "all" else value


def _off(value: Any) -> Any:
    """YAML reads off as no; said plainly or quoted, it is off."""
    return "off" if value is False else value


def _unwatched(value: Any) -> Any:
    return None if _off(value) == "off" else value


class WatchPart(Part):
    over: Annotated[Duration, Field(ge=timedelta(hours=6), le=timedelta(days=14))] = _KNOWN.over
    minimum: Annotated[int, Field(ge=20, le=10_000)] = _KNOWN.minimum
    drop: Annotated[float, Field(ge=0.1, le=0.9)] = _KNOWN.drop
    rest: Annotated[Duration, Field(ge=timedelta(hours=1), le=timedelta(days=90))] = _KNOWN.rest

    def to_domain(self) -> Watch:
        return Watch(self.over, self.minimum, self.drop, self.rest)


class CallerIdsPart(Part):
    numbers: Annotated[
        Annotated[list[Phone], Field(min_length=1, max_length=1000)] | None, BeforeValidator(_all)
    ] = None
    local: Annotated[str, BeforeValidator(_off), AfterValidator(only(*(one.value for one in Local)))] = "nearest"
    sticky: bool = True
    per_day: Annotated[int, Field(ge=1, le=100_000)] | None = None
    watch: Annotated[WatchPart | None, BeforeValidator(_unwatched)] = Field(default_factory=WatchPart)

    def to_domain(self) -> CallerIds:
        watch = None if self.watch is None else self.watch.to_domain()
        return CallerIds(tuple(self.numbers or ()), Local(self.local), self.sticky, self.per_day, watch)
