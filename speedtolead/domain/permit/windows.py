"""Rules on the hour: the federal floor, the states' own hours, the account's, and the campaign's.

A person may be at any of the candidates, so each of them must be open, on its own clock. Fictional numbers of the
simulated carrier are nobody's phone: the law's hours do not apply to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache

from speedtolead.domain.campaign import Campaign
from speedtolead.domain.hours import (
    LocalHours,
    Span,
    WeeklyHours,
    next_open,
    open_seconds,
    spans_text,
    wall,
    weekly_text,
    within,
)
from speedtolead.domain.permit.case import STATES_ROWS, Decision, Facts, Request, Verdict
from speedtolead.domain.place import Candidate, binding
from speedtolead.domain.rule_set import FEDERAL, Confidence, Means, RuleSet
from speedtolead.domain.states import state_name

_ORIGINS = {"postal_code": "postal code", "area_code": "area code", "state": "the form's state", "ip": "IP address"}


def calling_window(request: Request) -> Verdict:
    """8:00 to 21:00 where the person is, 47 CFR 64.1200(c)(1): on the clock of every place where they may be."""
    name, floor = "calling_window", request.rules.federal
    unasked = _not_asked(name, request, floor.citation)
    if unasked is not None:
        return unasked
    places = request.ground.floor
    if not places:
        words = "Where the person is is unknown: state, postal code and area code tell nothing."
        inputs: dict[str, object] = {"candidates": [], "missing": ["state", "postal_code", "area_code"]}
        return Verdict(name, Decision.REFUSED, inputs, words, floor.citation)
    clocks = []
    for place in places:
        clock = _clock(request.now, place.local)
        clock["because"] = list(place.because)
        clocks.append(clock)
    everywhere = [place.local for place in places]
    text = spans_text(floor.week.days[0])
    words = f"It is outside {text.replace('-', ' to ')} at {{zone}}."
    inputs = {"hours": text, "clocks": clocks}
    return _by_hours(name, request.now, everywhere, clocks, inputs, words, floor.citation)


def state_window(request: Request) -> Verdict:
    """The hours, Sundays and holidays of every candidate state that has its own, on the clock of each place."""
    unasked = _not_asked("state_window", request, STATES_ROWS)
    if unasked is not None:
        return unasked
    clocks, everywhere, citations = [], [], []
    for place in request.ground.states:
        today = place.hours.on(wall(request.now, place.local.zone).day)
        rule = today.rule
        if rule is None:
            continue
        lifted = _lifted(rule.lifted_by, rule.state, request)
        clock: dict[str, object] = {"state": rule.state, **_clock(request.now, place.local)}
        clock["open"] = clock["open"] or lifted is not None
        clock["day"] = today.kind
        clock["because"] = list(place.because)
        clock["lifted_by"] = lifted
        clock["citation"] = rule.citation
        clock["confidence"] = rule.confidence.value
        clocks.append(clock)
        citations.append(rule.citation)
        if lifted is None:
            everywhere.append(place.local)
    if not clocks:
        no_row = "no state has hours of its own"
        return Verdict("state_window", Decision.NOT_APPLICABLE, {"clocks": []}, no_row, STATES_ROWS)
    citation = "; ".join(dict.fromkeys(citations))
    words = "" if all(clock["open"] for clock in clocks) else _state_words(clocks)
    return _by_hours("state_window", request.now, everywhere, clocks, {"clocks": clocks}, words, citation)


def account_window(request: Request) -> Verdict:
    """Hours and days that the account keeps beyond the law, on the person's clock."""
    name, policy = "account_window", request.campaign.contact
    if not policy.windows and not policy.closed:
        return Verdict(name, Decision.NOT_APPLICABLE, {"clocks": []}, "the account keeps no hours beyond the law")
    unasked = _not_asked(name, request, None)
    if unasked is not None:
        return unasked
    everywhere = _account_hours(request.facts.candidates, policy.windows, policy.closed)
    clocks = [_clock(request.now, local) for local in everywhere]
    words = "The account does not contact people at this hour at {zone}."
    return _by_hours(name, request.now, everywhere, clocks, {"clocks": clocks}, words, None)


def campaign_hours(request: Request) -> Verdict:
    """The campaign's own hours, kept on the account's clock."""
    campaign = request.campaign
    local = LocalHours(campaign.timezone, campaign.hours)
    clock = _clock(request.now, local)
    inputs: dict[str, object] = {
        "zone": local.zone,
        "local_time": clock["local_time"],
        "hours": weekly_text(campaign.hours),
    }
    words = "The campaign is closed at this hour ({zone})."
    return _by_hours("campaign_hours", request.now, [local], [clock], inputs, words, None)


def recorded_message(request: Request) -> Verdict:
    """A recorded voice is not used where a candidate state forbids it."""
    name = "recorded_message"
    if not request.recorded:
        return Verdict(name, Decision.NOT_APPLICABLE, {"recorded": False}, "a person speaks", STATES_ROWS)
    found = request.state_rules(Means.CALL, Means.RECORDED)
    forbidding = {rule.state: rule for rule in found if rule.recorded_forbidden}
    inputs: dict[str, object] = {"recorded": True, "forbidden_in": sorted(forbidding)}
    if not forbidding:
        return Verdict(name, Decision.ALLOWED, inputs, citation=STATES_ROWS)
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
    bound = [c._replace(state=None) if c.state in lifted else c for c in candidates]
    everywhere += lawful_hours(bound, Means.CALL, rules)
    everywhere += _account_hours(facts.candidates, campaign.contact.windows, campaign.contact.closed)
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


@lru_cache(maxsize=4096)
def _account_hours(
    candidates: tuple[Candidate, ...],
    windows: tuple[tuple[str, WeeklyHours], ...],
    closed: tuple[tuple[date, str], ...],
) -> tuple[LocalHours, ...]:
    """The hours that an account keeps at every place where a person may be; remembered, as places are shared."""
    days = ClosedDays(frozenset(day for day, _ in closed)) if closed else None
    found: list[LocalHours] = []
    for place in binding(candidates):
        found += [LocalHours(place.zone, hours) for where, hours in windows if where in (FEDERAL, place.state)]
        if days is not None:
            found.append(LocalHours(place.zone, days))
    return tuple(dict.fromkeys(found))


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


def _clock(now: datetime, local: LocalHours) -> dict[str, object]:
    """What the clock of a place shows, and what it is held against."""
    there = wall(now, local.zone)
    spans = local.hours.spans(there.day)
    return {
        "zone": local.zone,
        "local_time": there.text,
        "hours": spans_text(spans),
        "open": within(there.minute, spans),
    }


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
    clocks: Sequence[dict[str, object]],
    inputs: dict[str, object],
    reason: str,
    citation: str | None,
) -> Verdict:
    """Allowed where every clock is open; else from the moment at which all of ``everywhere`` are."""
    closed = [str(clock["zone"]) for clock in clocks if not clock["open"]]
    if not closed:
        return Verdict(name, Decision.ALLOWED, inputs, citation=citation)
    opening = next_open(now, tuple(everywhere))
    words = reason.replace("{zone}", ", ".join(dict.fromkeys(closed)))
    if opening is None:
        return Verdict(name, Decision.REFUSED, inputs, words + " It does not open within two weeks.", citation)
    return Verdict(name, Decision.NOT_BEFORE, inputs, words, citation, opening)
