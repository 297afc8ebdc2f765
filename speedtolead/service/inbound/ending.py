"""What an incoming call that is over leads to: its verdict and price, and what is done for whoever was missed.

Owns: both, in the transaction that ends the call's attempt, with the attempt locked. Must not know: how a call goes
on (``going_on``), or whether a person may be called back: that is the permit's, when the attempt is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from speedtolead.domain.call import Fate
from speedtolead.domain.campaign import Campaign
from speedtolead.domain.inbound import FIRST_IN_LINE, CallOutcome, Follow, Stage, after_missed
from speedtolead.domain.lead import LeadEvent, LeadState
from speedtolead.domain.qualified import CallFacts, Judged, judge
from speedtolead.service.calling import ending
from speedtolead.store import events
from speedtolead.store import inbound as rows
from speedtolead.store.callbacks import CANCEL_UNPROMISED
from speedtolead.store.calls import CallRow
from speedtolead.store.ids import new_id
from speedtolead.store.inbound import IncomingRow, PlannedAttempt
from speedtolead.store.query import Connection

_GIVEN_BACK = {CallOutcome.MISSED, CallOutcome.VOICEMAIL}


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a call. ``idle``: nothing is planned for its lead or under way."""

    outcome: CallOutcome
    idle: bool


async def end(tx: Connection, row: CallRow, campaign: Campaign, fate: Fate, contact: bool, now: datetime) -> Ended:
    """Write what became of the call; once."""
    incoming = await rows.INCOMING_CALL.one(tx, attempt_id=row.attempt_id)
    outcome = _outcome(incoming, fate)
    judged = await _judged(tx, incoming, fate)
    await _write(tx, incoming, outcome, judged, now)
    planned = await rows.PLANNED_OF_LEAD.all(tx, lead_id=row.lead_id, account_id=row.account_id)
    if outcome is CallOutcome.TALK:
        await rows.GOT_THROUGH.run(tx, account_id=row.account_id, from_phone=incoming.from_phone, now=now)
        if contact:
            await _others(tx, row, incoming, now)
    gives_back = outcome in _GIVEN_BACK and await _give_back(tx, row, campaign, incoming, planned, now)
    if outcome is not CallOutcome.TURNED_AWAY and outcome is not CallOutcome.TALK:
        kind = "call.missed" if outcome is CallOutcome.MISSED else "call.voicemail"
        await _event(tx, row, kind, now, {"called_back": gives_back, "waited_seconds": _waited(incoming, now)})
    if judged is not None:
        await _event(
            tx, row, "call.qualified" if judged.billable else "call.not_qualified", now, _told(judged, incoming)
        )
    await events.wake(tx)
    return Ended(outcome, not planned and not gives_back)


def _outcome(incoming: IncomingRow, fate: Fate) -> CallOutcome:
    if fate.bridged_at is not None:
        return CallOutcome.TALK
    if incoming.message_left_at is not None:
        return CallOutcome.VOICEMAIL
    return CallOutcome.TURNED_AWAY if incoming.stage == Stage.OVER else CallOutcome.MISSED


async def _judged(tx: Connection, incoming: IncomingRow, fate: Fate) -> Judged | None:
    """Whether the call is billable; None for one that came in on no tracking number."""
    terms = incoming.source.call
    if terms is None or terms.number != incoming.to_phone:
        return None
    before = await rows.LAST_CALL_BEFORE.one(
        tx, source_id=incoming.source_id, from_phone=incoming.from_phone, before=incoming.received_at
    )
    talk = None
    if fate.bridged_at is not None and fate.ended_at is not None:
        talk = max(timedelta(0), fate.ended_at - fate.bridged_at)
    facts = CallFacts(
        at=incoming.received_at,
        talk=talk,
        answers=rows.progress_of(incoming.progress).answers,
        state=incoming.region,
        phone_known=incoming.from_phone is not None,
        last_call_at=before.at,
    )
    return judge(terms.qualified, facts)


async def _write(
    tx: Connection, incoming: IncomingRow, outcome: CallOutcome, judged: Judged | None, now: datetime
) -> None:
    terms = incoming.source.call
    price = None if judged is None or terms is None else judged.price(terms.price)
    written = await rows.END_INCOMING.first(
        tx,
        attempt_id=incoming.attempt_id,
        now=now,
        outcome=outcome,
        billable=None if judged is None else judged.billable,
        conditions=None if judged is None else rows.conditions_to_json(judged),
        price=price,
    )
    if written is not None and price:
        await rows.ADD_TO_COST.run(tx, lead_id=incoming.lead_id, source_id=incoming.source_id, price=price)


async def _give_back(
    tx: Connection,
    row: CallRow,
    campaign: Campaign,
    incoming: IncomingRow,
    planned: list[PlannedAttempt],
    now: datetime,
) -> bool:
    """A missed call is called back first in line; one that is given back already is not given back twice."""
    if any(attempt.gives_back for attempt in planned):
        return True
    later = next((a for a in planned if a.state == "scheduled" and a.channel == "call"), None)
    state = LeadState(row.lead_state)
    follow = after_missed(state, incoming.from_phone, incoming.only_called, later is not None, campaign.inbound)
    rank_at = now + FIRST_IN_LINE
    if follow is Follow.BRING_FORWARD and later is not None:
        await rows.BRING_FORWARD.run(
            tx, attempt_id=later.attempt_id, now=now, rank_at=rank_at, calls_back=row.attempt_id
        )
        return True
    if follow is Follow.CALL_BACK:
        made = await rows.CALL_BACK.first(
            tx,
            attempt_id=new_id(),
            account_id=row.account_id,
            lead_id=row.lead_id,
            now=now,
            rank_at=rank_at,
            calls_back=row.attempt_id,
        )
        return made is not None
    return False


async def _others(tx: Connection, row: CallRow, incoming: IncomingRow, now: datetime) -> None:
    """The person's other open leads in the campaign were contacted as well: nobody calls them about the same."""
    if incoming.from_phone is None:
        return
    others = await rows.OTHER_OPEN_LEADS.all(
        tx,
        account_id=row.account_id,
        from_phone=incoming.from_phone,
        campaign_id=row.campaign_id,
        lead_id=row.lead_id,
    )
    for other in others:
        await _contacted(tx, row, other.lead_id, LeadState(other.state), now)


async def _contacted(tx: Connection, row: CallRow, lead_id: UUID, state: LeadState, now: datetime) -> None:
    why, since = "the person called and was contacted", row.bridged_at or now
    await CANCEL_UNPROMISED.all(tx, lead_id=lead_id, account_id=row.account_id, now=now, note=why, since=since)
    await ending.move(tx, row.account_id, lead_id, state, LeadEvent.CONTACTED, now)


def _waited(incoming: IncomingRow, now: datetime) -> float | None:
    return None if incoming.queued_at is None else round((now - incoming.queued_at).total_seconds(), 1)


def _told(judged: Judged, incoming: IncomingRow) -> dict[str, object]:
    terms = incoming.source.call
    price = judged.price(terms.price) if terms is not None else None
    return {
        "source": incoming.source.name,
        "billable": judged.billable,
        "price": None if price is None else str(price),
        "unmet": [condition.name for condition in judged.conditions if not condition.met],
    }


async def _event(tx: Connection, row: CallRow, kind: str, now: datetime, data: dict[str, object]) -> None:
    await events.add(tx, row.account_id, kind, now, lead_id=row.lead_id, attempt_id=row.attempt_id, data=data)
