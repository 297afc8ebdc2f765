"""What the configuration file may say.

Owns: the schema, its checks, and the reading of it into the domain's campaigns and sources.
Must not know: what is in the database. A file with one mistake is refused whole, with a line for each mistake.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import AfterValidator, Field, ValidationError

from speedtolead.domain.agent import Presence
from speedtolead.domain.cadence.plan import Channel
from speedtolead.domain.campaign import NoAgentThen
from speedtolead.domain.carrier import CarrierName
from speedtolead.domain.errors import SpeedToLeadError
from speedtolead.service.configuration.alerts import AlertsPart
from speedtolead.service.configuration.campaign import CampaignPart
from speedtolead.service.configuration.contact import ContactPart
from speedtolead.service.configuration.incoming import incoming_problems
from speedtolead.service.configuration.mail import MailPart
from speedtolead.service.configuration.people import Agent, Pauses, User
from speedtolead.service.configuration.retention import RetentionPart
from speedtolead.service.configuration.routing import references
from speedtolead.service.configuration.source import SourcePart
from speedtolead.service.configuration.values import (
    Misplaced,
    Name,
    Part,
    Phone,
    Zone,
    event_kind,
    receiver,
    webhook_secret,
)

AnyPart = TypeVar("AnyPart", bound=Part)


class ConfigurationError(SpeedToLeadError):
    """The file cannot be applied; ``problems`` has one line for each mistake, with its place."""

    code = "configuration"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Number(Part):
    """``carrier``: whose it is, of the installation's carrier accounts. ``campaign``: whose calls come in
    here; left out, the first by name."""

    phone: Phone
    sms: bool = False
    carrier: CarrierName = CarrierName.FIRST
    campaign: Name | None = None


class WebhookPart(Part):
    """``events`` left out: all of them."""

    name: Name
    url: Annotated[str, Field(max_length=2000), AfterValidator(receiver)]
    events: Annotated[list[Annotated[str, AfterValidator(event_kind)]], Field(min_length=1)] | None = None
    secret: Annotated[str, AfterValidator(webhook_secret)] | None = None
    paused: bool = False


class Document(Part):
    account: Name
    account_key: Annotated[str, Field(pattern=r"^stl_acct_\w{8,80}$")] | None = None
    timezone: Zone
    contact: ContactPart = Field(default_factory=ContactPart)
    retention: RetentionPart = Field(default_factory=RetentionPart)
    mail: MailPart | None = None
    alerts: AlertsPart = Field(default_factory=AlertsPart)
    numbers: list[Number] = Field(default_factory=list)
    users: list[User] = Field(default_factory=list)
    pauses: Pauses = Field(default_factory=Pauses)
    agents: list[Agent] = Field(default_factory=list)
    sources: list[SourcePart] = Field(default_factory=list)
    campaigns: list[CampaignPart] = Field(default_factory=list)
    webhooks: list[WebhookPart] = Field(default_factory=list)


def read(text: str) -> Document:
    """The file's text as a checked document. Raises ConfigurationError with every mistake found."""
    loaded = load(text)
    if not isinstance(loaded, dict):
        raise ConfigurationError(["the file is not a mapping; it begins with account: NAME"])
    document = checked(Document, loaded)
    problems = list(_references(document))
    if problems:
        raise ConfigurationError(problems)
    return document


def load(text: str) -> Any:
    """YAML (JSON is YAML as well) as plain values. Raises ConfigurationError."""
    try:
        return yaml.load(text, Loader=_UniqueKeys)
    except yaml.YAMLError as error:
        raise ConfigurationError([_yaml_problem(error)]) from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ConfigurationError([f"the file holds a value that cannot be read: {error}"]) from None


def checked(part: type[AnyPart], loaded: dict[Any, Any]) -> AnyPart:
    """A part of the file, of plain values. Raises ConfigurationError with a line for each mistake."""
    try:
        return part.model_validate(loaded)
    except ValidationError as error:
        raise ConfigurationError([line for e in error.errors() for line in _problems(e)]) from None


