"""What the configuration file may say.

Owns: the schema, its checks, and the reading of it into the domain's campaigns and sources.
Must not know: what is in the database. A file with one mistake is refused whole, with a line for each mistake.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator
from datetime import time, timedelta
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import yaml
from jinja2 import TemplateError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from speedtolead.domain.agent import Presence
from speedtolead.domain.call import DialMode
from speedtolead.domain.campaign import Acceptance, Campaign, Dial, Source, Step
from speedtolead.domain.errors import SpeedToLeadError
from speedtolead.domain.hours import ALWAYS, WeeklyHours, parse_weekly
from speedtolead.domain.webhook import EVENT_KINDS, key_of
from speedtolead.service.whisper import compiled

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST = 366 * 86400
_NAME = r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$"


class ConfigurationError(SpeedToLeadError):
    """The file cannot be applied; ``problems`` has one line for each mistake, with its place."""

    code = "configuration"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _duration(value: object) -> timedelta:
    match = re.fullmatch(r"(\d{1,9})([smhd])", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('expected a duration like "20s", "5m", "2h" or "1d"')
    seconds = int(match[1]) * _UNITS[match[2]]
    if seconds > _LONGEST:
        raise ValueError("the duration is longer than 366 days")
    return timedelta(seconds=seconds)


def _hours(value: object) -> WeeklyHours:
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise ValueError('expected days and hours, like {mon-fri: "08:00-21:00"}')
    return parse_weekly({str(key): text for key, text in value.items()})


def _wall_time(value: object) -> time:
    if not isinstance(value, str) or re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value) is None:
        raise ValueError('expected a quoted time like "09:30"')
    return time.fromisoformat(value)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(value: str) -> str:
    if value not in _zones():
        raise ValueError(f"{value!r} is no IANA time zone, like America/New_York")
    return value


def _template(value: str) -> str:
    try:
        compiled(value)
    except TemplateError as error:
        raise ValueError(f"not a template: {error}") from None
    return value


def _only(*values: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in values:
            raise ValueError(f"{value!r} is not available in this version; one of: {', '.join(values)}")
        return value

    return check


def _sip(value: str) -> str:
    if not value.startswith(("sip:", "sips:")):
        raise ValueError("expected an address like sip:agent@example.com")
    return value


def _receiver(value: str) -> str:
    try:
        url = urlsplit(value)
        usable = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0 and not url.fragment
    except ValueError:
        usable = False
    if not usable or not value.isprintable() or " " in value:
        raise ValueError("expected an address like https://crm.example.com/hook")
    return value


def _kind(value: str) -> str:
    if value not in EVENT_KINDS:
        raise ValueError(f"{value!r} is no kind of event; one of: {', '.join(sorted(EVENT_KINDS))}")
    return value


def _secret(value: str) -> str:
    key_of(value)
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Hours = Annotated[WeeklyHours, BeforeValidator(_hours)]
WallTime = Annotated[time, BeforeValidator(_wall_time)]
Zone = Annotated[str, AfterValidator(_zone)]
Name = Annotated[str, Field(pattern=_NAME)]
Phone = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]
Email = Annotated[str, Field(pattern=r"^[^@\s]{1,64}@[^@\s]{1,190}$"), AfterValidator(str.lower)]
Spoken = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_template)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Number(_Part):
    phone: Phone
    sms: bool = False


class User(_Part):
    email: Email
    role: Literal["agent", "supervisor", "manager", "admin"]
    password: Annotated[str, Field(min_length=8, max_length=200)]


class Agent(_Part):
    """Rung on one of ``phone``, ``client`` (the browser) or ``sip``."""

    name: Name
    phone: Phone | None = None
    client: Annotated[str, Field(pattern=r"^\w{1,121}$")] | None = None
    sip: Annotated[str, AfterValidator(_sip)] | None = None
    presence: Presence = Presence.ALWAYS
    groups: Annotated[list[Name], Field(min_length=1)]
    email: Email | None = None
    password: Annotated[str, Field(min_length=8, max_length=200)] | None = None

    @property
    def address(self) -> str:
        return self.phone or self.sip or f"client:{self.client}"


ConsentChannel = Literal["call", "sms", "email"]


class ConsentTerms(_Part):
    channels: list[ConsentChannel] = ["call"]
    certificate: Literal["optional", "required"] = "optional"


class Accept(_Part):
    states: list[Annotated[str, Field(pattern=r"^[A-Z]{2}$")]] | None = None
    max_age: Duration | None = None
    consent: ConsentTerms = Field(default_factory=ConsentTerms)


class Caps(_Part):
    daily: Annotated[int, Field(ge=1)] | None = None


class SourcePart(_Part):
    name: Name
    api_key: Annotated[str, Field(pattern=r"^stl_\w{8,80}$")] | None = None
    campaign: Name
    paused: bool = False
    cost_per_lead: Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=4)] | None = None
    exclusive: bool = True
    duplicate_window: Duration | None = None
    accept: Accept = Field(default_factory=Accept)
    caps: Caps = Field(default_factory=Caps)

    def to_domain(self) -> Source:
        return Source(
            name=self.name,
            cost_per_lead=self.cost_per_lead,
            exclusive=self.exclusive,
            duplicate_window=self.duplicate_window,
            daily_cap=self.caps.daily,
            accept=Acceptance(
                states=None if self.accept.states is None else frozenset(self.accept.states),
                max_age=self.accept.max_age,
                channels=tuple(self.accept.consent.channels),
                certificate_required=self.accept.consent.certificate == "required",
            ),
        )


class NoAgent(_Part):
    wait: Duration = timedelta(seconds=30)


class DialPart(_Part):
    mode: Annotated[str, AfterValidator(_only(*(mode.value for mode in DialMode)))] = "agent_first"
    agents: Name
    routing: Annotated[str, AfterValidator(_only("longest_idle"))] = "longest_idle"
    ring_timeout: Annotated[Duration, Field(ge=timedelta(seconds=5), le=timedelta(seconds=600))] = timedelta(
        seconds=25
    )
    minimum_talk: Duration = timedelta(seconds=10)
    wrap_up: Duration = timedelta(0)
    no_agent: NoAgent = Field(default_factory=NoAgent)
    attempts_per_24h: Annotated[int, Field(ge=1, le=10)] = 3


class Voicemail(_Part):
    leave: Literal[False] = False


class StepPart(_Part):
    after: Duration
    channel: Annotated[str, AfterValidator(_only("call"))]
    at: WallTime | None = None


class CampaignPart(_Part):
    name: Name
    seller: Annotated[str, Field(min_length=1, max_length=200)]
    paused: bool = False
    hours: Hours = ALWAYS
    dial: DialPart
    whisper: Spoken = "New lead from {{ source.name }}. Press 1 to take it."
    voicemail: Voicemail = Field(default_factory=Voicemail)
    cadence: Annotated[list[StepPart], Field(min_length=1, max_length=50)]

    def to_domain(self, timezone: str) -> Campaign:
        dial = self.dial
        return Campaign(
            name=self.name,
            seller=self.seller,
            timezone=timezone,
            hours=self.hours,
            whisper=self.whisper,
            dial=Dial(
                mode=DialMode(dial.mode),
                agents=dial.agents,
                ring_timeout=dial.ring_timeout,
                minimum_talk=dial.minimum_talk,
                wrap_up=dial.wrap_up,
                no_agent_wait=dial.no_agent.wait,
                attempts_per_24h=dial.attempts_per_24h,
            ),
            cadence=tuple(Step(step.after, step.channel, step.at) for step in self.cadence),
        )


class WebhookPart(_Part):
    """``events`` left out: all of them."""

    name: Name
    url: Annotated[str, Field(max_length=2000), AfterValidator(_receiver)]
    events: Annotated[list[Annotated[str, AfterValidator(_kind)]], Field(min_length=1)] | None = None
    secret: Annotated[str, AfterValidator(_secret)] | None = None
    paused: bool = False


class Document(_Part):
    account: Name
    account_key: Annotated[str, Field(pattern=r"^stl_acct_\w{8,80}$")] | None = None
    timezone: Zone
    numbers: list[Number] = Field(default_factory=list)
    users: list[User] = Field(default_factory=list)
    agents: list[Agent] = Field(default_factory=list)
    sources: list[SourcePart] = Field(default_factory=list)
    campaigns: list[CampaignPart] = Field(default_factory=list)
    webhooks: list[WebhookPart] = Field(default_factory=list)


def read(text: str) -> Document:
    """The file's text as a checked document. Raises ConfigurationError with every mistake found."""
    try:
        loaded = yaml.load(text, Loader=_UniqueKeys)
    except yaml.YAMLError as error:
        raise ConfigurationError([_yaml_problem(error)]) from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ConfigurationError([f"the file holds a value that cannot be read: {error}"]) from None
    if not isinstance(loaded, dict):
        raise ConfigurationError(["the file is not a mapping; it begins with account: NAME"])
    try:
        document = Document.model_validate(loaded)
    except ValidationError as error:
        raise ConfigurationError([_problem(e) for e in error.errors()]) from None
    problems = list(_references(document))
    if problems:
        raise ConfigurationError(problems)
    return document


