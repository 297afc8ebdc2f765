"""Keeping the sums of the reports up.

Owns: that what changed is counted, soon and once. Must not know: what counts (the database tells, in
``lead_figures``), or which report shows it. Killed at any moment: a batch and its notes are one transaction, so
it is counted by the next tick on any node. Two nodes at once: an account's lock lets one through. In a rush the
sums fall behind and the leads do not.
"""

from __future__ import annotations

import time
from uuid import UUID

from speedtolead.store import figures as rows
from speedtolead.store.database import Database, DatabaseAway

BATCH = 100


class Counting:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, spend: float | None = None) -> int:
        """Count all that waits, of every account; how many leads that were. ``spend``: seconds after which no
        further batch is begun. One account that fails is no other's trouble: its error is raised at the end.
        """
        until = None if spend is None else time.monotonic() + spend
        async with self._database.connection() as tx:
            accounts = await rows.ACCOUNTS_TO_COUNT.all(tx)
        counted, failed = 0, []
        for account in accounts:
            try:
                counted += await self._count_account(account.id, until)
            except DatabaseAway:
                raise
            except Exception as error:
                failed.append(error)
        if failed:
            raise ExceptionGroup("accounts could not be counted", failed)
        return counted

    async def _count_account(self, account_id: UUID, until: float | None) -> int:
        counted = 0
        while True:
            async with self._database.transaction() as tx:
                if not (await rows.LOCK_COUNT.one(tx, account_id=account_id)).free:
                    return counted
                noted = await rows.LEADS_TO_COUNT.all(tx, account_id=account_id, most=BATCH)
                leads = sorted({row.lead_id for row in noted})
                if leads:
                    await rows.COUNT_LEADS.run(tx, account_id=account_id, lead_ids=leads)
            counted += len(leads)
            if len(noted) < BATCH or (until is not None and time.monotonic() >= until):
                return counted
