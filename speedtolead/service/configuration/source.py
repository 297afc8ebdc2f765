"""What the configuration file may say of a source.

Owns: the schema of a source, and its reading into the domain's terms. Must not know: what is in the database.
"""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from jinja2 import TemplateError
from jinja2.sandbox import SandboxedEnvironment
from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator
from pydantic_core import to_jsonable_python

from speedtolead.domain import criteria
from speedtolead.domain.checks import DEFAULTS, PROVIDERS, VELOCITY_KINDS, Policy, Reaction, Velocity, Verdict
from speedtolead.domain.checks.evidence import CertificateTerms
from speedtolead.domain.criteria import Criteria, CriteriaError
from speedtolead.domain.duplicate import DuplicateRule, Key, OnRepeat, Scope
from speedtolead.domain.mapping import Mapping, MappingError, parse_mapping
from speedtolead.domain.price import AsPosted, ByRule, Caps, Flat, PriceRule, Pricing
from speedtolead.domain.score import FitRule
from speedtolead.domain.source import Acceptance, Asked, Budget, Connection, Reply, Source
from speedtolead.ports import LineType
from speedtolead.service.configuration.guard import GuardPart
from speedtolead.service.configuration.incoming import CallKeys
from speedtolead.service.configuration.postbacks import PostbackPart, same_names, without_secrets
from speedtolead.service.configuration.returns import ReturnsPart
from speedtolead.service.configuration.values import Duration, Misplaced, Name, Part, Phone

ConsentChannel = Literal["call", "sms", "email"]
Money = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=4)]
BlockedWord = Annotated[str, Field(min_length=2, max_length=100)]
Count = Annotated[int, Field(ge=1)]


def _mapping(value: object) -> Mapping:
    try:
        return parse_mapping(value)
    except MappingError as error:
        raise Misplaced(error.problems) from None


def _criteria(value: object) -> Criteria:
    try:
        return criteria.from_document(value)
    except CriteriaError as error:
        raise Misplaced(error.problems) from None


