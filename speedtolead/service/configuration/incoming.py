"""What the configuration file may say of calls that come in: a campaign's ``inbound``, a tracking number's terms.

Owns: the shape of these parts. Must not know: what is in the database. A bad value is refused with its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from speedtolead.domain import criteria
from speedtolead.domain.criteria import CriteriaError
from speedtolead.domain.hours import LocalHours
from speedtolead.domain.inbound import InboundPolicy
from speedtolead.domain.ivr import POSTAL_CODE, Choice, Route, Step, Then
from speedtolead.domain.qualified import QualifiedRule
from speedtolead.domain.tracking import CallTerms
from speedtolead.service.configuration.values import (
    Duration,
    Hours,
    Misplaced,
    Name,
    Part,
    Phone,
    Spoken,
    only,
)

_KEYS = "0123456789*#"
_PLAIN = InboundPolicy()


def _sentence(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("say it in words, on one line")
    return value


def _keyed(value: object) -> object:
    """YAML reads a bare 1 as a number."""
    return {str(key): what for key, what in value.items()} if isinstance(value, dict) else value


def _value(value: object) -> object:
    return {"value": value} if isinstance(value, str) else value


def _price(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01")) if value == value.quantize(Decimal("0.01")) else value


Said = Annotated[str, Field(max_length=600), AfterValidator(_sentence)]
Goes = Annotated[str, AfterValidator(only(*(then.value for then in Then)))]
Attribute = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Seconds = Annotated[Duration, Field(ge=timedelta(seconds=5), le=timedelta(minutes=30))]


class InboundPart(Part):
    """How a campaign takes calls. ``callback``: unknown callers who were missed are called back, once."""

    wait: Annotated[Duration, Field(le=timedelta(minutes=30))] = _PLAIN.wait
    ring: Annotated[Duration, Field(ge=timedelta(seconds=5), le=timedelta(seconds=120))] = _PLAIN.ring
    callback: bool = _PLAIN.callback
    greeting: Said | None = None
    hold: Said = _PLAIN.hold
    voicemail: Said = _PLAIN.voicemail

    def to_domain(self) -> InboundPolicy:
        return InboundPolicy(
            self.wait,
            self.ring,
            self.callback,
            self.greeting,
            self.hold,
            self.voicemail,
        )


class ChoicePart(Part):
    value: Annotated[str, Field(min_length=1, max_length=100)]
    agents: Name | None = None
    then: Goes = Then.GO_ON.value


class StepPart(Part):
    """A menu has ``keys``; ``ask: postal_code`` without them takes five digits."""

    ask: Attribute
    say: Said
    keys: Annotated[
        dict[str, Annotated[ChoicePart, BeforeValidator(_value)]], BeforeValidator(_keyed), Field(max_length=12)
    ] = Field(default_factory=dict)
    tries: Annotated[int, Field(ge=1, le=5)] = 2
    otherwise: Goes = Then.GO_ON.value

    @model_validator(mode="after")
    def _askable(self) -> StepPart:
        wrong = [key for key in self.keys if len(key) != 1 or key not in _KEYS]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is no key of a phone; one of {' '.join(_KEYS)}")
        if not self.keys and self.ask != POSTAL_CODE:
            raise ValueError("say its keys; only postal_code is asked for without")
        if self.keys and self.ask == POSTAL_CODE:
            raise ValueError("a postal code is typed in; leave out its keys")
        return self

    def to_domain(self) -> Step:
        keys = {key: Choice(c.value, c.agents, Then(c.then)) for key, c in self.keys.items()}
        return Step(self.ask, self.say, keys, self.tries, Then(self.otherwise))


class RoutePart(Part):
    """``when``: states, postal codes, answers (as ``attributes``) and hours, as under a source's ``accept``."""

    when: dict[str, Any]
    agents: Name | None = None
    then: Goes = Then.GO_ON.value

    @model_validator(mode="after")
    def _readable(self) -> RoutePart:
        if self.agents is None and self.then == Then.GO_ON.value:
            raise ValueError("say agents, or then: voicemail or hang_up")
        self.criteria("UTC")
        return self

    def criteria(self, zone: str) -> criteria.Criteria:
        document = dict(self.when)
        if isinstance(document.get("hours"), dict):
            document["hours"] = {"zone": zone, "week": document["hours"]}
        try:
            return criteria.from_document(document, "when")
        except CriteriaError as error:
            raise Misplaced(error.problems) from None

    def to_domain(self, zone: str) -> Route:
        return Route(self.criteria(zone), self.agents, Then(self.then))


