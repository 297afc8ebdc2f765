"""What the configuration file may say of a campaign, and the reading of it into the domain's campaign.

Owns: the shape of that part. Must not know: what is in the database. A bad value is refused with its place.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from speedtolead.domain.call import DialMode
from speedtolead.domain.campaign import (
    GREETING,
    NO_AGENT_TEXT,
    Announcing,
    Campaign,
    ContactPolicy,
    Dial,
    MailPolicy,
    NoAgentThen,
    Outside,
    RecordingPolicy,
    TextPolicy,
)
from speedtolead.domain.hours import ALWAYS
from speedtolead.domain.machine import DETECTED_BY_TALK
from speedtolead.domain.routing.policy import Strategy
from speedtolead.service.configuration.cadence import (
    BestTimePart,
    StepPart,
    StopPart,
    check_plan,
    check_words,
    may_be_timed,
    timed,
)
from speedtolead.service.configuration.caller_ids import CallerIdsPart
from speedtolead.service.configuration.console import PassagePart, Questions, ScriptPart, terms_of
from speedtolead.service.configuration.experiments import ExperimentPart, check_experiments
from speedtolead.service.configuration.incoming import InboundPart
from speedtolead.service.configuration.machine import MachinePart, VoicemailPart
from speedtolead.service.configuration.routing import (
    FallbackOrName,
    NoAgent,
    RoutingOrName,
    RoutingPart,
    routing_of,
)
from speedtolead.service.configuration.values import (
    Duration,
    Greeting,
    Hours,
    Misplaced,
    Name,
    Part,
    Phone,
    Spoken,
    State,
    only,
)

LEAST_RING = timedelta(seconds=15)
"""47 CFR 64.1200(a)(6), 16 CFR 310.4(b)(4)(ii): an unanswered call rings for 15 seconds or four rings at least."""


class DialPart(Part):
    mode: Annotated[str, AfterValidator(only(*(mode.value for mode in DialMode)))] = "agent_first"
    agents: Name
    routing: RoutingOrName = Field(default_factory=RoutingPart)
    fallback: FallbackOrName | None = None
    ring_timeout: Annotated[Duration, Field(ge=LEAST_RING, le=timedelta(seconds=600))] = timedelta(seconds=25)
    minimum_talk: Duration = timedelta(seconds=10)
    wrap_up: Duration = timedelta(0)
    no_agent: NoAgent = Field(default_factory=NoAgent)
    attempts_per_24h: Annotated[int, Field(ge=1, le=10)] = 3
    abandonment_switch: Annotated[float, Field(ge=0.001, le=0.03)] = 0.025

    @model_validator(mode="after")
    def _shotgun_fits(self) -> DialPart:
        if self.routing.strategy == Strategy.SHOTGUN and self.mode != DialMode.AGENT_FIRST:
            raise Misplaced([("routing.strategy", f"shotgun rings agents before the lead; {self.mode} does not")])
        return self


def _sentence(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("say it in words, on one line")
    return value


class RecordingPart(Part):
    """``agents_in`` left out: nobody knows where the agents sit, so every recording is announced."""

    record: bool = False
    announce: Annotated[str, AfterValidator(only(*(when.value for when in Announcing)))] = Announcing.AUTO.value
    words: Annotated[str, Field(max_length=200), AfterValidator(_sentence)] = RecordingPolicy().words
    agents_in: list[State] = Field(default_factory=list)

    def to_domain(self) -> RecordingPolicy:
        places = tuple(sorted(set(self.agents_in)))
        return RecordingPolicy(self.record, Announcing(self.announce), self.words, places)


class TextsPart(Part):
    """``sender`` left out: the account's first number that may send texts."""

    sender: Annotated[str, Field(pattern=r"^(\+[1-9][0-9]{6,14}|MG[0-9a-fA-F]{32})$")] | None = None
    segments: Annotated[int, Field(ge=1, le=10)] = 4


class OutsidePart(Part):
    """Somebody who is no agent, and may be rung into a talk."""

    name: Name
    phone: Phone


def _once(given: list[OutsidePart]) -> list[OutsidePart]:
    names = [one.name for one in given]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{twice[0]!r} is named twice")
    return given


