"""Endings: how an attempt ends, or goes back to the plan, without a talk; and the step of its lead that follows.

Owns: what is written when the lead's phone is not rung: put back, refused, withdrawn, unplaced; and the lead's move
from state to state. Must not know: how a call goes on (``calls``), or why a permit was refused.

Everything is written in the caller's transaction, under the attempt's lock; where that fails, nothing has changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from speedtolead.domain.attempt import AttemptState, Concluded, Deferred, RefusedForGood, Withdrawn, sources
from speedtolead.domain.call import Leg
from speedtolead.domain.lead import LeadEvent, LeadState
from speedtolead.domain.lead import advance as advance_lead
from speedtolead.domain.permit import Decision, Permit
from speedtolead.ports import Permanent
from speedtolead.service import returns
from speedtolead.service.cadences.follow_up import FollowUp
from speedtolead.store import calls as rows
from speedtolead.store import events
from speedtolead.store import recordings as recording_rows
from speedtolead.store.calls import CallRow
from speedtolead.store.query import Connection


async def put_back(
    tx: Connection,
    row: CallRow,
    due_at: datetime,
    why: str,
    passed_by: Sequence[UUID] = (),
    refused_by: str | None = None,
) -> None:
    """Back to the plan: the lead's phone did not ring. ``refused_by``: the carrier account to ask last now."""
    await rows.PUT_BACK.first(
        tx,
        attempt_id=row.attempt_id,
        due_at=due_at,
        note=why,
        passed_by=list(passed_by),
        refused_by=refused_by,
        sources=list(sources(Deferred)),
    )


async def carry_out_refusal(
    tx: Connection, row: CallRow, permit: Permit, now: datetime, follow_up: FollowUp
) -> None:
    """Do what a permit that did not allow says: wait for its moment, or end the attempt; and the lead with it,
    unless its cadence goes on by a channel that may be used.
    """
    why = " ".join(permit.reasons)
    if permit.decision is not Decision.REFUSED:
        await put_back(tx, row, permit.not_before or now, why)
        return
    await rows.FINISH_ATTEMPT.first(
        tx,
        attempt_id=row.attempt_id,
        state=AttemptState.REFUSED,
        now=now,
        note=why,
        sources=list(sources(RefusedForGood)),
    )
    suppressed = any(v.rule == "suppression" and v.decision is Decision.REFUSED for v in permit.verdicts)
    await events.add(
        tx,
        row.account_id,
        "attempt.refused",
        now,
        lead_id=row.lead_id,
        attempt_id=row.attempt_id,
        data={"why": why},
    )
    if await follow_up.nothing_lawful_left(tx, row.account_id, row.lead_id, now):
        event = LeadEvent.SUPPRESSED if suppressed else LeadEvent.STOPPED
        await move_lead(tx, row, LeadState(row.lead_state), event, now)
    else:
        await follow_up.go_on(tx, row.account_id, row.lead_id, now)


async def give_notice(tx: Connection, row: CallRow, words: str, now: datetime) -> bool:
    """The lead is about to hear that nobody is free; written and told once. False: it was before."""
    if await recording_rows.MARK_NOTICE.first(tx, attempt_id=row.attempt_id, now=now) is None:
        return False
    await events.add(
        tx,
        row.account_id,
        "notice.given",
        now,
        lead_id=row.lead_id,
        attempt_id=row.attempt_id,
        data={"words": words},
    )
    return True


async def withdraw(tx: Connection, row: CallRow, why: str, now: datetime) -> None:
    """The lead was stopped before its phone rang."""
    await rows.FINISH_ATTEMPT.first(
        tx,
        attempt_id=row.attempt_id,
        state=AttemptState.CANCELLED,
        now=now,
        note=why,
        sources=list(sources(Withdrawn)),
    )


async def conclude_unplaced(
    tx: Connection, row: CallRow, lead_leg: Leg | None, error: Permanent, now: datetime
) -> None:
    """The carrier will never ring this lead's number: the attempt failed, and the lead is closed."""
    await rows.FINISH_ATTEMPT.first(
        tx,
        attempt_id=row.attempt_id,
        state=AttemptState.FAILED,
        now=now,
        note=error.code,
        sources=list(sources(Concluded)),
    )
    await events.add(
        tx,
        row.account_id,
        "attempt.failed",
        now,
        lead_id=row.lead_id,
        attempt_id=row.attempt_id,
        data={"why": error.code, "provider_code": error.provider_code},
    )
    await move_lead(tx, row, LeadState(row.lead_state), LeadEvent.STOPPED, now)
    await returns.hear_of_number(tx, row, lead_leg, now)


async def move_lead(tx: Connection, row: CallRow, state: LeadState, event: LeadEvent, now: datetime) -> None:
    """Apply what happened to the lead; written and told only where it changes its state."""
    await move(tx, row.account_id, row.lead_id, state, event, now)


async def move(
    tx: Connection, account_id: UUID, lead_id: UUID, state: LeadState, event: LeadEvent, now: datetime
) -> None:
    """The same for any lead, which is locked."""
    to = advance_lead(state, event)
    if to is state:
        return
    await rows.SET_LEAD_STATE.first(tx, lead_id=lead_id, state=to)
    await events.add(tx, account_id, f"lead.{to.value}", now, lead_id=lead_id)
