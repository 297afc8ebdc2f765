"""Who is calling, and whom: the number's source and campaign, and the caller's lead.

Owns: that every call belongs to a lead, and the row that makes it one call however often it is fetched.
Must not know: what the caller is told. A caller whom nobody knows is a lead from now on: of the tracking number's
source, or of a source that the service keeps for each campaign.

The person's rows are touched in the same transaction, so no dial that was decided before it is made after it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode
from uuid import UUID

from speedtolead.domain.campaign import Campaign
from speedtolead.domain.inbound import CALLED_US
from speedtolead.domain.lead import OPEN_STATES
from speedtolead.domain.source import Source
from speedtolead.ports import Numbering
from speedtolead.ports.incoming import Incoming
from speedtolead.service.calling.patience import Patience
from speedtolead.store import dial
from speedtolead.store import inbound as rows
from speedtolead.store.ids import new_id
from speedtolead.store.inbound import CalledRow, newest
from speedtolead.store.query import Connection
from speedtolead.store.settings_json import candidates_to_json
from speedtolead.store.source_json import source_to_json

BUILT_IN = "inbound {campaign}"
"""The name of the source of callers whom no other one brought."""
_LONGEST_NAME = 63
WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Known:
    """The attempt that a call is, and the caller's leg of it."""

    account_id: UUID
    attempt_id: UUID
    leg_id: UUID


@dataclass(frozen=True, slots=True)
class _Caller:
    lead_id: UUID
    source_id: UUID
    source: str
    is_new: bool


class Recognising:
    def __init__(self, numbering: Numbering, patience: Patience) -> None:
        self._numbering = numbering
        self._patience = patience

    async def recognise(self, tx: Connection, incoming: Incoming, carrier: str) -> Known | None:
        """The call's attempt, made at its first fetch; None where the number is nobody's here."""
        phone = self._phone(incoming)
        await rows.HOLD_INCOMING.one(tx, carrier_call_id=incoming.call_id, caller=phone or incoming.call_id)
        before = await rows.INCOMING_BY_CARRIER_ID.first(tx, carrier_call_id=incoming.call_id)
        if before is not None:
            return Known(before.account_id, before.attempt_id, before.leg_id)
        called = await rows.NUMBER_CALLED.first(tx, to_phone=incoming.to_phone, from_phone=phone)
        if called is None:
            return None
        caller = await self._caller(tx, incoming, called, phone)
        attempt_id, leg_id, now = new_id(), new_id(), incoming.received_at
        campaign = await dial.campaign(tx, called.account_id, called.campaign_id, called.campaign_version)
        await rows.ADD_INCOMING.run(
            tx,
            call_id=new_id(),
            account_id=called.account_id,
            attempt_id=attempt_id,
            leg_id=leg_id,
            lead_id=caller.lead_id,
            source_id=caller.source_id,
            source=caller.source,
            carrier_call_id=incoming.call_id,
            carrier=carrier,
            from_phone=phone,
            address=phone or WITHHELD,
            to_phone=incoming.to_phone,
            agent_group=campaign.dial.agents,
            made_lead=caller.is_new,
            lease=new_id(),
            lease_until=now + self._patience.claim,  # who hung up meanwhile is soon found at the carrier
            now=now,
        )
        return Known(called.account_id, attempt_id, leg_id)

    def _phone(self, incoming: Incoming) -> str | None:
        parsed = None if incoming.from_phone is None else self._numbering.parse(incoming.from_phone, "US")
        return None if parsed is None else parsed.e164

    async def _caller(self, tx: Connection, incoming: Incoming, called: CalledRow, phone: str | None) -> _Caller:
        """The person's lead: of the tracking number's source, else the newest that is open, else the newest."""
        leads = (
            []
            if phone is None
            else await rows.LEADS_OF_CALLER.all(tx, account_id=called.account_id, from_phone=phone)
        )
        source = called.source
        if called.source_id is not None:
            leads = [lead for lead in leads if lead.source_id == called.source_id]
        found = newest(leads, frozenset(OPEN_STATES))
        if found is not None:
            name = source.name if source is not None else ""
            return _Caller(found.lead_id, found.source_id, name, False)
        return await self._new(tx, incoming, called, phone)

    async def _new(self, tx: Connection, incoming: Incoming, called: CalledRow, phone: str | None) -> _Caller:
        campaign = await dial.campaign(tx, called.account_id, called.campaign_id, called.campaign_version)
        source_id, name = await self._source(tx, called)
        terms = None if called.source is None else called.source.call
        lead_id, body = new_id(), urlencode(sorted(incoming.fields.items())).encode(errors="surrogatepass")
        await rows.ADD_CALLING_LEAD.run(
            tx,
            lead_id=lead_id,
            account_id=called.account_id,
            source_id=source_id,
            source=name,
            campaign_id=called.campaign_id,
            phone=phone,
            candidates=candidates_to_json(self._numbering.candidates(phone, None, None)),
            cost=None if terms is None or terms.price is None else Decimal("0.00"),
            raw_type="application/x-www-form-urlencoded",
            raw_body=body,
            raw_sha256=hashlib.sha256(body).digest(),
            now=incoming.received_at,
            **_consent(campaign),
        )
        return _Caller(lead_id, source_id, name, True)

    async def _source(self, tx: Connection, called: CalledRow) -> tuple[UUID, str]:
        if called.source_id is not None and called.source is not None:
            return called.source_id, called.source.name
        name = BUILT_IN.format(campaign=called.campaign_name)[:_LONGEST_NAME]
        made = await rows.BUILT_IN_SOURCE.one(
            tx,
            source_id=new_id(),
            account_id=called.account_id,
            campaign_id=called.campaign_id,
            name=name,
            settings=source_to_json(Source(name)),
        )
        return made.id, name


def _consent(campaign: Campaign) -> dict[str, object]:
    """A call is an inquiry. It stands for consent to be called back only where the campaign says so, and is never a
    written one; the permit sees it as what it is."""
    if campaign.inbound.callback:
        return {"channels": ["call"], "origin": CALLED_US}
    return {"channels": [], "origin": None}