class _UniqueKeys(yaml.SafeLoader):
    """YAML's safe subset, in which a key may be said only once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=deep)
            if not isinstance(key, Hashable):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key is not a plain value", key_node.start_mark
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key!r} is said twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def _yaml_problem(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}: " if mark else ""
    return " ".join(f"{where}{getattr(error, 'problem', None) or error}".split())


def _problem(error: Any) -> str:
    place = ""
    for part in error["loc"]:
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else str(part)
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = "unknown key"
    return f"{place or 'file'}: {message}"


def _references(document: Document) -> Iterator[str]:
    """Names that are said twice, and references to nothing."""
    yield from _twice("numbers", "phone", [n.phone for n in document.numbers])
    yield from _twice("users", "email", [u.email for u in document.users])
    yield from _twice("agents", "name", [a.name for a in document.agents])
    yield from _twice("sources", "name", [s.name for s in document.sources])
    yield from _twice("sources", "api_key", [s.api_key for s in document.sources if s.api_key])
    yield from _twice("campaigns", "name", [c.name for c in document.campaigns])
    yield from _twice("webhooks", "name", [w.name for w in document.webhooks])
    campaigns = {c.name for c in document.campaigns}
    groups = {group for agent in document.agents for group in agent.groups}
    users = {user.email for user in document.users}
    for i, source in enumerate(document.sources):
        if source.campaign not in campaigns:
            yield f"sources[{i}].campaign: there is no campaign {source.campaign!r}"
    for i, campaign in enumerate(document.campaigns):
        if campaign.dial.agents not in groups:
            yield f"campaigns[{i}].dial.agents: no agent is in group {campaign.dial.agents!r}"
        if not document.numbers:
            yield f"campaigns[{i}]: a campaign needs at least one of the account's numbers to call from"
    for i, agent in enumerate(document.agents):
        if sum(x is not None for x in (agent.phone, agent.client, agent.sip)) != 1:
            yield f"agents[{i}]: say exactly one of phone, client, sip"
        if agent.password is not None and agent.email is None:
            yield f"agents[{i}].password: a password needs an email to sign in with"
        if agent.email is not None and agent.password is None and agent.email not in users:
            yield f"agents[{i}].email: there is no user {agent.email!r}, and no password to make one"


def _twice(where: str, field: str, values: list[str]) -> Iterator[str]:
    seen: set[str] = set()
    for i, value in enumerate(values):
        if value in seen:
            yield f"{where}[{i}].{field}: {value!r} is said twice"
        seen.add(value)
