"""How a campaign and a tracking number take calls, as JSON, and back.

Owns: the stored form. Durations are seconds, money is a decimal string.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from speedtolead.domain import criteria
from speedtolead.domain.hours import LocalHours
from speedtolead.domain.inbound import InboundPolicy
from speedtolead.domain.ivr import Choice, Route, Step, Then
from speedtolead.domain.qualified import QualifiedRule
from speedtolead.domain.tracking import CallTerms

Json = dict[str, Any]


def policy_to_json(policy: InboundPolicy) -> Json:
    return {
        "wait": policy.wait.total_seconds(),
        "ring": policy.ring.total_seconds(),
        "callback": policy.callback,
        "greeting": policy.greeting,
        "hold": policy.hold,
        "voicemail": policy.voicemail,
    }


def policy_from_json(kept: Json | None) -> InboundPolicy:
    """None: a campaign that was applied before calls came in."""
    if kept is None:
        return InboundPolicy()
    return InboundPolicy(
        timedelta(seconds=kept["wait"]),
        timedelta(seconds=kept["ring"]),
        kept["callback"],
        kept["greeting"],
        kept["hold"],
        kept["voicemail"],
    )


def terms_to_json(terms: CallTerms) -> Json:
    rule = terms.qualified
    return {
        "number": terms.number,
        "price": None if terms.price is None else str(terms.price),
        "greeting": terms.greeting,
        "steps": [_step_to_json(step) for step in terms.steps],
        "routes": [
            {"when": criteria.to_document(r.when), "agents": r.agents, "then": r.then.value} for r in terms.routes
        ],
        "hours": _hours_to_json(terms.hours),
        "whisper": terms.whisper,
        "qualified": {
            "minimum_talk": _seconds(rule.minimum_talk),
            "choices": {name: sorted(values) for name, values in sorted(rule.choices.items())},
            "states": None if rule.states is None else sorted(rule.states),
            "first_call_in": _seconds(rule.first_call_in),
        },
    }


def terms_from_json(kept: Json | None) -> CallTerms | None:
    if kept is None:
        return None
    rule = kept["qualified"]
    return CallTerms(
        number=kept["number"],
        price=None if kept["price"] is None else Decimal(kept["price"]),
        greeting=kept["greeting"],
        steps=tuple(_step_from_json(step) for step in kept["steps"]),
        routes=tuple(
            Route(criteria.from_document(r["when"]), r["agents"], Then(r["then"])) for r in kept["routes"]
        ),
        hours=_hours_from_json(kept["hours"]),
        whisper=kept["whisper"],
        qualified=QualifiedRule(
            _duration(rule["minimum_talk"]),
            {name: frozenset(values) for name, values in rule["choices"].items()},
            None if rule["states"] is None else frozenset(rule["states"]),
            _duration(rule["first_call_in"]),
        ),
    )


def _hours_to_json(hours: LocalHours | None) -> Any:
    """As criteria keep them."""
    return None if hours is None else criteria.to_document(criteria.Criteria(hours=hours))["hours"]


def _hours_from_json(kept: Any) -> LocalHours | None:
    return None if kept is None else criteria.from_document({"hours": kept}).hours


def _step_to_json(step: Step) -> Json:
    return {
        "ask": step.ask,
        "say": step.say,
        "keys": {
            key: {"value": choice.value, "agents": choice.agents, "then": choice.then.value}
            for key, choice in sorted(step.keys.items())
        },
        "tries": step.tries,
        "otherwise": step.otherwise.value,
    }


def _step_from_json(kept: Json) -> Step:
    keys = {key: Choice(c["value"], c["agents"], Then(c["then"])) for key, c in kept["keys"].items()}
    return Step(kept["ask"], kept["say"], keys, kept["tries"], Then(kept["otherwise"]))


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else duration.total_seconds()


def _duration(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
