"""Previews: may this person be contacted at this moment? Asked before anything is bought, sent or stored.

Owns: putting the facts of a question together, and answering many without holding up the calls of this node.
Must not know: HTTP. It reads the rules, the suppressions and do-not-call lists, and what the question says; it
stores nothing and contacts nobody. One question that cannot be answered refuses all of them; a lost database
raises DatabaseAway.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from datetime import time as time_of_day
from uuid import UUID

from speedtolead.domain.campaign import Campaign
from speedtolead.domain.errors import SpeedToLeadError
from speedtolead.domain.lead import Consent
from speedtolead.domain.permit import (
    RULES,
    ConsentFacts,
    Contacted,
    Decision,
    Facts,
    ListFact,
    Permit,
    Rule,
    Suppressed,
    Verdict,
)
from speedtolead.domain.permit.lists import do_not_call_list, suppression
from speedtolead.domain.permit.words import Told, decision_words, known_by
from speedtolead.domain.phone import is_fictional, is_north_american
from speedtolead.domain.place import Candidate
from speedtolead.domain.states import state_code
from speedtolead.ports import Clock, Numbering
from speedtolead.service.lawful.permits import Permits
from speedtolead.store import preview as rows
from speedtolead.store.calls import rules_json
from speedtolead.store.database import Database
from speedtolead.store.preview import Barred, PreviewCampaign
from speedtolead.store.settings_json import Json

AT_A_TIME = 0.005
"""Seconds after which the calls of this node have their turn."""
_NO_REASON = "asked not to be contacted"
"""What a source's key is told of a suppression."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is said of one contact. Left out: ``campaign`` for a source's key, ``at`` for now."""

    channel: str
    campaign: str | None = None
    at: datetime | None = None
    phone: str | None = None
    email: str | None = None
    state: str | None = None
    postal_code: str | None = None
    consent: Consent | None = None
    attempts: tuple[Contacted, ...] = ()
    recorded: bool = False
    reassigned: bool | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """The decision on one question. ``rules`` are its verdicts as they would be stored."""

    permit: Permit
    rules: list[Json]
    candidates: tuple[Candidate, ...]
    known: dict[str, str]
    words: str


@dataclass(frozen=True, slots=True)
class Unanswerable:
    """Why the question at ``place``, the first being 0, cannot be answered."""

    place: int
    field: str
    code: str
    message: str


class UnanswerableError(SpeedToLeadError):
    code = "invalid_field"

    def __init__(self, found: list[Unanswerable]) -> None:
        super().__init__(found[0].message, code=found[0].code)
        self.found = found


class Turns:
    """Long work on the event loop, in short turns: whatever else waits there runs in between."""

    def __init__(self) -> None:
        self._since = time.perf_counter()

    async def let_others(self) -> None:
        if time.perf_counter() - self._since > AT_A_TIME:
            await asyncio.sleep(0)
            self._since = time.perf_counter()


def _not_looked_for(name: str, what: str, citation: str) -> Rule:
    """In place of a rule about a person of whom nothing was said: it must not pass as if all were well."""
    return lambda _: Verdict(name, Decision.NOT_APPLICABLE, {}, what, citation)


_NO_PERSON = _not_looked_for(
    "suppression", "no phone and no email was sent, so no suppression was looked for", "47 CFR 64.1200(d)(3)"
)
_NO_NUMBER = _not_looked_for(
    "do_not_call_list", "no phone was sent, so no list was looked at", "47 CFR 64.1200(c)(2)"
)
_RULES_WITHOUT_PHONE = tuple(_NO_NUMBER if rule is do_not_call_list else rule for rule in RULES)
_RULES_WITHOUT_PERSON = tuple(_NO_PERSON if rule is suppression else rule for rule in _RULES_WITHOUT_PHONE)


def _rules_about(phone: str | None, email: str | None) -> Sequence[Rule]:
    if phone is not None:
        return RULES
    return _RULES_WITHOUT_PHONE if email is not None else _RULES_WITHOUT_PERSON


@dataclass(frozen=True, slots=True)
class _Read:
    """A question with what the tables make of it."""

    question: Question
    at: datetime
    phone: str | None
    campaign_id: UUID
    campaign: Campaign


class Previews:
    def __init__(self, database: Database, clock: Clock, numbering: Numbering, permits: Permits) -> None:
        self._database = database
        self._clock = clock
        self._numbering = numbering
        self._permits = permits

    async def answers(
        self, account_id: UUID, source_id: UUID | None, asked: Sequence[Question]
    ) -> AsyncIterator[Preview]:
        """One answer for each question, in order. Raises UnanswerableError or DatabaseAway before the first.

        A source's key asks about the campaign of that source, and is not told why somebody is suppressed.
        """
        async with self._database.connection() as tx:
            found = await rows.CAMPAIGNS_TO_PREVIEW.all(tx, account_id=account_id, source_id=source_id)
        turns = Turns()
        questions = await self._read(asked, found, source_id is not None, turns)
        async with self._database.connection() as tx:
            barred = await rows.BARRED_PEOPLE.all(
                tx,
                account_id=account_id,
                phones=[one.phone for one in questions],
                emails=[one.question.email for one in questions],
                campaign_ids=[one.campaign_id for one in questions],
            )
        against: defaultdict[int, list[Barred]] = defaultdict(list)
        for row in barred:
            against[row.place].append(row)
        for place, one in enumerate(questions, 1):
            yield self._decide(one, against.get(place, []), source_id is None)
            await turns.let_others()

    async def _read(
        self, asked: Sequence[Question], found: list[PreviewCampaign], by_source: bool, turns: Turns
    ) -> list[_Read]:
        campaigns, now = {row.name: row for row in found}, self._clock.now()
        own = found[0].name if by_source and found else None
        read, wrong = [], []
        for place, one in enumerate(asked):
            row = campaigns.get(one.campaign or own or "")
            phone = self._phone(one.phone)
            if row is None:
                words = "There is no such campaign." if one.campaign else "Say which campaign would contact them."
                wrong.append(Unanswerable(place, "campaign", "unknown_campaign", words))
            if one.phone and phone is None:
                wrong.append(Unanswerable(place, "phone", "invalid_phone", "This is no phone number."))
            if row is not None and not wrong:
                read.append(_Read(one, (one.at or now).astimezone(UTC), phone, row.campaign_id, row.campaign))
            await turns.let_others()
        if wrong:
            raise UnanswerableError(wrong)
        return read

    def _phone(self, said: str | None) -> str | None:
        """As the intake reads it: a number of fiction is none with a real carrier."""
        if said is None:
            return None
        phone: str | None = said
        if not is_north_american(said):
            parsed = self._numbering.parse(said, "US")
            phone = None if parsed is None else parsed.e164
        unreal = phone is not None and is_fictional(phone) and not self._permits.fictional_exempt
        return None if unreal else phone

    def _decide(self, one: _Read, barred: list[Barred], with_reasons: bool) -> Preview:
        asked = one.question
        state = state_code(asked.state) if asked.state else None
        candidates = self._numbering.candidates(one.phone, state, asked.postal_code)
        permit = self._permits.decide(
            asked.channel,
            one.campaign,
            self._facts(one, candidates, barred, with_reasons),
            one.at,
            recorded=asked.recorded,
            rules=_rules_about(one.phone, asked.email),
        )
        known, verdicts = known_by(one.phone, state, asked.postal_code), rules_json(permit)
        told = Told(
            asked.channel,
            permit.decision,
            one.at,
            permit.rule_set,
            verdicts,
            permit.not_before,
            one.campaign.timezone,
            known,
        )
        return Preview(permit, verdicts, candidates, known, decision_words(told, asked=True))

    def _facts(
        self, one: _Read, candidates: tuple[Candidate, ...], barred: list[Barred], with_reasons: bool
    ) -> Facts:
        consent = one.question.consent
        counted = tuple(c for c in one.question.attempts if c.channel != "email")
        return Facts(
            phone=one.phone or "",
            consent=ConsentFacts() if consent is None else ConsentFacts.given(consent, one.at),
            candidates=candidates,
            suppressed=tuple(
                Suppressed(row.name if with_reasons else _NO_REASON, row.kind, tuple(row.channels))
                for row in barred
                if row.kind != "list"
            ),
            contacts=counted,
            lifetime=len(counted),
            lists=tuple(
                ListFact(row.name, datetime.combine(row.version_date, time_of_day(), UTC), row.listed)
                for row in barred
                if row.kind == "list" and row.version_date is not None
            ),
            inquiry_at=one.at if consent is None else (consent.captured_at or one.at),
            reassigned=one.question.reassigned,
            fictional_exempt=self._permits.fictional_exempt,
        )
