"""Taking leads: accept or refuse with a reason, once, in one transaction.

Owns: the order of judging, pricing, scoring and storing, and the answer that is given. Must not know: how the post
was encoded, or what the source's terms say (``terms``).

The answer 202 is given only after the commit. A post that is refused is stored as well, with its reason. What is
neither accepted nor stored raises; the sender may post again.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from speedtolead.domain.cadence.plan import CONTACTS
from speedtolead.domain.cadence.planner import Person
from speedtolead.domain.checks import Finding, Verdict
from speedtolead.domain.experiment import assigned
from speedtolead.domain.lead import OPEN_STATES, Refusal
from speedtolead.domain.permit import Decision
from speedtolead.domain.score import Known, Penalty, Score, score
from speedtolead.domain.worth import rank
from speedtolead.ports import Clock
from speedtolead.service.cadences.follow_up import first_of, known_of_post
from speedtolead.service.intake.histories import SourceHistories
from speedtolead.service.intake.judging import Connecting, Judged, judged
from speedtolead.service.intake.pinging import Pings
from speedtolead.service.intake.post import Answer, LeadPost
from speedtolead.service.intake.providers import Providers
from speedtolead.service.intake.record import Lead, consent_facts, due_row, new_lead, problem, reassigned
from speedtolead.service.intake.refusals import refused
from speedtolead.service.intake.standing import Standing, Tables, upper
from speedtolead.service.intake.terms import cost_of, guards_of, refusal_by_rows, touched_by
from speedtolead.service.lawful.permits import Permits
from speedtolead.service.times import iso
from speedtolead.store import intake as rows
from speedtolead.store import sources
from speedtolead.store.database import Database
from speedtolead.store.dial import DueRow
from speedtolead.store.findings import FindingShapes, Packed, pack
from speedtolead.store.ids import new_id
from speedtolead.store.intake import FirstAttempt, Guards, KeptOut, NewLead, SourceRow, Twin
from speedtolead.store.pings import OpenPing
from speedtolead.store.query import Connection


class Handover(Protocol):
    """This node's own dialer: takes a fresh lead straight from the intake, so that the plan need not be read."""

    def takes_leads(self) -> bool: ...

    def hand_over(self, due: DueRow) -> None: ...


class CommitLog(Protocol):
    """Takes the moment at which a lead's transaction had committed."""

    def committed(self, lead_id: UUID, at: datetime) -> None: ...


SOURCE_BELIEVED = timedelta(seconds=1)
_ROUNDS = 3
"""A twin may come, go or end between two looks; so often is looked again."""


