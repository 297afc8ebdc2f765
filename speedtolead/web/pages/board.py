"""The manager's live board: now, agents, today's speed and contact, the latest leads.

Owns: which numbers stand where, and what "today" is: since midnight in the account's timezone. Every number comes
from the same reports as the API's. The page is whole without scripts; the module only asks for it again.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from aiohttp import web

from speedtolead.domain.hours import zone_info
from speedtolead.domain.metrics import SHARES
from speedtolead.service.calling.carriers import CarrierHealth
from speedtolead.service.leads import LeadFilter
from speedtolead.service.reports.figures import Days
from speedtolead.service.reports.period import Period
from speedtolead.store.people import SessionOwner
from speedtolead.store.stats import HopRow, SpeedRow
from speedtolead.web.pages import alarms, alerts, callers, floor, numbers, render, sample, suppressions
from speedtolead.web.services import SERVICES, Services
from speedtolead.web.stats import contact_report

LATEST = 25
USUAL_DAYS = 28
NOW = ("waiting", "dialing", "ringing", "calling", "talking", "unknown")
_ORDER = ("speed_to_dial", "speed_to_dial_permitted", "speed_to_ring", "speed_to_answer", "speed_to_contact")
_EXAMPLE = {
    "phone": "+12125550142",
    "first_name": "Ada",
    "city": "New York",
    "state": "NY",
    "consent": {"channels": ["call"], "text": "I agree to be called."},
}


@dataclass(frozen=True, slots=True)
class Share:
    seconds: int
    part: int
    whole: int

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None


def shares(row: SpeedRow) -> list[Share]:
    parts = (row.within_5s, row.within_30s, row.within_60s, row.within_300s)
    return [Share(seconds, part, row.counted) for seconds, part in zip(SHARES, parts, strict=True)]


@render.signed_in
async def show(request: web.Request, session: SessionOwner) -> web.Response:
    return render.page(request, "board.html", session, **await _given(request, session))


@render.signed_in
async def fragment(request: web.Request, session: SessionOwner) -> web.Response:
    return render.page(request, "board_parts.html", session, **await _given(request, session))


async def _given(request: web.Request, session: SessionOwner) -> dict[str, Any]:
    services, account = request.app[SERVICES], session.account_id
    now = services.clock.now()
    since = midnight(now, session.timezone)
    period = Period(since, now)
    live, agents = await services.reports.live(account)
    speed = await services.reports.speed(account, period)
    contact = contact_report(since, now, await services.reports.contact(account, period)).groups
    return {
        "zone": session.timezone,
        "now": now,
        "since": since,
        "counts": [(name, getattr(live, name)) for name in NOW],
        "planned": live.planned,
        "agents": agents,
        "agent_states": sorted(Counter(agent.state for agent in agents).items()),
        "speeds": [(row, shares(row)) for row in sorted(speed.rows, key=lambda row: _ORDER.index(row.speed))],
        "hops": speed.hops,
        "slowest": _slowest(speed.hops, speed.slowest_hop),
        "modes": speed.modes,
        "contact": contact[0] if contact else None,
        "leads": await services.leads.page(account, LeadFilter(), LATEST),
        "curl": _curl(services, session),
        "headline": await _headline(services, session, speed.rows),
        **await alerts.given(request, session),
        **await alarms.given(request, session),
        **await callers.given(request, session),
        **await floor.on_the_board(request, session),
        **await suppressions.on_the_board(request, session),
        **await numbers.on_the_board(request, session),
    }


@dataclass(frozen=True, slots=True)
class Headline:
    """What is read from across the room. ``dial``: of today, in permitted time, as the goal is. ``usual``: the
    contact rate of the four weeks before."""

    dial: SpeedRow | None
    within_minute: Share | None
    goal: float
    usual: float | None
    carriers: list[CarrierHealth]

    @property
    def on_goal(self) -> bool | None:
        """Nine in ten within the goal."""
        return None if self.dial is None or self.dial.p90 is None else self.dial.p90 <= self.goal


async def _headline(services: Services, session: SessionOwner, rows: list[SpeedRow]) -> Headline:
    account, today = session.account_id, services.clock.now().astimezone(zone_info(session.timezone)).date()
    dial = next((row for row in rows if row.speed == "speed_to_dial_permitted" and row.counted), None)
    before = Days(today - timedelta(USUAL_DAYS), today - timedelta(1))
    sums = await services.figures.all(account, before, ("accepted", "contacted"))
    accepted = sums.n("accepted")
    return Headline(
        dial,
        None if dial is None else shares(dial)[2],
        (await services.alarms.terms(account)).speed.total_seconds(),
        sums.n("contacted") / accepted if accepted else None,
        await services.carriers.health(),
    )


def midnight(now: datetime, zone: str) -> datetime:
    """When today began, where the account is."""
    place = zone_info(zone)
    return datetime.combine(now.astimezone(place).date(), time(), place)


def _slowest(hops: list[HopRow], name: str | None) -> HopRow | None:
    return next((hop for hop in hops if hop.hop == name), None)


def _curl(services: Services, session: SessionOwner) -> str:
    """A request to try; with a key that works where this is the sample account."""
    given = sample.document()
    is_sample = services.simulated and session.account == given.account
    key = given.sources[0].api_key if is_sample else "YOUR_SOURCE_KEY"
    return (
        f"curl {services.public_url}/v1/leads \\\n"
        f"  -H 'Authorization: Bearer {key}' \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d '{json.dumps(_EXAMPLE)}'"
    )
