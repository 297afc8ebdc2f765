"""Making an account what the file says, in one transaction, and telling what changed.

Owns: the comparison and the writes. Applying the same file again changes nothing. What the file no longer names
is taken out of use, never deleted: its leads and calls stay readable.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from speedtolead.ports import Clock
from speedtolead.service.access.passwords import hashed, matches
from speedtolead.service.alarms.terms import to_json as alerts_to_json
from speedtolead.service.configuration.campaign_changes import Campaigns
from speedtolead.service.configuration.changes import differences
from speedtolead.service.configuration.connections import Connectors, problems_of_document, to_compare
from speedtolead.service.configuration.document import ConfigurationError, Document
from speedtolead.service.configuration.limits import count_what_came_before
from speedtolead.service.configuration.people import Agent, User
from speedtolead.service.configuration.postbacks import apply_postbacks
from speedtolead.service.configuration.routing import routing_of
from speedtolead.service.configuration.webhooks import apply_webhooks
from speedtolead.service.evidence.retention import to_json as retention_to_json
from speedtolead.service.phone_numbers.numbers import look_again
from speedtolead.store import alarms as alarm_rows
from speedtolead.store import configuration as rows
from speedtolead.store import events
from speedtolead.store.configuration import ConfiguredSource
from speedtolead.store.database import Database
from speedtolead.store.dial import FORGET_AUDIENCES
from speedtolead.store.ids import new_id
from speedtolead.store.ledger import ACCOUNT_RETENTION, SET_RETENTION
from speedtolead.store.query import Connection
from speedtolead.store.routing_json import routing_to_json
from speedtolead.store.settings_json import Json, schedule_to_json
from speedtolead.store.source_json import source_to_json


@dataclass(slots=True)
class Changes:
    """What an apply did: a line a change, and keys that were made and cannot be shown again."""

    lines: list[str] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)


async def apply(
    database: Database,
    clock: Clock,
    document: Document,
    connectors: Connectors | None = None,
    *,
    change_under_way: bool = False,
) -> Changes:
    """Raises ConfigurationError, with nothing changed, where a key or email belongs to someone else.

    ``change_under_way``: leads under way change to the new cadences, and do not go on by those they began with.
    ``connectors`` are those that a source may name; None: connections are not looked at.
    """
    problems = [] if connectors is None else problems_of_document(document, connectors)
    if problems:
        raise ConfigurationError(problems)
    async with database.transaction() as tx:
        changes = Changes()
        one = _Apply(tx, clock.now(), document, changes, connectors or {}, change_under_way)
        await one.run()
        if changes.lines:
            await look_again(tx, one.account_id, one.now)
            await events.wake(tx)
        return changes


@dataclass(slots=True)
class _Apply:
    tx: Connection
    now: datetime
    document: Document
    changes: Changes
    connectors: Connectors
    change_under_way: bool
    account_id: UUID = field(default_factory=new_id)

    async def run(self) -> None:
        await self._account()
        await self._audiences()
        await self._retention()
        await self._alerts()
        await self._pauses()
        await self._numbers()
        users = await self._users()
        await self._agents(users)
        plans = Campaigns(
            self.tx, self.account_id, self.document, self.change_under_way, self._changed, self._say, self.now
        )
        campaigns = await plans.put()
        await self._numbers_of_campaigns(campaigns)
        await self._sources(campaigns)
        await plans.retire()
        await apply_postbacks(self.tx, self.account_id, self.document.sources, self.now, self._changed, self._say)
        self.changes.keys |= await apply_webhooks(
            self.tx, self.account_id, self.document.webhooks, self.now, self._changed, self._say
        )

    def _say(self, line: str) -> None:
        self.changes.lines.append(line)

    async def _account(self) -> None:
        document = self.document
        row = await rows.ACCOUNT_BY_NAME.first(self.tx, name=document.account)
        if row is None:
            await rows.ADD_ACCOUNT.run(
                self.tx,
                account_id=self.account_id,
                name=document.account,
                timezone=document.timezone,
                now=self.now,
            )
            self._say(f"+ account {document.account}")
        else:
            self.account_id = row.account_id
            if row.timezone != document.timezone:
                await rows.SET_ACCOUNT_TIMEZONE.run(self.tx, account_id=self.account_id, timezone=document.timezone)
                self._say(f"~ account timezone: {row.timezone} → {document.timezone}")
        kept = [k.key_hash for k in await rows.ACCOUNT_KEYS.all(self.tx, account_id=self.account_id)]
        await self._key("account", "stl_acct_", document.account_key, None, kept)

    async def _audiences(self) -> None:
        """Who may take the attempts that wait is looked at anew where routing changes, or somebody leaves.

        Before all else, because attempts are locked before agents.
        """
        agents = await rows.CONFIGURED_AGENTS.all(self.tx, account_id=self.account_id)
        campaigns = await rows.CAMPAIGNS_OF_ACCOUNT.all(self.tx, account_id=self.account_id)
        wanted = {
            part.name: routing_to_json(routing_of(part.dial.routing, part.dial.fallback))
            for part in self.document.campaigns
        }
        leaves = {agent.name for agent in agents} - {agent.name for agent in self.document.agents}
        if leaves or any(wanted.get(c.name) != c.settings["dial"].get("routing") for c in campaigns):
            await FORGET_AUDIENCES.run(self.tx, account_id=self.account_id)

    async def _retention(self) -> None:
        wanted = retention_to_json(self.document.retention.to_terms())
        kept = await ACCOUNT_RETENTION.one(self.tx, account_id=self.account_id)
        if kept.retention != wanted:
            await SET_RETENTION.run(self.tx, account_id=self.account_id, retention=wanted)
            self._say("~ retention")

    async def _alerts(self) -> None:
        document = self.document
        wanted = alerts_to_json(document.alerts.to_terms(document.mail.sender if document.mail else ""))
        kept = await alarm_rows.ACCOUNT_ALERTS.one(self.tx, account_id=self.account_id)
        if kept.alerts != wanted:
            await alarm_rows.SET_ACCOUNT_ALERTS.run(self.tx, account_id=self.account_id, alerts=wanted)
            self._say("~ alerts")

    async def _pauses(self) -> None:
        wanted = self.document.pauses
        kept = await rows.PAUSES_OF_ACCOUNT.one(self.tx, account_id=self.account_id)
        if (kept.pause_reasons, kept.pause_after_missed) == (wanted.reasons, wanted.after_missed):
            return
        await rows.SET_PAUSES.run(
            self.tx, account_id=self.account_id, reasons=wanted.reasons, after_missed=wanted.after_missed
        )
        self._say("~ pauses")

    async def _key(
        self, what: str, prefix: str, wanted: str | None, source_id: UUID | None, kept: list[bytes]
    ) -> None:
        """The key that the file names, or the one that is there, or a new one, shown this once."""
        if wanted is None and kept:
            return
        key = wanted or prefix + secrets.token_urlsafe(24).replace("-", "_")
        digest = hashlib.sha256(key.encode()).digest()
        if digest in kept and len(kept) == 1:
            return
        added = await rows.ADD_KEY.first(
            self.tx,
            key_hash=digest,
            account_id=self.account_id,
            source_id=source_id,
            hint=f"{key[:8]}…{key[-2:]}",
            now=self.now,
        )
        if added is None:
            raise ConfigurationError([f"{what}: this key belongs to another source or account"])
        await rows.REVOKE_KEYS.run(
            self.tx, account_id=self.account_id, source_id=source_id, except_hash=digest, now=self.now
        )
        self._say(f"+ key of {what}: {added.hint}")
        if wanted is None:
            self.changes.keys[what] = key

    async def _numbers(self) -> None:
        found = await rows.NUMBERS_OF_ACCOUNT.all(self.tx, account_id=self.account_id)
        known = {n.phone: (n.sms, n.carrier) for n in found}
        for number in self.document.numbers:
            if known.pop(number.phone, None) != (number.sms, number.carrier):
                await rows.PUT_NUMBER.run(
                    self.tx,
                    account_id=self.account_id,
                    phone=number.phone,
                    sms=number.sms,
                    carrier=number.carrier,
                )
                self._say(f"+ number {number.phone}")
        for phone in known:
            await rows.REMOVE_NUMBER.run(self.tx, account_id=self.account_id, phone=phone)
            self._say(f"- number {phone}")

    async def _numbers_of_campaigns(self, campaigns: dict[str, UUID]) -> None:
        """Whose calls come in on which number."""
        tracking = {source.number for source in self.document.sources}
        for number in self.document.numbers:
            wanted = None if number.campaign is None else campaigns[number.campaign]
            changed = await rows.SET_NUMBER_CALLS.first(
                self.tx,
                account_id=self.account_id,
                phone=number.phone,
                campaign_id=wanted,
                tracking=number.phone in tracking,
            )
            if changed is not None:
                whose = "a tracking number" if number.phone in tracking else number.campaign or "the first campaign"
                self._say(f"~ number {number.phone}: its calls go to {whose}")

    async def _users(self) -> dict[str, UUID]:
        known = {u.email: u for u in await rows.USERS_OF_ACCOUNT.all(self.tx, account_id=self.account_id)}
        ids: dict[str, UUID] = {}
        for user in _all_users(self.document):
            before = known.pop(user.email, None)
            same_password = before is not None and await matches(user.password, before.password_hash)
            same = before is not None and (before.role, before.address) == (user.role, user.address)
            if before is not None and same and same_password:
                ids[user.email] = before.user_id
                continue
            kept_hash = before.password_hash if before is not None and same_password else None
            put = await rows.PUT_USER.first(
                self.tx,
                user_id=new_id(),
                account_id=self.account_id,
                email=user.email,
                role=user.role,
                address=user.address,
                password_hash=kept_hash or await hashed(user.password),
            )
            if put is None:
                raise ConfigurationError([f"users: {user.email} is a user of another account"])
            ids[user.email] = put.id
            await rows.END_SESSIONS.run(self.tx, account_id=self.account_id, user_id=put.id)
            self._say(f"{'~' if before else '+'} user {user.email} ({user.role})")
        for email, gone in known.items():
            await rows.REMOVE_USER.run(self.tx, account_id=self.account_id, user_id=gone.user_id)
            await rows.END_SESSIONS.run(self.tx, account_id=self.account_id, user_id=gone.user_id)
            self._say(f"- user {email}")
        return ids

    async def _agents(self, users: dict[str, UUID]) -> None:
        known = {a.name: a for a in await rows.CONFIGURED_AGENTS.all(self.tx, account_id=self.account_id)}
        for agent in self.document.agents:
            before = known.pop(agent.name, None)
            facts = _agent_facts(agent, self.document.timezone)
            email = agent.email
            if before is not None and before.facts == facts and before.email == email:
                continue
            await rows.PUT_AGENT.run(
                self.tx,
                **facts,
                agent_id=new_id(),
                account_id=self.account_id,
                name=agent.name,
                user_id=users.get(email) if email else None,
                now=self.now,
            )
            self._say(f"{'~' if before else '+'} agent {agent.name}")
        for name, gone in known.items():
            await rows.REMOVE_AGENT.run(self.tx, account_id=self.account_id, agent_id=gone.agent_id)
            self._say(f"- agent {name}")

    async def _sources(self, campaigns: dict[str, UUID]) -> None:
        known = {s.name: s for s in await rows.SOURCES_OF_ACCOUNT.all(self.tx, account_id=self.account_id)}
        for part in self.document.sources:
            before = known.pop(part.name, None)
            source = part.to_domain(self.document.timezone)
            settings = source_to_json(source)
            now_facts = settings | {"campaign": part.campaign, "paused": part.paused}
            source_id = before.source_id if before is not None else None
            if (
                source_id is None
                or before is None
                or _source_facts(before) != now_facts
                or before.said != part.said
            ):
                put = await rows.PUT_SOURCE.one(
                    self.tx,
                    source_id=new_id(),
                    account_id=self.account_id,
                    campaign_id=campaigns[part.campaign],
                    name=part.name,
                    paused=part.paused,
                    settings=settings,
                    said=part.said,
                )
                source_id = put.id
                await count_what_came_before(
                    self.tx, self.account_id, source_id, source, self.now, self.document.timezone
                )
                shown = to_compare(_source_facts(before), now_facts, self.connectors)
                self._changed("source", part.name, *shown)
            kept = before.key_hashes if before is not None else []
            if source.call is not None:
                continue  # nobody posts for a tracking number
            await self._key(f"source {part.name}", "stl_", part.api_key, source_id, kept)
        for name, gone in known.items():
            await rows.REMOVE_SOURCE.run(self.tx, account_id=self.account_id, source_id=gone.source_id)
            self._say(f"- source {name}")

    def _changed(self, what: str, name: str, before: Json | None, after: Json) -> None:
        if before is None:
            self._say(f"+ {what} {name}")
            return
        for place, (old, new) in differences(before, after).items():
            self._say(f"~ {what} {name}: {place}: {old} → {new}")


def _all_users(document: Document) -> list[User]:
    """The users, and those whom agents with a password of their own make."""
    named = {user.email: user for user in document.users}
    for agent in document.agents:
        if agent.email is not None and agent.password is not None and agent.email not in named:
            named[agent.email] = User(email=agent.email, role="agent", password=agent.password)
    return list(named.values())


def _agent_facts(agent: Agent, zone: str) -> Json:
    """An agent's columns, as far as they are configured."""
    shift = agent.shift(zone)
    return {
        "address": agent.address,
        "presence": agent.presence.value,
        "groups": agent.group_names,
        "standing": {
            g.name: {"tier": g.tier, "weight": g.weight} for g in agent.groups if (g.tier, g.weight) != (1, 1.0)
        },
        "skills": agent.skills,
        "licensed": agent.licensed,
        "languages": agent.languages,
        "hourly_cap": agent.caps.hourly,
        "daily_cap": agent.caps.daily,
        "timezone": agent.timezone or zone,
        "schedule": None if shift is None else schedule_to_json(shift.worked),
    }


def _source_facts(row: ConfiguredSource | None) -> Json | None:
    return None if row is None else row.settings | {"campaign": row.campaign, "paused": row.paused}
