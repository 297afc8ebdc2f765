"""Small campaigns, leads and moments that several unit tests share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings

from speedtolead.domain.cadence.plan import Step
from speedtolead.domain.call import DialMode
from speedtolead.domain.campaign import Campaign, Dial
from speedtolead.domain.hours import ALWAYS, WeeklyHours
from speedtolead.domain.permit import ConsentFacts, Contacted, Facts, Suppressed
from speedtolead.domain.place import Candidate

NY, CHICAGO, LA = "America/New_York", "America/Chicago", "America/Los_Angeles"
PHOENIX, HONOLULU, GUAM = "America/Phoenix", "Pacific/Honolulu", "Pacific/Guam"
PHONE = "+12122360142"
FICTIONAL = "+12125550142"
NOON = datetime(2026, 6, 10, 16, 0, tzinfo=UTC)
"""A Wednesday, noon in New York."""


def examples(count: int) -> settings:
    """So many examples; a failure prints the blob that repeats it."""
    return settings(
        max_examples=count,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def at(zone: str, year: int, month: int, day: int, hour: int = 0, minute: int = 0, *, fold: int = 0) -> datetime:
    """The instant of a wall time, in UTC."""
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def campaign(*, hours: WeeklyHours = ALWAYS, timezone: str = NY, cap: int = 3) -> Campaign:
    return Campaign(
        name="auto",
        seller="Acme Insurance",
        timezone=timezone,
        dial=Dial(DialMode.AGENT_FIRST, "sales", attempts_per_24h=cap),
        cadence=(Step(timedelta(0)),),
        hours=hours,
    )


def places(*zones: str) -> tuple[Candidate, ...]:
    return tuple(Candidate(zone, None, "area_code") for zone in zones)


def facts(
    *,
    phone: str = PHONE,
    channels: tuple[str, ...] = ("call",),
    suppressed: str | None = None,
    candidates: tuple[Candidate, ...] = places(NY),
    recent: tuple[datetime, ...] = (),
    exempt: bool = False,
) -> Facts:
    return Facts(
        phone=phone,
        consent=ConsentFacts(channels, written=True, given_at=NOON),
        candidates=candidates,
        suppressed=() if suppressed is None else (Suppressed(suppressed, "account"),),
        contacts=tuple(Contacted(moment, "call") for moment in recent),
        lifetime=len(recent),
        fictional_exempt=exempt,
    )


def step(after: timedelta, wall: time | None = None) -> Step:
    return Step(after, "call", wall)


@dataclass
class LeadSaid:
    """A lead as a whisper's template sees it."""

    first_name: str | None = "Ann"
    last_name: str | None = "Lee"
    city: str | None = "Tampa"
    region: str | None = "FL"
    postal_code: str | None = "33601"
    source_name: str = "web-form"
    attributes: dict[str, object] = field(default_factory=dict)
