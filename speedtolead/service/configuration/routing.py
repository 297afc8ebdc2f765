"""What the configuration file may say of routing: who is asked, in which order, and what if nobody is free.

Owns: the shape of those parts, and their checks against the file's agents. Must not know: what is in the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Annotated

from jinja2 import TemplateError
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from speedtolead.domain.campaign import NoAgentThen
from speedtolead.domain.routing.policy import Order, Routing, Strategy
from speedtolead.service.configuration.people import Agent
from speedtolead.service.configuration.values import Duration, Misplaced, Name, Part, only
from speedtolead.service.messages.wording import LONGEST_TEXT, literal, unknown_fields

_HAS_WITHIN = frozenset({Strategy.TIERS, Strategy.OWNER_FIRST, Strategy.OWNER_ONLY, Strategy.SHOTGUN})
AVAILABLE = [strategy.value for strategy in Strategy]
Attribute = Annotated[str, Field(min_length=1, max_length=120)]


class RoutingPart(Part):
    """``within`` left out: longest idle."""

    strategy: Annotated[str, AfterValidator(only(*AVAILABLE))] = Strategy.LONGEST_IDLE.value
    within: Annotated[str, AfterValidator(only(*(order.value for order in Order)))] | None = None
    ring: Annotated[int, Field(ge=2, le=10)] | None = None
    skills: list[Name] = Field(default_factory=list)
    licensed: bool = False
    language: Attribute | None = None

    @model_validator(mode="after")
    def _fits(self) -> RoutingPart:
        if self.within is not None and Strategy(self.strategy) not in _HAS_WITHIN:
            names = ", ".join(sorted(_HAS_WITHIN))
            raise Misplaced([("within", f"only for {names}; {self.strategy} is an order itself")])
        if self.ring is not None and self.strategy != Strategy.SHOTGUN:
            raise Misplaced([("ring", "only shotgun rings several at once")])
        return self


class FallbackPart(Part):
    """Another group, rung as well once a lead has waited so long."""

    group: Name
    after: Duration = timedelta(seconds=15)


def _template(text: str) -> str:
    try:
        unknown = set(unknown_fields(text)) - {"at"}
        said = literal(text)
    except TemplateError as error:
        raise ValueError(f"this is no template: {error}") from None
    if unknown:
        raise ValueError(f"nobody has {', '.join(sorted(unknown))}; the time of the call is {{{{ at }}}}")
    if not said.strip() or len(said) > LONGEST_TEXT:
        raise ValueError(f"say it in words, in {LONGEST_TEXT} characters at most")
    return text


class NoAgent(Part):
    """``text``: what is written with ``then: text``; left out: who calls, and when."""

    wait: Duration = timedelta(seconds=30)
    then: Annotated[str, AfterValidator(only(*(then.value for then in NoAgentThen)))] = NoAgentThen.KEEP.value
    text: Annotated[str, AfterValidator(_template)] | None = None

    @model_validator(mode="after")
    def _fits(self) -> NoAgent:
        if self.text is not None and self.then != NoAgentThen.TEXT:
            raise Misplaced([("text", f"only for then: text; {self.then} writes nothing")])
        return self


def _named(key: str) -> BeforeValidator:
    """A name alone stands for a part that says nothing else."""
    return BeforeValidator(lambda value: {key: value} if isinstance(value, str) else value)


RoutingOrName = Annotated[RoutingPart, _named("strategy")]
FallbackOrName = Annotated[FallbackPart, _named("group")]


def routing_of(part: RoutingPart, fallback: FallbackPart | None) -> Routing:
    return Routing(
        strategy=Strategy(part.strategy),
        within=Order(part.within or Order.LONGEST_IDLE),
        ring=part.ring or Routing().ring,
        skills=tuple(sorted(set(part.skills))),
        licensed=part.licensed,
        language=part.language,
        fallback=None if fallback is None else fallback.group,
        fallback_after=timedelta(0) if fallback is None else fallback.after,
    )


def references(
    place: str, group: str, part: RoutingPart, fallback: FallbackPart | None, agents: Sequence[Agent]
) -> Iterator[str]:
    """What routing asks of the file's agents, and none of them has."""
    asked = [agent for agent in agents if group in agent.group_names]
    if not asked:
        yield f"{place}.agents: no agent is in group {group!r}"
    if fallback is not None and not any(fallback.group in agent.group_names for agent in agents):
        yield f"{place}.fallback.group: no agent is in group {fallback.group!r}"
    for n, skill in enumerate(part.skills):
        if asked and not any(skill in agent.skills for agent in asked):
            yield f"{place}.routing.skills[{n}]: no agent of group {group!r} has skill {skill!r}"
    if asked and part.licensed and not any(agent.licensed for agent in asked):
        yield f"{place}.routing.licensed: no agent of group {group!r} is licensed in any state"
    if asked and part.language and not any(agent.languages for agent in asked):
        yield f"{place}.routing.language: no agent of group {group!r} has languages"
