"""The permit: may this person be contacted by this channel at this moment?

Owns: the rules, in order, each with its verdict, its inputs and its source. One pure function, ``decide``, is
used when an attempt is planned and again at the last moment before the carrier is asked.
Must not know: where the facts come from. A fact that is missing makes a rule refuse; it never makes one pass.

Adding a rule: write a function ``(Request) -> Verdict`` and put it into ``RULES``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from speedtolead.domain.campaign import Campaign
from speedtolead.domain.hours import (
    LocalHours,
    daily,
    is_open,
    next_open,
    open_seconds,
    weekly_text,
    zone_info,
)
from speedtolead.domain.phone import is_fictional
from speedtolead.domain.place import Candidate

RULE_SET = "2026-11.1"
"""Named by each permit. Change it with any change of a rule or its data."""

CALLING_WINDOW = daily(time(8), 21 * 60)


class Decision(StrEnum):
    ALLOWED = "allowed"
    REFUSED = "refused"
    """For good: waiting does not help."""
    NOT_BEFORE = "not_before"
    NOT_APPLICABLE = "not_applicable"
    """One rule's answer only: it does not speak about this case; never the answer of a permit."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the rules look at, as known in the transaction that claimed the attempt."""

    phone: str
    consent_channels: tuple[str, ...]
    suppressed: str | None
    """The reason of the suppression that matches, or None."""
    candidates: tuple[Candidate, ...]
    recent_calls: tuple[datetime, ...]
    """When this person's phone was rung in the last 24 hours, by any campaign of the account."""
    fictional_exempt: bool = False
    """True with the simulated carrier: nobody's phone may ring at any hour."""


@dataclass(frozen=True, slots=True)
class Request:
    channel: str
    campaign: Campaign
    facts: Facts
    now: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule's answer. ``inputs`` are plain values, as they are stored and shown."""

    rule: str
    decision: Decision
    inputs: dict[str, object]
    reason: str
    citation: str | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Permit:
    """The decision on one attempt at one moment, with every rule's verdict."""

    decision: Decision
    verdicts: tuple[Verdict, ...]
    decided_at: datetime
    not_before: datetime | None = None
    rule_set: str = field(default=RULE_SET)

    @property
    def allowed(self) -> bool:
        return self.decision is Decision.ALLOWED

    @property
    def reasons(self) -> list[str]:
        """Why not, in words; empty when allowed."""
        silent = {Decision.ALLOWED, Decision.NOT_APPLICABLE}
        return [v.reason for v in self.verdicts if v.decision not in silent]


Rule = Callable[[Request], Verdict]


def consent_for_channel(request: Request) -> Verdict:
    """Prior express written consent covers the channel, 47 CFR 64.1200(a)(2), (f)(9)."""
    given = request.facts.consent_channels
    covered = request.channel in given
    return Verdict(
        "consent_for_channel",
        Decision.ALLOWED if covered else Decision.REFUSED,
        {"channel": request.channel, "consented": list(given)},
        "" if covered else f"There is no consent to be contacted by {request.channel}.",
        "47 CFR 64.1200(f)(9)",
    )


def suppression(request: Request) -> Verdict:
    """A person who said stop is not contacted: 47 CFR 64.1200(a)(10), (d)(3)."""
    reason = request.facts.suppressed
    return Verdict(
        "suppression",
        Decision.ALLOWED if reason is None else Decision.REFUSED,
        {"suppressed": reason},
        "" if reason is None else f"The number is suppressed: {reason}.",
        "47 CFR 64.1200(d)(3)",
    )


def calling_window(request: Request) -> Verdict:
    """8:00 to 21:00 where the person is, 47 CFR 64.1200(c)(1): on the clock of every place where they may be."""
    name, citation = "calling_window", "47 CFR 64.1200(c)(1)"
    facts = request.facts
    if facts.fictional_exempt and is_fictional(facts.phone):
        return Verdict(name, Decision.NOT_APPLICABLE, {"fictional": True}, "fictional number", citation)
    if not facts.candidates:
        return Verdict(
            name,
            Decision.REFUSED,
            {"candidates": []},
            "Where the person is is unknown: neither state, postal code nor area code tells.",
            citation,
        )
    everywhere = window_hours(facts.candidates)
    clocks = [
        {
            "zone": local.zone,
            "local_time": request.now.astimezone(zone_info(local.zone)).isoformat(timespec="seconds"),
            "open": is_open(request.now, local),
            "because": sorted({c.origin for c in facts.candidates if c.zone == local.zone}),
        }
        for local in everywhere
    ]
    inputs: dict[str, object] = {"hours": "08:00-21:00", "clocks": clocks}
    return _by_hours(name, request.now, everywhere, inputs, "It is outside 08:00 to 21:00 at {zone}.", citation)


