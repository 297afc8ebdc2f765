"""The watch over abandoned calls: campaigns near the law's share ring their agents first until it has sunk.

Owns: counting and switching, with an event that says so. Must not know: how a call is made; the dialer reads the
campaign's mark with the facts of each lead. Looking twice, or on two nodes at once, switches once.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import structlog

from speedtolead.domain.abandonment import Answers, lead_first_held
from speedtolead.ports import Clock
from speedtolead.service.lawful.permits import RulesInForce
from speedtolead.store import abandonment as rows
from speedtolead.store import events
from speedtolead.store.abandonment import HeldCampaign, LiveAnswersRow
from speedtolead.store.database import Database
from speedtolead.store.query import Connection
from speedtolead.store.settings_json import campaign_from_json

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Held:
    """A campaign that is held back, with what was counted."""

    campaign: HeldCampaign
    answers: Answers


class AbandonmentWatch:
    def __init__(self, database: Database, clock: Clock, rules: RulesInForce) -> None:
        self._database = database
        self._clock = clock
        self._rules = rules

    async def look(self) -> None:
        """Hold back, or allow again, every campaign that it concerns."""
        async with self._database.connection() as tx:
            counted = await self._counted(tx)
        for row in counted:
            held = row.lead_first_held_at is not None
            dial = campaign_from_json(row.settings).dial
            if lead_first_held(held, Answers(row.live, row.abandoned), dial.abandonment_switch) != held:
                await self._switch(row, hold=not held)

    async def held(self, account_id: UUID) -> list[Held]:
        """An account's campaigns that ring agents first although they are to ring leads first."""
        async with self._database.snapshot() as tx:
            found = await rows.HELD_CAMPAIGNS.all(tx, account_id=account_id)
            counts = {row.campaign_id: row for row in await self._counted(tx)} if found else {}
        return [
            Held(one, Answers(counts[one.campaign_id].live, counts[one.campaign_id].abandoned))
            for one in found
            if one.campaign_id in counts
        ]

    async def _counted(self, tx: Connection) -> list[LiveAnswersRow]:
        now = self._clock.now()
        law = self._rules.at(now).abandonment
        return await rows.LIVE_ANSWERS.all(tx, since=now - law.period, within=law.within)

    async def _switch(self, row: LiveAnswersRow, *, hold: bool) -> None:
        now = self._clock.now()
        async with self._database.transaction() as tx:
            query = rows.HOLD_LEAD_FIRST if hold else rows.ALLOW_LEAD_FIRST
            given = {"campaign_id": row.campaign_id} | ({"now": now} if hold else {})
            if await query.first(tx, **given) is None:
                return
            data = {"campaign": row.name, "live_answers": row.live, "abandoned": row.abandoned}
            kind = "campaign.lead_first_held" if hold else "campaign.lead_first_allowed"
            await events.add(tx, row.account_id, kind, now, data=data)
        told = {"campaign": row.name, "live_answers": row.live, "abandoned": row.abandoned}
        log.warning("campaign.lead_first", held=hold, **told)
