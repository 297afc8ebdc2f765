"""Keeping and letting go: legal holds, erasure on request, and what is removed when its time is over.

Owns: that nothing of a held lead is removed, what an erasure takes with it, and that the chain still verifies after
it. Must not know: who asks (web and command line check that). Everything of one erasure is one transaction: killed
before its commit, nothing was erased.

What stays of an erased lead: that it came, from which source and when, the permits (they hold no personal data),
the times of its calls, the chain, and a suppression of its number or address, without which the stop would not hold
(47 CFR 64.1200(d)(6) asks for it for five years).
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from speedtolead.domain.duplicate import DuplicateRule, Key, Person, digests
from speedtolead.domain.errors import NotFound, SpeedToLeadError
from speedtolead.domain.lead import LeadEvent
from speedtolead.ports import Clock
from speedtolead.service.evidence.chaining import Ledger
from speedtolead.service.evidence.retention import Retention, of_json
from speedtolead.service.leads import end_lead
from speedtolead.store import events
from speedtolead.store import ledger as rows
from speedtolead.store.database import Database
from speedtolead.store.ids import new_id
from speedtolead.store.leads import ACCOUNT_OF_LEAD, LEAD_BY_ID
from speedtolead.store.query import Connection

COUNTED_FOR = timedelta(hours=24)
"""Contacts are counted for a day, so that an erasure is no way around a cap."""
AT_ONCE = 100
BY_TIME = "retention"


class Refused(SpeedToLeadError):
    """It cannot be erased, or held, as things stand; the message says why."""

    code = "conflict"


class Keeping:
    def __init__(self, database: Database, clock: Clock, ledger: Ledger) -> None:
        self._database = database
        self._clock = clock
        self._ledger = ledger

    async def owner(self, lead_id: UUID) -> UUID:
        """The account of a lead, for the operator's own commands. Raises NotFound."""
        async with self._database.connection() as tx:
            row = await ACCOUNT_OF_LEAD.first(tx, lead_id=lead_id)
        if row is None:
            raise NotFound("There is no such lead.")
        return row.account_id

    async def hold(self, account_id: UUID, lead_id: UUID, reason: str, by: str) -> None:
        """Nothing of the lead is removed until the hold is lifted; a second one changes nothing. Raises NotFound,
        and Refused for a lead that was erased before.
        """
        async with self._database.transaction() as tx:
            standing = await self._locked(tx, account_id, lead_id)
            if standing.erased:
                raise Refused("This lead was erased: there is nothing left to hold.")
            await rows.PLACE_HOLD.first(
                tx,
                hold_id=new_id(),
                account_id=account_id,
                lead_id=lead_id,
                reason=reason,
                by=by,
                now=self._clock.now(),
            )

    async def lift(self, account_id: UUID, lead_id: UUID, by: str) -> None:
        """Raises NotFound where no hold stands."""
        async with self._database.transaction() as tx:
            await self._locked(tx, account_id, lead_id)
            lifted = await rows.LIFT_HOLD.first(
                tx, account_id=account_id, lead_id=lead_id, by=by, now=self._clock.now()
            )
        if lifted is None:
            raise NotFound("No hold stands on this lead.")

    async def erase(self, account_id: UUID, lead_id: UUID, reason: str, by: str) -> None:
        """Remove what is personal of a lead, for good; its cadence ends. Of one that was erased before, nothing is
        left to do. Raises NotFound, and Refused while a hold stands or a call is under way.
        """
        await self._ledger.chain_account(account_id)  # so that the chain knows the digests of what goes
        async with self._database.transaction() as tx:
            await rows.WAIT_FOR_CHAIN.one(tx, account_id=account_id)
            await self._erase(tx, account_id, lead_id, reason, by)

    async def _erase(self, tx: Connection, account_id: UUID, lead_id: UUID, reason: str, by: str) -> None:
        """Under the chain's lock, so that no chainer writes down what it read before; and attempts are locked
        first, as by everybody else.
        """
        now, of = self._clock.now(), {"account_id": account_id, "lead_id": lead_id}
        await rows.LOCK_ATTEMPTS.all(tx, **of)
        standing = await self._locked(tx, account_id, lead_id)
        if standing.held:
            raise Refused("A legal hold stands on this lead; lift it first.")
        if standing.erased:
            return
        if standing.calling:
            raise Refused("The lead is being called just now; try again after the call.")
        await end_lead(tx, account_id, lead_id, LeadEvent.STOPPED, "erased", now)
        await rows.ADD_ERASURE.run(tx, erasure_id=new_id(), now=now, by=by, reason=reason, **of)
        await self._forget_twins(tx, account_id, lead_id)
        await rows.ERASE_AROUND_LEAD.run(tx, lead_id=lead_id, account_id=account_id)
        await rows.ERASE_LEAD.run(tx, **of)
        await events.add(tx, account_id, "lead.erased", now, lead_id=lead_id, data={"by": by})

    async def _forget_twins(self, tx: Connection, account_id: UUID, lead_id: UUID) -> None:
        lead = await LEAD_BY_ID.one(tx, account_id=account_id, lead_id=lead_id, source_id=None)
        person = Person(
            phone=lead.phone,
            email=lead.email,
            external_id=lead.external_id,
            first_name=lead.first_name,
            last_name=lead.last_name,
            postal_code=lead.postal_code,
        )
        keys = digests(DuplicateRule(timedelta(0), keys=tuple(Key)), person)
        scopes = [lead.source_id, lead.campaign_id, account_id]
        await rows.ERASE_CONTACT.run(tx, account_id=account_id, lead_id=lead_id, scopes=scopes, keys=list(keys))

    async def _locked(self, tx: Connection, account_id: UUID, lead_id: UUID) -> rows.Standing:
        await rows.LOCK_KEPT_LEAD.one(tx, lead_id=lead_id)
        standing = await rows.STANDING_OF_LEAD.first(tx, account_id=account_id, lead_id=lead_id)
        if standing is None:
            raise NotFound("There is no such lead.")
        return standing

    async def retention(self, account_id: UUID) -> Retention:
        async with self._database.connection() as tx:
            return of_json((await rows.ACCOUNT_RETENTION.one(tx, account_id=account_id)).retention)

    async def let_go(self) -> int:
        """Remove what is kept longer than its account wants; how many leads that touched. What remains is done the
        next time.
        """
        now, touched = self._clock.now(), 0
        async with self._database.connection() as tx:
            accounts = await rows.RETENTION_OF_ACCOUNTS.all(tx)
            await rows.FORGET_CONTACTS.one(tx, before=now - COUNTED_FOR)
        for account in accounts:
            keeps, of = of_json(account.retention), {"account_id": account.account_id, "most": AT_ONCE}
            async with self._database.connection() as tx:
                aged = await rows.AGED_LEADS.all(tx, before=now - keeps.personal_data, **of)
            for lead in aged:
                await self._let_go(lead.account_id, lead.lead_id)
            async with self._database.connection() as tx:
                dropped = await rows.DROP_RAW_BODIES.one(tx, before=now - keeps.raw_bodies, **of)
            touched += len(aged) + dropped.rows
        return touched

    async def _let_go(self, account_id: UUID, lead_id: UUID) -> None:
        try:
            await self.erase(account_id, lead_id, "its time was over", BY_TIME)
        except Refused:
            return  # held, or called, since it was looked for: its turn comes again
