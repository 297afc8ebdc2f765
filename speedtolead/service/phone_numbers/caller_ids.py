"""The caller ID of each call: chosen with what the look has read, counted in the commit to dialing.

Owns: the tally of one round, the end of a number's day, and what follows where no number is left: the attempt waits
for the next day's start, with a permit that says so and one alert a campaign and day. Must not know: the order in
which numbers are chosen (``domain.caller_id``), or how the carrier is told.

The choice is made on counts that were read a moment ago; the commit leaves out whichever number has reached its
limit since, and the dialer looks again. So no number is shown more often than its limit, on any number of nodes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import structlog

from speedtolead.domain.caller_id import USED_UP, AreaCodes, CallerIds, Choice, Number, Person, choose, left
from speedtolead.domain.campaign import Campaign
from speedtolead.domain.hours import zone_info
from speedtolead.domain.permit import Decision, Permit, Verdict
from speedtolead.service.calling import ending
from speedtolead.service.calling.carriers import CarrierWatch, Numbered
from speedtolead.service.times import iso
from speedtolead.store import calls as call_rows
from speedtolead.store import events
from speedtolead.store import numbers as rows
from speedtolead.store.calls import CallRow
from speedtolead.store.dial import DueRow
from speedtolead.store.ids import new_id
from speedtolead.store.numbers import PoolRow
from speedtolead.store.query import Connection

log = structlog.get_logger(__name__)

NO_NUMBER = "the account has no number to call from"
_LOOK_AGAIN = timedelta(seconds=5)


def numbered(due: DueRow, pool: CallerIds) -> Numbered:
    """A call with the numbers that it might have shown when it was read."""
    return _numbered(due, left(pool, due.day))


def _numbered(due: DueRow, numbers: Sequence[Number]) -> Numbered:
    return Numbered(due.attempt_id, [n.phone for n in numbers], [n.carrier for n in numbers], due.refused_by)


class CallerIdRound:
    """The choices of one round: each sees what the ones before it used."""

    def __init__(self, area_codes: AreaCodes, watch: CarrierWatch, now: datetime) -> None:
        self._area_codes = area_codes
        self._watch = watch
        self._now = now
        self._used: Counter[tuple[UUID, str]] = Counter()

    def left(self, pool: CallerIds, due: DueRow) -> list[Number]:
        """The pool's numbers that may still be shown today."""
        used = [replace(n, calls=n.calls + self._used[due.account_id, n.phone]) for n in due.day]
        return left(pool, used)

    def choose(self, pool: CallerIds, due: DueRow) -> Choice | None:
        """One of them; None where no carrier account that owns one places calls now.

        The number that the person knows comes before the account that would be asked by weight, unless it is of the
        account that has just said no.
        """
        numbers = self.left(pool, due)
        known = [n for n in numbers if pool.sticky and n.phone == due.saw and n.carrier != due.refused_by]
        for some in filter(None, (known, numbers)):
            carrier = self._watch.choose(_numbered(due, some), self._now)
            if carrier is not None:
                own = [number for number in some if number.carrier == carrier]
                return choose(pool, Person(due.phone, due.saw), own, self._area_codes)
        return None

    def take(self, due: DueRow, choice: Choice) -> None:
        """The call is among those to be committed."""
        self._used[due.account_id, choice.phone] += 1


def day_ends(now: datetime, zone: str) -> datetime:
    """The next midnight of the account's zone, in UTC."""
    place = zone_info(zone)
    return datetime.combine(now.astimezone(place).date() + timedelta(days=1), time(), place).astimezone(UTC)


async def wait_for_a_number(
    tx: Connection, row: CallRow, campaign: Campaign, permit: Permit, now: datetime, area_codes: AreaCodes
) -> None:
    """The permit allowed the call, and no number was found for it: look once more, and do what is found."""
    pool = campaign.caller_ids
    found = await rows.POOL.one(tx, account_id=row.account_id, now=now, phones=list(pool.numbers) or None)
    if not found.owned:
        await ending.put_back(tx, row, now + _LOOK_AGAIN, NO_NUMBER)
        return
    if choose(pool, Person(row.phone), found.day, area_codes) is not None:
        await ending.put_back(tx, row, now, "a number to call from is free again")
        return
    until = day_ends(now, campaign.timezone)
    await _record(tx, row, pool, permit, found, until)
    await ending.put_back(tx, row, until, USED_UP)
    await _alert(tx, row, campaign, found, now, until)


async def _record(
    tx: Connection, row: CallRow, pool: CallerIds, permit: Permit, found: PoolRow, until: datetime
) -> None:
    inputs: dict[str, object] = {
        "numbers": found.owned,
        "resting": found.resting,
        "calls_today": found.calls,
        "per_day": pool.per_day,
    }
    reason = f"No number to call from is left for today: {_told(found)}."
    verdict = Verdict("caller_ids", Decision.NOT_BEFORE, inputs, reason, not_before=until)
    said = replace(permit, decision=Decision.NOT_BEFORE, verdicts=(*permit.verdicts, verdict), not_before=until)
    await call_rows.add_permit(tx, row.account_id, row.attempt_id, said)


async def _alert(
    tx: Connection, row: CallRow, campaign: Campaign, found: PoolRow, now: datetime, until: datetime
) -> None:
    """Once a campaign and day, however many attempts wait."""
    words = f"No number to call from is left for today: {_told(found)}. Its calls go on tomorrow."
    facts = {"numbers": found.owned, "resting": found.resting, "per_day": campaign.caller_ids.per_day}
    alert_id = new_id()
    await rows.END_USED_UP.run(tx, campaign_id=row.campaign_id, now=now)
    opened = await rows.OPEN_NUMBER_ALERT.first(
        tx,
        alert_id=alert_id,
        account_id=row.account_id,
        campaign_id=row.campaign_id,
        kind="used_up",
        phone=None,
        now=now,
        ends_at=until,
        words=words,
        facts=facts,
    )
    if opened is None:
        return
    data = {"alert_id": str(alert_id), "campaign": campaign.name, "words": words, "until": iso(until)}
    await events.add(tx, row.account_id, "numbers.used_up", now, data=data | facts)
    log.warning("numbers.used_up", campaign=campaign.name, numbers=found.owned, resting=found.resting)


def _told(found: PoolRow) -> str:
    used = found.owned - found.resting
    parts = [f"{used} used up"] * bool(used) + [f"{found.resting} resting"] * bool(found.resting)
    return f"of {found.owned} {'number' if found.owned == 1 else 'numbers'} {' and '.join(parts)}"
