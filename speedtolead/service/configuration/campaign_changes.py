"""The file's campaigns: added, changed, retired; and which cadence the leads under way go on by.

Owns: that part of an apply. Must not know: what a cadence says. What leads under way wait for is planned anew
later, by whoever looks next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from speedtolead.service.configuration.document import ConfigurationError, Document
from speedtolead.service.configuration.experiment_changes import put_experiments
from speedtolead.service.configuration.webhooks import Changed
from speedtolead.store import configuration as rows
from speedtolead.store.cadence import FOLLOW_PRESENT_CADENCE, KEEP_TO_CADENCE
from speedtolead.store.configuration import CampaignRow
from speedtolead.store.ids import new_id
from speedtolead.store.machine import SOUNDS_OF_ACCOUNT
from speedtolead.store.query import Connection
from speedtolead.store.settings_json import Json, campaign_to_json


def _same_cadence(before: Json, after: Json) -> bool:
    return all(
        (before.get(part) or None) == (after.get(part) or None) for part in ("cadence", "stop", "experiments")
    )


@dataclass(frozen=True, slots=True)
class Campaigns:
    """``change_under_way``: leads under way change to the new cadences."""

    tx: Connection
    account_id: UUID
    document: Document
    change_under_way: bool
    changed: Changed
    say: Callable[[str], None]
    now: datetime

    async def put(self) -> dict[str, UUID]:
        """Make the account's campaigns what the file says; their ids by name."""
        await self._messages()
        found = await rows.CAMPAIGNS_OF_ACCOUNT.all(self.tx, account_id=self.account_id)
        known = {c.name: c for c in found}
        ids: dict[str, UUID] = {}
        for i, part in enumerate(self.document.campaigns):
            document = self.document
            mail = None if document.mail is None else document.mail.to_domain()
            campaign = part.to_domain(document.timezone, document.contact.to_domain(), mail)
            settings = campaign_to_json(campaign)
            before = known.get(part.name)
            if before is not None and before.settings == settings and before.paused == part.paused:
                ids[part.name] = before.campaign_id
                await self._leads_under_way(before, changed=False)
                continue
            new_cadence = before is not None and not _same_cadence(before.settings, settings)
            if new_cadence and not self.change_under_way:
                assert before is not None
                await self._keep_to_cadence(before)
            put = await rows.PUT_CAMPAIGN.one(
                self.tx,
                campaign_id=new_id(),
                account_id=self.account_id,
                name=part.name,
                paused=part.paused,
                agent_group=part.dial.agents,
                picks=not campaign.dial.routing.plain,
                by_owner=campaign.dial.routing.by_owner,
                fallback_group=campaign.dial.routing.fallback,
                fallback_after=campaign.dial.routing.fallback_after,
                settings=settings,
                relies_on=list(campaign.contact.lists),
            )
            ids[part.name] = put.id
            place = f"campaigns[{i}]"
            await put_experiments(self.tx, self.account_id, put.id, place, campaign.experiments, self.now, self.say)
            if before is not None:
                await self._leads_under_way(before, changed=new_cadence)
            old = None if before is None else before.settings | {"paused": before.paused}
            self.changed("campaign", part.name, old, settings | {"paused": part.paused})
        return ids

    async def _messages(self) -> None:
        """The files that messages play were uploaded. Raises ConfigurationError."""
        known = {row.name for row in await SOUNDS_OF_ACCOUNT.all(self.tx, account_id=self.account_id)}
        problems = [
            f"campaigns[{i}].voicemail.file: there is no sound {file!r}; upload it: PUT /v1/sounds/{file}"
            for i, part in enumerate(self.document.campaigns)
            if (file := part.voicemail.file) is not None and file not in known
        ]
        if problems:
            raise ConfigurationError(problems)

    async def _keep_to_cadence(self, before: CampaignRow) -> None:
        """Leads under way go on by the cadence that they began with; it is said how they would change."""
        kept = await KEEP_TO_CADENCE.one(
            self.tx, account_id=self.account_id, campaign_id=before.campaign_id, version=before.version
        )
        if kept.leads:
            self.say(
                f"  {kept.leads} leads under way keep the cadence that they began with; "
                "to change theirs too: apply --leads-under-way change"
            )

    async def _leads_under_way(self, campaign: CampaignRow, changed: bool) -> None:
        if not self.change_under_way:
            return
        found = await FOLLOW_PRESENT_CADENCE.first(
            self.tx, account_id=self.account_id, campaign_id=campaign.campaign_id, always=changed
        )
        if found is not None:
            self.say(f"~ campaign {campaign.name}: leads under way change to the new cadence")

    async def retire(self) -> None:
        """Take out of use what the file no longer names."""
        named = {part.name for part in self.document.campaigns}
        for row in await rows.CAMPAIGNS_OF_ACCOUNT.all(self.tx, account_id=self.account_id):
            if row.name not in named:
                await rows.REMOVE_CAMPAIGN.run(self.tx, account_id=self.account_id, campaign_id=row.campaign_id)
                await put_experiments(self.tx, self.account_id, row.campaign_id, "", (), self.now, self.say)
                self.say(f"- campaign {row.name}")