def campaign_hours(request: Request) -> Verdict:
    """The campaign's own hours, kept on the account's clock."""
    campaign = request.campaign
    local = LocalHours(campaign.timezone, campaign.hours)
    inputs: dict[str, object] = {
        "zone": local.zone,
        "local_time": request.now.astimezone(zone_info(local.zone)).isoformat(timespec="seconds"),
        "hours": weekly_text(campaign.hours),
    }
    return _by_hours(
        "campaign_hours", request.now, [local], inputs, "The campaign is closed at this hour ({zone}).", None
    )


def attempt_cap(request: Request) -> Verdict:
    """At most so many calls to one person in any 24 hours, over all campaigns of the account."""
    cap = request.campaign.dial.attempts_per_24h
    day = timedelta(hours=24)
    counted = sorted(at for at in request.facts.recent_calls if request.now - at < day)
    inputs: dict[str, object] = {"cap": cap, "hours": 24, "counted": [_iso(at) for at in counted]}
    if len(counted) < cap:
        return Verdict("attempt_cap", Decision.ALLOWED, inputs, "")
    return Verdict(
        "attempt_cap",
        Decision.NOT_BEFORE,
        inputs,
        f"The person was called {len(counted)} times in 24 hours; the cap is {cap}.",
        None,
        counted[len(counted) - cap] + day,
    )


RULES: tuple[Rule, ...] = (consent_for_channel, suppression, calling_window, campaign_hours, attempt_cap)


def decide(request: Request, rules: Sequence[Rule] = RULES) -> Permit:
    """Ask every rule. One refusal refuses; else the first moment that suits all delaying rules is named.

    The moment is found by asking the delaying rules again at the latest of their own answers, until none objects:
    an opening of the campaign may fall into a closed hour of the person's state.
    """
    verdicts = tuple(rule(request) for rule in rules)
    if any(v.decision is Decision.REFUSED for v in verdicts):
        return Permit(Decision.REFUSED, verdicts, request.now)
    if all(v.decision is not Decision.NOT_BEFORE for v in verdicts):
        return Permit(Decision.ALLOWED, verdicts, request.now)
    moment = _first_agreed_moment(request, rules, verdicts)
    if moment is None:
        return Permit(Decision.REFUSED, verdicts, request.now)
    return Permit(Decision.NOT_BEFORE, verdicts, request.now, moment)


_MAX_ROUNDS = 32


def _first_agreed_moment(request: Request, rules: Sequence[Rule], verdicts: tuple[Verdict, ...]) -> datetime | None:
    for _ in range(_MAX_ROUNDS):
        delays = [v.not_before for v in verdicts if v.decision is Decision.NOT_BEFORE]
        if not delays:
            return request.now
        moments = [d for d in delays if d is not None]
        if len(moments) < len(delays):
            return None
        request = Request(request.channel, request.campaign, request.facts, max(moments))
        verdicts = tuple(rule(request) for rule in rules)
    return None


def window_hours(candidates: Sequence[Candidate]) -> list[LocalHours]:
    """The federal window on the clock of each candidate zone, each zone once."""
    return [LocalHours(zone, CALLING_WINDOW) for zone in sorted({c.zone for c in candidates})]


def permitted_seconds(start: datetime, end: datetime, campaign: Campaign, facts: Facts) -> float:
    """Seconds of ``[start, end)`` in which the lead could lawfully have been called while the campaign was open."""
    everywhere = [LocalHours(campaign.timezone, campaign.hours)]
    if not (facts.fictional_exempt and is_fictional(facts.phone)):
        everywhere += window_hours(facts.candidates)
    return open_seconds(start, end, everywhere)


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
        return Verdict(name, Decision.ALLOWED, inputs, "", citation)
    opening = next_open(now, everywhere)
    words = reason.format(zone=", ".join(closed))
    if opening is None:
        return Verdict(name, Decision.REFUSED, inputs, words + " It does not open within two weeks.", citation)
    return Verdict(name, Decision.NOT_BEFORE, inputs, words, citation, opening)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