class CampaignPart(Part):
    name: Name
    seller: Annotated[str, Field(min_length=1, max_length=200)]
    paused: bool = False
    hours: Hours = ALWAYS
    dial: DialPart
    whisper: Spoken = "New lead from {{ source.name }}. Press 1 to take it."
    greeting: Greeting = GREETING
    machine: MachinePart = Field(default_factory=MachinePart)
    voicemail: VoicemailPart = Field(default_factory=VoicemailPart)
    recording: RecordingPart = Field(default_factory=RecordingPart)
    caller_ids: CallerIdsPart = Field(default_factory=CallerIdsPart)
    call_reason: Annotated[str, Field(max_length=50), AfterValidator(_sentence)] | None = None
    transfer_to: Annotated[list[OutsidePart], Field(max_length=50), AfterValidator(_once)] = Field(
        default_factory=list
    )
    inbound: InboundPart = Field(default_factory=InboundPart)
    script: ScriptPart | None = None
    qualification: Questions = Field(default_factory=list)
    agent_texts: Annotated[list[PassagePart], Field(max_length=30)] = Field(default_factory=list)
    cadence: Annotated[list[StepPart], Field(min_length=1, max_length=50)]
    stop: StopPart = Field(default_factory=StopPart)
    texts: TextsPart = Field(default_factory=TextsPart)
    best_time: BestTimePart | None = None
    experiments: Annotated[list[ExperimentPart], Field(max_length=10)] = Field(default_factory=list)
    spread: Annotated[Duration, Field(le=timedelta(hours=6))] = timedelta(minutes=20)

    @model_validator(mode="after")
    def _cadence_works(self) -> CampaignPart:
        try:
            plan = [step.to_domain() for step in self.cadence]
            check_plan(plan, self.hours, self.stop.days)
            check_words(plan, self.texts.segments)
        except Misplaced as error:
            raise Misplaced([(f"cadence{place}", words) for place, words in error.problems]) from None
        return self

    @model_validator(mode="after")
    def _best_time_is_of_use(self) -> CampaignPart:
        plan = [step.to_domain() for step in self.cadence]
        if self.best_time is not None and not any(may_be_timed(step, n) for n, step in enumerate(plan)):
            raise Misplaced([("best_time", "no later call of the cadence is planned by days: after: 1d, or delay")])
        return self

    @model_validator(mode="after")
    def _experiments_work(self) -> CampaignPart:
        plan = tuple(step.to_domain() for step in self.cadence)
        shotgun = self.dial.routing.strategy == Strategy.SHOTGUN
        check_experiments(self.experiments, plan, self.hours, self.stop.days, self.texts.segments, shotgun)
        return self

    @model_validator(mode="after")
    def _machines_are_told(self) -> CampaignPart:
        problems = []
        if self.voicemail.leave and not self.machine.detect:
            problems.append(("voicemail.leave", "a message can be left only where machines are detected"))
        if not self.machine.detect and self.dial.minimum_talk < DETECTED_BY_TALK:
            words = "without machine detection only a talk of at least 30s shows that a person answered"
            problems.append(("dial.minimum_talk", words))
        if problems:
            raise Misplaced(problems)
        return self

    def to_domain(self, timezone: str, contact: ContactPolicy, mail: MailPolicy | None = None) -> Campaign:
        dial = self.dial
        return Campaign(
            name=self.name,
            seller=self.seller,
            timezone=timezone,
            hours=self.hours,
            whisper=self.whisper,
            greeting=self.greeting,
            dial=Dial(
                mode=DialMode(dial.mode),
                agents=dial.agents,
                ring_timeout=dial.ring_timeout,
                minimum_talk=dial.minimum_talk,
                wrap_up=dial.wrap_up,
                no_agent_wait=dial.no_agent.wait,
                no_agent_then=NoAgentThen(dial.no_agent.then),
                no_agent_text=dial.no_agent.text or NO_AGENT_TEXT,
                routing=routing_of(dial.routing, dial.fallback),
                attempts_per_24h=dial.attempts_per_24h,
                abandonment_switch=dial.abandonment_switch,
            ),
            cadence=timed(self.cadence, None if self.best_time is None else self.best_time.holdout),
            stop=self.stop.to_domain(),
            spread=self.spread,
            mail=mail,
            texts=TextPolicy(self.texts.sender, self.texts.segments),
            contact=contact,
            recording=self.recording.to_domain(),
            machine=self.machine.to_domain(),
            voicemail=self.voicemail.to_domain(),
            caller_ids=self.caller_ids.to_domain(),
            call_reason=self.call_reason,
            transfer_to=tuple(Outside(one.name, one.phone) for one in self.transfer_to),
            inbound=self.inbound.to_domain(),
            console=terms_of(self.script, self.qualification, self.agent_texts),
            experiments=tuple(one.to_domain() for one in self.experiments),
        )
