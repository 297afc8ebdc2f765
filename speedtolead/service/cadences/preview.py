"""The calendar of one cadence for one sample lead: when each step would go out if nobody answers, and why then.

Owns: the sample lead, and what is said of each step. Must not know: HTTP, or how a calendar is drawn. Nothing is
stored and nobody is contacted. The person is taken to be on no list, suppressed nowhere, and the number not to be
of fiction, so that the law's hours hold. What cannot be read raises FieldErrors, ConfigurationError or NotFound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from speedtolead.domain.cadence.plan import Channel, Message, Step, Task
from speedtolead.domain.campaign import Campaign
from speedtolead.domain.errors import NotFound
from speedtolead.domain.permit import RULES, Certified, ConsentFacts, Decision, Facts, Request, Verdict
from speedtolead.domain.permit.lists import do_not_call_list
from speedtolead.domain.segments import segments
from speedtolead.domain.states import state_code
from speedtolead.ports import Clock, Numbering
from speedtolead.service.cadences.follow_up import cadence_of, known_of_post
from speedtolead.service.cadences.walk import Stood, Walker, nobody_answers, walk
from speedtolead.service.cadences.why import ENDS, reasons, refusal
from speedtolead.service.configuration.cadence import StepPart, check_plan, check_words
from speedtolead.service.configuration.document import ConfigurationError, checked
from speedtolead.service.configuration.values import Misplaced, Part
from speedtolead.service.intake.fields import FieldError, FieldErrors
from speedtolead.service.intake.fields import read as read_lead
from speedtolead.service.intake.post import LeadPost
from speedtolead.service.lawful.permits import Permits, RulesInForce
from speedtolead.service.messages.wording import Unwritable, filled
from speedtolead.store import preview as rows
from speedtolead.store.database import Database
from speedtolead.store.imports import IMPORT_ACCOUNTS

SAMPLE: dict[str, Any] = {
    "phone": "+12125550142",
    "first_name": "Ada",
    "last_name": "Example",
    "email": "ada@example.com",
    "city": "New York",
    "state": "NY",
    "postal_code": "10001",
    "consent": {"channels": ["call", "sms", "email"], "text": "Call, text and mail me."},
}
"""The lead that is taken where none is given."""
_LEAD_ID = UUID(int=1)


@dataclass(frozen=True, slots=True)
class Sample:
    """A lead that might come. ``arrives`` None: now."""

    post: LeadPost
    arrives: datetime | None = None
    score: int | None = None
    source: str = "sample"
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """One step on the calendar. ``step`` counts from 0, as the file's places do. ``refused``: why it would not go
    out. ``says``: a text or mail as it would be written; ``segments``: of a text."""

    step: int
    name: str | None
    channel: str
    at: datetime
    why: list[str]
    refused: str | None
    says: str | None
    subject: str | None
    segments: int | None


@dataclass(frozen=True, slots=True)
class Calendar:
    """``zone``: the clock of the person. ``end``: why nothing comes after the last step."""

    campaign: str
    zone: str
    arrives: datetime
    rule_set: str
    days: list[Day]
    end: str


class _Cadence(Part):
    cadence: list[StepPart]


def sample_of(lead: dict[str, Any] | None, **more: Any) -> Sample:
    """A lead as it would be posted, over the usual sample's fields where none is given. Raises FieldErrors."""
    given = SAMPLE if lead is None else lead
    if "phone" not in given:
        given = {"phone": SAMPLE["phone"], **given}
    return Sample(read_lead(given, raw_type="application/json", raw_body=b"", via="preview"), **more)


def steps_of(cadence: list[Any], campaign: Campaign) -> tuple[Step, ...]:
    """Steps as the file writes them, for a campaign. Raises ConfigurationError with the places."""
    plan = [part.to_domain() for part in checked(_Cadence, {"cadence": cadence}).cadence]
    try:
        check_plan(plan, campaign.hours, campaign.stop.days)
        check_words(plan, campaign.texts.segments)
    except Misplaced as error:
        raise ConfigurationError([f"cadence{place}: {words}" for place, words in error.problems]) from None
    return tuple(plan)