class Intake:
    """Takes leads for sources."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        tables: Tables,
        providers: Providers,
        histories: SourceHistories,
        commits: CommitLog,
        dialer: Handover,
        pings: Pings,
        permits: Permits,
    ) -> None:
        self._database = database
        self._clock = clock
        self._tables = tables
        self._providers = providers
        self._histories = histories
        self._commits = commits
        self._dialer = dialer
        self._pings = pings
        self._permits = permits
        self._shapes = FindingShapes()
        self._sources: dict[bytes, tuple[SourceRow, datetime]] = {}

    async def source(self, key: str) -> SourceRow | None:
        """The source that a key speaks for; None for a key that is unknown, revoked, or not a source's.

        What was found is believed for ``SOURCE_BELIEVED``: so long may a revoked key still post.
        """
        digest, now = key_hash(key), self._clock.now()
        known = self._sources.get(digest)
        if known is not None and now - known[1] < SOURCE_BELIEVED:
            return known[0]
        async with self._database.connection() as tx:
            found = await rows.SOURCE_BY_KEY.first(tx, key_hash=digest)
        if found is None:
            self._sources.pop(digest, None)
        else:
            self._sources[digest] = found, now
        return found

    async def source_by_id(self, source_id: UUID) -> SourceRow | None:
        """The source that a connector's address names."""
        async with self._database.connection() as tx:
            return await sources.SOURCE_FOR_CONNECTOR.first(tx, source_id=source_id)

    async def source_by_name(self, account_id: UUID, name: str) -> SourceRow | None:
        async with self._database.connection() as tx:
            return await sources.SOURCE_BY_NAME.first(tx, account_id=account_id, name=name)

    def read_phone(self, raw: str, country: str = "US") -> str | None:
        """A number as it is kept (E.164); None for what is no number."""
        parsed = self._tables.numbering.parse(raw, country)
        return parsed.e164 if parsed else None

    async def judge(self, row: SourceRow, post: LeadPost, received_at: datetime) -> tuple[Standing, Judged]:
        """What would be found out about a post. Stores nothing but what providers answered."""
        standing = self._tables.standing(row.source, post, received_at)
        return standing, await judged(self._database.connection, self._providers, row, post, standing, received_at)

    async def take(self, row: SourceRow, post: LeadPost, received_at: datetime) -> Answer:
        """Judge and store one post. Raises DatabaseAway when nothing could be stored."""
        standing = self._tables.standing(row.source, post, received_at)
        promise = await self._promise(row, post)
        ping_id = None if promise is None else promise.id
        cost, refusal = (promise.price, None) if promise is not None else cost_of(row, post, standing, received_at)
        guards = guards_of(row, post, standing, ping_id, received_at)

        async def otherwise() -> Finding | None:
            if refusal is not None:
                return refusal
            async with self._database.connection() as tx:
                why, twins = await rows.why_not_accepted(tx, row, standing.phone, post.email, cost, guards)
            return refusal_by_rows(row, why, twins, received_at)

        async def finding_out(connection: Connecting) -> Judged:
            promised = promise is not None
            return await judged(
                connection,
                self._providers,
                row,
                post,
                standing,
                received_at,
                promised=promised,
                otherwise=otherwise,
            )

        early = await finding_out(self._database.connection) if row.source.ask else None  # holding no connection
        async with self._database.connection() as tx:
            found = early or await finding_out(lambda: nullcontext(tx))
            lead = Lead(row, post, standing, found, received_at, cost, ping_id)
            refusal = found.refusal or refusal
            if refusal is not None:
                return await self._refuse(tx, lead, refusal)
            return await self._accept(tx, lead, guards)

    async def _promise(self, row: SourceRow, post: LeadPost) -> OpenPing | None:
        """What the ping that this post names has promised."""
        if post.ping_id is None or post.test:
            return None
        said = {"state": upper(post.state), "postal_code": post.postal_code, "attributes": post.attributes}
        return await self._pings.promised(row, post.ping_id, said)

    async def _accept(self, tx: Connection, lead: Lead, guards: Guards) -> Answer:
        """Accept it, unless a guard in the database says no; then answer a repeat, or refuse."""
        row = lead.row
        lead_id, attempt_id = new_id(), new_id()
        scored = self._score(lead)
        first = self._first(lead, lead_id, scored.value)
        kept = await self._kept(tx, row, lead.found.findings)
        new = self._scored(lead, lead_id, first, kept, scored)
        twins: list[Twin] = []
        for _ in range(_ROUNDS):
            stored = await self._store(tx, lead, new, guards, attempt_id, first, twins)
            if stored is not None:
                self._commits.committed(lead_id, self._clock.now())
                if stored.handed:
                    self._dialer.hand_over(due_row(row, new, attempt_id, stored))
                    await asyncio.sleep(0)  # the dialer first, then the answer
                return Answer(202, new.answer, lead_id, price=lead.cost)
            before = await self._answered_before(tx, lead)
            if before is not None:
                return before
            why, twins = await rows.why_not_accepted(tx, row, new.phone, new.email, new.cost, guards)
            answer = await self._repeat_or_refuse(tx, lead, new, why, twins)
            if answer is not None:
                return answer
        return await self._refuse(tx, lead, refused(Refusal.DUPLICATE, {"rounds": _ROUNDS}))

    async def _store(
        self,
        tx: Connection,
        lead: Lead,
        new: NewLead,
        guards: Guards,
        attempt_id: UUID,
        first: FirstAttempt | None,
        twins: list[Twin],
    ) -> rows.Accepted | None:
        """Store it, in place of the earlier leads that kept it out before. None: a guard said no."""
        try:
            async with tx.transaction() if twins else _no_transaction():
                for twin in sorted(twins, key=lambda twin: twin.lead_id):
                    if twin.state not in OPEN_STATES:
                        continue
                    closed = await rows.CLOSE_FOR_RESTART.first(
                        tx, twin=twin.lead_id, account_id=lead.row.account_id, now=lead.received_at
                    )
                    if closed is None:  # it ended, or is being called, since it was looked at
                        raise rows.Kept("the earlier lead changed")
                return await rows.accept_lead(
                    tx,
                    new,
                    guards,
                    attempt_id,
                    first,
                    instead_of=[twin.lead_id for twin in twins],
                    ping_id=lead.ping_id,
                    campaign_version=lead.row.campaign_version,
                    dial=lead.row.campaign.dial,
                    hand_over=self._dialer.takes_leads(),
                )
        except rows.Kept:
            return None

    async def _repeat_or_refuse(
        self, tx: Connection, lead: Lead, new: NewLead, why: KeptOut, twins: list[Twin]
    ) -> Answer | None:
        """What becomes of a post that a guard kept out; None: try again, in place of its twins if it has any."""
        refusal = refusal_by_rows(lead.row, why, twins, lead.received_at)
        if refusal is not None:
            return await self._refuse(tx, lead, refusal)
        touched = touched_by(lead.row, twins, lead.received_at)
        return None if touched is None else await self._touch(tx, lead, new, touched.lead_id)

    async def _touch(self, tx: Connection, lead: Lead, new: NewLead, twin: UUID) -> Answer:
        """Refresh the running lead; a lead that ended meanwhile makes this one a duplicate."""
        first = self._first(lead, twin, self._score(lead).value)
        due_at = lead.received_at if first is None else first.due_at
        body = new.answer | {"lead_id": str(twin), "status": "touched", "links": {"self": f"/v1/leads/{twin}"}}
        touching = new.with_answer(body)
        if await rows.touch_lead(tx, twin, new_id(), touching, due_at):
            return Answer(202, body, twin)
        return await self._answered_before(tx, lead) or await self._refuse(
            tx, lead, refused(Refusal.DUPLICATE, {"duplicate_of": str(twin)})
        )

    async def _refuse(self, tx: Connection, lead: Lead, refusal: Finding) -> Answer:
        lead_id = new_id()
        body = problem(refusal, lead_id)
        findings = lead.found.findings
        all_of_it = findings if refusal in findings else (*findings, refusal)
        data = {"source": lead.row.source.name, "reason": refusal.reason}
        kept = await self._kept(tx, lead.row, all_of_it)
        new = new_lead(lead, lead_id, body, data, kept, None)
        if not await rows.refuse_lead(tx, new, refusal.reason):
            before = await self._answered_before(tx, lead)
            if before is not None:
                return before
        self._commits.committed(lead_id, self._clock.now())
        return Answer(422, body, lead_id, refusal.reason)

    async def _answered_before(self, tx: Connection, lead: Lead) -> Answer | None:
        post = lead.post
        before = await rows.ANSWERED_BEFORE.first(
            tx,
            source_id=lead.row.source_id,
            external_id=post.external_id,
            idempotency_key=post.idempotency_key,
        )
        if before is None:
            return None
        refusal = before.answer.get("code")
        return Answer(before.answer_status, before.answer, before.lead_id, refusal, True, before.cost)

    async def _kept(self, tx: Connection, row: SourceRow, findings: tuple[Finding, ...]) -> Packed:
        kept = pack(findings)
        await self._shapes.keep(tx, row.account_id, kept.shape)
        return kept

    def _score(self, lead: Lead) -> Score:
        row, at = lead.row, lead.received_at
        histories = self._histories.of(row.account_id, row.source_id)
        submitted = lead.post.submitted_at
        known = Known(
            values=lead.standing.values,
            source=None if histories is None else histories[0],
            account=None if histories is None else histories[1],
            age=None if submitted is None else max(timedelta(0), at - submitted),
            price=lead.cost,
            exclusive=row.source.exclusive,
            penalties=tuple(
                Penalty(f.check, f.points, f.words) for f in lead.found.findings if f.verdict is Verdict.PENALTY
            ),
        )
        return score(known, at, row.source.fit)

    def _scored(
        self, lead: Lead, lead_id: UUID, first: FirstAttempt | None, kept: Packed, scored: Score
    ) -> NewLead:
        answer = {
            "lead_id": str(lead_id),
            "status": "accepted",
            "next_attempt_at": None if first is None else iso(first.due_at),
            "links": {"self": f"/v1/leads/{lead_id}"},
        }
        new = new_lead(lead, lead_id, answer, {"source": lead.row.source.name}, kept, scored)
        return new.with_rank(rank(lead.received_at, scored.value))

    def _first(self, lead: Lead, lead_id: UUID, worth: int) -> FirstAttempt | None:
        """The first step of the cadence, at the next lawful moment, with the decision that put it off, if one did.

        A test without a phone of its own has no first step, nor has a lead that no step of the cadence is for.
        """
        if lead.post.test and lead.row.source.test_phone is None:
            return None
        assert lead.standing.phone is not None
        at, post, row, candidates = lead.received_at, lead.post, lead.row, lead.standing.candidates
        known = known_of_post(
            row.source.name, row.source.exclusive, upper(post.state), post.postal_code, post.attributes, worth
        )
        person = Person(lead_id, at, candidates[0].zone)
        experiments = row.campaign.experiments
        campaign = row.campaign.going_by(assigned(experiments, row.account_id, lead_id))
        planned = first_of(campaign, person, known, max(at, post.schedule_at or at))
        if planned is None:
            return None
        if planned.channel not in CONTACTS:
            return FirstAttempt(planned.index, planned.channel, planned.due_at, None)
        facts = self._permits.unknown_person(
            lead.standing.phone, consent_facts(lead), candidates, at, reassigned(lead)
        )
        permit = self._permits.decide(planned.channel, row.campaign, facts, planned.due_at)
        if permit.decision is not Decision.NOT_BEFORE or permit.not_before is None:
            return FirstAttempt(planned.index, planned.channel, planned.due_at, None)
        return FirstAttempt(planned.index, planned.channel, permit.not_before, permit)


def key_hash(key: str) -> bytes:
    """Keys are long and random, so a plain hash is enough to keep them out of the database."""
    return hashlib.sha256(key.encode(errors="surrogatepass")).digest()


class _no_transaction:
    """One statement is a transaction by itself."""

    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *_: object) -> None: ...