class _UniqueKeys(yaml.SafeLoader):
    """YAML's safe subset, in which a key may be said only once, and ``on`` is a name like any other."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:bool":
                key_node.tag = "tag:yaml.org,2002:str"
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


def _problems(error: Any) -> Iterator[str]:
    """A line for each mistake, with its place in the file."""
    place = ""
    for part in error["loc"]:
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else str(part)
    inner = error.get("ctx", {}).get("error")
    if isinstance(inner, Misplaced):
        for within, words in inner.problems:
            yield f"{place}{'.' if within and not within.startswith('[') else ''}{within}: {words}"
        return
    message = "unknown key" if error["type"] == "extra_forbidden" else error["msg"].removeprefix("Value error, ")
    yield f"{place or 'file'}: {message}"


def _references(document: Document) -> Iterator[str]:
    """Names that are said twice, and references to nothing."""
    yield from _twice("numbers", "phone", [n.phone for n in document.numbers])
    yield from _twice("users", "email", [u.email for u in document.users])
    yield from _twice("agents", "name", [a.name for a in document.agents])
    yield from _twice("sources", "name", [s.name for s in document.sources])
    yield from _twice("sources", "api_key", [s.api_key for s in document.sources if s.api_key])
    yield from _twice("campaigns", "name", [c.name for c in document.campaigns])
    yield from _twice("webhooks", "name", [w.name for w in document.webhooks])
    if document.alerts.mail and document.mail is None:
        yield "alerts.mail: say from whom these mails come, in mail.sender"
    if document.alerts.digest is not None and not document.alerts.mail:
        yield "alerts.digest: say in alerts.mail who gets it"
    campaigns = {c.name for c in document.campaigns}
    users = {user.email for user in document.users}
    owned = {number.phone for number in document.numbers}
    for i, source in enumerate(document.sources):
        if source.campaign not in campaigns:
            yield f"sources[{i}].campaign: there is no campaign {source.campaign!r}"
    for i, campaign in enumerate(document.campaigns):
        dial = campaign.dial
        yield from references(f"campaigns[{i}].dial", dial.agents, dial.routing, dial.fallback, document.agents)
        if not document.numbers:
            yield f"campaigns[{i}]: a campaign needs at least one of the account's numbers to call from"
        pool = campaign.caller_ids.numbers or []
        yield from _twice(f"campaigns[{i}].caller_ids.numbers", "", pool)
        for j, phone in enumerate(pool):
            if phone not in owned:
                yield f"campaigns[{i}].caller_ids.numbers[{j}]: the account has no number {phone}"
        yield from _writers(document, i, campaign)
    yield from _people(document, users)
    phones, of_numbers = [n.phone for n in document.numbers], [n.campaign for n in document.numbers]
    yield from incoming_problems(phones, campaigns, _groups(document), [*document.sources], of_numbers)


_NO_TEXTER = "texts need a sender: say sms: true of one of the account's numbers"


def _writers(document: Document, i: int, campaign: CampaignPart) -> Iterator[str]:
    """Steps that write, and nobody to write from; and those that tell a webhook which is not there."""
    texts = campaign.texts.sender is not None or any(number.sms for number in document.numbers)
    if campaign.dial.no_agent.then == NoAgentThen.TEXT and not texts:
        yield f"campaigns[{i}].dial.no_agent.then: {_NO_TEXTER}"
    plans = [("cadence", campaign.cadence)]
    for n, experiment in enumerate(campaign.experiments):
        plans += [
            (f"experiments[{n}].arms[{m}].cadence", arm.cadence or []) for m, arm in enumerate(experiment.arms)
        ]
    for where, step in ((f"campaigns[{i}].{at}[{j}]", step) for at, plan in plans for j, step in enumerate(plan)):
        if step.channel == Channel.EMAIL and document.mail is None:
            words = "mails need a sender: say mail: {sender: ..., postal_address: ...} for the account"
            yield f"{where}.channel: {words}"
        if step.channel == Channel.SMS and not texts:
            yield f"{where}.channel: {_NO_TEXTER}"
        if step.webhook is not None and step.webhook not in {hook.name for hook in document.webhooks}:
            yield f"{where}.webhook: there is no webhook {step.webhook!r}"


def _people(document: Document, users: set[str]) -> Iterator[str]:
    yield from _twice("pauses.reasons", "", document.pauses.reasons)
    for i, agent in enumerate(document.agents):
        yield from _twice(f"agents[{i}].groups", "name", agent.group_names)
        by_schedule = agent.presence is Presence.SCHEDULE
        if by_schedule and agent.hours is None:
            yield f"agents[{i}].hours: presence by schedule needs the hours of the week"
        if not by_schedule and (agent.hours is not None or agent.days_off):
            told = "hours" if agent.hours is not None else "days_off"
            yield f"agents[{i}].{told}: only presence: schedule goes by them"
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
            yield f"{where}[{i}]{'.' if field else ''}{field}: {value!r} is said twice"
        seen.add(value)


def _groups(document: Document) -> set[str]:
    return {group for agent in document.agents for group in agent.group_names}
