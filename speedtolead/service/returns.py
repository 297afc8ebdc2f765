"""Returns: claims for bad leads, from the first flag to the vendor's answer.

Owns: making a claim within a source's terms, sending claims within their share, and what is answered to them. Must
not know: how a vendor is told (a file, a postback), or who is asking. A claim that the terms do not allow is not
made, and why is said in words; one that cannot be sent stays prepared until its deadline.

The share is asked when a claim is sent, not when it is prepared: the vendor sees only what is sent, and early in a
month one bad lead of three would be too many for good.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from speedtolead.domain import returned
from speedtolead.domain.call import AnsweredBy, Leg, LegState
from speedtolead.domain.errors import IllegalTransition, NotFound, SpeedToLeadError
from speedtolead.domain.hours import zone_info
from speedtolead.domain.returned import ClaimEvent, ClaimState, ReturnReason, ReturnTerms
from speedtolead.ports import Clock
from speedtolead.service.times import iso
from speedtolead.store import returns as rows
from speedtolead.store.calls import CallRow
from speedtolead.store.database import Database
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection
from speedtolead.store.returns import ClaimRow, ClaimSum, LockedClaim, TermsRow
from speedtolead.store.settings_json import Json

ANSWERED_WITHIN = timedelta(days=60)
"""A sent claim that has no answer by then counts as expired; an answer that comes later still counts."""
SENT_AT_ONCE = 1000
EXPIRED_AT_ONCE = 500


class NotNow(SpeedToLeadError):
    """What was asked cannot be done with this claim as it is; the message says why."""

    code = "claim_state"


class Action(StrEnum):
    """What a person may do with a claim."""

    SEND = "send"
    CREDIT = "credit"
    REJECT = "reject"
    WITHDRAW = "withdraw"


_EVENTS = {
    Action.SEND: ClaimEvent.SENT,
    Action.CREDIT: ClaimEvent.CREDITED,
    Action.REJECT: ClaimEvent.REJECTED,
    Action.WITHDRAW: ClaimEvent.WITHDRAWN,
}


def possible(state: str) -> list[Action]:
    """What may be done with a claim in this state, and would change it."""
    now = ClaimState(state)
    events = [event for event in _EVENTS.values() if now in returned.sources(event)]
    changing = {event for event in events if returned.advance(now, event) is not now}
    return [action for action, event in _EVENTS.items() if event in changing]


@dataclass(frozen=True, slots=True)
class ClaimFilter:
    """Which claims; None is: all."""

    source: str | None = None
    state: str | None = None
    sent_since: datetime | None = None
    before: UUID | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent just now, at which moment, and how many claims were held back and why."""

    claims: list[ClaimRow]
    at: datetime
    held: int = 0
    why: str | None = None


class Returns:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def page(self, account_id: UUID, wanted: ClaimFilter, most: int) -> list[ClaimRow]:
        """A page of claims, newest first."""
        async with self._database.connection() as tx:
            return await _claims(tx, account_id, wanted, most)

    async def overview(self, account_id: UUID) -> list[ClaimSum]:
        async with self._database.connection() as tx:
            return await rows.CLAIMS_OVERVIEW.all(tx, account_id=account_id)

    async def act(self, account_id: UUID, claim_id: UUID, action: Action, note: str | None, by: str) -> ClaimRow:
        """The claim after it. Done twice, nothing changes. Raises NotFound, and NotNow with the reason."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            found = await rows.SOURCE_OF_CLAIM.first(tx, account_id=account_id, claim_id=claim_id)
            if found is None:
                raise NotFound("There is no such claim.")
            # The terms are locked before the claim, as when many are sent at once: nobody waits in a circle.
            terms = await rows.LOCK_TERMS.one(tx, account_id=account_id, source_id=found.source_id, source=None)
            claim = await rows.LOCK_CLAIM.one(tx, account_id=account_id, claim_id=claim_id)
            event = _EVENTS[action]
            after = _after(claim, event)
            if event is ClaimEvent.SENT and after.value != claim.state:
                _, why = await _sendable(tx, terms, [claim], now)
                if why is not None:
                    raise NotNow(why, code="outside_terms")
            await _move(tx, account_id, [claim_id], event, after, note, by, now)
            return await _one(tx, account_id, claim_id)

    async def send_all(self, account_id: UUID, source: str, by: str) -> Sent:
        """Mark what is prepared of a source sent, the most urgent first, as far as its share goes.

        Raises NotFound where the account has no such source.
        """
        now = self._clock.now()
        async with self._database.transaction() as tx:
            terms = await rows.LOCK_TERMS.first(tx, account_id=account_id, source_id=None, source=source)
            if terms is None:
                raise NotFound("There is no such source.")
            claims = await rows.CLAIMS_TO_SEND.all(
                tx, account_id=account_id, source_id=terms.source_id, now=now, most=SENT_AT_ONCE
            )
            ids, why = await _sendable(tx, terms, claims, now)
            await _move(tx, account_id, ids, ClaimEvent.SENT, ClaimState.SENT, None, by, now)
            sent = await _claims(tx, account_id, ClaimFilter(), SENT_AT_ONCE, ids) if ids else []
            return Sent(sent, now, len(claims) - len(ids), why)

    async def expire(self) -> int:
        """End the claims whose time is over; how many. Safe on any number of nodes at once."""
        now, ended = self._clock.now(), 0
        while True:
            async with self._database.connection() as tx:
                found = await rows.EXPIRE_CLAIMS.all(
                    tx, now=now, sent_before=now - ANSWERED_WITHIN, most=EXPIRED_AT_ONCE
                )
            ended += len(found)
            if len(found) < EXPIRED_AT_ONCE:
                return ended


async def claim(
    tx: Connection, account_id: UUID, lead_id: UUID, reason: ReturnReason, evidence: Json, now: datetime
) -> str | None:
    """Claim a lead that a person says is bad; why not, in words, or None."""
    return await _claim(tx, account_id, lead_id, reason, evidence, now, suspected=False)


async def hear_of_number(tx: Connection, row: CallRow, lead: Leg | None, now: datetime) -> None:
    """What the end of a call says of the lead's number: a suspicion, that an earlier one was wrong, or nothing."""
    if lead is None or lead.state is not LegState.ENDED:
        return
    reason = returned.reason_of_code(lead.carrier_code, lead.end)
    if reason is not None:
        evidence = _of_call(row, lead)
        await _claim(tx, row.account_id, row.lead_id, reason, evidence, now, suspected=True)
    elif lead.answered_by is AnsweredBy.HUMAN and row.number > 1:  # only an earlier attempt can have left one
        await was_reached(tx, row.lead_id, "the phone was answered", now)