def _reaction(value: object) -> Reaction:
    """``refuse``, ``off``, or ``penalty 20``."""
    if value == "refuse":
        return Reaction(Verdict.REFUSE)
    if value in {"off", False}:  # YAML reads a bare off as false
        return Reaction(Verdict.ACCEPT)
    match = re.fullmatch(r"penalty (\d{1,3})", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('expected refuse, off, or a penalty like "penalty 20"')
    return Reaction(Verdict.PENALTY, int(match[1]))


def _limit(value: object) -> Velocity:
    """``5/1h``: at most five within an hour."""
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6})([smhd])", value) if isinstance(value, str) else None
    if match is None or int(match[1]) < 1 or int(match[2]) < 1:
        raise ValueError('expected a limit like "5/1h"')
    seconds = int(match[2]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[match[3]]
    if seconds > 90 * 86400:
        raise ValueError("the limit's time is longer than 90 days")
    return Velocity(int(match[1]), seconds)


def _reply_template(value: str) -> str:
    try:
        SandboxedEnvironment().from_string(value)
    except TemplateError as error:
        raise ValueError(f"not a template: {error}") from None
    return value


def _patience(value: object) -> timedelta:
    """``800ms`` or ``2s``: a lead does not wait longer than five seconds for anybody."""
    match = re.fullmatch(r"(\d{1,5})(ms|s)", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('expected a time like "800ms" or "2s"')
    patience = timedelta(milliseconds=int(match[1])) if match[2] == "ms" else timedelta(seconds=int(match[1]))
    if not timedelta(0) < patience <= timedelta(seconds=5):
        raise ValueError("a lead does not wait longer than 5s for anybody")
    return patience


Patience = Annotated[timedelta, BeforeValidator(_patience)]
When = Annotated[Criteria, BeforeValidator(_criteria)]
Reacts = Annotated[Reaction, BeforeValidator(_reaction)]
Limit = Annotated[Velocity, BeforeValidator(_limit)]
ReplyTemplate = Annotated[str, Field(max_length=5000), AfterValidator(_reply_template)]


class CertificatePart(Part):
    required: bool = False
    max_age: Duration | None = None
    pages: Annotated[list[Annotated[str, Field(pattern=r"^[a-z0-9.-]{3,253}$")]], Field(min_length=1)] | None = None


class ConsentTerms(Part):
    channels: tuple[ConsentChannel, ...] = ("call",)
    certificate: Literal["optional", "required"] | CertificatePart = "optional"

    @property
    def certificate_part(self) -> CertificatePart:
        if isinstance(self.certificate, CertificatePart):
            return self.certificate
        return CertificatePart(required=self.certificate == "required")


class Accept(Part):
    """``attributes``, ``states``, ``postal_codes`` and ``hours`` are criteria; ``hours`` in the account's zone."""

    states: list[str] | None = None
    postal_codes: list[str | int] | None = None
    attributes: dict[str, Any] | None = None
    hours: dict[str, str] | None = None
    line_types: Annotated[list[LineType], Field(min_length=1)] | None = None
    max_age: Duration | None = None
    consent: ConsentTerms = Field(default_factory=ConsentTerms)

    def document(self, zone: str) -> dict[str, Any]:
        terms = {"states": self.states, "postal_codes": self.postal_codes, "attributes": self.attributes}
        document: dict[str, Any] = {name: term for name, term in terms.items() if term is not None}
        if self.postal_codes is not None:
            document["postal_codes"] = [str(code) for code in self.postal_codes]
        return document | ({"hours": {"zone": zone, "week": self.hours}} if self.hours is not None else {})

    @model_validator(mode="after")
    def _readable(self) -> Accept:
        _criteria(self.document("UTC"))
        return self


class CapsPart(Part):
    """The lower of a cap and a budget wins. Days and months are those of the account's zone."""

    daily: Count | None = None
    monthly: Count | None = None
    total: Count | None = None
    daily_budget: Money | None = None
    monthly_budget: Money | None = None
    total_budget: Money | None = None


class PriceRulePart(Part):
    when: When
    price: Money


class PricePart(Part):
    """``flat``; or ``rules`` and ``otherwise``; or ``from_post``, ``at_most`` and ``otherwise``."""

    flat: Money | None = None
    rules: Annotated[list[PriceRulePart], Field(min_length=1, max_length=100)] | None = None
    from_post: bool = False
    at_most: Money | None = None
    otherwise: Money | None = None

    @model_validator(mode="after")
    def _one_way(self) -> PricePart:
        if sum((self.flat is not None, self.rules is not None, self.from_post)) != 1:
            raise ValueError("say exactly one of flat, rules, from_post")
        if self.rules is not None and self.otherwise is None:
            raise ValueError("rules need an otherwise, for leads that none of them matches")
        if (self.at_most is not None and not self.from_post) or (
            self.flat is not None and self.otherwise is not None
        ):
            raise ValueError("at_most goes with from_post, and otherwise with rules or from_post")
        return self

    def to_domain(self) -> Pricing:
        if self.flat is not None:
            return Flat(self.flat)
        if self.rules is not None:
            assert self.otherwise is not None
            return ByRule(tuple(PriceRule(rule.when, rule.price) for rule in self.rules), self.otherwise)
        return AsPosted(self.at_most, self.otherwise)


class DuplicatesPart(Part):
    window: Duration
    keys: Annotated[tuple[Key, ...], Field(min_length=1)] = (Key.PHONE,)
    scope: Scope = Scope.SOURCE
    on_repeat: OnRepeat = OnRepeat.REFUSE

    def to_domain(self) -> DuplicateRule:
        return DuplicateRule(self.window, tuple(dict.fromkeys(self.keys)), self.scope, self.on_repeat)


_REACTING = {name for name in DEFAULTS if name != "phone_given" and not name.startswith("no_answer_")}
"""Checks of which the source may say what follows; what a silent provider leads to is under ``no_answer``."""


class ChecksPart(Part):
    """``reactions``: what follows when a check objects, by its name; the rest are the checks' own settings."""

    reactions: dict[str, Reacts] = Field(default_factory=dict)
    no_answer: dict[Literal[PROVIDERS], Reacts] = Field(default_factory=dict)  # type: ignore[valid-type]
    blocked_words: Annotated[tuple[BlockedWord, ...], Field(max_length=500)] = ()
    velocity: dict[Literal[VELOCITY_KINDS], Limit] = Field(default_factory=dict)  # type: ignore[valid-type]
    minimum_seconds_on_form: Annotated[float, Field(gt=0, le=600)] | None = None

    @field_validator("reactions")
    @classmethod
    def _known(cls, value: dict[str, Reaction]) -> dict[str, Reaction]:
        for name in value:
            if name not in _REACTING:
                raise ValueError(f"there is no check {name!r}; there are {', '.join(sorted(_REACTING))}")
        return value


class FitPart(Part):
    name: Name
    when: When
    points: Annotated[int, Field(ge=-100, le=100)]


class AskPart(Part):
    """How long each may take; one that is not named is not asked."""

    lookup: Patience | None = None
    certificate: Patience | None = None
    lists: Patience | None = None
    owner: Patience | None = None


class ReplyPart(Part):
    format: Literal["json", "xml", "text"]
    accepted: ReplyTemplate
    refused: ReplyTemplate
    refused_status: Annotated[int, Field(ge=200, le=499)] = 200


_CONTENT_TYPES = {"json": "application/json", "xml": "application/xml", "text": "text/plain"}


class SourcePart(CallKeys):
    name: Name
    api_key: Annotated[str, Field(pattern=r"^stl_\w{8,80}$")] | None = None
    campaign: Name
    paused: bool = False
    cost_per_lead: Money | None = None
    price: PricePart | None = None
    exclusive: bool = True
    duplicate_window: Duration | None = None
    duplicates: DuplicatesPart | None = None
    accept: Accept = Field(default_factory=Accept)
    caps: CapsPart = Field(default_factory=CapsPart)
    checks: ChecksPart = Field(default_factory=ChecksPart)
    score: Annotated[tuple[FitPart, ...], Field(max_length=100)] = ()
    ask: AskPart = Field(default_factory=AskPart)
    mapping: Annotated[Mapping, BeforeValidator(_mapping)] | None = None
    connector: dict[str, str] | None = None
    reply: ReplyPart | None = None
    test_phone: Phone | None = None
    returns: ReturnsPart | None = None
    guard: GuardPart = Field(default_factory=GuardPart)
    postbacks: Annotated[tuple[PostbackPart, ...], Field(max_length=20)] = ()
    said: Annotated[dict[str, Any], Field(exclude=True)] = Field(default_factory=dict)
    """The part as it was written, without its key; not a key of the file."""

    @model_validator(mode="before")
    @classmethod
    def _as_said(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        if "said" in given:
            raise ValueError("unknown key said")
        said = {name: value for name, value in given.items() if name not in {"api_key", "said"}}
        if "postbacks" in said:
            said["postbacks"] = without_secrets(said["postbacks"])
        return given | {"said": to_jsonable_python(said, fallback=str)}

    @model_validator(mode="after")
    def _said_once(self) -> SourcePart:
        if self.cost_per_lead is not None and self.price is not None:
            raise ValueError("say either cost_per_lead or price")
        if self.duplicate_window is not None and self.duplicates is not None:
            raise ValueError("say either duplicate_window or duplicates")
        if self.connector is not None and "type" not in self.connector:
            raise ValueError("connector: say its type")
        if same_names(self.postbacks):
            raise ValueError(f"postbacks: two are called {same_names(self.postbacks)[0]}")
        return self

    def to_domain(self, zone: str) -> Source:
        return Source(
            name=self.name,
            exclusive=self.exclusive,
            pricing=self._pricing(),
            duplicates=self._duplicates(),
            caps=Caps(**self.caps.model_dump()),
            accept=self._acceptance(zone),
            checks=self._policy(),
            fit=tuple(FitRule(rule.name, rule.when, rule.points) for rule in self.score),
            ask={Asked(name): Budget(within) for name, within in self.ask if within is not None},
            mapping=self.mapping,
            connection=self._connection(),
            reply=self._reply(),
            test_phone=self.test_phone,
            returns=None if self.returns is None else self.returns.to_domain(),
            guard=self.guard.to_domain(),
            call=self.call_terms(zone),
        )

    def _pricing(self) -> Pricing | None:
        if self.price is not None:
            return self.price.to_domain()
        return None if self.cost_per_lead is None else AsPosted(None, self.cost_per_lead)

    def _duplicates(self) -> DuplicateRule | None:
        if self.duplicates is not None:
            return self.duplicates.to_domain()
        return None if self.duplicate_window is None else DuplicateRule(self.duplicate_window)

    def _acceptance(self, zone: str) -> Acceptance:
        consent, certificate = self.accept.consent, self.accept.consent.certificate_part
        pages = None if certificate.pages is None else frozenset(certificate.pages)
        return Acceptance(
            criteria=criteria.from_document(self.accept.document(zone)),
            channels=tuple(consent.channels),
            certificate_required=certificate.required,
            certificate=CertificateTerms(certificate.max_age, pages),
        )

    def _policy(self) -> Policy:
        checks, lines = self.checks, self.accept.line_types
        return Policy(
            reactions=checks.reactions,
            no_answer=checks.no_answer,
            blocked_words=frozenset(checks.blocked_words),
            velocity=checks.velocity,
            line_types=None if lines is None else frozenset(line.value for line in lines),
            minimum_seconds_on_form=checks.minimum_seconds_on_form,
            max_age=self.accept.max_age,
        )

    def _connection(self) -> Connection | None:
        if self.connector is None:
            return None
        settings = {name: value for name, value in self.connector.items() if name != "type"}
        return Connection(self.connector["type"], tuple(sorted(settings.items())))

    def _reply(self) -> Reply | None:
        if self.reply is None:
            return None
        kind = _CONTENT_TYPES[self.reply.format]
        return Reply(kind, self.reply.accepted, self.reply.refused, self.reply.refused_status)
