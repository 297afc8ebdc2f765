"""How many agents tomorrow takes, hour by hour.

Owns: which history is looked at, and the day that is told. Must not know: how a queue behaves
(``domain.staffing``). The simulation runs in a thread, one at a time and for a goal at most once an hour: it takes
a second of a processor that calls need.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zlib import crc32

from speedtolead.domain.hours import zone_info
from speedtolead.domain.score import smoothed
from speedtolead.domain.staffing.forecast import WEEKS, Error, forecast, past_error
from speedtolead.domain.staffing.simulation import Held, Kind, Needed, agents_needed
from speedtolead.domain.worth import rank, rank_of_retry
from speedtolead.ports import Clock
from speedtolead.store import staffing as rows
from speedtolead.store.database import Database
from speedtolead.store.figures import ACCOUNT_ZONE
from speedtolead.store.staffing import HeldRow, HourRow

USUAL_GOAL = 60.0
LOOKS_BACK = timedelta(days=28)
"""Calls that are so old say nothing any more of how long a call takes."""
FEWEST = 30
"""Contacts by first calls that must be known."""
QUIET = 0.1
"""Calls below which an hour is left out."""
STRENGTH = 50.0
"""The share of contacts of an hour is shrunk to the day's as if so many calls said so."""
BELIEVED = timedelta(hours=1)
KINDS = ("first", "again", "inbound")
_SCORE = 60.0
_AT = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the day. ``calls`` by kind, as forecast."""

    hour: int
    calls: dict[str, float]
    needed: Needed


@dataclass(frozen=True, slots=True)
class Staffing:
    """``missing``: in words, what is not known yet; the rest is then empty. ``goal`` in seconds, of nine in ten."""

    day: date
    zone: str
    goal: float
    mode: str | None
    contacts: int
    hours: list[Hour]
    error: Error
    missing: str | None

    @property
    def agent_hours(self) -> int:
        return sum(one.needed.with_these.agents for one in self.hours)


class StaffingPlans:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._known: dict[tuple[UUID, float, str | None, date], tuple[datetime, Staffing]] = {}

    async def tomorrow(self, account_id: UUID, goal: float = USUAL_GOAL, campaign: str | None = None) -> Staffing:
        """The day after today where the account is."""
        now = self._clock.now()
        async with self._database.connection() as tx:
            zone = (await ACCOUNT_ZONE.one(tx, account_id=account_id)).timezone
        day = now.astimezone(zone_info(zone)).date() + timedelta(days=1)
        key = (account_id, goal, campaign, day)
        async with self._one_at_a_time:
            known = self._known.get(key)
            if known is not None and now - known[0] < BELIEVED:
                return known[1]
            found = await self._plan(account_id, zone, goal, campaign, day, now)
            self._known = {key: one for key, one in self._known.items() if now - one[0] < BELIEVED}
            if found.missing is None:
                self._known[key] = now, found
            return found

    async def _plan(
        self, account_id: UUID, zone: str, goal: float, campaign: str | None, day: date, now: datetime
    ) -> Staffing:
        today = day - timedelta(days=1)
        until = datetime.combine(today, time(), zone_info(zone))
        since = until - timedelta(weeks=WEEKS + 4)
        async with self._database.snapshot() as tx:
            given = {"account_id": account_id, "campaign": campaign}
            by_hour = await rows.CALLS_BY_HOUR.all(tx, **given, since=since, until=until)
            held = await rows.CALLS_HELD.all(tx, **given, since=now - LOOKS_BACK)
            wraps = await rows.WRAPPED_UP.all(tx, account_id=account_id, since=now - LOOKS_BACK)
        history = _days(by_hour, today)
        counted = {kind: {each: hours[kind] for each, hours in history.items()} for kind in KINDS}
        total = {
            each: [sum(hours[kind][n] for kind in KINDS) for n in range(24)] for each, hours in history.items()
        }
        mode = _mode(held)
        pools = _pools(held, mode, [row.seconds for row in wraps])
        contacts = len(pools["first"][0])
        plan = Staffing(day, zone, goal, mode, contacts, [], past_error(total, today), None)
        if contacts < FEWEST:
            more = FEWEST - contacts
            words = f"{contacts} contacts by first calls are known of the last 28 days; {more} more are needed."
            return replace(plan, missing=words)
        expected = {kind: forecast(counted[kind], day) for kind in KINDS}
        shares = {kind: _shares([row for row in by_hour if row.kind == kind]) for kind in KINDS}
        hours = await asyncio.to_thread(_simulated, expected, shares, pools, goal, day)
        return replace(plan, hours=hours)


def _days(found: Sequence[HourRow], until: date) -> dict[date, dict[str, list[float]]]:
    """Calls by hour and kind of each day from the first one on; days without a call are there."""
    if not found:
        return {}
    first = min(row.day for row in found)
    days = {first + timedelta(days=n): {kind: [0.0] * 24 for kind in KINDS} for n in range((until - first).days)}
    for row in found:
        if row.day in days:
            days[row.day][row.kind][row.hour] += row.calls
    return days


def _mode(held: Sequence[HeldRow]) -> str | None:
    """How most calls to leads were made."""
    modes = Counter(row.mode for row in held if row.mode and row.kind != "inbound")
    return modes.most_common(1)[0][0] if modes else None


def _pools(
    held: Sequence[HeldRow], mode: str | None, wraps: Sequence[float]
) -> dict[str, tuple[list[Held], list[Held]]]:
    """Calls that came to a contact, with notes after them, and those that did not; retries take what firsts took
    where they are too few themselves."""
    found: dict[str, tuple[list[Held], list[Held]]] = {kind: ([], []) for kind in KINDS}
    talks = 0
    for row in held:
        if row.kind != "inbound" and row.mode != mode:
            continue
        reached, silent = found[row.kind]
        if row.contact:
            wrap = wraps[talks % len(wraps)] if wraps else 0.0
            talks += 1
            reached.append(Held(row.held + wrap, row.reached_after))
        else:
            silent.append(Held(row.held))
    if len(found["again"][0]) + len(found["again"][1]) < FEWEST:
        found["again"] = found["first"]
    return found


def _shares(of_kind: Sequence[HourRow]) -> list[float]:
    """The share of calls that come to a contact, by hour of the day, shrunk to that of all hours."""
    calls, reached = [0] * 24, [0] * 24
    for row in of_kind:
        calls[row.hour] += row.calls
        reached[row.hour] += row.reached
    overall = sum(reached) / max(1, sum(calls))
    return [smoothed(reached[hour], calls[hour], overall, STRENGTH) for hour in range(24)]


def _simulated(
    expected: dict[str, list[float]],
    shares: dict[str, list[float]],
    pools: dict[str, tuple[list[Held], list[Held]]],
    goal: float,
    day: date,
) -> list[Hour]:
    ahead = {
        "first": 0.0,
        "again": (rank_of_retry(_AT, _SCORE, 2) - rank(_AT, _SCORE)).total_seconds(),
        "inbound": timedelta(days=1).total_seconds(),
    }
    hours = []
    for hour in range(24):
        calls = {kind: expected[kind][hour] for kind in KINDS}
        kinds = [
            Kind(calls[kind], shares[kind][hour], *pools[kind], ahead=ahead[kind], first=kind == "first")
            for kind in KINDS
            if calls[kind] > 0 and any(pools[kind])
        ]
        if sum(kind.per_hour for kind in kinds) < QUIET:
            continue
        seed = crc32(f"{day} {hour}".encode())
        hours.append(Hour(hour, calls, agents_needed(kinds, goal, seed)))
    return hours