async def was_reached(tx: Connection, lead_id: UUID, why: str, now: datetime) -> None:
    """That the lead's number is not in service was wrong, if it was suspected."""
    await rows.WITHDRAW_SUSPICION.run(tx, lead_id=lead_id, why=why, now=now)


def _of_call(row: CallRow, lead: Leg) -> Json:
    return {
        "kind": "call",
        "attempt_id": str(row.attempt_id),
        "attempt": row.number,
        "placed_at": iso(lead.placed_at),
        "ended_at": None if lead.ended_at is None else iso(lead.ended_at),
        "ended_as": lead.end,
        "carrier_code": lead.carrier_code,
    }


async def _claim(
    tx: Connection,
    account_id: UUID,
    lead_id: UUID,
    reason: ReturnReason,
    evidence: Json,
    now: datetime,
    *,
    suspected: bool,
) -> str | None:
    facts = await rows.CLAIM_FACTS.one(tx, account_id=account_id, lead_id=lead_id)
    terms = facts.source.returns
    if facts.unpaid:
        return "Nothing was paid for this lead."
    if terms is None:
        return "No return terms are agreed with this source."
    why_not = returned.claimable(facts.received_at, reason, terms, now)
    if why_not is not None:
        return why_not
    prepared = await rows.PREPARE_CLAIM.first(
        tx,
        claim_id=new_id(),
        account_id=account_id,
        source_id=facts.source_id,
        lead_id=lead_id,
        reason=reason,
        suspected=suspected,
        evidence=[evidence],
        amount=None if facts.cost is None else returned.credit_due(terms, facts.cost),
        now=now,
        deadline=returned.deadline(facts.received_at, terms),
    )
    return None if prepared is not None else "There is a claim already, and its vendor knows of it."


async def _claims(
    tx: Connection, account_id: UUID, wanted: ClaimFilter, most: int, claim_ids: Sequence[UUID] | None = None
) -> list[ClaimRow]:
    return await rows.CLAIMS_PAGE.all(
        tx,
        account_id=account_id,
        source=wanted.source,
        state=wanted.state,
        sent_since=wanted.sent_since,
        claim_ids=claim_ids,
        before=wanted.before,
        most=most,
    )


async def _one(tx: Connection, account_id: UUID, claim_id: UUID) -> ClaimRow:
    (found,) = await _claims(tx, account_id, ClaimFilter(), 1, [claim_id])
    return found


def _after(claim: LockedClaim, event: ClaimEvent) -> ClaimState:
    try:
        return returned.advance(ClaimState(claim.state), event)
    except IllegalTransition:
        raise NotNow(f"This claim is {claim.state}; it cannot be {event} now.") from None


async def _move(
    tx: Connection,
    account_id: UUID,
    claim_ids: Sequence[UUID],
    event: ClaimEvent,
    after: ClaimState,
    note: str | None,
    by: str,
    now: datetime,
) -> None:
    await rows.MOVE_CLAIMS.all(
        tx,
        account_id=account_id,
        claim_ids=list(claim_ids),
        state=after,
        sources=sorted(returned.sources(event)),
        note=note,
        by=by,
        now=now,
    )


async def _sendable(
    tx: Connection, row: TermsRow, claims: Iterable[LockedClaim], now: datetime
) -> tuple[list[UUID], str | None]:
    """Those that the terms let go now, in their order; and why the first of the others may not, if one may not."""
    terms, ids, why = row.source.returns, [], None
    months: dict[tuple[datetime, datetime], list[LockedClaim]] = defaultdict(list)
    for one in claims:
        if now >= one.deadline:
            why = why or "The return window is over."
            continue
        months[_month(one.received_at, row.timezone)].append(one)
    for (since, until), of_month in months.items():
        share = await rows.SHARE_OF_PERIOD.one(tx, source_id=row.source_id, since=since, until=until)
        for already, one in enumerate(of_month, share.returned):
            too_many = _too_many(terms, already, share.accepted)
            if too_many is not None:
                why = why or too_many
                break
            ids.append(one.claim_id)
    return ids, why


def _too_many(terms: ReturnTerms | None, already: int, accepted: int) -> str | None:
    """A source whose terms were taken out of the file since has no share any more."""
    return None if terms is None else returned.within_share(terms, already, accepted)


def _month(at: datetime, zone: str) -> tuple[datetime, datetime]:
    """The calendar month of a moment, where the account is."""
    first = at.astimezone(zone_info(zone)).replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    following = (first + timedelta(days=32)).replace(day=1)
    return first, following
