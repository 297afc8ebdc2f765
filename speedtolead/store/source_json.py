"""Sources as a JSON column, and back.

Owns: the stored form. Durations are seconds, money is a decimal string; criteria and mappings have documents of
their own.
A row is decoded once per version and process: a change of configuration writes a new version.
"""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import assert_never
from uuid import UUID

from speedtolead.domain import criteria
from speedtolead.domain.checks import Policy, Reaction, Velocity, Verdict
from speedtolead.domain.checks.evidence import CertificateTerms
from speedtolead.domain.duplicate import DuplicateRule, Key, OnRepeat, Scope
from speedtolead.domain.guard import Rate
from speedtolead.domain.mapping import parse_mapping, to_document
from speedtolead.domain.price import AsPosted, ByRule, Caps, Flat, PriceRule, Pricing
from speedtolead.domain.returned import Credit, ReturnReason, ReturnTerms
from speedtolead.domain.score import FitRule
from speedtolead.domain.source import Acceptance, Asked, Budget, Connection, GuardTerms, Reply, Source
from speedtolead.store.call_terms_json import terms_from_json, terms_to_json
from speedtolead.store.settings_json import Json, Versioned


def source_to_json(source: Source) -> Json:
    accept = source.accept
    return {
        "name": source.name,
        "exclusive": source.exclusive,
        "price": _price_to_json(source.pricing),
        "duplicates": _duplicates_to_json(source.duplicates),
        "caps": _caps_to_json(source.caps),
        "accept": {
            "criteria": criteria.to_document(accept.criteria),
            "channels": list(accept.channels),
            "certificate_required": accept.certificate_required,
            "certificate_max_age": _seconds(accept.certificate.max_age),
            "certificate_pages": _sorted(accept.certificate.pages),
        },
        "checks": _policy_to_json(source.checks),
        "fit": [{"name": r.name, "when": criteria.to_document(r.when), "points": r.points} for r in source.fit],
        "ask": {asked.value: budget.within.total_seconds() for asked, budget in sorted(source.ask.items())},
        "mapping": None if source.mapping is None else to_document(source.mapping),
        "connection": None
        if source.connection is None
        else {"connector": source.connection.connector, "settings": dict(source.connection.settings)},
        "reply": None
        if source.reply is None
        else {
            "content_type": source.reply.content_type,
            "accepted": source.reply.accepted,
            "refused": source.reply.refused,
            "refused_status": source.reply.refused_status,
        },
        "test_phone": source.test_phone,
        "returns": _returns_to_json(source.returns),
        "guard": _guard_to_json(source.guard),
    } | ({} if source.call is None else {"call": terms_to_json(source.call)})


def source_from_json(kept: Json) -> Source:
    accept, connection, reply, mapping = kept["accept"], kept["connection"], kept["reply"], kept["mapping"]
    return Source(
        name=kept["name"],
        exclusive=kept["exclusive"],
        pricing=_price_from_json(kept["price"]),
        duplicates=_duplicates_from_json(kept["duplicates"]),
        caps=_caps_from_json(kept["caps"]),
        accept=Acceptance(
            criteria=criteria.from_document(accept["criteria"]),
            channels=tuple(accept["channels"]),
            certificate_required=accept["certificate_required"],
            certificate=CertificateTerms(
                _duration(accept["certificate_max_age"]), _set(accept["certificate_pages"])
            ),
        ),
        checks=_policy_from_json(kept["checks"]),
        fit=tuple(FitRule(r["name"], criteria.from_document(r["when"]), r["points"]) for r in kept["fit"]),
        ask={Asked(name): Budget(timedelta(seconds=within)) for name, within in kept["ask"].items()},
        mapping=None if mapping is None else parse_mapping(mapping),
        connection=None
        if connection is None
        else Connection(connection["connector"], tuple(sorted(connection["settings"].items()))),
        reply=None
        if reply is None
        else Reply(reply["content_type"], reply["accepted"], reply["refused"], reply["refused_status"]),
        test_phone=kept["test_phone"],
        returns=_returns_from_json(kept.get("returns")),  # sources of before there were returns have none
        guard=_guard_from_json(kept.get("guard")),
        call=terms_from_json(kept.get("call")),
    )


def _price_to_json(pricing: Pricing | None) -> Json | None:
    match pricing:
        case None:
            return None
        case Flat(price):
            return {"kind": "flat", "price": str(price)}
        case ByRule(rules, otherwise):
            listed = [{"when": criteria.to_document(rule.when), "price": str(rule.price)} for rule in rules]
            return {"kind": "by_rule", "rules": listed, "otherwise": str(otherwise)}
        case AsPosted(maximum, otherwise_posted):
            return {"kind": "as_posted", "maximum": _text(maximum), "otherwise": _text(otherwise_posted)}
        case _:
            assert_never(pricing)