class CadencePreviews:
    """Calendars for the campaigns of an account."""

    def __init__(self, database: Database, clock: Clock, numbering: Numbering, rules: RulesInForce) -> None:
        self._database = database
        self._clock = clock
        self._calendars = Calendars(numbering, rules)

    async def accounts(self) -> dict[str, UUID]:
        """Every account's id, by its name."""
        async with self._database.connection() as tx:
            return {one.name: one.account_id for one in await IMPORT_ACCOUNTS.all(tx)}

    async def campaign(self, account_id: UUID, name: str | None) -> Campaign:
        """``name`` None where there is only one. Raises NotFound."""
        async with self._database.connection() as tx:
            found = await rows.CAMPAIGNS_TO_PREVIEW.all(tx, account_id=account_id, source_id=None)
        if name is None and len(found) != 1:
            names = ", ".join(sorted(row.name for row in found))
            raise NotFound(f"Say which campaign: {names or 'there is none yet'}.")
        for row in found:
            if name in (None, row.name):
                return row.campaign
        raise NotFound("There is no such campaign.")

    async def calendar(
        self, account_id: UUID, name: str, sample: Sample, cadence: list[Any] | None = None
    ) -> Calendar:
        """Of a campaign as it stands, or with other steps. Raises NotFound, FieldErrors, ConfigurationError."""
        campaign = await self.campaign(account_id, name)
        if cadence is not None:
            campaign = replace(campaign, cadence=steps_of(cadence, campaign))
        return self._calendars.of(campaign, sample, self._clock.now())


class Calendars:
    """The pure part: a campaign, a sample and a moment make a calendar."""

    def __init__(self, numbering: Numbering, rules: RulesInForce) -> None:
        self._numbering = numbering
        self._permits = Permits(rules, False, SAMPLE_RULES)
        self._rules = rules

    def of(self, campaign: Campaign, sample: Sample, now: datetime) -> Calendar:
        post, arrives = sample.post, sample.arrives or now
        parsed = self._numbering.parse(post.phone, post.country)
        if parsed is None:
            raise FieldErrors([FieldError("phone", "invalid_phone", "This is no phone number.")])
        state = state_code(post.state) if post.state else None
        candidates = self._numbering.candidates(parsed.e164, state, post.postal_code)
        zone = candidates[0].zone if candidates else campaign.timezone
        certified = Certified.VERIFIED if post.consent.has_certificate else None
        facts = Facts(
            phone=parsed.e164,
            consent=ConsentFacts.given(post.consent, arrives, certified),
            candidates=candidates,
            inquiry_at=arrives,
            reassigned=False,
        )
        known = known_of_post(
            sample.source, sample.exclusive, state, post.postal_code, dict(post.attributes), sample.score
        )
        walker = Walker(_LEAD_ID, arrives, zone, facts, known)
        start = max(arrives, post.schedule_at or arrives)
        nobody = nobody_answers(campaign)
        way, over = walk(self._permits, cadence_of(campaign), campaign, walker, nobody, start)
        words = _Words(sample, state)
        days = [_day(stood, campaign, words, zone) for stood in way]
        rule_set = self._rules.at(arrives).version
        return Calendar(campaign.name, zone, arrives, rule_set, days, ENDS.get(over.reason, over.reason.value))


def _day(stood: Stood, campaign: Campaign, words: _Words, zone: str) -> Day:
    step = campaign.cadence[stood.planned.index]
    says, subject = words.of(step, campaign)
    return Day(
        step=stood.planned.index,
        name=step.name,
        channel=str(step.channel),
        at=stood.at,
        why=reasons(stood, step, zone, campaign.spread),
        refused=refusal(stood, zone),
        says=says,
        subject=subject,
        segments=segments(says).count if says is not None and step.channel == Channel.SMS else None,
    )


class _Words:
    """What steps would say to the sample."""

    def __init__(self, sample: Sample, state: str | None) -> None:
        post = sample.post
        self.first_name, self.last_name, self.city = post.first_name, post.last_name, post.city
        self.region, self.postal_code = state, post.postal_code
        self.attributes: dict[str, object] = dict(post.attributes)
        self.source_name = sample.source

    def of(self, step: Step, campaign: Campaign) -> tuple[str | None, str | None]:
        """The text and the subject; None for what has none."""
        try:
            match step.content:
                case Message(text, subject):
                    return filled(text, self, campaign), filled(subject, self, campaign) if subject else None
                case Task(title):
                    return filled(title, self, campaign), None
        except Unwritable as error:
            return str(error), None
        return None, None


def _no_list(_: Request) -> Verdict:
    words, citation = "a sample lead is on no list", "47 CFR 64.1200(c)(2)"
    return Verdict("do_not_call_list", Decision.NOT_APPLICABLE, {}, words, citation)


SAMPLE_RULES = tuple(_no_list if rule is do_not_call_list else rule for rule in RULES)
