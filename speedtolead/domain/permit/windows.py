"""Rules on the hour: the federal floor, the states' own hours, the account's, and the campaign's.

A person may be at any of the candidates, so each of them must be open, on its own clock. Fictional numbers of the
simulated carrier are nobody's phone: the law's hours do not apply to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache

from speedtolead.domain.campaign import Campaign, ContactPolicy
from speedtolead.domain.hours import (
    Hours,
    LocalHours,
    Span,
    is_open,
    next_open,
    open_seconds,
    spans_text,
    wall,
    weekly_text,
)
from speedtolead.domain.permit.case import Decision, Facts, Request, Verdict
from speedtolead.domain.place import Candidate, binding
from speedtolead.domain.rule_set import FEDERAL, Confidence, Means, RuleSet, StateHours
from speedtolead.domain.states import state_name

_ORIGINS = {"postal_code": "postal code", "area_code": "area code", "state": "the form's state", "ip": "IP address"}


def calling_window(request: Request) -> Verdict:
    """8:00 to 21:00 where the person is, 47 CFR 64.1200(c)(1): on the clock of every place where they may be."""
    name, floor = "calling_window", request.rules.federal
    unasked = _not_asked(name, request, floor.citation)
    if unasked is not None:
        return unasked
    candidates = binding(request.facts.candidates)
    if not candidates:
        words = "Where the person is is unknown: state, postal code and area code tell nothing."
        inputs: dict[str, object] = {"candidates": [], "missing": ["state", "postal_code", "area_code"]}
        return Verdict(name, Decision.REFUSED, inputs, words, floor.citation)
    hours = request.rules.hours(FEDERAL, request.means[0])
    origins: dict[str, set[str]] = {}
    for candidate in candidates:
        origins.setdefault(candidate.zone, set()).add(candidate.origin)
    everywhere = [LocalHours(zone, hours) for zone in sorted(origins)]
    clocks = [_clock(request.now, local) | {"because": sorted(origins[local.zone])} for local in everywhere]
    text = spans_text(floor.week.days[0])
    words = f"It is outside {text.replace('-', ' to ')} at {{zone}}."
    return _by_hours(name, request.now, everywhere, {"hours": text, "clocks": clocks}, words, floor.citation)


def state_window(request: Request) -> Verdict:
    """The hours, Sundays and holidays of every candidate state that has its own, on the clock of each place."""
    unasked = _not_asked("state_window", request, None)
    if unasked is not None:
        return unasked
    places: list[tuple[Candidate, StateHours]] = []
    for candidate in binding(request.facts.candidates):
        if candidate.state in request.rules.states:
            places += [(candidate, request.rules.hours(candidate.state or "", means)) for means in request.means]
    clocks, everywhere, citations = [], [], []
    for (zone, hours), origins in _grouped(places).items():
        local = LocalHours(zone, hours)
        today = hours.on(wall(request.now, zone).day)
        rule = today.rule
        if rule is None:
            continue
        lifted = _lifted(rule.lifted_by, rule.state, request)
        clock = {"state": rule.state} | _clock(request.now, local)
        clock["open"] = clock["open"] or lifted is not None
        clocks.append(
            clock
            | {"day": today.kind, "because": origins, "lifted_by": lifted}
            | {"citation": rule.citation, "confidence": rule.confidence.value}
        )
        citations.append(rule.citation)
        if lifted is None:
            everywhere.append(local)
    if not clocks:
        return Verdict("state_window", Decision.NOT_APPLICABLE, {"clocks": []}, "no state has hours of its own")
    citation = "; ".join(dict.fromkeys(citations))
    words = "" if all(clock["open"] for clock in clocks) else _state_words(clocks)
    return _by_hours("state_window", request.now, everywhere, {"clocks": clocks}, words, citation)


def account_window(request: Request) -> Verdict:
    """Hours and days that the account keeps beyond the law, on the person's clock."""
    name, policy = "account_window", request.campaign.contact
    if not policy.windows and not policy.closed:
        return Verdict(name, Decision.NOT_APPLICABLE, {"clocks": []}, "the account keeps no hours beyond the law")
    unasked = _not_asked(name, request, None)
    if unasked is not None:
        return unasked
    everywhere = [
        LocalHours(c.zone, hours)
        for c in binding(request.facts.candidates)
        for hours in _of_account(policy, c.state)
    ]
    everywhere = list(dict.fromkeys(everywhere))
    clocks = [_clock(request.now, local) for local in everywhere]
    words = "The account does not contact people at this hour at {zone}."
    return _by_hours(name, request.now, everywhere, {"clocks": clocks}, words, None)


def campaign_hours(request: Request) -> Verdict:
    """The campaign's own hours, kept on the account's clock."""
    campaign = request.campaign
    local = LocalHours(campaign.timezone, campaign.hours)
    inputs: dict[str, object] = {
        "zone": local.zone,
        "local_time": wall(request.now, local.zone).text,
        "hours": weekly_text(campaign.hours),
    }
    words = "The campaign is closed at this hour ({zone})."
    return _by_hours("campaign_hours", request.now, [local], inputs, words, None)


def recorded_message(request: Request) -> Verdict:
    """A recorded voice is not used where a candidate state forbids it."""
    name = "recorded_message"
    if not request.recorded:
        return Verdict(name, Decision.NOT_APPLICABLE, {"recorded": False}, "a person speaks")
    found = request.state_rules(Means.CALL, Means.RECORDED)
    forbidding = {rule.state: rule for rule in found if rule.recorded_forbidden}
    inputs: dict[str, object] = {"recorded": True, "forbidden_in": sorted(forbidding)}
    if not forbidding:
        return Verdict(name, Decision.ALLOWED, inputs)
    words = f"Recorded messages are forbidden in {', '.join(state_name(state) for state in sorted(forbidding))}."
    return Verdict(name, Decision.REFUSED, inputs, words, "; ".join(rule.citation for rule in forbidding.values()))