def _price_from_json(kept: Json | None) -> Pricing | None:
    if kept is None:
        return None
    if kept["kind"] == "flat":
        return Flat(Decimal(kept["price"]))
    if kept["kind"] == "by_rule":
        rules = [PriceRule(criteria.from_document(r["when"]), Decimal(r["price"])) for r in kept["rules"]]
        return ByRule(tuple(rules), Decimal(kept["otherwise"]))
    return AsPosted(_money(kept["maximum"]), _money(kept["otherwise"]))


def _duplicates_to_json(rule: DuplicateRule | None) -> Json | None:
    if rule is None:
        return None
    return {
        "window": rule.window.total_seconds(),
        "keys": [key.value for key in rule.keys],
        "scope": rule.scope.value,
        "on_repeat": rule.on_repeat.value,
    }


def _duplicates_from_json(kept: Json | None) -> DuplicateRule | None:
    if kept is None:
        return None
    return DuplicateRule(
        timedelta(seconds=kept["window"]),
        tuple(Key(key) for key in kept["keys"]),
        Scope(kept["scope"]),
        OnRepeat(kept["on_repeat"]),
    )


def _returns_to_json(terms: ReturnTerms | None) -> Json | None:
    if terms is None:
        return None
    return {
        "window": terms.window.total_seconds(),
        "reasons": sorted(terms.reasons),
        "maximum_share": _text(terms.maximum_share),
        "credit": terms.credit.value,
    }


def _returns_from_json(kept: Json | None) -> ReturnTerms | None:
    if kept is None:
        return None
    return ReturnTerms(
        timedelta(seconds=kept["window"]),
        frozenset(ReturnReason(reason) for reason in kept["reasons"]),
        _money(kept["maximum_share"]),
        Credit(kept["credit"]),
    )


def _guard_to_json(terms: GuardTerms) -> Json | None:
    """The default is kept as none, so that it is the default of whatever version reads it."""
    if terms == GuardTerms():
        return None
    return {
        "watch": [rate.value for rate in terms.watch],
        "pause": terms.pause,
        "window_leads": terms.window_leads,
        "settled_after": terms.settled_after.total_seconds(),
    }


def _guard_from_json(kept: Json | None) -> GuardTerms:
    if kept is None:
        return GuardTerms()
    return GuardTerms(
        tuple(Rate(rate) for rate in kept["watch"]),
        kept["pause"],
        kept["window_leads"],
        timedelta(seconds=kept["settled_after"]),
    )


_COUNTS, _BUDGETS = ("daily", "monthly", "total"), ("daily_budget", "monthly_budget", "total_budget")


def _caps_to_json(caps: Caps) -> Json:
    return {name: getattr(caps, name) for name in _COUNTS} | {name: _text(getattr(caps, name)) for name in _BUDGETS}


def _caps_from_json(kept: Json) -> Caps:
    return Caps(*(kept[name] for name in _COUNTS), *(_money(kept[name]) for name in _BUDGETS))


def _policy_to_json(policy: Policy) -> Json:
    return {
        "reactions": _reactions_to_json(policy.reactions),
        "no_answer": _reactions_to_json(policy.no_answer),
        "blocked_words": sorted(policy.blocked_words),
        "velocity": {kind: [v.count, v.seconds] for kind, v in sorted(policy.velocity.items())},
        "line_types": _sorted(policy.line_types),
        "minimum_seconds_on_form": policy.minimum_seconds_on_form,
        "max_age": _seconds(policy.max_age),
    }


def _policy_from_json(kept: Json) -> Policy:
    return Policy(
        reactions=_reactions_from_json(kept["reactions"]),
        no_answer=_reactions_from_json(kept["no_answer"]),
        blocked_words=frozenset(kept["blocked_words"]),
        velocity={kind: Velocity(*limit) for kind, limit in kept["velocity"].items()},
        line_types=_set(kept["line_types"]),
        minimum_seconds_on_form=kept["minimum_seconds_on_form"],
        max_age=_duration(kept["max_age"]),
    )


def _reactions_to_json(reactions: AnyMapping[str, Reaction]) -> Json:
    return {
        check: reaction.points if reaction.verdict is Verdict.PENALTY else reaction.verdict.value
        for check, reaction in sorted(reactions.items())
    }


def _reactions_from_json(kept: Json) -> dict[str, Reaction]:
    return {
        check: Reaction(Verdict.PENALTY, said) if isinstance(said, int) else Reaction(Verdict(said))
        for check, said in kept.items()
    }


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else duration.total_seconds()


def _duration(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _sorted(terms: frozenset[str] | None) -> list[str] | None:
    return None if terms is None else sorted(terms)


def _set(terms: list[str] | None) -> frozenset[str] | None:
    return None if terms is None else frozenset(terms)


@lru_cache(maxsize=4096)
def _source(kept: Versioned) -> Source:
    return source_from_json(kept.value)


def source_of(source_id: UUID, version: int, settings: Json) -> Source:
    return _source(Versioned((source_id, version), settings))