class QualifiedPart(Part):
    minimum_talk: Duration | None = None
    choices: dict[Attribute, Annotated[list[str], Field(min_length=1)]] = Field(default_factory=dict)
    states: Annotated[list[Annotated[str, Field(pattern=r"^[A-Z]{2}$")]], Field(min_length=1)] | None = None
    first_call_in: Duration | None = None

    def to_domain(self) -> QualifiedRule:
        return QualifiedRule(
            self.minimum_talk,
            {name: frozenset(values) for name, values in self.choices.items()},
            None if self.states is None else frozenset(self.states),
            self.first_call_in,
        )


CALL_KEYS = ("number", "price_per_call", "greeting", "ivr", "route", "hours", "whisper", "qualified")
"""What only a tracking number has."""
_FORM_KEYS = (
    "api_key",
    "cost_per_lead",
    "price",
    "duplicate_window",
    "duplicates",
    "accept",
    "caps",
    "checks",
    "score",
    "ask",
    "mapping",
    "connector",
    "reply",
    "test_phone",
)
"""What makes no sense of a call."""


class CallKeys(Part):
    """The keys of a source that is a tracking number (``kind: call``)."""

    kind: Literal["form", "call"] = "form"
    number: Phone | None = None
    price_per_call: (
        Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=4), AfterValidator(_price)] | None
    ) = None
    greeting: Said | None = None
    ivr: Annotated[tuple[StepPart, ...], Field(max_length=5)] = ()
    route: Annotated[tuple[RoutePart, ...], Field(max_length=50)] = ()
    hours: Hours | None = None
    whisper: Spoken | None = None
    qualified: QualifiedPart = Field(default_factory=QualifiedPart)

    @model_validator(mode="after")
    def _of_one_kind(self) -> CallKeys:
        said = self.model_fields_set
        if self.kind == "call":
            if self.number is None:
                raise ValueError("kind call: say its number")
            wrong = [name for name in _FORM_KEYS if name in said]
            if wrong:
                raise ValueError(f"{wrong[0]}: a source of kind call has none")
            self._asked_for()
        elif wrong := [name for name in CALL_KEYS if name in said]:
            raise ValueError(f"{wrong[0]}: only a source of kind call has one")
        return self

    def _asked_for(self) -> None:
        asked = [step.ask for step in self.ivr]
        if len(set(asked)) != len(asked):
            raise ValueError("ivr: asks for the same twice")
        for name in self.qualified.choices:
            if name not in asked:
                raise ValueError(f"qualified.choices: nothing in ivr asks for {name!r}")

    def call_terms(self, zone: str) -> CallTerms | None:
        if self.kind != "call" or self.number is None:
            return None
        return CallTerms(
            number=self.number,
            price=self.price_per_call,
            greeting=self.greeting,
            steps=tuple(step.to_domain() for step in self.ivr),
            routes=tuple(route.to_domain(zone) for route in self.route),
            hours=None if self.hours is None else LocalHours(zone, self.hours),
            whisper=self.whisper,
            qualified=self.qualified.to_domain(),
        )

    def groups(self) -> Iterator[tuple[str, str]]:
        """The groups of agents that are named here, each with its place."""
        for i, step in enumerate(self.ivr):
            for key, choice in step.keys.items():
                if choice.agents is not None:
                    yield f"ivr[{i}].keys.{key}.agents", choice.agents
        for i, route in enumerate(self.route):
            if route.agents is not None:
                yield f"route[{i}].agents", route.agents


def incoming_problems(
    numbers: list[str], campaigns: set[str], groups: set[str], sources: list[CallKeys], of_numbers: list[str | None]
) -> Iterator[str]:
    """References to nothing, and numbers that would ring for two. ``of_numbers``: each number's campaign."""
    for i, campaign in enumerate(of_numbers):
        if campaign is not None and campaign not in campaigns:
            yield f"numbers[{i}].campaign: there is no campaign {campaign!r}"
    taken: set[str] = set()
    for i, source in enumerate(sources):
        if source.number is not None and source.number not in numbers:
            yield f"sources[{i}].number: {source.number} is none of the account's numbers"
        if source.number is not None and source.number in taken:
            yield f"sources[{i}].number: {source.number} is another source's already"
        taken |= {source.number} if source.number is not None else set()
        for place, group in source.groups():
            if group not in groups:
                yield f"sources[{i}].{place}: no agent is in group {group!r}"
