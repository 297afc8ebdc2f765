"""A campaign as the rules see it.

Owns: the shape of what happens to a lead.
Must not know: the configuration file that it is written in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from speedtolead.domain.cadence.plan import Step
from speedtolead.domain.cadence.stops import StopRules
from speedtolead.domain.call import DialMode
from speedtolead.domain.caller_id import CallerIds
from speedtolead.domain.console import ConsoleTerms
from speedtolead.domain.experiment import Experiment, chosen
from speedtolead.domain.hours import ALWAYS, WeeklyHours
from speedtolead.domain.inbound import InboundPolicy
from speedtolead.domain.machine import MachinePolicy
from speedtolead.domain.routing.policy import Routing
from speedtolead.domain.voicemail import VoicemailPolicy

GREETING = "Hello, this is {{ campaign.seller }} about your request. One moment, please."


class NoAgentThen(StrEnum):
    """What becomes of a lead that has waited for an agent as long as it should."""

    KEEP = "keep"
    """It keeps its place."""
    CALLBACK = "callback"
    """Where none of the agents is at work, it is called when the next one is scheduled to be."""
    TEXT = "text"
    """The same, and the person is told by text when that will be."""


NO_AGENT_TEXT = (
    "Hi {{ lead.first_name or 'there' }}, this is {{ campaign.seller }} about your request. "
    "We will call you {{ at }}. Reply STOP to end."
)
"""What they are told where the campaign says nothing else; ``at`` is the time, on their clock."""


@dataclass(frozen=True, slots=True)
class Dial:
    """How a campaign's calls are made."""

    mode: DialMode
    agents: str
    """The agent group that is rung."""
    ring_timeout: timedelta = timedelta(seconds=25)
    minimum_talk: timedelta = timedelta(seconds=10)
    wrap_up: timedelta = timedelta(0)
    no_agent_wait: timedelta = timedelta(seconds=30)
    """After this long without a free agent the wait is reported, and what ``no_agent_then`` says is done."""
    no_agent_then: NoAgentThen = NoAgentThen.KEEP
    no_agent_text: str = NO_AGENT_TEXT
    routing: Routing = field(default_factory=Routing)
    attempts_per_24h: int = 3
    abandonment_switch: float = 0.025
    """The share of abandoned live answers at which ``lead_first`` gives way to ``agent_first``."""


@dataclass(frozen=True, slots=True)
class ContactPolicy:
    """What an account asks of a contact beyond the law. All but ``exemptions`` can only make it stricter."""

    windows: tuple[tuple[str, WeeklyHours], ...] = ()
    """Hours in which a person in a state (``US``: in any) may be contacted, on the person's clock."""
    closed: tuple[tuple[date, str], ...] = ()
    """Days, by name, on which nobody is contacted, on the person's calendar."""
    lifetime: int | None = None
    """Calls and texts to one person, ever."""
    written_consent: bool = False
    one_to_one: bool = False
    """The consent names this campaign's seller."""
    consent_age: timedelta | None = None
    certificate: bool = False
    """A consent certificate that its issuer confirmed, for this phone."""
    lists: tuple[str, ...] = ()
    """Do-not-call lists that are relied on."""
    exemptions: frozenset[str] = frozenset()
    """States whose hours are lifted where their law says so, which counsel must have confirmed."""
    reassigned_unknown: bool = True
    """Whether a number of which no change of owner is known may be contacted."""
    revocation: str = "all"
    """What a stop that speaks of calls or of texts only ends: ``all`` channels, or ``as_said``."""


class Announcing(StrEnum):
    """When a lead is told that the call may be recorded."""

    ALWAYS = "always"
    AUTO = "auto"
    """Unless every state on the call is known, and none asks for it."""


@dataclass(frozen=True, slots=True)
class RecordingPolicy:
    """Whether a campaign's talks are recorded, and what is said first where it must be."""

    record: bool = False
    announce: Announcing = Announcing.AUTO
    words: str = "This call may be recorded."
    agents_in: tuple[str, ...] = ()
    """States in which the campaign's agents sit; empty: not known."""


@dataclass(frozen=True, slots=True)
class TextPolicy:
    """``sender``: one of the account's numbers, or the id of a group of senders at the carrier; None: the first
    number that may send texts. ``segments``: at most so many a text.
    """

    sender: str | None = None
    segments: int = 4


@dataclass(frozen=True, slots=True)
class MailPolicy:
    """Who mails come from. The postal address stands in each of them: 15 USC 7704(a)(5)."""

    sender: str
    postal_address: str
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Outside:
    """Somebody who is no agent, and to whom a talk may be handed over. ``phone`` is E.164."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Campaign:
    name: str
    seller: str
    timezone: str
    """The account's zone, in which the campaign's own hours are kept."""
    dial: Dial
    cadence: tuple[Step, ...]
    hours: WeeklyHours = ALWAYS
    whisper: str = "New lead. Press 1 to take it."
    greeting: str = GREETING
    """What a lead hears who answers before an agent is on the line; empty: ringing only."""
    contact: ContactPolicy = field(default_factory=ContactPolicy)
    recording: RecordingPolicy = field(default_factory=RecordingPolicy)
    machine: MachinePolicy = field(default_factory=MachinePolicy)
    voicemail: VoicemailPolicy = field(default_factory=VoicemailPolicy)
    stop: StopRules = field(default_factory=StopRules)
    """What ends the cadence, or a channel of it."""
    spread: timedelta = timedelta(minutes=20)
    """Over so long after an opening those are spread who have waited for it; fresh leads are not."""
    texts: TextPolicy = field(default_factory=TextPolicy)
    mail: MailPolicy | None = None
    """None: the account sends no mails."""
    caller_ids: CallerIds = field(default_factory=CallerIds)
    call_reason: str | None = None
    """Why we call, for the person's display where their carrier shows it; at most 50 characters."""
    transfer_to: tuple[Outside, ...] = ()
    inbound: InboundPolicy = field(default_factory=InboundPolicy)
    console: ConsoleTerms = field(default_factory=ConsoleTerms)
    experiments: tuple[Experiment, ...] = ()

    def going_by(self, arms: Mapping[str, str] | None) -> Campaign:
        """The campaign as it is for a lead in these arms, by experiment; None: for one that is in none."""
        found = self
        for arm in chosen(self.experiments, arms):
            mode = found.dial.mode if arm.mode is None else arm.mode
            found = replace(found, cadence=tuple(arm.plan(found.cadence)), dial=replace(found.dial, mode=mode))
        return found