def permitted_seconds(start: datetime, end: datetime, campaign: Campaign, facts: Facts, rules: RuleSet) -> float:
    """Seconds of ``[start, end)`` in which the lead could lawfully have been called while the campaign was open.

    Zero where the person's place is unknown. A state's row that is lifted for this lead does not count.
    """
    everywhere = [LocalHours(campaign.timezone, campaign.hours)]
    if facts.fictional:
        return open_seconds(start, end, everywhere)
    candidates = binding(facts.candidates)
    if not candidates:
        return 0.0
    request = Request("call", campaign, facts, end, rules)
    lifted = {r.state for r in request.state_rules(Means.CALL) if _lifted(r.lifted_by, r.state, request)}
    bound = [replace(c, state=None) if c.state in lifted else c for c in candidates]
    everywhere += lawful_hours(bound, Means.CALL, rules)
    for c in candidates:
        everywhere += [LocalHours(c.zone, hours) for hours in _of_account(campaign.contact, c.state)]
    return open_seconds(start, end, everywhere)


def lawful_hours(candidates: Sequence[Candidate], means: Means, rules: RuleSet) -> list[LocalHours]:
    """The law's hours at every place where a person may be: the floor, and the state's own."""
    everywhere: list[LocalHours] = []
    for c in binding(candidates):
        everywhere.append(LocalHours(c.zone, rules.hours(FEDERAL, means)))
        if c.state in rules.states:
            everywhere.append(LocalHours(c.zone, rules.hours(c.state or "", means)))
    return list(dict.fromkeys(everywhere))


class ClosedDays:
    """An account's closed days as hours; equal where the days are."""

    __slots__ = ("days",)

    def __init__(self, days: frozenset[date]) -> None:
        self.days = days

    def spans(self, day: date) -> tuple[Span, ...]:
        return () if day in self.days else (Span(0, 1440),)

    def __hash__(self) -> int:
        return hash(self.days)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ClosedDays) and self.days == other.days


def _of_account(policy: ContactPolicy, state: str | None) -> list[Hours]:
    """The account's hours that hold for a person in a state."""
    found: list[Hours] = [hours for where, hours in policy.windows if where in (FEDERAL, state)]
    if policy.closed:
        found.append(_closed_days(policy.closed))
    return found


@lru_cache(maxsize=256)
def _closed_days(named: tuple[tuple[date, str], ...]) -> ClosedDays:
    return ClosedDays(frozenset(day for day, _ in named))


def _not_asked(name: str, request: Request, citation: str | None) -> Verdict | None:
    """The answer where the law's hours do not speak of this contact: a mail, or a fictional number."""
    if not request.means:
        return Verdict(name, Decision.NOT_APPLICABLE, {"channel": request.channel}, "mails have no hours", citation)
    if request.facts.fictional:
        return Verdict(name, Decision.NOT_APPLICABLE, {"fictional": True}, "fictional number", citation)
    return None


def _lifted(by: str | None, state: str, request: Request) -> str | None:
    """What lifts a state's row for this contact, where the account uses the exemption and its ground is there."""
    if by is None or state not in request.campaign.contact.exemptions:
        return None
    grounds = {"consent": request.channel in request.facts.consent.channels,
               "inquiry": request.facts.inquiry_at is not None}  # fmt: skip
    return by if grounds.get(by, False) else None


def _grouped(places: Sequence[tuple[Candidate, StateHours]]) -> dict[tuple[str, StateHours], list[str]]:
    """The origins of each zone and state, each once, in order."""
    grouped: dict[tuple[str, StateHours], set[str]] = {}
    for candidate, hours in places:
        grouped.setdefault((candidate.zone, hours), set()).add(candidate.origin)
    return {key: sorted(origins) for key, origins in grouped.items()}


def _clock(now: datetime, local: LocalHours) -> dict[str, object]:
    """What the clock of a place shows, and what it is held against."""
    there = wall(now, local.zone)
    hours = spans_text(local.hours.spans(there.day))
    return {"zone": local.zone, "local_time": there.text, "hours": hours, "open": is_open(now, local)}


def _state_words(clocks: Sequence[dict[str, object]]) -> str:
    """Which candidate states are closed, each with what makes it a candidate."""
    said = []
    for clock in clocks:
        if clock["open"]:
            continue
        origins = clock["because"]
        assert isinstance(origins, list)
        because = " and ".join(_ORIGINS.get(str(origin), str(origin)) for origin in origins)
        weak = ", a row of low confidence" if clock["confidence"] == Confidence.LOW.value else ""
        told = f"is open {clock['hours']}" if clock["hours"] != "closed" else "is closed"
        name = state_name(str(clock["state"]))
        said.append(f"{name} is a candidate state ({because}) and {told} ({clock['day']}{weak})")
    return "; ".join(dict.fromkeys(said)) + "."


def _by_hours(
    name: str,
    now: datetime,
    everywhere: Sequence[LocalHours],
    inputs: dict[str, object],
    reason: str,
    citation: str | None,
) -> Verdict:
    closed = [local.zone for local in everywhere if not is_open(now, local)]
    if not closed:
        return Verdict(name, Decision.ALLOWED, inputs, citation=citation)
    opening = next_open(now, everywhere)
    words = reason.replace("{zone}", ", ".join(dict.fromkeys(closed)))
    if opening is None:
        return Verdict(name, Decision.REFUSED, inputs, words + " It does not open within two weeks.", citation)
    return Verdict(name, Decision.NOT_BEFORE, inputs, words, citation, opening)
