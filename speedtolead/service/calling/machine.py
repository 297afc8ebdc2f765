"""A call that a machine answered, or of which nobody knows: freed, sent to the message, or ended.

Owns: what must be done at the carrier for a verdict, and that the message is committed before it is asked for,
once a leg. Must not know: how a message is spoken, or the news that brought the verdict. Everything is written in
the caller's transaction, under the attempt's lock.

Killed between the commit and the request, the call is still with the agent: its lease is short until the carrier
has taken it away, and the sweeper sends it on again. A message that is not through after minutes is given up.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from speedtolead.domain.call import AnsweredBy, Fate, Leg, LegKind
from speedtolead.domain.machine import Asking, hangs_up, in_sample
from speedtolead.domain.permit.recorded import MESSAGE_RULES
from speedtolead.domain.voicemail import Message, message
from speedtolead.ports.voicemail import AwaitGreeting
from speedtolead.service.calling.afterwards import Afterwards, EndCall, SendToMessage
from speedtolead.service.calling.under_way import Call, needs_key
from speedtolead.service.calling.whisper import left
from speedtolead.service.lawful.permits import Permits
from speedtolead.store import calls as call_rows
from speedtolead.store import events
from speedtolead.store import machine as rows
from speedtolead.store.ids import new_id
from speedtolead.store.query import Connection

SENT_WITHIN = timedelta(seconds=10)
"""The carrier has taken the call to its message by then, or it is asked again."""
THROUGH_WITHIN = timedelta(minutes=4)
"""A greeting of a minute, and the longest message twice over."""


async def reached(tx: Connection, call: Call, permits: Permits, now: datetime) -> list[Afterwards]:
    """What becomes of the lead's call, which a machine answered: the message, if there may be one, or the end."""
    found = call.current(LegKind.LEAD)
    if found is None or found[1].carrier_call_id is None:
        return []  # what follows is done once its id is heard of
    leg_id, call_id = found[0], found[1].carrier_call_id
    known = await rows.VOICEMAIL_OF_LEG.first(tx, leg_id=leg_id)
    if call.row.controlled:
        return [EndCall(call_id, call.carrier)]  # others may be in the talk by now: it ends for all of them
    if known is None:
        if not await _asked(tx, call, leg_id, permits, now):
            return [EndCall(call_id, call.carrier)]
        return [await _send(tx, call, leg_id, call_id, now)]
    if known.withheld_at is not None or now - known.asked_at >= THROUGH_WITHIN:
        return [EndCall(call_id, call.carrier)]
    lost = known.sent_at is None and now - known.asked_at >= SENT_WITHIN
    return [await _send(tx, call, leg_id, call_id, now)] if lost else []


def ends_unknown(call: Call, lead: Leg, fate: Fate) -> bool:
    """Whether the campaign hangs up on this call, of which detection cannot tell who answered it."""
    return hangs_up(call.campaign.machine, lead, fate.bridged_at)


async def may_speak(tx: Connection, call: Call, permits: Permits, now: datetime) -> bool:
    """Whether an artificial voice may speak to this person now; the decision is recorded."""
    await call_rows.LOCK_PERSON.all(tx, lead_id=call.row.lead_id)  # a stop that was committed before this is seen
    facts = await call_rows.PERMIT_FACTS.one(tx, lead_id=call.row.lead_id)
    known = facts.facts(permits.fictional_exempt)
    permit = permits.decide("call", call.campaign, known, now, recorded=True, rules=MESSAGE_RULES)
    await call_rows.add_permit(tx, call.row.account_id, call.row.attempt_id, permit)
    return permit.allowed


async def ask_agent(tx: Connection, call: Call, fate: Fate, now: datetime) -> None:
    """Put a call of the sample before the agent who was on it, as soon as there is a verdict to compare with."""
    row, lead = call.row, call.leg(LegKind.LEAD)
    if row.label_asked is not None or fate.bridged_at is None or lead is None or lead.answered_by is None:
        return
    if call.incoming:
        return  # nobody listened who called
    if not in_sample(row.attempt_id, call.campaign.machine.sample):
        return
    detected = lead.answered_by.value
    if await rows.ASK_LABEL.first(tx, attempt_id=row.attempt_id, detected=detected) is not None:
        call.label_asked(lead.answered_by)
        await events.add(
            tx, row.account_id, "label.asked", now, lead_id=row.lead_id, attempt_id=row.attempt_id,
            agent_id=row.agent_id,
        )  # fmt: skip


async def _asked(tx: Connection, call: Call, leg_id: UUID, permits: Permits, now: datetime) -> bool:
    """Commit the message, where the campaign leaves one, this lead had not had enough, and the law allows it."""
    row, policy = call.row, call.campaign.voicemail
    if not policy.leave:
        return False
    had = await rows.VOICEMAILS_OF_LEAD.one(tx, lead_id=row.lead_id, account_id=row.account_id)
    if had.voicemails >= policy.times:
        return False
    allowed, said = await may_speak(tx, call, permits, now), await _compose(tx, call)
    await rows.ASK_VOICEMAIL.first(
        tx,
        voicemail_id=new_id(),
        account_id=row.account_id,
        attempt_id=row.attempt_id,
        leg_id=leg_id,
        opening=said.opening,
        words=said.words,
        closing=said.closing,
        sha256=said.sha256,
        digest=said.digest,
        withheld=not allowed,
        now=now,
    )
    return allowed


async def _compose(tx: Connection, call: Call) -> Message:
    campaign, policy = call.campaign, call.campaign.voicemail
    words = left(policy.words, call.row, campaign.name, campaign.seller)
    played = None
    if policy.sound is not None:
        played = await rows.SOUND_CALLED.first(tx, name=policy.sound, account_id=call.row.account_id)
    return message(campaign.seller, words, policy.toll_free, None if played is None else played.sha256)


async def _send(tx: Connection, call: Call, leg_id: UUID, call_id: str, now: datetime) -> SendToMessage:
    row = call.row
    await call_rows.RENEW_LEASE.run(tx, attempt_ids=[row.attempt_id], lease_until=now + SENT_WITHIN)
    told = AwaitGreeting(row.attempt_id, leg_id, call.campaign.voicemail.quiet)
    return SendToMessage(call_id, told, call.carrier)


async def sent(tx: Connection, leg_id: UUID, now: datetime) -> None:
    await rows.VOICEMAIL_SENT.run(tx, leg_id=leg_id, now=now)


async def is_away(tx: Connection, call: Call) -> bool:
    """Whether the lead's call, which a machine answered, is with its message, and nobody else hears it."""
    found = call.current(LegKind.LEAD)
    if found is None or not is_machine(call.lead):
        return False
    known = await rows.VOICEMAIL_OF_LEG.first(tx, leg_id=found[0])
    return known is not None and known.sent_at is not None


async def sent_away(tx: Connection, leg_id: UUID) -> bool:
    """Whether the call was, or is being, sent to a message, out of the agent's call."""
    known = await rows.VOICEMAIL_OF_LEG.first(tx, leg_id=leg_id)
    return known is not None and known.withheld_at is None


def asks_by_key(call: Call, address: str) -> bool:
    """Whether the agent at this address is asked by key who answered, now that the call is over for the agent."""
    wanted = call.row.label_asked is not None and call.row.labelled_as is None
    return wanted and call.campaign.machine.asking is Asking.KEYPAD and needs_key(address)


def is_machine(lead: Leg | None) -> bool:
    return lead is not None and lead.answered_by is AnsweredBy.MACHINE
